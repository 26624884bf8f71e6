"""How noisy a ΔF/F trace is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyclegan_neuro.errors import RecordingError

__all__ = ["noise_levels"]

_COLUMNS_AT_ONCE = 64  # bounds the memory that the differences of a long recording take


def noise_levels(dff: np.ndarray, frame_rate_hz: float, gaps: Sequence[int] | np.ndarray = ()) -> np.ndarray:
    """Noise level of each neuron: ``100 median |dff(t + 1) - dff(t)| / sqrt(rate)``.

    Differences across gaps are left out, so that joined stretches or windows have the noise of their frames.

    Parameters
    ----------
    dff : ndarray of float, shape (time, neuron)
        ΔF/F as a fraction. Differences with a frame that is not finite are left out.
    frame_rate_hz : float
    gaps : sequence of int, optional
        Frames ``g`` after which time is not continuous: the difference between ``g`` and ``g + 1`` is left out.

    Returns
    -------
    levels : ndarray of float64, shape (neuron,)
        In % per sqrt(Hz), comparable between frame rates.

    Raises
    ------
    RecordingError
        If a neuron has no two finite frames that follow each other.

    References
    ----------
    Rupprecht et al., Nat. Neurosci. 24:1324-1337 (2021), Methods, "Computation of noise levels".

    Examples
    --------
    >>> dff = np.array([[0.0], [0.1], [0.0], [5.0], [5.3]])
    >>> noise_levels(dff, 25.0, gaps=[2]).round(6).tolist()
    [2.0]
    """
    dff = np.asarray(dff)
    last = np.asarray(gaps, np.int64)
    follows = np.ones(max(0, len(dff) - 1), bool)
    follows[last[last < follows.size]] = False
    medians = np.full(dff.shape[1], np.nan)
    for start in range(0, dff.shape[1], _COLUMNS_AT_ONCE):
        part = slice(start, start + _COLUMNS_AT_ONCE)
        medians[part] = _medians(np.abs(np.diff(dff[:, part], axis=0))[follows])
    unknown = np.flatnonzero(np.isnan(medians))
    if unknown.size:
        more = f" and {unknown.size - 1} more" if unknown.size > 1 else ""
        raise RecordingError(
            f"noise level of neuron {unknown[0]}{more}",
            got=f"no two finite frames that follow each other in {len(dff)} frames",
            expected="at least two",
            fix="give a longer stretch of ΔF/F, or leave the neuron out",
        )
    return 100.0 * medians / np.sqrt(frame_rate_hz)


def _medians(differences: np.ndarray) -> np.ndarray:
    """Median over the finite differences of each column, NaN for a column without one."""
    finite = np.isfinite(differences)
    if len(differences) and finite.all():
        return np.median(differences, axis=0)
    return np.array(
        [np.median(d[ok]) if ok.any() else np.nan for d, ok in zip(differences.T, finite.T, strict=True)], np.float64
    )
