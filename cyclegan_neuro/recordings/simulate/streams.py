"""One seed, many independent streams of random numbers, one per purpose; spikes from numbers that two brains share.

Each purpose has its own child of the seed, so that a change in one part of the
simulator leaves the numbers of every other part as they are.
"""

from __future__ import annotations

import numpy as np

__all__ = ["PURPOSES", "neuron_generators", "poisson_counts", "purpose_streams"]

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
    "regime",
    "drift",
    "novice_hidden",
    "expert_hidden",
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


def poisson_counts(expected: np.ndarray, *, uniform: np.ndarray) -> np.ndarray:
    """Poisson counts by the inverse of the distribution function.

    Two calls with the same ``uniform`` give the same count wherever ``expected``
    is the same, and a larger ``expected`` never gives fewer spikes.

    Parameters
    ----------
    expected : ndarray of float64
        Expected number of spikes, for example rate times frame duration.
    uniform : ndarray of float64, shape of ``expected``
        Numbers in [0, 1).

    Returns
    -------
    counts : ndarray of uint8, shape of ``expected``
        The smallest k with ``P(N <= k) >= uniform``, at most 255.

    Notes
    -----
    ``scipy.stats.poisson.ppf`` gives the same numbers; it takes many times as
    long, because it inverts an incomplete gamma function for every frame, where
    nearly all frames need no more than one comparison.
    """
    counts = np.zeros(expected.shape, np.uint8)
    term = np.exp(-expected)
    open_ = np.flatnonzero(uniform > term)
    rate, target = expected.ravel()[open_], uniform.ravel()[open_]
    term = term.ravel()[open_]
    below = term.copy()
    for count in range(1, 256):
        if not open_.size:
            break
        counts.ravel()[open_] = count
        term = term * rate / count
        below = below + term
        left = target > below
        open_, rate, target, term, below = (a[left] for a in (open_, rate, target, term, below))
    return counts
