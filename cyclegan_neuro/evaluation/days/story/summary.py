"""At most seven sentences, made from the numbers, that say what a reader must know first."""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import significant
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.names import METRICS
from cyclegan_neuro.evaluation.days.spiking.measure import SpikeMeasurements
from cyclegan_neuro.evaluation.days.story.attention import attention_sentence
from cyclegan_neuro.evaluation.days.story.inputs import origin_sentence, shared_frames
from cyclegan_neuro.evaluation.days.story.mapping import cycle_sentence, moved_sentence
from cyclegan_neuro.evaluation.days.story.spikes import spikes_sentence
from cyclegan_neuro.evaluation.days.story.turns import turned_sentence
from cyclegan_neuro.evaluation.days.story.wording import (
    PLACE_USED,
    TRANSLATOR_LABELS,
    best_alignments,
    compared,
)
from cyclegan_neuro.evaluation.wording import percent
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["summarise"]

_MOST = 7  # sentences
_UNKNOWN = "What G(X) and F(Y) should be is not known here, so these numbers can refute the mapping but not prove it."
_DIRECT = ("direct_y", "direct_x")


def summarise(
    prepared: PreparedPair,
    found: Measurements,
    spikes: SpikeMeasurements | None = None,
    interpretation: Interpretation | None = None,
) -> tuple[str, ...]:
    """Return the summary of a report: at most seven sentences; on spikes and cycles where there is room."""
    attention = [] if interpretation is None else [attention_sentence(interpretation)]
    if "direct_y" in found.signals:
        sentences = [_origin(prepared), _direct(found.signals), _best_alignment(found.signals)]
        sentences += [*_tuning(found.tuning), *_turned(found), *attention]
        optional = [cycle_sentence(found.signals)]
    else:
        sentences = [_origin(prepared), _UNKNOWN, cycle_sentence(found.signals), moved_sentence(found)]
        sentences += [*_tuning(found.tuning), *_turned(found), *attention]
        optional = []
    spiking = [] if spikes is None else [spikes_sentence(spikes)]
    return (*sentences, *spiking, *optional)[:_MOST]


def _turned(found: Measurements) -> list[str]:
    return [sentence] if (sentence := turned_sentence(found)) else []


def _origin(prepared: PreparedPair) -> str:
    sentence = origin_sentence(prepared)
    shares = [shared_frames(day, prepared.window_frames) for day in (prepared.x, prepared.y)]
    if max(shares) == 0:
        return sentence
    return f"{sentence[:-1]}; {percent(max(shares))} of the test frames were seen in training: errors are optimistic."


def _direct(signals: dict) -> str:
    parts = []
    for metric in _DIRECT:
        entry = signals[metric]
        model, identity = entry["model"]["mean"], entry["identity"]["mean"]
        verdict = compared(model, identity)
        part = f"{METRICS[metric].label} is {significant(model)} ΔF/F, {verdict} identity ({significant(identity)})"
        if "best_possible" in entry:
            best = entry["best_possible"]["mean"]
            part += f", best possible {significant(best)}"
        if "gap_closed" in entry["model"]:
            part += f": {percent(max(0.0, entry['model']['gap_closed']))} of the gap closed"
        parts.append(part)
    return f"{'; '.join(parts)}."


def _best_alignment(signals: dict) -> str:
    parts: dict[str, list[str]] = {}
    for metric in _DIRECT:
        entry = {name: numbers["mean"] for name, numbers in signals[metric].items()}
        for name in best_alignments(entry):
            kind = f"that uses the {PLACE_USED[name]}" if name in PLACE_USED else "that sees activity alone"
            verdict = f"{compared(entry['model'], entry[name])} {TRANSLATOR_LABELS[name]} in {METRICS[metric].label}"
            parts.setdefault(kind, []).append(f"{verdict} ({significant(entry[name])})")
    said = "; beside the best ".join(f"{kind} it is {' and '.join(verdicts)}" for kind, verdicts in parts.items())
    return f"The CycleGAN and simple alignments: beside the best {said}."


def _tuning(tuning: dict) -> list[str]:
    if "changed_y" in tuning and tuning["changed_y"]["model"]["n"]:
        sentences = [_changed(tuning["changed_y"])]
        if tuning["unchanged_y"]["model"]["n"]:
            sentences.append(_unchanged(tuning["unchanged_y"]))
        return sentences
    if "all_y" in tuning and tuning["all_y"]["model"]["n_correlation"]:
        return [_without_truth(tuning["all_y"])]
    return []


def _changed(entry: dict) -> str:
    model, identity = entry["model"], entry["identity"]
    rivals = (
        f"{TRANSLATOR_LABELS[name]} {significant(entry[name]['mae'])} and "
        f"{significant(entry[name]['correlation'], digits=2)}, the CycleGAN closer in {entry[name]['model_closer']} of "
        f"{model['n']} neurons"
        for name in best_alignments({name: numbers["mae"] for name, numbers in entry.items()})
    )
    closer = "is closer to the truth than" if model["mae"] < identity["mae"] else "is no closer to the truth than"
    return (
        f"For the {model['n']} neurons that learning changed, position tuning of G(X) {closer} that of X: mean error "
        f"{significant(model['mae'])} against {significant(identity['mae'])} ΔF/F, correlation "
        f"{significant(model['correlation'], digits=2)} against {significant(identity['correlation'], digits=2)}"
        f" ({'; '.join(rivals)})."
    )


def _unchanged(entry: dict) -> str:
    model, noise, moved = entry["model"], entry["noise"]["mae"], entry["moment_matching"]["mae"]
    halves = "" if noise != noise else f", and even and odd laps of one day differ by {significant(noise)}"
    return (
        f"Tuning of the {model['n']} neurons that learning left alone moves by {significant(model['mae'])} ΔF/F, where "
        f"it should not move ({TRANSLATOR_LABELS['moment_matching']} moves it by {significant(moved)}{halves})."
    )


def _without_truth(entry: dict) -> str:
    names = ("identity", *best_alignments({name: numbers["mae"] for name, numbers in entry.items()}), "training_laps")
    said = ", ".join(f"{TRANSLATOR_LABELS[name]} {significant(entry[name]['correlation'], digits=2)}" for name in names)
    model = significant(entry["model"]["correlation"], digits=2)
    return f"Position tuning of G(X) correlates {model} with that recorded on day y ({said})."
