"""Neurons that know nothing of each other or of the past: one rate each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.populations.baselines._model import SpikeModel, check_samples

__all__ = ["Independent", "fit_independent"]


@dataclass(frozen=True, eq=False)
class Independent(SpikeModel):
    """Bernoulli spikes with one rate per neuron, the same in all bins.

    Attributes
    ----------
    rates : ndarray of float64, shape (neuron,)
        Probability of a spike per bin.
    n_bins : int
        Bins of a sample.
    """

    rates: np.ndarray
    n_bins: int

    def _draw(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        uniform = rng.random((n_samples, self.n_bins, self.rates.size), dtype=np.float32)
        return (uniform < self.rates.astype(np.float32)).astype(np.uint8)


def fit_independent(samples: np.ndarray) -> Independent:
    """Take the rate of each neuron.

    Parameters
    ----------
    samples : ndarray, shape (sample, bin, neuron)
        Spikes, 0 or 1.

    Returns
    -------
    Independent

    Raises
    ------
    RecordingError
        Samples of another shape or with other values.

    Examples
    --------
    >>> spikes = np.array([[[1, 0], [0, 0]], [[1, 0], [1, 0]]])
    >>> model = fit_independent(spikes)
    >>> model.rates.tolist(), model.sample(3, seed=0).shape
    ([0.75, 0.0], (3, 2, 2))
    """
    check_samples(samples)
    return Independent(rates=samples.mean(axis=(0, 1), dtype=np.float64), n_bins=samples.shape[1])
