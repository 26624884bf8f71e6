"""The first screen: five answers made from the numbers, and what changed in one figure."""

from __future__ import annotations

import math
import textwrap

import numpy as np

from cyclegan_neuro.evaluation.contents import Picture, Sentence, significant
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.names import METRICS
from cyclegan_neuro.evaluation.days.pictures import translated_maps, tuning_maps
from cyclegan_neuro.evaluation.days.sections import DaysConfig
from cyclegan_neuro.evaluation.days.spiking.measure import SpikeMeasurements
from cyclegan_neuro.evaluation.days.story.beyond_tuning import beyond_tuning_sentence
from cyclegan_neuro.evaluation.days.story.certainty import floors_sentence, independent, measures
from cyclegan_neuro.evaluation.days.story.inputs import origin_sentence, shared_frames
from cyclegan_neuro.evaluation.days.story.mapping import cycle_sentence, moved_sentence
from cyclegan_neuro.evaluation.days.story.rivals import counted
from cyclegan_neuro.evaluation.days.story.turns import turned_sentence
from cyclegan_neuro.evaluation.days.story.wording import (
    ALIGNMENTS_ALONE,
    TRANSLATOR_LABELS,
    alignments,
    best_alignments,
    is_mixed,
    label_of,
)
from cyclegan_neuro.evaluation.verdicts import Verdict, answer
from cyclegan_neuro.evaluation.wording import percent, plural
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["opening_picture", "summarise"]

_UNKNOWN = "What G(X) and F(Y) should be is not known here, so these numbers can refute the mapping but not prove it."
_DIRECT = ("direct_y", "direct_x", "direct_changed_y", "direct_changed_x")
_TITLE_WIDTH = 19  # characters of a panel of five


def summarise(
    config: DaysConfig, prepared: PreparedPair, found: Measurements, spikes: SpikeMeasurements | None = None
) -> tuple[Sentence, ...]:
    """Return what went in, whether it worked, what changed, whether it is more than simple baselines, how sure."""
    changed = "What changed?" if found.tuning else "Did the mapping work?"
    return (
        Sentence("What went in?", _inputs(prepared), "What went in"),
        Sentence("Did it work?", _worked(found), "Did the mapping work?"),
        Sentence("What changed?", _changed(found), changed),
        Sentence("More than simple alignments?", _more(found, spikes), "How sure?"),
        Sentence("How sure?", _sure(config, prepared, found, spikes), "How sure?"),
    )


def _inputs(prepared: PreparedPair) -> str:
    sentence = origin_sentence(prepared)
    share = max(shared_frames(day, prepared.window_frames) for day in (prepared.x, prepared.y))
    if share:
        sentence = f"{sentence[:-1]}; {percent(share)} of the test frames were seen in training: errors are optimistic."
    mixed = " The days are mixed, a control in which there is nothing to learn." if is_mixed(prepared) else ""
    return f"{sentence}{mixed} G translates x to y, F y to x."


def _worked(found: Measurements) -> str:
    """Every direct error beside that of doing nothing, and the best possible where it is known."""
    known = [metric for metric in _DIRECT if metric in found.signals]
    if not known:
        return f"Not known. {_UNKNOWN} {cycle_sentence(found.signals)}"
    verdicts, parts = [], []
    for metric in known:
        entry = found.signals[metric]
        model, identity = entry["model"], entry["identity"]["mean"]
        verdicts.append(Verdict.of(model["mean"], identity))
        part = (
            f"{METRICS[metric].label} {significant(model['mean'])}, {verdicts[-1].than} doing nothing "
            f"({significant(identity)})"
        )
        if "best_possible" in entry:
            part += f", best possible {significant(entry['best_possible']['mean'])}"
        if "gap_closed" in model:
            part += f": {percent(max(0.0, model['gap_closed']))} of the gap closed"
        parts.append(part)
    return f"{answer(verdicts)}. Mean distance from what it should be, in ΔF/F: {'; '.join(parts)}."


def _changed(found: Measurements) -> str:
    if found.tuning:
        told = _with_truth(found.tuning) if "changed_y" in found.tuning else _without_truth(found.tuning["all_y"])
    else:
        what = "Φ blanks a corner of every window." if found.pair.is_paired else "No position to compare tuning along."
        told = f"{what} {moved_sentence(found)}"
    return f"{told} {turned_sentence(found)}".rstrip()


def _with_truth(tuning: dict) -> str:
    changed, unchanged = tuning["changed_y"], tuning["unchanged_y"]
    told = []
    if n := changed["model"]["n"]:
        model, identity = changed["model"], changed["identity"]
        told.append(
            f"Position tuning of the {plural(n, 'neuron')} that learning changed: G(X) correlates "
            f"{significant(model['correlation'], digits=2)} with the truth, X itself "
            f"{significant(identity['correlation'], digits=2)}; its mean error of {significant(model['mae'])} ΔF/F is "
            f"{Verdict.of(model['mae'], identity['mae']).than} that of X, {significant(identity['mae'])}."
        )
    else:
        told.append("No neuron changed.")
    if n := unchanged["model"]["n"]:
        noise = unchanged["noise"]["mae"]
        halves = "" if noise != noise else f" (even and odd laps of one day differ by {significant(noise)})"
        told.append(f"The {n} others should stay; they move by {significant(unchanged['model']['mae'])}{halves}.")
    return " ".join(told)


def _without_truth(entry: dict) -> str:
    if not entry["model"]["n_correlation"]:
        return "Tuning does not vary with position."
    model = significant(entry["model"]["correlation"], digits=2)
    beside = ", ".join(
        f"{TRANSLATOR_LABELS[name]} {significant(entry[name]['correlation'], digits=2)}"
        for name in ("identity", *best_alignments(_errors(entry)), "training_laps")
    )
    return f"Position tuning of G(X) correlates {model} with that recorded on day y ({beside})."


def _errors(entry: dict) -> dict[str, float]:
    return {name: numbers["mae"] for name, numbers in entry.items()}


def _more(found: Measurements, spikes: SpikeMeasurements | None) -> str:
    errors = {label: entry for label, entry, *_ in measures(found, spikes)}
    if not errors:
        return "Cannot be told: no measure here has an answer to compare with."
    wins = [Verdict.of(own["model"], min(own[name] for name in alignments(own))) for own in errors.values()]
    label, shown = _in_the_figure(found) or next(iter(errors.items()))
    named = ", ".join(f"{TRANSLATOR_LABELS[name]} {significant(shown[name])}" for name in best_alignments(shown))
    return (
        f"{answer(wins)}. {counted(found.model, errors, named=0)} "
        f"{label.split(' (')[0]}: {found.model} {significant(shown['model'])}, {named}. {beyond_tuning_sentence(found)}"
    ).rstrip()


def _in_the_figure(found: Measurements) -> tuple[str, dict[str, float]] | None:
    """Return what the opening figure compares, and its errors; None where it shows no tuning."""
    if not found.tuning:
        return None
    errors = _errors(found.tuning.get("changed_y") or found.tuning["all_y"])
    return None if math.isnan(errors["model"]) else ("Error of tuning in the figure", errors)


def _sure(config: DaysConfig, prepared: PreparedPair, found: Measurements, spikes: SpikeMeasurements | None) -> str:
    apart = min(independent(day, prepared.window_frames)[1] for day in (prepared.x, prepared.y))
    tested = f"tested on {apart * prepared.window_frames:,} frames; another seed or animal may differ."
    told = f"One training run (seed {config.training.seed}) on one pair of days, {tested}"
    return f"{told} {floors_sentence(found, spikes)}".rstrip()


def opening_picture(prepared: PreparedPair, found: Measurements) -> Picture:
    """Draw day x, G(X), the best alignments of either kind and what G(X) should be, side by side.

    Tuning along the track where it is known, sorted by the peak of the last panel; else one test window.
    """
    truth_known = "direct_y" in found.signals
    neurons = np.ones(prepared.n_neurons, bool) if prepared.changed is None else prepared.changed
    if found.tuning and neurons.any():
        entry = found.tuning["changed_y" if truth_known else "all_y"]
        names = ("model", *best_alignments(_errors(entry)))
        panels = [("X, before", found.curves["x"], entry["identity"]["correlation"])]
        panels += [(_title(name, found.model), found.tuned[name]["g_x"], entry[name]["correlation"]) for name in names]
        last = ("truth, after", found.curves["truth_y"]) if truth_known else ("Y, after", found.curves["y"])
        target = "what the same laps would have been after learning" if truth_known else "recorded on day y, other laps"
        caption = (
            f"Position tuning of {'the neurons that learning changed' if truth_known else 'all neurons'} on day x, as "
            f"translated to day y (G) by the {found.model} and by the best simple alignments, and {target}; neurons "
            "sorted by the peak of the last panel, each scaled to its range in the first and the last. r: mean "
            "correlation with the last."
        )
        drawn = [(f"{title}\nr = {significant(r, digits=2)}", curves) for title, curves, r in panels]
        return Picture("tuning_maps", caption, tuning_maps([*drawn, last], found.edges_cm, neurons), counterpart="")
    errors = {name: numbers["mean"] for name, numbers in found.signals.get("direct_y", {}).items()}
    best = best_alignments(errors) or alignments(found.translated, ALIGNMENTS_ALONE)[-1:]
    windows = [
        ("X", found.example.x[0]),
        *((_title(name, found.model), found.translated[name]) for name in ("model", *best)),
    ]
    if truth_known:
        last, told = ("truth", found.example.truth_y[0]), "what G(X) should be"
    else:
        last, told = ("Y", found.example.y[0]), "a window of day y, which is no pair"
    chosen = "the best simple alignments" if errors else "a simple alignment"
    caption = (
        f"One test window of day x, as translated to day y (G) by the {found.model} and by {chosen}, and {told}; "
        "neurons downward in the order of the networks, one colour scale."
    )
    return Picture("translated", caption, translated_maps([*windows, last], prepared), counterpart="")


def _title(name: str, model: str) -> str:
    return textwrap.fill(f"G(X): {label_of(name, model)}", _TITLE_WIDTH)
