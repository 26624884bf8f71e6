"""From translated windows to spikes: the same inference for recorded and generated ΔF/F."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cyclegan_neuro.configuration.sections import SpikesSection
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.cache import ResultCache, content_key
from cyclegan_neuro.spikes.counts import SpikeCounts, counts_from_rates
from cyclegan_neuro.spikes.statistics.correlation import bins_of
from cyclegan_neuro.systems.cyclegan.translation import Translation
from cyclegan_neuro.windows.cutting import raw_windows, window_frame_indices
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import coverage, spaced

if TYPE_CHECKING:
    from cyclegan_neuro.spikes.inference.rate_models import RateModels
    from cyclegan_neuro.spikes.inference.rates import InferredRates, WindowRates

__all__ = ["PAIRS", "SpikeRecorder", "SpikeSignal", "WindowCollector", "why_not"]

_log = logging.getLogger(__name__)

Change = Callable[[np.ndarray], np.ndarray]

PAIRS = {"x_from_y": ("x", "f_y"), "x_cycle": ("x", "f_g_x"), "y_from_x": ("y", "g_x"), "y_cycle": ("y", "g_f_y")}
"""Pair of section 3.2 → the recorded and the generated signal, named as in Translation."""


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
    """

    counts: SpikeCounts
    dff: np.ndarray
    rates_hz: np.ndarray
    noise_levels: np.ndarray
    network_levels: np.ndarray


def why_not(section: SpikesSection, prepared: PreparedPair) -> str | None:
    """Return the reason for which no spikes can be compared, or None."""
    if not section.enabled:
        return "Spike inference is switched off (evaluation.spikes.enabled)."
    from cyclegan_neuro.spikes.inference.rates import choose_models, reachable

    rate = prepared.x.recording.frame_rate_hz
    try:
        models, ratio = choose_models(section.models, rate, section.resample)
        inside = reachable(prepared.window_frames, models, ratio)
        if inside.start == inside.stop:
            return (
                f"Windows of {prepared.window_frames:,} frames at {rate:g} Hz are shorter than the stretch of ΔF/F "
                f"that networks read around each frame ({models.window_frames} frames at {models.frame_rate_hz:g} Hz)."
            )
        bins_of(inside.stop - inside.start, rate, section.correlation_bin_s)
    except UserError as error:
        return f"{error}."
    if min(len(prepared.x.starts.test), len(prepared.y.starts.test)) < 4:
        return "There are fewer than four test windows."
    return None


class SpikeRecorder:
    """Infers the spikes of recorded and translated test windows.

    Parameters
    ----------
    section : SpikesSection
    prepared : PreparedPair
    cache : ResultCache
        Keeps inferred spikes by the content of the windows.

    Attributes
    ----------
    models : RateModels
    first_frame, n_masked : int
        Of each window: the first frame with an inferred rate, and how many frames have none.
    """

    def __init__(self, section: SpikesSection, prepared: PreparedPair, cache: ResultCache):
        from cyclegan_neuro.spikes.inference.rates import choose_models, reachable

        self.section, self.prepared, self.cache = section, prepared, cache
        self.frame_rate_hz = prepared.x.recording.frame_rate_hz
        self.models, self._ratio = choose_models(section.models, self.frame_rate_hz, section.resample)
        inside = reachable(prepared.window_frames, self.models, self._ratio)
        self._reached, self.first_frame = inside, inside.start
        self.n_masked = prepared.window_frames - (inside.stop - inside.start)
        self.starts = {name: spaced(getattr(prepared, name).starts.test, section.max_windows) for name in ("x", "y")}
        self._models_key = _models_key(self.models)

    def collector(self, fields: Sequence[str]) -> WindowCollector:
        """Return a collector of the windows whose spikes are compared."""
        return WindowCollector(self.starts, fields)

    def recorded(self, name: str, change: Change | None = None, *, label: str) -> SpikeSignal:
        """Return the spikes of day ``"x"`` or ``"y"``, as it was recorded or after a change of each frame by itself.

        Test windows overlap, so every frame that they cover is inferred once and the rates are cut into windows: the
        networks see the same frames around each. Φ, which depends on the place in the window, forbids that, and so does
        resampling, whose filter and new frames begin with the window.

        Parameters
        ----------
        name : {"x", "y"}
        change : callable, optional
            (window, time, neuron) ΔF/F to the same shape; must treat each frame by itself, as the alignments do.
        label : str
            What the log calls the signal.
        """
        change = change or (lambda windows: windows)
        if getattr(self.prepared, name).transform is not None or self._ratio != 1:
            return self.infer(change(raw_windows(self.prepared, name, self.starts[name])), label=label)
        frames, joints = self._covered(name)
        recording = getattr(self.prepared, name).recording
        dff = change(recording.dff[frames][np.newaxis])[0]
        place = np.searchsorted(frames, window_frame_indices(self.starts[name], self.prepared.window_frames))
        key = self._key(dff, joints, place)
        kept = self.cache.get("spikes", key, lambda: self._infer_frames(dff, joints, place, label))
        return self._signal(kept, dff[place[len(place) // 2]])

    def infer(self, windows: np.ndarray, *, label: str) -> SpikeSignal:
        """Return the spikes of windows (window, time, neuron) in ΔF/F."""
        kept = self.cache.get("spikes", self._key(windows), lambda: self._infer_windows(windows, label))
        return self._signal(kept, windows[len(windows) // 2])

    def _covered(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the frames of the compared windows, each once, and after which of them time is not continuous."""
        recording = getattr(self.prepared, name).recording
        height = self.prepared.window_frames
        inside = coverage(self.starts[name], window_frames=height, n_frames=recording.n_frames)
        frames = np.flatnonzero(inside)
        broken = (np.diff(frames) > 1) | np.isin(frames[:-1], recording.gaps)
        return frames, np.flatnonzero(broken)

    def _infer_frames(self, dff, joints, place, label) -> dict[str, np.ndarray]:
        """Infer frames (frame, neuron) and cut the rates into windows, whose frames are at ``place``."""
        from cyclegan_neuro.spikes.inference.rates import infer_rates

        _log.info("inferring spikes: %s (%d frames)", label, len(dff))
        # a frame counts once for each window that holds it, as in generated windows: the same choice of networks
        ends = np.arange(1, len(place)) * place.shape[1] - 1
        levels = noise_levels(dff[place].reshape(-1, dff.shape[1]), self.frame_rate_hz, ends)
        found = infer_rates(dff, frame_rate_hz=self.frame_rate_hz, models=self.models, gaps=joints, levels=levels)
        return self._spikes(found.rates_hz[place[:, self._reached]], found)

    def _infer_windows(self, windows: np.ndarray, label: str) -> dict[str, np.ndarray]:
        from cyclegan_neuro.spikes.inference.rates import infer_windows

        _log.info("inferring spikes: %s (%d windows)", label, len(windows))
        found = infer_windows(
            windows, frame_rate_hz=self.frame_rate_hz, models=self.models, resample=self.section.resample
        )
        return self._spikes(found.rates_hz, found)

    def _spikes(self, rates_hz: np.ndarray, found: InferredRates | WindowRates) -> dict[str, np.ndarray]:
        """Make what is kept of inferred rates (window, frame, neuron)."""
        return {
            "counts": counts_from_rates(rates_hz, frame_rate_hz=self.frame_rate_hz, seed=self.section.seed),
            "rates_hz": rates_hz[len(rates_hz) // 2].copy(),
            "noise_levels": found.noise_levels,
            "network_levels": found.network_levels,
        }

    def _signal(self, kept: dict[str, np.ndarray], window: np.ndarray) -> SpikeSignal:
        counts, dff = SpikeCounts(kept["counts"], self.frame_rate_hz), window[self._reached].copy()
        return SpikeSignal(counts, dff, kept["rates_hz"], kept["noise_levels"], kept["network_levels"])

    def _key(self, *arrays: np.ndarray) -> str:
        section = self.section
        return content_key(*arrays, self._models_key, self.frame_rate_hz, section.seed, section.resample)


class WindowCollector:
    """Keeps some fields of the translated windows whose spikes are compared."""

    def __init__(self, starts: dict[str, np.ndarray], fields: Sequence[str]):
        self._starts, self._parts = starts, {field: [] for field in fields}

    def add(self, translation: Translation) -> None:
        """Take what is wanted of ``translation``; windows must come in the order of their starts in the split."""
        for field, parts in self._parts.items():
            day = _day_read(field)
            chosen = np.isin(getattr(translation, f"{day}_starts"), self._starts[day])
            parts.append(getattr(translation, field)[chosen])

    def take(self, field: str) -> np.ndarray:
        """Return the windows of ``field`` and forget them."""
        return np.concatenate(self._parts.pop(field))


def _models_key(models: RateModels) -> str:
    """Hash networks and how they read ΔF/F."""
    parts: list = [models.frame_rate_hz, models.window_frames, models.before_frames]
    for level, members in models.noise_levels.items():
        parts += [level, *(array for member in members for array in member.kernels + member.biases)]
    return content_key(*parts)


def _day_read(field: str) -> str:
    """Return the day whose windows a field was made from: F(y) from y, F(G(x)) from x."""
    return field[-1]
