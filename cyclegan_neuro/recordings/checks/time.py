"""The time axis: its place, its rate, its gaps."""

from __future__ import annotations

from collections.abc import Iterator

from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.frames import segments
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["PLAUSIBLE_RATE_HZ", "frame_rate", "gaps", "transposed"]

#: Rates at which populations are imaged.
PLAUSIBLE_RATE_HZ = (1.0, 200.0)


def transposed(recording: Recording, where: str) -> Iterator[Finding]:
    """More neurons than frames."""
    if recording.n_neurons <= recording.n_frames:
        return
    yield Finding(
        "critical",
        "transposed",
        f"{where}, field dff",
        got=f"{recording.n_frames:,} frames of {recording.n_neurons:,} neurons",
        expected="more frames than neurons; the matrix is (time, neuron)",
        fix="set transpose: true if the file holds (neuron, time), transpose: false if there are so many neurons; give "
        "an array as (time, neuron)",
    )


def frame_rate(recording: Recording, where: str) -> Iterator[Finding]:
    """A rate outside of what microscopes do; often a period in its place."""
    rate, (low, high) = recording.frame_rate_hz, PLAUSIBLE_RATE_HZ
    if low <= rate <= high:
        return
    hint = "set frame_rate_hz to the rate of your microscope"
    if low <= 1.0 / rate <= high:
        hint = f"did you mean 1/{rate:g} = {1.0 / rate:g} Hz? Set frame_rate_hz: {1.0 / rate:g}"
    yield Finding(
        "critical",
        "frame_rate",
        f"{where}, field frame_rate_hz",
        got=f"{rate:g} Hz",
        expected=f"{low:g} to {high:g} Hz",
        fix=hint,
    )


def gaps(recording: Recording, where: str) -> Iterator[Finding]:
    """How much continuous time there is."""
    if not recording.gaps.size:
        return
    longest = max(stop - start for start, stop in segments(recording.n_frames, recording.gaps))
    yield Finding(
        "info",
        "gaps",
        f"{where}, field gaps",
        got=f"{recording.gaps.size} gaps in time; the longest stretch without one has {longest:,} frames "
        f"({longest / recording.frame_rate_hz:.1f} s)",
        expected=f"windows of at most {longest:,} frames, since none crosses a gap",
        fix="choose window_frames accordingly",
    )
