"""From raw fluorescence to ΔF/F: neuropil, a running baseline, and what has no baseline to divide by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.configuration.sections import BaselineSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.noise import noise_levels

__all__ = ["NEUROPIL", "RELATIVE_NOISE", "DeltaF", "delta_f_over_f", "running_baseline"]

#: Share of the neuropil signal that is subtracted where the user names none.
NEUROPIL = 0.7
#: Noise level, in % per sqrt(Hz), that traces without a baseline are brought to (``divide_by: noise``).
RELATIVE_NOISE = 2.0
_BIN_S = 1.0  # frames are averaged over this before the percentile, which noise would pull down otherwise
_COLUMNS_AT_ONCE = 64  # bounds the memory that the steps of a long recording take
_NORMAL = 0.6745 * np.sqrt(2)  # median |difference| of two frames of normal noise, in its standard deviations
_NAMED = 20
_ROUNDING = 1e-6  # of float32 values, some of their last places
_NO_SPREAD = 1e-12  # in any unit of light


@dataclass(frozen=True, eq=False)
class DeltaF:
    """ΔF/F, and how it was made.

    Attributes
    ----------
    dff : ndarray of float32, shape (time, neuron)
        As a fraction; NaN in neurons of ``without_baseline``.
    without_baseline : ndarray of int64, shape (neuron,)
        Columns whose F0 comes near to 0 or below it.
    note : str
        Every choice, in a sentence for the report.
    """

    dff: np.ndarray
    without_baseline: np.ndarray
    note: str


def delta_f_over_f(
    raw: np.ndarray,
    *,
    frame_rate_hz: float,
    settings: BaselineSection,
    neuropil: np.ndarray | None = None,
    names: tuple[str, ...] = (),
    where: str = "raw fluorescence",
) -> DeltaF:
    """Subtract neuropil, estimate F0 of every neuron and divide by it.

    Parameters
    ----------
    raw : ndarray of float32, shape (time, neuron)
        Raw fluorescence, in any unit whose zero is that of the light. Overwritten with the result, block by block of
        neurons, as two copies of a long recording may not fit into memory.
    frame_rate_hz : float
    settings : BaselineSection
    neuropil : ndarray of float, shape (time, neuron), optional
        Fluorescence around each neuron.
    names : tuple of str
        Of the neurons, for messages; their columns when absent.
    where : str
        The file, for messages.

    Returns
    -------
    DeltaF

    Raises
    ------
    RecordingError
        If F0 of a neuron comes near to 0 or below it and ``settings.near_zero`` is ``"error"``, no neuron has a
        baseline, or a neuropil factor is given and there is no neuropil.

    Notes
    -----
    With F the fluorescence and N the neuropil, F' = F - c N; F0 is the running percentile of F' (see
    :func:`running_baseline`), and the result is (F' - F0) / F0. Where the lowest F0 of a neuron is not above the noise
    of a single frame, the quotient is noise or changes its sign, so such neurons are named and refused, or dropped.
    With ``divide_by: noise`` F' - F0 is divided by the neuron's noise level instead, for traces whose background was
    taken away and with it F0: amplitudes then do not compare between neurons.

    Examples
    --------
    >>> raw = np.full((60, 1), 100.0, np.float32)
    >>> raw[30] = 150.0
    >>> float(delta_f_over_f(raw, frame_rate_hz=2.0, settings=BaselineSection()).dff[30, 0])
    0.5
    """
    factor = _neuropil_factor(settings, neuropil, where)
    lowest, noise, largest = (np.empty(raw.shape[1]) for _ in range(3))
    for start in range(0, raw.shape[1], _COLUMNS_AT_ONCE):
        part = slice(start, start + _COLUMNS_AT_ONCE)
        corrected = raw[:, part] - (np.float32(factor) * neuropil[:, part] if neuropil is not None else 0)
        f0 = running_baseline(
            corrected, frame_rate_hz=frame_rate_hz, window_s=settings.window_s, percentile=settings.percentile
        )
        level = _noise(corrected, frame_rate_hz)
        lowest[part], noise[part] = f0.min(axis=0), level * np.sqrt(frame_rate_hz) / _NORMAL
        largest[part] = np.max(np.abs(corrected), axis=0, where=np.isfinite(corrected), initial=0)
        divisor = f0 if settings.divide_by == "F0" else level * np.float32(100 / RELATIVE_NOISE)
        with np.errstate(divide="ignore", invalid="ignore"):
            raw[:, part] = (corrected - f0) / divisor
    usable = lowest > noise if settings.divide_by == "F0" else noise > _least_noise(noise, largest)
    low = np.flatnonzero(~usable)  # NaN too
    if low.size and (settings.near_zero == "error" or low.size == lowest.size):
        raise _no_baseline(low, lowest, noise, names=names, settings=settings, where=where)
    raw[:, low] = np.nan
    duration_s = len(raw) / frame_rate_hz
    return DeltaF(raw, low, _told(settings, factor if neuropil is not None else None, duration_s))


def running_baseline(
    fluorescence: np.ndarray, *, frame_rate_hz: float, window_s: float, percentile: float
) -> np.ndarray:
    """Return F0: a running percentile of one-second means, interpolated linearly between them.

    Parameters
    ----------
    fluorescence : ndarray of float, shape (time, neuron)
        Values that are not finite are left out.
    frame_rate_hz : float
    window_s : float
        Length of the window, centred; the trace is mirrored at its ends. A window as long as the recording, or
        longer, gives one F0 for all frames. Gaps in time are run across.
    percentile : float

    Returns
    -------
    ndarray of float32, shape (time, neuron)
        NaN in neurons without a finite value.

    Examples
    --------
    >>> ramp = np.arange(1000, dtype=np.float32)[:, None]
    >>> running_baseline(ramp, frame_rate_hz=10.0, window_s=21.0, percentile=50.0)[500]
    array([500.], dtype=float32)
    """
    from scipy.ndimage import percentile_filter  # takes a while to import

    n_frames = len(fluorescence)
    size = max(1, round(frame_rate_hz * _BIN_S))
    means = _means(fluorescence, size)
    width = max(1, round(window_s * frame_rate_hz / size))
    if width >= len(means):
        f0 = np.percentile(means, percentile, axis=0, keepdims=True).astype(np.float32)
        return np.repeat(f0, n_frames, axis=0)
    f0 = percentile_filter(means, percentile, size=(width, 1), mode="reflect")
    place = np.clip((np.arange(n_frames) - (size - 1) / 2) / size, 0, len(f0) - 1)
    before = np.minimum(place.astype(np.int64), len(f0) - 2)
    share = (place - before).astype(np.float32)[:, None]
    return f0[before] * (1 - share) + f0[before + 1] * share


def _means(fluorescence: np.ndarray, size: int) -> np.ndarray:
    """Means over ``size`` frames, of finite values; where there is none, interpolated between the nearest."""
    starts = np.arange(0, len(fluorescence), size)
    finite = np.isfinite(fluorescence)
    counts = np.add.reduceat(finite, starts, axis=0, dtype=np.float32)
    sums = np.add.reduceat(np.where(finite, fluorescence, 0), starts, axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        means = (sums / counts).astype(np.float32)
    for column in np.flatnonzero((counts == 0).any(axis=0) & finite.any(axis=0)):
        known = counts[:, column] > 0
        means[:, column] = np.interp(starts, starts[known], means[known, column])
    return means


def _least_noise(noise: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """What noise has to exceed to be one, and not rounding: of the neuron's own values, or beside other neurons'."""
    known = noise[np.isfinite(noise) & (noise > 0)]
    usual = float(np.median(known)) if known.size else 0.0
    return np.maximum(_NO_SPREAD, np.maximum(_ROUNDING * largest, _ROUNDING * usual))


def _noise(fluorescence: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """Noise level in units of the fluorescence per sqrt(Hz); NaN without two finite frames that follow each other."""
    levels = np.full(fluorescence.shape[1], np.nan, np.float32)
    finite = np.isfinite(fluorescence)
    known = (finite[1:] & finite[:-1]).any(axis=0)
    if known.any():
        levels[known] = noise_levels(fluorescence[:, known], frame_rate_hz) / 100
    return levels


def _neuropil_factor(settings: BaselineSection, neuropil: np.ndarray | None, where: str) -> float:
    if neuropil is None and settings.neuropil is not None:
        raise RecordingError(
            f"{where}, baseline.neuropil",
            got=f"{settings.neuropil:g}, and no neuropil fluorescence",
            expected="fluorescence around each neuron, in a field 'neuropil'",
            fix="name it (fields: {neuropil: Fneu}), or leave baseline.neuropil out",
        )
    return NEUROPIL if settings.neuropil is None else settings.neuropil


def _no_baseline(
    low: np.ndarray, lowest: np.ndarray, noise: np.ndarray, *, names: tuple[str, ...], settings: BaselineSection,
    where: str,
) -> RecordingError:  # fmt: skip
    listed = [f"{names[i] if names else i} ({lowest[i]:.3g}, {noise[i]:.3g})" for i in low[:_NAMED]]
    more = f" and {low.size - _NAMED} more" if low.size > _NAMED else ""
    neurons = f"{low.size} of {lowest.size} neurons"
    if settings.divide_by == "noise":
        return RecordingError(
            where,
            got=f"no noise to divide by in {neurons}: {', '.join(listed)}{more} (F0, noise)",
            expected="raw traces that vary",
            fix="set baseline: {divide_by: noise, near_zero: drop} to leave them out, on both days",
        )
    some = "baseline: {near_zero: drop} leaves them out, on both days; " if low.size < lowest.size else ""
    return RecordingError(
        where,
        got=f"F0 near or below 0 in {neurons}: {', '.join(listed)}{more} (lowest F0, noise of a frame)",
        expected="F0 above the noise of a frame; else ΔF/F is noise, or of the wrong sign",
        fix=f"{some}a smaller baseline.neuropil subtracts less; of traces without background (CNMF-E, CaImAn's "
        "C + YrA) export ΔF/F from that program, or set baseline: {divide_by: noise}, which is not ΔF/F",
    )


def _told(settings: BaselineSection, factor: float | None, duration_s: float) -> str:
    neuropil = f"neuropil was subtracted with a factor of {factor:g}, " if factor is not None else ""
    where = f"in a running window of {settings.window_s:g} s"
    if settings.window_s >= duration_s:
        where = f"over the whole recording, which is not longer than the window of {settings.window_s:g} s"
    f0 = f"F0 is the percentile {settings.percentile:g} of means over {_BIN_S:g} s {where}"
    if settings.divide_by == "F0":
        return f"ΔF/F computed from raw fluorescence: {neuropil}{f0}"
    return (
        f"raw traces without a baseline to divide by, not ΔF/F: {neuropil}{f0}, and F - F0 was divided so that every "
        f"neuron has a noise level of {RELATIVE_NOISE:g} % per sqrt(Hz)"
    )
