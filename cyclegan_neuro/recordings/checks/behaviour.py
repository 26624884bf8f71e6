"""What the animal did, where it cannot have: positions that say nothing, are not finite, or are in another unit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.frames import frames_text, runs, segments
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["infinite_behaviour", "position", "position_range", "position_unit"]

#: What corridors, tracks and arenas span, in cm.
_SPAN_CM = (10.0, 2000.0)
#: Faster than mice and rats run, in cm/s.
_FASTEST_CM_S = 200.0
_GLITCH_RANGES, _GLITCH_SHARE = 3.0, 0.005
_ONE_WAY_CM, _LAP_S = 500.0, 60.0
_DISAGREE = 4.0
_LAG_S = 0.25
_CORE = (0.5, 99.5)  # percentiles: tracking loses a frame now and then


def infinite_behaviour(recording: Recording, where: str) -> Iterator[Finding]:
    """Infinite positions and speeds, in which nothing can be binned; NaN is what is unknown."""
    for name in ("position_cm", "speed_cm_s"):
        values = getattr(recording.behaviour, name)
        if values is not None and np.isinf(values).any():
            wrong = np.isinf(values)
            yield Finding(
                "critical", "position" if name == "position_cm" else "speed", f"{where}, field {name}",
                got=f"{int(wrong.sum()):,} infinite values in {frames_text(runs(wrong))}", expected="numbers, or NaN",
                fix="write NaN where it is unknown",
            )  # fmt: skip


def position(recording: Recording, where: str) -> Iterator[Finding]:
    """A position that says nothing, or leaves its range in single frames."""
    values = recording.behaviour.position_cm
    if values is None:
        return
    known, where = values[np.isfinite(values)], f"{where}, field position_cm"
    if not known.size or known.min() == known.max():
        yield Finding(
            "warning", "position", where,
            got=f"{known[0]:g} cm in every frame" if known.size else "NaN in every frame",
            expected="a position that changes",
            fix="name the field that holds the position, or leave it out: nothing is then said of position tuning",
        )  # fmt: skip
        return
    low, high = position_range(values)
    margin = _GLITCH_RANGES * (high - low)
    away = np.isfinite(values) & ((values < low - margin) | (values > high + margin))
    if margin > 0 and away.any() and away.mean() < _GLITCH_SHARE:
        yield Finding(
            "warning", "position", f"{where}, {frames_text(runs(away))}",
            got=f"positions from {known.min():.6g} to {known.max():.6g} cm, {low:.6g} to {high:.6g} in 99 % of frames",
            expected="positions within the corridor",
            fix="write NaN there: each adds bins that nothing fills",
        )  # fmt: skip


def position_unit(recording: Recording, where: str) -> Iterator[Finding]:
    """A position in metres, millimetres, pixels, laps or shares of the track, or one that goes on from lap to lap."""
    values = recording.behaviour.position_cm
    span = None if values is None else position_range(values)
    if span is None or span[0] == span[1]:
        return
    width, steps = span[1] - span[0], _steps_cm_s(recording)
    fastest = float(np.percentile(np.abs(steps), 95)) if steps.size else np.nan
    got = f"{span[0]:.4g} to {span[1]:.4g}" + (f", and up to {fastest:.3g} a second" if steps.size else "")
    fix = None
    if _goes_on(values, steps, width, recording.duration_s):
        fix = "this goes on from lap to lap: take it modulo the length of a lap (position % lap_cm)"
    elif width < _SPAN_CM[0]:
        fix = (
            "multiply by 100 if these are metres, by the length of the track if they are laps or its share; nothing, "
            "if the animal moved as little"
        )
    elif width > _SPAN_CM[1] or fastest > _FASTEST_CM_S:
        fix = "divide by 10 if these are millimetres, or by the pixels of a cm; nothing, if it ran as far and as fast"
    elif (ratio := _against_speed(recording)) and not 1 / _DISAGREE < ratio < _DISAGREE:
        got += f", {ratio:.3g} times what speed_cm_s says"
        fix = "bring position and speed to cm and cm/s"
    if fix is not None:
        expected = f"centimetres: {_SPAN_CM[0]:g} to {_SPAN_CM[1]:g}, at most {_FASTEST_CM_S:g} a second"
        yield Finding("warning", "position_unit", f"{where}, field position_cm", got, expected, fix)


def position_range(position_cm: np.ndarray) -> tuple[float, float] | None:
    """Return where the animal was in 99 % of the frames whose position is known, in cm; None where none is."""
    known = position_cm[np.isfinite(position_cm)]
    if not known.size:
        return None
    low, high = np.percentile(known, _CORE)
    return float(low), float(high)


def _steps_cm_s(recording: Recording) -> np.ndarray:
    """Return the speed over a quarter of a second, signed, without jumps back to a start; empty where there is none."""
    position_cm, lag = recording.behaviour.position_cm, max(1, round(_LAG_S * recording.frame_rate_hz))
    parts = [
        position_cm[start + lag : stop] - position_cm[start : stop - lag]
        for start, stop in segments(recording.n_frames, recording.gaps)
        if stop - start > lag
    ]
    steps = np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)
    low, high = position_range(position_cm)
    return steps[np.isfinite(steps) & (np.abs(steps) < 0.5 * (high - low))] * (recording.frame_rate_hz / lag)


def _goes_on(position_cm: np.ndarray, steps: np.ndarray, width: float, duration_s: float) -> bool:
    """Whether the position only ever rises, further than one lap."""
    if width < _ONE_WAY_CM or duration_s < _LAP_S or not steps.size:
        return False
    returns = np.diff(position_cm[np.isfinite(position_cm)]) < -0.5 * width
    return not returns.any() and bool(np.mean(steps > -1e-3 * width) > 0.999)


def _against_speed(recording: Recording) -> float | None:
    """Return how far the position goes per second, in what the speed says; None where that is not known."""
    speed = recording.behaviour.speed_cm_s
    steps = _steps_cm_s(recording)
    known = np.abs(speed[np.isfinite(speed)]) if speed is not None else steps[:0]
    if not known.size or not steps.size:
        return None
    ways, speeds = float(np.mean(np.abs(steps))), float(np.mean(known))
    return ways / speeds if ways > 0 and speeds > 0 else None
