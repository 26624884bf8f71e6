"""Do maps depend on what a network learned? (Adebayo et al. 2018)

A map that a network with random weights, or one trained where there was nothing to tell apart,
gives as well, explains the data or the architecture but not what was learned.
"""

from __future__ import annotations

import keras
import numpy as np
from scipy.stats import spearmanr

__all__ = ["rank_agreement", "untrained"]


def untrained(network: keras.Model) -> keras.Model:
    """Return the same network with fresh initial weights.

    References
    ----------
    Adebayo et al. 2018, "Sanity checks for saliency maps", section 3 (model parameter randomisation).
    """
    return keras.models.clone_model(network)


def rank_agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's rank correlation of two maps over the cells that both have.

    Parameters
    ----------
    a, b : ndarray of float, equal shape
        NaN cells are left out.

    Returns
    -------
    float
        NaN where a map is constant or fewer than three cells remain.

    Examples
    --------
    >>> rank_agreement(np.array([1.0, 2.0, 3.0, np.nan]), np.array([10.0, 20.0, 90.0, 0.0]))
    1.0
    """
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if a.size < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(spearmanr(a, b).statistic)
