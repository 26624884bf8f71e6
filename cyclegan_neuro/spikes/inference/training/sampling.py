"""Training data: stretches of ground truth at a frame rate, drawn at random, with noise added to each anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.calcium import white_noise_sd
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.ground_truth.examples import resample, smooth_target
from cyclegan_neuro.spikes.inference.codes import CODES, code_of
from cyclegan_neuro.spikes.inference.spike_network import condition_of
from cyclegan_neuro.spikes.inference.spike_networks import NOISE_LEVELS, smoothing_s
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

__all__ = ["Sampler"]

_STRETCH_S, _SHORTEST, _LONGEST = 8.0, 32, 256  # of what is predicted; the latter two in frames
_VARIANCE_FLOOR = 0.3  # Hz²: a cell that hardly fires does not outweigh all others
_VARIANTS = np.array([name[-1] not in "0123456789" and name.startswith("gcamp") for name in CODES])


class Sampler:
    """Draws batches of stretches at one frame rate.

    A cell is drawn with the square root of its length, and its squared errors are divided by the variance of its true
    rate: what counts is the share of every cell's variance that is explained, not spikes per second.

    Parameters
    ----------
    cells : sequence of GroundTruthCell
        The names of their data sets tell the indicator and the cell type.
    settings : TrainingSettings
    frame_rate_hz : float
    rng : numpy.random.Generator

    Raises
    ------
    UserError
        If no recording is as long as a stretch.
    """

    def __init__(
        self, cells: Sequence[GroundTruthCell], settings: TrainingSettings, frame_rate_hz: float,
        rng: np.random.Generator,
    ):  # fmt: skip
        self._settings, self._rate, self._rng = settings, frame_rate_hz, rng
        self._reach = settings.architecture.reach_frames(frame_rate_hz)
        self._length = int(np.clip(_STRETCH_S * frame_rate_hz, _SHORTEST, _LONGEST))
        share = np.sqrt(frame_rate_hz / 30.0) if frame_rate_hz < 30.0 else 30.0 / frame_rate_hz
        self.batch_size = max(8, int(settings.frames_per_update * share) // self._length)
        self._dff: list[np.ndarray] = []
        self._target: list[np.ndarray] = []
        noise, codes, chances, weights = [], [], [], []
        for cell in cells:
            recordings = [resample(segment, frame_rate_hz) for segment in cell.segments]
            targets = [self._smooth(counts) for _, counts in recordings]
            every = np.concatenate(targets)
            for (dff, _), target in zip(recordings, targets, strict=True):
                if len(dff) < self._length + 2 * self._reach:
                    continue
                self._dff.append(dff)
                self._target.append(target)
                noise.append(float(noise_levels(dff[:, None], frame_rate_hz)[0]))
                codes.append(code_of(cell.dataset, cell.dataset))
                chances.append(len(dff) / np.sqrt(len(every)))
                weights.append(1.0 / (every.var() + _VARIANCE_FLOOR))
        if not chances:
            raise UserError(
                f"ground truth at {frame_rate_hz:g} Hz", got="no recording that is long enough",
                expected=f"one of at least {(self._length + 2 * self._reach) / frame_rate_hz:.0f} s without a gap",
                fix="train for higher frame rates, or give longer recordings",
            )  # fmt: skip
        self._noise, self._codes = np.array(noise), np.stack(codes)
        self._chances = np.array(chances) / np.sum(chances)
        self._weights = np.array(weights) / (self._chances @ np.array(weights))

    def batch(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return ΔF/F (stretch, frame), the condition, the true rate in Hz of its inner frames, and weights (stretch,).

        White noise brings each stretch to a level drawn from those of the training, unless it is noisier already.
        """
        rng, length = self._rng, self._length + 2 * self._reach
        chosen = rng.choice(len(self._chances), self.batch_size, p=self._chances)
        starts = [rng.integers(0, len(self._dff[i]) - length + 1) for i in chosen]
        dff = np.stack([self._dff[i][start : start + length] for i, start in zip(chosen, starts, strict=True)])
        inner = [slice(start + self._reach, start + self._reach + self._length) for start in starts]
        target = np.stack([self._target[i][frames] for i, frames in zip(chosen, inner, strict=True)])
        low, high = (float(np.log(level)) for level in NOISE_LEVELS)
        wanted = np.maximum(self._noise[chosen], np.exp(rng.uniform(low, high, self.batch_size)))
        std = np.asarray(white_noise_sd(np.sqrt(wanted**2 - self._noise[chosen] ** 2), self._rate))
        dff = dff + std[:, None].astype(np.float32) * rng.standard_normal(dff.shape, np.float32)
        told = condition_of(np.clip(wanted, *NOISE_LEVELS), self._rate, self._told(self._codes[chosen]))
        return dff, told, target, self._weights[chosen].astype(np.float32)

    def _told(self, codes: np.ndarray) -> np.ndarray:
        """Return codes of which some, or their variants, are forgotten."""
        drawn = self._rng.random(len(codes))[:, None]
        everything = self._settings.forget_all
        codes = np.where((drawn < everything + self._settings.forget_variant) & _VARIANTS, 0.0, codes)
        return np.where(drawn < everything, 0.0, codes)

    def _smooth(self, counts: np.ndarray) -> np.ndarray:
        smooth = smooth_target(counts, self._rate, smoothing_s(self._rate), causal=self._settings.causal)
        return (smooth * self._rate).astype(np.float32)
