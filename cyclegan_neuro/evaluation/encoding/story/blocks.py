"""What went in, noise correlations, other statistics, PSTHs: text, tables and figures."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Picture, Table
from cyclegan_neuro.evaluation.encoding import pictures
from cyclegan_neuro.evaluation.encoding.measurements import DAYS, MODEL, SUPERVISED, Measurements
from cyclegan_neuro.evaluation.encoding.parts import DATA, Against, Part
from cyclegan_neuro.evaluation.encoding.story.wording import (
    TITLES,
    agrees,
    begun,
    compared,
    estimate,
    of_day,
    part_name,
    reference_name,
    span,
    tell,
)
from cyclegan_neuro.evaluation.wording import findings_table, percent, plural
from cyclegan_neuro.populations.responses.responses import PreparedResponses
from cyclegan_neuro.recordings.recording import Origin

__all__ = ["change_block", "inputs_block", "noise_block", "origin_sentence", "psth_block", "statistics_block"]

_WHAT: dict[Origin, str] = {
    "recorded": "Recorded responses",
    "simulated": "Simulated responses, not recorded in an animal",
    "semi-synthetic": "Semi-synthetic responses, part of which was not recorded in an animal",
    "translated": "Translated responses, made by a network and not recorded in an animal",
}


def origin_sentence(prepared: PreparedResponses) -> str:
    """Say in one sentence what kind of data this is."""
    one = prepared.responses
    shown = np.bincount(one.stimulus, minlength=one.n_stimuli)
    fewest, most = shown.min(), shown.max()
    often = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    stimuli = "bins" if one.in_time else "stimuli"
    days = "" if one.day is None else " on 2 days"
    return (
        f"{_WHAT[one.data_origin]} ({one.source}): {plural(one.n_neurons, 'neuron')}, {one.n_stimuli:,} {stimuli} "
        f"of {1000 * one.bin_s:g} ms{days}, each shown {often} times."
    )


def inputs_block(found: Measurements) -> Block:
    """Tell what the networks were given."""
    prepared, responses = found.prepared, found.prepared.responses
    findings = findings_table(prepared.findings)
    active = responses.counts.sum(axis=1, dtype=int)
    rows = [
        ("neurons", responses.n_neurons),
        ("bin (ms)", 1000 * responses.bin_s),
        ("training responses", len(prepared.train)),
        ("held-out responses", len(prepared.held_out)),
        ("mean count per bin", float(responses.counts.mean())),
        ("bins without any spike", percent(float((active == 0).mean()))),
        ("neurons without any spike", int((responses.counts.max(axis=0) == 0).sum())),
    ]
    tables = [("The responses.", Table("responses", ("", "value"), tuple(rows)))]
    if findings.rows:
        tables.append(("What the checks had to say about the data, the most serious first.", findings))
    told = tell(
        "inputs", origin=origin_sentence(prepared), prepared=prepared, notes=responses.notes,
        findings=bool(findings.rows), n_train_stimuli=len(prepared.train_stimuli),
    )  # fmt: skip
    return Block(TITLES["inputs"], tables=tuple(tables), **told)


def noise_block(found: Measurements) -> Block:
    """Compare noise correlations of every model with the reference, and with the recording's own trials."""
    told, drawn = [], []
    for day, part in found.leading.items():
        own, data = part.scores[MODEL].noise, part.scores[DATA].noise
        told.append(
            begun(f"{of_day(day)}{found.labels[MODEL]} {agrees(own)} against {reference_name(part)}; ")
            + f"{found.label(DATA, part)} {agrees(data)}. The model's error of {compared(found, part)}."
        )
        slug, when = _named(day)
        caption = f"Noise correlations of all pairs of neurons against {reference_name(part)}{when}; right is the line."
        drawn.append(Picture(f"noise_correlations{slug}", caption, pictures.correlations(found, part), "Figure 4 C"))
        caption = (
            f"Noise-correlation matrices{when}, neurons in the order of the first principal component of the reference."
        )
        drawn.append(Picture(f"noise_matrices{slug}", caption, pictures.matrices(found, part), "Figure 4 C"))
    columns = (
        "", "compared in", "r", "interval of r", "slope", "error (RMSE)", "interval of the error", "mean",
        f"error of {found.labels[MODEL]}",
    )  # fmt: skip
    rows = []
    for (name, day), part in found.parts.items():
        verdicts = found.standing(part)
        for key, scores in part.scores.items():
            one, verdict = scores.noise, verdicts.get(key)
            rows.append((
                found.label(key, part), part_name(found, name, day), one.r.value, span(one.r), one.slope.value,
                one.rmse.value, span(one.rmse, digits=4), one.mean.value, None if verdict is None else verdict.value,
            ))  # fmt: skip
    caption = (
        "Noise correlations against the reference, over pairs of neurons. Intervals (95 %) over neurons and trials. "
        "Last column: whether the run's model has the smaller error."
    )
    part = next(iter(found.leading.values()))
    prose = tell("noise", told=told, against=part.against, Against=Against, simulated=part.against is Against.TRUTH)
    return Block(TITLES["noise"], tables=((caption, Table("noise_correlations", columns, tuple(rows))),),
                 pictures=tuple(drawn), **prose)  # fmt: skip


def _named(day: int | None) -> tuple[str, str]:
    """Return what ends the names of files, and captions."""
    return ("", "") if day is None else (f"_{DAYS[day]}", f", day {DAYS[day]}")


def change_block(found: Measurements) -> Block | None:
    """Tell whether noise correlations changed from day to day, and whether models see it; None for one day."""
    one = found.change
    if one is None:
        return None
    rows = tuple(
        (
            "the training trials" if key == DATA else found.labels[key], score.r.value, span(score.r),
            score.slope.value, score.rmse.value, score.mean.value, span(score.mean),
        )
        for key, score in one.scores.items()
    )  # fmt: skip
    columns = ("", "r of the change", "interval", "slope", "error (RMSE)", "change of the mean", "interval")
    caption = (
        "Change of noise correlations, day y minus day x, of every pair against that in held-out trials; intervals "
        "(95 %) over neurons and trials."
    )
    drawn = Picture("noise_change", f"{caption} Left: means.",
                    pictures.change(found), "")  # fmt: skip
    told = tell(
        "change", one=one, name=begun(found.labels[MODEL]), means=[estimate(mean) for mean in one.mean],
        difference=estimate(one.difference), data=estimate(one.scores[DATA].r),
        own=estimate(one.scores[MODEL].r), seen=one.seen_by(MODEL),
        model_difference=estimate(one.scores[MODEL].mean),
    )  # fmt: skip
    return Block(TITLES["change"], tables=((caption, Table("noise_change", columns, rows)),), pictures=(drawn,), **told)


def statistics_block(found: Measurements) -> Block:
    """Compare firing rates, total correlations, population counts and, of counts, Fano factors."""
    drawn = []
    for day, part in found.leading.items():
        slug, when = _named(day)
        caption = f"Firing rates, total correlations and population counts{when}, against {reference_name(part)}."
        drawn.append(Picture(f"statistics{slug}", caption, pictures.statistics(found, part), "Figure 4 B"))
        caption = f"Responses{when}, not chosen: one trial of all neurons, and trials of one that follows the stimulus."
        drawn.append(Picture(f"rasters{slug}", caption, pictures.rasters(found, part), "Figure 4 A"))
    fano = any(scores.fano is not None for part in found.parts.values() for scores in part.scores.values())
    columns = (
        "", "compared in", "rate: r", "rate: error (spikes/bin)", "total correlation: r", "interval", "slope",
        "error (RMSE)", "population count: distance", *(("Fano factor: mean", "Fano factor: r") if fano else ()),
    )  # fmt: skip
    rows = []
    for (name, day), part in found.parts.items():
        for key, one in part.scores.items():
            cells = [
                found.label(key, part), part_name(found, name, day), one.rate.r.value, one.rate.rmse.value,
                one.total.r.value, span(one.total.r), one.total.slope.value, one.total.rmse.value, one.histogram,
            ]  # fmt: skip
            if fano:
                cells += (None, None) if one.fano is None else (one.fano.mean.value, one.fano.r.value)
            rows.append(tuple(cells))
    caption = (
        "Rates over neurons, total correlations over pairs, and the total variation distance of population counts."
    )
    told = tell("statistics", told=[_statistics_sentence(found, d, p) for d, p in found.leading.items()], fano=fano)
    return Block(TITLES["statistics"], tables=((caption, Table("response_statistics", columns, tuple(rows))),),
                 pictures=tuple(drawn), **told)  # fmt: skip


def _statistics_sentence(found: Measurements, day: int | None, part: Part) -> str:
    def numbers(key: str) -> str:
        one = part.scores[key]
        return f"firing rates r {one.rate.r.value:.3f}, total correlations r {estimate(one.total.r)}, distance of " + (
            f"population counts {one.histogram:.3f}"
        )

    others = "".join(f"; {found.label(key, part)}: {numbers(key)}" for key in (SUPERVISED, DATA) if key in part.scores)
    return begun(f"{of_day(day)}{found.labels[MODEL]}: {numbers(MODEL)}{others}.")


def psth_block(found: Measurements) -> Block:
    """Compare PSTHs, first of all of what was held out."""
    parts = [(day, part) for (name, day), part in found.parts.items() if name == "held_out"]
    drawn = []
    for day, part in parts:
        slug, when = _named(day)
        caption = (
            f"PSTHs of what was held out{when}: the neurons that follow the stimulus most. Curves of models are their "
            "expected counts, without the noise of samples."
        )
        drawn.append(Picture(f"psths{slug}", caption, pictures.psths(found, part), ""))
    rows = tuple(
        (found.label(key, part), part_name(found, name, day), one.psth.value, span(one.psth))
        for (name, day), part in found.parts.items()
        for key, one in part.scores.items()
    )
    caption = "Correlation over stimuli of the PSTH of samples with that of the reference, mean over neurons."
    told = tell(
        "psth",
        told=[
            f"{of_day(day)}" + "; ".join(
                f"{found.label(key, part)} r {estimate(part.scores[key].psth)}"
                for key in (MODEL, SUPERVISED, DATA) if key in part.scores
            )
            for day, part in parts
        ],
        movie=found.prepared.condition == "movie",
    )  # fmt: skip
    table = Table("psth", ("", "compared in", "r", "interval"), rows)
    return Block(TITLES["psth"], tables=((caption, table),), pictures=tuple(drawn), **told)
