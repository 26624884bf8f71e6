"""Everything that is measured of models of responses, in one place."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.encoding.change import Change, measure_change
from cyclegan_neuro.evaluation.encoding.independent import IndependentNeurons
from cyclegan_neuro.evaluation.encoding.model import EncodingModel
from cyclegan_neuro.evaluation.encoding.parts import DATA, Against, Part, measure_part
from cyclegan_neuro.evaluation.encoding.repeats import Recorded
from cyclegan_neuro.evaluation.encoding.scores import Match, neuron_draws
from cyclegan_neuro.evaluation.encoding.sections import EvaluationSection
from cyclegan_neuro.evaluation.verdicts import PairedVerdict
from cyclegan_neuro.populations.baselines.gaussian_copula import fit_gaussian_copula, psth_exceedance
from cyclegan_neuro.populations.responses.responses import PreparedResponses
from cyclegan_neuro.spikes.cache import ResultCache

__all__ = ["COPULA", "COPULA_PSTH", "DAYS", "INDEPENDENT", "MODEL", "SUPERVISED", "Measurements", "measure_models"]

_log = logging.getLogger(__name__)

MODEL, SUPERVISED = "model", "supervised"
COPULA, COPULA_PSTH, INDEPENDENT = "copula", "copula_psth", "independent"
"""Baselines: Gaussian copulas around the supervised rates and around the training PSTH, and the latter alone."""
_OWN_ROW = {
    Against.TRUTH: "the data themselves",
    Against.TRIALS: "the training trials",
    Against.TRAINED: "the held-out trials",
    Against.ITSELF: "as many trials again",
}
DAYS = ("x", "y")


@dataclass(frozen=True, eq=False)
class Measurements:
    """What the report tells.

    Attributes
    ----------
    prepared : PreparedResponses
    labels : dict of str to str
        What the run's model (``"model"``), rivals and baselines are called.
    parts : dict of (str, int or None) to Part
        By part and day; no day where there is one.
    change : Change, optional
        Of noise correlations from one day to the other.
    """

    prepared: PreparedResponses
    labels: dict[str, str]
    parts: dict[tuple[str, int | None], Part]
    change: Change | None

    @property
    def leading(self) -> dict[int | None, Part]:
        """By day, the part that the report leads with: where models may have been fitted to the reference, it is not.

        The training bins of a movie where the truth is known, as in the paper; otherwise what was held out.
        """
        known = self.prepared.condition == "movie" and self.prepared.responses.truth is not None
        name = "train" if known else "held_out"
        return {day: part for (one, day), part in self.parts.items() if one == name}

    def label(self, key: str, part: Part) -> str:
        """Return what a model is called, or the recording's own row of a part."""
        return _OWN_ROW[part.against] if key == DATA else self.labels[key]

    def match(self, part: Part) -> Match:
        """Return whether the run's model has the noise correlations of a part."""
        return Match.of(part.scores[MODEL].noise, part.scores[DATA].noise)

    def standing(self, part: Part) -> dict[str, PairedVerdict]:
        """Return by rival and baseline whether the run's model has the smaller error in noise correlations."""
        own = part.scores[MODEL].noise
        return {key: own.verdict(part.scores[key].noise) for key in (*part.models, DATA) if key != MODEL}

    def metrics(self) -> dict:
        """Return the entries of ``metrics.json``."""
        found: dict = {"labels": self.labels}
        for (name, day), part in self.parts.items():
            place = found if day is None else found.setdefault(DAYS[day], {})
            verdicts = {key: verdict.value for key, verdict in self.standing(part).items()}
            place[name] = part.metrics() | {"match": self.match(part).value, "noise_rmse_against": verdicts}
        if self.change is not None:
            found["change"] = self.change.metrics()
        return {"encoding": found}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return correlation matrices, PSTHs and histograms by their path in ``maps.h5``."""
        found = {}
        for (name, day), part in self.parts.items():
            place = f"encoding/{name}" if day is None else f"encoding/{DAYS[day]}/{name}"
            found[f"{place}/stimuli"] = part.stimuli
            for key, one in ({"reference": part.reference} | part.statistics).items():
                for field in ("psth", "noise_correlation", "total_correlation", "count_histogram"):
                    found[f"{place}/{key}/{field}"] = getattr(one, field)
        return found


def measure_models(
    section: EvaluationSection,
    prepared: PreparedResponses,
    model: EncodingModel,
    rivals: Mapping[str, EncodingModel],
    *,
    cache: ResultCache,
) -> Measurements:
    """Fit the baselines, sample every model and compare; see :func:`~.evaluation.evaluate_responses`."""
    responses = prepared.responses
    draws = neuron_draws(responses.n_neurons, n_resamples=section.n_resamples, seed=section.seed)
    parts: dict[tuple[str, int | None], Part] = {}
    labels = {}
    for day in (None,) if responses.day is None else (0, 1):
        train, held_out = (_of_day(prepared, rows, day) for rows in (prepared.train, prepared.held_out))
        models = {MODEL: model, **rivals} | _baselines(train, rivals, responses.n_stimuli)
        labels = {key: one.name for key, one in models.items()}
        for name, own, others in (("train", train, held_out), ("held_out", held_out, train)):
            unseen = () if np.isin(own.stimulus, train.stimulus).all() else (COPULA_PSTH, INDEPENDENT)
            recorded, reference = own, None
            if responses.truth is None and prepared.condition == "identity":
                recorded, reference = others, own
            _log.info("comparing %s%s", name, "" if day is None else f" of day {DAYS[day]}")
            parts[name, day] = measure_part(
                name, recorded, {key: one for key, one in models.items() if key not in unseen},
                truth=responses.truth, others=reference, draws=draws, seed=(section.seed, len(parts)), cache=cache,
            )  # fmt: skip
    return Measurements(
        prepared, labels, parts,
        None if responses.day is None else measure_change(prepared, parts, draws=draws),
    )  # fmt: skip


def _of_day(prepared: PreparedResponses, rows: np.ndarray, day: int | None) -> Recorded:
    responses = prepared.responses
    if day is not None:
        rows = rows[responses.day[responses.stimulus[rows]] == day]
    return Recorded(responses.counts[rows], responses.stimulus[rows], responses.trial[rows])


def _baselines(train: Recorded, rivals: Mapping[str, EncodingModel], n_stimuli: int) -> dict[str, EncodingModel]:
    """Return the sceptics, fitted to training trials: shared noise around given rates, and none."""
    psth = psth_exceedance(train.counts, train.stimulus, n_stimuli=n_stimuli)
    around = {COPULA_PSTH: psth}
    if SUPERVISED in rivals:
        around = {COPULA: rivals[SUPERVISED].exceedance(np.arange(n_stimuli))} | around
    names = {
        COPULA: "Gaussian copula around the supervised rates",
        COPULA_PSTH: "Gaussian copula around the training PSTH",
    }
    found: dict[str, EncodingModel] = {
        key: fit_gaussian_copula(train.counts, train.stimulus, rates, name=names[key]) for key, rates in around.items()
    }
    return found | {INDEPENDENT: IndependentNeurons("independent neurons with the training PSTH", psth)}
