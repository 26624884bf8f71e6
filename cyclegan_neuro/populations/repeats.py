"""Recordings of a stimulus that was shown again and again."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.errors import ConfigurationError

__all__ = ["stimulus_bins"]


def stimulus_bins(first_bins: np.ndarray, n_bins: int, repeat_bins: int) -> np.ndarray:
    """Return the bin of the stimulus at each bin of samples, shape (sample, bin).

    Parameters
    ----------
    first_bins : ndarray of int, shape (sample,)
        Where samples begin, counted from the beginning of a repeat.
    n_bins, repeat_bins : int
        Bins of a sample, and of a repeat.

    Raises
    ------
    ConfigurationError
        A repeat of which the samples do not show every bin at least twice.

    Examples
    --------
    >>> stimulus_bins(np.array([0, 2, 4, 6]), 2, 4).tolist()
    [[0, 1], [2, 3], [0, 1], [2, 3]]
    """
    stimulus = (np.asarray(first_bins)[:, None] + np.arange(n_bins)) % repeat_bins
    rare = int((np.bincount(stimulus.ravel(), minlength=repeat_bins) < 2).sum())
    if rare:
        raise ConfigurationError(
            "evaluation.baselines.repeat_bins",
            got=f"{repeat_bins:,}, of which {rare:,} are in fewer than two of {len(stimulus):,} training samples",
            expected="bins after which a stimulus began again while the recording was made",
            fix="check the length of a repeat in bins, or remove it",
        )
    return stimulus
