"""When the samples of a series were taken: a rate, or timestamps with pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._nwb_objects import Objects, number_of

__all__ = ["Clock", "clock_of", "frame_clock", "sampled", "stamped"]

#: An interval longer than this, in median ones, is a pause.
_PAUSE = 1.5
#: Largest difference of an interval from the median one, relative to it, and share of intervals that may exceed it.
_JITTER, _JITTERY = 0.2, 0.05
#: Pauses among the intervals from which on the times follow no rate.
_PAUSES = 0.1
#: Largest difference of the rate between parts of the recording, and how many parts of at least how many intervals.
_DRIFT, _PARTS, _PART = 0.05, 10, 100
_DIGITS = 6  # of a rate: 30.000000001 Hz is one of them


@dataclass(frozen=True, eq=False)
class Clock:
    """Times of samples.

    Attributes
    ----------
    times_s : ndarray of float64, shape (time,)
    rate_hz : float
    gaps : ndarray of int64, shape (gap,)
        Samples after which there is a pause.
    stamps : bool
        Whether the file holds a time for each sample.
    """

    times_s: np.ndarray
    rate_hz: float
    gaps: np.ndarray
    stamps: bool

    @property
    def span(self) -> str:
        """From when to when, in words."""
        return f"{self.times_s[0]:.6g} to {self.times_s[-1]:.6g} s"


def clock_of(objects: Objects, path: str, n_samples: int, *, regular: bool = False) -> Clock | None:
    """Return the clock of a time series, None where the file has none.

    Parameters
    ----------
    objects : Objects
    path : str
        Of the series.
    n_samples : int
    regular : bool
        Refuse timestamps that do not follow one rate between pauses.

    Raises
    ------
    RecordingError
        If timestamps are not one for each sample, do not rise, or are irregular.
    """
    if objects.dataset(f"{path}/timestamps") is not None:
        where = objects.where(f"{path}/timestamps")
        times = objects.column_of_times(f"{path}/timestamps")
        if len(times) != n_samples or n_samples < 2:
            raise RecordingError(
                where, got=f"{len(times):,} timestamps", expected=f"one for each of {n_samples:,} samples",
                fix="write the series anew, or name another one",
            )  # fmt: skip
        return stamped(times, where=where, regular=regular)
    start = objects.dataset(f"{path}/starting_time")
    rate = 0.0 if start is None else number_of(start, "rate", 0.0)
    if start is None or rate <= 0:
        return None
    return sampled(objects.number(f"{path}/starting_time") or 0.0, rate, n_samples)


def frame_clock(objects: Objects, path: str, n_frames: int, *, frame_rate_hz: float | None) -> Clock | None:
    """Return the clock of imaging frames, as the user's rate has it where there is one.

    Raises
    ------
    RecordingError
        As :func:`clock_of`; timestamps that follow no rate pass where the user gives one.
    """
    clock = clock_of(objects, path, n_frames, regular=frame_rate_hz is None)
    if frame_rate_hz is None or (clock is not None and clock.stamps):
        return clock
    return sampled(0.0 if clock is None else float(clock.times_s[0]), frame_rate_hz, n_frames)


def sampled(start_s: float, rate_hz: float, n_samples: int) -> Clock:
    """Return the clock of samples at one rate."""
    return Clock(start_s + np.arange(n_samples) / rate_hz, rate_hz, np.zeros(0, np.int64), stamps=False)


def stamped(times_s: np.ndarray, *, where: str, regular: bool = False) -> Clock:
    """Return the clock of samples with a time each.

    Parameters
    ----------
    times_s : ndarray of float64, shape (time,)
    where : str
        For messages.
    regular : bool
        As for :func:`clock_of`.

    Returns
    -------
    Clock
        The rate is that of the frames between pauses; a pause is an interval of more than 1.5 median ones.

    Raises
    ------
    RecordingError
        If times are not finite, do not rise, or are irregular.

    Examples
    --------
    >>> clock = stamped(np.array([0.0, 0.1, 0.2, 60.0, 60.1]), where="day 1")
    >>> clock.rate_hz, clock.gaps.tolist()
    (10.0, [2])
    """
    steps = np.diff(times_s)
    wrong = np.flatnonzero(~(steps > 0))  # NaN too
    if wrong.size:
        at = wrong[0]
        raise RecordingError(
            where, got=f"{wrong.size:,} times that do not rise, first after sample {at:,}: {times_s[at]:g} s, then "
            f"{times_s[at + 1]:g} s", expected="times in seconds that rise", fix="mend the timestamps in the file",
        )  # fmt: skip
    usual = float(np.median(steps))
    pauses = steps > _PAUSE * usual
    if regular:
        _require_regular(steps, pauses, usual, where)
    rate = float(f"{1 / np.mean(steps[~pauses]):.{_DIGITS}g}")
    return Clock(times_s, rate, np.flatnonzero(pauses).astype(np.int64), stamps=True)


def _require_regular(steps: np.ndarray, pauses: np.ndarray, usual: float, where: str) -> None:
    between = steps[~pauses]
    jittery = float(np.mean(np.abs(between - usual) > _JITTER * usual))
    parts = np.array_split(between, min(_PARTS, max(1, len(between) // _PART)))
    means = [float(np.mean(part)) for part in parts]
    drifts = max(means) - min(means) > _DRIFT * usual
    if jittery <= _JITTERY and pauses.mean() <= _PAUSES and not drifts:
        return
    low, high = np.percentile(steps, (1, 99))
    raise RecordingError(
        where,
        got=f"irregular times: intervals of {low:.4g} to {high:.4g} s (1st to 99th percentile, median {usual:.4g} s), "
        f"{jittery:.0%} of them off by more than {_JITTER:.0%}, {int(pauses.sum()):,} pauses, "
        f"{1 / max(means):.4g} to {1 / min(means):.4g} Hz along the recording",
        expected="one frame rate between pauses",
        fix="interpolate the traces to a regular rate; where the times are wrong and frames were regular, set "
        f"frame_rate_hz: {1 / usual:.4g}",
    )
