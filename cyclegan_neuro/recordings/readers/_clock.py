"""When samples were taken: at a rate, or at times with pauses; the same for all formats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import RecordingError

__all__ = ["Clock", "gaps_of_counter", "sampled", "stamped"]

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


def sampled(start_s: float, rate_hz: float, n_samples: int) -> Clock:
    """Return the clock of samples at one rate."""
    return Clock(start_s + np.arange(n_samples) / rate_hz, rate_hz, np.zeros(0, np.int64), stamps=False)


def stamped(times_s: np.ndarray, *, where: str, regular: bool = False, resolution_s: float = 0.0) -> Clock:
    """Return the clock of samples with a time each.

    Parameters
    ----------
    times_s : ndarray of float64, shape (time,)
    where : str
        For messages.
    regular : bool
        Refuse times that do not follow one rate between pauses.
    resolution_s : float
        What the times were rounded to; intervals may be off by as much.

    Returns
    -------
    Clock
        The rate is that of the frames between pauses; a pause is an interval of more than 1.5 median ones (and the
        resolution).

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
    with np.errstate(invalid="ignore"):  # infinite times do not rise
        steps = np.diff(times_s)
    wrong = np.flatnonzero(~(steps > 0))  # NaN too
    if wrong.size:
        at = wrong[0]
        raise RecordingError(
            where, got=f"{wrong.size:,} times that do not rise, first after sample {at:,}: {times_s[at]:g} s, then "
            f"{times_s[at + 1]:g} s", expected="times in seconds that rise", fix="mend the timestamps in the file",
        )  # fmt: skip
    usual = float(np.median(steps))
    pauses = steps > _PAUSE * usual + resolution_s
    if regular:
        _require_regular(steps, pauses, usual, where, resolution_s)
    rate = float(f"{1 / np.mean(steps[~pauses]):.{_DIGITS}g}")
    return Clock(times_s, rate, np.flatnonzero(pauses).astype(np.int64), stamps=True)


def gaps_of_counter(frames: np.ndarray, *, where: str) -> np.ndarray:
    """Return the frames after which a counter of frames skips some.

    Parameters
    ----------
    frames : ndarray of float or int, shape (time,)
        Numbers of the frames; of a movie of which every second frame was kept they rise by 2.

    Returns
    -------
    ndarray of int64, shape (gap,)

    Raises
    ------
    RecordingError
        If they do not rise.

    Examples
    --------
    >>> gaps_of_counter(np.array([0, 2, 4, 10, 12]), where="day 1").tolist()
    [2]
    """
    steps = np.diff(frames)
    if not (steps > 0).all():
        at = int(np.flatnonzero(~(steps > 0))[0])
        raise RecordingError(
            where, got=f"numbers of frames that do not rise: {frames[at]:g}, then {frames[at + 1]:g}",
            expected="frames in the order in which they were taken", fix="sort the frames",
        )  # fmt: skip
    return np.flatnonzero(steps > np.median(steps)).astype(np.int64) if steps.size else np.zeros(0, np.int64)


def _require_regular(steps: np.ndarray, pauses: np.ndarray, usual: float, where: str, resolution_s: float) -> None:
    between = steps[~pauses]
    jittery = float(np.mean(np.abs(between - usual) > _JITTER * usual + resolution_s))
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
