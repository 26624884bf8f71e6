"""Training data: stretches of ground truth at the target frame rate, with noise added anew in every epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.calcium import white_noise_sd
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.ground_truth.examples import resample, smooth_target
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

__all__ = ["Stretches", "cut_stretches"]


@dataclass(frozen=True, eq=False)
class Stretches:
    """Stretches of equal length.

    Attributes
    ----------
    dff : ndarray of float32, shape (stretch, frame)
        ΔF/F; a window more, less one frame, than ``target``.
    target : ndarray of float32, shape (stretch, predicted frame)
        Smoothed spikes per frame.
    noise : ndarray of float64, shape (stretch,)
        Noise level of the recording that the stretch is from, in % per sqrt(Hz).
    """

    dff: np.ndarray
    target: np.ndarray
    noise: np.ndarray

    def noisy(self, rng: np.random.Generator, interval: tuple[float, float], frame_rate_hz: float) -> np.ndarray:
        """Return ``dff`` with white noise that brings each stretch to a noise level drawn from ``interval``.

        A stretch that is noisier than what is drawn stays as it is.
        """
        wanted = np.maximum(self.noise, rng.uniform(*interval, self.noise.size))
        std = np.asarray(white_noise_sd(np.sqrt(wanted**2 - self.noise**2), frame_rate_hz))
        return self.dff + std[:, None].astype(np.float32) * rng.standard_normal(self.dff.shape, np.float32)


def cut_stretches(cells: Iterable[GroundTruthCell], settings: TrainingSettings, level: int) -> Stretches:
    """Cut the ground truth for the networks of one noise level.

    Parameters
    ----------
    cells : iterable of GroundTruthCell
        Recordings noisier than what the level serves are left out.
    settings : TrainingSettings
    level : int

    Returns
    -------
    Stretches
        Successive ones touch; the last of a recording overlaps the one before, so that no frame is lost. Recordings
        shorter than a stretch are left out.

    Raises
    ------
    UserError
        If no recording is left.
    """
    length, window = settings.stretch_frames, settings.architecture.window_frames
    before = settings.architecture.before_frames
    dff, target, noise = [], [], []
    for cell in cells:
        for segment in cell.segments:
            trace, counts = resample(segment, settings.frame_rate_hz)
            if len(trace) < length + window - 1:
                continue
            own = float(noise_levels(trace[:, None], settings.frame_rate_hz)[0])
            if own > settings.noise_interval(level)[1]:
                continue
            smooth = smooth_target(counts, settings.frame_rate_hz, settings.smoothing_s, causal=settings.causal)
            last = len(trace) - (length + window - 1)
            for start in sorted({*range(0, last + 1, length), last}):
                dff.append(trace[start : start + length + window - 1])
                target.append(smooth[start + before : start + before + length])
                noise.append(own)
    if not dff:
        raise UserError(
            f"ground truth for noise level {level} at {settings.frame_rate_hz:g} Hz",
            got="no recording that is long and quiet enough",
            expected=f"one of at least {(length + window - 1) / settings.frame_rate_hz:.0f} s with a noise level of at "
            f"most {settings.noise_interval(level)[1]:g}",
            fix="train for higher noise levels, or give quieter ground truth",
        )
    return Stretches(np.stack(dff), np.stack(target).astype(np.float32), np.asarray(noise))
