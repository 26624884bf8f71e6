"""From a recording to its spikes: rates, then whole spikes per frame, and where they came from."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.digest import content_sha256
from cyclegan_neuro.recordings.frames import finite_stretches, segments
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.spikes.counts import counts_from_rates
from cyclegan_neuro.spikes.inference.calibration import rate_intervals
from cyclegan_neuro.spikes.inference.models import Networks, choose_models
from cyclegan_neuro.spikes.inference.rates import InferredRates, Progress, infer_rates

__all__ = ["RecordingSpikes", "infer_recording", "masked_frames"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class RecordingSpikes:
    """Inferred spikes of a recording.

    Attributes
    ----------
    inferred : InferredRates
        Rates in Hz, valid frames, noise levels.
    counts : ndarray of uint8 or uint16, shape (time, neuron)
        Spikes per frame; 0 where not valid.
    gaps : ndarray of int64, shape (gap,)
        Frames after which time is not continuous.
    roi_ids : tuple of str, optional
    seed : int
        Of the phases with which rates became counts.
    source : dict
        ``source``, ``subject``, ``session``, ``indicator``, ``cell_type`` and ``sha256`` (of the float32 ΔF/F) of the
        recording.
    networks : dict
        ``frame_rate_hz``, ``smoothing_s``, ``causal``, ``noise_levels`` and the provenance of the networks.
    rate_intervals_hz : ndarray of float64, shape (neuron, 2), optional
        Lower and upper bound of 90 % for the true mean rate of each neuron, where the networks were measured and the
        indicator is stated.
    """

    inferred: InferredRates
    counts: np.ndarray
    gaps: np.ndarray
    roi_ids: tuple[str, ...] | None
    seed: int
    source: dict[str, str] = field(default_factory=dict)
    networks: dict[str, Any] = field(default_factory=dict)
    rate_intervals_hz: np.ndarray | None = None

    @property
    def rates_hz(self) -> np.ndarray:
        """Inferred rates in Hz, float32, (time, neuron); 0 in frames that are not valid."""
        return self.inferred.rates_hz

    @property
    def valid(self) -> np.ndarray:
        """Frames with a rate, bool, (time,)."""
        return self.inferred.valid


def infer_recording(
    recording: Recording, *, models: Networks = None, resample: bool = False,
    seed: int = 0, progress: Progress | None = None,
) -> RecordingSpikes:  # fmt: skip
    """Infer the spikes of a recording.

    Parameters
    ----------
    recording : Recording
        Windows never cross its gaps. Frames in which a neuron is not finite are gaps too: of them nothing is inferred,
        they are not valid, and their number is logged.
    models, resample, progress
        As for :func:`cyclegan_neuro.spikes.inference.rates.infer_rates`.
    seed : int
        See :func:`cyclegan_neuro.spikes.counts.counts_from_rates`. The valid frames count as one stretch, so that the
        count over any of them, across gaps too, differs from the integral of the rate by less than 1.

    Returns
    -------
    RecordingSpikes

    Raises
    ------
    UserError
        As :func:`cyclegan_neuro.spikes.inference.rates.infer_rates`, but for values that are not finite.
    """
    rate = recording.frame_rate_hz
    inference = choose_models(
        models, rate, indicator=recording.indicator, cell_type=recording.cell_type, resample=resample
    )
    stretches = finite_stretches(recording.dff, recording.gaps)
    if not stretches:
        raise _never_finite(recording)
    finite = np.isfinite(recording.dff).all(axis=1)
    joints = np.cumsum([stop - start for start, stop in stretches])[:-1] - 1
    inferred = infer_rates(
        recording.dff if finite.all() else recording.dff[finite],
        frame_rate_hz=rate, models=inference, gaps=joints, progress=progress,
    )  # fmt: skip
    if not finite.all():
        lost = np.count_nonzero(~finite)
        _log.warning(
            "%s: %d of %d frames hold values that are not finite; they and the frames whose windows reach them are not "
            "valid", recording.label, lost, recording.n_frames,
        )  # fmt: skip
        rates, valid = np.zeros(recording.dff.shape, np.float32), np.zeros(recording.n_frames, bool)
        rates[finite], valid[finite] = inferred.rates_hz, inferred.valid
        inferred = replace(inferred, rates_hz=rates, valid=valid)
    return RecordingSpikes(
        inferred,
        # the rate is 0 in masked frames, so that they add nothing to the expected count
        counts_from_rates(inferred.rates_hz, frame_rate_hz=rate, seed=seed),
        np.asarray(recording.gaps, np.int64),
        recording.roi_ids,
        seed,
        source={
            "source": recording.source,
            "subject": recording.subject,
            "session": recording.session,
            "indicator": recording.indicator,
            "cell_type": recording.cell_type,
            "sha256": content_sha256(recording.dff),
        },
        networks=inference.about,
        rate_intervals_hz=_intervals(inferred, inference.about),
    )


def _intervals(inferred: InferredRates, about: Mapping[str, Any]) -> np.ndarray | None:
    if not about.get("family"):  # errors were measured with networks that were told what they read
        return None
    means = inferred.rates_hz[inferred.valid].mean(axis=0, dtype=np.float64)
    return rate_intervals(means, about.get("calibration", {}), about.get("family", ""))


def _never_finite(recording: Recording) -> RecordingError:
    missing = np.count_nonzero(~np.isfinite(recording.dff), axis=0)
    worst = int(missing.argmax())
    return RecordingError(
        f"{recording.label}, ΔF/F for spike inference", got="no frame in which all neurons are finite",
        expected="finite ΔF/F in stretches of frames",
        fix=f"leave neurons out with Recording.select_neurons: {worst} lacks {missing[worst]:,} frames",
    )  # fmt: skip


def masked_frames(valid: np.ndarray, gaps: np.ndarray) -> dict[str, int]:
    """Count the frames without a rate by what is in the way of their windows.

    Parameters
    ----------
    valid : ndarray of bool, shape (time,)
    gaps : ndarray of int, shape (gap,)

    Returns
    -------
    dict of str to int
        ``"at the ends"`` of the recording, ``"at gaps"``, ``"at missing values"`` between valid frames, and ``"in
        stretches shorter than a window"``; those that are not 0.

    Examples
    --------
    >>> valid = np.array([False, True, True, False, False, False, True])
    >>> masked_frames(valid, np.array([3, 4]))
    {'at the ends': 1, 'at gaps': 2, 'in stretches shorter than a window': 1}
    """
    ends = at_gaps = short = within = 0
    for start, stop in segments(len(valid), gaps):
        inside = np.flatnonzero(valid[start:stop])
        if not inside.size:
            short += stop - start
            continue
        before, after = int(inside[0]), int(stop - start - 1 - inside[-1])
        ends += before * (start == 0) + after * (stop == len(valid))
        at_gaps += before * (start > 0) + after * (stop < len(valid))
        within += stop - start - before - after - inside.size
    counts = {
        "at the ends": ends, "at gaps": at_gaps, "at missing values": within,
        "in stretches shorter than a window": short,
    }  # fmt: skip
    return {reason: count for reason, count in counts.items() if count}
