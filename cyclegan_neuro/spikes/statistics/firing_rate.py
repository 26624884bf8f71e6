"""Mean firing rates of spike trains.

References
----------
Li et al. 2021, sections 2.3 and 3.2, and the top of Figures H.1 to H.4.
"""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.parallel import Progress, Workers, run_all
from cyclegan_neuro.spikes.trains import neo_trains

__all__ = ["mean_rates"]


def mean_rates(
    counts: SpikeCounts, *, method: str = "elephant", workers: Workers | None = None, progress: Progress | None = None
) -> np.ndarray:
    """Firing rate of each neuron in each window.

    Parameters
    ----------
    counts : SpikeCounts
    method : {"elephant", "fast"}
        ``elephant.statistics.mean_firing_rate`` of Neo trains, or that quotient of counts (a hundredth of the time).
    workers : Workers, optional
        Processes that share the windows; without, the calling process does all.
    progress : callable, optional
        Gets (done, all) windows.

    Returns
    -------
    rates_hz : ndarray of float64, shape (window, neuron)
        Spikes divided by the length of the window; 0 where a neuron is silent.

    Examples
    --------
    >>> counts = SpikeCounts(np.array([[[2, 0], [1, 0]]], np.uint8), frame_rate_hz=4.0)
    >>> mean_rates(counts)
    array([[6., 0.]])
    """
    if method == "fast":
        return counts.counts.sum(axis=1, dtype=np.float64) / counts.duration_s
    tasks = [(window, counts.frame_rate_hz) for window in counts.counts]
    rates = run_all(_rates, tasks, workers=workers, progress=progress)
    return np.array(rates, np.float64).reshape(counts.n_windows, counts.n_neurons)


def _rates(window: np.ndarray, frame_rate_hz: float) -> list[float]:
    from elephant.statistics import mean_firing_rate

    return [mean_firing_rate(train).item() for train in neo_trains(window, frame_rate_hz=frame_rate_hz)]
