"""Decoders of one day, what is done to the features of another, and how right they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments
from cyclegan_neuro.evaluation.days.baselines.transports import choose_shrinkage, transport
from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials

__all__ = ["PENALTIES", "DayDecoder", "DaySplit", "align", "fit_decoder", "lagged", "penalty_errors", "r2_of_trials"]

_BEFORE = (0, 3)  # bins
PENALTIES = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
"""Of the squared weights, beside the sum of squared errors."""

_FOLDS = 3
_FITTED_SHARE = 0.8  # of training bins, when the shrinkage is chosen on the others


@dataclass(frozen=True, eq=False)
class DaySplit:
    """Bins of two days with finite targets, and the targets in units of each day.

    Attributes
    ----------
    trials : Trials
    train, held_out : tuple of ndarray of int64, shape (bin,)
        Of day 0 and of day 1.
    means, stds : list of ndarray of float64, shape (target,)
        Of the training bins of each day.
    units : list of ndarray of float64, shape (bin, target)
        Targets of all bins, standardised by day 0 and by day 1.
    draws : list of ndarray of int64, shape (resampling, trial)
        How often each held-out trial of a day is drawn.
    """

    trials: Trials
    train: tuple[np.ndarray, np.ndarray]
    held_out: tuple[np.ndarray, np.ndarray]
    means: list[np.ndarray]
    stds: list[np.ndarray]
    units: list[np.ndarray]
    draws: list[np.ndarray]

    @classmethod
    def of(cls, prepared: PreparedTrials, rng: np.random.Generator, n_resamples: int) -> DaySplit | None:
        """Return None where a day has no two training trials, or no held-out bin, with finite targets."""
        trials = prepared.trials
        finite = np.isfinite(trials.targets).all(axis=1)
        train, held_out = (
            tuple(bins[finite[bins] & (trials.day[bins] == day)] for day in (0, 1))
            for bins in (prepared.train, prepared.held_out)
        )
        for fitted, tested in zip(train, held_out, strict=True):
            if len(np.unique(trials.trial[fitted])) < 2 or not len(tested):
                return None
        targets = trials.targets.astype(np.float64)
        means = [targets[bins].mean(axis=0) for bins in train]
        stds = [np.maximum(targets[bins].std(axis=0), 1e-9) for bins in train]
        counts = [len(np.unique(trials.trial[bins])) for bins in held_out]
        return cls(
            trials, train, held_out, means, stds,
            units=[(targets - mean) / std for mean, std in zip(means, stds, strict=True)],
            draws=[rng.multinomial(n, np.full(n, 1 / n), size=n_resamples) for n in counts],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class DayDecoder:
    """A decoder and what it sees.

    Attributes
    ----------
    ridge : sklearn.pipeline.Pipeline
    trials : Trials
    before, context : int
        As in :func:`lagged`.
    """

    ridge: Any
    trials: Trials
    before: int
    context: int

    def predict(self, values: np.ndarray, bins: np.ndarray) -> np.ndarray:
        """Return targets, shape (n, target), in units of the decoder's day."""
        seen = lagged(values, self.trials, bins, before=self.before, context=self.context)
        return self.ridge.predict(seen).reshape(len(bins), -1)


def fit_decoder(values: np.ndarray, split: DaySplit, day: int, context: int) -> DayDecoder:
    """Fit to the training trials of a day; bins before and penalty by cross-validation over them, by squared error."""
    from sklearn.linear_model import Ridge  # a second that --help need not wait
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    bins, trials = split.train[day], split.trials
    targets = split.units[day][bins]
    choices = []
    for before in _BEFORE:
        scaler = StandardScaler()
        x = scaler.fit_transform(lagged(values, trials, bins, before=before, context=context).astype(np.float64))
        errors = penalty_errors(x, targets, trials.trial[bins])
        choices.append((errors.min(), before, PENALTIES[int(np.argmin(errors))], scaler, x))
    _, before, penalty, scaler, x = min(choices, key=lambda choice: choice[0])
    return DayDecoder(make_pipeline(scaler, Ridge(alpha=penalty).fit(x, targets)), trials, before, context)


def penalty_errors(x: np.ndarray, targets: np.ndarray, trial: np.ndarray) -> np.ndarray:
    """Sum squared errors in folds of trials by penalty, shape (penalty,): one decomposition of a fold serves all."""
    from sklearn.model_selection import GroupKFold

    total = np.zeros(len(PENALTIES))
    for fit, check in GroupKFold(min(_FOLDS, len(np.unique(trial)))).split(x, groups=trial):
        mean, level = x[fit].mean(axis=0), targets[fit].mean(axis=0)
        centred = x[fit] - mean
        values, vectors = np.linalg.eigh(centred.T @ centred)
        rotated, seen = vectors.T @ (centred.T @ (targets[fit] - level)), (x[check] - mean) @ vectors
        for row, penalty in enumerate(PENALTIES):
            weights = rotated / (values + penalty)[:, None]  # of Ridge(alpha=penalty), in the basis of the fold
            total[row] += np.square(seen @ weights + level - targets[check]).sum()
    return total


def lagged(values: np.ndarray, trials: Trials, bins: np.ndarray, *, before: int, context: int = 0) -> np.ndarray:
    """Return features of ``bins`` from ``before`` + ``context`` bins before to ``context`` after, within their trial.

    Parameters
    ----------
    values : ndarray, shape (bin, feature)
    trials : Trials
    bins : ndarray of int64, shape (n,)
    before, context : int
        At the ends of a trial its first and last bin stand for what lies outside.

    Returns
    -------
    ndarray, shape (n, lag * feature)
    """
    first, last = (border[bins, None] for border in trials.borders())
    seen = np.clip(bins[:, None] + np.arange(-before - context, context + 1), first, last)
    return values[seen].reshape(len(bins), -1)


def align(values: np.ndarray, split: DaySplit) -> tuple[dict[str, np.ndarray], float]:
    """Return features, those of day 1 brought to day 0, by alignment, and the shrinkage of the covariances.

    The alignments are fitted to training bins; the shrinkage is that under which the last fifth of them is most likely.

    Parameters
    ----------
    values : ndarray of float64, shape (bin, feature)
    split : DaySplit

    Returns
    -------
    (dict of str to ndarray of float64, float)
        ``as_is``, ``moments`` (mean and standard deviation of each feature), ``gaussian_ot``.
    """
    parts = [values[bins] for bins in split.train]
    ends = [int(_FITTED_SHARE * len(part)) for part in parts]
    shrinkage = choose_shrinkage(
        tuple(_moments(part[:end]) for part, end in zip(parts, ends, strict=True)),
        tuple(_moments(part[end:]) for part, end in zip(parts, ends, strict=True)),
    )
    target, source = map(_moments, parts)
    scale = np.divide(target.std, source.std, out=np.zeros_like(source.std), where=source.std > 1e-9)
    matrix, shift = transport(source, target, shrinkage=shrinkage)
    moved = {
        "as_is": values,
        "moments": (values - source.mean) * scale + target.mean,
        "gaussian_ot": values @ matrix + shift,
    }
    of_day_1 = split.trials.day[:, None] == 1
    return {name: np.where(of_day_1, one, values) for name, one in moved.items()}, shrinkage


def _moments(values: np.ndarray) -> Moments:
    return Moments(values.mean(axis=0), np.cov(values.T, bias=True).reshape(values.shape[1], -1))


def r2_of_trials(
    true: np.ndarray, predicted: np.ndarray, trial: np.ndarray, *, draws: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return R², variance-weighted over targets, and the R² of resampled trials.

    Parameters
    ----------
    true, predicted : ndarray, shape (bin, target)
    trial : ndarray of int64, shape (bin,)
    draws : ndarray of int64, shape (resampling, trial)
        How often each trial is drawn.

    Notes
    -----
    1 - Σ (y - ŷ)² / Σ (y - ȳ)², sums over bins and targets, ȳ per target: what
    ``sklearn.metrics.r2_score(..., multioutput="variance_weighted")`` gives. The sums add up over trials.
    """
    true = true.astype(np.float64)
    numbers, place = np.unique(trial, return_inverse=True)
    sums = np.zeros((len(numbers), 1 + 3 * true.shape[1]))
    np.add.at(sums, place, np.hstack([np.ones((len(true), 1)), (true - predicted) ** 2, true, true**2]))
    weights = np.vstack([np.ones((1, len(numbers))), draws])
    count, errors, total, squares = np.split(weights @ sums, np.cumsum([1, *[true.shape[1]] * 2]), axis=1)
    r2 = 1 - errors.sum(axis=1) / np.maximum((squares - total**2 / count).sum(axis=1), 1e-12)
    return float(r2[0]), r2[1:]
