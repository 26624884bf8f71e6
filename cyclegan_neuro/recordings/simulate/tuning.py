"""What makes each neuron fire: place, reward zone, running, brain state."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cyclegan_neuro.recordings.recording import Behaviour
from cyclegan_neuro.recordings.simulate.corridor import zone_profile
from cyclegan_neuro.recordings.simulate.presets import CORRIDOR_CM

__all__ = ["Context", "Tuning", "draw_tuning", "firing_rate_hz"]

_REFERENCE_SPEED_CM_S = 30.0


@dataclass(frozen=True, eq=False)
class Tuning:
    """Tuning of a population on one day; every field has the shape (neuron,).

    Attributes
    ----------
    background_hz : ndarray of float64
        Firing rate away from everything else.
    field_cm : ndarray of float64
        Centre of the place field; NaN without one.
    field_width_cm : ndarray of float64
        Standard deviation of the Gaussian place field.
    field_gain_hz : ndarray of float64
        Rate added at the centre of the field.
    zone_gain_hz : ndarray of float64
        Rate added near the reward zone.
    running_gain_hz : ndarray of float64
        Rate added at 30 cm/s, proportional to the speed.
    speed_slope : ndarray of float64
        Relative change of the place and zone responses per 30 cm/s.
    state_loading, private_loading : ndarray of float64
        Standard deviation of the logarithm of the gain that the shared slow
        state and the neuron's own slow fluctuation cause.
    """

    background_hz: np.ndarray
    field_cm: np.ndarray
    field_width_cm: np.ndarray
    field_gain_hz: np.ndarray
    zone_gain_hz: np.ndarray
    running_gain_hz: np.ndarray
    speed_slope: np.ndarray
    state_loading: np.ndarray
    private_loading: np.ndarray

    def select(self, columns: np.ndarray | slice) -> Tuning:
        """Return the tuning of some neurons."""
        return Tuning(**{f.name: getattr(self, f.name)[columns] for f in fields(self)})


@dataclass(frozen=True, eq=False)
class Context:
    """What happened in one session apart from the tuning, for some neurons.

    Attributes
    ----------
    behaviour : Behaviour
    state : ndarray of float64, shape (time,)
        Slow state that all neurons share (mean 0, variance 1).
    private : ndarray of float64, shape (time, neuron)
        Slow fluctuation of each neuron (mean 0, variance 1).
    lap_gain : ndarray of float64, shape (lap, neuron)
        Relative strength of the place or zone response on each lap (mean 1).
    lap_shift_cm : ndarray of float64, shape (lap, neuron)
        How far the place field lies from its centre on each lap.
    """

    behaviour: Behaviour
    state: np.ndarray
    private: np.ndarray
    lap_gain: np.ndarray
    lap_shift_cm: np.ndarray


def draw_tuning(n_neurons: int, *, rng: np.random.Generator) -> Tuning:
    """Draw the tuning of a novice's population.

    Of the neurons, 55 % have a place field, 12 % answer the reward zone, 13 %
    follow the running speed and 20 % fire at their background rate only
    (learning may recruit them).

    Parameters
    ----------
    n_neurons : int
    rng : numpy.random.Generator
    """
    shares = np.floor(np.array([0.0, 0.55, 0.67, 0.80]) * n_neurons + 0.5).astype(int)
    rank = rng.permutation(n_neurons)
    kind = np.searchsorted(shares, rank, side="right") - 1  # 0 place, 1 zone, 2 running, 3 quiet
    place, zone, running = kind == 0, kind == 1, kind == 2

    def lognormal(median: float, spread: float) -> np.ndarray:
        return median * np.exp(spread * rng.standard_normal(n_neurons))

    return Tuning(
        background_hz=lognormal(0.15, 0.5),
        field_cm=np.where(place, rng.uniform(0.0, CORRIDOR_CM, n_neurons), np.nan),
        field_width_cm=rng.uniform(5.0, 10.0, n_neurons),
        field_gain_hz=np.where(place, lognormal(9.0, 0.5), 0.0),
        zone_gain_hz=np.where(zone, lognormal(5.0, 0.5), 0.0),
        running_gain_hz=np.where(running, lognormal(0.8, 0.4), 0.0),
        speed_slope=rng.normal(0.2, 0.15, n_neurons),
        state_loading=np.abs(rng.normal(0.25, 0.1, n_neurons)),
        private_loading=np.full(n_neurons, 0.4),
    )


def firing_rate_hz(tuning: Tuning, context: Context) -> np.ndarray:
    """Rate of every neuron in every frame.

    Parameters
    ----------
    tuning : Tuning
    context : Context
        For the same neurons.

    Returns
    -------
    rate_hz : ndarray of float64, shape (time, neuron)
        ``[background + running + lap gain (field + zone)(position) (1 + slope speed)] state gain private gain``.
    """
    behaviour = context.behaviour
    lap = behaviour.trial
    position = behaviour.position_cm.astype(np.float64)[:, None]
    speed = behaviour.speed_cm_s.astype(np.float64)[:, None] / _REFERENCE_SPEED_CM_S
    centre = np.nan_to_num(tuning.field_cm) + context.lap_shift_cm[lap]
    field = tuning.field_gain_hz * np.exp(-0.5 * ((position - centre) / tuning.field_width_cm) ** 2)
    zone = tuning.zone_gain_hz * zone_profile(position)
    by_speed = np.maximum(1.0 + tuning.speed_slope * (speed - 1.0), 0.1)
    driven = context.lap_gain[lap] * (field + zone) * by_speed
    rate = tuning.background_hz + tuning.running_gain_hz * speed + driven
    slow = context.state[:, None] * tuning.state_loading + context.private * tuning.private_loading
    return rate * np.exp(slow - (tuning.state_loading**2 + tuning.private_loading**2) / 2)
