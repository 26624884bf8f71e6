"""The synthetic reaching set: four clusters on a circle, a RealNVP to the neurons, Poisson spikes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cyclegan_neuro.populations.simulate.truth import ReachingTruth
from cyclegan_neuro.populations.trials.sections import ReachingSection
from cyclegan_neuro.populations.trials.trials import Trials

__all__ = ["log_rates", "simulate_reaching"]

_N_CLUSTERS = 4
_N_BLOCKS = 4  # of two coupling layers each


def simulate_reaching(section: ReachingSection) -> Trials:
    """Simulate sequences of points that go clockwise through one of four clusters, and what neurons make of them.

    A point of cluster i has an angle u, uniform over the cluster's arc from iπ/2 on, and is normal with mean
    (5 sin u, 5 cos u) and variance (0.6 - 0.3|sin u|, 0.3|sin u|).

    Parameters
    ----------
    section : ReachingSection

    Returns
    -------
    Trials
        A trial is a sequence, in shuffled order; ``condition`` is its cluster, ``time`` the place of a point in it,
        ``values`` are spike counts, of bins that are taken to last 1 s, and ``truth`` is a :class:`ReachingTruth`.

    Notes
    -----
    What the paper leaves open is settled as follows. Sequences are ordered by u: as u rises, the mean goes clockwise.
    The RealNVP is that of pi-VAE (:func:`log_rates`), which the published code copies; one set of weights serves all
    clusters, where that code draws weights in every call, of one cluster each. With ``spread: code`` only the arc is
    the code's (π/4 instead of π/2); the code furthermore has the variance (0.6 - 0.5|cos u|, 0.5|cos u|) and takes the
    k-th point from the k-th quarter of the arc.

    References
    ----------
    Liu et al. 2021, section 4.1; Zhou & Wei 2020 (pi-VAE), whose simulation it follows.

    Examples
    --------
    >>> trials = simulate_reaching(ReachingSection(n_sequences=5))
    >>> trials.values.shape, trials.n_conditions, trials.time[:6].tolist()
    ((80, 100), 4, [0, 1, 2, 3, 0, 1])
    """
    points, network, spikes = np.random.default_rng(section.seed).spawn(3)
    n_trials, n_bins = _N_CLUSTERS * section.n_sequences, section.sequence_bins
    cluster = points.permutation(np.repeat(np.arange(_N_CLUSTERS), section.n_sequences))
    arc = np.pi / 2 if section.spread == "paper" else np.pi / 4
    within = np.sort(points.uniform(0.0, arc, (n_trials, n_bins)), axis=1)
    angle = (cluster[:, None] * np.pi / 2 + within).ravel()
    sine, cosine = np.sin(angle), np.cos(angle)
    variance = np.stack([0.6 - 0.3 * np.abs(sine), 0.3 * np.abs(sine)], axis=1)
    latent = 5 * np.stack([sine, cosine], axis=1) + np.sqrt(variance) * points.standard_normal((len(angle), 2))
    rates = np.exp(2.2 * np.tanh(log_rates(latent, n_neurons=section.n_neurons, rng=network)))
    return Trials(
        spikes.poisson(rates).astype(np.float32),
        "spikes/s",
        1.0,
        trial=np.repeat(np.arange(n_trials), n_bins),
        condition=np.repeat(cluster, n_bins),
        n_conditions=_N_CLUSTERS,
        time=np.tile(np.arange(n_bins), n_trials),
        source=f"synthetic reaching set (seed {section.seed})",
        data_origin="simulated",
        truth=ReachingTruth(latent, angle, rates),
    )


def log_rates(latent: np.ndarray, *, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
    """Map points to neurons by a RealNVP with random weights, before tanh and exponential.

    Zeros are appended to the points up to ``n_neurons`` dimensions. Four blocks of two affine coupling layers follow,
    with a random permutation of the dimensions between blocks. A layer gives (x2 exp(0.1 tanh s) + t, x1), where s and
    t come from x1, the first half, by a network with two hidden layers of a quarter of the dimensions (ReLU).

    Parameters
    ----------
    latent : ndarray of float64, shape (bin, dimension)
        At most ``n_neurons`` dimensions.
    n_neurons : int
    rng : numpy.random.Generator
        Draws permutations, and weights as Keras does by default (Glorot uniform, no bias).

    Returns
    -------
    ndarray of float64, shape (bin, neuron)
        An invertible function of the points; the rate per bin is exp(2.2 tanh(·)), from 0.11 to 9.

    References
    ----------
    Dinh et al. 2016 (RealNVP); Zhou & Wei 2020, simulation and its published code, for all numbers.
    """
    values = np.pad(latent, ((0, 0), (0, n_neurons - latent.shape[1])))
    for block in range(_N_BLOCKS):
        if block:
            values = values[:, rng.permutation(n_neurons)]
        for _ in range(2):
            values = _coupled(values, rng)
    return values


def _coupled(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    half = values.shape[1] // 2
    seen, moved = values[:, :half], values[:, half:]
    hidden = max(1, half // 2)
    sizes = half, hidden, hidden, 2 * moved.shape[1]
    weights = [rng.uniform(-1, 1, (m, n)) * np.sqrt(6 / (m + n)) for m, n in pairwise(sizes)]
    out = seen
    for weight in weights[:-1]:
        out = np.maximum(out @ weight, 0.0)
    scale, shift = np.split(out @ weights[-1], 2, axis=1)
    return np.concatenate([moved * np.exp(0.1 * np.tanh(scale)) + shift, seen], axis=1)
