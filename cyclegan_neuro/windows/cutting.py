"""Cut windows as arrays, for evaluation and for what is learned from windows outside TensorFlow."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cyclegan_neuro.windows.prepared import Day, PreparedPair
from cyclegan_neuro.windows.scaling import invert

__all__ = ["raw_windows", "window_frame_indices", "windows_of"]


def window_frame_indices(starts: np.ndarray, window_frames: int) -> np.ndarray:
    """Return the frames of each window: int64, (window, window_frames)."""
    return np.asarray(starts, np.int64)[:, None] + np.arange(window_frames)


def windows_of(day: Day, starts: np.ndarray, window_frames: int) -> np.ndarray:
    """Cut windows as networks see them: scaled, ordered, and with Φ where the day has it.

    Parameters
    ----------
    day : Day
    starts : ndarray of int64, shape (window,)
        First frames.
    window_frames : int

    Returns
    -------
    ndarray of float32, shape (window, time, neuron)
    """
    frames = window_frame_indices(starts, window_frames)
    windows = day.values[frames]
    if day.transform is not None:
        windows *= day.transform.mask
        windows += day.transform.offset[frames]
    return windows


def raw_windows(prepared: PreparedPair, day: Literal["x", "y"], starts: np.ndarray) -> np.ndarray:
    """Cut windows in ΔF/F and in the user's neuron order.

    Parameters
    ----------
    prepared : PreparedPair
    day : {"x", "y"}
    starts : ndarray of int64, shape (window,)
        First frames.

    Returns
    -------
    ndarray of float32, shape (window, time, neuron)
        Exactly the recording's values; where the day is Φ(X), computed from scaled values
        and so rounded to about 1e-7 of the day's range.
    """
    chosen: Day = getattr(prepared, day)
    if chosen.transform is None:
        return chosen.recording.dff[window_frame_indices(starts, prepared.window_frames)]
    windows = windows_of(chosen, starts, prepared.window_frames)
    return invert(windows[..., prepared.order.inverse], chosen.scaling)
