"""Are the translated maps turned around the track, in words."""

from __future__ import annotations

import math

from cyclegan_neuro.evaluation.contents import significant
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.turned_maps import Turn

__all__ = ["turned_sentence", "turns_paragraph"]

_DIRECTIONS = {"y": ("G(X)", "X", "y"), "x": ("F(Y)", "Y", "x")}
_WHY = (
    "A mapping learned without pairs can give every place of the track the activity of another one, if the maps agree "
    "that way too: nothing in the losses would show it. It tends to take the turn to which the recorded cells lean; "
    "where whole maps change, that need not be none."
)


def turned_sentence(found: Measurements) -> str:
    """Warn where translated maps agree better after a turn; empty where none does, or nothing is known."""
    turned = [
        f"tuning of {translated} correlates {significant(turn.correlation, digits=2)} with that of day {day} as it "
        f"stands, but {_best(turn)}"
        for translated, day, turn in _models(found)
        if turn.turned
    ]
    return f"Turned maps: {'; '.join(turned)}." if turned else ""


def turns_paragraph(found: Measurements, *, truth_known: bool) -> tuple[str, ...]:
    """Say how maps agree as they stand and at the best turn, for the model and for the recorded days."""
    parts = []
    for direction, (translated, recorded, day) in _DIRECTIONS.items():
        model, identity = (found.turns[direction][name] for name in ("model", "identity"))
        if math.isnan(model.correlation):
            continue
        target = "the truth" if truth_known else f"day {day}"
        parts.append(
            f"tuning of {translated} and {target} {significant(model.correlation, digits=2)} as it stands, "
            f"{_best(model)} ({recorded} as recorded: {significant(identity.correlation, digits=2)}, {_best(identity)})"
        )
    if not parts:
        return ()
    warning = turned_sentence(found)
    said = f"Warning. {warning} {_WHY}" if warning else "No turn of the translated maps is better than none."
    return (
        "Turned maps. Correlations of tuning as it stands and at the best of all shifts around the track by more than "
        "one bin, forwards and backwards (z: their difference in standard errors over neurons): "
        f"{'; '.join(parts)}. {said}",
    )


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
