"""Evaluation of a trained CycleGAN: what it hands to the evaluation of any translator."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from cyclegan_neuro.evaluation.contents import Evaluation
from cyclegan_neuro.evaluation.days.evaluation import evaluate_days
from cyclegan_neuro.evaluation.days.translation import ModelTranslator
from cyclegan_neuro.evaluation.methods import Paragraph
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.data import critic_updates, windows_per_step
from cyclegan_neuro.systems.cyclegan.views import view_networks
from cyclegan_neuro.windows.pipeline import steps_per_epoch
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["evaluate_cyclegan", "training_paragraph"]


def evaluate_cyclegan(
    config: Config, prepared: PreparedPair, trainer, *, cache_directory: Path | None = None
) -> Evaluation:
    """Evaluate ``trainer``, a :class:`~cyclegan_neuro.systems.cyclegan.model.CycleGAN`, by ``evaluate_days``."""
    with trainer.average_weights():
        return evaluate_days(
            config,
            prepared,
            ModelTranslator(trainer.generator_g, trainer.generator_f, prepared),
            training=training_paragraph(config, prepared, updates=int(trainer.optimizer.iterations)),
            views=partial(view_networks, trainer, config.evaluation.interpretation, prepared),
            cache_directory=cache_directory,
        )


def training_paragraph(config: Config, prepared: PreparedPair, *, updates: int) -> Paragraph:
    """Return what the methods tell of training; ``updates`` are those of the generators behind the weights."""
    facts = {
        "config": config,
        "critic_updates": critic_updates(config),
        "steps_per_epoch": steps_per_epoch(prepared, windows_per_step(config)),
        "updates": updates,
    }
    return Paragraph(Path(__file__).with_name("methods.j2"), facts)
