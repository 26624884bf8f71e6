"""Parts of the data: what is compared there, against what, and how near it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from cyclegan_neuro.evaluation.encoding.model import EncodingModel
from cyclegan_neuro.evaluation.encoding.repeats import Recorded, noise_left_out
from cyclegan_neuro.evaluation.encoding.scores import Agreement, Estimate, agreement
from cyclegan_neuro.populations.responses.statistics import (
    ResponseStatistics,
    measure,
    psth_correlations,
    split_halves,
    total_variation,
)
from cyclegan_neuro.spikes.cache import ResultCache, content_key

__all__ = ["DATA", "REFERENCE", "TRIALS_OF_TRUTH", "Against", "Part", "Scores", "compare", "measure_part"]

DATA, REFERENCE = "data", "reference"
"""The recording's own row (other trials of it, or two halves), and what all are compared with."""
_N_SPLITS = 20
TRIALS_OF_TRUTH = 2000


class Against(Enum):
    """What statistics are compared with; the value is what reports call it."""

    TRUTH = "simulated truth"
    TRIALS = "held-out trials"
    TRAINED = "training trials"
    ITSELF = "recording"


@dataclass(frozen=True, eq=False)
class Scores:
    """How near the statistics of a model are to those of a reference.

    Attributes
    ----------
    noise, total : Agreement
        Noise and total correlations, over pairs of neurons.
    rate : Agreement
        Firing rates, over neurons.
    psth : Estimate
        Correlation over stimuli, averaged over neurons.
    histogram : float
        Total variation distance of the population-count histograms.
    fano : Agreement, optional
        Fano factors, over neurons, where counts above 1 occur and other trials are the reference.
    """

    noise: Agreement
    total: Agreement
    rate: Agreement
    psth: Estimate
    histogram: float
    fano: Agreement | None = None

    def metrics(self) -> dict:
        """Return the entry of ``metrics.json``."""
        found = {
            "noise_correlation": self.noise.metrics(),
            "total_correlation": self.total.metrics(),
            "firing_rate": self.rate.metrics(),
            "psth_r": self.psth._asdict(),
            "count_histogram_distance": self.histogram,
        }
        return found if self.fano is None else found | {"fano_factor": self.fano.metrics()}


@dataclass(frozen=True, eq=False)
class Part:
    """Training stimuli, or what was held out, of one day or of all.

    Attributes
    ----------
    name : {"train", "held_out"}
    stimulus : ndarray of int64, shape (response,)
        Of the rows that models were sampled at.
    against : Against
    counts : dict of str to ndarray, shape (response, neuron)
        At ``stimulus``: the recording (``"data"``) and every model.
    reference : ResponseStatistics
    statistics : dict of str to ResponseStatistics
        Of ``counts``.
    noise_left_out : dict of str to ndarray, shape (group, neuron, neuron)
        Noise correlations of the same, and of the reference, without groups of trials; no groups of the truth.
    expected : dict of str to ndarray, shape (stimulus, neuron)
        Counts that models expect at ``stimuli``.
    scores : dict of str to Scores
        Against the reference. ``"data"``: the recording's own trials, the ceiling; against the recording itself
        (``Against.ITSELF``) what as many trials again would reach, from halves.
    """

    name: str
    stimulus: np.ndarray
    against: Against
    counts: dict[str, np.ndarray]
    reference: ResponseStatistics
    statistics: dict[str, ResponseStatistics]
    noise_left_out: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]
    scores: dict[str, Scores]

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(key for key in self.scores if key != DATA)

    @property
    def stimuli(self) -> np.ndarray:
        """Rising, int64; rows of PSTHs."""
        return np.unique(self.stimulus)

    def metrics(self) -> dict:
        """Return the entry of ``metrics.json``."""
        scored = {key: scores.metrics() for key, scores in self.scores.items()}
        mean = float(np.nanmean(self.reference.noise_correlation[np.triu_indices(len(self.reference.rates), 1)]))
        facts = {"reference": self.against.value, "mean_noise_correlation": mean, "n_responses": len(self.stimulus)}
        return {**facts, "models": scored}


def measure_part(
    name: str,
    recorded: Recorded,
    models: Mapping[str, EncodingModel],
    *,
    truth: Any,
    others: Recorded | None,
    draws: np.ndarray,
    seed: tuple[int, ...],
    cache: ResultCache,
) -> Part:
    """Sample every model at the stimuli of a part as often as they were shown, and compare.

    Parameters
    ----------
    name : {"train", "held_out"}
    recorded : Recorded
    models : mapping of str to EncodingModel
    truth : EncodingModel with ``arrays()``, optional
        The simulator: the reference, at 2,000 trials of each stimulus.
    others : Recorded, optional
        Other trials of the same stimuli: the reference where there is no truth. Without either the reference is what
        was recorded.
    draws : ndarray
        Of neurons, see :func:`~cyclegan_neuro.evaluation.encoding.scores.neuron_draws`.
    seed : tuple of int
        Of samples and splits.
    cache : ResultCache
        Keeps the statistics of the truth.
    """
    counts, stimulus, _ = recorded
    *seeds, halves, expected = np.random.SeedSequence(seed).generate_state(len(models) + 2).tolist()
    drawn = {DATA: counts} | {
        key: model.sample(stimulus, seed=one) for (key, model), one in zip(models.items(), seeds, strict=True)
    }
    found = {key: measure(values, stimulus) for key, values in drawn.items()}
    left_out = {key: noise_left_out(recorded._replace(counts=values)) for key, values in drawn.items()}
    if truth is not None:
        against, reference = Against.TRUTH, _expected(truth, np.unique(stimulus), seed=expected, cache=cache)
        left_out[REFERENCE] = left_out[DATA][:0]
    elif others is not None:
        against = Against.TRIALS if name == "held_out" else Against.TRAINED
        reference, left_out[REFERENCE] = measure(others.counts, others.stimulus), noise_left_out(others)
    else:
        against, reference, left_out[REFERENCE] = Against.ITSELF, found[DATA], left_out[DATA]
    noise = reference.noise_correlation[None]
    scores = {
        key: compare(one, reference, draws, left_out=(
            (left_out[key], noise), (one.noise_correlation[None], left_out[REFERENCE])
        ))
        for key, one in found.items()
    }  # fmt: skip
    if against is Against.ITSELF:
        scores[DATA] = _as_many_again(recorded, seed=halves)
    elif others is not None and max(counts.max(), others.counts.max()) > 1:
        right = fano_factors(others.counts, others.stimulus)
        fano = {key: agreement(fano_factors(values, stimulus), right, draws) for key, values in drawn.items()}
        scores = {key: replace(one, fano=fano[key]) for key, one in scores.items()}
    rates = {key: model.exceedance(np.unique(stimulus)).sum(axis=0) for key, model in models.items()}
    return Part(name, stimulus, against, drawn, reference, found, left_out, rates, scores)


def compare(
    model: ResponseStatistics,
    reference: ResponseStatistics,
    draws: np.ndarray,
    *,
    left_out: Sequence[tuple[np.ndarray, np.ndarray]] = (),
) -> Scores:
    """Compare all statistics; ``draws``, and ``left_out`` of noise correlations, as of :func:`~.scores.agreement`."""
    noise = agreement(model.noise_correlation, reference.noise_correlation, draws, left_out=left_out)
    total = agreement(model.total_correlation, reference.total_correlation, draws)
    rate = agreement(model.rates, reference.rates, draws)
    _, own, other = np.intersect1d(model.stimuli, reference.stimuli, assume_unique=True, return_indices=True)
    r = psth_correlations(model.psth[own], reference.psth[other])
    psth = agreement(r, np.zeros(r.shape), draws).mean
    return Scores(noise, total, rate, psth, total_variation(model.count_histogram, reference.count_histogram))


def fano_factors(counts: np.ndarray, stimulus: np.ndarray) -> np.ndarray:
    """Return the variance around the PSTH over the mean, both summed over responses, shape (neuron,).

    Examples
    --------
    >>> fano_factors(np.array([[0], [2], [1], [1]]), np.array([0, 0, 1, 1])).tolist()
    [1.0]
    """
    values = counts.astype(float)
    _, row, shown = np.unique(stimulus, return_inverse=True, return_counts=True)
    sums = np.zeros((len(shown), values.shape[1]))
    np.add.at(sums, row, values)
    weight = np.where(shown > 1, shown / np.maximum(shown - 1, 1), 0.0)[row, None]
    with np.errstate(invalid="ignore"):
        return (weight * (values - (sums / shown[:, None])[row]) ** 2).sum(axis=0) / values.sum(axis=0)


def _expected(truth: Any, stimuli: np.ndarray, *, seed: int, cache: ResultCache) -> ResponseStatistics:
    def compute() -> dict[str, np.ndarray]:
        repeated = np.repeat(stimuli, TRIALS_OF_TRUTH)
        return vars(measure(truth.sample(repeated, seed=seed), repeated))

    key = content_key(stimuli, seed, TRIALS_OF_TRUTH, *truth.arrays().values())
    return ResponseStatistics(**cache.get("responses-truth", key, compute))


def _as_many_again(recorded: Recorded, *, seed: int) -> Scores:
    """Return what other trials, as many as recorded, would reach: halves of the trials, put right for their number.

    Correlations and slopes by Spearman and Brown's 2 r / (1 + r); differences shrink by the square root of 2.
    """
    counts, stimulus, trial = recorded
    rng, once = np.random.default_rng(seed), np.ones((1, counts.shape[1]))
    splits = []
    for _ in range(_N_SPLITS):
        halves = split_halves(stimulus, trial, rng)
        one, other = (measure(counts[half], stimulus[half]) for half in halves)
        splits.append(compare(one, other, once))

    def corrected(name: str) -> Agreement:
        parts = [getattr(one, name) for one in splits]
        r, slope, rmse, mean = (
            np.mean([getattr(one, field).value for one in parts]) for field in ("r", "slope", "rmse", "mean")
        )
        numbers = (_spearman_brown(r), _spearman_brown(slope), rmse / np.sqrt(2), mean)
        r, slope, rmse, mean = (Estimate(float(one)) for one in numbers)
        return Agreement(r, slope, rmse, mean, parts[0].n, np.zeros(0))

    return Scores(
        corrected("noise"),
        corrected("total"),
        corrected("rate"),
        psth=Estimate(_spearman_brown(np.mean([one.psth.value for one in splits]))),
        histogram=float(np.mean([one.histogram for one in splits]) / np.sqrt(2)),
    )


def _spearman_brown(r: float) -> float:
    return float(2 * r / (1 + r))
