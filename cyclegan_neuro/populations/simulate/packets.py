"""Packets of spikes, neuron after neuron, on a refractory background: by themselves, or evoked by two stimuli."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.populations.sections import PacketsSection, StimuliSection
from cyclegan_neuro.populations.simulate.population import (
    SPREAD,
    check_packets,
    check_range,
    columns_of,
    generators,
    require,
    spread_around,
)
from cyclegan_neuro.populations.simulate.refractory import refractory_spikes, solve_hazard_scale
from cyclegan_neuro.populations.simulate.truth import PacketsTruth, SimulatedPopulation, StimuliTruth

__all__ = ["packet_spikes", "simulate_packets", "simulate_stimuli", "templates"]


def simulate_packets(
    section: PacketsSection,
    *,
    only_packet: int | None = None,
    onset_limits: tuple[int, int] | None = None,
    seed: int,
    population_seed: int | None = None,
) -> SimulatedPopulation:
    """Simulate groups of neurons that fire one after the other.

    A group starts a packet with ``packet_probability`` in a bin in which it may: not within the ``packet_neurons`` bins
    of its last packet, and not where the sample ends before the packet does. No packet is under way when a sample
    starts. Packets are added to a refractory background; jitter is rounded, and kept within the bins of the packet.

    Parameters
    ----------
    section : PacketsSection
        ``packet_neurons`` divides ``n_neurons``.
    only_packet : int, optional
        The only packet that appears; the background stays that of all neurons.
    onset_limits : (int, int), optional
        First and last bin, both included, in which packets may start.
    seed, population_seed : int
        As in :func:`simulate_pairs`; the population is the permutation and the background rates.

    Returns
    -------
    SimulatedPopulation
        The truth is a :class:`PacketsTruth`.

    Raises
    ------
    ConfigurationError
        Sizes, rates or limits that cannot be; names the field.

    References
    ----------
    Molano-Mazon et al. 2018, section 3.3 and Figure 4. There importance is measured on samples in which one type of
    packet occurs once or twice between 16 and 32 ms: ``only_packet=0, onset_limits=(16, 32)``.

    Examples
    --------
    >>> simulated = simulate_packets(PacketsSection(n_samples=4), seed=0, only_packet=2)
    >>> simulated.samples.shape, set(simulated.truth.onsets[:, 1].tolist())
    ((4, 64, 32), {2})
    """
    check_packets(section)
    n_bins, n_neurons, packet_neurons = section.n_bins, section.n_neurons, section.packet_neurons
    limits = (0, n_bins - packet_neurons) if onset_limits is None else onset_limits
    _check(section, only_packet, limits)
    population, rng = generators(seed=seed, population_seed=population_seed)
    permutation = population.permutation(n_neurons)
    rates = spread_around(section.rate, size=n_neurons, spread=SPREAD, rng=population)
    groups = columns_of(permutation).reshape(-1, packet_neurons)
    background = _background_spikes(section, rates, rng)
    shown = np.arange(len(groups)) if only_packet is None else np.array([only_packet])
    onsets = _draw_onsets(section, shown, limits, rng)
    packets = packet_spikes(onsets, groups=groups, shape=background.shape, jitter_bins=section.jitter_bins, rng=rng)
    return SimulatedPopulation(background | packets, PacketsTruth(groups, permutation, rates, packets, onsets))


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
    background = _background_spikes(section, rates, rng)
    stimulus = rng.integers(0, 2, n_samples) if only_stimulus is None else np.full(n_samples, only_stimulus)
    onset = rng.integers(0, section.n_bins - packet_neurons + 1, n_samples)
    onsets = np.stack([np.arange(n_samples), stimulus, onset], axis=1)
    packets = packet_spikes(onsets, groups=groups, shape=background.shape, jitter_bins=section.jitter_bins, rng=rng)
    return SimulatedPopulation(
        background | packets, StimuliTruth(groups, permutation, rates, packets, onsets, stimulus)
    )


def templates(truth: PacketsTruth) -> np.ndarray:
    """Return where each packet has its spikes when there is no jitter, bool, shape (packet, packet bin, neuron).

    Examples
    --------
    >>> truth = simulate_packets(PacketsSection(n_samples=2, n_neurons=4, packet_neurons=2), seed=0).truth
    >>> templates(truth)[:, 0, truth.groups[:, 0]]
    array([[ True, False],
           [False,  True]])
    """
    n_packets, packet_bins = truth.groups.shape
    template = np.zeros((n_packets, packet_bins, len(truth.permutation)), bool)
    template[np.arange(n_packets)[:, None], np.arange(packet_bins), truth.groups] = True
    return template


def _background_spikes(
    section: PacketsSection | StimuliSection, rates: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return spikes of independent refractory neurons, uint8, shape (sample, bin, neuron)."""
    scale = np.array([solve_hazard_scale(rate, refractory_bins=section.refractory_bins) for rate in rates])
    return refractory_spikes(
        scale,
        refractory_bins=section.refractory_bins,
        n_bins=section.n_bins,
        draw=lambda: rng.random((section.n_samples, len(scale)), np.float32),
    )


def packet_spikes(
    onsets: np.ndarray, *, groups: np.ndarray, shape: tuple[int, ...], jitter_bins: float, rng: np.random.Generator
) -> np.ndarray:
    """Return the spikes of packets, the i-th neuron of a packet i bins after its onset unless there is jitter.

    Parameters
    ----------
    onsets : ndarray of int, shape (event, 3)
        Sample, packet, first bin.
    groups : ndarray of int, shape (packet, member)
    shape : (sample, bin, neuron)
    jitter_bins : float
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of bool, shape (sample, bin, neuron)
    """
    packet_bins = groups.shape[1]
    jitter = np.rint(jitter_bins * rng.standard_normal((len(onsets), packet_bins))).astype(int)
    delay = np.clip(np.arange(packet_bins) + jitter, 0, packet_bins - 1)
    sample, packet, onset = onsets.T
    spikes = np.zeros(shape, bool)
    spikes[sample[:, None], onset[:, None] + delay, groups[packet]] = True
    return spikes


def _draw_onsets(section: PacketsSection, shown: np.ndarray, limits: tuple[int, int], rng) -> np.ndarray:
    """Sample, packet and first bin of the packets, shape (event, 3)."""
    first, last = limits
    starts = np.zeros((section.n_samples, last - first + 1, len(shown)), bool)
    free_from = np.full((section.n_samples, len(shown)), first)
    for step in range(starts.shape[1]):
        time = first + step
        starts[:, step] = (rng.random(free_from.shape) < section.packet_probability) & (free_from <= time)
        free_from[starts[:, step]] = time + section.packet_neurons
    sample, at, which = np.nonzero(starts)
    return np.stack([sample, shown[which], first + at], axis=1)


def _check(section: PacketsSection, only_packet: int | None, limits: tuple[int, int]) -> None:
    """Refuse packets that do not divide the neurons, do not exist, or do not fit."""
    n_neurons, packet_neurons = section.n_neurons, section.packet_neurons
    last_onset = section.n_bins - packet_neurons
    require(
        n_neurons % packet_neurons == 0, "n_neurons", got=f"{n_neurons}",
        expected=f"a multiple of packet_neurons {packet_neurons}", fix="change n_neurons or packet_neurons",
    )  # fmt: skip
    if only_packet is not None:
        check_range("only_packet", only_packet, 0, n_neurons // packet_neurons - 1)
    first, last = limits
    require(
        0 <= first <= last <= last_onset, "onset_limits", got=f"{first} to {last}",
        expected=f"first and last bin, within 0 to {last_onset}, where a packet still fits",
        fix="narrow the limits or lengthen the samples",
    )  # fmt: skip
