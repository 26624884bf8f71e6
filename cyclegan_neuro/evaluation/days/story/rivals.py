"""How often the model wins against what needs no network, counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cyclegan_neuro.evaluation.contents import significant
from cyclegan_neuro.evaluation.days.story.wording import (
    ALIGNMENTS_ALONE,
    ALIGNMENTS_WITH_PLACE,
    PLACE_USED,
    TRANSLATOR_LABELS,
    alignments,
    best_alignments,
)
from cyclegan_neuro.evaluation.verdicts import Verdict
from cyclegan_neuro.evaluation.wording import plural

__all__ = ["closer_neurons", "counted", "lost_to_places", "places_told"]

_WHY = (
    "They know the {place} of every frame{seen}. Where it is known, and what changed depends on it, a table of means "
    "and standard deviations is the better translator."
)
_WHY_THOUGH_TOLD = (
    "They know the {place} of every frame. So did generators or discriminators, by their condition or the alignment "
    "that they add to; training made no more of it here."
)
_SEEN = {"time in the window": ", as networks with coordinate channels do"}
_PLACES = {"position": "position", "time_since_event": "time since the event"}  # by name of behaviour


def counted(model: str, errors: Mapping[str, Mapping[str, float]], *, named: int = 4) -> str:
    """Say in how many errors the model is better than doing nothing and than the best alignments of either kind.

    Parameters
    ----------
    model : str
        What it is called.
    errors : mapping
        What is measured → translator → error; less is better.
    named : int
        So many errors are named; with 0 the reader is sent to where they are.
    """
    n = len(errors)
    parts = [f"doing nothing in {sum(_wins(own, 'identity') for own in errors.values())}"]
    for names, which in (
        (ALIGNMENTS_ALONE, "that sees activity alone"),
        (ALIGNMENTS_WITH_PLACE, f"that uses the {_place(errors)}"),
    ):
        asked = [own for own in errors.values() if alignments(own, names)]
        if asked:
            wins = sum(all(_wins(own, name) for name in alignments(own, names)) for own in asked)
            parts.append(f"every alignment {which} in {wins}{'' if len(asked) == n else f' of {len(asked)}'}")
    listed = f" ({'; '.join(errors)})" if n <= named else "" if named else " (see How sure?)"
    return f"Counted over {plural(n, 'error')}{listed}, the {model} beats {', '.join(parts)}."


def places_told(condition: Sequence[str], begins_as: str | None) -> frozenset[str]:
    """Return the places that networks know, from their condition or from the alignment that they stand on.

    Examples
    --------
    >>> sorted(places_told(["speed", "time_since_event"], "position_moments"))
    ['position', 'time since the event']
    """
    used = {PLACE_USED[begins_as]} if begins_as in PLACE_USED else set()
    return frozenset(used | {_PLACES[name] for name in condition if name in _PLACES})


def lost_to_places(errors: Mapping[str, Mapping[str, float]], *, told: Collection[str]) -> str:
    """Say where an alignment that knows places is better than the model; empty where none is.

    Parameters
    ----------
    errors : mapping
        What is measured → translator → error; less is better.
    told : collection of str
        Places that the networks know too, as :func:`places_told` names them.
    """
    lost = []
    for label, own in errors.items():
        better = [
            name
            for name in alignments(own, ALIGNMENTS_WITH_PLACE)
            if Verdict.of(own[name], own["model"]) is Verdict.BETTER
        ]
        if better:
            best = min(better, key=own.get)
            numbers = f"{significant(own[best])} against {significant(own['model'])}"
            lost.append(f"{label} {numbers} ({TRANSLATOR_LABELS[best]})")
    if not lost:
        return ""
    place = _place(errors)
    seen = _SEEN.get(place, ", which the networks do not see")
    why = _WHY_THOUGH_TOLD.format(place=place) if place in told else _WHY.format(place=place, seen=seen)
    return f"It loses to alignments that use the {place} in {len(lost)}: {'; '.join(lost)}. {why}"


def closer_neurons(entry: Mapping[str, Mapping], target: str) -> str:
    """Say in how many neurons the model's tuning is closer to its target than that of the best alignments.

    Parameters
    ----------
    entry : mapping
        Translator → comparison of tuning curves.
    target : str
        What the tuning should be like.
    """
    best = best_alignments({name: numbers["mae"] for name, numbers in entry.items()})
    n = entry["model"]["n"]
    parts = [f"than {TRANSLATOR_LABELS[name]} in {entry[name]['model_closer']}" for name in ("identity", *best)]
    return f"closer to {target} {', '.join(parts)} of {plural(n, 'neuron')}"


def _wins(errors: Mapping[str, float], name: str) -> bool:
    return Verdict.of(errors["model"], errors[name]) is Verdict.BETTER


def _place(errors: Mapping[str, Mapping[str, float]]) -> str:
    known = [PLACE_USED[name] for own in errors.values() for name in alignments(own, ALIGNMENTS_WITH_PLACE)]
    return known[0] if known else ""
