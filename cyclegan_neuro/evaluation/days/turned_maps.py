"""Is a translated map the other day's map, or that map turned around the track?

A mapping that is learned without pairs can give every window the place of another one: if the maps of both days look
alike after a shift around the track, or read backwards, the losses cannot tell. So tuning of translated days is
correlated with what it should be as it stands, and at every other shift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from cyclegan_neuro.evaluation.days.tuning import pearson

__all__ = ["Turn", "are_turns", "find_turn", "turned_correlations"]

_LEVEL = 0.01  # that any of all turns looks better by chance
_NEAR_BINS = 1  # shifts of one bin are no turn


@dataclass(frozen=True)
class Turn:
    """How a map agrees best with what it should be.

    Attributes
    ----------
    correlation : float
        Mean over neurons, as it stands; NaN where nothing is known.
    best_correlation : float
        At the best of all turns that move it by more than one bin, or reverse it.
    shift_cm : float
        Of this turn, forwards along the track, after the reversal if there is one.
    reversed : bool
    z : float
        Mean over neurons of the difference of both correlations, in standard errors.
    turned : bool
        Whether this turn is better than none, at 1 % for all turns together (Bonferroni).
    """

    correlation: float
    best_correlation: float
    shift_cm: float
    reversed: bool
    z: float
    turned: bool


def find_turn(curves: np.ndarray, target: np.ndarray, neurons: np.ndarray, edges_cm: np.ndarray) -> Turn:
    """Correlate curves with their target at every circular shift, forwards and reversed.

    Parameters
    ----------
    curves, target : ndarray, shape (bin, neuron)
        In ΔF/F; bins that are NaN in either are left out, and the track is closed around them.
    neurons : ndarray of bool, shape (neuron,)
        Those that count, if both their curves vary.
    edges_cm : ndarray, shape (bin + 1,)
    """
    rows = np.isfinite(curves).all(axis=1) & np.isfinite(target).all(axis=1)
    a, b = curves[rows][:, neurons], target[rows][:, neurons]
    defined = np.isfinite(pearson(a, b)) if len(a) else np.zeros(0, bool)
    if defined.sum() < 3 or len(a) < 2 * _NEAR_BINS + 2:
        return Turn(np.nan, np.nan, 0.0, False, np.nan, False)
    a, b = a[:, defined], b[:, defined]
    every, n = turned_correlations(a, b), len(a)
    standing = every[0, 0]
    turns = {
        (shift, back): every[int(back), shift]
        for back in (False, True)
        for shift in range(n)
        if are_turns(n)[int(back), shift]
    }
    (shift, back), best = max(turns.items(), key=lambda turn: turn[1].mean())
    gain = best - standing
    error = gain.std(ddof=1) / np.sqrt(gain.size)
    z = float(gain.mean() / error) if error > 0 else float(np.inf if gain.mean() > 0 else 0.0)
    return Turn(
        correlation=float(standing.mean()),
        best_correlation=float(best.mean()),
        shift_cm=float(shift * np.diff(edges_cm)[0]),
        reversed=back,
        z=z,
        turned=z > norm.isf(_LEVEL / len(turns)),
    )


def turned_correlations(curves: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the correlation of every neuron at every shift around the track, forwards and reversed.

    Parameters
    ----------
    curves, target : ndarray, shape (bin, neuron)
        Finite.

    Returns
    -------
    ndarray of float64, shape (2, bin, neuron)
        ``[0, 0]`` as it stands; ``[1]`` reversed, then shifted.
    """
    n, bins = len(curves), np.arange(len(curves))
    shifted = (bins[:, None] - bins) % n  # (bin, shift)
    fixed = np.tile(target, (1, n))
    return np.stack([pearson(own[shifted].reshape(n, -1), fixed).reshape(n, -1) for own in (curves, curves[::-1])])


def are_turns(n_bins: int, *, near: int = _NEAR_BINS) -> np.ndarray:
    """Say which of all shifts, forwards and reversed, move a map by more than ``near`` bins: bool, (2, bin)."""
    shifts = np.arange(n_bins)
    return np.stack([(shifts > near) & (shifts < n_bins - near), np.ones(n_bins, bool)])
