"""Two days of ΔF/F as trials: laps in a circular corridor, or stretches of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.configuration.sections import DataSection
from cyclegan_neuro.errors import ConfigurationError, RecordingError
from cyclegan_neuro.populations.trials.sections import TrialsSection
from cyclegan_neuro.populations.trials.trials import Trials
from cyclegan_neuro.recordings.events import laps_by_position
from cyclegan_neuro.recordings.frames import segments
from cyclegan_neuro.recordings.pairing import Pair
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.windows.days import configured_days

__all__ = ["read_days", "require_two_days", "trials_of_days"]

_STRETCH_S = 10.0  # where no laps are known


def read_days(section: TrialsSection) -> Trials:
    """Read two days of ΔF/F as a translator of days does: checked, matched, at one rate; laps become trials.

    Parameters
    ----------
    section : TrialsSection
        ``recordings`` says which days.

    Returns
    -------
    Trials
        As :func:`trials_of_days` makes them.

    Raises
    ------
    ConfigurationError
        If they ask for a transformed or mixed day.
    RecordingError, PairingError
        On recordings that cannot be used.
    """
    require_two_days(section.recordings)
    return trials_of_days(configured_days(section.recordings), bin_s=section.bin_s, n_conditions=section.n_conditions)


def trials_of_days(days: Pair, *, bin_s: float, n_conditions: int) -> Trials:
    """Cut two days into laps, and average frames to bins.

    Parameters
    ----------
    days : Pair
    bin_s : float
        Rounded to whole frames, at least one.
    n_conditions : int
        Parts of the corridor.

    Returns
    -------
    Trials
        A trial is a lap by its number (``behaviour.trial``), else by jumps of the position back to the start, else a
        stretch of at most 10 s; one that a gap cuts is two. Frames outside laps, and those at the end that do not fill
        a bin, are left out. ``condition`` is the place along the corridor in equal parts, -1 where the position is not
        known, ``targets`` cosine and sine of the place as an angle; ``time`` is the bin in the lap.

    Raises
    ------
    RecordingError
        If no trial of a day fills a bin.

    Notes
    -----
    The corridor is taken to be circular, from the lowest to the highest position on either day: after its end an
    animal is at its start. Places of a bin are averaged on the circle.
    """
    frames = max(1, round(bin_s * days.x.frame_rate_hz))
    positions = [day.behaviour.position_cm for day in (days.x, days.y)]
    known = None if any(p is None or not np.isfinite(p).any() for p in positions) else np.concatenate(positions)
    limits = None if known is None else (float(np.nanmin(known)), float(np.nanmax(known)))
    parts = [_binned(day, frames, limits) for day in (days.x, days.y)]
    counts = [len(part.values) for part in parts]
    angle = None if limits is None else np.concatenate([part.angle for part in parts])
    with_time = all(part.laps for part in parts)
    with_speed = all(part.speed is not None for part in parts)
    origins = {days.x.data_origin, days.y.data_origin}
    return Trials(
        np.concatenate([part.values for part in parts]),
        "ΔF/F",
        frames / days.x.frame_rate_hz,
        trial=np.concatenate([parts[0].trial, parts[0].trial[-1] + 1 + parts[1].trial]),
        condition=None if angle is None else _places(angle, n_conditions),
        n_conditions=0 if angle is None else n_conditions,
        time=np.concatenate([part.time for part in parts]) if with_time else None,
        speed=np.concatenate([part.speed for part in parts]) if with_speed else None,
        day=np.repeat([0, 1], counts),
        targets=None if angle is None else np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32),
        target_names=() if angle is None else ("position cos", "position sin"),
        source=f"{days.x.label} and {days.y.label}",
        data_origin=origins.pop() if len(origins) == 1 else "semi-synthetic",
        findings=days.findings,
        notes=(*days.notes, *_remarks(days, parts, bin_s, frames)),
    )


@dataclass(frozen=True, eq=False)
class _Day:
    """Bins of one day: values, lap, bin in the lap, place (radians), speed; whether trials are laps."""

    values: np.ndarray
    trial: np.ndarray
    time: np.ndarray
    angle: np.ndarray | None
    speed: np.ndarray | None
    laps: bool


def _binned(day: Recording, frames: int, limits: tuple[float, float] | None) -> _Day:
    numbers = _laps(day)
    laps = numbers is not None
    if numbers is None:
        length = max(frames, round(_STRETCH_S * day.frame_rate_hz))
        numbers = np.concatenate(
            [np.arange(stop - start) // length for start, stop in segments(day.n_frames, day.gaps)]
        )
    borders = np.union1d(np.flatnonzero(np.diff(numbers)), day.gaps)
    lengths = [
        (start, (stop - start) // frames) for start, stop in segments(day.n_frames, borders) if numbers[start] >= 0
    ]
    lengths = [(start, n_bins) for start, n_bins in lengths if n_bins]
    if not lengths:
        raise RecordingError(
            f"{day.label}, field trial", got="no trial as long as a bin", expected=f"trials of {frames} frames or more",
            fix="choose a smaller data.bin_s",
        )  # fmt: skip
    taken = np.concatenate([start + np.arange(n_bins * frames) for start, n_bins in lengths])
    counts = [n_bins for _, n_bins in lengths]
    speed = day.behaviour.speed_cm_s
    return _Day(
        _means(day.dff, taken, frames),
        np.repeat(np.arange(len(counts)), counts),
        np.concatenate([np.arange(n_bins) for n_bins in counts]),
        None if limits is None else _mean_angle(day.behaviour.position_cm[taken], frames, limits),
        None if speed is None else _means(speed, taken, frames),
        laps,
    )


def _laps(day: Recording) -> np.ndarray | None:
    """Number of the lap of every frame, -1 outside; None where laps are not known."""
    if day.behaviour.trial is not None:
        return day.behaviour.trial
    position = day.behaviour.position_cm
    if position is None or not np.isfinite(position).any():
        return None
    laps = laps_by_position(position)
    return laps if laps[-1] else None


def _means(values: np.ndarray, taken: np.ndarray, frames: int) -> np.ndarray:
    parts = values[taken].reshape(len(taken) // frames, frames, *values.shape[1:])
    return parts.mean(axis=1, dtype=np.float64).astype(np.float32)


def _mean_angle(position: np.ndarray, frames: int, limits: tuple[float, float]) -> np.ndarray:
    """Circular mean of the place per bin, in [0, 2π); NaN where the position is unknown in every frame."""
    low, high = limits
    turned = np.exp(2j * np.pi * (position.astype(np.float64) - low) / max(high - low, 1e-9))
    sums = np.nansum(turned.reshape(-1, frames), axis=1)
    return np.where(sums == 0, np.nan, np.angle(sums) % (2 * np.pi))


def _places(angle: np.ndarray, n_conditions: int) -> np.ndarray:
    place = np.floor(np.nan_to_num(angle) / (2 * np.pi) * n_conditions).astype(np.int64) % n_conditions
    return np.where(np.isfinite(angle), place, -1)


def _remarks(days: Pair, parts: list[_Day], bin_s: float, frames: int) -> list[str]:
    rate = days.x.frame_rate_hz
    remarks = []
    if not np.isclose(frames / rate, bin_s, rtol=1e-3):
        remarks.append(f"bins of {frames} frames, {frames / rate:.4g} s instead of {bin_s:g} s")
    for day, part in zip((days.x, days.y), parts, strict=True):
        kind = "laps" if part.laps else f"stretches of at most {_STRETCH_S:g} s, for want of laps"
        share = 1 - len(part.values) * frames / day.n_frames
        outside = f"; {share:.0%} of its frames fill no bin or lie outside laps" if share > 0.005 else ""
        remarks.append(f"{day.label}: {part.trial[-1] + 1} trials ({kind}){outside}")
    return remarks


def require_two_days(section: DataSection) -> None:
    """Refuse a transformed or mixed day.

    Raises
    ------
    ConfigurationError
    """
    if section.source == "phi" or section.shuffle_days:
        field, got = ("source", "phi") if section.source == "phi" else ("shuffle_days", "true")
        raise ConfigurationError(
            f"data.recordings.{field}", got=got, expected="two days as they are",
            fix="set it to " + ("simulated or files" if field == "source" else "false"),
        )  # fmt: skip
