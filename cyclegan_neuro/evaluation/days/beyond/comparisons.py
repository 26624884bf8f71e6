"""Whether the model is nearer to the recorded day than the best baseline, with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from cyclegan_neuro.evaluation.days.beyond.parts import N_BLOCKS

__all__ = ["NO_TRANSLATORS", "Comparison", "compare"]

NO_TRANSLATORS = ("floor", "truth")
"""Rows beside the translators: other parts of the recorded day that is made, and what a right translation scores."""


@dataclass(frozen=True)
class Comparison:
    """How much nearer the model is to the ideal value than the best baseline; below 0 is nearer.

    Attributes
    ----------
    best : str
        Baseline nearest to the ideal value, identity among them.
    difference : float
        Distance of the model to the ideal value less that of ``best``.
    ci95 : tuple of float
        From a paired jackknife over 8 blocks of time.
    beats_all : bool
        Whether the interval of the difference to every baseline lies below 0.
    """

    best: str
    difference: float
    ci95: tuple[float, float]
    beats_all: bool


def compare(replicates: dict[str, np.ndarray], ideal: float) -> Comparison:
    """Compare the model with identity and all alignments.

    Parameters
    ----------
    replicates : dict
        ``model``, the others, :data:`NO_TRANSLATORS` → ndarray (9,): of all blocks of time, and without one of each.
    ideal : float
    """
    apart = {name: np.abs(values - ideal) for name, values in replicates.items() if name not in NO_TRANSLATORS}
    model = apart.pop("model")
    best = min(apart, key=lambda name: (math.isnan(apart[name][0]), apart[name][0]))
    intervals = {name: _interval(model - values) for name, values in apart.items()}
    return Comparison(
        best, float(model[0] - apart[best][0]), intervals[best], all(high < 0 for _, high in intervals.values())
    )


def _interval(replicates: np.ndarray) -> tuple[float, float]:
    """95 % interval of the first value, from the others, which leave out one block each."""
    value, without = replicates[0], replicates[1:]
    error = math.sqrt((N_BLOCKS - 1) * without.var())
    reach = float(student.ppf(0.975, N_BLOCKS - 1)) * error
    return float(value - reach), float(value + reach)
