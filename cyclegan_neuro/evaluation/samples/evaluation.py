"""Evaluation of a generator of samples: numbers, figures and the story they tell."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cyclegan_neuro.evaluation.contents import Evaluation, told_blocks
from cyclegan_neuro.evaluation.methods import Paragraph, render_methods
from cyclegan_neuro.evaluation.samples.blocks import (
    inputs_block,
    memorisation_block,
    packets_block,
    statistics_block,
    whole_block,
)
from cyclegan_neuro.evaluation.samples.certainty import baselines_block, certainty_block, opening_picture, summarise
from cyclegan_neuro.evaluation.samples.generated import Generator
from cyclegan_neuro.evaluation.samples.measurements import measure
from cyclegan_neuro.evaluation.samples.sections import SamplesConfig
from cyclegan_neuro.populations.prepared import PreparedSamples

__all__ = ["evaluate_samples"]

_METHODS = Path(__file__).parent / "methods"


def evaluate_samples(
    config: SamplesConfig,
    prepared: PreparedSamples,
    generate: Generator,
    *,
    name: str,
    training: Paragraph,
    own: Evaluation | None = None,
    own_methods: Iterable[Paragraph] = (),
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
    training : Paragraph
        Tells what was trained, and how.
    own : Evaluation, optional
        What only this system has: sentences, blocks, metrics and arrays.
    own_methods : iterable of Paragraph
        How that was computed.

    Returns
    -------
    Evaluation
        Metrics: ``statistics`` (by model, then statistic), ``memorisation``; where they apply ``whole_packets``,
        ``whole_distribution``. Arrays: samples, and the truth of simulated populations.

    References
    ----------
    Molano-Mazon et al. 2018, sections 3 and A.
    """
    render_methods([training])  # what is wrong with it is said now, not after the measurements
    own = own or Evaluation((), ())
    found = measure(config, prepared, generate, name=name)
    blocks = (
        inputs_block(config, found),
        statistics_block(found),
        packets_block(found),
        memorisation_block(found),
        whole_block(found),
        *own.blocks,
        baselines_block(found),
        certainty_block(found),
    )
    run = {"config": config, "prepared": prepared, "found": found}
    data, comparison = (Paragraph(_METHODS / f"{part}.j2", run) for part in ("samples", "comparison"))
    paragraphs, references = render_methods((data, training, comparison, *own_methods), libraries=("NumPy", "SciPy"))
    truth = {} if prepared.truth is None else prepared.truth.arrays()
    opening = opening_picture(found)
    opening.figure.set_dpi(config.report.dpi)
    return Evaluation(
        summary=(*summarise(found), *own.summary),
        blocks=told_blocks(blocks, dpi=config.report.dpi),
        metrics=found.metrics() | own.metrics,
        methods=paragraphs,
        references=references,
        arrays={"generated/samples": found.generated}
        | own.arrays
        | {f"truth/{field}": values for field, values in truth.items()},
        opening=opening,
    )
