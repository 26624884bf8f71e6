"""From effects and those of null pairs to p-values, discoveries and shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

__all__ = ["LEAST_PAIRS", "LEVEL", "Share", "discoveries", "p_values", "share_above"]

LEVEL = 0.05
LEAST_PAIRS = 3  # of which the spread over pairs can be told


def p_values(effect: np.ndarray, null: np.ndarray, *, own: bool = False) -> np.ndarray:
    """Return (r + 1) / (n + 1), where r of n null effects are at least as large.

    Parameters
    ----------
    effect : ndarray, shape (neuron,)
    null : ndarray, shape (pair, neuron)
        Of the same neurons if ``own``; else of any, all together. NaN is left out.
    own : bool
        Compare each neuron with itself.

    Returns
    -------
    ndarray of float64, shape (neuron,)
        NaN where the effect is.

    Examples
    --------
    >>> p_values(np.array([3.0, 0.5]), np.array([[0.0, 1.0], [2.0, 4.0]])).tolist()
    [0.4, 0.8]
    >>> p_values(np.array([3.0, 0.5]), np.array([[0.0, 1.0], [2.0, 4.0]]), own=True).tolist()
    [0.3333333333333333, 1.0]
    """
    if own:
        above, n = (null >= effect).sum(axis=0), np.isfinite(null).sum(axis=0)
    else:
        known = np.sort(null[np.isfinite(null)])
        above, n = len(known) - np.searchsorted(known, effect, side="left"), len(known)
    return np.where(np.isfinite(effect), (above + 1) / (n + 1), np.nan)


def discoveries(p: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for the false-discovery rate (Benjamini and Hochberg), any shape; NaN stays."""
    adjusted, known = np.full(p.shape, np.nan), np.isfinite(p)
    if known.any():
        adjusted[known] = stats.false_discovery_control(p[known])
    return adjusted


@dataclass(frozen=True)
class Share:
    """Neurons above the null's 95th percentile.

    Attributes
    ----------
    share : float
    ci95 : tuple of float
        Wilson's, over neurons.
    null : tuple of float
        The same of each null pair, against the other ones; empty for fewer than two pairs.
    bound : float or None
        What another null pair stays below with 95 % (one-sided prediction, t over pairs, divided among the kinds of
        change); None for fewer than three pairs.
    """

    share: float
    ci95: tuple[float, float]
    null: tuple[float, ...]
    bound: float | None

    @property
    def beyond(self) -> bool | None:
        """Whether more neurons changed than in another pair without learning; None where that cannot be told."""
        return None if self.bound is None else self.share > self.bound


def share_above(effect: np.ndarray, nulls: Sequence[np.ndarray], *, n_kinds: int) -> Share:
    """Compare the distribution of effects with those of null pairs.

    Parameters
    ----------
    effect : ndarray, shape (neuron,)
    nulls : sequence of ndarray, shape (neuron,)
        A pair each; not necessarily of the same neurons.
    n_kinds : int
        Kinds of change that are looked at, for Bonferroni's correction.
    """
    effect, nulls = _finite(effect), [_finite(null) for null in nulls]
    above = int((effect > _threshold(nulls)).sum())
    low, high = stats.binomtest(above, len(effect)).proportion_ci(method="wilson")
    shares = tuple(
        float((null > _threshold([*nulls[:k], *nulls[k + 1 :]])).mean()) for k, null in enumerate(nulls)
    ) if len(nulls) > 1 else ()  # fmt: skip
    return Share(above / len(effect), (float(low), float(high)), shares, _bound(shares, len(effect), n_kinds))


def _bound(shares: Sequence[float], n_neurons: int, n_kinds: int) -> float | None:
    n = len(shares)
    if n < LEAST_PAIRS:
        return None
    least = np.sqrt(LEVEL * (1 - LEVEL) / n_neurons)  # of a share, even if all pairs happen to agree
    spread = max(float(np.std(shares, ddof=1)), float(least))
    return float(np.mean(shares) + stats.t.ppf(1 - LEVEL / n_kinds, n - 1) * spread * np.sqrt(1 + 1 / n))


def _finite(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]


def _threshold(nulls: Sequence[np.ndarray]) -> float:
    return float(np.quantile(np.concatenate(nulls), 1 - LEVEL, method="higher"))
