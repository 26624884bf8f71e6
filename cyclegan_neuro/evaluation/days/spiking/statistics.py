"""Statistics of two spike signals, compared once each and kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import groupby
from weakref import WeakKeyDictionary

import numpy as np

from cyclegan_neuro.evaluation.days.spiking.recorder import SpikeRecorder
from cyclegan_neuro.spikes.cache import content_key
from cyclegan_neuro.spikes.comparison import DESCRIPTIONS, Comparison, Floor, compare_firing_rates
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.correlation import correlations
from cyclegan_neuro.spikes.statistics.firing_rate import mean_rates
from cyclegan_neuro.spikes.statistics.parallel import Workers
from cyclegan_neuro.spikes.statistics.van_rossum import pair_distances
from cyclegan_neuro.spikes.streamed import (
    NeuronSample,
    NeuronsCompared,
    compare_neurons,
    compare_rows,
    compare_windows,
    draw_neurons,
)
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["MOST_WINDOWS", "PairStatistics", "StatisticsOf"]

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_MESSAGES = 20.0

MOST_WINDOWS = 200
"""Recorded, and as many generated windows, of which van Rossum distances are taken, evenly spread."""
_SIGNALS_AT_HAND = 2


@dataclass(frozen=True, eq=False)
class PairStatistics:
    """One recorded and one generated signal, compared.

    Attributes
    ----------
    comparisons : dict of str to Comparison
        By statistic.
    heat_maps : ndarray of float64, shape (example neuron, recorded window, generated window)
        Van Rossum distances of ``neurons``.
    """

    comparisons: dict[str, Comparison]
    heat_maps: np.ndarray


@dataclass(eq=False)
class StatisticsOf:
    """Compares spike signals; what was compared is kept, what it was computed from is not.

    Parameters
    ----------
    recorder : SpikeRecorder
        Whose cache keeps comparisons and whose section decides them.
    workers : Workers
    neurons : ndarray of int, shape (example neuron,)
        Whose heat maps are kept.

    Attributes
    ----------
    sample : NeuronSample, optional
        Neurons of whose pairs and van Rossum distances statistics are, where there are more than
        ``evaluation.spikes.max_neurons``.
    """

    recorder: SpikeRecorder
    workers: Workers
    neurons: np.ndarray
    _keys: WeakKeyDictionary[SpikeCounts, str] = field(default_factory=WeakKeyDictionary)
    _latest: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    @cached_property
    def sample(self) -> NeuronSample | None:
        section = self.recorder.section
        return draw_neurons(self.recorder.prepared.n_neurons, section.max_neurons, seed=section.seed)

    def rates(self, counts: SpikeCounts, method: str = "fast") -> np.ndarray:
        """Return firing rates (window, neuron) in Hz."""
        if method == "fast":
            return mean_rates(counts, method=method)

        return self.recorder.cache.get(
            "firing_rate", content_key(self._key(counts), method),
            lambda: {"values": mean_rates(counts, method=method, workers=self.workers)},
        )["values"]  # fmt: skip

    def correlations(self, counts: SpikeCounts, windows: np.ndarray) -> np.ndarray:
        """Return correlations of some windows, (window, pair of the sample's neurons)."""
        some = SpikeCounts(self._sampled(counts).counts[windows], counts.frame_rate_hz)
        return correlations(some, bin_s=self.recorder.section.correlation_bin_s, method="fast")

    def compare(
        self,
        recorded: SpikeCounts,
        generated: SpikeCounts,
        *,
        label: str,
        method: str = "fast",
        both_ways: bool = False,
        how_certain: bool = True,
    ) -> PairStatistics:
        """Compare two signals in all statistics.

        Parameters
        ----------
        recorded, generated : SpikeCounts
        label : str
            What the log calls the pair.
        method : {"elephant", "fast"}
        both_ways : bool
            Whether the reverse will be asked for next: it then costs no van Rossum distances.
        how_certain : bool
            Whether the interval of a mean over windows tells what a sample of neurons leaves uncertain.
        """
        return self.compare_all(
            recorded, {label: generated}, label=label, method=method, both_ways=both_ways, how_certain=how_certain
        )[label]

    def compare_all(
        self,
        recorded: SpikeCounts,
        generated: Mapping[str, SpikeCounts],
        *,
        label: str,
        method: str = "fast",
        both_ways: bool = False,
        how_certain: bool = True,
    ) -> dict[str, PairStatistics]:
        """Compare one signal with several: from counts, what is known of the one is computed once for all of them.

        Parameters
        ----------
        recorded : SpikeCounts
        generated : mapping of str to SpikeCounts
        label, method, both_ways, how_certain
            See :meth:`compare`.
        """
        others = list(generated.values())
        by_window = {
            statistic: self._of_windows(statistic, recorded, others, method, label, how_certain)
            for statistic in ("correlation", "van_rossum_pairs")
        }
        by_neuron = self._of_neurons(recorded, others, method, label, both_ways)
        rates = self.rates(recorded, method)
        return {
            name: PairStatistics(
                comparisons={
                    "firing_rate": compare_firing_rates(rates, self.rates(counts, method)),
                    "correlation": by_window["correlation"][k],
                    "van_rossum": by_neuron[k].comparison,
                    "van_rossum_pairs": by_window["van_rossum_pairs"][k],
                },
                heat_maps=by_neuron[k].heat_maps,
            )
            for k, (name, counts) in enumerate(generated.items())
        }

    def floors(self, parts: Iterable[tuple[SpikeCounts, SpikeCounts]], *, label: str) -> dict[str, Floor]:
        """Compare parts of one recorded day as signals are compared, from counts.

        Parameters
        ----------
        parts : iterable of (first, second)
            Without a common frame; ``second`` stands where generated spikes do.
        label : str
            What the log calls the day.

        Returns
        -------
        dict of str to Floor
            By statistic.
        """
        found: list[PairStatistics] = []
        for _, pairs in groupby(parts, key=lambda pair: self._key(pair[0])):  # often all of one day share the first
            firsts, seconds = zip(*pairs, strict=True)
            others = {str(k): second for k, second in enumerate(seconds)}
            found += self.compare_all(firsts[0], others, label=f"noise floor {label}", how_certain=False).values()
        return {statistic: Floor(tuple(each.comparisons[statistic] for each in found)) for statistic in DESCRIPTIONS}

    def _of_windows(
        self, statistic: str, recorded, generated: list, method: str, label: str, how_certain: bool
    ) -> list[Comparison]:
        section, sample = self.recorder.section, self.sample if how_certain else None
        setting = section.correlation_bin_s if statistic == "correlation" else section.time_constant_s

        def compute(chosen: list[int]) -> list[Comparison]:
            some = [generated[k] for k in chosen]
            if method == "elephant":
                of_recorded, *others = (self._rows(statistic, one, setting, label) for one in (recorded, *some))
                return [compare_rows(of_recorded, one, statistic, sample=sample) for one in others]
            return compare_windows(
                self._sampled(recorded), list(map(self._sampled, some)), statistic, setting, sample=sample,
                workers=self.workers, progress=_progress(f"{statistic}, {label}"),
            )  # fmt: skip

        drawn = (self.sample is not None and len(self.sample.neurons), section.seed, sample is not None)
        how = (method, setting, *(drawn if self.sample else ()))
        keys = [content_key(self._key(recorded), self._key(one), *how) for one in generated]
        kept = self.recorder.cache.get_all(statistic, keys, lambda chosen: map(_arrays_of_windows, compute(chosen)))
        return [_comparison_of_windows(statistic, one) for one in kept]

    def _rows(self, statistic: str, counts: SpikeCounts, setting: float, label: str) -> np.ndarray:
        """Return Elephant's values (window, pair); those of the last two signals are at hand, since days come again."""
        latest, key = self._latest.setdefault(statistic, {}), self._key(counts)
        if key not in latest:
            progress = _progress(f"{statistic}, {label}")
            how = {"method": "elephant", "workers": self.workers, "progress": progress}
            if statistic == "correlation":
                latest[key] = correlations(self._sampled(counts), bin_s=setting, **how)
            else:
                latest[key] = pair_distances(self._sampled(counts), time_constant_s=setting, **how)
        latest[key] = latest.pop(key)  # last
        while len(latest) > _SIGNALS_AT_HAND:
            del latest[next(iter(latest))]
        return latest[key]

    def _of_neurons(self, recorded, generated: list, method, label, both_ways) -> list[NeuronsCompared]:
        time_constant_s = self.recorder.section.time_constant_s
        drawn = () if self.sample is None else (self.sample.neurons,)

        def key(first: SpikeCounts, second: SpikeCounts) -> str:
            return content_key(self._key(first), self._key(second), method, time_constant_s, self.neurons, *drawn)

        def compute(chosen: list[int]) -> Iterator[dict[str, np.ndarray]]:
            found = compare_neurons(
                _at_most(recorded), [_at_most(generated[k]) for k in chosen], time_constant_s, method=method,
                shown=self.neurons.tolist(), sample=self.sample, both_ways=both_ways, workers=self.workers,
                progress=_progress(f"van Rossum distances, {label}"),
            )  # fmt: skip
            for k, (one, *other) in zip(chosen, found, strict=True):
                for reverse in other:
                    self.recorder.cache.get("van_rossum", key(generated[k], recorded), partial(_arrays, reverse))
                yield _arrays(one)

        kept = self.recorder.cache.get_all("van_rossum", [key(recorded, one) for one in generated], compute)
        compared = np.arange(recorded.n_neurons) if self.sample is None else self.sample.neurons
        silent = [tuple(compared[counts.silent[compared]].tolist()) for counts in (recorded, *generated)]
        return [
            NeuronsCompared(Comparison("van_rossum", "neuron", one["kl"], one["wasserstein"], silent[0], own),
                            one["heat_maps"])
            for one, own in zip(kept, silent[1:], strict=True)
        ]  # fmt: skip

    def _sampled(self, counts: SpikeCounts) -> SpikeCounts:
        chosen = None if self.sample is None else np.ascontiguousarray(counts.counts[..., self.sample.neurons])
        return counts if chosen is None else SpikeCounts(chosen, counts.frame_rate_hz)

    def _key(self, counts: SpikeCounts) -> str:
        """Hash a signal once."""
        if counts not in self._keys:
            self._keys[counts] = content_key(counts.counts, counts.frame_rate_hz)
        return self._keys[counts]


def _arrays_of_windows(found: Comparison) -> dict[str, np.ndarray]:
    single = {"undefined": np.array(found.undefined_pairs), "error": np.array(found.neuron_error)}
    return {"kl": found.kl, "wasserstein": found.wasserstein, **single}


def _comparison_of_windows(statistic: str, kept: dict[str, np.ndarray]) -> Comparison:
    kl_error, distance_error = kept["error"].tolist()
    single = {"undefined_pairs": float(kept["undefined"]), "neuron_error": (kl_error, distance_error)}
    return Comparison(statistic, "window", kept["kl"], kept["wasserstein"], **single)


def _arrays(found: NeuronsCompared) -> dict[str, np.ndarray]:
    return {"kl": found.comparison.kl, "wasserstein": found.comparison.wasserstein, "heat_maps": found.heat_maps}


def _at_most(counts: SpikeCounts) -> SpikeCounts:
    """Return evenly spread windows, as many as distances between windows are taken of: these grow with the square."""
    chosen = spaced(np.arange(counts.n_windows), MOST_WINDOWS)
    return counts if len(chosen) == counts.n_windows else SpikeCounts(counts.counts[chosen], counts.frame_rate_hz)


def _progress(label: str) -> Callable[[int, int], None]:
    """Log how far a computation is, at most every 20 seconds."""
    begin = last = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_MESSAGES and done < total:
            last = now
            _log.info("%s: %d of %d, %d s left", label, done, total, round((now - begin) / done * (total - done)))

    return report
