"""Words of a k-pairwise model by Gibbs sampling: many chains side by side, one neuron after the other."""

from __future__ import annotations

import numpy as np

__all__ = ["count_steps", "gibbs_sweep"]


def gibbs_sweep(
    states: np.ndarray, *, fields: np.ndarray, couplings: np.ndarray, count_bias: np.ndarray, rng: np.random.Generator
) -> None:
    """Draw every neuron of every chain anew, given all others.

    Parameters
    ----------
    states : ndarray of float32, shape (neuron, chain)
        Spikes, 0 or 1; changed in place.
    fields : ndarray, shape (neuron,)
        ``h`` of the model.
    couplings : ndarray, shape (neuron, neuron)
        ``J``: symmetric, 0 on the diagonal.
    count_bias : ndarray, shape (neuron + 1,)
        ``V`` by the number of active neurons.
    rng : numpy.random.Generator

    Examples
    --------
    >>> states = np.zeros((2, 5), np.float32)
    >>> gibbs_sweep(
    ...     states, fields=np.array([99.0, -99.0]), couplings=np.zeros((2, 2)), count_bias=np.zeros(3),
    ...     rng=np.random.default_rng(0),
    ... )
    >>> states.sum(axis=1).tolist()
    [5.0, 0.0]
    """
    fields, couplings = fields.astype(np.float32), couplings.astype(np.float32)
    steps = count_steps(count_bias).astype(np.float32)
    uniform = rng.random(states.shape, dtype=np.float32)
    with np.errstate(divide="ignore"):
        logistic = np.log(uniform / (1 - uniform))  # the neuron spikes where its log-odds exceed this
    active = states.sum(axis=0).astype(np.intp)
    for neuron, row in enumerate(couplings):
        others = active - states[neuron].astype(np.intp)
        spikes = row @ states + steps[others] + fields[neuron] > logistic[neuron]
        states[neuron] = spikes
        active = others + spikes


def count_steps(count_bias: np.ndarray) -> np.ndarray:
    """Return by how much one more active neuron changes ``V``, by the number of neurons active before.

    Examples
    --------
    >>> count_steps(np.array([0.0, 1.0, -1.0])).tolist()
    [1.0, -2.0]
    """
    return np.diff(count_bias)
