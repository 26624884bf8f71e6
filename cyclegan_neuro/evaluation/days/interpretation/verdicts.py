"""What the scores of a map amount to, in words; nothing here is more certain than its interval."""

from __future__ import annotations

import math

from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.evaluation.days.names import CONTROL_LABELS

__all__ = ["SAME_MAP", "differs_from_controls", "verdict"]

SAME_MAP = 0.5
"""Rank correlation with a control's map from which on the two are called alike."""


def verdict(scored: ScoredMap, score: str) -> str:
    """Say what one score of a map amounts to.

    Parameters
    ----------
    scored : ScoredMap
    score : str
        One of ``scored.scores``.

    Returns
    -------
    str
        ``"points at it"``: above chance, and every control's map scores below the interval;
        ``"no more than <control>"``: above chance, but a control does as well; ``"points away from it"``:
        below chance; ``"at chance"``; ``"not defined"``: the truth names nothing, or everything.
    """
    found = scored.scores[score]
    if math.isnan(found.value):
        return "not defined"
    if found.value < found.chance_low:
        return "points away from it"
    if not found.value > found.chance_high:
        return "at chance"
    as_good = [name for name, control in scored.controls.items() if not control[score] < found.ci95[0]]
    return f"no more than {CONTROL_LABELS[as_good[0]]}" if as_good else "points at it"


def differs_from_controls(scored: ScoredMap) -> bool:
    """Say whether the map differs from every control's: rank correlations below 0.5 (or undefined)."""
    return all(not abs(control["agreement"]) >= SAME_MAP for control in scored.controls.values())
