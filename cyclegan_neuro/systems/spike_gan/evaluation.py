"""Evaluation of a trained Spike-GAN: numbers, figures and the story they tell."""

from __future__ import annotations

from dataclasses import asdict

from cyclegan_neuro.evaluation.contents import Evaluation, told_blocks
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.explanation import Explanation
from cyclegan_neuro.systems.spike_gan.measurements import Measurements, measure
from cyclegan_neuro.systems.spike_gan.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.story.blocks import inputs_block, memorisation_block, statistics_block
from cyclegan_neuro.systems.spike_gan.story.certainty import baselines_block, certainty_block
from cyclegan_neuro.systems.spike_gan.story.importance import importance_block
from cyclegan_neuro.systems.spike_gan.story.methods import methods
from cyclegan_neuro.systems.spike_gan.story.packets import packets_block
from cyclegan_neuro.systems.spike_gan.story.summary import summarise
from cyclegan_neuro.systems.spike_gan.story.whole import whole_block

__all__ = ["evaluate_spike_gan"]

_PACKET_SCORES = (
    "neuron_auroc",
    "neuron_recall",
    "neuron_precision",
    "template_correlation",
    "template_correlation_found",
    "place_auroc",
)


def evaluate_spike_gan(config: Config, prepared: PreparedSamples, trainer) -> Evaluation:
    """Evaluate ``trainer`` beside the baselines.

    Parameters
    ----------
    config : Config
    prepared : PreparedSamples
    trainer : SpikeGAN
        With the weights to evaluate.

    Returns
    -------
    Evaluation
        Metrics: ``statistics`` (by model, then statistic), ``memorisation``; where they apply ``whole_packets``,
        ``whole_distribution``, ``importance``. Arrays: samples, importance maps and the truth of simulated populations.

    References
    ----------
    Molano-Mazon et al. 2018, sections 3 and A.
    """
    found = measure(config, prepared, trainer)
    blocks = (
        inputs_block(config, prepared, found),
        statistics_block(prepared, found),
        packets_block(found),
        memorisation_block(prepared, found),
        whole_block(found),
        importance_block(config, prepared, found),
        baselines_block(found),
        certainty_block(prepared, found),
    )
    paragraphs, references = methods(config, prepared, found, updates=int(trainer.optimizer.iterations))
    return Evaluation(
        summary=summarise(prepared, found),
        blocks=told_blocks(blocks, dpi=config.report.dpi),
        metrics=_metrics(found),
        methods=paragraphs,
        references=references,
        arrays=_arrays(prepared, found),
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
    if found.explanation is not None:
        metrics["importance"] = _importance_metrics(found.explanation)
    return metrics


def _importance_metrics(explanation: Explanation) -> dict:
    metrics: dict = {"n_samples": len(explanation.samples), "critics": {}}
    if explanation.packets:
        metrics["neuron_auroc_of_activity"] = [packet.activity_auroc for packet in explanation.packets]
    for name, view in explanation.critics.items():
        metrics["critics"][name] = {"seconds": view.seconds}
        if view.packets:
            metrics["critics"][name] |= {
                "packets": [{score: getattr(packet, score) for score in _PACKET_SCORES} for packet in view.packets],
                "threshold": view.threshold,
                "recall": view.detection.recall,
                "precision": view.detection.precision,
                "spike_auroc": view.spike_auroc,
            }
    return metrics


def _arrays(prepared: PreparedSamples, found: Measurements) -> dict:
    arrays = {"generated/samples": found.generated}
    if found.explanation is not None:
        arrays["importance/samples"] = found.explanation.samples
        arrays |= {f"importance/maps/{name}": view.maps for name, view in found.explanation.critics.items()}
    if prepared.truth is not None:
        arrays |= {f"truth/{name}": values for name, values in prepared.truth.arrays().items()}
    return arrays
