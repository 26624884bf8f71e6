"""What simultaneous imaging and electrophysiology gives: ΔF/F and the true spikes of one cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import RecordingError

__all__ = ["GroundTruthCell", "GroundTruthSegment", "checked_cell", "checked_segment"]


@dataclass(frozen=True, eq=False)
class GroundTruthSegment:
    """One uninterrupted recording of a cell.

    Attributes
    ----------
    time_s : ndarray of float64, shape (frame,)
        Increasing times of the frames (their middles).
    dff : ndarray of float32, shape (frame,)
        ΔF/F as a fraction.
    spike_times_s : ndarray of float64, shape (spike,)
        Sorted, on the same clock as ``time_s``; possibly empty.
    """

    time_s: np.ndarray
    dff: np.ndarray
    spike_times_s: np.ndarray

    @property
    def rate_hz(self) -> float:
        """Frames per second: one over the median step."""
        return float(1.0 / np.median(np.diff(self.time_s)))

    @property
    def duration_s(self) -> float:
        """From the start of the first frame to the end of the last: half a median step before and after the times."""
        return float(self.time_s[-1] - self.time_s[0] + 1.0 / self.rate_hz)


@dataclass(frozen=True, eq=False)
class GroundTruthCell:
    """One cell of a data set; its segments must not be joined, each has its own clock.

    Attributes
    ----------
    dataset, name : str
    segments : tuple of GroundTruthSegment
        At least one, with at least one spike in all.
    """

    dataset: str
    name: str
    segments: tuple[GroundTruthSegment, ...]


def checked_segment(
    where: str, *, names: tuple[str, str, str], time_s: np.ndarray, dff: np.ndarray, spike_times_s: np.ndarray
) -> GroundTruthSegment:
    """Return a segment, or say what is wrong with it.

    Parameters
    ----------
    where : str
        File, data set, cell and segment.
    names : tuple of str
        What the file calls time, ΔF/F and spike times.
    time_s, dff, spike_times_s : ndarray
        As read; spike times in seconds in any order, those outside the recording are left out.

    Raises
    ------
    RecordingError
        If lengths differ, time does not increase or ΔF/F is not finite.
    """
    time_s, dff, spikes = (np.ravel(np.asarray(v, np.float64)) for v in (time_s, dff, spike_times_s))
    if time_s.size != dff.size or time_s.size < 2:
        raise RecordingError(
            f"{where}, fields {names[0]} and {names[1]}",
            got=f"{time_s.size} times and {dff.size} values",
            expected="as many times as values, at least 2",
            fix="write one time in seconds per frame",
        )
    backward = np.flatnonzero(~(np.diff(time_s) > 0))
    if backward.size:
        frame = int(backward[0])
        raise RecordingError(
            f"{where}, field {names[0]}, frame {frame + 1}",
            got=f"{time_s[frame + 1]:g} s after {time_s[frame]:g} s ({backward.size} such steps)",
            expected="increasing times in seconds",
            fix="make each uninterrupted recording a segment of its own",
        )
    broken = np.flatnonzero(~np.isfinite(dff))
    if broken.size:
        raise RecordingError(
            f"{where}, field {names[1]}",
            got=f"{broken.size} frames that are not finite, the first is {broken[0]}",
            expected="finite ΔF/F",
            fix="cut the segment there into two, or leave it out",
        )
    half = 0.5 * np.median(np.diff(time_s))
    inside = (spikes >= time_s[0] - half) & (spikes <= time_s[-1] + half)  # False for NaN, which pads some lists
    return GroundTruthSegment(time_s, dff.astype(np.float32), np.sort(spikes[inside]))


def checked_cell(
    where: str, *, dataset: str, name: str, segments: list[GroundTruthSegment], field: str
) -> GroundTruthCell:
    """Return a cell, or say that it has no spikes: a cell that never fires teaches nothing and has no accuracy.

    Raises
    ------
    RecordingError
        If there is no segment or no spike within one.
    """
    if not sum(segment.spike_times_s.size for segment in segments):
        raise RecordingError(
            f"{where}, field {field}",
            got=f"no spikes within {len(segments)} segments",
            expected="at least one spike time within the recording, in the unit of the format",
            fix="check the unit and the clock of the spike times, or leave the cell out",
        )
    return GroundTruthCell(dataset, name, tuple(segments))
