"""Responses to two stimuli: one packet per sample, evoked at a random time, with some neurons in both."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.populations.simulate.checks import check_packets, check_range, check_sizes
from cyclegan_neuro.populations.simulate.packets import background_spikes, packet_spikes
from cyclegan_neuro.populations.simulate.population import SPREAD, columns_of, generators, spread_around
from cyclegan_neuro.populations.simulate.truth import SimulatedPopulation, StimuliTruth

__all__ = ["simulate_stimuli"]


def simulate_stimuli(
    *,
    n_samples: int = 4096,
    n_bins: int = 32,
    n_neurons: int = 32,
    packet_neurons: int = 18,
    rate: float = 0.05,
    refractory_bins: float = 2.0,
    jitter_bins: float = 0.0,
    only_stimulus: int | None = None,
    seed: int,
    population_seed: int | None = None,
) -> SimulatedPopulation:
    """Simulate samples that each show the response to one of two stimuli, both equally probable.

    Stimulus 0 evokes the packet of the first ``packet_neurons`` neurons (before the permutation) in order,
    stimulus 1 that of the last ones in reversed order.

    Parameters
    ----------
    n_samples, n_bins, n_neurons : int
    packet_neurons : int
        Neurons, and bins, of a packet; at most ``n_neurons`` and ``n_bins``. Both packets share
        ``2 * packet_neurons - n_neurons`` neurons where that is above 0.
    rate : float
        Background spikes per bin; each neuron has its own, uniform within 50 % around this one.
    refractory_bins, jitter_bins : float
        As in :func:`simulate_packets`.
    only_stimulus : {0, 1}, optional
        The only stimulus shown.
    seed, population_seed : int
        As in :func:`simulate_packets`.

    Returns
    -------
    SimulatedPopulation
        The truth is a :class:`StimuliTruth`; the onset is uniform among those that fit.

    Raises
    ------
    ConfigurationError
        Sizes or rates that cannot be; names the field.

    References
    ----------
    Molano-Mazon et al. 2018, section A.2 and Figure S2; jittered in Figure S9.

    Examples
    --------
    >>> truth = simulate_stimuli(n_samples=4, seed=0).truth
    >>> len(set(truth.groups[0].tolist()) & set(truth.groups[1].tolist()))
    4
    """
    check_sizes(seed=seed, population_seed=population_seed, n_samples=n_samples, n_bins=n_bins, n_neurons=n_neurons)
    check_packets(
        n_neurons=n_neurons, n_bins=n_bins, packet_neurons=packet_neurons, rate=rate, refractory_bins=refractory_bins,
        jitter_bins=jitter_bins,
    )  # fmt: skip
    if only_stimulus is not None:
        check_range("only_stimulus", only_stimulus, 0, 1)
    population, rng = generators(seed=seed, population_seed=population_seed)
    permutation = population.permutation(n_neurons)
    rates = spread_around(rate, size=n_neurons, spread=SPREAD, rng=population)
    columns = columns_of(permutation)
    groups = np.stack([columns[:packet_neurons], columns[::-1][:packet_neurons]])
    background = background_spikes(rates, n_samples=n_samples, n_bins=n_bins, refractory_bins=refractory_bins, rng=rng)
    stimulus = rng.integers(0, 2, n_samples) if only_stimulus is None else np.full(n_samples, only_stimulus)
    onsets = np.stack([np.arange(n_samples), stimulus, rng.integers(0, n_bins - packet_neurons + 1, n_samples)], axis=1)
    packets = packet_spikes(onsets, groups=groups, shape=background.shape, jitter_bins=jitter_bins, rng=rng)
    return SimulatedPopulation(
        background | packets, StimuliTruth(groups, permutation, rates, packets, onsets, stimulus)
    )
