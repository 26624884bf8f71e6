"""What an evaluation of generated samples is told: its own sections, and those that its report speaks of."""

from __future__ import annotations

from typing import Literal, Protocol

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import SEEDS, Contradiction, Section, setting
from cyclegan_neuro.populations.sections import FILE_SOURCES, DataSection
from cyclegan_neuro.populations.whole_distribution import MOST_BITS

__all__ = ["BaselinesSection", "EvaluationSection", "SamplesConfig", "require_fitting_data"]


class BaselinesSection(Section):
    """Models that are fitted beside the network."""

    independent: bool = setting(True, "Independent neurons with their rates.")
    dichotomized_gaussian: bool = setting(True, "Dichotomized Gaussian with correlations over time lags.")
    k_pairwise: bool = setting(True, "k-pairwise maximum-entropy model.")
    repeat_bins: int | None = setting(
        None,
        "Bins after which a stimulus that was shown again and again begins anew, counted from the first bin of the "
        "data (samples of a file then follow each other): a dichotomized Gaussian whose rates follow it is fitted too.",
        unit="bins",
        ge=2,
    )


class EvaluationSection(sections.EvaluationSection):
    """How a generator of samples is evaluated."""

    weights: Literal["best", "last"] = setting("last", "Checkpoint to evaluate.")
    batch_size: int = setting(512, "Samples per network call.", ge=1)
    n_samples: int | None = setting(
        None, "Generated samples that are compared; as many as training samples that do not overlap when absent.", ge=2
    )
    seed: int = setting(0, "Draws noise, spikes, halves and shuffles.", **SEEDS)
    baselines: BaselinesSection = setting(BaselinesSection, "Models fitted beside the network.")
    whole_distribution_samples: int = setting(
        0,
        "Samples that stand for the true distribution of words, and as many generated ones and of a surrogate "
        "(section A.1); 0 is off.",
        paper=2_000_000,
        ge=0,
    )


class SamplesConfig(Protocol):
    """The sections that any system which generates samples has, beside those of its networks."""

    data: DataSection
    training: sections.TrainingSection
    evaluation: EvaluationSection
    report: sections.ReportSection


def require_fitting_data(config: SamplesConfig) -> None:
    """Refuse what the evaluation cannot do with the data; for a validator of the system's configuration.

    Raises
    ------
    Contradiction
    """
    data, section = config.data, config.evaluation
    if section.baselines.repeat_bins and data.source not in FILE_SOURCES:
        raise Contradiction(
            "evaluation.baselines.repeat_bins",
            got=f"{section.baselines.repeat_bins} with data.source '{data.source}'",
            expected=f"none, or spikes from a file (data.source {', '.join(FILE_SOURCES)})",
            fix="remove evaluation.baselines.repeat_bins",
        )
    if not section.whole_distribution_samples:
        return
    population = getattr(data.simulation, data.simulation.kind)
    n_places = population.n_bins * population.n_neurons
    if data.source != "simulated" or n_places > MOST_BITS:
        what = f"source '{data.source}'" if data.source != "simulated" else f"{n_places} places"
        raise Contradiction(
            "evaluation.whole_distribution_samples",
            got=f"{section.whole_distribution_samples:,} with samples of {what}",
            expected=f"0, or a simulated population with at most {MOST_BITS} places (bins times neurons)",
            fix="see configs/spike_gan/whole_distribution.yaml, or remove it",
        )
