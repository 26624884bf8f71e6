"""Trials smoothed in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyclegan_neuro.populations.trials.trials import Trials

__all__ = ["smoothed"]


def smoothed(trials: Trials, sd_bins: float) -> Trials:
    """Return the trials with values and targets smoothed by a Gaussian, to both sides and within each trial.

    Parameters
    ----------
    trials : Trials
    sd_bins : float
        Standard deviation; 0 changes nothing. The first and last bin of a trial stand for what lies outside.

    Examples
    --------
    >>> values = np.float32([[1], [1], [0], [0], [0]])
    >>> smoothed(Trials(values, "spikes/s", 0.1, trial=np.array([0, 0, 1, 1, 1])), 2.0).values.ravel().tolist()
    [1.0, 1.0, 0.0, 0.0, 0.0]
    """
    from scipy.ndimage import gaussian_filter1d  # a moment that --help need not wait

    if not sd_bins:
        return trials
    borders = np.flatnonzero(np.diff(trials.trial)) + 1

    def smooth(array: np.ndarray) -> np.ndarray:
        parts = np.split(array, borders)
        return np.concatenate([gaussian_filter1d(part, sd_bins, axis=0, mode="nearest") for part in parts])

    what = "values" if trials.targets is None else "values and targets"
    return replace(
        trials,
        values=smooth(trials.values),
        targets=None if trials.targets is None else smooth(trials.targets),
        notes=(*trials.notes, f"{what} smoothed within trials: Gaussian, {sd_bins:g} bins to both sides"),
    )
