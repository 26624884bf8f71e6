"""What the simulators give: samples, and all that only a simulator knows about them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

__all__ = ["PacketsTruth", "PairsTruth", "ReachingTruth", "SimulatedPopulation", "StimuliTruth"]


class _Arrays:
    """Truths are dataclasses of arrays."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Return every field by its name, as arrays that HDF5 can store."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, eq=False)
class PairsTruth(_Arrays):
    """Groups of correlated neurons.

    Attributes
    ----------
    groups : ndarray of int64, shape (group, member)
        Columns of the samples that are correlated.
    permutation : ndarray of int64, shape (neuron,)
        Column j of the samples is neuron ``permutation[j]`` of the unshuffled population, in which groups are
        neighbours.
    nominal_rate, nominal_correlation : ndarray of float64, shape (group,)
        What was asked for: spikes per bin, and Pearson correlation of two neurons within a bin.
    analytic_rate, analytic_correlation : ndarray of float64, shape (group,)
        What the simulated process has, from the stationary distribution of its Markov chain.
    reached_rate, reached_correlation : ndarray of float64, shape (group,)
        What the samples have: means over the neurons, or pairs of neurons, of the group; the correlation is NaN
        where a neuron never, or always, fired.
    hazard_scale, sharing : ndarray of float64, shape (group,)
        Probability per bin of a spike of a recovered neuron; probability that two neurons use the same random number.
    """

    groups: np.ndarray
    permutation: np.ndarray
    nominal_rate: np.ndarray
    nominal_correlation: np.ndarray
    analytic_rate: np.ndarray
    analytic_correlation: np.ndarray
    reached_rate: np.ndarray
    reached_correlation: np.ndarray
    hazard_scale: np.ndarray
    sharing: np.ndarray


@dataclass(frozen=True, eq=False)
class PacketsTruth(_Arrays):
    """Packets (neurons that fire one after the other) on background activity.

    Attributes
    ----------
    groups : ndarray of int64, shape (packet, member)
        Columns of the samples, in the order in which they fire in the packet.
    permutation : ndarray of int64, shape (neuron,)
        Column j of the samples is neuron ``permutation[j]`` of the unshuffled population.
    background_rate : ndarray of float64, shape (neuron,)
        Spikes per bin outside packets, of each column of the samples.
    packet_spikes : ndarray of bool, shape (sample, bin, neuron)
        Spikes of packets; a background spike in the same place counts as the packet's.
    onsets : ndarray of int64, shape (event, 3)
        Sample, packet and first bin of every packet, ordered by sample, then bin, then packet.
    """

    groups: np.ndarray
    permutation: np.ndarray
    background_rate: np.ndarray
    packet_spikes: np.ndarray
    onsets: np.ndarray


@dataclass(frozen=True, eq=False)
class StimuliTruth(PacketsTruth):
    """Packets that stimuli evoke: stimulus s evokes packet s.

    Attributes
    ----------
    stimulus : ndarray of int64, shape (sample,)
        0 or 1.
    """

    stimulus: np.ndarray


@dataclass(frozen=True, eq=False)
class ReachingTruth(_Arrays):
    """Points in clusters on a circle, and the rates that they give.

    Attributes
    ----------
    latent : ndarray of float64, shape (bin, 2)
    angle : ndarray of float64, shape (bin,)
        u in radians: the mean of a point is (5 sin u, 5 cos u).
    rates : ndarray of float64, shape (bin, neuron)
        Spikes per bin.
    """

    latent: np.ndarray
    angle: np.ndarray
    rates: np.ndarray


@dataclass(frozen=True, eq=False)
class SimulatedPopulation:
    """Samples of a population and the truth behind them.

    Attributes
    ----------
    samples : ndarray of uint8, shape (sample, bin, neuron)
        1 where there is a spike.
    truth : PairsTruth, PacketsTruth or StimuliTruth
    """

    samples: np.ndarray
    truth: PairsTruth | PacketsTruth
