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

    @property
    def name(self) -> str: ...

    def sample(self, stimuli: np.ndarray, *, seed: int) -> np.ndarray:
        """Return counts, uint8, shape (response, neuron), one independent draw for each entry of ``stimuli``."""

    def exceedance(self, stimuli: np.ndarray) -> np.ndarray:
        """Return P(count >= k) for k from 1 on, float64, shape (level, stimulus, neuron), over all that is drawn.

        Summed over the levels it is the expected count.
        """
