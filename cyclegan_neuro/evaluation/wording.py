"""Words and tables that the reports of all systems share."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cyclegan_neuro.evaluation.contents import Table
from cyclegan_neuro.recordings.findings import Finding

__all__ = ["findings_table", "percent", "plural"]

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
