"""Do generated spikes have the statistics of recorded ones: Tables G.2, I.2, J.2, K.2 and Figures H.1 to H.4."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.spikes.comparison import DESCRIPTIONS, Comparison
from cyclegan_neuro.spikes.statistics.correlation import bins_of
from cyclegan_neuro.systems.cyclegan.spiking.compare import PairStatistics
from cyclegan_neuro.systems.cyclegan.spiking.measure import SpikeMeasurements
from cyclegan_neuro.systems.cyclegan.spiking.pictures import (
    correlation_figure,
    firing_rate_figure,
    inference_figure,
    van_rossum_figure,
)
from cyclegan_neuro.systems.cyclegan.spiking.recorder import PAIRS
from cyclegan_neuro.systems.cyclegan.spiking.wording import PAIR_LABELS, STATISTIC_LABELS, WASSERSTEIN_UNITS
from cyclegan_neuro.systems.cyclegan.story.wording import ALIGNMENTS, TRANSLATOR_LABELS, compared
from cyclegan_neuro.systems.evaluation import Block, Picture, Table, significant
from cyclegan_neuro.systems.wording import percent, plural
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["mean_kl", "no_spikes_block", "spikes_block", "spikes_sentence"]

_TITLE = "Spikes"
_ORDER = ("model", "identity", *ALIGNMENTS)
_IN_SENTENCE = ("firing_rate", "correlation", "van_rossum")
_METHODS = {
    "elephant": "Elephant computed those of the CycleGAN and of identity, a single sweep that agrees with it to 1e-10 "
    "those of the alignments and of true spikes.",
    "fast": "a single sweep that agrees with Elephant to 1e-10 computed them.",
}
_FLOOR = "noise floor (two halves of the recording)"


def no_spikes_block(reason: str) -> Block:
    """Say why there are no spikes in this report."""
    return Block(_TITLE, (f"Spikes were not inferred, so their statistics are not compared. {reason}",))


def spikes_block(prepared: PreparedPair, found: SpikeMeasurements) -> Block:
    """Tell how the statistics of generated spikes compare with those of recorded ones."""
    tables = [table for statistic in STATISTIC_LABELS for table in _tables_of(statistic, found)]
    tables.append(_inference_table(found))
    if found.true is not None:
        tables += [_accuracy_table(found), _true_table(found)]
    tables.append(_long_table(found))
    return Block(_TITLE, _paragraphs(prepared, found), tuple(tables), _pictures(prepared, found))


def spikes_sentence(found: SpikeMeasurements) -> str:
    """Say in one sentence how close generated spikes are, beside doing nothing and the better alignment."""
    parts = []
    for statistic in _IN_SENTENCE:
        label = STATISTIC_LABELS[statistic]
        value = {name: mean_kl(found, "y_from_x", statistic, name) for name in (*_ORDER, "floor")}
        best = min(ALIGNMENTS, key=value.get)
        numbers = ", ".join(f"{name} {significant(v, digits=2)}" for name, v in (
            ("identity", value["identity"]), (TRANSLATOR_LABELS[best], value[best]), ("floor", value["floor"])
        ))  # fmt: skip
        verdict = f"{compared(value['model'], value['identity'])} identity and {compared(value['model'], value[best])} "
        parts.append(f"{_lower(label)} {significant(value['model'], digits=2)} ({numbers}: {verdict}the alignment)")
    return f"Mean KL divergence of spike statistics between Y and G(X), in nats: {'; '.join(parts)}."


def _lower(label: str) -> str:
    """Return a label within a sentence; names keep their capitals."""
    return label[0].lower() + label[1:]


def mean_kl(found: SpikeMeasurements, pair: str, statistic: str, name: str) -> float:
    """Return the mean KL divergence of a translator, or of the ``"floor"``; NaN where no value is known."""
    by_translator = found.pairs[pair]
    comparison = (
        by_translator["model"].floors[statistic] if name == "floor" else by_translator[name].comparisons[statistic]
    )
    return _mean(comparison.kl)


def _tables_of(statistic: str, found: SpikeMeasurements) -> tuple[tuple[str, Table], ...]:
    """The divergences and the distances of one statistic."""
    headings = {"kl": "KL divergence (nats)", "wasserstein": f"Wasserstein distance ({WASSERSTEIN_UNITS[statistic]})"}
    notes = {
        "kl": f"{DESCRIPTIONS[statistic]} ± standard deviation, in brackets the 95 % bootstrap interval of the mean. A "
        "dash: identity and alignments that can be inverted exactly return what went in. "
        f"{_silent(found, statistic)}",
        "wasserstein": "Of the same distributions.",
    }
    tables = []
    for measure, heading in headings.items():
        rows = []
        for name in (*_ORDER, "floor"):
            cells = [_cell(_entry(found.pairs[pair], name, statistic), measure) for pair in PAIRS]
            rows.append((_FLOOR if name == "floor" else TRANSLATOR_LABELS[name], *cells))
        caption = f"{STATISTIC_LABELS[statistic]}: {heading}. {notes[measure]}"
        tables.append((caption, Table(f"spikes_{statistic}_{measure}", ("", *PAIR_LABELS.values()), tuple(rows))))
    return tuple(tables)


def _long_table(found: SpikeMeasurements) -> tuple[str, Table]:
    rows = []
    for statistic, label in STATISTIC_LABELS.items():
        for pair in PAIRS:
            for name in (*_ORDER, "floor"):
                entry = _entry(found.pairs[pair], name, statistic)
                if entry is None:
                    continue
                translator = _FLOOR if name == "floor" else TRANSLATOR_LABELS[name]
                numbers = (n for summary in entry.to_json().values() for n in _numbers(summary))
                rows.append((label, PAIR_LABELS[pair], translator, *numbers))
    columns = ("statistic", "pair", "translator", *(
        f"{measure} {name}" for measure in ("KL", "Wasserstein")
        for name in ("mean", "standard deviation", "n", "95 % from", "to")
    ))  # fmt: skip
    return "The same numbers, one comparison per line.", Table("spikes_long", columns, tuple(rows))


def _numbers(summary: dict) -> tuple:
    low, high = summary["ci95"] or (None, None)
    return summary["mean"], summary["std"], summary["n"], low, high


def _entry(by_translator: dict[str, PairStatistics], name: str, statistic: str) -> Comparison | None:
    if name == "floor":
        return by_translator["model"].floors[statistic]
    return by_translator[name].comparisons[statistic] if name in by_translator else None


def _cell(comparison: Comparison | None, measure: str) -> str | None:
    if comparison is None:
        return None
    entry = comparison.to_json()[measure]
    if entry["mean"] is None:
        return None
    text = f"{significant(entry['mean'])}\u00a0±\u00a0{significant(entry['std'], digits=2)}"
    if entry["ci95"] is not None:
        text += " [" + ",\u00a0".join(significant(value) for value in entry["ci95"]) + "]"
    return text


def _silent(found: SpikeMeasurements, statistic: str) -> str:
    if statistic in ("correlation", "van_rossum_pairs"):
        share = max(s.comparisons[statistic].undefined_pairs for s in (p["model"] for p in found.pairs.values()))
        return f"Pairs with a silent neuron have no value: up to {percent(share)} of a signal's are left out."
    recorded = {day: found.signals["recorded"][day].counts.silent.sum() for day in ("x", "y")}
    return (
        f"Silent in all windows, and therefore left out: {plural(int(recorded['x']), 'neuron')} of X, "
        f"{plural(int(recorded['y']), 'neuron')} of Y (listed in metrics.json)."
    )


def _inference_table(found: SpikeMeasurements) -> tuple[str, Table]:
    entry = found.to_json()["inference"]
    rows = tuple(
        (name, levels["median"], levels["min"], levels["max"], entry["neurons_noisier_than_networks"][name],
         entry["mean_rate_hz"][name], len(entry["silent_neurons"][name]))
        for name, levels in entry["noise_level"].items()
    )  # fmt: skip
    columns = ("signal", "noise level: median (%/√Hz)", "lowest", "highest", "neurons noisier than any network",
               "mean inferred rate (Hz)", "silent neurons")  # fmt: skip
    caption = (
        "What inference was based on. Each neuron's noise level chooses its networks; a generator that smooths or "
        "invents noise shows in the first column."
    )
    return caption, Table("spike_inference", columns, rows)


def _accuracy_table(found: SpikeMeasurements) -> tuple[str, Table]:
    rows = tuple(
        (day.upper(), sigma, values["correlation"], values["error"], values["bias"])
        for day, accuracy in found.true.accuracy.items()
        for sigma, values in accuracy.by_sigma.items()
    )
    caption = (
        "How well spikes were inferred, where the simulator knows them: medians over neurons, true and inferred spikes "
        "smoothed alike. Error is the sum of absolute differences over the sum of true rates, bias that of differences."
    )
    return caption, Table("spikes_accuracy", ("day", "smoothing (s)", "correlation", "error", "bias"), rows)


def _true_table(found: SpikeMeasurements) -> tuple[str, Table]:
    rows = []
    for pair, true in found.true.pairs.items():
        inferred, day = found.pairs[pair]["identity"], PAIRS[pair][0]
        days = "X | Y" if day == "x" else "Y | X"
        for statistic, label in STATISTIC_LABELS.items():
            compared_both = (
                _mean(source.kl)
                for by_spikes in (true, inferred)
                for source in (by_spikes.comparisons[statistic], by_spikes.floors[statistic])
            )
            rows.append((f"{label}, {days}", *compared_both))
    caption = (
        "What inference itself contributes: how different the two recorded days are by the same statistics of true and "
        "of inferred spikes (mean KL divergence, nats)."
    )
    columns = ("", "true spikes", "their floor", "inferred spikes", "their floor")
    return caption, Table("spikes_true", columns, tuple(rows))


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _paragraphs(prepared: PreparedPair, found: SpikeMeasurements) -> tuple[str, ...]:
    recorder, section = found.recorder, found.recorder.section
    models, rate = recorder.models, recorder.frame_rate_hz
    n_frames = prepared.window_frames - recorder.n_masked
    layout = bins_of(n_frames, rate, section.correlation_bin_s)
    levels = sorted(models.noise_levels)
    resampled = (
        f" ΔF/F at {rate:g} Hz was resampled for networks of {models.frame_rate_hz:g} Hz, and the rates back."
        if abs(models.frame_rate_hz - rate) > 0.05 * models.frame_rate_hz
        else ""
    )
    first = (
        "Spikes were inferred alike from recorded and generated ΔF/F (as a fraction, scaling undone) with networks for "
        f"{models.frame_rate_hz:g} Hz and noise levels {levels[0]} to {levels[-1]} (Rupprecht et al. 2021).{resampled} "
        f"Of the {prepared.window_frames} frames of a window, {recorder.n_masked} at its ends are out of the networks' "
        f"reach and left out everywhere, which leaves {n_frames} ({significant(n_frames / rate)} s). Rates become "
        "whole spikes by systematic sampling: the count of any stretch differs from the inferred one by less than 1, "
        "with the same random phase for recorded and generated windows. "
        f"{len(recorder.starts['x'])} windows of X and {len(recorder.starts['y'])} of Y are compared."
    )
    second = (
        f"Correlations are those of spike trains in bins of {layout.frames_per_bin} frames "
        f"({significant(layout.frames_per_bin / rate)} s; {plural(layout.dropped_frames, 'frame')} at its end fill "
        f"no bin). Van Rossum distances have a time constant of {section.time_constant_s:g} s and Elephant's "
        f"normalisation; {_METHODS[section.van_rossum]} KL compares histograms with the bins of the recorded values "
        "(Freedman and Diaconis), one added to every count; the floor is the same between two random halves of the "
        "recorded windows. Halves hold half as many values, so the floor of KL reads a little too high: about 0.02 "
        "nats where 200 windows are halved."
    )
    return (spikes_sentence(found), first, second)


def _pictures(prepared: PreparedPair, found: SpikeMeasurements):
    known = " Black: true spikes." if found.true is not None else ""
    pairs = "Rows: X | F(Y), X | F(G(X)), Y | G(X), Y | G(F(Y))."
    return (
        Picture(
            "spike_inference",
            f"ΔF/F, inferred rate and spikes in one test window, recorded and generated.{known}",
            inference_figure(prepared, found),
            counterpart="",
        ),
        Picture(
            "spikes_firing_rate",
            "Firing rates over windows of three neurons, recorded (filled) and generated by the CycleGAN (line); "
            f"right: KL divergence of all neurons, its mean and the noise floor. {pairs}",
            firing_rate_figure(prepared, found),
            counterpart="Figure H.1",
        ),
        Picture(
            "spikes_correlation",
            f"Correlations of all pairs of neurons in three windows; right: KL divergence of all windows. {pairs}",
            correlation_figure(found),
            counterpart="Figure H.2",
        ),
        Picture(
            "spikes_van_rossum",
            "Van Rossum distances between recorded and generated windows of three neurons; right: KL divergence of all "
            f"neurons. {pairs}",
            van_rossum_figure(prepared, found),
            counterpart="Figures H.3 and H.4",
        ),
    )
