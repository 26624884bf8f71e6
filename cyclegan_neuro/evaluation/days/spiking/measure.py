"""Everything that the report says about spikes, as numbers; with what inference contributes, where truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cyclegan_neuro.evaluation.days.names import PAIRS
from cyclegan_neuro.evaluation.days.spiking.compare import compare_signals
from cyclegan_neuro.evaluation.days.spiking.recorder import SpikeRecorder, SpikeSignal
from cyclegan_neuro.evaluation.days.spiking.statistics import PairStatistics, StatisticsOf
from cyclegan_neuro.evaluation.days.spiking.truth import TrueSpikes, measure_true_spikes
from cyclegan_neuro.spikes.comparison import DESCRIPTIONS, Floor
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.parallel import Workers
from cyclegan_neuro.spikes.streamed import NeuronSample

__all__ = ["SpikeMeasurements", "measure_spikes"]

_EXAMPLES = 3  # neurons and windows that the report's figures show

Signals = dict[str, dict[str, SpikeSignal]]


@dataclass(frozen=True, eq=False)
class SpikeMeasurements:
    """Statistics of recorded and generated spikes.

    Attributes
    ----------
    recorder : SpikeRecorder
    model : str
        What sentences call the model.
    signals : dict
        Translator → signal → spikes.
    pairs : dict
        Pair → translator → :class:`PairStatistics`.
    floors : dict of str to dict of str to Floor
        By recorded day and statistic.
    rates : dict of str to ndarray, shape (window, neuron)
        Firing rates in Hz of the recorded days and of the model's signals.
    correlations : dict of str to ndarray, shape (example window, pair of neurons)
        Of the same signals, in ``windows``.
    neurons, windows : ndarray of int, shape (example,)
        Shown in figures: the neurons whose median rate is spread over the population, windows spread in time.
    true : TrueSpikes, optional
    matched : dict, optional
        As ``pairs``, of the recorded days (``identity``) and the model, after noise was added to the quieter day and to
        what stands for it; absent where the days do not differ in noise.
    sample : NeuronSample, optional
        The neurons of whose pairs and van Rossum distances statistics are; absent where they are all.
    """

    recorder: SpikeRecorder
    model: str
    signals: Signals
    pairs: dict[str, dict[str, PairStatistics]]
    floors: dict[str, dict[str, Floor]]
    rates: dict[str, np.ndarray]
    correlations: dict[str, np.ndarray]
    neurons: np.ndarray
    windows: np.ndarray
    true: TrueSpikes | None
    matched: dict[str, dict[str, PairStatistics]] | None = None
    sample: NeuronSample | None = None

    def to_json(self) -> dict[str, Any]:
        """Return ``spikes`` and ``inference`` of ``metrics.json``."""
        return {"spikes": _statistics_json(self.pairs, self.floors), "inference": self._inference_json()}

    def _inference_json(self) -> dict[str, Any]:
        about = self.recorder.inference.about
        highest = max(about["noise_levels"]) + 0.5
        named = {f"{t}_{name}" if t != "recorded" else name: s for t, own in self.signals.items() if t != "identity"
                 for name, s in own.items()}  # fmt: skip
        entry: dict[str, Any] = {
            "networks": {
                "title": about.get("title", ""),
                **{key: about[key] for key in ("frame_rate_hz", "noise_levels")},
                **{key: about[key] for key in ("indicator", "cell_type") if about.get(key)},
            },
            "windows": {name: len(starts) for name, starts in self.recorder.starts.items()},
            "floor_windows": {
                name: [list(map(len, pair)) for pair in pairs] for name, pairs in self.recorder.parts.items()
            },
            "masked_frames_per_window": self.recorder.n_masked,
            "compared_frames_per_window": self.recorder.prepared.window_frames - self.recorder.n_masked,
            **{
                kind: {name: value(signal) for name, signal in named.items()}
                for kind, value in (
                    ("noise_level", lambda signal: _quantiles(signal.noise_levels)),
                    ("neurons_noisier_than_networks", lambda signal: int((signal.noise_levels > highest).sum())),
                    ("mean_rate_hz", lambda signal: float(signal.counts.counts.mean() * signal.counts.frame_rate_hz)),
                    ("silent_neurons", lambda signal: [int(n) for n in np.flatnonzero(signal.counts.silent)]),
                )
            },
        }
        if self.sample is not None:
            entry["sampled_neurons"] = np.sort(self.sample.neurons).tolist()
        if (noise := self.recorder.noise) is not None:
            entry["recorded_noise"] = {"median_level": noise.medians, "differs": noise.differ}
        if self.matched is not None:
            entry["noise_matched"] = {
                statistic: {
                    pair: {name: found.comparisons[statistic].to_json() for name, found in by_translator.items()}
                    for pair, by_translator in self.matched.items()
                }
                for statistic in DESCRIPTIONS
            }
        if self.true is not None:
            entry["accuracy"] = {day: found.to_json() for day, found in self.true.accuracy.items()}
            pairs = {pair: {"identity": found} for pair, found in self.true.pairs.items()}
            entry["true_spikes"] = _statistics_json(pairs, self.true.floors)
        return entry


def measure_spikes(recorder: SpikeRecorder, signals: Signals, *, model: str = "model") -> SpikeMeasurements:
    """Compare the spikes of all translators.

    Parameters
    ----------
    recorder : SpikeRecorder
    signals : dict
        From :class:`cyclegan_neuro.evaluation.days.measurements.Measurements`.
    model : str
        What sentences call the model.
    """
    recorded = {name: signal.counts for name, signal in signals["recorded"].items()}
    neurons = _spread_by_rate(recorded["x"])
    with Workers(recorder.section.processes) as workers:
        statistics = StatisticsOf(recorder, workers, neurons)
        counts = {translator: {n: s.counts for n, s in own.items()} for translator, own in signals.items()}
        pairs = compare_signals(statistics, counts, van_rossum=recorder.section.van_rossum)
        shown = {**recorded, **counts["model"]}
        floors = {day: statistics.floors(recorder.recorded_parts(day), label=day) for day in recorded}
        rates = {name: statistics.rates(signal) for name, signal in shown.items()}
        n_windows = min(signal.n_windows for signal in shown.values())
        windows = np.linspace(0, n_windows - 1, min(_EXAMPLES, n_windows)).astype(int)
        correlations = {name: statistics.correlations(signal, windows) for name, signal in shown.items()}
        true = measure_true_spikes(recorder, statistics, recorded)
        matched = _noise_matched(statistics, signals) if recorder.matches_noise else None
    return SpikeMeasurements(
        recorder, model, signals, pairs, floors, rates, correlations, neurons, windows, true, matched, statistics.sample
    )  # fmt: skip


def _noise_matched(statistics: StatisticsOf, signals: Signals) -> dict[str, dict[str, PairStatistics]]:
    """Compare the recorded days, and the model with them, after noise was added; cycles and alignments are left out."""
    return {
        pair: {
            name: statistics.compare(
                signals["recorded"][day].matched, signals[name][generated].matched, label=f"{name} {pair}, with noise"
            )
            for name in ("identity", "model")
        }
        for pair, (day, generated) in PAIRS.items()
        if signals["model"][generated].matched is not None
    }


def _spread_by_rate(counts: SpikeCounts) -> np.ndarray:
    """Neurons at the 90th, 70th and 50th percentile of the rate: with spikes, and not the most active alone."""
    order = np.argsort(counts.counts.sum(axis=(0, 1), dtype=np.int64), kind="stable")
    at = (np.array([0.9, 0.7, 0.5]) * (len(order) - 1)).astype(int)
    return order[at] if len(np.unique(at)) == _EXAMPLES else order[::-1][:_EXAMPLES]


def _statistics_json(
    pairs: dict[str, dict[str, PairStatistics]], floors: dict[str, dict[str, Floor]]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for pair, by_translator in pairs.items():
        for statistic, floor in floors[PAIRS[pair][0]].items():
            entry = {name: found.comparisons[statistic].to_json() for name, found in by_translator.items()}
            result.setdefault(statistic, {})[pair] = {**entry, "noise_floor": floor.to_json()}
    return result


def _quantiles(values: np.ndarray) -> dict[str, float]:
    return {"median": float(np.median(values)), "min": float(values.min()), "max": float(values.max())}
