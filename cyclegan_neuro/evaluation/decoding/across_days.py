"""Does a decoder that was trained on one day work on the other: raw activity and a model's spaces, aligned or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.decoding.day_decoders import DaySplit, align, fit_decoder, lagged, r2_of_trials
from cyclegan_neuro.evaluation.decoding.model import TrialModel
from cyclegan_neuro.populations.trials.trials import PreparedTrials

__all__ = ["AcrossDays", "Decoded", "Score", "across_days"]

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
        ``day_0``: held-out trials of the decoder's own day; ``as_is``, ``moments``, ``gaussian_ot``: the same decoder
        on held-out trials of day 1, whose features are left, matched in mean and standard deviation, or transported;
        ``moments_before``, ``gaussian_ot_before``: day 1's activity is so aligned, and then goes through the network;
        ``retrained``: another decoder, trained on day 1.
    before : int
        Bins before each that the decoder of day 0 sees with it.
    shrinkage : float
        Of the covariances behind ``gaussian_ot``, of the features; chosen without a target.
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
    cross-validation over the training trials of the decoder's day. Alignments are fitted to training trials of both
    days, bin by bin, without a target. Only the units of day 1's targets come from targets of day 1, as nothing else
    tells them.
    """
    trials = prepared.trials
    if trials.day is None or trials.targets is None:
        return None
    split = DaySplit.of(prepared, np.random.default_rng(seed), n_resamples)
    if split is None:
        return None
    activity, shrinkage = align(trials.values[:, prepared.neurons].astype(np.float64), split)
    every = np.arange(trials.n_bins)
    spaces = {  # of the network, by what was done to the activity of day 1
        alignment: model.spaces(
            lagged(moved, trials, every, before=0, context=prepared.context_bins).astype(np.float32)
        )
        for alignment, moved in activity.items()
    }
    predicted = {"raw": _predictions(activity, shrinkage, split, context=prepared.context_bins)}
    for name, own in spaces["as_is"].items():
        aligned, shrinkage = align(own.astype(np.float64), split)
        before = {f"{alignment}_before": spaces[alignment][name] for alignment in ("moments", "gaussian_ot")}
        predicted[name] = _predictions(aligned | before, shrinkage, split, context=0)
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


def _predictions(features: dict[str, np.ndarray], shrinkage: float, split: DaySplit, *, context: int) -> _Predictions:
    """Decode features in which day 1 is as their name says."""
    own = fit_decoder(features["as_is"], split, 0, context)
    found = {"day_0": own.predict(features["as_is"], split.held_out[0])}
    found |= {name: own.predict(moved, split.held_out[1]) for name, moved in features.items()}
    other = fit_decoder(features["as_is"], split, 1, context)
    return _Predictions(
        found | {"retrained": other.predict(features["as_is"], split.held_out[1])}, own.before, shrinkage
    )


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
    shown = {name: predicted[:n_shown, best] for name, predicted in found.by_name.items() if name != "day_0"}
    return Decoded(scores, found.before, found.shrinkage, shown)
