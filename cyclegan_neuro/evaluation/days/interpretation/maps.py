"""The maps of all networks, and which of them speaks for a network."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.interpret.averages import AttentionMap

__all__ = ["LEADING", "Maps", "middle_window"]

LEADING = "saliency"
"""The method that speaks for a network: it resolves neurons in all of them and found known answers most reliably."""

Maps = dict[str, dict[str, AttentionMap]]
"""Network → method → map."""


def middle_window(starts: np.ndarray) -> int:
    """Return the first frame of the window whose explanation is kept as an example."""
    return int(starts[len(starts) // 2])
