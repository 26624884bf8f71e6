"""Importance maps: how much a critic's score changes when a neuron's spikes are shuffled within a short window."""

from __future__ import annotations

import hashlib

import numpy as np

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.systems.spike_gan.importance.scores import Score, SummedScore

__all__ = ["bin_importance", "importance_maps", "neuron_importance", "shuffled_windows"]

_SAMPLES_AT_ONCE = 64
"""Samples whose distinct alterations are collected before the critic sees them; keeps nearly all batches full."""


def importance_maps(
    score: Score,
    samples: np.ndarray,
    *,
    window_bins: int = 8,
    step_bins: int = 2,
    n_shuffles: int = 5,
    seed: int,
    batch_size: int = 2048,
) -> np.ndarray:
    """Credit each spike with what the critic loses when its neuron's spikes near it are shuffled in time.

    Windows begin at bins 0, ``step_bins``, 2 ``step_bins``, ... while they fit. For each neuron and window the bins
    inside are permuted ``n_shuffles`` times; the mean of ``|score(altered) - score(sample)|`` goes to the neuron's
    spikes in the window. Each bin is then divided by the number of windows that cover it.

    Parameters
    ----------
    score : callable
        Float32 samples (batch, bin, neuron) to (batch,) numbers; a sample's number must not depend on its batch. Of a
        ``SummedScore``, as ``score_of`` gives of a convolutional critic, only what an alteration changes is computed.
    samples : ndarray of 0 and 1, shape (sample, bin, neuron)
    window_bins, step_bins : int
        Length of a window, and bins from one first bin to the next.
    n_shuffles : int
        Permutations per neuron and window.
    seed : int
    batch_size : int
        Samples per call of ``score``, at most; ``batch_size`` samples in float32 are all that is held of altered ones.

    Returns
    -------
    ndarray of float32, shape (sample, bin, neuron)
        0 where there is no spike, and in bins that no window covers (at the end, where steps do not fill the sample).

    Raises
    ------
    WindowError
        Where no window fits, or a number is below 1.

    References
    ----------
    Molano-Mazon et al. 2018, section 3.3 and Figure 4.

    Notes
    -----
    Permutations depend on ``seed`` and on the sample itself, so that a sample has the same map alone, in any company
    and in any order. A permutation that changes nothing counts as 0 without the critic; alterations of a sample that
    come out equal (one spike moved to the same bin, in overlapping windows) are scored once. Neither changes the map.

    Examples
    --------
    >>> def pairs(x):  # a spike of neuron 0 right before one of neuron 1
    ...     return (x[:, :-1, 0] * x[:, 1:, 1]).sum(axis=1)
    >>> sample = np.zeros((1, 8, 2), np.uint8)
    >>> sample[0, 3, 0] = sample[0, 4, 1] = 1
    >>> [spike.tolist() for spike in np.nonzero(importance_maps(pairs, sample, n_shuffles=20, seed=0))]
    [[0, 0], [3, 4], [0, 1]]
    """
    first_bins = _first_bins(samples.shape[1], window_bins, step_bins)
    _check_at_least_one(n_shuffles=n_shuffles, batch_size=batch_size)
    local = score if isinstance(score, SummedScore) else SummedScore(score)
    effects = np.zeros((len(samples), first_bins.size, samples.shape[2]))
    options = {"first_bins": first_bins, "window_bins": window_bins, "n_shuffles": n_shuffles, "seed": seed}
    for first in range(0, len(samples), _SAMPLES_AT_ONCE):
        part = slice(first, first + _SAMPLES_AT_ONCE)
        effects[part] = _effects(local, samples[part].astype(np.uint8), batch_size=batch_size, options=options)
    bins = np.arange(samples.shape[1])
    covers = ((bins >= first_bins[:, None]) & (bins < first_bins[:, None] + window_bins)).astype(np.float64)
    credit = np.einsum("wt,swn->stn", covers, effects, optimize=True) / np.maximum(covers.sum(axis=0), 1)[:, None]
    return np.where(samples > 0, credit, 0).astype(np.float32)


def neuron_importance(maps: np.ndarray) -> np.ndarray:
    """Mean importance of each neuron over the bins, shape (sample, neuron), of maps (sample, bin, neuron)."""
    return maps.mean(axis=1)


def bin_importance(maps: np.ndarray) -> np.ndarray:
    """Mean importance of each bin over the neurons, shape (sample, bin), of maps (sample, bin, neuron)."""
    return maps.mean(axis=2)


def shuffled_windows(
    sample: np.ndarray, first_bins: np.ndarray, *, window_bins: int, n_shuffles: int, seed: int
) -> np.ndarray:
    """Permute the bins of every window of every neuron, each on its own.

    Parameters
    ----------
    sample : ndarray of uint8, shape (bin, neuron)
    first_bins : ndarray of int, shape (window,)
    window_bins, n_shuffles, seed : int

    Returns
    -------
    ndarray of uint8, shape (neuron, window, shuffle, window bin)
        The same for the same seed and sample.
    """
    digest = hashlib.blake2b(np.ascontiguousarray(sample, dtype=np.uint8).tobytes(), digest_size=16).digest()
    rng = np.random.default_rng([seed, int.from_bytes(digest, "little")])
    windows = sample.T[:, first_bins[:, None] + np.arange(window_bins)]
    return rng.permuted(np.repeat(windows[:, :, None], n_shuffles, axis=2), axis=3)


def _effects(score: SummedScore, samples: np.ndarray, *, batch_size: int, options: dict) -> np.ndarray:
    """Mean absolute change of the score, shape (sample, window, neuron); options as of :func:`shuffled_windows`."""
    alterations = [_distinct_alterations(sample, **options) for sample in samples]
    at = np.repeat(np.arange(len(samples)), [len(neurons) for neurons, _, _ in alterations])
    neurons = np.concatenate([neurons for neurons, _, _ in alterations])
    rows = np.concatenate([rows for _, rows, _ in alterations])
    first_changed = np.argmax(rows != samples[at, :, neurons], axis=1)
    batches = (samples[first : first + batch_size] for first in range(0, len(samples), batch_size))
    parts = np.concatenate([score.parts(batch.astype(np.float32)) for batch in batches])
    changes = np.empty(at.size)
    for first in range(0, at.size, batch_size):
        batch = slice(first, first + batch_size)
        altered = samples[at[batch]].astype(np.float32)
        altered[np.arange(len(altered)), :, neurons[batch]] = rows[batch]
        changes[batch] = np.abs(score.changes(altered, parts[at[batch]], first_changed[batch], options["window_bins"]))
    ends = np.cumsum([len(neurons) for neurons, _, _ in alterations])[:-1]
    by_sample = zip(np.split(changes, ends), alterations, strict=True)
    return np.stack([np.append(change, 0.0)[which].mean(axis=2).T for change, (_, _, which) in by_sample])


def _distinct_alterations(sample: np.ndarray, *, first_bins: np.ndarray, window_bins: int, **options):
    """What the critic has to see of one sample.

    Returns
    -------
    neurons : ndarray of int, shape (alteration,)
    rows : ndarray of uint8, shape (alteration, bin)
        The neuron's spikes after the shuffle; no two alterations are equal, none equals the sample.
    which : ndarray of int, shape (neuron, window, shuffle)
        Which alteration a shuffle is; -1 where it changed nothing.
    """
    shuffled = shuffled_windows(sample, first_bins, window_bins=window_bins, **options)
    shape = shuffled.shape[:3]
    rows = np.broadcast_to(sample.T[:, None, None], (*shape, len(sample))).copy()
    for window, first in enumerate(first_bins):
        rows[:, window, :, first : first + window_bins] = shuffled[:, window]
    changed = (rows != sample.T[:, None, None]).any(axis=3)
    which = np.full(shape, -1)
    neurons = np.nonzero(changed)[0]
    keys = np.concatenate([neurons.astype(np.uint32)[:, None].view(np.uint8), np.packbits(rows[changed], axis=1)], 1)
    keys = np.ascontiguousarray(keys).view(np.dtype((np.void, keys.shape[1]))).ravel()  # one comparison per row
    _, first, which[changed] = np.unique(keys, return_index=True, return_inverse=True)
    return neurons[first], rows[changed][first], which


def _first_bins(n_bins: int, window_bins: int, step_bins: int) -> np.ndarray:
    _check_at_least_one(window_bins=window_bins, step_bins=step_bins)
    if window_bins > n_bins:
        raise WindowError(
            "window_bins of the importance maps",
            got=f"{window_bins} bins",
            expected=f"at most the {n_bins} bins of a sample",
            fix="choose a shorter window",
        )
    return np.arange(0, n_bins - window_bins + 1, step_bins)


def _check_at_least_one(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise WindowError(
                f"{name} of the importance maps", got=str(number), expected="at least 1", fix="choose a larger number"
            )
