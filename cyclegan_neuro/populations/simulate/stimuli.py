"""Responses to two stimuli: one packet per sample, evoked at a random time, with some neurons in both."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.populations.sections import StimuliSection
from cyclegan_neuro.populations.simulate.packets import background_spikes, packet_spikes
from cyclegan_neuro.populations.simulate.population import (
    SPREAD,
    check_packets,
    check_range,
    columns_of,
    generators,
    spread_around,
)
from cyclegan_neuro.populations.simulate.truth import SimulatedPopulation, StimuliTruth

__all__ = ["simulate_stimuli"]


def simulate_stimuli(
    section: StimuliSection, *, only_stimulus: int | None = None, seed: int, population_seed: int | None = None
) -> SimulatedPopulation:
    """Simulate samples that each show the response to one of two stimuli, both equally probable.

    Stimulus 0 evokes the packet of the first ``packet_neurons`` neurons (before the permutation) in order,
    stimulus 1 that of the last ones in reversed order. Both packets share ``2 * packet_neurons - n_neurons`` neurons
    where that is above 0.

    Parameters
    ----------
    section : StimuliSection
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
    >>> truth = simulate_stimuli(StimuliSection(n_samples=4), seed=0).truth
    >>> len(set(truth.groups[0].tolist()) & set(truth.groups[1].tolist()))
    4
    """
    check_packets(section)
    if only_stimulus is not None:
        check_range("only_stimulus", only_stimulus, 0, 1)
    n_samples, packet_neurons = section.n_samples, section.packet_neurons
    population, rng = generators(seed=seed, population_seed=population_seed)
    permutation = population.permutation(section.n_neurons)
    rates = spread_around(section.rate, size=section.n_neurons, spread=SPREAD, rng=population)
    columns = columns_of(permutation)
    groups = np.stack([columns[:packet_neurons], columns[::-1][:packet_neurons]])
    background = background_spikes(section, rates, rng)
    stimulus = rng.integers(0, 2, n_samples) if only_stimulus is None else np.full(n_samples, only_stimulus)
    onset = rng.integers(0, section.n_bins - packet_neurons + 1, n_samples)
    onsets = np.stack([np.arange(n_samples), stimulus, onset], axis=1)
    packets = packet_spikes(onsets, groups=groups, shape=background.shape, jitter_bins=section.jitter_bins, rng=rng)
    return SimulatedPopulation(
        background | packets, StimuliTruth(groups, permutation, rates, packets, onsets, stimulus)
    )
