"""What an evaluation asks of a model of trials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from cyclegan_neuro.populations.trials.trials import PreparedTrials

__all__ = ["Fit", "TrialModel"]


class TrialModel(Protocol):
    """A fitted representation of trials.

    Attributes
    ----------
    name : str
        What tables and figures call it.
    """

    name: str

    def spaces(self, windows: np.ndarray) -> dict[str, np.ndarray]:
        """Return representations, shape (bin, dimension), of windows (bin, window).

        ``full`` is always there; ``content`` and ``style``, which ``full`` holds side by side in that order, where the
        model parts them.
        """

    def reconstruct(self, full: np.ndarray) -> np.ndarray | None:
        """Return windows, shape (bin, window), in their unit, of representations; None where there is no decoder."""


Fit = Callable[[PreparedTrials, int], TrialModel]
"""Fit a model to the training trials, with a seed."""
