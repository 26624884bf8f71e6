"""Windows for training, validation and test, and what the split gives away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cyclegan_neuro.configuration.sections import WindowsSection
from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.frames import frames_text, runs
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.windows.prepared import Starts
from cyclegan_neuro.windows.segmentation import allowed_stretches, coverage, legal_starts, spaced

__all__ = ["Split", "split"]

_PARTS = ("train", "validation", "test")
_SMALLEST_WINDOW = 16  # frames; the lower limit of windows.window_frames


@dataclass(frozen=True, eq=False)
class Split:
    """The windows of a day and what there is to say about them.

    Attributes
    ----------
    starts : Starts
        Ascending within each part.
    findings : tuple of Finding
    notes : tuple of str
    """

    starts: Starts
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def split(
    recording: Recording,
    *,
    windows: WindowsSection,
    exclude: Sequence[tuple[int, int]] = (),
    seed: int | Sequence[int] = 0,
    where: str | None = None,
) -> Split:
    """Choose the windows of a recording.

    ``blocked`` takes the windows of the three parts from separate stretches: training first, then
    validation, then test, in time order, with no frame in common. ``paper`` spaces all windows evenly
    over the recording and deals them out at random (Li et al. 2021, section 2.3).

    Parameters
    ----------
    recording : Recording
    windows : WindowsSection
        Length, numbers and kind of split.
    exclude : sequence of (first, last), optional
        Frames that no window may touch, both ends included.
    seed : int or sequence of int
        Deals the windows out (``paper``).
    where : str, optional
        How messages call the recording; its label when absent.

    Raises
    ------
    WindowError
        If the recording is shorter than the window, or too short for a window in each part.
    """
    where = where or recording.label
    stretches = allowed_stretches(recording, exclude=exclude, where=where)
    legal = legal_starts(stretches, window_frames=windows.window_frames)
    if not legal.size:
        raise _too_short(recording, stretches, windows, where)
    if windows.split == "paper":
        starts = _paper(legal, windows, seed, recording, stretches, where)
    else:
        starts = _blocked(legal, windows, recording, stretches, where)
    largest = _largest(_lengths(stretches), lambda height: _as_many_as_asked(stretches, windows, height))
    findings = _fewer_than_asked(
        starts, windows=windows, recording=recording, where=where,
        largest_frames=largest if largest >= _SMALLEST_WINDOW else None,
    )  # fmt: skip
    notes = [_summary(starts, windows, recording, where)]
    if windows.split == "paper":
        findings.append(_leak(starts, windows, recording, where))
    return Split(replace(starts, stretches=tuple(stretches)), tuple(findings), tuple(notes))


def _paper(legal, windows, seed, recording, stretches, where) -> Starts:
    held_out = windows.n_validation + windows.n_test
    if legal.size <= held_out:
        raise _too_few(recording, stretches, windows, where, f"{legal.size:,} start frames")
    dealt = np.random.default_rng(seed).permutation(spaced(legal, windows.n_train + held_out))
    parts = np.split(dealt, [dealt.size - held_out, dealt.size - windows.n_test])
    return Starts(*map(np.sort, parts))


def _blocked(legal, windows, recording, stretches, where) -> Starts:
    allowed = np.concatenate([np.arange(*stretch) for stretch in stretches])
    fractions = (windows.validation_fraction, windows.test_fraction)
    for wanted in (fractions, (0.0, 0.0)):  # where the shares leave no training window: one window each
        parts = _three_stretches(legal, allowed, windows.window_frames, *wanted)
        if all(part.size for part in parts):
            counts = (windows.n_train, windows.n_validation, windows.n_test)
            return Starts(*(spaced(part, n) for part, n in zip(parts, counts, strict=True)))
    apart = sum((stop - start) // windows.window_frames for start, stop in stretches)
    raise _too_few(recording, stretches, windows, where, f"{apart} window{'s' * (apart != 1)} without a common frame")


def _as_many_as_asked(stretches, windows: WindowsSection, window_frames: int) -> bool:
    """Whether every part has all its windows if they are this long."""
    legal = legal_starts(stretches, window_frames=window_frames)
    asked = [getattr(windows, f"n_{part}") for part in _PARTS]
    if windows.split == "paper":
        return legal.size >= sum(asked)
    allowed = np.concatenate([np.arange(*stretch) for stretch in stretches])
    parts = _three_stretches(legal, allowed, window_frames, windows.validation_fraction, windows.test_fraction)
    return all(part.size >= n for part, n in zip(parts, asked, strict=True))


def _three_stretches(legal, allowed, window_frames, validation_fraction, test_fraction):
    """Legal starts of the three parts; each held-out part as long as its share, and a window at least."""
    parts, end = [], allowed[-1] + 1
    for fraction in (test_fraction, validation_fraction):
        latest = legal[legal + window_frames <= end]
        if not latest.size:
            return legal[:0], legal[:0], legal[:0]
        frames = allowed[allowed < end]
        share = frames[max(0, len(frames) - max(1, round(fraction * len(allowed))))]
        begin = min(share, latest[-1])
        parts.append(latest[latest >= begin])
        end = begin
    return legal[legal + window_frames <= end], parts[1], parts[0]


def _summary(starts: Starts, windows: WindowsSection, recording: Recording, where: str) -> str:
    """One sentence: how many windows from which frames."""
    parts = []
    for name in _PARTS:
        part = getattr(starts, name)
        frames = coverage(part, window_frames=windows.window_frames, n_frames=recording.n_frames)
        parts.append(
            f"{len(part):,} {name} window{'s' * (len(part) != 1)} of {windows.window_frames:,} frames from "
            f"{frames_text(runs(frames), limit=3)} ({frames.sum() / recording.frame_rate_hz:.1f} s)"
        )
    kind = "blocked split, no frame in common" if windows.split == "blocked" else "windows dealt out at random"
    return f"{where}: {'; '.join(parts)}; {kind}."


def _fewer_than_asked(
    starts: Starts, *, windows: WindowsSection, recording: Recording, where: str, largest_frames: int | None
) -> list[Finding]:
    """Warn of each part that has fewer windows than its setting says, as many as it has start frames.

    ``largest_frames`` is the largest window of which all parts have as many as were asked for.
    """
    findings = []
    for name in _PARTS:
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
        n_starts = sum(len(getattr(starts, part)) for part in _PARTS)
        others = " and ".join(f"{len(getattr(starts, part)):,} for {part}" for part in _PARTS if part != name)
        return f"windows of {height:,} frames can start at {n_starts:,} frames, less {others}"
    stretches = runs(coverage(found, window_frames=height, n_frames=recording.n_frames))
    frames = np.array([stop - start for start, stop in stretches])
    sums = f"{frames[0]:,} - {height:,} + 1 = {len(found):,}" if len(frames) == 1 else f"{len(found):,}"
    return (
        f"its stretch, {frames_text(stretches, limit=3)}, holds {sums} start frame{'s' * (len(found) != 1)} "
        f"of windows of {height:,} frames"
    )


def _leak(starts: Starts, windows: WindowsSection, recording: Recording, where: str) -> Finding:
    """What the paper's split shares between training and test."""
    size = {"window_frames": windows.window_frames, "n_frames": recording.n_frames}
    train, test = coverage(starts.train, **size), coverage(starts.test, **size)
    shared = np.mean(train[test])
    right = np.clip(np.searchsorted(starts.train, starts.test), 1, max(len(starts.train) - 1, 1))
    neighbours = starts.train[np.stack([right - 1, np.minimum(right, len(starts.train) - 1)])]
    distance = np.abs(neighbours - starts.test).min(axis=0)
    nearest = np.mean(np.clip(1.0 - distance / windows.window_frames, 0.0, None))
    return Finding(
        "warning", "split_leak", f"{where}, split paper",
        got=f"{shared:.1%} of the test frames are training frames too; a test window shares {nearest:.1%} of its "
        "frames with the nearest training window",
        expected="no frame in common",
        fix="set windows.split: blocked for an honest test; keep paper to compare with the published numbers",
    )  # fmt: skip


def _too_short(recording, stretches, windows, where) -> WindowError:
    """Row 9: no stretch is as long as the window."""
    longest = max((stop - start for start, stop in stretches), default=0)
    whole = longest == recording.n_frames
    got = f"{recording.n_frames:,} frames ({recording.duration_s:.1f} s)"
    if not whole:
        seconds = longest / recording.frame_rate_hz
        got += f", {longest:,} of them ({seconds:.1f} s) in the longest stretch without gap or exclusion"
    return WindowError(
        where,
        got=got,
        expected=f"at least one window of {windows.window_frames:,} frames "
        f"({windows.window_frames / recording.frame_rate_hz:.1f} s)",
        fix=_shorter_window(stretches, windows),
    )


def _too_few(recording, stretches, windows, where, found: str) -> WindowError:
    """Row 10: the windows do not suffice for the three parts."""
    height = windows.window_frames
    room = " + ".join(f"{stop - start:,}" for start, stop in stretches[:4]) + " + ..." * (len(stretches) > 4)
    if windows.split == "paper":
        needed = (
            f"more than {windows.n_validation + windows.n_test:,} "
            f"({windows.n_validation:,} validation + {windows.n_test:,} test, and training)"
        )
    else:
        needed = "at least 3 (training, validation, test)"
    return WindowError(
        f"{where}, split {windows.split}",
        got=f"{found} (windows of {height:,} in {room} frames)",
        expected=f"{needed}",
        fix=_shorter_window(stretches, windows)
        + (", or fewer windows in windows.n_validation and windows.n_test" if windows.split == "paper" else ""),
    )


def _shorter_window(stretches, windows: WindowsSection) -> str:
    """Say which window would do for the split that was asked for."""
    lengths = _lengths(stretches)
    if windows.split == "paper":
        held_out = windows.n_validation + windows.n_test
        largest = _largest(lengths, lambda h: np.clip(lengths - h + 1, 0, None).sum() > held_out)
    else:
        largest = _largest(lengths, lambda h: (lengths // h).sum() >= len(_PARTS))
    if largest < _SMALLEST_WINDOW:
        return (
            f"no window of {_SMALLEST_WINDOW} frames or more fits the split '{windows.split}': "
            "exclude less or take a longer recording"
        )
    return f"set windows.window_frames to {largest:,} or less (the largest that the split '{windows.split}' allows)"


def _lengths(stretches) -> np.ndarray:
    return np.array([stop - start for start, stop in stretches], np.int64)


def _largest(lengths: np.ndarray, enough: Callable[[int], bool]) -> int:
    """Largest window for which ``enough`` holds, 0 if none; it holds for every smaller one."""
    low, high = 0, int(lengths.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if enough(middle) else (low, middle - 1)
    return low
