"""What changed according to a run, and how far other runs say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cyclegan_neuro.evaluation.days.beyond.parts import Part, residuals
from cyclegan_neuro.evaluation.days.translation import Translator

__all__ = ["MEASURES", "Agreement", "Change", "Match", "OtherRun", "agree", "change_of"]

MEASURES = ("places", "within", "size")
"""Mean change at each place; frame by frame, without the mean of the place; mean absolute change of each neuron."""


@dataclass(frozen=True, eq=False)
class OtherRun:
    """A run of the same configuration but for its seed, or for a permutation of identities.

    Attributes
    ----------
    name : str
    translator : Translator
    permutation : tuple of (float, int)
        ``data.permuted_share`` and ``data.permuted_seed``.
    """

    name: str
    translator: Translator
    permutation: tuple[float, int]


@dataclass(frozen=True, eq=False)
class Change:
    """G(x) - x over the test frames of day x, in standard deviations of each neuron on day x.

    Attributes
    ----------
    places : ndarray of float64, shape (place, neuron)
        Mean at each place; where none is known there is one.
    within : ndarray of float32, shape (row, neuron)
        What is left of each frame.
    size : ndarray of float64, shape (1, neuron)
        Mean absolute change.
    """

    places: np.ndarray
    within: np.ndarray
    size: np.ndarray

    @classmethod
    def mean(cls, changes: Sequence[Change]) -> Change:
        """Return the mean over runs."""
        return cls(*(np.mean([getattr(one, name) for one in changes], axis=0) for name in MEASURES))


def change_of(part: Part, made: np.ndarray, recorded: np.ndarray, scale: np.ndarray) -> Change:
    """Return how frames change.

    Parameters
    ----------
    part : Part
    made, recorded : ndarray, shape (row, neuron)
        G(x) and x, in ΔF/F.
    scale : ndarray, shape (neuron,)
        In ΔF/F; a neuron with 0 counts as not changed.
    """
    difference = np.divide(made - recorded, scale, out=np.zeros(made.shape), where=scale > 0)
    within = residuals(part, difference).values
    seen = np.unique(part.at)
    places = np.stack([(difference - within)[part.at == place].mean(axis=0) for place in seen])
    return Change(places, within, np.abs(difference).mean(axis=0)[None])


@dataclass(frozen=True, eq=False)
class Match:
    """What runs with permuted identities say of the other neurons.

    Attributes
    ----------
    share : float
        Of neurons that were permuted.
    n : int
        Neurons that kept their identity in all these runs.
    with_runs, between : dict of str to list of float
        Measure → correlation of each such run with each that has all identities, and between these, over the same
        neurons.
    """

    share: float
    n: int
    with_runs: dict[str, list[float]]
    between: dict[str, list[float]]


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far runs say the same.

    Attributes
    ----------
    runs : list of str
        This run first, then those with other seeds.
    aligned : str
        Simple alignment whose change is the same for all of them.
    between, rest : dict of str to list of float
        Measure → correlation of the change between all pairs of runs, and the partial correlation given the
        alignment's change.
    with_alignment : dict of str to list of float
        Measure → correlation of each run's change with the alignment's.
    errors : dict of str to dict
        Measure → ``runs`` (each), ``mean`` (of the mean over runs) and ``alignment``: root mean square error of the
        change, as a share of the true change (doing nothing: 1); empty where the truth is not known.
    matches : list of Match
        By share.
    """

    runs: list[str]
    aligned: str
    between: dict[str, list[float]]
    rest: dict[str, list[float]]
    with_alignment: dict[str, list[float]]
    errors: dict[str, dict]
    matches: list[Match]


def agree(
    changes: Mapping[str, Change],
    aligned: tuple[str, Change],
    *,
    truth: Change | None,
    permuted: Mapping[float, Sequence[tuple[Change, np.ndarray]]],
) -> Agreement:
    """Compare runs.

    Parameters
    ----------
    changes : mapping
        Run → its change; this run first.
    aligned : tuple of (str, Change)
        Name and change of a simple alignment.
    truth : Change, optional
    permuted : mapping
        Share of permuted identities → change of each run and the neurons that kept theirs, bool (neuron,).
    """
    name, simple = aligned
    runs = list(changes.values())
    between = {measure: _between(runs, measure) for measure in MEASURES}
    with_simple = {measure: [_correlation(one, simple, measure) for one in runs] for measure in MEASURES}
    return Agreement(
        list(changes), name, between,
        {measure: _partial(between[measure], with_simple[measure]) for measure in MEASURES}, with_simple,
        {} if truth is None else {measure: _errors(runs, simple, truth, measure) for measure in MEASURES[:2]},
        [_match(share, runs, own) for share, own in sorted(permuted.items())],
    )  # fmt: skip


def _match(share: float, runs: Sequence[Change], permuted: Sequence[tuple[Change, np.ndarray]]) -> Match:
    kept = np.logical_and.reduce([own for _, own in permuted])
    crossed = {
        name: [_correlation(one, other, name, kept) for one in runs for other, _ in permuted] for name in MEASURES
    }
    return Match(share, int(kept.sum()), crossed, {name: _between(runs, name, kept) for name in MEASURES})


def _between(runs: Sequence[Change], measure: str, kept: np.ndarray | slice = slice(None)) -> list[float]:
    return [_correlation(*pair, measure, kept) for pair in combinations(runs, 2)]


def _partial(between: Sequence[float], with_third: Sequence[float]) -> list[float]:
    """Correlations of pairs given a third variable; one that does not vary (NaN) explains nothing."""
    pairs = combinations(np.nan_to_num(with_third), 2)
    return [float((r - a * b) / np.sqrt((1 - a**2) * (1 - b**2))) for r, (a, b) in zip(between, pairs, strict=True)]


def _correlation(a: Change, b: Change, measure: str, kept: np.ndarray | slice = slice(None)) -> float:
    """Over all values of ``kept`` neurons; NaN where either does not vary (to rounding)."""
    first, second = (getattr(one, measure)[:, kept].ravel().astype(np.float64) for one in (a, b))
    if min(first.size, second.size) < 3 or min(first.std(), second.std()) < 1e-6:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def _errors(runs: Sequence[Change], simple: Change, truth: Change, measure: str) -> dict:
    true = getattr(truth, measure)

    def error(change: Change) -> float:
        size = float(np.sqrt(np.mean(true**2, dtype=np.float64)))
        missed = float(np.sqrt(np.mean((getattr(change, measure) - true) ** 2, dtype=np.float64)))
        return missed / size if size else float("nan")

    return {"runs": [error(one) for one in runs], "mean": error(Change.mean(runs)), "alignment": error(simple)}
