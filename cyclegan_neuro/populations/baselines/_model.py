"""What every baseline asks of its training samples, and what it offers: samples of the shape that it was fitted to."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from cyclegan_neuro.errors import ConfigurationError, RecordingError

__all__ = ["SpikeModel", "check_samples"]


class SpikeModel(ABC):
    """A fitted model of population activity."""

    def sample(self, n_samples: int, *, seed: int) -> np.ndarray:
        """Draw samples.

        Parameters
        ----------
        n_samples : int
        seed : int

        Returns
        -------
        ndarray of uint8, shape (n_samples, bin, neuron)

        Raises
        ------
        ConfigurationError
            Fewer than one sample.
        """
        if n_samples < 1:
            raise ConfigurationError("n_samples", got=str(n_samples), expected="1 or more", fix="ask for more samples")
        return self._draw(n_samples, np.random.default_rng(seed))

    @abstractmethod
    def _draw(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        """Draw samples from checked arguments."""


def check_samples(samples: np.ndarray) -> None:
    """Refuse what is not population activity.

    Parameters
    ----------
    samples : ndarray, shape (sample, bin, neuron)
        Spikes, 0 or 1.

    Raises
    ------
    RecordingError
        Another number of axes, no sample, or other values than 0 and 1.

    Examples
    --------
    >>> check_samples(np.zeros((2, 3, 4), np.uint8))
    """
    if samples.ndim != 3 or not samples.size:
        raise RecordingError(
            "training samples",
            got=f"an array of shape {samples.shape}",
            expected="(sample, bin, neuron) with at least one of each",
            fix="cut the recording into samples of equal length",
        )
    other = samples[(samples != 0) & (samples != 1)]
    if other.size:
        raise RecordingError(
            "training samples",
            got=f"{other.size:,} values other than 0 and 1, the first is {other[0]}",
            expected="1 where a neuron spiked in a bin, 0 elsewhere",
            fix="use shorter bins, or count several spikes in a bin as one",
        )
