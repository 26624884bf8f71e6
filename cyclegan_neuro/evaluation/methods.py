"""Methods sections: paragraphs from templates, and the works that they cite.

A paragraph is a Jinja template beside what it describes; it prints the settings and numbers of the run that it is given
and cites with ``{{ cite("li2021") }}``, by the keys of ``references.bib``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cyclegan_neuro import __version__
from cyclegan_neuro.evaluation.contents import Reference
from cyclegan_neuro.evaluation.wording import fill_in

__all__ = ["Paragraph", "bibliography", "render_methods"]

_FOLDER = Path(__file__).parent
_ACCENTS = {"v": "\u030c", '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303"}


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a methods section.

    Attributes
    ----------
    template : Path
        As of :func:`~cyclegan_neuro.evaluation.wording.fill_in`. Line breaks count as spaces, and none is left before
        punctuation.
    facts : mapping
        What it may tell, by name; another name in it is an error.
    references : Path, optional
        A ``.bib`` file of what it cites beyond the package's; a field per line, as ``references.bib`` has them.
    """

    template: Path
    facts: Mapping[str, Any]
    references: Path | None = None


def render_methods(
    paragraphs: Iterable[Paragraph], *, libraries: Iterable[str] = ()
) -> tuple[tuple[str, ...], tuple[Reference, ...]]:
    """Return the text of a methods section, and what it cites in the order of first citing.

    The last paragraph names the package, TensorFlow, Keras and further ``libraries`` with their versions.

    Raises
    ------
    KeyError
        If a template cites what is in no ``.bib`` file.
    jinja2.UndefinedError
        If a template names what it was not given.
    """
    paragraphs = tuple(paragraphs)
    known = bibliography().copy()
    for paragraph in paragraphs:
        known |= bibliography(paragraph.references) if paragraph.references else {}
    cited: dict[str, Reference] = {}

    def cite(key: str, *, in_text: bool = False) -> str:
        if key not in known:
            raise KeyError(f"cite({key!r}): references.bib has no such entry")
        cited[key] = known[key]
        return _citation(cited[key], in_text=in_text)

    versions = {library: version(library) for library in ("TensorFlow", "Keras", *libraries)}
    software = Paragraph(_FOLDER / "software.j2", {"package_version": __version__, "versions": versions})
    texts = [" ".join(fill_in(p.template, cite=cite, **p.facts).split()) for p in (*paragraphs, software)]
    return tuple(re.sub(r" (?=[,.;:)])", "", text) for text in texts), tuple(cited.values())


@cache
def bibliography(path: Path = _FOLDER / "references.bib") -> dict[str, Reference]:
    """Return the entries of a ``.bib`` file by key."""
    text = path.read_text(encoding="utf-8").replace("VERSION", __version__)
    entries = re.findall(r"^(@\w+\{([^,]+),\n.*?^\})$", text, flags=re.MULTILINE | re.DOTALL)
    return {key: Reference(key, entry) for entry, key in entries}


def _citation(reference: Reference, *, in_text: bool) -> str:
    """Return ``Li et al. 2021`` or, in the text, ``Li et al. (2021)``; what has no year goes by its key."""
    fields = dict(re.findall(r"^ *(\w+) *= *\{(.*)\},?$", reference.bibtex, flags=re.MULTILINE))
    if "year" not in fields:
        return reference.key
    names = [re.sub(r"\{\\(.)\{?(\w)\}?\}", _letter, name).split(",")[0] for name in fields["author"].split(" and ")]
    told = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{told} ({fields['year']})" if in_text else f"{told} {fields['year']}"


def _letter(accented: re.Match) -> str:
    """Return ``č`` for ``{\\v{c}}``."""
    return unicodedata.normalize("NFC", accented[2] + _ACCENTS[accented[1]])
