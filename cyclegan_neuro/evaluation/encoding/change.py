"""What learning did to noise correlations: from one day to the other, as recorded and as models have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from cyclegan_neuro.evaluation.encoding.parts import DATA, Part
from cyclegan_neuro.evaluation.encoding.repeats import Recorded, mean_noise_correlations
from cyclegan_neuro.evaluation.encoding.scores import Agreement, Estimate, agreement, interval
from cyclegan_neuro.evaluation.encoding.sections import EvaluationSection
from cyclegan_neuro.populations.responses.responses import PreparedResponses

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
        Mean noise correlation of each day, over all trials of the recording; intervals by resampling repeats.
    difference : Estimate
    models : dict of str to float
        Difference of the means of each model's samples.
    matrices : dict of str to ndarray, shape (neuron, neuron)
        Change of every pair: of the held-out trials (``"reference"``), the training trials (``"data"``), and models.
    scores : dict of str to Agreement
        Of these against the reference's; ``"data"`` is the ceiling.
    """

    mean: tuple[Estimate, Estimate]
    difference: Estimate
    models: dict[str, float]
    matrices: dict[str, np.ndarray]
    scores: dict[str, Agreement]

    @property
    def shift(self) -> Shift:
        return Shift.of(self.difference)

    @property
    def pairs_changed(self) -> bool:
        """Whether the change of pairs is seen again in other trials."""
        return self.scores[DATA].r.low > 0

    def seen_by(self, key: str) -> bool:
        """Whether a model's pairs change as the recording's do."""
        return self.scores[key].r.low > 0

    def metrics(self) -> dict:
        """Return the entry of ``metrics.json``."""
        return {
            "mean_noise_correlation": {day: one._asdict() for day, one in zip("xy", self.mean, strict=True)},
            "difference": self.difference._asdict(),
            "verdict": self.shift.value,
            "models": {
                key: one.metrics() | {"difference_of_means": self.models[key]} for key, one in self.scores.items()
            },
        }


def measure_change(
    prepared: PreparedResponses,
    parts: Mapping[tuple[str, int | None], Part],
    *,
    draws: np.ndarray,
    section: EvaluationSection,
) -> Change:
    """Compare the change of noise correlations of pairs in the held-out part with that of every model."""
    responses = prepared.responses
    means = []
    for day in (0, 1):
        rows = np.flatnonzero(responses.day[responses.stimulus] == day)
        recorded = Recorded(responses.counts[rows], responses.stimulus[rows], responses.trial[rows])
        means.append(mean_noise_correlations(recorded, n_resamples=section.n_resamples, seed=section.seed + day))
    before, after = parts["held_out", 0], parts["held_out", 1]
    matrices = {"reference": after.reference.noise_correlation - before.reference.noise_correlation}
    matrices |= {
        key: after.statistics[key].noise_correlation - before.statistics[key].noise_correlation for key in before.scores
    }
    scores = {key: agreement(matrices[key], matrices["reference"], draws) for key in before.scores}
    return Change(
        mean=(_estimate(means[0]), _estimate(means[1])),
        difference=_estimate(means[1] - means[0]),
        models={key: one.mean.value for key, one in scores.items()},
        matrices=matrices,
        scores=scores,
    )


def _estimate(draws: np.ndarray) -> Estimate:
    return Estimate(float(draws[0]), *interval(draws[1:]))
