"""At most six sentences, made from the numbers, that say what a reader must know first."""

from __future__ import annotations

from cyclegan_neuro.systems.cyclegan.interpretation.findings import Interpretation
from cyclegan_neuro.systems.cyclegan.measurements import Measurements
from cyclegan_neuro.systems.cyclegan.spiking.measure import SpikeMeasurements
from cyclegan_neuro.systems.cyclegan.story.attention import attention_sentence
from cyclegan_neuro.systems.cyclegan.story.inputs import origin_sentence, shared_frames
from cyclegan_neuro.systems.cyclegan.story.mapping import cycle_sentence, moved_sentence
from cyclegan_neuro.systems.cyclegan.story.spikes import spikes_sentence
from cyclegan_neuro.systems.cyclegan.story.wording import ALIGNMENTS, METRIC_LABELS, TRANSLATOR_LABELS, compared
from cyclegan_neuro.systems.evaluation import significant
from cyclegan_neuro.systems.wording import percent
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["summarise"]

_MOST = 6  # sentences
_UNKNOWN = "What G(X) and F(Y) should be is not known here, so these numbers can refute the mapping but not prove it."
_DIRECT = ("direct_y", "direct_x")


def summarise(
    prepared: PreparedPair,
    found: Measurements,
    spikes: SpikeMeasurements | None = None,
    interpretation: Interpretation | None = None,
) -> tuple[str, ...]:
    """Return the summary of a report: at most six sentences; on cycles and spikes only where there is room for them."""
    attention = [] if interpretation is None else [attention_sentence(interpretation)]
    if "direct_y" in found.signals:
        sentences = [_origin(prepared), _direct(found.signals), _best_alignment(found.signals)]
        sentences += [*_tuning(found.tuning), *attention]
        optional = [cycle_sentence(found.signals)]
    else:
        sentences = [_origin(prepared), _UNKNOWN, cycle_sentence(found.signals), moved_sentence(found)]
        sentences += [*_tuning(found.tuning), *attention]
        optional = []
    optional += [] if spikes is None else [spikes_sentence(spikes)]
    return (*sentences, *optional)[:_MOST]


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
        part = f"{METRIC_LABELS[metric]} is {significant(model)} ΔF/F, {verdict} identity ({significant(identity)})"
        if "best_possible" in entry:
            best = entry["best_possible"]["mean"]
            part += f", best possible {significant(best)}"
        if "gap_closed" in entry["model"]:
            part += f": {percent(max(0.0, entry['model']['gap_closed']))} of the gap closed"
        parts.append(part)
    return f"{'; '.join(parts)}."


def _best_alignment(signals: dict) -> str:
    parts = []
    for metric in _DIRECT:
        entry = signals[metric]
        name = min(ALIGNMENTS, key=lambda n: entry[n]["mean"])
        verdict = compared(entry["model"]["mean"], entry[name]["mean"])
        number = significant(entry[name]["mean"])
        parts.append(f"{verdict} {TRANSLATOR_LABELS[name]} in {METRIC_LABELS[metric]} ({number})")
    return f"Beside the better of two simple alignments the CycleGAN is {' and '.join(parts)}."


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
    best = min(ALIGNMENTS, key=lambda name: entry[name]["mae"])
    closer = "is closer to the truth than" if model["mae"] < identity["mae"] else "is no closer to the truth than"
    return (
        f"For the {model['n']} neurons that learning changed, position tuning of G(X) {closer} that of X: mean error "
        f"{significant(model['mae'])} against {significant(identity['mae'])} ΔF/F, correlation "
        f"{significant(model['correlation'], digits=2)} against {significant(identity['correlation'], digits=2)}"
        f" (best simple alignment, {TRANSLATOR_LABELS[best]}: {significant(entry[best]['mae'])} and "
        f"{significant(entry[best]['correlation'], digits=2)})."
    )


def _unchanged(entry: dict) -> str:
    model, noise = entry["model"], entry["noise"]
    if noise["mae"] != noise["mae"]:
        return f"Tuning of the {model['n']} unchanged neurons moves by {significant(model['mae'])} ΔF/F."
    stay = "stays within" if model["mae"] <= noise["mae"] else "moves by more than"
    return (
        f"Tuning of the {model['n']} unchanged neurons {stay} the noise of the estimate ({significant(model['mae'])} "
        f"against {significant(noise['mae'])} ΔF/F)."
    )


def _without_truth(entry: dict) -> str:
    model, identity, noise = (entry[name]["correlation"] for name in ("model", "identity", "noise"))
    return (
        f"Position tuning of G(X) correlates {significant(model, digits=2)} with that recorded on day y, X itself "
        f"{significant(identity, digits=2)}, two halves of day y {significant(noise, digits=2)}."
    )
