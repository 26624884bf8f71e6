"""Spikes of Neo segments, counted in bins; what segments are annotated with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy import ndarray

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.reading import bin_spike_times

__all__ = ["count_segments", "durations_s", "per_segment", "segments_of"]


def segments_of(given: Any) -> list:
    """Return the segments of a Neo block, of several, or of a sequence of them.

    Raises
    ------
    RecordingError
        If there are none.
    """
    blocks = [given] if hasattr(given, "segments") else list(given)
    segments = [segment for block in blocks for segment in getattr(block, "segments", [block])]
    if not segments:
        raise RecordingError("block", got="no segment", expected="one segment for each trial", fix="add the segments")
    return segments


def durations_s(segments: Sequence[Any]) -> list[float]:
    """Return the duration of each segment in seconds, 0 where it has no spike train."""
    return [float((s.t_stop - s.t_start).rescale("s")) if len(s.spiketrains) else 0.0 for s in segments]


def count_segments(segments: Sequence[Any], *, bin_s: float) -> list[ndarray]:
    """Count the spikes of each segment in bins, shape (bin, neuron); a last bin that is not whole is left out.

    Raises
    ------
    RecordingError
        If segments have different numbers of trains, or one is shorter than a bin.
    """
    n_neurons, counts = len(segments[0].spiketrains), []
    for number, (segment, duration) in enumerate(zip(segments, durations_s(segments), strict=True)):
        trains = segment.spiketrains
        if len(trains) != n_neurons or duration < bin_s * (1 - 1e-9) or not duration:
            raise RecordingError(
                f"segment {number}", got=f"{len(trains)} spike trains of {duration:g} s",
                expected=f"{n_neurons or 'some'} trains, as in segment 0, of at least one bin ({bin_s:g} s)",
                fix="give every segment one train for each neuron, silent ones empty; leave shorter trials out",
            )  # fmt: skip
        start = float(segment.t_start.rescale("s"))
        times = [train.rescale("s").magnitude - start for train in trains]
        counts.append(bin_spike_times(times, bin_s=bin_s, duration_s=duration))
    return counts


def per_segment(values: Any, segments: Sequence[Any], field: str) -> Any:
    """Return one value for each segment, by the name of an annotation (-1 where it is absent); None as it is.

    Raises
    ------
    RecordingError
        If there is no such annotation, or another number of values.
    """
    if isinstance(values, str):
        names = sorted({name for segment in segments for name in segment.annotations})
        if values not in names:
            raise RecordingError(
                field, got=f"'{values}', which no segment has", expected=f"an annotation: {', '.join(names)}",
                fix="annotate the segments, or give one value for each",
            )  # fmt: skip
        return [segment.annotations.get(values, -1) for segment in segments]
    if values is not None and len(values) != len(segments):
        raise RecordingError(
            field, got=f"{len(values)} values", expected=f"one for each of {len(segments)} segments",
            fix="give one value for each segment, or the name of their annotation",
        )  # fmt: skip
    return values
