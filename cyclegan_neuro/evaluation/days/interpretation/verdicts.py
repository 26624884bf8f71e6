"""What the scores of a map amount to, in words; nothing here is more certain than its interval."""

from __future__ import annotations

import math

from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.evaluation.verdicts import MapVerdict

__all__ = ["SAME_MAP", "differs_from_controls", "verdict"]

SAME_MAP = 0.5
"""Rank correlation with a control's map from which on the two are called alike."""


_AS_CONTROL = {"untrained": MapVerdict.AS_UNTRAINED, "shuffled_days": MapVerdict.AS_MIXED}


def verdict(scored: ScoredMap, score: str) -> MapVerdict:
    """Say what one score of a map amounts to.

    ``POINTS`` is above chance, with every control's map below the interval; ``AS_...`` is above chance, but a control
    does as well; ``UNDEFINED`` where the truth names nothing, or everything.
    """
    found = scored.scores[score]
    if math.isnan(found.value):
        return MapVerdict.UNDEFINED
    if found.value < found.chance_low:
        return MapVerdict.AWAY
    if not found.value > found.chance_high:
        return MapVerdict.CHANCE
    as_good = (name for name, control in scored.controls.items() if not control[score] < found.ci95[0])
    return _AS_CONTROL.get(next(as_good, ""), MapVerdict.POINTS)


def differs_from_controls(scored: ScoredMap) -> bool:
    """Say whether the map differs from every control's: rank correlations below 0.5 (or undefined)."""
    return all(not abs(control["agreement"]) >= SAME_MAP for control in scored.controls.values())
