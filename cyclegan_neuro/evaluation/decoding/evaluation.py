"""Evaluation of a representation of trials: numbers, figures and the story they tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from threadpoolctl import threadpool_limits

from cyclegan_neuro.evaluation.contents import Evaluation, told_blocks
from cyclegan_neuro.evaluation.decoding.across_days_block import across_days_block
from cyclegan_neuro.evaluation.decoding.measurements import measure
from cyclegan_neuro.evaluation.decoding.model import Fit, TrialModel
from cyclegan_neuro.evaluation.decoding.sections import DecodingConfig
from cyclegan_neuro.evaluation.decoding.story.certainty import certainty_block, summarise
from cyclegan_neuro.evaluation.decoding.story.decoding import decoding_block
from cyclegan_neuro.evaluation.decoding.story.generation import generation_block
from cyclegan_neuro.evaluation.decoding.story.inputs import inputs_block
from cyclegan_neuro.evaluation.decoding.story.parting import parting_block
from cyclegan_neuro.evaluation.decoding.story.reconstruction import reconstruction_block
from cyclegan_neuro.evaluation.decoding.story.views import opening_picture, views_block
from cyclegan_neuro.evaluation.methods import Paragraph, render_methods
from cyclegan_neuro.populations.trials.trials import PreparedTrials

__all__ = ["evaluate_trials"]

_METHODS = Path(__file__).parent / "methods"


def evaluate_trials(
    config: DecodingConfig,
    prepared: PreparedTrials,
    model: TrialModel,
    *,
    fits: Mapping[str, tuple[str, Fit]],
    method: str,
    training: Paragraph,
    own: Evaluation | None = None,
    own_methods: Iterable[Paragraph] = (),
    cache_directory: Path | None = None,
) -> Evaluation:
    """Evaluate a representation of trials beside others, raw activity and principal components.

    Parameters
    ----------
    config : DecodingConfig
    prepared : PreparedTrials
    model : TrialModel
        Trained on the training trials of ``prepared``, with ``config.training.seed``.
    fits : mapping of str to (str, Fit)
        By key: what a method is called, and how it is trained. The run's own is among them.
    method : str
        Key of the run's own.
    training : Paragraph
        Tells what was trained, and how.
    own : Evaluation, optional
        What only this system has: sentences, blocks, metrics and arrays.
    own_methods : iterable of Paragraph
        How that was computed.
    cache_directory : Path, optional
        What was trained and decoded is kept there for the next evaluation.

    Returns
    -------
    Evaluation
        Metrics: ``decoding`` (by label, then method and space); where they apply ``disentanglement``,
        ``reconstruction``, ``generation``, ``across_days``. Arrays: the spaces of held-out bins.

    Raises
    ------
    ConfigurationError
        Where ``evaluation.compare`` names a method that is not in ``fits``.

    References
    ----------
    Liu et al. 2021, sections 3.4 and 4.
    """
    render_methods([training])  # what is wrong with it is said now, not after the measurements
    own = own or Evaluation((), ())
    with threadpool_limits(1):  # small matrices: threads that wait for each other made t-SNE take minutes
        found = measure(config, prepared, model, fits=fits, method=method, cache_directory=cache_directory)
    blocks = (
        inputs_block(found),
        decoding_block(found),
        parting_block(found),
        views_block(found),
        reconstruction_block(found),
        generation_block(found),
        None if found.across is None else across_days_block(found.across),
        *own.blocks,
        certainty_block(found, weights=config.evaluation.weights),
    )
    run = {"config": config, "prepared": prepared, "found": found}
    data, comparison = (Paragraph(_METHODS / f"{part}.j2", run) for part in ("trials", "comparison"))
    libraries = ("NumPy", "SciPy", "scikit-learn")
    paragraphs, references = render_methods((data, training, comparison, *own_methods), libraries=libraries)
    opening = opening_picture(found)
    opening.figure.set_dpi(config.report.dpi)
    return Evaluation(
        summary=(*summarise(found), *own.summary),
        blocks=told_blocks(blocks, dpi=config.report.dpi),
        metrics=found.metrics() | own.metrics,
        methods=paragraphs,
        references=references,
        arrays=found.arrays() | own.arrays,
        opening=opening,
    )
