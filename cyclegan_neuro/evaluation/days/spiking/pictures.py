"""Figures H.1 to H.4 of the paper for the user's data: there one figure per pair, here one per statistic."""

from __future__ import annotations

from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.days.names import PAIRS, SIGNALS
from cyclegan_neuro.evaluation.days.spiking.measure import SpikeMeasurements
from cyclegan_neuro.figures.spikes import InferencePanel, StatisticRow, distribution_grid, heat_grid, inference_grid
from cyclegan_neuro.figures.style import DAY_COLOURS

__all__ = ["correlation_figure", "firing_rate_figure", "inference_figure", "van_rossum_figure"]

_KL = "KL divergence (nats)"
_LONGEST_S = 30.0  # of the traces shown


def firing_rate_figure(found: SpikeMeasurements) -> Figure:
    """Histograms of firing rates of three neurons, and of KL over neurons, per pair (the top of Figures H.1 to H.4)."""
    names = found.recorder.prepared.neuron_names
    rows = [
        _row(found, "firing_rate", pair, [
            (names[n], found.rates[day][:, n], found.rates[generated][:, n]) for n in found.neurons
        ])
        for pair, (day, generated) in PAIRS.items()
    ]  # fmt: skip
    return distribution_grid(rows, value_label="firing rate (Hz)", spread_label=_KL, units="neurons")


def correlation_figure(found: SpikeMeasurements) -> Figure:
    """Histograms of pairwise correlations in three windows, and of KL over windows, per pair (their middle)."""
    rows = [
        _row(found, "correlation", pair, [
            (f"window {w}", found.correlations[day][i], found.correlations[generated][i])
            for i, w in enumerate(found.windows)
        ])
        for pair, (day, generated) in PAIRS.items()
    ]  # fmt: skip
    return distribution_grid(rows, value_label="correlation", spread_label=_KL, units="windows")


def van_rossum_figure(found: SpikeMeasurements) -> Figure:
    """Heat maps of van Rossum distances of three neurons, and KL over neurons, per pair (their bottom)."""
    names = found.recorder.prepared.neuron_names
    rows = [
        _row(found, "van_rossum", pair, [
            (names[n], matrix) for n, matrix in zip(found.neurons, found.pairs[pair]["model"].heat_maps, strict=True)
        ])
        for pair in PAIRS
    ]  # fmt: skip
    return heat_grid(
        rows, colour_label="van Rossum distance", xlabel="generated window", ylabel="recorded window",
        spread_label=_KL, units="neurons",
    )  # fmt: skip


def inference_figure(found: SpikeMeasurements) -> Figure:
    """ΔF/F, inferred rate and spikes of three neurons in one window: recorded and generated."""
    names = found.recorder.prepared.neuron_names
    rate = found.recorder.frame_rate_hz
    signals = {**found.signals["recorded"], **found.signals["model"]}
    rows = []
    for name in ("x", "g_x", "y", "f_y"):
        signal = signals[name]
        shown = slice(0, round(_LONGEST_S * rate))
        middle = signal.counts.n_windows // 2
        true = None if found.true is None else found.true.counts.get(name)
        rows.append([
            InferencePanel(
                f"{SIGNALS[name].label}, {names[n]}", signal.dff[shown, n], signal.rates_hz[shown, n],
                signal.counts.counts[middle, shown, n], DAY_COLOURS[SIGNALS[name].target],
                true_spikes=None if true is None else true.counts[middle, shown, n],
            )
            for n in found.neurons
        ])  # fmt: skip
    return inference_grid(rows, frame_rate_hz=rate)


def _row(found: SpikeMeasurements, statistic: str, pair: str, examples: list) -> StatisticRow:
    day = PAIRS[pair][0]
    floor, colour = found.floors[day][statistic], DAY_COLOURS[day]
    spread = found.pairs[pair]["model"].comparisons[statistic].kl
    return StatisticRow(PAIRS[pair].label, examples, spread, floor.mean_kl, floor.interval_kl, colour)
