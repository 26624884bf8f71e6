"""Fewer windows than were asked for: how many, why, and what would give them all."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.configuration.sections import WindowsSection
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.frames import frames_text, runs
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.windows.prepared import Starts
from cyclegan_neuro.windows.segmentation import coverage

__all__ = ["PARTS", "fewer_than_asked"]

PARTS = ("train", "validation", "test")


def fewer_than_asked(
    starts: Starts, *, windows: WindowsSection, recording: Recording, where: str, largest_frames: int | None
) -> list[Finding]:
    """Return a warning for each part that has fewer windows than its setting says.

    Parameters
    ----------
    starts : Starts
        What there is: every start frame of a part that has too few.
    windows : WindowsSection
    recording : Recording
    where : str
    largest_frames : int or None
        Largest window of which there are as many as were asked for, in all parts; None if there is no such window.
    """
    findings = []
    for name in PARTS:
        found, asked = getattr(starts, name), getattr(windows, f"n_{name}")
        if len(found) >= asked:
            continue
        fewer = f"ask for fewer windows (windows.n_{name}: {len(found)})"
        enough = f"set windows.window_frames to {largest_frames} or less, of which there are enough, or {fewer}"
        findings.append(
            Finding(
                "warning", "fewer_windows", f"{where}, {name} windows",
                got=f"{len(found):,} of {asked:,}, because {_arithmetic(starts, name, windows, recording)}",
                expected=f"windows.n_{name} = {asked:,} different ones",
                fix=enough if largest_frames else f"take a longer recording, or {fewer}",
            )
        )  # fmt: skip
    return findings


def _arithmetic(starts: Starts, name: str, windows: WindowsSection, recording: Recording) -> str:
    height, found = windows.window_frames, getattr(starts, name)
    if windows.split == "paper":  # all start frames of the day are dealt out
        n_starts = sum(len(getattr(starts, part)) for part in PARTS)
        others = " and ".join(f"{len(getattr(starts, part)):,} for {part}" for part in PARTS if part != name)
        return f"windows of {height:,} frames can start at {n_starts:,} frames, less {others}"
    stretches = runs(coverage(found, window_frames=height, n_frames=recording.n_frames))
    frames = np.array([stop - start for start, stop in stretches])
    sums = f"{frames[0]:,} - {height:,} + 1 = {len(found):,}" if len(frames) == 1 else f"{len(found):,}"
    return (
        f"its stretch, {frames_text(stretches, limit=3)}, holds {sums} start frame{'s' * (len(found) != 1)} "
        f"of windows of {height:,} frames"
    )
