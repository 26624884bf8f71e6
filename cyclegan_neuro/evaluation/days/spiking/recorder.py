"""From days and their translations to spikes: the same inference for recorded and generated ΔF/F.

Networks of inference read a stretch of ΔF/F around each frame. Windows are cut from continuous time, so that frames at
their ends have neighbours: recorded days are inferred as a whole, and the test part of a generated day is translated as
a whole, by windows that overlap by half and fade into each other. Where that is impossible, each window stands alone
and the frames at its ends have no rate: Φ depends on the place in the window, and stretches may be too short.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from cyclegan_neuro.configuration.sections import SpikesSection
from cyclegan_neuro.evaluation.days.spiking.noise import NoiseMatch
from cyclegan_neuro.evaluation.days.spiking.stretches import (
    Stretches,
    faded,
    parts_without_common_frames,
    stretches_of_test,
    windows_across,
)
from cyclegan_neuro.evaluation.days.translation import Translator, translate_across, translate_starts
from cyclegan_neuro.recordings.indicators import cell_type_of
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.cache import ResultCache, content_key
from cyclegan_neuro.spikes.counts import SpikeCounts, counts_from_rates
from cyclegan_neuro.spikes.inference.codes import code_of
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import legal_starts, spaced, window_frame_indices

__all__ = ["FEWEST_WINDOWS", "SpikeRecorder", "SpikeSignal"]

_log = logging.getLogger(__name__)

FEWEST_WINDOWS = 4
"""Of a day, for statistics over windows."""
_STANDS_FOR = {"f": "x", "g": "y"}  # the last network that a generated signal went through → the day it looks like


@dataclass(frozen=True, eq=False)
class SpikeSignal:
    """Spikes of one signal and what its inference was based on.

    Attributes
    ----------
    counts : SpikeCounts
        Of the frames that the networks could reach.
    dff, rates_hz : ndarray of float32, shape (frame, neuron)
        The middle window and its inferred rates, for a picture.
    noise_levels, network_levels : ndarray, shape (neuron,)
        See :class:`cyclegan_neuro.spikes.inference.rates.WindowRates`.
    matched : SpikeCounts, optional
        The same after noise was added to it, where the two days differ in noise.
    """

    counts: SpikeCounts
    dff: np.ndarray
    rates_hz: np.ndarray
    noise_levels: np.ndarray
    network_levels: np.ndarray
    matched: SpikeCounts | None = None


class SpikeRecorder:
    """Infers the spikes of recorded and translated days.

    Parameters
    ----------
    section : SpikesSection
    prepared : PreparedPair
    cache : ResultCache
        Keeps inferred rates by the content of what they were inferred from.

    Attributes
    ----------
    inference : Inference
        The same for both days, so that they are treated alike: what is known of one of them only is not told.
    alone : bool
        Whether windows are inferred without the frames around them: y is Φ(X), or the test part has no stretch that is
        longer than a window by what the networks read.
    starts : dict of str to ndarray of int64, shape (window,)
        First frames of the windows that are compared, by day.
    parts : dict of str to tuple of (first, second)
        Start frames of the parts that the noise floor of a day compares; they share no frame.
    first_frame, n_masked : int
        Of each window: the first frame with an inferred rate, and how many frames have none (0 unless alone).

    Raises
    ------
    UserError
        If there are no networks for the frame rate of the days.
    """

    def __init__(self, section: SpikesSection, prepared: PreparedPair, cache: ResultCache):
        from cyclegan_neuro.spikes.inference.models import choose_models

        self.section, self.prepared, self.cache = section, prepared, cache
        self.frame_rate_hz = prepared.frame_rate_hz
        self.inference = choose_models(
            section.models, self.frame_rate_hz, resample=section.resample, **_agreed(prepared)
        )
        self._inference_key = content_key(*self.inference.identity)
        height = prepared.window_frames
        self._tested = {name: stretches_of_test(prepared[name].starts, height) for name in ("x", "y")}
        self.alone = prepared.is_paired
        self.alone = self.alone or min(len(self._legal(of)) for of in self._tested.values()) < FEWEST_WINDOWS
        self._reached = self.inference.reachable(height) if self.alone else slice(0, height)
        self.first_frame = self._reached.start
        self.n_masked = height - (self._reached.stop - self._reached.start)
        self.starts, self.parts = {}, {}
        for name in ("x", "y"):
            starts = prepared[name].starts
            compared, legal = (self._legal(of) for of in (self._tested[name], Stretches(starts.stretches)))
            n_windows = min(len(starts.test), section.max_windows)
            self.starts[name] = spaced(starts.test if self.alone else compared, n_windows)
            self.parts[name] = parts_without_common_frames(compared, legal, window_frames=height, n_windows=n_windows)

    def recorded(self, name: str, *, label: str) -> SpikeSignal:
        """Return the spikes of day ``"x"`` or ``"y"`` as it was recorded, and with noise where the days differ in it.

        Parameters
        ----------
        name : {"x", "y"}
        label : str
            What the log calls the signal.
        """
        signal = self._recorded(name, self.starts[name], label=label)
        if not self.matches_noise:
            return signal
        return replace(signal, matched=self._matched(name, name, self._test_part(name), self.noise.target, label))

    @cached_property
    def noise(self) -> NoiseMatch | None:
        """Noise levels of both recorded days; None where windows stand alone, which share frames of the recording."""
        levels = {name: self._levels(name, self._test_part(name)) for name in self._tested if not self.alone}
        return NoiseMatch(levels, self.frame_rate_hz) if levels else None

    @property
    def matches_noise(self) -> bool:
        """Whether spikes are inferred once more after noise was added."""
        return self.section.noise_matched and self.noise is not None and self.noise.differ

    def recorded_parts(self, name: str) -> Iterator[tuple[SpikeCounts, SpikeCounts]]:
        """Yield the spikes of ``parts``, inferred by the networks of :meth:`recorded`, pair by pair."""
        for pair in self.parts[name]:
            first, second = (self._recorded(name, starts, label=f"parts of {name}").counts for starts in pair)
            yield first, second

    def translated(
        self, translator: Translator, fields: Sequence[str], *, batch_size: int = 8, matched: Sequence[str] = ()
    ) -> dict[str, SpikeSignal]:
        """Return the spikes of what a translator makes of the test part.

        Parameters
        ----------
        translator : Translator
        fields : sequence of str
            Of a Translation: ``f_y``, ``f_g_x``, ``g_x``, ``g_f_y``; made from the day whose name they end with.
        batch_size : int
            Windows of each day that are translated at once.
        matched : sequence of str
            Of ``fields``: those to which noise is added too, where the two days differ in it.
        """
        height = self.prepared.window_frames
        starts = self.starts if self.alone else {n: windows_across(s, height) for n, s in self._tested.items()}
        windows: dict[str, list[np.ndarray]] = {field: [] for field in fields}
        for first in range(0, max(map(len, starts.values())), batch_size):
            chunk = [starts[name][first : first + batch_size] for name in ("x", "y")]
            if windows.keys() <= {"g_x", "f_y"}:
                found = translate_across(translator, self.prepared, *chunk)
            else:
                found = vars(translate_starts(translator, self.prepared, *chunk, with_truth=False))
            for field, parts in windows.items():
                parts.append(found[field])
        return {
            field: self._generated(
                field, starts[field[-1]], np.concatenate(parts), f"{translator.name} {field}", matched=field in matched
            )
            for field, parts in windows.items()
        }

    def _legal(self, stretches: Stretches) -> np.ndarray:
        """Return where windows may begin; unless they stand alone, with what the networks read around every frame."""
        intervals = stretches.intervals
        if not self.alone:
            inner = [(start, self.inference.reachable(stop - start)) for start, stop in intervals]
            intervals = [(start + inside.start, start + inside.stop) for start, inside in inner]
        return legal_starts(intervals, window_frames=self.prepared.window_frames)

    def _recorded(self, name: str, starts: np.ndarray, *, label: str) -> SpikeSignal:
        if self.alone:
            levels = self._levels_alone(self.prepared.windows_of(name, self.starts[name]))
            return self._signal_alone(self.prepared.windows_of(name, starts), levels, label)
        day = self.prepared[name]
        whole, levels = Stretches(day.starts.stretches), self._levels(name, self._test_part(name))
        others = [part for pair in self.parts[name] for part in pair]
        return self._signal(whole, day.recording.dff[whole.frames], levels, starts, label, others=others)

    def _generated(self, field: str, starts: np.ndarray, windows, label: str, *, matched: bool) -> SpikeSignal:
        if self.alone:
            return self._signal_alone(windows, self._levels_alone(windows), label)
        name, tested = field[-1], self._tested[field[-1]]
        first, last = tested.frames[[0, -1]]
        dff = faded(windows, starts - first, last + 1 - first)[tested.frames - first]
        signal = self._signal(tested, dff, self._levels(name, dff), self.starts[name], label)
        wanted = matched and self.matches_noise
        return (
            replace(signal, matched=self._matched(name, _STANDS_FOR[field[0]], dff, None, label)) if wanted else signal
        )

    def _matched(self, name: str, stands_for: str, dff, levels: np.ndarray | None, label: str) -> SpikeCounts:
        """Spikes of the test part of a day with the noise that day ``stands_for`` lacks."""
        rng = np.random.default_rng([self.section.seed, *label.encode()])  # each signal its own
        noisy = self.noise.noisy(dff, stands_for, rng=rng)
        levels = self._levels(name, noisy) if levels is None else levels
        return self._signal(self._tested[name], noisy, levels, self.starts[name], f"{label}, with noise").counts

    def _test_part(self, name: str) -> np.ndarray:
        return self.prepared[name].recording.dff[self._tested[name].frames]

    def _levels(self, name: str, dff: np.ndarray) -> np.ndarray:
        return noise_levels(dff, self.frame_rate_hz, self._tested[name].joints)

    def _levels_alone(self, windows: np.ndarray) -> np.ndarray:
        ends = np.arange(1, len(windows)) * windows.shape[1] - 1
        return noise_levels(windows.reshape(-1, windows.shape[-1]), self.frame_rate_hz, ends)

    def _signal(
        self, stretches: Stretches, dff, levels, starts, label, *, others: Sequence[np.ndarray] = ()
    ) -> SpikeSignal:
        """Infer continuous ΔF/F (frame, neuron) once, and cut the windows from it that begin at ``starts``.

        Those that will begin at ``others`` are cut as well: rates of a whole day are too large to be kept.
        """
        from cyclegan_neuro.spikes.inference.rates import infer_rates

        signal, height = content_key(dff, stretches.joints, levels, self._inference_key), self.prepared.window_frames
        place = [np.searchsorted(stretches.frames, window_frame_indices(some, height)) for some in (starts, *others)]
        keys = [content_key(signal, rows, self.section.seed) for rows in place]

        def compute() -> dict[str, np.ndarray]:
            found = self._inferred(infer_rates, label, dff, gaps=stretches.joints, levels=levels)
            for key, rows in zip(keys[1:], place[1:], strict=True):
                if key != keys[0] and not self.cache.holds("spikes", key):
                    self.cache.get("spikes", key, partial(self._counted, found, rows))
            return self._counted(found, place[0])

        kept = self.cache.get("spikes", keys[0], compute)
        return self._spikes(dff[place[0][len(starts) // 2]], kept)

    def _signal_alone(self, windows: np.ndarray, levels: np.ndarray, label: str) -> SpikeSignal:
        from cyclegan_neuro.spikes.inference.rates import infer_windows

        def compute() -> dict[str, np.ndarray]:
            found = self._inferred(infer_windows, label, windows, levels=levels)
            return self._counted(found, slice(None))

        key = content_key(windows, levels, self._inference_key, self.section.seed)
        return self._spikes(windows[len(windows) // 2, self._reached], self.cache.get("spikes", key, compute))

    def _inferred(self, infer, label: str, dff: np.ndarray, **how):
        _log.info("inferring spikes: %s (%s frames)", label, f"{np.prod(dff.shape[:-1]):,}")
        return infer(dff, frame_rate_hz=self.frame_rate_hz, models=self.inference, **how)

    def _counted(self, found, place: np.ndarray | slice) -> dict[str, np.ndarray]:
        """Make spikes of windows of the inferred rates; rates of the middle one are kept for a picture."""
        rates_hz = found.rates_hz[place]
        return {
            "counts": counts_from_rates(rates_hz, frame_rate_hz=self.frame_rate_hz, seed=self.section.seed),
            "rates_hz": rates_hz[len(rates_hz) // 2].copy(),
            "noise_levels": found.noise_levels,
            "network_levels": found.network_levels,
        }

    def _spikes(self, dff: np.ndarray, kept: dict[str, np.ndarray]) -> SpikeSignal:
        counts = SpikeCounts(kept["counts"], self.frame_rate_hz)
        return SpikeSignal(counts, dff.copy(), kept["rates_hz"], kept["noise_levels"], kept["network_levels"])


def _agreed(prepared: PreparedPair) -> dict[str, str]:
    """Return the indicator and the cell type that both days state."""
    x, y = prepared.x.recording, prepared.y.recording
    return {
        "indicator": x.indicator if (code_of(x.indicator) == code_of(y.indicator)).all() else "",
        "cell_type": x.cell_type if cell_type_of(x.cell_type) == cell_type_of(y.cell_type) else "",
    }
