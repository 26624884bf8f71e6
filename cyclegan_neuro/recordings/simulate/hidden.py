"""What drives a population besides its tuning: a hidden state, assemblies, and delays."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cyclegan_neuro.recordings.calcium import slow_fluctuations
from cyclegan_neuro.recordings.simulate.streams import neuron_generators

__all__ = ["OCCUPANCY", "Drive", "Hidden", "delayed_spikes", "draw_hidden", "driven_rate_hz", "state_log_gain"]

OCCUPANCY = {"novice": 0.35, "expert": 0.6}
"""Share of the time that the animal is engaged."""

DWELL_S = 9.0
FLUCTUATION_SPREAD = 1.2
FLUCTUATION_TIME_CONSTANT_S = 1.5
_SHARED = np.sqrt(0.9)  # loading on the assembly, of a fluctuation of variance 1
_REFERENCE_SPEED_CM_S = 30.0
_SPEED_SPREAD = 0.4


@dataclass(frozen=True, eq=False)
class Drive:
    """What multiplies the rates and delays the spikes of a population on one day; every field has the shape (neuron,).

    Attributes
    ----------
    engaged : ndarray of float64
        Logarithm of the gain while the animal is engaged; its negative while it is not. 0 is blind to the state.
    engaged_by_speed : ndarray of float64
        What a speed 0.4 above the logarithm of 30 cm/s adds to ``engaged``.
    fluctuates : ndarray of bool
        Whether the logarithm of the rate fluctuates, with a standard deviation of 1.2 and a time constant of 1.5 s.
    assembly : ndarray of int64
        Whose members share 90 % of the variance of that fluctuation; -1 for a fluctuation of its own.
    sign : ndarray of float64
        +1 or -1: neurons of an assembly with unlike signs are negatively correlated.
    delay_s, decay_s : ndarray of float64
        How late spikes are, and the mean of the exponential delay that they have besides.
    """

    engaged: np.ndarray
    engaged_by_speed: np.ndarray
    fluctuates: np.ndarray
    assembly: np.ndarray
    sign: np.ndarray
    delay_s: np.ndarray
    decay_s: np.ndarray

    @classmethod
    def none(cls, n_neurons: int) -> Drive:
        """Return the drive of neurons that have their tuning and nothing else."""
        values = {f.name: np.zeros(n_neurons) for f in fields(cls)}
        return cls(
            **values
            | {"fluctuates": np.zeros(n_neurons, bool), "assembly": np.full(n_neurons, -1), "sign": np.ones(n_neurons)}
        )

    def select(self, columns: np.ndarray | slice) -> Drive:
        """Return the drive of some neurons."""
        return Drive(**{f.name: getattr(self, f.name)[columns] for f in fields(self)})


@dataclass(frozen=True, eq=False)
class Hidden:
    """What nobody records of a session.

    Attributes
    ----------
    engaged : ndarray of uint8, shape (time,)
        1 while the animal is engaged.
    assemblies : ndarray of float64, shape (time, assembly)
        Mean 0, variance 1.
    private, delays : numpy.random.SeedSequence
        Of the fluctuation of each neuron, and of the delay of its spikes.
    """

    engaged: np.ndarray
    assemblies: np.ndarray
    private: np.random.SeedSequence
    delays: np.random.SeedSequence


def draw_hidden(
    stream: np.random.SeedSequence, *, n_frames: int, frame_rate_hz: float, occupancy: float, n_assemblies: int
) -> Hidden:
    """Draw a session's hidden processes.

    Parameters
    ----------
    stream : numpy.random.SeedSequence
    n_frames, frame_rate_hz
        Of the session.
    occupancy : float
        Share of the time that the animal is engaged, in expectation. The mean dwell times are 18 s times this share,
        and times what is left; each is uniform within a third of its mean.
    n_assemblies : int
    """
    state, shared, private, delays = stream.spawn(4)
    return Hidden(
        engaged=_two_states(np.random.default_rng(state), n_frames, frame_rate_hz, occupancy),
        assemblies=slow_fluctuations(
            n_frames,
            frame_rate_hz,
            time_constant_s=FLUCTUATION_TIME_CONSTANT_S,
            rng=np.random.default_rng(shared),
            n_series=n_assemblies,
        ),
        private=private,
        delays=delays,
    )


def _two_states(rng: np.random.Generator, n_frames: int, frame_rate_hz: float, occupancy: float) -> np.ndarray:
    mean_s = 2 * DWELL_S * np.array([1 - occupancy, occupancy])
    first = int(rng.random() < occupancy)
    n_dwells = int(n_frames / frame_rate_hz / DWELL_S * 3) + 4
    state = (first + np.arange(n_dwells)) % 2
    dwell_s = mean_s[state] * rng.uniform(2 / 3, 4 / 3, n_dwells)
    dwell_s[0] *= rng.random()  # the session begins somewhere in a dwell
    return state[np.searchsorted(np.cumsum(dwell_s), np.arange(n_frames) / frame_rate_hz, side="right")].astype(
        np.uint8
    )


def driven_rate_hz(
    rate_hz: np.ndarray, drive: Drive, hidden: Hidden, *, speed_cm_s: np.ndarray, frame_rate_hz: float, columns: range
) -> np.ndarray:
    """Modulate the rates of neurons; what a drive leaves alone is returned bit for bit.

    Parameters
    ----------
    rate_hz : ndarray of float64, shape (time, neuron)
    drive : Drive
        Of the same neurons.
    hidden : Hidden
    speed_cm_s : ndarray, shape (time,)
    frame_rate_hz : float
    columns : range
        Which neurons of the population these are.
    """
    rate_hz = rate_hz.copy()
    for i, rng in enumerate(neuron_generators(hidden.private, columns)):
        if drive.engaged[i] or drive.engaged_by_speed[i]:
            log_gain = state_log_gain(drive.engaged[i], drive.engaged_by_speed[i], hidden.engaged, speed_cm_s)
            rate_hz[:, i] *= np.exp(log_gain)
        if drive.fluctuates[i]:
            z = slow_fluctuations(len(rate_hz), frame_rate_hz, time_constant_s=FLUCTUATION_TIME_CONSTANT_S, rng=rng)
            z = z[:, 0]
            if drive.assembly[i] >= 0:
                z = drive.sign[i] * _SHARED * hidden.assemblies[:, drive.assembly[i]] + np.sqrt(1 - _SHARED**2) * z
            rate_hz[:, i] *= np.exp(FLUCTUATION_SPREAD * z - FLUCTUATION_SPREAD**2 / 2)
    return rate_hz


def state_log_gain(engaged: float, by_speed: float, state: np.ndarray, speed_cm_s: np.ndarray) -> np.ndarray:
    """Logarithm of the gain, shape (time,): ``±h``, less a constant that makes the expert's mean gain 1 at any speed.

    ``h = engaged + by_speed u``, where u is the logarithm of speed over 30 cm/s, in units of 0.4 and within ±1.5.
    """
    u = np.clip(np.log(np.maximum(speed_cm_s, 1.0) / _REFERENCE_SPEED_CM_S) / _SPEED_SPREAD, -1.5, 1.5)
    h = engaged + by_speed * u
    share = OCCUPANCY["expert"]
    return np.where(state == 1, h, -h) - np.log(share * np.exp(h) + (1 - share) * np.exp(-h))


def delayed_spikes(
    spikes: np.ndarray, drive: Drive, hidden: Hidden, *, frame_rate_hz: float, columns: range
) -> np.ndarray:
    """Delay the spikes of neurons; those that would come after the end are lost.

    Parameters
    ----------
    spikes : ndarray of uint8, shape (time, neuron)
    drive, hidden, frame_rate_hz, columns
        See :func:`driven_rate_hz`. Spikes of one frame are delayed alike.
    """
    spikes = spikes.copy()
    for i in np.flatnonzero((drive.delay_s > 0) | (drive.decay_s > 0)):
        (rng,) = neuron_generators(hidden.delays, columns[i : i + 1])
        delay_s = drive.delay_s[i] + drive.decay_s[i] * rng.standard_exponential(len(spikes))
        late = np.arange(len(spikes)) + np.rint(delay_s * frame_rate_hz).astype(np.int64)
        in_time = late < len(spikes)
        counts = np.bincount(late[in_time], spikes[in_time, i], minlength=len(spikes))
        spikes[:, i] = np.minimum(counts, np.iinfo(np.uint8).max)
    return spikes
