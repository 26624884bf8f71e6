"""A whole recording through G or F: not windows of it, but every frame that a window reaches."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Literal

import numpy as np

from cyclegan_neuro.errors import PairingError, RecordingError
from cyclegan_neuro.evaluation.days.spiking.stretches import Stretches, faded, windows_across
from cyclegan_neuro.evaluation.days.translation import Frames, Translator
from cyclegan_neuro.recordings.checks import require_fraction
from cyclegan_neuro.recordings.frames import finite_stretches
from cyclegan_neuro.recordings.pairing import RATE_TOLERANCE, match_neurons
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import window_frame_indices

__all__ = ["translate_recording"]

_log = logging.getLogger(__name__)


def translate_recording(
    translator: Translator,
    prepared: PreparedPair,
    recording: Recording,
    *,
    to: Literal["x", "y"],
    by: str,
    batch_size: int,
) -> Recording:
    """Translate every frame of a day that a window can reach.

    Windows overlap by half and fade linearly into each other: each weighs most in its middle, and where one lies
    alone (half a window at the ends of continuous time) the result is its own.

    Parameters
    ----------
    translator : Translator
    prepared : PreparedPair
        What the translator was trained on.
    recording : Recording
        ΔF/F of the same neurons, by ROI id where the run knows ids, else in the same columns; any day.
    to : {"x", "y"}
        ``"y"`` is G, for days like x; ``"x"`` is F, for days like y.
    by : str
        Who translates, for ``source``.
    batch_size : int
        Windows per call of the network.

    Returns
    -------
    Recording
        ΔF/F of the neurons of the run, in the order of ``recording``, with its behaviour and gaps; its
        ``data_origin`` is ``"translated"``. Frames in stretches of continuous, finite time shorter than a window are
        NaN; how many is logged.

    Raises
    ------
    PairingError
        If the neurons are not those of the run.
    RecordingError
        If the frame rate is another one, no window fits, the values cannot be ΔF/F (percent, counts, infinite), or
        y was Φ(X), which depends on the place in the window.
    """
    if prepared.is_paired:
        raise RecordingError(
            "translation of a day", got="a run whose y is Φ(X)", expected="a run of two days",
            fix="Φ depends on the place in the window, so that no continuous day can be translated: look at windows",
        )  # fmt: skip
    day = prepared.x if to == "y" else prepared.y
    require_fraction(recording, where=recording.label, like=day.recording)
    kept, columns = _neurons(recording, day.recording)
    _require_rate(recording, day.recording.frame_rate_hz)
    dff, height = kept.dff, prepared.window_frames
    inside = finite_stretches(dff, recording.gaps)
    stretches = Stretches([(start, stop) for start, stop in inside if stop - start >= height])
    if not stretches.intervals:
        raise RecordingError(
            recording.label, got=f"no {height:,} frames of continuous, finite time in {recording.n_frames:,}",
            expected="at least one window",
            fix='fill short gaps (read_recording(path, nan="interpolate")), or train with shorter windows',
        )  # fmt: skip
    starts, call = windows_across(stretches, height), translator.to_y if to == "y" else translator.to_x
    translated = np.empty((len(starts), height, len(columns)), np.float32)
    for first in range(0, len(starts), batch_size):
        frames = window_frame_indices(starts[first : first + batch_size], height)
        translated[first : first + len(frames)] = _one_way(call, dff[frames][..., columns], to, frames)
    joined = faded(translated, starts, recording.n_frames)
    joined[np.setdiff1d(np.arange(recording.n_frames), stretches.frames)] = np.nan
    _report(recording, stretches)
    result = joined[:, np.argsort(columns)]
    return replace(
        kept,
        dff=result,
        session=f"{recording.session} as day {to}".strip(),
        source=f"{recording.source or recording.label}, translated to day {to} by {by}",
        data_origin="translated",
        truth=None,
    )


def _one_way(call, windows: np.ndarray, to: str, frames: np.ndarray) -> np.ndarray:
    """Give a translator, which takes windows of both days, those of one."""
    some, none = Frames("x" if to == "y" else "y", frames), Frames("y" if to == "y" else "x", frames[:0])
    if to == "y":
        return call(windows, windows[:0], (some, none))[0]
    return call(windows[:0], windows, (none, some))[1]


def _neurons(recording: Recording, known: Recording) -> tuple[Recording, np.ndarray]:
    """Return the recording of the run's neurons in its own order, and which of its columns is each of the run's."""
    by_column = recording.roi_ids is None or known.roi_ids is None
    columns, of_run, *_ = match_neurons(recording, known, assume_same_order=by_column)
    if by_column:
        _log.warning(
            "%s: without ROI ids on both sides neurons are taken to stand in the columns of the run", recording.label
        )
    missing = [known.roi_ids[i] for i in np.setdiff1d(np.arange(known.n_neurons), of_run)]
    if missing:
        raise PairingError(
            recording.label, got=f"no neuron {', '.join(missing[:8])}{' ...' * (len(missing) > 8)}",
            expected=f"all {known.n_neurons} neurons that the run was trained on", fix="check the ROI ids",
        )  # fmt: skip
    kept = recording if len(columns) == recording.n_neurons else recording.select_neurons(columns)
    return kept, np.argsort(of_run)


def _require_rate(recording: Recording, frame_rate_hz: float) -> None:
    if not np.isclose(recording.frame_rate_hz, frame_rate_hz, rtol=RATE_TOLERANCE):
        raise RecordingError(
            recording.label, got=f"{recording.frame_rate_hz:g} Hz", expected=f"{frame_rate_hz:g} Hz, as in training",
            fix=f"resample it first: cyclegan_neuro.recordings.resampling.resample(recording, {frame_rate_hz:g})",
        )  # fmt: skip


def _report(recording: Recording, stretches: Stretches) -> None:
    lost = recording.n_frames - len(stretches.frames)
    if lost:
        _log.warning(
            "%s: %d of %d frames lie in stretches shorter than a window, or are not finite, and are NaN",
            recording.label,
            lost,
            recording.n_frames,
        )
