"""Statistics of recorded against generated spikes, for the model and for what a sceptic would try."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np

from cyclegan_neuro.evaluation.days.names import PAIRS
from cyclegan_neuro.evaluation.days.spiking.recorder import SpikeRecorder
from cyclegan_neuro.spikes.cache import content_key
from cyclegan_neuro.spikes.comparison import (
    DESCRIPTIONS,
    Comparison,
    Floor,
    compare_correlations,
    compare_firing_rates,
    compare_pair_distances,
    compare_van_rossum,
)
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.correlation import correlations
from cyclegan_neuro.spikes.statistics.firing_rate import mean_rates
from cyclegan_neuro.spikes.statistics.parallel import Workers
from cyclegan_neuro.spikes.statistics.van_rossum import VanRossum, distances, pair_distances

__all__ = ["EXAMPLES", "PairStatistics", "StatisticsOf", "compare_signals"]

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_MESSAGES = 20.0

EXAMPLES = 3
"""Neurons and windows that the report's figures show."""


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
    """Computes statistics of spike signals once each.

    Parameters
    ----------
    recorder : SpikeRecorder
        Whose cache keeps them and whose section decides them.
    workers : Workers
    neurons : ndarray of int, shape (example neuron,)
        Whose heat maps are kept.
    """

    recorder: SpikeRecorder
    workers: Workers
    neurons: np.ndarray
    _keys: WeakKeyDictionary[SpikeCounts, str] = field(default_factory=WeakKeyDictionary)
    _reversed: dict[tuple[str, str], VanRossum] = field(default_factory=dict)

    def rates(self, counts: SpikeCounts, method: str = "elephant") -> np.ndarray:
        """Return firing rates (window, neuron) in Hz."""
        return self._values("firing_rate", counts, (), method, mean_rates)

    def correlations(self, counts: SpikeCounts, method: str = "elephant") -> np.ndarray:
        """Return correlations (window, pair of neurons)."""
        bin_s = self.recorder.section.correlation_bin_s
        return self._values("correlation", counts, (bin_s,), method, partial(correlations, bin_s=bin_s))

    def pair_distances(self, counts: SpikeCounts, method: str, label: str) -> np.ndarray:
        """Return van Rossum distances (window, pair of neurons)."""
        time_constant_s = self.recorder.section.time_constant_s

        def compute(counts, **how):
            progress = _progress(f"van Rossum distances of pairs of neurons, {label}")
            return pair_distances(counts, time_constant_s=time_constant_s, progress=progress, **how)

        return self._values("van_rossum_pairs", counts, (time_constant_s,), method, compute)

    def _values(self, kind: str, counts: SpikeCounts, settings: tuple, method: str, compute: Callable) -> np.ndarray:
        key = (self._key(counts), *settings, method)
        return self._kept(kind, key, lambda: {"values": compute(counts, method=method, workers=self.workers)})["values"]

    def compare(
        self,
        recorded: SpikeCounts,
        generated: SpikeCounts,
        *,
        label: str,
        method: str = "fast",
        van_rossum: str = "fast",
        both_ways: bool = False,
    ) -> PairStatistics:
        """Compare two signals in all statistics.

        Parameters
        ----------
        recorded, generated : SpikeCounts
        label : str
            What the log calls the pair.
        method, van_rossum : {"elephant", "fast"}
            Of rates and correlations, and of van Rossum distances.
        both_ways : bool
            Whether the reverse will be asked for next: it then costs no van Rossum distances.
        """
        rates = self.rates(recorded, method), self.rates(generated, method)
        pairs = self.correlations(recorded, method), self.correlations(generated, method)
        apart = tuple(self.pair_distances(counts, van_rossum, label) for counts in (recorded, generated))
        distances_of, maps = self._van_rossum(recorded, generated, van_rossum, label, both_ways)
        return PairStatistics(
            comparisons={
                "firing_rate": compare_firing_rates(*rates),
                "correlation": compare_correlations(*pairs),
                "van_rossum": distances_of,
                "van_rossum_pairs": compare_pair_distances(*apart),
            },
            heat_maps=maps,
        )

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
        found = [self.compare(*pair, label=f"noise floor {label}").comparisons for pair in parts]
        return {statistic: Floor(tuple(each[statistic] for each in found)) for statistic in DESCRIPTIONS}

    def _van_rossum(self, recorded, generated, method, label, both_ways):
        time_constant_s = self.recorder.section.time_constant_s

        def compute() -> dict[str, np.ndarray]:
            found = self._reversed.pop((self._key(recorded), self._key(generated)), None) or distances(
                recorded, generated, time_constant_s=time_constant_s, method=method, both_ways=both_ways,
                workers=self.workers, progress=_progress(f"van Rossum distances, {label}"),
            )  # fmt: skip
            if both_ways:
                self._reversed = {(self._key(generated), self._key(recorded)): found.reversed()}
            comparison = compare_van_rossum(found)
            return {
                "kl": comparison.kl, "wasserstein": comparison.wasserstein, "heat_maps": found.cross[self.neurons]
            }  # fmt: skip

        parts = (self._key(recorded), self._key(generated), method, time_constant_s, self.neurons)
        kept = self._kept("van_rossum", parts, compute)
        silent = (tuple(map(int, np.flatnonzero(counts.silent))) for counts in (recorded, generated))
        return Comparison("van_rossum", "neuron", kept["kl"], kept["wasserstein"], *silent), kept["heat_maps"]

    def _kept(self, kind: str, parts: tuple, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        return self.recorder.cache.get(kind, content_key(*parts), compute)

    def _key(self, counts: SpikeCounts) -> str:
        """Hash a signal once."""
        if counts not in self._keys:
            self._keys[counts] = content_key(counts.counts, counts.frame_rate_hz)
        return self._keys[counts]


def compare_signals(
    statistics: StatisticsOf, signals: Mapping[str, Mapping[str, SpikeCounts]], *, van_rossum: str
) -> dict[str, dict[str, PairStatistics]]:
    """Compare the pairs of section 3.2 for every translator.

    Parameters
    ----------
    statistics : StatisticsOf
    signals : mapping
        Translator → signal, named as in Translation, → spikes. ``"recorded"`` holds x and y. A translator has
        only the signals that say something: identity and exactly invertible alignments have no cycles.
    van_rossum : {"elephant", "fast"}
        For the model and identity, whose rates and correlations Elephant computes; the alignments are always compared
        from counts, which agrees to 1e-12, and with the single sweep, which agrees to 1e-10.

    Returns
    -------
    dict
        Pair → translator → statistics.
    """
    found: dict[str, dict[str, PairStatistics]] = {pair: {} for pair in PAIRS}
    recorded = signals["recorded"]
    for translator, own in signals.items():
        if translator == "recorded":
            continue
        methods = {"method": "elephant", "van_rossum": van_rossum} if translator in ("model", "identity") else {}
        for pair, (day, generated) in PAIRS.items():
            if generated in own:
                found[pair][translator] = statistics.compare(
                    recorded[day], own[generated], label=f"{translator} {pair}",
                    both_ways=translator == "identity" and pair == "x_from_y", **methods,
                )  # fmt: skip
    return found


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
