"""What changed: position tuning before learning, after it, and as G and F predict it."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Picture, Table, significant
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.pictures import tuning_panels
from cyclegan_neuro.evaluation.days.story.rivals import closer_neurons, counted, lost_to_places
from cyclegan_neuro.evaluation.days.story.turns import turned_sentence, turns
from cyclegan_neuro.evaluation.days.story.wording import is_mixed, row_label, tell
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["learning_block"]

_CAPTIONS = {
    "changed": "Neurons that learning changed",
    "unchanged": "Neurons that learning left alone",
    "all": "All neurons, against the tuning recorded on the other day",
}
_NOT_IN_TEST = (
    "Position is known on both days, but the animal's position is missing, or always the same, in the test windows of "
    "at least one, so position tuning cannot be evaluated. Exclude stretches without position (windows.exclude_x, "
    "windows.exclude_y) to have the test part elsewhere."
)
_SHOWN = 6  # neurons in the small multiples


def learning_block(prepared: PreparedPair, found: Measurements, *, places: Collection[str] = ()) -> Block | None:
    """Tell what learning changed, or return None where nothing relates activity to behaviour.

    Parameters
    ----------
    prepared : PreparedPair
    found : Measurements
        With tuning curves; where y is Φ(X) or no position is known there is nothing to tell.
    places : collection of str
        Those that the networks know.
    """
    if not found.tuning:
        positions = [day.recording.behaviour.position_cm for day in (prepared.x, prepared.y)]
        if prepared.is_paired or any(position is None for position in positions):
            return None
        return Block("What changed?", (_NOT_IN_TEST,))
    truth_known = "truth_y" in found.curves
    neurons = np.flatnonzero(prepared.x.recording.truth.changed) if truth_known else np.arange(prepared.n_neurons)
    group, target = ("changed", "the truth") if truth_known else ("all", "the other day")
    entries = {of: found.tuning[f"{group}_{day}"] for day, of in (("y", "tuning of G(X)"), ("x", "tuning of F(Y)"))}
    errors = {
        of: {name: numbers["mae"] for name, numbers in entry.items() if name != "training_laps"}
        for of, entry in entries.items()
    }
    told = tell(
        "learning",
        mixed=is_mixed(prepared),
        truth_known=truth_known,
        n=entries["tuning of G(X)"]["model"]["n"],
        n_changed=len(neurons),
        n_neurons=prepared.n_neurons,
        wins=counted(found.model, errors),
        lost=lost_to_places(errors, told=places),
        neurons=[f"{of} is {closer_neurons(entry, target)}" for of, entry in entries.items()],
        warning=turned_sentence(found),
        turns=turns(found, target=target if truth_known else None),
    )
    pictures = _pictures(prepared, found, neurons, truth_known)
    return Block("What changed?", tables=tuple(_tables(found.tuning, found.model)), pictures=pictures, **told)


def _tables(tuning: dict, model: str):
    """One table per group of neurons: translators downward, both directions to the right."""
    columns = (
        "", "G(X): correlation", "G(X): mean absolute error (ΔF/F)", "F(Y): correlation",
        "F(Y): mean absolute error (ΔF/F)",
    )  # fmt: skip
    for group, caption in _CAPTIONS.items():
        if f"{group}_y" not in tuning:
            continue
        to_y, to_x = tuning[f"{group}_y"], tuning[f"{group}_x"]
        rows = tuple(
            (row_label(name, model), *(_cell(direction[name], n) for direction in (to_y, to_x) for n in _NUMBERS))
            for name in to_y
        )
        n = plural(to_y["model"]["n"], "neuron")
        caption = (
            f"{caption} ({n}): correlation and mean absolute difference of position-tuning curves, in brackets 95 % "
            "intervals from resampling neurons. What copies the other day's training laps is no translation: it is how "
            "near tuning curves of the same day come."
        )
        yield caption, Table(f"tuning_{group}", columns, rows)


_NUMBERS = ("correlation", "mae")


def _cell(entry: dict, number: str) -> str | None:
    """The value and its interval."""
    if not math.isfinite(entry[number]):
        return None
    interval = entry[f"{number}_ci95"]
    if interval is None:
        return significant(entry[number])
    return f"{significant(entry[number])} [" + ",\u00a0".join(significant(end, digits=2) for end in interval) + "]"


def _pictures(prepared: PreparedPair, found: Measurements, neurons: np.ndarray, truth_known: bool):
    if not neurons.size:
        return ()
    curves = found.curves
    goal = curves["truth_y"] if truth_known else curves["g_x"]
    visited = np.isfinite(goal).all(axis=1) & np.isfinite(curves["x"]).all(axis=1)
    change = np.abs(goal - curves["x"])[visited].mean(axis=0)[neurons]
    most = neurons[np.argsort(change, kind="stable")[::-1][:_SHOWN]]
    why = "that learning changed most" if truth_known else "whose tuning G changes most"
    target = "the truth" if truth_known else "the tuning recorded on day y"
    caption = (
        f"Position tuning over the test laps of the neurons {why}: recorded on day x, translated by G, and {target}."
    )
    return (Picture("tuning_curves", caption, tuning_panels(curves, found.edges_cm, prepared, most), counterpart=""),)
