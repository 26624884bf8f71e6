"""Simulated populations with known truth: correlated groups, packets of spikes, responses to two stimuli."""

from cyclegan_neuro.populations.simulate.packets import simulate_packets, templates
from cyclegan_neuro.populations.simulate.pairs import simulate_pairs
from cyclegan_neuro.populations.simulate.stimuli import simulate_stimuli
from cyclegan_neuro.populations.simulate.truth import PacketsTruth, PairsTruth, SimulatedPopulation, StimuliTruth

__all__ = [
    "PacketsTruth",
    "PairsTruth",
    "SimulatedPopulation",
    "StimuliTruth",
    "simulate_packets",
    "simulate_pairs",
    "simulate_stimuli",
    "templates",
]
