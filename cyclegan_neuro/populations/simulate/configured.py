"""Simulated populations as the configuration describes them."""

from __future__ import annotations

from cyclegan_neuro.populations.sections import SimulationSection
from cyclegan_neuro.populations.simulate.packets import simulate_packets
from cyclegan_neuro.populations.simulate.pairs import simulate_pairs
from cyclegan_neuro.populations.simulate.stimuli import simulate_stimuli
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
    draw = {"pairs": simulate_pairs, "packets": simulate_packets, "stimuli": simulate_stimuli}[section.kind]
    settings = getattr(section, section.kind).model_dump()
    settings["n_samples"] = n_samples or settings["n_samples"]
    return draw(**settings, seed=seed, population_seed=section.seed)


def simulate_shown(section: SimulationSection, *, packet: int, n_samples: int) -> SimulatedPopulation:
    """Draw new samples of the population that show one packet (of stimuli: one stimulus) and no other.

    Packets begin in the second quarter of the sample, with twice their usual probability.

    References
    ----------
    Molano-Mazon et al. 2018, section 3.3: importance maps of samples with one type of packet.
    """
    settings = getattr(section, section.kind).model_dump() | {"n_samples": n_samples}
    seeds = {"seed": section.seed + 1 + packet, "population_seed": section.seed}
    if section.kind == "stimuli":
        return simulate_stimuli(**settings, only_stimulus=packet, **seeds)
    settings["packet_probability"] = min(0.5, 2 * settings["packet_probability"])
    limits = (settings["n_bins"] // 4, settings["n_bins"] // 2)
    return simulate_packets(**settings, only_packet=packet, onset_limits=limits, **seeds)
