"""Neurons that go with the population come first."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.windows.ordering._base import OrderingTask, ranked, training_windows
from cyclegan_neuro.windows.prepared import NeuronOrder

__all__ = ["mean_pairwise_correlation", "order"]


def order(task: OrderingTask) -> NeuronOrder:
    """Sort by the mean Pearson correlation with all other neurons, descending.

    Notes
    -----
    Correlations are computed within the training part of each day and averaged over the days, so
    that a change of the mean between days does not count as correlation. A neuron that is constant
    on a day is left out there; one that is constant on both comes last.
    """
    both = []
    for day in ("x", "y"):
        windows = training_windows(task.prepared, day)
        both.append(mean_pairwise_correlation(windows.reshape(-1, windows.shape[-1])))
    counted = np.isfinite(both).sum(axis=0)
    score = np.full(len(counted), np.nan)
    np.divide(np.nansum(both, axis=0), counted, out=score, where=counted > 0)
    return ranked("correlation", score, descending=True)


def mean_pairwise_correlation(values: np.ndarray) -> np.ndarray:
    """Return the mean correlation of each neuron with all others that vary.

    Parameters
    ----------
    values : ndarray, shape (time, neuron)

    Returns
    -------
    ndarray of float64, shape (neuron,)
        NaN for constant neurons, and where no other neuron varies.

    Examples
    --------
    >>> trace = np.array([0.0, 1.0, 0.0, 1.0])
    >>> mean_pairwise_correlation(np.stack([trace, trace, -trace], axis=1)).tolist()
    [0.0, 0.0, -1.0]
    """
    score = np.full(values.shape[1], np.nan)
    varying = np.flatnonzero(np.ptp(values, axis=0) > 0)
    if varying.size > 1:
        matrix = np.corrcoef(values[:, varying], rowvar=False)
        score[varying] = (matrix.sum(axis=0) - np.diag(matrix)) / (varying.size - 1)
    return score
