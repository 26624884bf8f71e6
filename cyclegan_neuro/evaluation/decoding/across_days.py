"""Does a decoder that was trained on one day work on the other: raw activity and a model's spaces, aligned or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.decoding.day_decoders import DaySplit, align, fit_decoder, r2_of_trials
from cyclegan_neuro.evaluation.decoding.model import TrialModel
from cyclegan_neuro.populations.trials.trials import PreparedTrials

__all__ = ["ALIGNMENTS", "AcrossDays", "Decoded", "Score", "across_days"]

ALIGNMENTS = ("as_is", "moments", "gaussian_ot")
"""What is done to day 1 before the decoder of day 0 reads it: nothing, each feature's moments, or all of them."""

_SHOWN_S = 20.0


@dataclass(frozen=True, eq=False)
class Score:
    """R² over held-out trials, with an interval.

    Attributes
    ----------
    r2 : float
        Variance-weighted over targets, each in units of its day: standardised by that day's training trials.
    low, high : float
        95 % of the resamplings of trials.
    as_recorded : float
        R² of the targets as the file has them; those that are decoded have the mean and standard deviation of the day
        that the decoder was trained on.
    resampled : ndarray of float64, shape (resampling,)
        R² of the same draws of trials for every score of a day.
    """

    r2: float
    low: float
    high: float
    as_recorded: float
    resampled: np.ndarray

    def minus(self, other: Score) -> tuple[float, float, float]:
        """Return the difference of two scores of one day, and the interval of the paired difference."""
        low, high = np.percentile(self.resampled - other.resampled, (2.5, 97.5))
        return self.r2 - other.r2, float(low), float(high)


@dataclass(frozen=True, eq=False)
class Decoded:
    """What one kind of features tells.

    Attributes
    ----------
    scores : dict of str to Score
        ``day_0``: held-out trials of the decoder's own day; by each of :data:`ALIGNMENTS`: the same decoder on held-out
        trials of day 1; ``retrained``: another one, trained on day 1.
    before : int
        Bins before each that the decoder of day 0 sees with it.
    shrinkage : float
        Of the covariances behind ``gaussian_ot``, under which held-out bins are most likely; no target is looked at.
    shown : dict of str to ndarray, shape (shown bin,)
        By the same names, the target :attr:`AcrossDays.target` in a stretch of day 1, as it is decoded.
    """

    scores: dict[str, Score]
    before: int
    shrinkage: float
    shown: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class AcrossDays:
    """Decoding of continuous targets across days.

    Attributes
    ----------
    model : str
        What the model is called.
    features : dict of str to Decoded
        ``raw``: activity; and by their names the spaces of the model.
    target_names : tuple of str
    n_held_out : tuple of int
        Trials of day 0 and of day 1.
    target : str
        The one that raw activity tells best on day 0; shown.
    recorded : ndarray, shape (shown bin,)
        That target in a stretch of day 1, in units of the day.
    bin_s : float
    """

    model: str
    features: dict[str, Decoded]
    target_names: tuple[str, ...]
    n_held_out: tuple[int, int]
    target: str
    recorded: np.ndarray
    bin_s: float

    @property
    def main(self) -> str:
        """The space that is made to be shared: content, or the whole representation where it is not parted."""
        return "content" if "content" in self.features else "full"

    def metrics(self) -> dict:
        """Return what metrics.json holds under ``across_days``."""
        scores = {
            name: {
                "bins_before": one.before,
                "shrinkage": one.shrinkage,
                **{
                    key: {"r2": s.r2, "low": s.low, "high": s.high, "r2_as_recorded": s.as_recorded}
                    for key, s in one.scores.items()
                },
            }
            for name, one in self.features.items()
        }
        return {"targets": list(self.target_names), "held_out_trials": list(self.n_held_out), "features": scores}


def across_days(
    prepared: PreparedTrials, model: TrialModel, *, seed: int = 0, n_resamples: int = 2000
) -> AcrossDays | None:
    """Train decoders on day 0 and read day 1 with them.

    Parameters
    ----------
    prepared : PreparedTrials
        Of two days with targets. Bins without a finite target take no part.
    model : TrialModel
    seed : int
        Draws the resamplings.
    n_resamples : int

    Returns
    -------
    AcrossDays or None
        None where there is one day, no target, or a day without two training trials and a held-out one that have it.

    Notes
    -----
    A decoder is a ridge on standardised features of a bin and of those before it, in its trial; raw activity is seen
    with the context that the model sees. How many bins before (0 or 3) and the penalty are chosen together by
    cross-validation over the training trials of the decoder's day. Alignments are fitted to features of training trials
    of both days, bin by bin. Only the units of day 1's targets come from targets of day 1, as nothing tells them else.
    """
    trials = prepared.trials
    if trials.day is None or trials.targets is None:
        return None
    split = DaySplit.of(prepared, np.random.default_rng(seed), n_resamples)
    if split is None:
        return None
    values = {"raw": trials.values[:, prepared.neurons]} | model.spaces(prepared.windows())
    predicted = {
        name: _predictions(one.astype(np.float32), split, context=prepared.context_bins if name == "raw" else 0)
        for name, one in values.items()
    }
    best = int(np.argmin(np.square(split.units[0][split.held_out[0]] - predicted["raw"].by_name["day_0"]).mean(axis=0)))
    shown = split.held_out[1][: max(2, round(_SHOWN_S / trials.bin_s))]
    return AcrossDays(
        model=model.name,
        features={name: _decoded(one, split, best, len(shown)) for name, one in predicted.items()},
        target_names=trials.target_names,
        n_held_out=tuple(draws.shape[1] for draws in split.draws),
        target=trials.target_names[best],
        recorded=split.units[1][shown, best],
        bin_s=trials.bin_s,
    )


@dataclass(frozen=True, eq=False)
class _Predictions:
    """Targets that are decoded from held-out bins, in units of the decoder's day, by the name of the score."""

    by_name: dict[str, np.ndarray]
    before: int
    shrinkage: float


def _predictions(values: np.ndarray, split: DaySplit, *, context: int) -> _Predictions:
    own = fit_decoder(values, split, 0, context)
    aligned, shrinkage = align(values, split)
    found = {"day_0": own.predict(values, split.held_out[0])}
    found |= {name: own.predict(moved, split.held_out[1]) for name, moved in aligned.items()}
    found["retrained"] = fit_decoder(values, split, 1, context).predict(values, split.held_out[1])
    return _Predictions(found, own.before, shrinkage)


def _decoded(found: _Predictions, split: DaySplit, best: int, n_shown: int) -> Decoded:
    scores = {}
    for name, predicted in found.by_name.items():
        day, trained_on = {"day_0": (0, 0), "retrained": (1, 1)}.get(name, (1, 0))
        bins = split.held_out[day]
        r2, resampled = r2_of_trials(
            split.units[day][bins], predicted, split.trials.trial[bins], draws=split.draws[day]
        )
        recorded = predicted * split.stds[trained_on] + split.means[trained_on]
        as_recorded, _ = r2_of_trials(
            split.trials.targets[bins], recorded, split.trials.trial[bins], draws=split.draws[day][:1]
        )
        low, high = np.percentile(resampled, (2.5, 97.5))
        scores[name] = Score(r2, float(low), float(high), as_recorded, resampled)
    shown = {name: found.by_name[name][:n_shown, best] for name in (*ALIGNMENTS, "retrained")}
    return Decoded(scores, found.before, found.shrinkage, shown)
