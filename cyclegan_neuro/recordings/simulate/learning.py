"""What learning does to a known subset of the neurons; the others keep their tuning exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyclegan_neuro.recordings.simulate.presets import REWARD_ZONE_CM
from cyclegan_neuro.recordings.simulate.tuning import Tuning

__all__ = ["SHARES", "learn"]

SHARES = {"moved": 0.14, "strengthened": 0.09, "silenced": 0.08, "recruited": 0.09}
"""Share of all neurons that each kind of change befalls (40 % together)."""

_WAY = (0.85, 1.0)  # share of the distance to the reward zone's centre that a moving field covers
_MIN_MOVE_CM = 30.0


def learn(tuning: Tuning, *, rng: np.random.Generator, relative_share: float = 1.0) -> tuple[Tuning, np.ndarray]:
    """Turn a novice's tuning into an expert's.

    - ``moved``: a place field goes 85 to 100 % of the way, and at least 30 cm,
      to the reward zone's centre;
    - ``strengthened``: the place or zone response becomes 2 to 3 times as strong;
    - ``silenced``: it vanishes, the background rate stays;
    - ``recruited``: a neuron without a response gets a place field in or just before the reward zone.

    Parameters
    ----------
    tuning : Tuning
        Of the novice.
    rng : numpy.random.Generator
    relative_share : float
        Factor of all shares; a kind changes at most the neurons that can change so.

    Returns
    -------
    after : Tuning
        Of the expert.
    change : ndarray of str, shape (neuron,)
        ``"none"`` or one of the above.
    """
    n_neurons = tuning.field_cm.size
    change = _choose(tuning, rng, relative_share)
    # every neuron draws, whether it changes or not: the choice does not move the numbers
    way = rng.uniform(*_WAY, n_neurons)
    factor = rng.uniform(2.0, 3.0, n_neurons)
    new_field = rng.uniform(REWARD_ZONE_CM[0] - 10.0, REWARD_ZONE_CM[1], n_neurons)
    new_gain = 8.0 * np.exp(0.3 * rng.standard_normal(n_neurons))

    moved, recruited = change == "moved", change == "recruited"
    silenced, strengthened = change == "silenced", change == "strengthened"
    scale = np.where(strengthened, factor, np.where(silenced, 0.0, 1.0))
    field = np.where(moved, tuning.field_cm + way * (np.mean(REWARD_ZONE_CM) - tuning.field_cm), tuning.field_cm)
    field = np.where(recruited, new_field, np.where(silenced, np.nan, field))
    after = replace(
        tuning,
        field_cm=field,
        field_gain_hz=np.where(recruited, new_gain, scale * tuning.field_gain_hz),
        zone_gain_hz=scale * tuning.zone_gain_hz,
    )
    return after, change


def _choose(tuning: Tuning, rng: np.random.Generator, relative_share: float) -> np.ndarray:
    """Give each kind of change to neurons that can undergo it."""
    n_neurons = tuning.field_cm.size
    tuned = (tuning.field_gain_hz > 0) | (tuning.zone_gain_hz > 0)
    distance = np.abs(np.nan_to_num(tuning.field_cm, nan=float(np.mean(REWARD_ZONE_CM))) - np.mean(REWARD_ZONE_CM))
    eligible = {
        "moved": distance > _MIN_MOVE_CM / _WAY[0],
        "strengthened": tuned,
        "silenced": tuned,
        "recruited": ~tuned & (tuning.running_gain_hz == 0),
    }
    change = np.full(n_neurons, "none", dtype="<U12")
    for kind, share in SHARES.items():
        free = np.flatnonzero(eligible[kind] & (change == "none"))
        wanted = max(1, round(relative_share * share * n_neurons))
        change[rng.permutation(free)[:wanted]] = kind
    return change
