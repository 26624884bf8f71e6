"""The first screen: what was compared, what is best, how sure that is, and whether something simple is better."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from cyclegan_neuro.compare.grouping import Configuration, Grouping, in_order
from cyclegan_neuro.compare.measured import Measured
from cyclegan_neuro.compare.runs import Found
from cyclegan_neuro.compare.scores import HIGH, REFERENCES, rival_label
from cyclegan_neuro.compare.statistics import LEAST_PAIRS, Paired
from cyclegan_neuro.compare.tables import interval, mean_sd
from cyclegan_neuro.evaluation.contents import Sentence, significant
from cyclegan_neuro.evaluation.wording import plural

__all__ = ["MAIN", "MISSING", "OTHERS", "PAIRED", "SETTINGS", "summarise"]

MAIN, PAIRED, OTHERS = "Which configuration is best", "Paired differences", "Other scores"
SETTINGS, MISSING = "What differs", "Without results"
_NAMED = 6  # values of a setting
_LITTLE = 0.01
_SAYS = {
    (): " Nothing was repeated: no difference is known to be more than chance.",
    ("training.seed",): " Spreads and intervals are those of another start, and say nothing of another animal.",
}
"""What is averaged over, and how little that says."""


def summarise(
    found: Found,
    grouping: Grouping,
    leading: Sequence[Measured],
    warnings: Sequence[str],
    *,
    reference: Configuration | None,
) -> tuple[Sentence, ...]:
    """Return the sentences of the first screen.

    Parameters
    ----------
    found : Found
    grouping : Grouping
    leading : sequence of Measured
        The scores that it is about.
    warnings : sequence of str
    reference : Configuration, optional
        What others are compared with; by default the best.
    """
    told = [Sentence("What was compared?", _compared(found, grouping), SETTINGS)]
    told += [Sentence(f"Best {each.score.label}?", _best(each, reference), PAIRED) for each in _rankable(leading)]
    asked = "Better than simple?" if any("identity" in each.rivals for each in leading) else "Better than rivals?"
    told += [Sentence(asked, sentence, MAIN) for each in leading for sentence in _simple(each)]
    if warnings:
        more = f" {plural(len(warnings) - 1, 'more warning')} under {SETTINGS}." if len(warnings) > 1 else ""
        told.append(Sentence("Comparable?", f"With care. {warnings[0]}{more}", SETTINGS))
    elif len(grouping.runs) > 1:
        alike = "the same inputs for the same seeds and animal, evaluation settings, versions and commit"
        told.append(Sentence("Comparable?", f"Yes: {alike}.", SETTINGS))
    if found.missing:
        told.append(Sentence("What is missing?", _without_results(found), MISSING))
    return tuple(told)


def _compared(found: Found, grouping: Grouping) -> str:
    n, animals = len(grouping.configurations), grouping.animal_names
    told = f"{plural(len(grouping.runs), 'run')} of {grouping.runs[0].system} in {plural(n, 'configuration')}"
    if grouping.by:
        told += f" ({'; '.join(f'{key}: {_values(grouping, key)}' for key in grouping.by)})"
    if grouping.seeds:
        told += f", averaged over {' and '.join(f'{key} ({_values(grouping, key)})' for key in grouping.seeds)}"
    if animals:
        told += (
            f" in {plural(len(animals), 'animal')} ({', '.join(animals[:_NAMED])}{', ...' * (len(animals) > _NAMED)})"
        )
    total = len(found.runs) + len(found.missing)
    missing = f" Without results: {len(found.missing)} of {plural(total, 'run')}." if found.missing else ""
    alone = _SAYS.get(grouping.over, "")
    return f"{told}.{missing}{alone}"


def _without_results(found: Found) -> str:
    states = Counter(one.state for one in found.missing)
    failed = [one.name for one in found.missing if one.state == "failed"]
    names = f" Failed: {', '.join(failed[:_NAMED])}{', ...' * (len(failed) > _NAMED)}." if failed else ""
    return f"{plural(len(found.missing), 'run')}: {', '.join(f'{n} {state}' for state, n in states.items())}.{names}"


def _values(grouping: Grouping, key: str) -> str:
    values = [str(value) for value in in_order({run.settings.get(key) for run in grouping.runs})]
    return f"{', '.join(values[:_NAMED])}{', ...' * (len(values) > _NAMED)}"


def _rankable(leading: Sequence[Measured]) -> list[Measured]:
    """Return scores by which at least two configurations can be ranked."""
    return [each for each in leading if len(each.ranked()) > 1]


def _best(measured: Measured, reference: Configuration | None) -> str:
    """Name the best configuration and the one after it, and say whether the difference means anything."""
    best, following = measured.ranked()[:2]
    first, second = (measured.spread(one) for one in (best, following))
    told = f"{best.label}: {mean_sd(first)} ({plural(first.n, 'run')}), then {following.label}: {mean_sd(second)}."
    other = following if reference in (None, best) else reference
    one = measured.paired(best, other)
    if one is None:
        return f"{told} {best.label} and {other.label} share no seed and animal, so that nothing is paired."
    against = "" if other is following else f" from {other.label}"
    share = abs(one.difference / measured.spread(other).mean) if measured.spread(other).mean else math.nan
    difference = f"{told} Paired difference{against} {significant(one.difference)} ({_share(share)})"
    wins = f"better in {_wins(measured, one)}{_contrary(measured, one)}"
    if one.ci95 is None:
        return f"{difference}, {wins}; fewer than {LEAST_PAIRS} pairs have no interval, and decide nothing."
    over = plural(one.n_units, "animal" if one.of_animals else "pair")
    verdict = "which excludes 0" if one.excludes_zero else "which includes 0: they cannot be told apart"
    small = ", but less than 1 % is little to choose by" if one.excludes_zero and share < _LITTLE else ""
    return f"{difference}, {wins}; 95 % interval {interval(one.ci95)} over {over}, {verdict}{small}."


def _contrary(measured: Measured, one: Paired) -> str:
    """Say where the best is the worse one on the tests that both have: its mean was over other tests too."""
    worse = one.difference < 0 if measured.score.ideal == HIGH else one.difference > 0
    return " (on the tests that both have it is the worse one)" if worse else ""


def _share(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.2g} %"


def _wins(measured: Measured, one: Paired) -> str:
    """Say in how many pairs the first is better."""
    return f"{one.higher if measured.score.ideal == HIGH else one.lower} of {one.n_pairs}"


def _simple(measured: Measured) -> Iterator[str]:
    """Say how the best configuration, or each that has its own tests, stands beside rivals and what can be reached."""
    configurations = measured.grouping.configurations
    if not measured.grouping.other_tests:
        configurations = tuple(measured.ranked()[:1])
    told = [sentence for one in configurations[:_NAMED] for sentence in _beside_rivals(measured, one)]
    if told:
        more = " The table of the section holds the others." if len(configurations) > _NAMED else ""
        yield f"{measured.score.label}: {'; '.join(told)}.{more}"


def _beside_rivals(measured: Measured, configuration: Configuration) -> Iterator[str]:
    strongest = measured.strongest(configuration)
    one = strongest and measured.paired_with_rival(configuration, strongest)
    if not one:
        return
    metrics = configuration.runs[0].metrics
    beside = [name for name in measured.rivals if name in REFERENCES or name == "identity" != strongest]
    parts = [
        f", {rival_label(name, metrics)} {_value(measured, configuration, name)}"
        for name in beside if measured.replicates([configuration], model=name)
    ]  # fmt: skip
    verdict = _verdict(measured, one)
    own = significant(measured.spread(configuration).mean)
    apart = f"{significant(one.difference)}{f' {interval(one.ci95)}' if one.ci95 else ''}"
    yield (
        f"{verdict}{configuration.label} {own}, the strongest rival, {rival_label(strongest, metrics)}, "
        f"{_value(measured, configuration, strongest)}, difference {apart}{''.join(parts)}"
    )


def _value(measured: Measured, configuration: Configuration, name: str) -> str:
    return significant(measured.rival_spread(name, [configuration]).mean)


def _verdict(measured: Measured, one: Paired) -> str:
    """Answer whether the configuration is better than a rival; decided by the interval where there is one."""
    if one.ci95 is None:
        return f"better in {_wins(measured, one)}: "
    if not one.excludes_zero:
        return "not known (the interval includes 0): "
    better = one.difference > 0 if measured.score.ideal == HIGH else one.difference < 0
    return "yes: " if better else "no: "
