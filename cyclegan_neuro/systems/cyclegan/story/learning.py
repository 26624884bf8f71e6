"""What changed: position tuning before learning, after it, and as G and F predict it."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.systems.cyclegan.measurements import Measurements
from cyclegan_neuro.systems.cyclegan.pictures import tuning_maps, tuning_panels
from cyclegan_neuro.systems.cyclegan.story.wording import TRANSLATOR_LABELS, is_mixed
from cyclegan_neuro.systems.evaluation import Block, Picture, Table
from cyclegan_neuro.systems.wording import plural
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
_MIXED = "The days are mixed (control): neither x nor y is before or after learning."
_SHOWN = 6  # neurons in the small multiples


def learning_block(prepared: PreparedPair, found: Measurements) -> Block | None:
    """Tell what learning changed, or return None where nothing relates activity to behaviour.

    Parameters
    ----------
    prepared : PreparedPair
    found : Measurements
        With tuning curves; where y is Φ(X) or no position is known there is nothing to tell.
    """
    if not found.tuning:
        positions = [day.recording.behaviour.position_cm for day in (prepared.x, prepared.y)]
        if prepared.y.transform is not None or any(position is None for position in positions):
            return None
        return Block("What changed?", (_NOT_IN_TEST,))
    truth_known = "truth_y" in found.curves
    if truth_known:
        neurons = np.flatnonzero(prepared.x.recording.truth.changed)
        text = _with_truth(prepared, len(neurons))
    else:
        neurons = np.arange(prepared.n_neurons)
        text = (
            "Position is known, but not what these neurons would have done on the same laps on the other day. "
            "Tuning of G(X) is therefore compared with the tuning recorded on day y, over other laps: they need not "
            "agree fully even if G were perfect. The noise is even against odd laps of the day compared with "
            "(alternate stretches of 10 s where the test part holds one lap only)."
        )
        if is_mixed(prepared):
            text += f" {_MIXED}"
    tables = tuple(_tables(found.tuning))
    return Block("What changed?", (text,), tables, _pictures(prepared, found, neurons, truth_known))


def _with_truth(prepared: PreparedPair, n_changed: int) -> str:
    what = f"{plural(n_changed, 'neuron')} of {prepared.n_neurons}"
    if is_mixed(prepared):
        return (
            f"{_MIXED} Between the days as they were before mixing the simulator changed {what}. Position tuning (mean "
            "ΔF/F per position bin over the test laps) of G(X) and F(Y) is compared with that of the same laps as the "
            "brain of the other day would have answered them, whichever day a lap comes from. There is no such "
            "mapping to be learned here: a model that leaves windows alone is right, and has identity's numbers."
        )
    return (
        f"The simulator changed {what}. Position tuning (mean ΔF/F per position bin over the test laps) of G(X) is "
        "compared with the tuning of the same laps as the expert brain would have answered them, and of F(Y) with the "
        "novice brain's answer. The unchanged neurons should stay as they were: an error below the noise of the "
        "estimate (even against odd laps of the recorded day) cannot be told from no change."
    )


def _tables(tuning: dict):
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
            (TRANSLATOR_LABELS[name], *(direction[name][number] for direction in (to_y, to_x) for number in _NUMBERS))
            for name in to_y
        )
        n = plural(to_y["model"]["n"], "neuron")
        caption = f"{caption} ({n}): correlation and mean absolute difference of position-tuning curves."
        yield caption, Table(f"tuning_{group}", columns, rows)


_NUMBERS = ("correlation", "mae")


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
    which = "changed neurons" if truth_known else "neurons"
    return (
        Picture(
            "tuning_curves",
            f"Position tuning over the test laps of the neurons {why}: recorded on day x, translated by G, and "
            f"{target}.",
            tuning_panels(curves, found.edges_cm, prepared, most),
            counterpart="",
        ),
        Picture(
            "tuning_maps",
            f"Position tuning of all {which}, sorted by the peak of {target}; each neuron from the minimum "
            f"to the maximum of X and {target}. Where G works the middle panel looks like the right one.",
            tuning_maps(curves, found.edges_cm, neurons),
            counterpart="",
        ),
    )
