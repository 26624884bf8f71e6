"""Evaluation of a trained CycleGAN: numbers, figures and the story they tell."""

from __future__ import annotations

from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.measurements import measure
from cyclegan_neuro.systems.cyclegan.story.inputs import inputs_block, order_block
from cyclegan_neuro.systems.cyclegan.story.learning import learning_block
from cyclegan_neuro.systems.cyclegan.story.mapping import mapping_block
from cyclegan_neuro.systems.cyclegan.story.summary import summarise
from cyclegan_neuro.systems.evaluation import Evaluation
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["evaluate_cyclegan"]


def evaluate_cyclegan(config: Config, prepared: PreparedPair, trainer) -> Evaluation:
    """Evaluate ``trainer`` on the test windows, beside the baselines.

    Parameters
    ----------
    config : Config
    prepared : PreparedPair
    trainer : CycleGAN
        With the weights to evaluate.

    Returns
    -------
    Evaluation
        Metrics: ``signals``, ``change`` and, where position is known, ``tuning``.

    References
    ----------
    Li et al. 2021, section 3.
    """
    found = measure(config, prepared, trainer)
    blocks = (
        inputs_block(config, prepared),
        mapping_block(config, prepared, found),
        learning_block(prepared, found),
        order_block(prepared),
    )
    blocks = tuple(block for block in blocks if block is not None)
    for block in blocks:
        for _, _, figure in block.figures:
            figure.set_dpi(config.report.dpi)
    metrics = {"signals": found.signals, "change": found.change}
    if found.tuning:
        metrics["tuning"] = found.tuning
    return Evaluation(summary=summarise(prepared, found), blocks=blocks, metrics=metrics)
