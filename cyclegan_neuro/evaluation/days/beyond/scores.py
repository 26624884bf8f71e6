"""Every score of every translator, with the floor, the truth and an interval of the model's difference to the rest."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from cyclegan_neuro.evaluation.days.baselines.places import Places
from cyclegan_neuro.evaluation.days.beyond.comparisons import Comparison, compare
from cyclegan_neuro.evaluation.days.beyond.parts import (
    FIELDS,
    N_BLOCKS,
    FrameCollector,
    Part,
    Signal,
    part_of,
    residuals,
)
from cyclegan_neuro.evaluation.days.beyond.second_order import (
    LONGEST_LAG_S,
    inferred_state,
    lagged_scores,
    mean_autocorrelation,
    noise_correlations,
    paired_correlation,
    pearson_rows,
    rmse,
    state_difference,
)
from cyclegan_neuro.evaluation.days.beyond.two_samples import energy_distances, matched_rows, two_sample_auc
from cyclegan_neuro.evaluation.days.names import SIGNALS
from cyclegan_neuro.evaluation.days.spiking.stretches import parts_without_common_frames
from cyclegan_neuro.spikes.streamed import NeuronSample, draw_neurons
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import legal_starts

__all__ = ["MOST_NEURONS", "SCORES", "Beyond", "BeyondTuning", "Score", "too_short"]

_LEAST_S = 2.0  # with the longest lag behind it, per block
_LEAST_NEURONS = 3
MOST_NEURONS = 128
"""Neurons, drawn where there are more, whose residuals are scored: classifiers and principal components take the cube
of their number."""


class Score(NamedTuple):
    """A score and the value that it has where nothing distinguishes the days; the nearer to it, the better."""

    label: str
    ideal: float


#: Those that end in ``_truth`` compare with what the same frames should be.
SCORES = {
    "noise_correlation_error": Score("noise correlations: error", 0.0),
    "noise_correlation_r": Score("noise correlations: r", 1.0),
    "lagged_covariance_error": Score("lagged covariances: error", 0.0),
    "autocorrelation_error": Score("autocorrelation: error", 0.0),
    "state_error": Score("inferred state: error (SD)", 0.0),
    "state_r": Score("inferred state: r", 1.0),
    "two_sample_auc": Score("classifier: AUC", 0.5),
    "energy_distance": Score("energy distance (SD)", 0.0),
    "noise_correlation_error_truth": Score("noise correlations: error, truth", 0.0),
    "lagged_covariance_error_truth": Score("lagged covariances: error, truth", 0.0),
    "autocorrelation_error_truth": Score("autocorrelation: error, truth", 0.0),
    "residual_r_truth": Score("residuals: r, changed neurons", 1.0),
    "state_slope_truth": Score("hidden state: slope, changed neurons", 1.0),
    "state_r_truth": Score("hidden state: r, changed neurons", 1.0),
}


@dataclass(frozen=True, eq=False)
class Beyond:
    """What the scores say.

    Attributes
    ----------
    places : Places, optional
        Whose means are removed.
    scores : dict
        Day that is made (``y`` for G(X), ``x`` for F(Y)) → score → translator, ``floor`` or ``truth`` → value.
    comparisons : dict
        Day → score → :class:`Comparison`.
    correlations : dict
        Day → signal: ``recorded``, ``truth`` or a translator → noise correlations, ndarray (pair,).
    autocorrelations : dict
        Day → signal → lags (s) and mean autocorrelation over neurons, two ndarrays (lag,).
    sample : NeuronSample, optional
        The neurons that were scored; absent where they are all.
    """

    places: Places | None
    scores: dict[str, dict[str, dict[str, float]]]
    comparisons: dict[str, dict[str, Comparison]]
    correlations: dict[str, dict[str, np.ndarray]]
    autocorrelations: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]
    sample: NeuronSample | None = None

    def to_json(self) -> dict:
        """Return ``beyond_tuning`` and ``beyond_tuning_comparison`` of ``metrics.json``."""
        compared = {day: {name: asdict(one) for name, one in own.items()} for day, own in self.comparisons.items()}
        entry: dict = {"beyond_tuning": self.scores, "beyond_tuning_comparison": compared}
        return (
            entry if self.sample is None else entry | {"beyond_tuning_neurons": np.sort(self.sample.neurons).tolist()}
        )


def too_short(prepared: PreparedPair) -> str:
    """Say why there are no scores: empty where there are."""
    if prepared.is_paired:
        return "y is Φ(X)"
    if prepared.n_neurons < _LEAST_NEURONS:
        return f"fewer than {_LEAST_NEURONS} neurons"
    parts = (part_of(prepared, None, day, prepared[day].starts.test) for day in FIELDS)
    if all(_long_enough(part, prepared.frame_rate_hz) for part in parts):
        return ""
    least_s = N_BLOCKS * (LONGEST_LAG_S + _LEAST_S)
    return f"the test part of a day is shorter than {least_s:g} s, or has too many gaps"


def _long_enough(part: Part, frame_rate_hz: float) -> bool:
    rows = part.delayed(round(LONGEST_LAG_S * frame_rate_hz))
    return len(rows) >= N_BLOCKS * _LEAST_S * frame_rate_hz


class BeyondTuning:
    """Scores translators one after the other; only their scores are kept.

    Parameters
    ----------
    prepared : PreparedPair
        With no reason in :func:`too_short`.
    places : Places, optional
    """

    def __init__(self, prepared: PreparedPair, places: Places | None):
        self._prepared, self._places = prepared, places
        self._tests = {day: part_of(prepared, places, day, prepared[day].starts.test) for day in FIELDS}
        self._sample = draw_neurons(prepared.n_neurons, MOST_NEURONS, seed=0)
        neurons = np.arange(prepared.n_neurons) if self._sample is None else self._sample.neurons
        self._directions = _of_both_days(lambda day: _Direction(prepared, places, self._tests, day, neurons))

    def collector(self) -> FrameCollector:
        """Return what collects the frames of a translator, for :meth:`take`."""
        return FrameCollector(self._prepared, self._tests)

    def take(self, name: str, collected: FrameCollector) -> None:
        """Score the translator ``name``."""
        _of_both_days(lambda day: self._directions[day].take(name, collected.made[FIELDS[day]]))

    def result(self) -> Beyond:
        """Return the scores of all translators, beside the floor and the truth."""
        days = self._directions
        return Beyond(
            self._places,
            {day: own.scores() for day, own in days.items()},
            {day: own.comparisons() for day, own in days.items()},
            {day: own.correlations for day, own in days.items()},
            {day: own.autocorrelations for day, own in days.items()},
            self._sample,
        )


def _of_both_days(make: Callable[[str], Any]) -> dict[str, Any]:
    """Return day → what is made of it, both at a time; matrices are small, and threads within would wait."""
    with threadpool_limits(1), ThreadPoolExecutor(len(FIELDS)) as pool:
        return dict(zip(FIELDS, pool.map(make, FIELDS), strict=True))


class _Direction:
    """One day that is made: its recorded test part, the frames of the other day that are translated, the truth."""

    def __init__(
        self, prepared: PreparedPair, places: Places | None, tests: dict[str, Part], made: str, neurons: np.ndarray
    ):
        self._day, self._rate, self._neurons = prepared[made], prepared.frame_rate_hz, neurons
        self._source, target = tests[SIGNALS[FIELDS[made]].source], tests[made]
        source = prepared[self._source.day].recording
        train = part_of(prepared, places, made, self._day.starts.train)
        scale = residuals(train, self._day.recording.dff[train.frames][:, neurons]).values.std(axis=0, dtype=np.float64)
        self._scale = np.where(scale > 0, scale, 1.0)
        self._goal = self._recorded(target)
        self._replicates: dict[str, dict[str, np.ndarray]] = {}
        self._truth, self._hidden = None, None
        self._changed = None if prepared.changed is None else prepared.changed[neurons]
        self.correlations: dict[str, np.ndarray] = {}
        self.autocorrelations: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._keep("recorded", self._goal)
        self._floor(prepared, places)
        if source.truth is not None and prepared.truth_is_known:
            values = source.truth.other_day_dff[self._source.frames]
            self._truth = residuals(self._source, values[:, neurons], self._scale)
            hidden = source.truth.state
            if hidden is not None:
                hidden = hidden[self._source.frames]
                self._hidden = hidden > hidden.mean()
            self.take("truth", values)

    def _recorded(self, part: Part) -> Signal:
        return residuals(part, self._day.recording.dff[part.frames][:, self._neurons], self._scale)

    def _floor(self, prepared: PreparedPair, places: Places | None) -> None:
        """Score parts of the day that share no frame with each other, as long as the test part."""
        starts, height = self._day.starts, prepared.window_frames
        legal = legal_starts(starts.stretches, window_frames=height)
        tested = legal[(legal >= starts.test.min()) & (legal <= starts.test.max())]
        pairs = parts_without_common_frames(tested, legal, window_frames=height, n_windows=len(legal))
        found = []
        for both in pairs:
            parts = [part_of(prepared, places, self._goal.part.day, some) for some in both]
            if all(_long_enough(part, self._rate) for part in parts):
                goal, other = map(self._recorded, parts)
                found.append(self._compared(other, goal))
        for score in found[0] if found else ():
            self._replicates.setdefault(score, {})["floor"] = np.mean([one[score] for one in found], axis=0)

    def take(self, name: str, dff: np.ndarray) -> None:
        """Score what ``name`` made of the source frames, (row, neuron) in ΔF/F."""
        made = residuals(self._source, dff[:, self._neurons], self._scale)
        for score, replicates in (self._compared(made, self._goal) | self._with_truth(made)).items():
            self._replicates.setdefault(score, {})[name] = replicates
        self._keep(name, made)

    def _keep(self, name: str, signal: Signal) -> None:
        self.correlations[name] = noise_correlations(signal, self._rate)[0]
        self.autocorrelations[name] = mean_autocorrelation(signal, self._rate)

    def _compared(self, made: Signal, goal: Signal) -> dict[str, np.ndarray]:
        correlations = [noise_correlations(signal, self._rate) for signal in (made, goal)]
        lagged, own = lagged_scores(made, goal, self._rate)
        between = [state_difference(each, inferred_state(each, self._rate)) for each in (made, goal)]
        if pearson_rows(*between)[0] < 0:  # states have no names: they are matched as they agree
            between[0] *= -1
        rows = matched_rows(made.part, goal.part, self._rate)
        return {
            "noise_correlation_error": rmse(*correlations),
            "noise_correlation_r": pearson_rows(*correlations),
            "lagged_covariance_error": lagged,
            "autocorrelation_error": own,
            "state_error": rmse(*between),
            "state_r": pearson_rows(*between),
            "two_sample_auc": two_sample_auc(made, goal, rows, self._rate),
            "energy_distance": energy_distances(made, goal, rows),
        }

    def _with_truth(self, made: Signal) -> dict[str, np.ndarray]:
        if self._truth is None:
            return {}
        both = made, self._truth
        lagged, own = lagged_scores(*both, self._rate)
        found = {
            "noise_correlation_error_truth": rmse(*(noise_correlations(each, self._rate) for each in both)),
            "lagged_covariance_error_truth": lagged,
            "autocorrelation_error_truth": own,
        }
        if not self._changed.any():
            return found
        changed = [Signal(each.part, each.values[:, self._changed]) for each in both]
        found["residual_r_truth"] = paired_correlation(*changed)
        if self._hidden is not None and 0 < self._hidden.sum() < len(self._hidden):
            seen, true = (state_difference(each, self._hidden) for each in changed)
            spread = true - true.mean(axis=1, keepdims=True)
            found["state_slope_truth"] = (seen * spread).sum(axis=1) / (spread**2).sum(axis=1)
            found["state_r_truth"] = pearson_rows(seen, true)
        return found

    def scores(self) -> dict[str, dict[str, float]]:
        return {
            score: {name: float(values[0]) for name, values in self._replicates[score].items()}
            for score in SCORES
            if score in self._replicates
        }

    def comparisons(self) -> dict[str, Comparison]:
        return {score: compare(own, SCORES[score].ideal) for score, own in self._replicates.items() if "model" in own}
