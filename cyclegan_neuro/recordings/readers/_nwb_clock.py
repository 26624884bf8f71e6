"""When the samples of a series of NWB were taken."""

from __future__ import annotations

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._clock import Clock, sampled, stamped
from cyclegan_neuro.recordings.readers._nwb_objects import Objects, number_of

__all__ = ["clock_of", "frame_clock"]


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
