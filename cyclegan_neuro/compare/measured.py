"""One score of all runs: by configuration, of its rivals, and paired."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from cyclegan_neuro.compare.grouping import Configuration, Grouping
from cyclegan_neuro.compare.scores import REFERENCES, Score, nearness
from cyclegan_neuro.compare.statistics import Paired, Spread, paired, spread

__all__ = ["Measured", "tasks"]

_SAME, _ROUNDING = 1e-3, 1e-6  # relative and absolute differences of a rival on the same test on two machines


@dataclass(frozen=True, eq=False)
class Measured:
    """A score of every run.

    Attributes
    ----------
    score : Score
    grouping : Grouping
    """

    score: Score
    grouping: Grouping

    @cached_property
    def of_runs(self) -> dict[str, dict[str, float]]:
        """Run to the values of its model and of its rivals."""
        return {run.name: self.score.values(run.metrics) for run in self.grouping.runs}

    @cached_property
    def rivals(self) -> tuple[str, ...]:
        """Rivals, then what can be reached."""
        names = dict.fromkeys(name for values in self.of_runs.values() for name in values if name != "model")
        return tuple(sorted(names, key=lambda name: name in REFERENCES))

    def values(self, configuration: Configuration, *, animal: str = "", model: str = "model") -> list[float]:
        """Return the values of a configuration's runs, on one animal or on all."""
        runs = [run for run in configuration.runs if not animal or self.grouping.animal(run) == animal]
        return [self.of_runs[run.name][model] for run in runs if model in self.of_runs[run.name]]

    def spread(self, configuration: Configuration, *, animal: str = "") -> Spread:
        """Return mean, standard deviation and number of a configuration's runs."""
        return spread(self.values(configuration, animal=animal))

    def replicates(self, configurations: Iterable[Configuration], *, model: str = "model") -> dict[tuple, float]:
        """Return the value of each replicate (seeds and animal); of runs that are alike, their mean."""
        configurations = tuple(configurations)
        key = (*(one.label for one in configurations), model)
        if key not in self._replicates:
            found: dict[tuple, list[float]] = {}
            for run in (run for one in configurations for run in one.runs):
                if model in self.of_runs[run.name]:
                    found.setdefault(self.grouping.replicate(run), []).append(self.of_runs[run.name][model])
            self._replicates[key] = {replicate: fmean(values) for replicate, values in found.items()}
        return self._replicates[key]

    def rival_spread(self, name: str, configurations: Sequence[Configuration], *, animal: str = "") -> Spread:
        """Return mean and standard deviation of a rival over replicates, each counted once."""
        of = self._animals
        values = self.replicates(configurations, model=name)
        return spread(value for key, value in values.items() if not animal or of[key] == animal)

    def ranked(self, *, animal: str = "") -> list[Configuration]:
        """Return configurations that have the score, the best first; none where no value is better, or tests differ.

        Where doing nothing has no error at all, as of a cycle, configurations without error do nothing: they have no
        rank.
        """
        if self.score.ideal is None or self.grouping.other_tests:
            return []
        known = [one for one in self.grouping.configurations if self.values(one, animal=animal)]
        idle = self.rival_spread("identity", self.grouping.configurations).mean
        if abs(idle) < _ROUNDING:
            known = [one for one in known if abs(self.spread(one, animal=animal).mean) >= _ROUNDING]
        return sorted(known, key=lambda one: self._nearness(self.values(one, animal=animal)))

    def strongest(self, configuration: Configuration) -> str | None:
        """Return the rival that is best on the tests of a configuration; None where there is none."""
        if self.score.ideal is None:
            return None
        of = {name: self.replicates([configuration], model=name) for name in self.rivals if name not in REFERENCES}
        known = {name: self._nearness(values.values()) for name, values in of.items() if values}
        return min(known, key=known.__getitem__) if known else None

    def _nearness(self, values: Iterable[float]) -> float:
        return fmean(nearness(value, self.score.ideal) for value in values)

    def paired(self, first: Configuration, second: Configuration) -> Paired | None:
        """Compare two configurations where both have the same seeds and animals.

        Of a score whose best value is a number, distances from it are compared.
        """
        return self._paired(self.replicates([first]), self.replicates([second]))

    def paired_with_rival(self, configuration: Configuration, name: str) -> Paired | None:
        """Compare a configuration with a rival on the same tests."""
        return self._paired(self.replicates([configuration]), self.replicates([configuration], model=name))

    def _paired(self, first: dict[tuple, float], second: dict[tuple, float]) -> Paired | None:
        ideal = self.score.ideal
        if ideal is not None and math.isfinite(ideal):
            first, second = ({key: abs(value - ideal) for key, value in of.items()} for of in (first, second))
        return paired(first, second, animal=self._animals.__getitem__)

    @cached_property
    def _replicates(self) -> dict[tuple, dict[tuple, float]]:
        return {}  # kept: asked for again and again

    @cached_property
    def _animals(self) -> dict[tuple, str]:
        return {self.grouping.replicate(run): self.grouping.animal(run) for run in self.grouping.runs}


def tasks(measured: Sequence[Measured], configurations: Sequence[Configuration]) -> list[list[Configuration]]:
    """Part configurations by what their rivals score: where these differ, so do the tests."""
    found: list[list[Configuration]] = []
    for one in configurations:
        for others in found:
            if all(_same_test(each, one, other) for each in measured for other in others):
                others.append(one)
                break
        else:
            found.append([one])
    return found


def _same_test(measured: Measured, first: Configuration, second: Configuration) -> bool:
    shared = set(measured.replicates([first])) & set(measured.replicates([second]))
    if not shared and measured.grouping.other_tests:  # nothing says that they are the same
        return False
    for name in measured.rivals:
        own, other = (measured.replicates([one], model=name) for one in (first, second))
        if not all(math.isclose(own[key], other[key], rel_tol=_SAME, abs_tol=_ROUNDING) for key in own if key in other):
            return False
    return True
