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

from jinja2 import TemplateError, TemplateSyntaxError

from cyclegan_neuro import __version__
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.contents import Reference
from cyclegan_neuro.evaluation.wording import fill_in

__all__ = ["Paragraph", "bibliography", "render_methods"]

_FOLDER = Path(__file__).parent
_BIBLIOGRAPHY = _FOLDER / "references.bib"
_ACCENTS = {
    "v": "\u030c", '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "c": "\u0327",
}  # fmt: skip
_FIELD = re.compile(
    r'^[ \t]*(\w+)\s*=\s*(?:\{(.*?)\}|"(.*?)"|(\w+))\s*(?:,\s*?$|,?\s*\}?\s*\Z)', re.MULTILINE | re.DOTALL
)


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
        A ``.bib`` file of what it cites beyond the package's, each field beginning on its own line.
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
    ConfigurationError
        If a template is none, names what it was not given, or cites what is in no ``.bib`` file.
    """
    paragraphs = tuple(paragraphs)
    known = bibliography().copy()
    for paragraph in paragraphs:
        known |= bibliography(paragraph.references) if paragraph.references else {}
    cited: dict[str, Reference] = {}

    def cite(key: str, *, in_text: bool = False) -> str:
        if key not in known:
            raise TemplateError(f"cite({key!r}), which no .bib file has")
        cited[key] = known[key]
        return _citation(cited[key], in_text=in_text)

    versions = {library: version(library) for library in ("TensorFlow", "Keras", *libraries)}
    software = Paragraph(_FOLDER / "software.j2", {"package_version": __version__, "versions": versions})
    texts = tuple(_text(paragraph, cite) for paragraph in (*paragraphs, software))
    return texts, tuple(cited.values())


def _text(paragraph: Paragraph, cite) -> str:
    try:
        text = fill_in(paragraph.template, **{**paragraph.facts, "cite": cite})
    except TemplateError as error:
        line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
        raise ConfigurationError(
            f"{paragraph.template}{line}", got=str(error),
            expected=f"a template of {', '.join(sorted(paragraph.facts))} that cites keys of its .bib file",
            fix="mend the template; the run need not be trained again",
        ) from error  # fmt: skip
    return re.sub(r" (?=[,.;:)])", "", " ".join(text.split()))


@cache
def bibliography(path: Path = _BIBLIOGRAPHY) -> dict[str, Reference]:
    """Return the entries of a ``.bib`` file by key; each begins on its own line."""
    text = path.read_text(encoding="utf-8")
    if path == _BIBLIOGRAPHY:
        text = text.replace("VERSION", __version__)
    entries = (entry[: entry.rfind("}") + 1] for entry in re.split(r"^(?=@\w+\{)", text, flags=re.MULTILINE)[1:])
    return {(key := re.split(r"[{,]", entry)[1].strip()): Reference(key, entry) for entry in entries}


def _citation(reference: Reference, *, in_text: bool) -> str:
    """Return ``Li et al. 2021`` or, in the text, ``Li et al. (2021)``; what has no author or year goes by its key."""
    body = reference.bibtex[reference.bibtex.index(",") + 1 :]
    fields = {name.lower(): "".join(values) for name, *values in _FIELD.findall(body)}
    if not {"author", "year"} <= fields.keys():
        return reference.key
    names = [_family_name(name) for name in re.split(r"\s+and\s+", fields["author"])]
    told = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{told} ({fields['year']})" if in_text else f"{told} {fields['year']}"


def _family_name(name: str) -> str:
    """Return ``Tkačik`` for ``Tka{\\v{c}}ik, Ga{\\v{s}}per`` and ``Li`` for ``Bryan Li``; braces keep a name whole."""
    plain = re.sub(r"\{?\\(\W|[a-zA-Z](?=[{ ]))\{?\s*(\w)\}?\}?", _letter, name.strip())
    whole = plain.startswith("{")
    plain = re.sub(r"\{\\(\w+)\}", r"\1", plain).replace("{", "").replace("}", "")
    return plain if whole else plain.split(",")[0].strip() if "," in plain else plain.split()[-1]


def _letter(accented: re.Match) -> str:
    """Return ``č`` for ``{\\v{c}}``; the letter alone where the accent is not known."""
    return unicodedata.normalize("NFC", accented[2] + _ACCENTS.get(accented[1], ""))
