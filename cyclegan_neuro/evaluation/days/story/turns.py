"""Are the translated maps turned around the track, in words."""

from __future__ import annotations

import math

from cyclegan_neuro.evaluation.contents import significant
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.turned_maps import Turn

__all__ = ["turned_sentence", "turns"]

_DIRECTIONS = {"y": ("G(X)", "X", "y"), "x": ("F(Y)", "Y", "x")}


def turned_sentence(found: Measurements) -> str:
    """Warn where translated maps agree better after a turn; empty where none does, or nothing is known."""
    turned = [
        f"tuning of {translated} correlates {significant(turn.correlation, digits=2)} with that of day {day} as it "
        f"stands, but {_best(turn)}"
        for translated, day, turn in _models(found)
        if turn.turned
    ]
    return f"Turned maps: {'; '.join(turned)}." if turned else ""


def turns(found: Measurements, *, target: str | None) -> list[str]:
    """Say how maps agree as they stand and at the best turn, for the model and for the recorded days.

    ``target`` is what the maps should be; the day that they should look like where it is absent.
    """
    told = []
    for direction, (translated, recorded, day) in _DIRECTIONS.items():
        model, identity = (found.turns[direction][name] for name in ("model", "identity"))
        if not math.isnan(model.correlation):
            told.append(
                f"tuning of {translated} and {target or f'day {day}'} {significant(model.correlation, digits=2)} as it "
                f"stands, {_best(model)} ({recorded} as recorded: {significant(identity.correlation, digits=2)}, "
                f"{_best(identity)})"
            )
    return told


def _models(found: Measurements):
    for direction, (translated, _, day) in _DIRECTIONS.items():
        if direction in found.turns:
            yield translated, day, found.turns[direction]["model"]


def _best(turn: Turn) -> str:
    if math.isnan(turn.best_correlation):
        return "not known at others"
    backwards = "read backwards and " if turn.reversed else ""
    return (
        f"{significant(turn.best_correlation, digits=2)} when {backwards}shifted by {turn.shift_cm:g} cm "
        f"(z = {significant(turn.z, digits=2)})"
    )
