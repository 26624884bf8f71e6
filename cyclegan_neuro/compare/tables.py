"""The tables of a comparison: rows of configurations, with rivals and what can be reached below them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from cyclegan_neuro.compare.grouping import Configuration, Grouping
from cyclegan_neuro.compare.measured import Measured, tasks
from cyclegan_neuro.compare.runs import MissingRun
from cyclegan_neuro.compare.scores import ScoreGroup, rival_label
from cyclegan_neuro.compare.statistics import Spread, holm, spread
from cyclegan_neuro.configuration.strict_yaml import one_line
from cyclegan_neuro.evaluation.contents import Table, significant
from cyclegan_neuro.evaluation.wording import plural

__all__ = [
    "configuration_table", "every_number", "interval", "mean_sd", "missing_table", "paired_table", "rivals_table",
    "run_table", "score_table",
]  # fmt: skip

_ROUNDING = 1e-6  # what float32 leaves of an exact inversion
_MOST_DIGITS = 4


def mean_sd(found: Spread) -> str | None:
    """Return ``mean ± standard deviation`` for a cell, the mean alone where nothing varies, None where there is none.

    The mean has as many digits as the standard deviation leaves meaning in.

    Examples
    --------
    >>> mean_sd(Spread(0.068163, 0.00022, 3))
    '0.06816\xa0±\xa00.00022'
    """
    if not found.n:
        return None
    if abs(found.mean) < _ROUNDING and not found.sd >= _ROUNDING:
        return "0"
    if not found.sd >= _ROUNDING * max(1.0, abs(found.mean)):  # also NaN
        return significant(found.mean)
    digits = max(
        3, min(_MOST_DIGITS, 2 + math.floor(math.log10(abs(found.mean) or 1)) - math.floor(math.log10(found.sd)))
    )
    return f"{significant(found.mean, digits=digits)}\u00a0±\u00a0{significant(found.sd, digits=2)}"


def interval(ci95: tuple[float, float] | None) -> str | None:
    """Return an interval for a cell."""
    return None if ci95 is None else f"[{significant(ci95[0])},\u00a0{significant(ci95[1])}]"


def score_table(group: ScoreGroup, measured: Sequence[Measured], grouping: Grouping, *, animal: str = "") -> Table:
    """Return a table of the paper's shape: the best configuration of each column marked, rivals below."""
    present = [one for one in grouping.configurations if _n_runs(grouping, one, animal)]
    rows: list[tuple] = [
        (one.label, *(mean_sd(each.spread(one, animal=animal)) for each in measured), _n_runs(grouping, one, animal))
        for one in present
    ]
    marked = set()
    for column, each in enumerate(measured, 1):
        ranked = each.ranked(animal=animal)
        if len(ranked) > 1:
            marked.add((present.index(ranked[0]), column))
    parts = tasks(measured, present)
    for name in dict.fromkeys(name for each in measured for name in each.rivals):
        for part in parts:
            cells = [mean_sd(each.rival_spread(name, part, animal=animal)) for each in measured]
            if any(cell is not None for cell in cells):
                rows.append((_rival_row(name, part, len(parts)), *cells, None))
    columns = ("", *(each.score.label for each in measured), "runs")
    slug = f"{group.slug}_{animal}" if animal else group.slug
    return Table(slug, columns, tuple(rows), frozenset(marked), len(present), folds=bool(animal))


def _n_runs(grouping: Grouping, configuration: Configuration, animal: str) -> int:
    return sum(not animal or grouping.animal(run) == animal for run in configuration.runs)


def _rival_row(name: str, part: Sequence[Configuration], n_parts: int) -> str:
    """Name a rival; where configurations were tested on different data, also on whose."""
    label = rival_label(name, part[0].runs[0].metrics)
    if n_parts == 1:
        return label
    whose = part[0].label if len(part) == 1 else f"{part[0].label} and {plural(len(part) - 1, 'other')}"
    return f"{label}, tests of {whose}"


def paired_table(
    slug: str, measured: Iterable[tuple[str, Measured]], grouping: Grouping, *, reference: Configuration | None
) -> Table:
    """Return differences from a reference or, without one, from the best configuration of each score.

    Parameters
    ----------
    slug : str
    measured : iterable of (title of the group, Measured)
    grouping : Grouping
    reference : Configuration, optional
    """
    rows = []
    for title, each in measured:
        against = reference or next(iter(each.ranked()), grouping.configurations[0])
        others = [one for one in grouping.configurations if one is not against]
        found = [each.paired(one, against) for one in others]
        corrected = holm([math.nan if one is None else one.p for one in found])
        for other, one, p in zip(others, found, corrected, strict=True):
            if one is not None:
                over = plural(one.n_units, "animal" if one.of_animals else "pair")
                rows.append((
                    title, each.score.label, other.label, against.label, one.difference, interval(one.ci95),
                    p, one.n_pairs, f"{one.lower} of {one.n_pairs}", over if one.ci95 else "too few",
                ))  # fmt: skip
    columns = (
        "measure", "score", "configuration", "minus", "difference", "95 % interval", "p (Holm)", "pairs", "lower in",
        "interval over",
    )  # fmt: skip
    return Table(slug, columns, tuple(rows))


def rivals_table(measured: Iterable[Measured], grouping: Grouping) -> Table:
    """Return each configuration's difference from its strongest rival on the same tests."""
    rows = []
    for each in measured:
        for one in grouping.configurations:
            strongest = each.strongest(one)
            found = strongest and each.paired_with_rival(one, strongest)
            if found:
                rows.append((
                    each.score.label, one.label, rival_label(strongest, one.runs[0].metrics), each.spread(one).mean,
                    each.rival_spread(strongest, [one]).mean, found.difference, interval(found.ci95), found.n_pairs,
                    f"{found.lower} of {found.n_pairs}",
                ))  # fmt: skip
    columns = (
        "score", "configuration", "strongest rival", "mean", "mean of the rival", "difference", "95 % interval",
        "pairs", "lower in",
    )  # fmt: skip
    return Table("strongest_rivals", columns, tuple(rows), folds=False)


def configuration_table(grouping: Grouping) -> Table:
    """Return what tells configurations apart, their runs and what these took."""
    columns = ("configuration", *grouping.by, "runs", "animals", "training (s)", "evaluation (s)")
    rows = tuple(
        (
            one.label, *map(_cell, one.settings.values()), len(one.runs),
            len({grouping.animal(run) for run in one.runs}),
            *(mean_sd(_seconds(one, name)) for name in ("training_s", "evaluation_s")),
        )
        for one in grouping.configurations
    )  # fmt: skip
    return Table("configurations", columns, rows, folds=False)


def _seconds(configuration: Configuration, name: str) -> Spread:
    known = (run.metrics.get("timing", {}).get(name) for run in configuration.runs)
    return spread(seconds for seconds in known if seconds is not None)


def run_table(grouping: Grouping) -> Table:
    """Return every run with what it was averaged over and where it stands."""
    columns = (
        "run", "configuration", *grouping.over, *grouping.ignored, "state", "epochs", "weights", "training (s)",
        "evaluation (s)", "git commit",
    )  # fmt: skip
    rows = []
    for one in grouping.configurations:
        for run in one.runs:
            weights, timing = run.metrics.get("weights", {}), run.metrics.get("timing", {})
            rows.append((
                run.name, one.label, *(_cell(run.settings.get(key)) for key in (*grouping.over, *grouping.ignored)),
                run.status.get("state"), run.status.get("epoch"),
                f"{weights['asked_for']}, epoch {weights['epoch']}" if weights else None,
                timing.get("training_s"), timing.get("evaluation_s"),
                (run.environment.get("git_commit") or "")[:10] or None,
            ))  # fmt: skip
    return Table("runs", columns, tuple(rows))


def missing_table(missing: Iterable[MissingRun]) -> Table:
    """Return cells without results, with the end of their log."""
    rows = tuple(
        (
            one.name, one.state, ", ".join(f"{key}={_cell(value)}" for key, value in one.settings.items()) or None,
            one.attempts, one.log or None,
        )
        for one in sorted(missing, key=lambda one: one.state != "failed")
    )  # fmt: skip
    return Table("missing", ("cell", "state", "settings", "attempts", "last lines of its log"), rows, folds=False)


def every_number(groups: Iterable[tuple[ScoreGroup, Sequence[Measured]]], grouping: Grouping) -> Table:
    """Return means, standard deviations and numbers of runs, one to a line, for programs."""
    rows: list[tuple] = []
    for group, measured in groups:
        parts = tasks(measured, grouping.configurations)
        for each in measured:
            for animal in ("", *grouping.animal_names):
                best = each.ranked(animal=animal)[:1]
                for one in grouping.configurations:
                    own = each.spread(one, animal=animal)
                    rows.append(_line(group, each, animal, one.label, "configuration", own, one in best))
                for name in each.rivals:
                    rows += [
                        _line(group, each, animal, _rival_row(name, part, len(parts)), "beside",
                              each.rival_spread(name, part, animal=animal), False)
                        for part in parts
                    ]  # fmt: skip
    columns = ("table", "score", "path", "animal", "row", "kind", "runs", "mean", "sd", "best")
    return Table("every_number", columns, tuple(row for row in rows if row[6]))


def _line(group, each, animal, row, kind, found: Spread, best: bool) -> tuple:
    return (
        group.slug, each.score.label, each.score.path, animal or "all", row, kind, found.n, found.mean, found.sd,
        "best" if best else None,
    )  # fmt: skip


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else one_line(value)
