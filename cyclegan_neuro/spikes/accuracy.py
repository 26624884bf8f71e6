"""How good a predicted spike rate is: correlation, error and bias against the true rate.

References
----------
Rupprecht et al., "A database and deep learning toolbox for noise-optimized, generalized
spike inference from calcium imaging", Nat. Neurosci. 24:1324-1337 (2021), Methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.recordings.frames import runs
from cyclegan_neuro.spikes.ground_truth.examples import smooth_target
from cyclegan_neuro.spikes.ground_truth.loading import short_name

__all__ = ["MAX_LAG_S", "Accuracy", "AccuracySummary", "cell_accuracy", "summarise"]

MAX_LAG_S = 0.5

#: Predicted rate, true rate (both Hz) and valid frames (bool) of one segment, each of shape (frame,).
SegmentRates = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Accuracy:
    """How a predicted rate ``p`` compares with the true rate ``t``, over all valid frames of a cell.

    Attributes
    ----------
    correlation : float
        Pearson's; 0 for a constant prediction, which tells nothing.
    error : float
        ``sum |p - t| / sum t``.
    bias : float
        ``sum (p - t) / sum t``; positive where too many spikes are predicted.
    lag_s : float
        How much later than the truth the prediction was taken to be.
    n_frames : int
        Frames compared. Without a true spike in them the metrics are NaN.
    """

    correlation: float
    error: float
    bias: float
    lag_s: float
    n_frames: int


@dataclass(frozen=True)
class AccuracySummary:
    """Medians over cells.

    Attributes
    ----------
    correlation, error, bias, lag_s : float
        Medians; NaN without cells.
    n_cells : int
        Cells in the medians.
    n_left_out : int
        Cells without a true spike in their valid frames, which are not.
    """

    correlation: float
    error: float
    bias: float
    lag_s: float
    n_cells: int
    n_left_out: int


def cell_accuracy(
    segments: Sequence[SegmentRates], *, frame_rate_hz: float, sigma_s: float = 0.0, best_lag: bool = False
) -> Accuracy:
    """Compare over all segments of a cell together: their valid frames are pooled.

    Parameters
    ----------
    segments : sequence of (ndarray, ndarray, ndarray)
        Predicted rate, true rate and valid frames (those that were predicted, bool) of each segment, shape (frame,).
        In Hz; a spike count per frame is a rate when multiplied with the frame rate.
    frame_rate_hz : float
    sigma_s : float
        Smooth both with this Gaussian before; 0 leaves them as they are. Each run of valid frames is smoothed by
        itself, so that both lose the same at its ends.
    best_lag : bool
        Shift the prediction by the lag, up to 0.5 s either way and one for the cell, of the highest correlation.

    Returns
    -------
    Accuracy

    Examples
    --------
    >>> true = np.array([0.0, 0, 2, 0, 0, 1, 0])
    >>> late = np.array([0.0, 0, 0, 2, 0, 0, 1])
    >>> cell_accuracy([(late, true, np.ones(7, bool))], frame_rate_hz=10.0, best_lag=True)
    Accuracy(correlation=1.0, error=0.0, bias=0.0, lag_s=0.1, n_frames=6)
    """
    parts = [
        tuple(smooth_target(np.asarray(values)[start:stop], frame_rate_hz, sigma_s) for values in (predicted, true))
        for predicted, true, valid in segments
        for start, stop in runs(valid)
    ]
    furthest = int(MAX_LAG_S * frame_rate_hz) if best_lag else 0
    # Of equal correlations the smaller lag is taken.
    lags = sorted(range(-furthest, furthest + 1), key=abs)
    results = [_compare(*_shifted(parts, lag), lag / frame_rate_hz) for lag in lags]
    return max(results, key=lambda result: -np.inf if np.isnan(result.correlation) else result.correlation)


def summarise(
    cells: Sequence[tuple[str, Accuracy]], *, without: Sequence[str] = ("DS15", "DS16")
) -> dict[str, AccuracySummary]:
    """Take medians over cells by data set, over all, and over all but some data sets.

    Parameters
    ----------
    cells : sequence of (str, Accuracy)
        Data set and accuracy of each cell.
    without : sequence of str
        Data sets, by name or by what stands before the first hyphen, that the last row leaves out.
        There is no such row when no cell, or every cell, is of these.

    Returns
    -------
    dict of str to AccuracySummary
        Data sets in order of name, then ``"all"``, then for example ``"without DS15, DS16"``.

    Examples
    --------
    >>> rows = summarise([("DS09-a", Accuracy(0.5, 1, 0, 0, 9)), ("DS15-b", Accuracy(0.7, 1, 0, 0, 9))])
    >>> {name: row.correlation for name, row in rows.items()}
    {'DS09-a': 0.5, 'DS15-b': 0.7, 'all': 0.6, 'without DS15, DS16': 0.5}
    """
    rows = {
        dataset: _medians([result for name, result in cells if name == dataset])
        for dataset in sorted({name for name, _ in cells})
    }
    rows["all"] = _medians([result for _, result in cells])
    rest = [result for name, result in cells if name not in without and short_name(name) not in without]
    if 0 < len(rest) < len(cells):
        rows[f"without {', '.join(without)}"] = _medians(rest)
    return rows


def _shifted(parts: Sequence[tuple[np.ndarray, ...]], lag: int) -> tuple[np.ndarray, np.ndarray]:
    """Pool the frames of all runs, each true frame with the predicted one ``lag`` frames later."""
    later, earlier = max(lag, 0), max(-lag, 0)
    predicted = [p[later : max(later, p.size - earlier)] for p, _ in parts]
    true = [t[earlier : max(earlier, t.size - later)] for _, t in parts]
    return np.concatenate([*predicted, []]), np.concatenate([*true, []])


def _compare(predicted: np.ndarray, true: np.ndarray, lag_s: float) -> Accuracy:
    total = true.sum()
    if not total > 0:
        return Accuracy(np.nan, np.nan, np.nan, lag_s, true.size)
    difference = predicted - true
    p, t = predicted - predicted.mean(), true - true.mean()
    scale = float(np.sqrt((p @ p) * (t @ t)))
    return Accuracy(
        correlation=float(p @ t) / scale if scale else 0.0,
        error=float(np.abs(difference).sum() / total),
        bias=float(difference.sum() / total),
        lag_s=lag_s,
        n_frames=true.size,
    )


def _medians(results: Sequence[Accuracy]) -> AccuracySummary:
    known = [result for result in results if not np.isnan(result.correlation)]
    values = np.array([[r.correlation, r.error, r.bias, r.lag_s] for r in known]).reshape(-1, 4)
    medians = np.median(values, axis=0).tolist() if known else [float("nan")] * 4
    correlation, error, bias, lag_s = medians
    return AccuracySummary(correlation, error, bias, lag_s, n_cells=len(known), n_left_out=len(results) - len(known))
