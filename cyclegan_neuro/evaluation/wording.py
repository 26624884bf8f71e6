"""Words and tables that the reports of all systems share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cyclegan_neuro.evaluation.contents import Table, significant
from cyclegan_neuro.recordings.findings import Finding

__all__ = ["fill_in", "findings_table", "percent", "plural", "tell"]

_RANK = {"critical": 0, "warning": 1, "info": 2}


def percent(share: float) -> str:
    """Return a share as whole per cent, for example ``58 %``."""
    return f"{100 * share:.0f} %" if math.isfinite(share) else "–"


def plural(n: int, noun: str) -> str:
    """Return ``1 neuron``, ``2 neurons``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


_FILTERS = {"percent": percent, "plural": plural, "significant": significant, "thousands": "{:,}".format}


def findings_table(findings: Iterable[Finding]) -> Table:
    """Return what the checks had to say, the most serious first."""
    ranked = sorted(findings, key=lambda finding: _RANK[finding.severity])
    rows = tuple((f.severity, f.where, f.got, f.expected, f.fix) for f in ranked)
    return Table("findings", ("severity", "where", "found", "expected", "what to do"), rows)


def fill_in(template: Path, /, **facts: Any) -> str:
    """Return the text of a Jinja 2 template, in which a name that is not among ``facts`` is an error.

    Floats are printed as ``:g`` does; beside Jinja's filters there are ``percent``, ``plural("window")``,
    ``significant`` and ``thousands``.

    Raises
    ------
    jinja2.UndefinedError
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        finalize=lambda value: f"{value:g}" if isinstance(value, Real) and not isinstance(value, Integral) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _FILTERS
    return environment.get_template(template.name).render(facts)


def tell(template: Path, /, **facts: Any) -> dict[str, tuple[str, ...]]:
    """Return what a template tells as fields of a Block: ``paragraphs``, and as ``how`` those below a line ``---``.

    Blank lines part paragraphs; see :func:`fill_in`.
    """
    prose, _, how = fill_in(template, **facts).partition("\n---\n")
    return {"paragraphs": _paragraphs(prose), "how": _paragraphs(how)}


def _paragraphs(text: str) -> tuple[str, ...]:
    """Split at blank lines; a line's end is a space."""
    parts = (re.sub("[ \n]+", " ", part).strip() for part in re.split(r"\n\s*\n", text))
    return tuple(part for part in parts if part)
