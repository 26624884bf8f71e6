"""How well held-out activity is reconstructed, beside averages that need no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.decoding.floors import fit_components
from cyclegan_neuro.evaluation.decoding.representations import Represented, represent
from cyclegan_neuro.populations.trials.trials import PreparedTrials

__all__ = ["AVERAGE", "MEAN", "PCA_FULL", "Reconstruction", "measure_reconstruction"]

PCA_FULL, AVERAGE, MEAN = "pca_full", "average", "mean"
"""What needs no network: principal components, averages of training trials and each neuron's mean."""


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Held-out bins, as recorded and as reconstructed.

    Attributes
    ----------
    labels : dict of str to str
        What is compared, the run's own method first.
    recorded : ndarray, shape (bin, neuron)
        Held-out bins of the neurons that vary, in the unit of the trials.
    made : dict of str to ndarray, shape (bin, neuron)
    condition, time : ndarray of int64, shape (bin,), optional
    trial : ndarray of int64, shape (bin,)
    rmse : dict of str to (float, float, float)
        Root mean square error over bins and neurons, and its interval (95 %) over trials.
    rmse_elsewhere : dict of str to (float, float, float)
        The same against the bins of the other held-out trials with that condition and time, whose noise nobody saw;
        empty where either is unknown.
    by_condition, by_time : dict of str to ndarray
        Root mean square errors of the bins with each label; NaN where there are none.
    examples : ndarray of int64, shape (neuron,)
        Columns whose averages over training trials vary most.
    """

    labels: dict[str, str]
    recorded: np.ndarray
    made: dict[str, np.ndarray]
    condition: np.ndarray | None
    time: np.ndarray | None
    trial: np.ndarray
    rmse: dict[str, tuple[float, float, float]]
    rmse_elsewhere: dict[str, tuple[float, float, float]]
    by_condition: dict[str, np.ndarray]
    by_time: dict[str, np.ndarray]
    examples: np.ndarray

    def metrics(self) -> dict:
        """Return the entry of ``metrics.json``."""
        return {
            key: {
                "label": label, "rmse": self.rmse[key], "rmse_other_trials": self.rmse_elsewhere.get(key),
                "by_direction": self.by_condition[key].tolist(), "by_time": self.by_time[key].tolist(),
            }
            for key, label in self.labels.items()
        }  # fmt: skip


def measure_reconstruction(
    prepared: PreparedTrials,
    represented: Mapping[str, tuple[str, Represented]],
    *,
    n_components: int,
    n_resamples: int,
    seed: int,
    n_examples: int = 4,
) -> Reconstruction:
    """Compare reconstructions of the held-out bins.

    Parameters
    ----------
    prepared : PreparedTrials
    represented : mapping of str to (str, Represented)
        Labels, and what was made of all bins on the split of ``prepared``; without reconstruction one is left out.
    n_components : int
        Principal components that are compared with.
    n_resamples : int
        Resamplings of trials behind intervals.
    seed : int
    n_examples : int
        Example neurons.
    """
    trials, test = prepared.trials, prepared.held_out
    made = {key: (label, one.reconstructed) for key, (label, one) in represented.items()}
    if n_components < len(prepared.neurons):  # as many as neurons copy everything
        components = fit_components(prepared, n_components)
        made[PCA_FULL] = components.name, represent(components, prepared).reconstructed
    averages = training_averages(prepared)
    if averages is not None:
        made[AVERAGE] = "average of training trials", averages
    values = trials.values[:, prepared.neurons]
    made[MEAN] = "mean of each neuron", np.broadcast_to(values[prepared.train].mean(axis=0), values.shape)
    kept = {key: one[test] for key, (_, one) in made.items() if one is not None}
    condition, time = (None if one is None else one[test] for one in (trials.condition, trials.time))
    trial, recorded = trials.trial[test], values[test]
    squared = {key: np.square(one - recorded).mean(axis=1) for key, one in kept.items()}
    elsewhere = {}
    if condition is not None and time is not None:
        group = np.where(condition >= 0, condition * (time.max() + 1) + time, -1)
        elsewhere = {key: _squared_elsewhere(one, recorded, group) for key, one in kept.items()}
    draws = {"n_resamples": n_resamples, "seed": seed}
    spread = (averages if averages is not None else values)[prepared.train].std(axis=0)
    return Reconstruction(
        labels={key: made[key][0] for key in kept},
        recorded=recorded,
        made=kept,
        condition=condition,
        time=time,
        trial=trial,
        rmse={key: _with_interval(one, trial, **draws) for key, one in squared.items()},
        rmse_elsewhere={key: _with_interval(one, trial, **draws) for key, one in elsewhere.items()},
        by_condition={key: _by(one, condition, trials.n_conditions) for key, one in squared.items()},
        by_time={key: _by(one, time, prepared.n_times) for key, one in squared.items()},
        examples=np.argsort(-spread, kind="stable")[:n_examples],
    )


def training_averages(prepared: PreparedTrials) -> np.ndarray | None:
    """Return for every bin the average of training bins with its condition and time, shape (bin, neuron).

    Where no training bin has both, that of its condition alone, or of its time alone where trials have no condition;
    without either the mean of all. None where trials have neither label.
    """
    trials = prepared.trials
    values = trials.values[:, prepared.neurons]
    found = np.broadcast_to(values[prepared.train].mean(axis=0), values.shape)
    labels = [one for one in (trials.condition, trials.time) if one is not None]
    if not labels:
        return None
    for grouping in (labels[:1], labels):
        group = np.unique(np.stack(grouping, axis=1), axis=0, return_inverse=True)[1].ravel()
        counts = np.bincount(group[prepared.train], minlength=group.max() + 1)
        sums = np.zeros((len(counts), values.shape[1]))
        np.add.at(sums, group[prepared.train], values[prepared.train])
        seen = counts[group] > 0
        found = np.where(seen[:, None], sums[group] / np.maximum(counts[group], 1)[:, None], found)
    return found


def _squared_elsewhere(made: np.ndarray, recorded: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the mean square difference of each bin to the other recorded bins of its group; NaN where there is none.

    The mean over n - 1 others of (m - x)² is m² - 2 m mean(x) + mean(x²).
    """
    found = np.full(len(made), np.nan)
    for number in np.unique(group[group >= 0]):
        members = np.flatnonzero(group == number)
        if len(members) > 1:
            x, m = recorded[members].astype(np.float64), made[members].astype(np.float64)
            others = (x.sum(axis=0) - x) / (len(members) - 1)
            squares = (np.square(x).sum(axis=0) - np.square(x)) / (len(members) - 1)
            found[members] = (m**2 - 2 * m * others + squares).mean(axis=1)
    return found


def _by(squared: np.ndarray, label: np.ndarray | None, n: int) -> np.ndarray:
    """Return root mean squares of the bins with labels 0 to ``n`` - 1."""
    if label is None:
        return np.full(0, np.nan)
    members = [squared[label == number] for number in range(n)]
    return np.array([np.sqrt(one.mean()) if len(one) else np.nan for one in members])


def _with_interval(
    squared: np.ndarray, trial: np.ndarray, *, n_resamples: int, seed: int
) -> tuple[float, float, float]:
    """Return the root mean square and its interval (95 %, percentiles) over resampled trials."""
    known = np.isfinite(squared)
    group = np.unique(trial[known], return_inverse=True)[1]
    if not len(group):
        return np.nan, np.nan, np.nan
    sums, counts = np.bincount(group, squared[known]), np.bincount(group)
    picks = np.random.default_rng(seed).integers(len(counts), size=(n_resamples, len(counts)))
    drawn = np.sqrt(sums[picks].sum(axis=1) / counts[picks].sum(axis=1))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(np.sqrt(sums.sum() / counts.sum())), float(low), float(high)
