"""CASCADE's networks, which serve one frame rate and one noise level each, over whole traces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np

from cyclegan_neuro.quiet import import_tensorflow_quietly
from cyclegan_neuro.spikes.inference.rate_models import RateModels

__all__ = ["WindowInference"]

#: Built once for each level of networks that somebody still holds: building takes longer than a short recording.
_BUILT: WeakKeyDictionary[RateModels, dict[int, Callable]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class WindowInference:
    """Networks for traces of one frame rate.

    Attributes
    ----------
    models : RateModels
    frame_rate_hz : float
        Of the traces.
    ratio : Fraction
        Frame rate that traces are brought to for the networks, over ``frame_rate_hz``.
    """

    models: RateModels
    frame_rate_hz: float
    ratio: Fraction = Fraction(1)

    #: What one layer passes to the next stays in the caches.
    frames_per_call: ClassVar[int] = 1 << 14

    def reachable(self, n_frames: int) -> slice:
        """Return the frames of a stretch whose windows lie within it; empty if there are none."""
        models, ratio = self.models, self.ratio
        after = models.window_frames - models.before_frames - 1
        there = -(-n_frames * ratio.numerator // ratio.denominator)  # frames that the networks see
        first = -(-models.before_frames * ratio.denominator // ratio.numerator)
        last = (there - 1 - after) * ratio.denominator // ratio.numerator
        return slice(first, max(first, min(n_frames, last + 1)))

    @property
    def overlap_frames(self) -> int | None:
        """Frames that successive parts of a trace must share; None where a trace cannot be cut."""
        return self.models.window_frames - 1 if self.ratio == 1 else None

    def levels(self, noise_levels: np.ndarray) -> np.ndarray:
        """Return the levels of the networks for the noise of traces."""
        return np.array([self.models.level_for(level) for level in noise_levels], np.float64)

    def groups(self, levels: np.ndarray) -> list[np.ndarray]:
        """Return the traces that one call may read together: those of a level."""
        return [np.flatnonzero(levels == level) for level in np.unique(levels)]

    def inner_rates(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return the rates (Hz, not negative) of the frames that the networks reach; traces of one level."""
        rows, level = np.asarray(rows, np.float32), int(levels[0])
        inside = self.reachable(rows.shape[1])
        if self.ratio == 1:
            return self._spikes_per_frame(rows, level) * np.float32(self.frame_rate_hz)
        from scipy.signal import resample_poly  # a second to load, and for foreign rates alone

        there = resample_poly(rows, self.ratio.numerator, self.ratio.denominator, axis=1, padtype="line")
        found = np.zeros(there.shape, np.float32)
        first = self.models.before_frames
        reached = self._spikes_per_frame(there.astype(np.float32), level)
        found[:, first : first + reached.shape[1]] = reached * np.float32(self.frame_rate_hz * self.ratio)
        at = np.arange(inside.start, inside.stop) * float(self.ratio)
        return np.stack([np.interp(at, np.arange(found.shape[1]), row) for row in found]).astype(np.float32)

    @property
    def about(self) -> dict[str, Any]:
        """What files and reports say about the networks."""
        models = self.models
        return {
            "frame_rate_hz": models.frame_rate_hz, "smoothing_s": models.smoothing_s, "causal": models.causal,
            "noise_levels": sorted(models.noise_levels), "every_rate": False, **models.provenance,
        }  # fmt: skip

    @property
    def identity(self) -> list[Any]:
        """Everything that rates depend on, for :func:`cyclegan_neuro.spikes.cache.content_key`."""
        models = self.models
        parts: list[Any] = [self.frame_rate_hz, str(self.ratio), models.frame_rate_hz, models.before_frames]
        for level, members in models.noise_levels.items():
            parts += [level, *(array for member in members for array in member.kernels + member.biases)]
        return parts

    def _spikes_per_frame(self, rows: np.ndarray, level: int) -> np.ndarray:
        built = _BUILT.setdefault(self.models, {})
        if level not in built:
            import_tensorflow_quietly()
            import tensorflow as tf

            from cyclegan_neuro.spikes.inference.network import ensemble

            network = ensemble(self.models.noise_levels[level], window_frames=self.models.window_frames)
            signature = [tf.TensorSpec((None, None, 1), tf.float32)]
            built[level] = tf.function(lambda dff: network(dff, training=False), input_signature=signature)
        return built[level](rows[..., None]).numpy()[..., 0]
