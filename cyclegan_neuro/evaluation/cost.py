"""What an evaluation takes, said before it begins: time, and room on the disk."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.recordings.atomic import require_free

__all__ = ["REPORT_BYTES", "Cost", "announce", "require_room", "told_seconds"]

_log = logging.getLogger(__name__)

REPORT_BYTES = 60_000_000
"""Page, figures, tables: the largest that was seen."""
_WORTH_SAYING_S = 60.0


@dataclass(frozen=True)
class Cost:
    """An estimate, within a factor of two.

    Attributes
    ----------
    cache_bytes : int
        What is kept for the next evaluation.
    report_bytes : int
        The report with its arrays, which stands beside the one of before until it is whole.
    cpu_s : float, optional
        Seconds of one core.
    method : str
        The setting that makes it long, with what would be quicker; empty where none does.
    """

    cache_bytes: int = 0
    report_bytes: int = REPORT_BYTES
    cpu_s: float | None = None
    method: str = ""


def require_room(folder: Path, cost: Cost, *, kept: Path) -> None:
    """Refuse an evaluation that the disk of ``folder`` has no room for.

    Parameters
    ----------
    folder : Path
        Of the run.
    cost : Cost
    kept : Path
        The cache of evaluations before, whose files need not be written again.

    Raises
    ------
    RunDirectoryError
    """
    cache = max(0, cost.cache_bytes - sum(file.stat().st_size for file in kept.glob("*")))
    fewer = "evaluate fewer windows (evaluation.spikes.max_windows)"
    require_free(
        folder, cost.report_bytes + cache,
        what=f"report ({cost.report_bytes / 1e6:,.0f} MB) and {kept.name} ({cache / 1e6:,.0f} MB)",
        fix=f"or {fewer if cache else 'move the run'}; nothing was computed",
        error_type=RunDirectoryError,
    )  # fmt: skip


def announce(cost: Cost, *, cores: int) -> None:
    """Log how long it takes where that is more than a minute."""
    if cost.cpu_s is None or cost.cpu_s < _WORTH_SAYING_S:
        return
    shared = f", {told_seconds(cost.cpu_s / cores)} at best on {cores}" if cores > 1 else ""
    method = f"; {cost.method}" if cost.method else ""
    _log.info("this evaluation takes about %s of one core%s%s", told_seconds(cost.cpu_s), shared, method)


def told_seconds(seconds: float) -> str:
    """Return a time for people, as coarse as an estimate is.

    Examples
    --------
    >>> [told_seconds(s) for s in (70, 1500, 9000)]
    ['1 min', '25 min', '2.5 h']
    """
    return f"{max(1, round(seconds / 60))} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
