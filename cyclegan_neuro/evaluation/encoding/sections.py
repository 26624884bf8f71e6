"""What an evaluation of models of responses is told."""

from __future__ import annotations

from typing import Literal, Protocol

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import SEEDS, setting
from cyclegan_neuro.populations.responses.sections import ResponsesSection

__all__ = ["EncodingConfig", "EvaluationSection"]


class EvaluationSection(sections.EvaluationSection):
    """How models of responses are compared."""

    weights: Literal["best", "last"] = setting("last", "Checkpoint to evaluate.")
    batch_size: int = setting(4096, "Responses per network call.", ge=1)
    n_resamples: int = setting(200, "Resamplings of neurons behind intervals.", ge=20)
    seed: int = setting(0, "Draws samples of the models, halves of trials and resamplings.", **SEEDS)


class EncodingConfig(Protocol):
    """The sections that any system which models responses has."""

    data: ResponsesSection
    training: sections.OptimisationSection
    evaluation: EvaluationSection
    report: sections.ReportSection
