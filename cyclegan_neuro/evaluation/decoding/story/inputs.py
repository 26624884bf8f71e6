"""What went in: the activity, what the animal did, the split."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Table
from cyclegan_neuro.evaluation.decoding.measurements import Measurements
from cyclegan_neuro.evaluation.decoding.story.wording import TITLES, tell
from cyclegan_neuro.evaluation.wording import findings_table, plural
from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.recordings.recording import Origin

__all__ = ["inputs_block", "origin_sentence"]

_WHAT: dict[Origin, str] = {
    "recorded": "Recorded activity",
    "simulated": "Simulated activity, not recorded in an animal",
    "semi-synthetic": "Semi-synthetic activity, part of which was not recorded in an animal",
    "translated": "Translated activity, made by a network and not recorded in an animal",
}


def origin_sentence(prepared: PreparedTrials) -> str:
    """Say in one sentence what kind of data this is."""
    trials = prepared.trials
    days = "" if trials.day is None else f" on {plural(len(np.unique(trials.day)), 'day')}"
    directions = f" of {trials.n_conditions} directions" if trials.condition is not None else ""
    return (
        f"{_WHAT[trials.data_origin]} ({trials.source}): {plural(len(prepared.neurons), 'neuron')} in "
        f"{plural(len(trials.numbers), 'trial')}{directions}{days}, {plural(trials.n_bins, 'bin')} of "
        f"{1000 * trials.bin_s:g} ms."
    )


def inputs_block(found: Measurements) -> Block:
    """Tell what the networks were given."""
    prepared, trials = found.prepared, found.prepared.trials
    findings = findings_table(prepared.findings)
    tables = [("The activity.", _activity(prepared))]
    if trials.condition is not None and (trials.condition == trials.condition[trials.borders()[0]]).all():
        tables.append(("Trials by direction.", _conditions(prepared)))
    if findings.rows:
        tables.append(("What the checks had to say about the data, the most serious first.", findings))
    held_out = len(prepared.held_out_trials)
    labels = {"direction": trials.condition, "time in the trial": trials.time}
    told = tell(
        "inputs", origin=origin_sentence(prepared), notes=trials.notes, findings=bool(findings.rows),
        n_train=len(trials.numbers) - held_out, n_held_out=held_out, named=trials.held_out is not None,
        missing=[name for name, values in labels.items() if values is None],
        n_constant=trials.n_neurons - len(prepared.neurons), context_bins=prepared.context_bins,
    )  # fmt: skip
    return Block(TITLES["inputs"], tables=tuple(tables), **told)


def _activity(prepared: PreparedTrials) -> Table:
    trials = prepared.trials
    lengths = np.unique(trials.trial, return_counts=True)[1]
    rows = [
        ("neurons that vary", len(prepared.neurons)),
        ("bin (ms)", 1000 * trials.bin_s),
        ("training bins", len(prepared.train)),
        ("held-out bins", len(prepared.held_out)),
        ("bins of a trial, median (shortest, longest)", f"{np.median(lengths):g} ({lengths.min()}, {lengths.max()})"),
        (f"mean activity ({trials.unit})", float(trials.values[:, prepared.neurons].mean())),
    ]
    return Table("activity", ("", "value"), tuple(rows))


def _conditions(prepared: PreparedTrials) -> Table:
    trials = prepared.trials
    first = np.unique(trials.trial, return_index=True)[1]
    held_out = prepared.is_held_out[first]
    counts = [
        [int(np.sum((trials.condition[first] == number) & part)) for part in (~held_out, held_out)]
        for number in range(trials.n_conditions)
    ]
    rows = [(f"{360 * number / trials.n_conditions:g}°", *both) for number, both in enumerate(counts)]
    return Table("directions", ("direction", "training trials", "held-out trials"), tuple(rows))
