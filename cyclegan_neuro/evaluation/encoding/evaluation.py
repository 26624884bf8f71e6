"""Evaluation of a model of responses to stimuli: numbers, figures and the story they tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from threadpoolctl import threadpool_limits

from cyclegan_neuro.evaluation.contents import Evaluation, told_blocks
from cyclegan_neuro.evaluation.encoding.measurements import measure_models
from cyclegan_neuro.evaluation.encoding.model import EncodingModel
from cyclegan_neuro.evaluation.encoding.sections import EncodingConfig
from cyclegan_neuro.evaluation.encoding.story.blocks import (
    change_block,
    inputs_block,
    noise_block,
    psth_block,
    statistics_block,
)
from cyclegan_neuro.evaluation.encoding.story.summary import certainty_block, opening_picture, summarise
from cyclegan_neuro.evaluation.methods import Paragraph, render_methods
from cyclegan_neuro.populations.responses.responses import PreparedResponses
from cyclegan_neuro.spikes.cache import ResultCache

__all__ = ["evaluate_responses"]

_METHODS = Path(__file__).parent / "methods"


def evaluate_responses(
    config: EncodingConfig,
    prepared: PreparedResponses,
    model: EncodingModel,
    *,
    rivals: Mapping[str, EncodingModel],
    training: Paragraph,
    own: Evaluation | None = None,
    own_methods: Iterable[Paragraph] = (),
    cache_directory: Path | None = None,
) -> Evaluation:
    """Evaluate a model of responses beside others, Gaussian copulas and independent neurons.

    Parameters
    ----------
    config : EncodingConfig
    prepared : PreparedResponses
    model : EncodingModel
        Trained on the training rows of ``prepared``.
    rivals : mapping of str to EncodingModel
        Others, trained on the same. Around the rates of ``"supervised"`` a Gaussian copula is fitted.
    training : Paragraph
        Tells what was trained, and how.
    own : Evaluation, optional
        What only this system has: sentences, blocks, metrics and arrays.
    own_methods : iterable of Paragraph
        How that was computed.
    cache_directory : Path, optional
        Statistics of a simulator's truth are kept there for the next evaluation.

    Returns
    -------
    Evaluation
        Metrics: ``encoding`` (by day where there are two, then part, ``models``, model and statistic; ``change``).
        Arrays: by part and model, correlation matrices, PSTHs and population-count histograms.

    Raises
    ------
    RecordingError
        Where no stimulus was shown twice: there is no noise correlation.

    References
    ----------
    Ramesh, Atayi & Macke 2019, Figure 4.
    """
    render_methods([training])  # what is wrong with it is said now, not after the measurements
    own = own or Evaluation((), ())
    with threadpool_limits(1):  # small matrices
        found = measure_models(config.evaluation, prepared, model, rivals, cache=ResultCache(cache_directory))
    blocks = (
        inputs_block(found),
        noise_block(found),
        change_block(found),
        statistics_block(found),
        psth_block(found),
        *own.blocks,
        certainty_block(found, config),
    )
    run = {"config": config, "prepared": prepared, "found": found}
    data, comparison = (Paragraph(_METHODS / f"{part}.j2", run) for part in ("responses", "comparison"))
    paragraphs, references = render_methods((data, training, comparison, *own_methods), libraries=("NumPy", "SciPy"))
    truth = {} if prepared.responses.truth is None else prepared.responses.truth.arrays()
    opening = opening_picture(found)
    opening.figure.set_dpi(config.report.dpi)
    return Evaluation(
        summary=(*summarise(found), *own.summary),
        blocks=told_blocks(blocks, dpi=config.report.dpi),
        metrics=found.metrics() | own.metrics,
        methods=paragraphs,
        references=references,
        arrays=found.arrays() | own.arrays | {f"truth/{field}": values for field, values in truth.items()},
        opening=opening,
    )
