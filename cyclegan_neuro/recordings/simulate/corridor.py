"""A mouse that runs laps of a virtual corridor, licks and is rewarded."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.recordings.recording import Behaviour
from cyclegan_neuro.recordings.simulate.presets import CORRIDOR_CM, REWARD_ZONE_CM, RunningStyle

__all__ = ["run_laps", "zone_profile"]

_GRID_CM = np.linspace(0.0, CORRIDOR_CM, 321)
_SPEED_SMOOTHING_CM = 10.0
_FADE = np.sin(np.pi / 2 * np.clip(np.minimum(_GRID_CM, CORRIDOR_CM - _GRID_CM) / 25.0, 0.0, 1.0))
_DRINKING_S = 1.2
_DRINKING_LICK_RATE_HZ = 6.0


def zone_profile(position_cm: np.ndarray, *, approach_cm: float = 20.0) -> np.ndarray:
    """Nearness of the reward zone: 1 within it, a raised cosine to 0 before it and, half as long, behind it.

    Parameters
    ----------
    position_cm : ndarray
        Position in the corridor.
    approach_cm : float
        Distance before the zone at which the profile leaves 0.

    Returns
    -------
    profile : ndarray of float64, shape of ``position_cm``, from 0 to 1
    """
    start_cm, end_cm = REWARD_ZONE_CM
    away = np.maximum((start_cm - position_cm) / approach_cm, (position_cm - end_cm) / (approach_cm / 2))
    return 0.5 + 0.5 * np.cos(np.pi * np.clip(away, 0.0, 1.0))


def run_laps(style: RunningStyle, *, n_frames: int, frame_rate_hz: float, rng: np.random.Generator) -> Behaviour:
    """Let the animal run lap after lap until the recording ends.

    Parameters
    ----------
    style : RunningStyle
        Of a novice or of an expert.
    n_frames : int
    frame_rate_hz : float
    rng : numpy.random.Generator
        A shorter recording has the first laps of a longer one.

    Returns
    -------
    behaviour : Behaviour
        All five fields; laps follow each other without a pause, the position
        jumps back to 0, and the last lap is usually cut off.

    Notes
    -----
    A reward is given at the first lick within the reward zone; a lap without
    one stays unrewarded. The animal then drinks: more licks for about a second.
    """
    motion_rng, lick_rng = rng.spawn(2)
    time_s = np.arange(n_frames) / frame_rate_hz
    position = np.empty(n_frames)
    speed = np.empty(n_frames)
    trial = np.empty(n_frames, np.int32)
    lap, begin_s, frame = 0, 0.0, 0
    while frame < n_frames:
        arrival_s, grid_speed = _lap(style, motion_rng)
        end = int(np.searchsorted(time_s, begin_s + arrival_s[-1]))
        frames = slice(frame, end)
        position[frames] = np.interp(time_s[frames] - begin_s, arrival_s, _GRID_CM)
        speed[frames] = np.interp(position[frames], _GRID_CM, grid_speed)
        trial[frames] = lap
        lap, begin_s, frame = lap + 1, begin_s + arrival_s[-1], end
    licks, rewards = _lick(style, position, trial, frame_rate_hz, lick_rng)
    return Behaviour(
        position_cm=position.astype(np.float32),
        licks=licks,
        rewards=rewards,
        trial=trial,
        speed_cm_s=speed.astype(np.float32),
    )


def _lap(style: RunningStyle, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Time of arrival (s) at, and speed (cm/s) on, each point of the grid."""
    from scipy.ndimage import gaussian_filter1d  # here, so that --help does not wait for it

    spread = np.sqrt(np.log1p(style.lap_variation**2))
    duration_s = style.lap_mean_s * np.exp(spread * rng.standard_normal() - spread**2 / 2)
    step_cm = _GRID_CM[1]
    noise = gaussian_filter1d(rng.standard_normal(_GRID_CM.size), _SPEED_SMOOTHING_CM / step_cm)
    noise *= np.sqrt(2.0 * np.sqrt(np.pi) * _SPEED_SMOOTHING_CM / step_cm)  # back to variance 1
    noise = np.clip(noise, -2.0, 2.0) * _FADE  # so that the speed goes on smoothly from lap to lap
    relative = (1.0 - style.slowing * zone_profile(_GRID_CM)) * np.exp(style.speed_noise * noise)
    slowness = 1.0 / relative
    arrival = np.concatenate([[0.0], np.cumsum((slowness[1:] + slowness[:-1]) / 2 * step_cm)])
    scale = duration_s / arrival[-1]
    return arrival * scale, relative / scale


def _lick(
    style: RunningStyle, position: np.ndarray, trial: np.ndarray, frame_rate_hz: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Licks and rewards per frame."""
    near = zone_profile(position)
    rate_hz = style.lick_rate_hz + (style.zone_lick_rate_hz - style.lick_rate_hz) * near
    licks = rng.poisson(rate_hz / frame_rate_hz)
    drinking = rng.poisson(_DRINKING_LICK_RATE_HZ / frame_rate_hz, size=position.size)
    in_zone = (position >= REWARD_ZONE_CM[0]) & (position < REWARD_ZONE_CM[1])
    candidates = np.flatnonzero(in_zone & (licks > 0))
    _, first = np.unique(trial[candidates], return_index=True)
    rewards = np.zeros(position.size, np.uint8)
    rewards[candidates[first]] = 1
    for frame in candidates[first]:
        after = slice(frame + 1, frame + 1 + round(_DRINKING_S * frame_rate_hz))
        licks[after] = drinking[after]
    return licks.astype(np.uint8), rewards
