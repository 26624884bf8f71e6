"""Correlations between binned spike trains of neurons.

References
----------
Li et al. 2021, sections 2.3 and 3.2, and the middle of Figures H.1 to H.4.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.parallel import Progress, Workers, run_all
from cyclegan_neuro.spikes.trains import neo_trains

__all__ = ["BinLayout", "bins_of", "correlations", "window_correlations"]


@dataclass(frozen=True)
class BinLayout:
    """How the frames of a window fall into bins.

    Attributes
    ----------
    frames_per_bin, n_bins : int
    dropped_frames : int
        Frames at the end of each window that fill no bin; their spikes are not used.
    """

    frames_per_bin: int
    n_bins: int
    dropped_frames: int


def bins_of(n_frames: int, frame_rate_hz: float, bin_s: float) -> BinLayout:
    """Bins of whole frames: as many frames as come closest to ``bin_s``, at least one.

    Parameters
    ----------
    n_frames : int
        Frames of a window.
    frame_rate_hz : float
    bin_s : float
        Wanted width of a bin in seconds.

    Raises
    ------
    ConfigurationError
        If ``bin_s`` is not positive, or the window holds fewer than two bins.

    Examples
    --------
    >>> bins_of(1985, 24.0, 0.5)
    BinLayout(frames_per_bin=12, n_bins=165, dropped_frames=5)
    """
    frames_per_bin = max(1, round(bin_s * frame_rate_hz)) if bin_s > 0 else 0
    if not frames_per_bin or n_frames < 2 * frames_per_bin:
        raise ConfigurationError(
            "bin_s",
            got=f"{bin_s:g} s for windows of {n_frames / frame_rate_hz:g} s",
            expected="a positive width that fits into a window at least twice",
            fix="choose narrower bins or longer windows",
        )
    n_bins, dropped = divmod(n_frames, frames_per_bin)
    return BinLayout(frames_per_bin, n_bins, dropped)


def correlations(
    counts: SpikeCounts,
    *,
    bin_s: float = 0.5,
    method: str = "elephant",
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> np.ndarray:
    """Pearson correlation of binned spike trains, over all pairs of neurons, in each window.

    Parameters
    ----------
    counts : SpikeCounts
    bin_s : float
        Width of a bin in seconds; :func:`bins_of` says which frames make which bin.
    method : {"elephant", "fast"}
        ``elephant.conversion.BinnedSpikeTrain`` and ``elephant.spike_train_correlation.correlation_coefficient`` of
        Neo trains, or ``numpy.corrcoef`` of counts (a thirtieth of the time), which agrees to 1e-12.
    workers : Workers, optional
        Processes that share the windows; without, the calling process does all.
    progress : callable, optional
        Gets (done, all) windows.

    Returns
    -------
    correlations : ndarray of float64, shape (window, pair)
        Pairs in the order of ``numpy.triu_indices(n_neurons, 1)``. NaN where one of the two neurons is silent
        in the bins of the window, or has equally many spikes in each of them.

    Raises
    ------
    ConfigurationError
        If a window does not hold two bins.

    Examples
    --------
    >>> window = np.array([[2, 0, 0], [0, 0, 1], [1, 0, 1]], np.uint8)
    >>> correlations(SpikeCounts(window[np.newaxis], frame_rate_hz=2.0)).round(3)
    array([[   nan, -0.866,    nan]])
    """
    layout = bins_of(counts.n_frames, counts.frame_rate_hz, bin_s)
    if method == "fast":
        values = [window_correlations(window, counts.frame_rate_hz, bin_s) for window in counts.counts]
    else:
        used = layout.frames_per_bin * layout.n_bins
        tasks = [(window[:used], counts.frame_rate_hz, layout.n_bins) for window in counts.counts]
        values = run_all(_correlations, tasks, workers=workers, progress=progress)
    n_pairs = counts.n_neurons * (counts.n_neurons - 1) // 2
    return np.array(values, np.float64).reshape(counts.n_windows, n_pairs)


def window_correlations(window: np.ndarray, frame_rate_hz: float, bin_s: float) -> np.ndarray:
    """Return the correlations of one window of counts (frame, neuron), from counts: float64, (pair,)."""
    layout = bins_of(len(window), frame_rate_hz, bin_s)
    used = window[: layout.frames_per_bin * layout.n_bins]
    binned = used.reshape(layout.n_bins, -1, window.shape[1]).sum(axis=1, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):  # silent neurons: their NaN says it
        matrix = np.atleast_2d(np.corrcoef(binned, rowvar=False))
    return matrix[np.triu_indices(len(matrix), 1)]


def _correlations(window: np.ndarray, frame_rate_hz: float, n_bins: int) -> np.ndarray:
    from elephant.conversion import BinnedSpikeTrain
    from elephant.spike_train_correlation import correlation_coefficient

    binned = BinnedSpikeTrain(neo_trains(window, frame_rate_hz=frame_rate_hz), n_bins=n_bins)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", UserWarning)  # silent neurons: their NaN says it
        matrix = np.atleast_2d(correlation_coefficient(binned))
    return matrix[np.triu_indices(len(matrix), 1)]
