"""Direction and time decoded: tables of accuracies, of paired differences, and as published."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Table
from cyclegan_neuro.evaluation.decoding.measurements import Measurements
from cyclegan_neuro.evaluation.decoding.published import Published
from cyclegan_neuro.evaluation.decoding.representations import RAW
from cyclegan_neuro.evaluation.decoding.scores import Decoding, Row
from cyclegan_neuro.evaluation.decoding.story.wording import TITLES, accuracy, p_value, ranked, span, tell
from cyclegan_neuro.evaluation.verdicts import PairedVerdict
from cyclegan_neuro.populations.trials.trials import Label

__all__ = ["decoding_block", "standing"]

_HEADINGS: dict[Label, tuple[str, str]] = {
    "direction": ("direction, acc (%)", "direction, δ-acc (%)"),
    "time": ("time, exact (%)", "time, ± 1 bin (%)"),
}
_MOST_NAMED = 4


def decoding_block(found: Measurements) -> Block | None:
    """Tell what is decoded from which representation; None where there is no label."""
    decoding = found.decoding
    if not decoding.scores:
        return None
    tables = [("Accuracies, with intervals (95 %) over trials, as Tables 1 and 2 of the paper.", _accuracies(decoding))]
    caption = "Differences of accuracies in percentage points, paired over trials; p after Holm's correction."
    tables.append((caption, _differences(decoding)))
    if found.published is not None:
        caption = (
            "The split of the run scored as published: after the last epoch of the readout, and the best of its epochs "
            "CHOSEN ON THE TEST SET, which alone compares with the paper's tables."
        )
        tables.append((caption, _published(decoding, found.published)))
    told = tell(
        "decoding",
        told=[standing(decoding, label) for label in decoding.scores],
        left_out=decoding.left_out,
        n_folds=decoding.n_folds,
        published=found.published,
        n_labels={label: found.prepared.n_labels(label) for label in decoding.scores},
        min_speed=found.prepared.min_speed,
        context_bins=found.prepared.context_bins,
        n_components=found.n_components,
    )
    return Block(TITLES["decoding"], tables=tuple(tables), **told)


def standing(found: Decoding, label: Label) -> str:
    """Say how well a label is decoded, from what best, and what is different only within noise."""
    scores, own = found.scores[label], found.own
    best, groups = found.best(label), ranked(found, label, own)
    sentence = (
        f"{label.capitalize()}: {accuracy(scores[own].accuracy)} from {found.labels[own]} "
        f"(chance {100 * found.chance[label]:.0f} %). "
    )
    if best == own:
        sentence += "Nothing scores higher. "
    else:
        sentence += f"Highest: {found.labels[best]}, {accuracy(scores[best].accuracy)}. "
    told = [
        f"{words}: {_named(groups[verdict])}"
        for verdict, words in (
            (PairedVerdict.BETTER, "better"), (PairedVerdict.NOISE, "within noise"), (PairedVerdict.WORSE, "worse")
        )
        if verdict in groups
    ]  # fmt: skip
    return f"{sentence}Compared with it, {'; '.join(told)}."


def _named(labels: list[str]) -> str:
    """Return few names, or how many there are; the table has all."""
    return ", ".join(labels) if len(labels) <= _MOST_NAMED else f"{len(labels)} others"


def _accuracies(found: Decoding) -> Table:
    labels = list(found.scores)
    columns = [column for label in labels for heading in _HEADINGS[label] for column in (heading, "interval")]
    rows = []
    for row, name in found.labels.items():
        cells: list = [name]
        for label in labels:
            for score in (found.scores[label][row].accuracy, found.scores[label][row].near):
                cells += [_percent(score.value), span(score.low, score.high)]
        rows.append(tuple(cells))
    chance = [cell for label in labels for cell in (_percent(found.chance[label]), None, None, None)]
    return Table("decoding", ("", *columns), (*rows, ("chance: always the most frequent", *chance)))


def _percent(share: float) -> float:
    return round(100 * share, 1)


def _differences(found: Decoding) -> Table:
    references = [found.own, (RAW, "full")]
    columns = [
        column for one in references
        for column in (f"minus {found.labels[one]}", "interval", "verdict")
    ]  # fmt: skip
    rows = []
    for label, scores in found.scores.items():
        for row, score in scores.items():
            cells: list = [label, found.labels[row]]
            for reference in references:
                beside = score.beside.get(reference)
                if beside is None:
                    cells += [None, None, None]
                    continue
                verdict = f"{score.verdict(reference).value} ({p_value(beside.p)})"
                cells += [_percent(beside.difference), span(beside.low, beside.high, digits=1), verdict]
            rows.append(tuple(cells))
    return Table("decoding_paired", ("decoded", "from", *columns), tuple(rows))


def _published(found: Decoding, published: Published) -> Table:
    columns = ("", "networks", "acc, last (%)", "δ-acc, last (%)", "acc, best on test (%)", "δ-acc, best on test (%)")
    rows = []
    for row, values in published.rows.items():
        n = published.n_networks if row[0] == found.method else None
        rows.append((_published_label(row, found), n, *map(_mean_sd, (100 * values).T)))
    return Table("decoding_published", columns, tuple(rows))


def _published_label(row: Row, found: Decoding) -> str:
    return found.labels.get(row, "/".join(row))


def _mean_sd(values: np.ndarray) -> str:
    return f"{values.mean():.1f}" + (f" ± {values.std(ddof=1):.1f}" if len(values) > 1 else "")
