"""One seed, many independent streams of random numbers, one per purpose.

Each purpose has its own child of the seed, so that a change in one part of the
simulator leaves the numbers of every other part as they are.
"""

from __future__ import annotations

import numpy as np

__all__ = ["PURPOSES", "neuron_generators", "purpose_streams"]

PURPOSES = (
    "anatomy",
    "tuning",
    "learning",
    "imaging",
    "novice_behaviour",
    "novice_shared",
    "novice_spikes",
    "novice_noise",
    "expert_behaviour",
    "expert_shared",
    "expert_spikes",
    "expert_noise",
)
"""Names of the streams; new ones are appended, because the position decides the numbers."""


def purpose_streams(*entropy: int) -> dict[str, np.random.SeedSequence]:
    """Return one seed sequence per purpose.

    Parameters
    ----------
    *entropy : int
        What the numbers depend on: the user's seed and the number of the preset.
    """
    children = np.random.SeedSequence(entropy).spawn(len(PURPOSES))
    return dict(zip(PURPOSES, children, strict=True))


def neuron_generators(stream: np.random.SeedSequence, columns: range) -> list[np.random.Generator]:
    """Return one generator per neuron, the same whichever other neurons are simulated."""
    return [
        np.random.default_rng(np.random.SeedSequence(stream.entropy, spawn_key=(*stream.spawn_key, column)))
        for column in columns
    ]
