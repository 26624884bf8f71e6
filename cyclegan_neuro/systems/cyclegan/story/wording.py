"""Words that the blocks share: names of metrics and translators, comparisons, numbers."""

from __future__ import annotations

import math

from cyclegan_neuro.recordings.shuffling import MIXED
from cyclegan_neuro.systems.evaluation import significant
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = [
    "ALIGNMENTS",
    "METRIC_LABELS",
    "TRANSLATOR_LABELS",
    "compared",
    "is_mixed",
    "mean_sd",
]

METRIC_LABELS = {
    "direct_y": "|Y − G(X)|",
    "direct_x": "|X − F(Y)|",
    "cycle_x": "|X − F(G(X))|",
    "cycle_y": "|Y − G(F(Y))|",
    "identity_x": "|X − F(X)|",
    "identity_y": "|Y − G(Y)|",
    "x_minus_y": "|X − Y|",
}
TRANSLATOR_LABELS = {
    "model": "CycleGAN",
    "identity": "identity (does nothing)",
    "moment_matching": "moment matching",
    "gaussian_ot": "Gaussian OT",
    "best_possible": "best possible",
    "noise": "noise of the estimate",
    "recorded": "recorded days",
}
ALIGNMENTS = ("moment_matching", "gaussian_ot")
_ROUNDING = 1e-6  # ΔF/F; what float32 leaves of an exact inversion
_ALIKE = 0.01  # relative differences below this are called none


def compared(value: float, other: float) -> str:
    """Say how an error compares with another one: ``better than``, ``no better than`` or ``worse than``.

    Examples
    --------
    >>> [compared(v, 1.0) for v in (0.5, 0.995, 1.2, math.nan)]
    ['better than', 'no better than', 'worse than', 'not comparable with']
    """
    if math.isnan(value) or math.isnan(other):
        return "not comparable with"
    if value < other * (1 - _ALIKE):
        return "better than"
    return "no better than" if value <= other * (1 + _ALIKE) else "worse than"


def mean_sd(entry: dict | None) -> str | None:
    """Return ``mean ± standard deviation`` for a cell that does not wrap, None for a metric that does not apply."""
    if entry is None:
        return None
    if entry["mean"] < _ROUNDING:
        return "0"
    return f"{significant(entry['mean'])}\u00a0±\u00a0{significant(entry['std'], digits=2)}"


def is_mixed(prepared: PreparedPair) -> bool:
    """Say whether the days are the mixed ones of the control, which nothing distinguishes."""
    return prepared.x.recording.session == MIXED
