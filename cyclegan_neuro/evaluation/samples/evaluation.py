"""Evaluation of a generator of samples: numbers, figures and the story they tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from cyclegan_neuro.evaluation.contents import Evaluation, Reference, told_blocks
from cyclegan_neuro.evaluation.samples.generated import Generator
from cyclegan_neuro.evaluation.samples.measurements import Measurements, measure
from cyclegan_neuro.evaluation.samples.sections import SamplesConfig
from cyclegan_neuro.evaluation.samples.story.blocks import inputs_block, memorisation_block, statistics_block
from cyclegan_neuro.evaluation.samples.story.certainty import baselines_block, certainty_block
from cyclegan_neuro.evaluation.samples.story.packets import packets_block
from cyclegan_neuro.evaluation.samples.story.summary import summarise
from cyclegan_neuro.evaluation.samples.story.whole import whole_block
from cyclegan_neuro.populations.prepared import PreparedSamples

__all__ = ["evaluate_samples"]


def evaluate_samples(
    config: SamplesConfig,
    prepared: PreparedSamples,
    generate: Generator,
    *,
    name: str,
    methods: Callable[[Measurements], tuple[tuple[str, ...], tuple[Reference, ...]]],
    own: Evaluation | None = None,
) -> Evaluation:
    """Evaluate a generator beside the baselines.

    Parameters
    ----------
    config : SamplesConfig
    prepared : PreparedSamples
    generate : callable
        See :data:`~cyclegan_neuro.evaluation.samples.generated.Generator`.
    name : str
        What the generator is called in tables and figures.
    methods : callable
        What was measured to the paragraphs of the methods and the works that they cite.
    own : Evaluation, optional
        What only this system has: sentences, blocks, metrics and arrays.

    Returns
    -------
    Evaluation
        Metrics: ``statistics`` (by model, then statistic), ``memorisation``; where they apply ``whole_packets``,
        ``whole_distribution``. Arrays: samples, and the truth of simulated populations.

    References
    ----------
    Molano-Mazon et al. 2018, sections 3 and A.
    """
    own = own or Evaluation((), ())
    found = measure(config, prepared, generate, name=name)
    blocks = (
        inputs_block(config, prepared, found),
        statistics_block(prepared, found),
        packets_block(found),
        memorisation_block(prepared, found),
        whole_block(found),
        *own.blocks,
        baselines_block(found),
        certainty_block(prepared, found),
    )
    paragraphs, references = methods(found)
    truth = {} if prepared.truth is None else prepared.truth.arrays()
    return Evaluation(
        summary=(*summarise(prepared, found), *own.summary),
        blocks=told_blocks(blocks, dpi=config.report.dpi),
        metrics=_metrics(found) | own.metrics,
        methods=paragraphs,
        references=references,
        arrays={"generated/samples": found.generated}
        | own.arrays
        | {f"truth/{field}": values for field, values in truth.items()},
    )


def _metrics(found: Measurements) -> dict:
    metrics = {
        "statistics": {
            model: {name: {"rmse": error.rmse, "r2": error.r2} for name, error in errors.items()}
            for model, errors in found.errors.items()
        }
    }
    if found.memorisation is not None:
        one = found.memorisation
        metrics["memorisation"] = {
            "median_distance": {name: nearest.median for name, nearest in one.nearest.items()},
            "copies": {name: nearest.copies for name, nearest in one.nearest.items()},
            "ks_statistic": one.ks_statistic,
        }
    if found.packets is not None:
        one = found.packets
        metrics["whole_packets"] = {
            "recorded": one.recorded.tolist(),
            "slack_bins": one.slack_bins,
            "share_of_recorded": {name: [asdict(share) for share in shares] for name, shares in one.shares.items()},
        }
    if found.whole is not None:
        one = found.whole
        metrics["whole_distribution"] = {
            "entropy_bits": {
                side: {"plug_in": entropy.plug_in, "miller_madow": entropy.miller_madow, "n_samples": entropy.n_samples}
                for side, entropy in (("generated", one.entropy_generated), ("surrogate", one.entropy_surrogate))
            },
            "seen_in_training": {"generated": one.seen_generated, "surrogate": one.seen_surrogate},
            "never_in_truth": {"generated": one.impossible_generated, "surrogate": one.impossible_surrogate},
        }
    return metrics
