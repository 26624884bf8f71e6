"""Spike rates from ΔF/F with trained networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.frames import segments
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.inference.models import Networks, choose_models
from cyclegan_neuro.spikes.inference.traces import Inference, rates_of_traces

__all__ = ["InferredRates", "WindowRates", "infer_rates", "infer_windows"]

Progress = Callable[[int, int], None]

_CALLS_AT_ONCE = 4  # whose traces are copied, one per row, before the networks read them


@dataclass(frozen=True, eq=False)
class InferredRates:
    """Spike rates of a recording.

    Attributes
    ----------
    rates_hz : ndarray of float32, shape (time, neuron)
        Not negative; 0 where not valid.
    valid : ndarray of bool, shape (time,)
        False for frames whose window would reach beyond an end of the recording or across a gap. Leave
        these out of every mean.
    noise_levels : ndarray of float64, shape (neuron,)
        In % per sqrt(Hz).
    network_levels : ndarray of float64, shape (neuron,)
        Noise levels that the networks were told or trained for.
    frame_rate_hz : float
    """

    rates_hz: np.ndarray
    valid: np.ndarray
    noise_levels: np.ndarray
    network_levels: np.ndarray
    frame_rate_hz: float


@dataclass(frozen=True, eq=False)
class WindowRates:
    """Spike rates of windows, only the frames that the networks could reach.

    Attributes
    ----------
    rates_hz : ndarray of float32, shape (window, valid frame, neuron)
    first_frame : int
        Frame of the window that ``rates_hz[:, 0]`` belongs to.
    n_masked : int
        Frames of each window left out at both ends together.
    noise_levels, network_levels : ndarray, shape (neuron,)
        As in :class:`InferredRates`, over all windows.
    frame_rate_hz : float
    """

    rates_hz: np.ndarray
    first_frame: int
    n_masked: int
    noise_levels: np.ndarray
    network_levels: np.ndarray
    frame_rate_hz: float


def infer_rates(
    dff: np.ndarray, *, frame_rate_hz: float, models: Networks = None, gaps: Sequence[int] | np.ndarray = (),
    levels: np.ndarray | None = None, indicator: str = "", cell_type: str = "", resample: bool = False,
    progress: Progress | None = None,
) -> InferredRates:  # fmt: skip
    """Infer the spike rates of a recording.

    Parameters
    ----------
    dff : ndarray of float, shape (time, neuron)
        ΔF/F as a fraction (0.5 is 50 %).
    frame_rate_hz : float
    models : networks, their inference, or path, optional
        See :func:`cyclegan_neuro.spikes.inference.models.choose_models`; the shipped ones when absent.
    gaps : sequence of int, optional
        Frames after which time is not continuous.
    levels : ndarray of float, shape (neuron,), optional
        Noise levels, which networks are told, where they are known from elsewhere; those of ``dff`` when absent.
    indicator, cell_type : str
        As people write them; empty where they are not known.
    resample : bool
        Only for networks of one frame rate: bring ΔF/F to it where it differs by more than 5 %, and the rates back.
    progress : callable, optional
        Called with (done, total) frames times neurons.

    Returns
    -------
    InferredRates
        At the frames of ``dff``.

    Raises
    ------
    UserError
        If there are no networks for this frame rate and ``resample`` is off, a value is not finite, or every stretch
        between gaps is shorter than a window.

    References
    ----------
    Rupprecht et al., Nat. Neurosci. 24:1324-1337 (2021).

    Examples
    --------
    >>> from cyclegan_neuro.spikes.inference.rates import infer_rates
    >>> inferred = infer_rates(dff, frame_rate_hz=30.0)  # doctest: +SKIP
    """
    dff = _checked(dff, ndim=2)
    inference = choose_models(models, frame_rate_hz, indicator=indicator, cell_type=cell_type, resample=resample)
    levels = noise_levels(dff, frame_rate_hz, gaps) if levels is None else levels
    chosen = inference.levels(levels)
    rates = np.zeros(dff.shape, np.float32)
    valid = np.zeros(len(dff), bool)
    done = 0
    stretches = segments(len(dff), np.asarray(gaps, np.int64))
    longest = max(stop - start for start, stop in stretches)
    if not _reached(longest, inference):
        raise _too_short(longest, inference)
    for start, stop in stretches:
        inside = inference.reachable(stop - start)
        target = slice(start + inside.start, start + inside.stop)
        valid[target] = True
        for columns in _groups(inference, chosen, n_frames=stop - start):
            if valid[target].any():
                rows = np.ascontiguousarray(dff[start:stop, columns].T, np.float32)
                rates[target, columns] = rates_of_traces(rows, inference, chosen[columns]).T
            done += (stop - start) * len(columns)
            if progress:
                progress(done, dff.size)
    return InferredRates(rates, valid, levels, chosen, float(frame_rate_hz))


def infer_windows(
    windows: np.ndarray, *, frame_rate_hz: float, models: Networks = None, levels: np.ndarray | None = None,
    indicator: str = "", cell_type: str = "", resample: bool = False, progress: Progress | None = None,
) -> WindowRates:  # fmt: skip
    """Infer the spike rates of windows of one signal, recorded or generated.

    The noise level of a neuron, which networks are told, is that over all windows.

    Parameters
    ----------
    windows : ndarray of float, shape (window, time, neuron)
        ΔF/F as a fraction.
    frame_rate_hz, models, levels, indicator, cell_type, resample, progress
        As for :func:`infer_rates`.

    Raises
    ------
    UserError
        As :func:`infer_rates`; also if windows are shorter than the networks' own.
    """
    windows = _checked(windows, ndim=3)
    n_windows, n_frames, n_neurons = windows.shape
    inference = choose_models(models, frame_rate_hz, indicator=indicator, cell_type=cell_type, resample=resample)
    inside = inference.reachable(n_frames)
    n_reached = inside.stop - inside.start
    if not n_reached:
        raise _too_short(n_frames, inference)
    if levels is None:
        joints = np.arange(1, n_windows) * n_frames - 1
        levels = noise_levels(windows.reshape(-1, n_neurons), frame_rate_hz, joints)
    chosen = inference.levels(levels)
    rates = np.empty((n_windows, n_reached, n_neurons), np.float32)
    done = 0
    for columns in _groups(inference, chosen, n_frames=n_windows * n_frames):
        rows = np.ascontiguousarray(np.moveaxis(windows[..., columns], -1, 0), np.float32).reshape(-1, n_frames)
        found = rates_of_traces(rows, inference, np.repeat(chosen[columns], n_windows))
        rates[..., columns] = np.moveaxis(found.reshape(len(columns), n_windows, -1), 0, -1)
        done += n_windows * n_frames * len(columns)
        if progress:
            progress(done, windows.size)
    return WindowRates(rates, inside.start, n_frames - n_reached, levels, chosen, float(frame_rate_hz))


def _reached(n_frames: int, inference: Inference) -> int:
    inside = inference.reachable(n_frames)
    return inside.stop - inside.start


def _groups(inference: Inference, levels: np.ndarray, *, n_frames: int) -> Iterator[np.ndarray]:
    """Yield the columns, of so many frames, that are read together."""
    at_once = max(1, _CALLS_AT_ONCE * inference.frames_per_call // n_frames)
    for columns in inference.groups(levels):
        for first in range(0, len(columns), at_once):
            yield columns[first : first + at_once]


def _checked(dff: np.ndarray, *, ndim: int) -> np.ndarray:
    dff = np.asarray(dff)
    if dff.ndim != ndim or not dff.size:
        raise RecordingError(
            "ΔF/F for spike inference", got=f"an array of shape {dff.shape}",
            expected="(time, neuron)" if ndim == 2 else "(window, time, neuron)", fix="arrange the axes like that",
        )  # fmt: skip
    bad = ~np.isfinite(dff).all(axis=tuple(range(ndim - 1)))
    if bad.any():
        neurons = np.flatnonzero(bad)
        raise RecordingError(
            "ΔF/F for spike inference", got=f"values that are not finite in {neurons.size} neurons, first {neurons[0]}",
            expected="finite ΔF/F", fix="leave these neurons out, or fill the frames and mark them as a gap",
        )  # fmt: skip
    return dff


def _too_short(n_frames: int, inference: Inference) -> RecordingError:
    needed = next(n for n in count(n_frames + 1) if _reached(n, inference))
    return RecordingError(
        "ΔF/F for spike inference", got=f"stretches of at most {n_frames} frames",
        expected=f"at least {needed} frames without a gap, what the networks look at",
        fix="give longer stretches or windows",
    )  # fmt: skip
