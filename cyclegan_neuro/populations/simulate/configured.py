"""Simulated populations as the configuration describes them."""

from __future__ import annotations

from typing import Any

from cyclegan_neuro.populations.sections import SimulationSection
from cyclegan_neuro.populations.simulate.packets import simulate_packets, simulate_stimuli
from cyclegan_neuro.populations.simulate.pairs import simulate_pairs
from cyclegan_neuro.populations.simulate.truth import SimulatedPopulation

__all__ = ["simulate", "simulate_shown"]


def simulate(section: SimulationSection, *, seed: int, n_samples: int | None = None) -> SimulatedPopulation:
    """Draw samples of the population that ``section`` describes; another seed gives new samples of the same one.

    Parameters
    ----------
    section : SimulationSection
    seed : int
    n_samples : int, optional
        The section's when absent.

    Returns
    -------
    SimulatedPopulation
    """
    draw: Any = {"pairs": simulate_pairs, "packets": simulate_packets, "stimuli": simulate_stimuli}[section.kind]
    own = getattr(section, section.kind)
    own = own.model_copy(update={"n_samples": n_samples or own.n_samples})
    return draw(own, seed=seed, population_seed=section.seed)


def simulate_shown(section: SimulationSection, *, packet: int, n_samples: int) -> SimulatedPopulation:
    """Draw new samples of the population that show one packet (of stimuli: one stimulus) and no other.

    Packets begin in the second quarter of the sample, with twice their usual probability.

    References
    ----------
    Molano-Mazon et al. 2018, section 3.3: importance maps of samples with one type of packet.
    """
    seeds = {"seed": section.seed + 1 + packet, "population_seed": section.seed}
    own = getattr(section, section.kind).model_copy(update={"n_samples": n_samples})
    if section.kind == "stimuli":
        return simulate_stimuli(own, only_stimulus=packet, **seeds)
    often = own.model_copy(update={"packet_probability": min(0.5, 2 * own.packet_probability)})
    return simulate_packets(often, only_packet=packet, onset_limits=(own.n_bins // 4, own.n_bins // 2), **seeds)
