"""Evaluation of a trained Spike-GAN: that of any generator of samples, and its critics' importance maps."""

from __future__ import annotations

from pathlib import Path

from cyclegan_neuro.evaluation.contents import Evaluation, Sentence
from cyclegan_neuro.evaluation.methods import Paragraph
from cyclegan_neuro.evaluation.samples.evaluation import evaluate_samples
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.generation import generator_of
from cyclegan_neuro.systems.spike_gan.importance.explanation import (
    COORDINATION,
    UNTRAINED,
    Explanation,
    explain_critics,
)
from cyclegan_neuro.systems.spike_gan.importance.story import (
    TITLE,
    importance_block,
    importance_metrics,
    importance_sentence,
)

__all__ = ["evaluate_spike_gan"]

_FOLDER = Path(__file__).parent


def evaluate_spike_gan(config: Config, prepared: PreparedSamples, trainer) -> Evaluation:
    """Evaluate ``trainer``, a :class:`~cyclegan_neuro.systems.spike_gan.model.SpikeGAN`, by ``evaluate_samples``.

    Where importance maps were asked for, metrics have ``importance``, and arrays the maps.
    """
    explanation = None
    if config.evaluation.importance.enabled:
        explanation = explain_critics(config, prepared, trainer.critic)
    facts = {"config": config, "updates": int(trainer.optimizer.iterations)}
    return evaluate_samples(
        config,
        prepared,
        generator_of(config, prepared, trainer),
        name="Spike-GAN",
        training=Paragraph(_FOLDER / "methods.j2", facts),
        own=None if explanation is None else _own(config, prepared, explanation),
        own_methods=() if explanation is None else (_importance_methods(config, explanation),),
    )


def _importance_methods(config: Config, explanation: Explanation) -> Paragraph:
    facts = {
        "config": config,
        "n_samples": len(explanation.samples),
        "second_critic": COORDINATION in explanation.critics,
        "untrained_critic": UNTRAINED in explanation.critics,
    }
    return Paragraph(_FOLDER / "importance" / "methods.j2", facts)


def _own(config: Config, prepared: PreparedSamples, explanation: Explanation) -> Evaluation:
    """What the critics find important, as a part of the report."""
    maps = {f"importance/maps/{name}": view.maps for name, view in explanation.critics.items()}
    sentence = importance_sentence(explanation) if explanation.packets else ""
    return Evaluation(
        summary=(Sentence("What does it find?", sentence, TITLE),) if sentence else (),
        blocks=(importance_block(config, prepared, explanation),),
        metrics={"importance": importance_metrics(explanation)},
        arrays={"importance/samples": explanation.samples, **maps},
    )
