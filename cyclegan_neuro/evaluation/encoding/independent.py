"""Neurons that follow the stimulus, each by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["IndependentNeurons"]


@dataclass(frozen=True, eq=False)
class IndependentNeurons:
    """Counts drawn for every neuron alone: what is left where nothing but the stimulus is shared.

    Attributes
    ----------
    name : str
    probabilities : ndarray of float64, shape (level, stimulus, neuron)
        P(count >= k) for k from 1 on.
    """

    name: str
    probabilities: np.ndarray

    def exceedance(self, stimuli: np.ndarray) -> np.ndarray:
        """Return P(count >= k) for k from 1 on, float64, shape (level, stimulus, neuron)."""
        return self.probabilities[:, stimuli]

    def sample(self, stimuli: np.ndarray, *, seed: int) -> np.ndarray:
        """Return counts, uint8, shape (response, neuron), one independent draw for each entry of ``stimuli``.

        Examples
        --------
        >>> model = IndependentNeurons("certain", np.array([[[1.0, 0.0]], [[1.0, 0.0]]]))
        >>> model.sample(np.array([0]), seed=0).tolist()
        [[2, 0]]
        """
        uniform = np.random.default_rng(seed).random((len(stimuli), self.probabilities.shape[2]), dtype=np.float32)
        counts = np.zeros(uniform.shape, np.uint8)
        for share in self.probabilities.astype(np.float32):
            counts += uniform < share[stimuli]
        return counts
