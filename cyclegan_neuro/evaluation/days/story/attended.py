"""Which neurons the networks attend to most: all together, and each discriminator apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cyclegan_neuro.evaluation.contents import Picture, Table, significant
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation, Ranking, leading_maps
from cyclegan_neuro.evaluation.days.interpretation.pictures import attended_figure
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.figures.attention import relative_to_mean
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["attended_pictures", "attended_tables", "ranked_sentence"]

_MOST = 10  # neurons in the small tables and figures


def ranked_sentence(found: Interpretation, ranking: Ranking) -> str:
    """Say how many of the most attended neurons learning changed; empty where that is not known."""
    if found.learning is None:
        return ""
    most = ranking.order[:_MOST]
    changed = found.learning.neurons
    of_x, of_y = (changed[ranking.of(network)[:_MOST]].sum() for network in ("D_X", "D_Y"))
    return (
        f"Of the {len(most)} most attended neurons learning changed {changed[most].sum()}, of those of D_X alone "
        f"{of_x} and of D_Y alone {of_y}; of {len(most)} drawn at random it would be "
        f"{significant(len(most) * changed.mean(), digits=2)}."
    )


def attended_tables(prepared: PreparedPair, found: Interpretation, ranking: Ranking) -> tuple[tuple[str, Table], ...]:
    """Return captions and tables: the most attended neurons, those of each discriminator, and all neurons."""
    how = "Rank 1 is the most attended; equal attention shares its rank."
    columns, rows = _ranking_rows(prepared, found, ranking)
    every = f"All {plural(len(rows), 'neuron')} by attention. {how}"
    full = (every, Table("attention_ranking", columns, rows))
    if len(rows) <= _MOST:
        return (full,)
    apart = _apart(prepared, found, ranking)
    most = f"The {_MOST} most attended neurons. {how}"
    n_columns = len(columns) - len(ranking.ranks)  # without attention itself: the table below has it
    short = tuple(row[:n_columns] for row in rows[:_MOST])
    return ((most, Table("attended_neurons", columns[:n_columns], short)), apart, full)


def _apart(prepared: PreparedPair, found: Interpretation, ranking: Ranking) -> tuple[str, Table]:
    """The lists of the two discriminators side by side (Figures G.5 and G.6)."""
    names, leading = prepared.neuron_names, leading_maps(found)
    changed = None if found.learning is None else found.learning.neurons
    columns: tuple[str, ...] = ("rank",)
    rows: list[tuple[Any, ...]] = [(rank,) for rank in range(1, _MOST + 1)]
    for network in ("D_X", "D_Y"):
        columns += (f"{network}: neuron", f"{network}: attention (× mean)")
        columns += () if changed is None else (f"{network}: changed by learning",)
        relative = relative_to_mean(leading[network][1].neurons)
        for index, column in enumerate(ranking.of(network)[:_MOST]):
            told = () if changed is None else ("yes" if changed[column] else "no",)
            rows[index] += (names[column], float(relative[column]), *told)
    caption = f"The {_MOST} neurons that each discriminator attends to most, apart."
    return caption, Table("attended_by_discriminators", columns, tuple(rows))


def _ranking_rows(prepared: PreparedPair, found: Interpretation, ranking: Ranking):
    ids, leading = prepared.x.recording.roi_ids, leading_maps(found)
    changed = None if found.learning is None else found.learning.neurons
    columns = (
        "overall rank", "ROI", "column (from 0)", "mean rank", *(f"rank in {network}" for network in ranking.ranks),
        *(() if changed is None else ("changed by learning",)),
        *(f"attention in {network} (× mean)" for network in ranking.ranks),
    )  # fmt: skip
    relative = {network: relative_to_mean(one.neurons) for network, (_, one) in leading.items()}
    rows = tuple(
        (
            rank, None if ids is None else ids[column], int(column), float(ranking.mean_rank[column]),
            *(_whole(ranks[column]) for ranks in ranking.ranks.values()),
            *(() if changed is None else ("yes" if changed[column] else "no",)),
            *(float(values[column]) for values in relative.values()),
        )
        for rank, column in enumerate(ranking.order, start=1)
    )  # fmt: skip
    return columns, rows


def _whole(rank: float) -> int | float:
    return int(rank) if float(rank).is_integer() else float(rank)


def attended_pictures(prepared: PreparedPair, found: Interpretation, ranking: Ranking) -> Iterator[Picture]:
    """Yield the traces of the neurons that each discriminator attends to most."""
    tuning = ""
    if found.coordinate is not None:
        kind = "Position tuning" if found.coordinate.kind == "position" else "Response to the event"
        zone = "; yellow there: reward zone" if found.coordinate.zone is not None else ""
        tuning = f" Right: {kind} over all frames of both days{zone}."
    for network, counterpart in (("D_X", "Figure G.5"), ("D_Y", "Figure G.6")):
        columns = ranking.of(network)[:_MOST]
        caption = (
            f"The {plural(len(columns), 'neuron')} that {network} attends to most, from the top: one test window of X "
            "and one of Y, which are no pair. Shaded: the tenth of the window's frames in which D_X (left) and D_Y "
            f"(right) look at this neuron most, whether or not that is much.{tuning}"
        )
        figure = attended_figure(found, columns)
        yield Picture(f"attended_neurons_{network.lower()}", caption, figure, counterpart=counterpart)
