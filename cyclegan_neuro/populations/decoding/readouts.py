"""Direction and time decoded from features: regularisation chosen inside the training trials, scored outside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.trials.trials import Label, PreparedTrials

__all__ = ["Decoded", "Readout", "decode", "decoded_bins", "predict", "unit_circle"]

Readout = Literal["linear", "softmax"]
"""linear: ridge regression to (cos, sin) of a direction; softmax: multinomial logistic regression, as for all times."""

RIDGE_PENALTIES = np.logspace(-1, 4, 11)
"""Of the squared weights, beside the sum of squared errors over bins."""
SOFTMAX_CS = np.logspace(-4, 0, 9)
"""Of the sum of log losses over bins, beside half the squared weights."""
N_FOLDS: dict[Readout, int] = {"linear": 5, "softmax": 3}
_IMPOSSIBLE = 1e-13  # least probability, that of a class without training bins


@dataclass(frozen=True, eq=False)
class Decoded:
    """What was decoded from held-out bins, and what was true.

    Attributes
    ----------
    label : {"direction", "time"}
    n_labels : int
    bins, trial : ndarray of int64, shape (bin,)
        Held-out bins, and their trials.
    predicted : ndarray of float64, shape (bin,)
        Angle in radians; or the index of the bin in its trial.
    true : ndarray of int64, shape (bin,)
        Condition, at the angle 2π condition / n_labels; or the index of the bin in its trial.
    """

    label: Label
    n_labels: int
    bins: np.ndarray
    trial: np.ndarray
    predicted: np.ndarray
    true: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """Distance from the truth, shape (bin,): radians around the circle, 0 to π; or bins."""
        if self.label == "time":
            return np.abs(self.predicted - self.true)
        difference = self.predicted - self.true * (2 * np.pi / self.n_labels)
        return np.abs((difference + np.pi) % (2 * np.pi) - np.pi)

    @property
    def correct(self) -> np.ndarray:
        """Whether the angle is within π / n_labels (acc), the time exact; bool, shape (bin,)."""
        return self.error < (0.5 if self.label == "time" else np.pi / self.n_labels)

    @property
    def near(self) -> np.ndarray:
        """Whether the angle is within 1.5 π / n_labels (delta-acc), the time within a bin; bool, shape (bin,)."""
        return self.error < (1.5 if self.label == "time" else 1.5 * np.pi / self.n_labels)

    @property
    def accuracy(self) -> float:
        """Share of bins that are correct."""
        return float(self.correct.mean())

    @property
    def near_accuracy(self) -> float:
        """Share of bins that are near."""
        return float(self.near.mean())

    def by_trial(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return trials, rising, and the share of their bins that are correct, and near; each of shape (trial,)."""
        numbers, row, n_bins = np.unique(self.trial, return_inverse=True, return_counts=True)
        return numbers, np.bincount(row, self.correct) / n_bins, np.bincount(row, self.near) / n_bins

    @staticmethod
    def joined(parts: Sequence[Decoded]) -> Decoded:
        """Return the parts as one, such as the folds of a cross-validation."""
        arrays = (np.concatenate([getattr(part, name) for part in parts]) for name in ("bins", "trial"))
        values = (np.concatenate([getattr(part, name) for part in parts]) for name in ("predicted", "true"))
        return Decoded(parts[0].label, parts[0].n_labels, *arrays, *values)


def decode(
    features: np.ndarray, prepared: PreparedTrials, label: Label, *, seed: int, readout: Readout = "linear"
) -> Decoded:
    """Fit the readout of a label on the training trials and decode every held-out bin.

    Parameters
    ----------
    features : ndarray of float, shape (bin, dimension)
        Of all bins of ``prepared``; standardised by those that the readout is fitted to.
    label : {"direction", "time"}
        Which bins take part: ``PreparedTrials.decoded``.
    seed : int
        Deals the training trials into inner folds, in which the regularisation is chosen: by squared error of
        (cos, sin) in five, by log loss in three.
    readout : {"linear", "softmax"}
        Of a direction: ridge regression to (cos, sin), the published readout with its regularisation chosen; or
        multinomial logistic regression, which decodes the angle of a class, so that its acc and delta-acc are one.

    Returns
    -------
    Decoded

    Raises
    ------
    RecordingError
        Where there are fewer than five training trials, no held-out bin, or nothing to tell apart.

    References
    ----------
    Liu et al. 2021, section 3.4 (acc, delta-acc, decoding of time).
    """
    train, held_out = decoded_bins(prepared, label)
    labels, trial = prepared.labels(label), prepared.trials.trial
    predicted = predict(
        features[train], labels[train], trial[train], features[held_out],
        label=label, n_labels=prepared.n_labels(label), seed=seed, readout=readout,
    )  # fmt: skip
    return Decoded(label, prepared.n_labels(label), held_out, trial[held_out], predicted, labels[held_out])


def decoded_bins(prepared: PreparedTrials, label: Label) -> tuple[np.ndarray, np.ndarray]:
    """Return the bins that a readout is fitted to and those that it is tested on, int64.

    Raises
    ------
    RecordingError
        Where there are fewer than five training trials, no held-out bin, or one label only.
    """
    decoded, is_held_out = prepared.decoded(label), prepared.is_held_out
    train, held_out = np.flatnonzero(decoded & ~is_held_out), np.flatnonzero(decoded & is_held_out)
    n_trials = len(np.unique(prepared.trials.trial[train]))
    n_labels = len(np.unique(prepared.labels(label)[train]))
    if n_trials < N_FOLDS["linear"] or not len(held_out) or n_labels < 2:
        raise RecordingError(
            f"decoding of {label}",
            got=f"{n_trials} training trials with {n_labels} {label}s, {len(held_out)} held-out bins",
            expected=f"at least {N_FOLDS['linear']} training trials with 2 {label}s, and 1 held-out bin",
            fix="give more trials, or change data.held_out_fraction or data.min_speed",
        )
    return train, held_out


def predict(
    features: np.ndarray, labels: np.ndarray, trial: np.ndarray, asked: np.ndarray,
    *, label: Label, n_labels: int, seed: int, readout: Readout = "linear", scored: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Fit a readout, its regularisation chosen in folds of trials, and decode other bins.

    Parameters
    ----------
    features, labels, trial : ndarray, shape (bin, dimension), (bin,), (bin,)
        What the readout is fitted to.
    asked : ndarray of float, shape (other bin, dimension)
    scored : ndarray of bool, shape (bin,), optional
        Bins that the choice of the regularisation is scored on; all when None.

    Returns
    -------
    ndarray of float64, shape (other bin,)
        As ``Decoded.predicted``.
    """
    from sklearn.model_selection import GroupKFold  # a second that --help need not wait
    from sklearn.preprocessing import StandardScaler

    readout = "softmax" if label == "time" else readout
    outputs, loss = (_softmax, _log_loss) if readout == "softmax" else (_ridge, _squared_error)
    targets = (np.eye(n_labels) if readout == "softmax" else unit_circle(np.arange(n_labels), n_labels))[labels]
    scaler = StandardScaler().fit(np.asarray(features, np.float64))
    x, asked = (scaler.transform(np.asarray(rows, np.float64)) for rows in (features, asked))
    scored = np.ones(len(x), bool) if scored is None else scored
    total = np.zeros(1)
    for fit, check in GroupKFold(N_FOLDS[readout], shuffle=True, random_state=seed).split(x, groups=trial):
        check = check[scored[check]]
        if len(np.unique(labels[fit])) > 1:  # a fold may hold the only trial of the other label
            total = total + loss(outputs(x[fit], targets[fit], x[check]), targets[check])
    found = outputs(x, targets, asked)[np.argmin(total)]
    angle = 2 * np.pi / n_labels if label == "direction" else 1.0
    return found.argmax(axis=1) * angle if readout == "softmax" else np.arctan2(found[:, 1], found[:, 0])


def unit_circle(labels: np.ndarray, n_labels: int) -> np.ndarray:
    """Return (cos, sin) of the angles of labels, shape (bin, 2)."""
    angles = labels * (2 * np.pi / n_labels)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _ridge(x: np.ndarray, targets: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return (cos, sin) at every penalty, shape (penalty, bin, 2), from one Gram matrix."""
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=np.repeat(RIDGE_PENALTIES, 2)).fit(x, np.tile(targets, len(RIDGE_PENALTIES)))
    return model.predict(asked).reshape(len(asked), -1, 2).swapaxes(0, 1)


def _squared_error(found: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return ((found - targets) ** 2).sum(axis=(1, 2))


def _softmax(x: np.ndarray, targets: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return log-probabilities at every C, shape (C, bin, label), each fit begun where the one before ended."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(tol=1e-3, warm_start=True, max_iter=1000)
    found = np.full((len(SOFTMAX_CS), len(asked), targets.shape[1]), np.log(_IMPOSSIBLE))
    for row, c in enumerate(SOFTMAX_CS):
        model.set_params(C=c).fit(x, targets.argmax(axis=1))
        found[row][:, model.classes_] = np.log(np.maximum(model.predict_proba(asked), _IMPOSSIBLE))
    return found


def _log_loss(found: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return -(found * targets).sum(axis=(1, 2))
