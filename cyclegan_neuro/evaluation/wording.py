"""Words and tables that the reports of all systems share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cyclegan_neuro.evaluation.contents import Table, significant
from cyclegan_neuro.recordings.findings import Finding

__all__ = ["findings_table", "percent", "plural", "tell"]

_RANK = {"critical": 0, "warning": 1, "info": 2}


def percent(share: float) -> str:
    """Return a share as whole per cent, for example ``58 %``."""
    return f"{100 * share:.0f} %" if math.isfinite(share) else "–"


def plural(n: int, noun: str) -> str:
    """Return ``1 neuron``, ``2 neurons``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def findings_table(findings: Iterable[Finding]) -> Table:
    """Return what the checks had to say, the most serious first."""
    ranked = sorted(findings, key=lambda finding: _RANK[finding.severity])
    rows = tuple((f.severity, f.where, f.got, f.expected, f.fix) for f in ranked)
    return Table("findings", ("severity", "where", "found", "expected", "what to do"), rows)


def tell(template: Path, **facts: Any) -> dict[str, tuple[str, ...]]:
    """Fill in a template of a report's text.

    Parameters
    ----------
    template : Path
        Of Jinja 2; blank lines part paragraphs.
    **facts
        What it may tell; another name in it is an error. Filters: ``percent``, ``plural("window")``, ``significant``.

    Returns
    -------
    dict
        ``paragraphs``, and as ``how`` those below the line ``---``: fields of a Block.
    """
    environment = Environment(loader=FileSystemLoader(template.parent), undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {"percent": percent, "plural": plural, "significant": significant}
    prose, _, how = environment.get_template(template.name).render(facts).partition("\n---\n")
    return {"paragraphs": _paragraphs(prose), "how": _paragraphs(how)}


def _paragraphs(text: str) -> tuple[str, ...]:
    """Split at blank lines; a line's end is a space."""
    parts = (re.sub("[ \n]+", " ", part).strip() for part in re.split(r"\n\s*\n", text))
    return tuple(part for part in parts if part)
