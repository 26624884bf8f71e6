"""Whether runs may be compared at all: what should be alike and is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from cyclegan_neuro.compare.grouping import Grouping
from cyclegan_neuro.compare.measured import Measured
from cyclegan_neuro.compare.runs import ComparedRun
from cyclegan_neuro.evaluation.wording import plural

__all__ = ["warnings_of", "without_number"]

_NAMED = 4


def warnings_of(grouping: Grouping) -> tuple[str, ...]:
    """Return what keeps runs from being comparable, in sentences; empty where nothing does."""
    return tuple(sentence for check in _CHECKS for sentence in check(grouping))


def without_number(measured: Iterable[Measured]) -> Iterator[str]:
    """Yield a sentence for each score that some runs lack: means without them are too good if these diverged."""
    for each in measured:
        lacking = [name for name, values in each.of_runs.items() if "model" not in values]
        if lacking:
            where = f"No finite {each.score.label} in {_named(lacking)}"
            yield f"{where}, as of a training that diverged: its means are without."


def _other_tests(grouping: Grouping) -> Iterator[str]:
    if grouping.other_tests:
        yield (
            f"Runs with the same seeds and animal had different inputs, for example "
            f"{' and '.join(run.name for run in grouping.other_tests)}: their scores are those of different tests. "
            "Configurations are not ranked; --over averages over what makes the tests differ."
        )
    windows = [key for key in grouping.by if key.startswith("windows.")]
    if windows:
        yield f"Configurations differ in {', '.join(windows)}: they may have been tested on different windows."


def _other_evaluations(grouping: Grouping) -> Iterator[str]:
    settings = [key for key in grouping.ignored if key.startswith("evaluation.")]
    if settings:
        yield f"Runs were evaluated with different settings: {', '.join(settings)}."
    weights = Counter(run.metrics.get("weights", {}).get("asked_for") for run in grouping.runs)
    if len(weights) > 1:
        yield f"Runs were evaluated with different weights: {_counted(weights)}."


def _other_versions(grouping: Grouping) -> Iterator[str]:
    names = dict.fromkeys(name for run in grouping.runs for name in run.metrics.get("versions", {}))
    for name in names:
        versions = Counter(run.metrics.get("versions", {}).get(name) for run in grouping.runs)
        if len(versions) > 1:
            yield f"Runs were evaluated with different versions of {name}: {_counted(versions)}."
    commits = Counter((run.environment.get("git_commit") or "")[:10] or None for run in grouping.runs)
    if len(commits) > 1:
        yield f"Runs were trained with different commits of the package: {_counted(commits)}."


def _not_whole(grouping: Grouping) -> Iterator[str]:
    unfinished = [run.name for run in grouping.runs if run.status.get("state", "finished") != "finished"]
    if unfinished:
        yield f"{_named(unfinished)} had not finished training when this comparison was made."
    early = [run.name for run in grouping.runs if _evaluated_early(run)]
    if early:
        yield f"{_named(early)} went on training after the evaluation: its scores are those of an earlier epoch."


def _evaluated_early(run: ComparedRun) -> bool:
    weights = run.metrics.get("weights", {})
    return weights.get("asked_for") == "last" and weights.get("epoch", 0) < run.status.get("epoch", 0)


def _unlike_replicates(grouping: Grouping) -> Iterator[str]:
    for one in grouping.configurations:
        most, times = Counter(map(grouping.replicate, one.runs)).most_common(1)[0]
        if times > 1:
            alike = [run.name for run in one.runs if grouping.replicate(run) == most]
            yield f"{_named(alike)} have the same settings, seeds and animal: they are averaged before they are paired."
    sets = {frozenset(map(grouping.replicate, one.runs)) for one in grouping.configurations}
    if len(sets) > 1:
        yield (
            "Configurations do not have the same seeds and animals: differences between their means are in part "
            "differences between those. The paired comparison uses what both have."
        )


_CHECKS = (_other_tests, _other_evaluations, _other_versions, _not_whole, _unlike_replicates)


def _named(names: list[str]) -> str:
    more = f" and {plural(len(names) - _NAMED, 'other')}" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _counted(found: Counter[Any] | Iterable) -> str:
    return ", ".join(f"{value or 'not known'} ({n})" for value, n in Counter(found).most_common())
