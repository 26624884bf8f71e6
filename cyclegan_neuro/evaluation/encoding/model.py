"""What an evaluation asks of a model of responses."""

from __future__ import annotations

from typing import Protocol

import numpy as np

__all__ = ["EncodingModel"]


class EncodingModel(Protocol):
    """A model of the responses of a population to stimuli.

    Attributes
    ----------
    name : str
        What tables and figures call it.
    """

    name: str

    def sample(self, stimuli: np.ndarray, *, seed: int) -> np.ndarray:
        """Return counts, uint8, shape (response, neuron), one independent draw for each entry of ``stimuli``."""

    def rates(self, stimuli: np.ndarray) -> np.ndarray:
        """Return expected counts, float64, shape (stimulus, neuron), over all that is drawn."""
