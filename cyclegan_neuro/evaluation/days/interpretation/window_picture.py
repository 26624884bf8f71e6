"""Grad-CAM of one test window over its activity, with the reward zones that the animal passed."""

from __future__ import annotations

from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.interpretation.ranking import example_start
from cyclegan_neuro.figures.explained_window import ExplainedWindow, explained_windows
from cyclegan_neuro.interpret.coordinates import reward_zone
from cyclegan_neuro.interpret.resolution import to_window
from cyclegan_neuro.recordings.frames import runs
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["grad_cam_of_a_window", "zones_passed"]


def grad_cam_of_a_window(found: Interpretation, prepared: PreparedPair) -> Figure:
    """Draw the Grad-CAM maps of D_X and D_Y for one test window each, over what they were shown."""
    columns = prepared.order.columns
    size = {"window_frames": prepared.window_frames, "n_neurons": prepared.n_neurons}
    windows = []
    for network, day in (("D_X", "x"), ("D_Y", "y")):
        start, one = example_start(found, prepared, day), found.maps[network]["grad_cam"]
        windows.append(
            ExplainedWindow(
                title=f"{network} on a test window of {day.upper()}",
                activity=prepared.windows_of(day, [start])[0][:, columns],
                attention=to_window(one.example[None], **size, offset=one.offset)[0],
                stretches=zones_passed(prepared, day, start),
            )
        )
    rate = prepared.frame_rate_hz
    return explained_windows(windows, frame_rate_hz=rate, ylabel="neuron (network order)")


def zones_passed(prepared: PreparedPair, day: str, start: int) -> list[tuple[int, int]]:
    """Return the frames of a window in which the animal was within the reward zone, as half-open stretches.

    Empty where the position or the rewards are unknown. Where y is Φ(X) its windows are those of X.
    """
    zone = reward_zone(prepared.x.recording, prepared.y.recording)
    position = prepared[day].recording.behaviour.position_cm
    if zone is None or position is None:
        return []
    seen = position[start : start + prepared.window_frames]
    return runs((seen >= zone[0]) & (seen <= zone[1]))
