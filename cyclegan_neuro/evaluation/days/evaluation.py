"""Evaluation of a translator of two days: numbers, figures and the story they tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from cyclegan_neuro.evaluation.contents import Evaluation, told_blocks
from cyclegan_neuro.evaluation.days.cost import note_spikes
from cyclegan_neuro.evaluation.days.identifiability.agreement import OtherRun
from cyclegan_neuro.evaluation.days.identifiability.measure import frames_of_others, identifiability
from cyclegan_neuro.evaluation.days.interpretation.measure import Views, interpret_networks
from cyclegan_neuro.evaluation.days.measurements import measure
from cyclegan_neuro.evaluation.days.methods import methods_of_days
from cyclegan_neuro.evaluation.days.null.measure import beyond_drift
from cyclegan_neuro.evaluation.days.null.reading import read_null_pairs
from cyclegan_neuro.evaluation.days.one_to_many import Draw
from cyclegan_neuro.evaluation.days.sections import DaysConfig
from cyclegan_neuro.evaluation.days.spiking.measure import measure_spikes
from cyclegan_neuro.evaluation.days.spiking.reasons import why_not
from cyclegan_neuro.evaluation.days.spiking.recorder import SpikeRecorder
from cyclegan_neuro.evaluation.days.story.beyond import beyond_block
from cyclegan_neuro.evaluation.days.story.beyond_tuning import beyond_tuning_block
from cyclegan_neuro.evaluation.days.story.certainty import certainty_block
from cyclegan_neuro.evaluation.days.story.identifiability import identifiability_block
from cyclegan_neuro.evaluation.days.story.inputs import inputs_block, order_block
from cyclegan_neuro.evaluation.days.story.interpretation import interpretation_block
from cyclegan_neuro.evaluation.days.story.learning import learning_block
from cyclegan_neuro.evaluation.days.story.mapping import mapping_block
from cyclegan_neuro.evaluation.days.story.one_to_many import one_to_many_block
from cyclegan_neuro.evaluation.days.story.rivals import places_told
from cyclegan_neuro.evaluation.days.story.spikes import no_spikes_block, spikes_block
from cyclegan_neuro.evaluation.days.story.summary import opening_picture, summarise
from cyclegan_neuro.evaluation.days.translation import Translator
from cyclegan_neuro.evaluation.methods import Paragraph, render_methods
from cyclegan_neuro.spikes.cache import ResultCache
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["evaluate_days"]


def evaluate_days(
    config: DaysConfig,
    prepared: PreparedPair,
    model: Translator,
    *,
    training: Paragraph,
    views: Views | None = None,
    cache_directory: Path | None = None,
    condition: Sequence[str] = (),
    begins_as: str | None = None,
    others: Iterable[OtherRun] = (),
    draw: Draw | None = None,
) -> Evaluation:
    """Evaluate a translator on the test windows, beside the baselines.

    Parameters
    ----------
    config : DaysConfig
    prepared : PreparedPair
    model : Translator
        With the weights to evaluate.
    training : Paragraph
        Of the methods section: what was trained, and how.
    views : callable, optional
        Gives the networks that can be explained; without it none is.
    cache_directory : Path, optional
        Keeps spikes and their statistics for the next evaluation.
    begins_as : str, optional
        Alignment that the model was before training, which other seeds share.
    condition : sequence of str
        Behaviour that networks were trained with.
    others : iterable of OtherRun
        Runs to compare with.
    draw : callable, optional
        Gives the model with the noise of a number, where it reads noise.

    Returns
    -------
    Evaluation
        Metrics: ``signals``, ``change``, ``ot_shrinkage``, ``validation_distance``; where position is known,
        ``tuning`` and ``turned_maps``;
        ``beyond_tuning`` and ``beyond_tuning_comparison`` where the test parts are long enough;
        ``samples`` where besides the model draws its translations;
        where spikes can be inferred, ``spikes`` and ``inference``; ``beyond_drift`` where the days have enough laps;
        ``identifiability`` where ``beyond_tuning`` is; ``interpretation`` where networks are explained.

    References
    ----------
    Li et al. 2021, section 3.
    """
    render_methods([training])  # what is wrong with it is said now, not after the measurements
    null_pairs, own = read_null_pairs(config.evaluation.null_pairs, prepared, config.data)  # refused now as well
    frames_made = frames_of_others(config, prepared, others) if others else []
    section = config.evaluation.spikes
    reason = why_not(section, prepared)
    recorder = None if reason else SpikeRecorder(section, prepared, ResultCache(cache_directory))
    found = measure(config.evaluation, prepared, model, recorder=recorder, draw=draw)
    spikes = None
    if recorder is not None:
        spikes = measure_spikes(recorder, found.spikes, model=found.model)
        note_spikes(config, prepared, recorder.cache)
    beyond = beyond_drift(config.evaluation, prepared, null_pairs, own=own, moved=found.moved)
    sure = identifiability(config, prepared, found, frames_made, begins_as=begins_as)
    explained = None
    if views is not None and config.evaluation.interpretation.enabled:
        explained = interpret_networks(config.evaluation.interpretation, prepared, views)
    places = places_told(condition, begins_as)
    blocks = (
        inputs_block(config, prepared),
        mapping_block(config, prepared, found, places=places),
        learning_block(prepared, found, places=places),
        beyond_block(beyond),
        *(() if explained is None else interpretation_block(prepared, explained)),
        beyond_tuning_block(prepared, found),
        one_to_many_block(prepared, found),
        spikes_block(prepared, spikes) if spikes else no_spikes_block(reason),
        identifiability_block(prepared, found, sure, condition=condition),
        certainty_block(config, prepared, found, spikes),
        order_block(prepared),
    )
    metrics = {"signals": found.signals, "change": found.change, "ot_shrinkage": found.shrinkages}
    metrics["validation_distance"] = found.validation
    if found.tuning:
        metrics["tuning"] = found.tuning
        metrics["turned_maps"] = {
            direction: {name: asdict(turn) for name, turn in own.items()} for direction, own in found.turns.items()
        }
    if found.beyond:
        metrics |= found.beyond.to_json()
    if found.samples:
        metrics["samples"] = found.samples.to_json()
    if spikes:
        metrics |= spikes.to_json()
    if beyond:
        metrics["beyond_drift"] = beyond.to_json()
    if sure:
        metrics["identifiability"] = sure.to_json()
    if explained:
        metrics["interpretation"] = explained.to_json()
    paragraphs, references = methods_of_days(config, prepared, training, spikes=spikes, explained=explained)
    opening = opening_picture(prepared, found)
    opening.figure.set_dpi(config.report.dpi)
    return Evaluation(
        summary=summarise(config, prepared, found, spikes),
        blocks=told_blocks(blocks, dpi=config.report.dpi),
        metrics=metrics,
        methods=paragraphs,
        references=references,
        arrays=dict(item for part in (explained, beyond, found.samples) if part for item in part.arrays().items()),
        opening=opening,
    )
