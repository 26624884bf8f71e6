"""What an evaluation of representations of trials is told."""

from __future__ import annotations

from typing import Literal, Protocol

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import SEEDS, setting
from cyclegan_neuro.populations.trials.sections import TrialsSection

__all__ = ["DecodingConfig", "EvaluationSection"]


class EvaluationSection(sections.EvaluationSection):
    """How representations of trials are compared."""

    weights: Literal["best", "last"] = setting("last", "Checkpoint to evaluate.")
    batch_size: int = setting(8192, "Bins per network call.", ge=1)
    folds: int = setting(
        5, "Folds of the cross-validation over trials, in each of which every compared model is trained; 0 is off.",
        ge=0,
    )  # fmt: skip
    compare: list[str] = setting(
        ["vae"], "Methods (as objective.method) that are trained beside this one in every fold."
    )
    n_seeds: int = setting(
        0, "Trainings with other seeds on the split of the run, scored as the paper scores: last and best epoch of the "
        "readout; 0 is off.", ge=0,
    )  # fmt: skip
    n_resamples: int = setting(2000, "Resamplings of trials behind intervals and paired tests.", ge=100)
    processes: int | None = setting(
        None, "Processes that train what is compared, one network on one core each; all cores when absent.", ge=1
    )
    seed: int = setting(0, "Draws folds, readouts, resamplings and t-SNE.", **SEEDS)


class DecodingConfig(Protocol):
    """The sections that any system which represents trials has."""

    data: TrialsSection
    training: sections.OptimisationSection
    evaluation: EvaluationSection
    report: sections.ReportSection
