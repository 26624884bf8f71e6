"""What changed: position tuning before learning, after it, and as G and F predict it."""

from __future__ import annotations

import math

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Picture, Table, significant
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.pictures import tuning_maps, tuning_panels
from cyclegan_neuro.evaluation.days.story.rivals import closer_neurons, counted, lost_to_places
from cyclegan_neuro.evaluation.days.story.turns import turns_paragraph
from cyclegan_neuro.evaluation.days.story.wording import is_mixed, row_label
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
        if prepared.is_paired or any(position is None for position in positions):
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
            "agree fully even if G were perfect. How far they agree without any translation is shown by the tuning of "
            "day y over its training laps, copied."
        )
        if is_mixed(prepared):
            text += f" {_MIXED}"
    tables = tuple(_tables(found.tuning))
    paragraphs = (text, _beside_alignments(found.tuning), *turns_paragraph(found, truth_known=truth_known))
    return Block("What changed?", paragraphs, tables, _pictures(prepared, found, neurons, truth_known))


def _beside_alignments(tuning: dict) -> str:
    """Count the errors of tuning, and the neurons, in which the CycleGAN is the better one."""
    group, target = ("all", "the other day") if "all_y" in tuning else ("changed", "the truth")
    directions = {"y": "G(X)", "x": "F(Y)"}
    errors = {
        f"tuning of {translated}": {
            name: numbers["mae"] for name, numbers in tuning[f"{group}_{direction}"].items() if name != "training_laps"
        }
        for direction, translated in directions.items()
    }
    if not tuning[f"{group}_y"]["model"]["n"]:
        return "No neuron changed."
    neurons = "; ".join(
        f"tuning of {translated} is {closer_neurons(tuning[f'{group}_{direction}'], target)}"
        for direction, translated in directions.items()
    )
    return f"{counted(errors)} {lost_to_places(errors)} Neuron by neuron, the CycleGAN's {neurons}.".replace("  ", " ")


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
        "novice brain's answer. The unchanged neurons should stay as they were: doing nothing has no error there. Even "
        "against odd laps of the recorded day says how far two estimates of the same tuning lie apart."
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
            (row_label(name), *(_cell(direction[name], n) for direction in (to_y, to_x) for n in _NUMBERS))
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
