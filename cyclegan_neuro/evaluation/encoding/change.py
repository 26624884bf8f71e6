"""What learning did to noise correlations: from one day to the other, as recorded and as models have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from cyclegan_neuro.evaluation.encoding.parts import DATA, REFERENCE, Part
from cyclegan_neuro.evaluation.encoding.repeats import Recorded, noise_left_out
from cyclegan_neuro.evaluation.encoding.scores import Agreement, Estimate, agreement, estimate, jackknife
from cyclegan_neuro.populations.responses.responses import PreparedResponses, Responses
from cyclegan_neuro.populations.responses.statistics import measure

__all__ = ["Change", "Shift", "measure_change"]


class Shift(Enum):
    """What became of the mean noise correlation; the value is what sentences say."""

    ROSE = "rose"
    FELL = "fell"
    NONE = "did not change measurably"

    @classmethod
    def of(cls, difference: Estimate) -> Shift:
        """Judge by whether the interval holds 0."""
        return cls.ROSE if difference.low > 0 else cls.FELL if difference.high < 0 else cls.NONE


@dataclass(frozen=True, eq=False)
class Change:
    """Noise correlations of day y minus those of day x.

    Attributes
    ----------
    mean : (Estimate, Estimate)
        Mean noise correlation of each day, over all trials of the recording; intervals over trials.
    difference : Estimate
    matrices : dict of str to ndarray, shape (neuron, neuron)
        Change of every pair: of the held-out trials (``"reference"``), the training trials (``"data"``), and models.
    scores : dict of str to Agreement
        Of these against the reference's; ``"data"`` is the ceiling.
    """

    mean: tuple[Estimate, Estimate]
    difference: Estimate
    matrices: dict[str, np.ndarray]
    scores: dict[str, Agreement]

    @property
    def shift(self) -> Shift:
        return Shift.of(self.difference)

    @property
    def pairs_changed(self) -> bool:
        """Whether the change of pairs is seen again in other trials."""
        return self.seen_by(DATA)

    def seen_by(self, key: str) -> bool:
        """Whether a model's pairs change as the recording's do."""
        return self.scores[key].r.low > 0

    def metrics(self) -> dict:
        """Return the entry of ``metrics.json``."""
        return {
            "mean_noise_correlation": {day: one._asdict() for day, one in zip("xy", self.mean, strict=True)},
            "difference": self.difference._asdict(),
            "verdict": self.shift.value,
            "models": {key: one.metrics() for key, one in self.scores.items()},
        }


def measure_change(
    prepared: PreparedResponses, parts: Mapping[tuple[str, int | None], Part], *, draws: np.ndarray
) -> Change:
    """Compare the change of noise correlations of pairs in held-out trials with that of every model."""
    (x, var_x), (y, var_y) = (_mean(prepared.responses, day) for day in (0, 1))
    before, after = parts["held_out", 0], parts["held_out", 1]
    noise = {
        key: (before.statistics[key].noise_correlation, one.noise_correlation) for key, one in after.statistics.items()
    }
    noise[REFERENCE] = (before.reference.noise_correlation, after.reference.noise_correlation)
    changes = {key: second - first for key, (first, second) in noise.items()}

    def left_out(key: str) -> tuple[np.ndarray, np.ndarray]:
        first, second = noise[key]
        return second - before.noise_left_out[key], after.noise_left_out[key] - first

    scores = {
        key: agreement(changes[key], changes[REFERENCE], draws, left_out=[
            *((without, changes[REFERENCE][None]) for without in left_out(key)),
            *((changes[key][None], without) for without in left_out(REFERENCE)),
        ])
        for key in before.scores
    }  # fmt: skip
    return Change((estimate(x, var_x), estimate(y, var_y)), estimate(y - x, var_x + var_y), changes, scores)


def _mean(responses: Responses, day: int) -> tuple[float, float]:
    """Return the mean noise correlation of a day, and its variance over trials."""
    rows = np.flatnonzero(responses.day[responses.stimulus] == day)
    recorded = Recorded(responses.counts[rows], responses.stimulus[rows], responses.trial[rows])
    pairs = np.triu_indices(responses.n_neurons, 1)
    found = measure(recorded.counts, recorded.stimulus).noise_correlation[pairs]
    without = [np.nanmean(one[pairs]) for one in noise_left_out(recorded)]
    return float(np.nanmean(found)), jackknife(np.array(without))
