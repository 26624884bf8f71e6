"""What every baseline offers: samples of the shape that it was fitted to."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from cyclegan_neuro.populations.baselines.checking import check_n_samples

__all__ = ["SpikeModel"]


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
        check_n_samples(n_samples)
        return self._draw(n_samples, np.random.default_rng(seed))

    @abstractmethod
    def _draw(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        """Draw samples from checked arguments."""
