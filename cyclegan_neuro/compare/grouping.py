"""Which runs are one configuration, and over which seeds and animals it was repeated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import PurePath
from typing import Any

from cyclegan_neuro.compare.runs import ComparedRun, Found
from cyclegan_neuro.configuration.strict_yaml import one_line, parse
from cyclegan_neuro.errors import ConfigurationError

__all__ = ["Configuration", "Grouping", "group", "in_order", "reference_of"]

_SEED = re.compile(r"(.*[._])?seed")
_ANIMAL = re.compile(  # a preset of the simulator, and the sections that name files
    r"data\.simulation\.preset|data\.(.+\.)?path|data\.(recordings\.)?[xy](\..+)?|data\.(file|recording)\..+"
)
_WITHOUT_EFFECT = re.compile(
    r"evaluation\..*|report\..*|training\.(devices|figures_every_epochs|checkpoint_every_epochs|jit_compile)"
)


@dataclass(frozen=True, eq=False)
class Configuration:
    """Runs that differ in seed and animal alone.

    Attributes
    ----------
    label : str
        Unlike that of every other one.
    settings : dict of str to scalar
        The settings that tell configurations apart.
    runs : tuple of ComparedRun
    """

    label: str
    settings: dict[str, Any]
    runs: tuple[ComparedRun, ...]


@dataclass(frozen=True, eq=False)
class Grouping:
    """Runs by configuration, seed and animal.

    Attributes
    ----------
    by, over, animals : tuple of str
        Settings that tell configurations apart; that are averaged over; and those of the latter that name animals.
    configurations : tuple of Configuration
        In the order of the grid, else sorted.
    ignored : tuple of str
        Settings that differ but change nothing that is learned.
    animal_labels : dict of tuple to str
        What animals are called, by their values of ``animals``; empty where all runs have one.
    """

    by: tuple[str, ...]
    over: tuple[str, ...]
    animals: tuple[str, ...]
    configurations: tuple[Configuration, ...]
    ignored: tuple[str, ...]
    animal_labels: dict[tuple, str]

    @property
    def runs(self) -> tuple[ComparedRun, ...]:
        return tuple(run for one in self.configurations for run in one.runs)

    @property
    def seeds(self) -> tuple[str, ...]:
        """What is averaged over besides animals."""
        return tuple(key for key in self.over if key not in self.animals)

    def replicate(self, run: ComparedRun) -> tuple:
        """Return what pairs a run with those of other configurations: its seeds and animal."""
        return tuple(run.settings.get(key) for key in self.over)

    def animal(self, run: ComparedRun) -> str:
        """Return what the animal of a run is called; empty where all have the same."""
        return self.animal_labels.get(tuple(run.settings.get(key) for key in self.animals), "")

    @cached_property
    def other_tests(self) -> tuple[ComparedRun, ComparedRun] | None:
        """Return two runs with the same seeds and animal that had different inputs; None where there are none."""
        known: dict[tuple, ComparedRun] = {}
        for run in self.runs:
            first = known.setdefault(self.replicate(run), run)
            if first.inputs != run.inputs:
                return first, run
        return None

    @property
    def animal_names(self) -> tuple[str, ...]:
        """Animals in order, none where there is one."""
        return tuple(self.animal_labels.values())


def group(found: Found, *, by: Sequence[str] | None = None, over: Sequence[str] | None = None) -> Grouping:
    """Part what differs between runs into configurations and what they are averaged over.

    Parameters
    ----------
    found : Found
    by : sequence of str, optional
        Settings that tell configurations apart; the others that differ are averaged over. By default those that are
        neither seeds nor animals (a preset of the simulator, files of recordings).
    over : sequence of str, optional
        Settings that are averaged over; the others that differ tell configurations apart.

    Raises
    ------
    ConfigurationError
        If a setting is unknown or given in both, or one that differs is in neither where both are given.
    """
    runs = found.runs
    known = dict.fromkeys(key for run in runs for key in run.settings)
    for option, keys in (("--by", by or ()), ("--over", over or ())):
        _require_known(option, keys, known)
    asked = {*(by or ()), *(over or ())}
    implied = {key for axis, keys in found.named.items() for key in keys if key not in (axis, *asked)}
    differing = [key for key in (*found.axes, *known) if len({run.settings.get(key) for run in runs}) > 1]
    differing = [key for key in dict.fromkeys(differing) if key not in implied]
    ignored = tuple(key for key in differing if _WITHOUT_EFFECT.fullmatch(key) and key not in asked)
    differing = [key for key in differing if key not in ignored]
    if by is not None and over is not None:
        _require_parted(by, over, differing)
    elif by is not None:
        over = [key for key in differing if key not in by]
    else:
        over = [key for key in differing if _is(key, found, _SEED, _ANIMAL)] if over is None else over
        by = [key for key in differing if key not in over]
    averaged = tuple(key for key in over if key in differing)
    animals = tuple(key for key in averaged if _is(key, found, _ANIMAL))
    labels = _animal_labels(runs, animals)
    return Grouping(tuple(by), averaged, animals, _configurations(found, tuple(by)), ignored, labels)


def _is(key: str, found: Found, *kinds: re.Pattern[str]) -> bool:
    """Say whether a setting, or all that an axis of names stands for, is of one of these kinds."""
    return all(any(kind.fullmatch(one) for kind in kinds) for one in found.named.get(key, (key,)))


def _animal_labels(runs: Iterable[ComparedRun], animals: Sequence[str]) -> dict[tuple, str]:
    """Name animals by presets and file names; by whole paths, and by all that differs, where these are alike."""
    values = sorted(
        {tuple(run.settings.get(key) for key in animals) for run in runs}, key=lambda v: [*map(_natural, v)]
    )
    leading = [key.endswith(("path", "preset")) or "." not in key for key in animals]
    for name, shown in ((_short, leading), (str, leading), (str, [True] * len(animals))):
        labels = {
            one: ", ".join(name(value) for value, show in zip(one, shown, strict=True) if show and value is not None)
            for one in values
        }
        if len(set(labels.values())) == len(values):
            break
    return labels if animals else {}


def _configurations(found: Found, by: tuple[str, ...]) -> tuple[Configuration, ...]:
    members: dict[tuple, list[ComparedRun]] = {}
    for run in found.runs:
        members.setdefault(tuple(run.settings.get(key) for key in by), []).append(run)

    def rank(values: tuple) -> list:
        axes = [found.axes.get(key, ()) for key in by]
        return [(axis.index(v) if v in axis else len(axis), *_natural(v)) for axis, v in zip(axes, values, strict=True)]

    return tuple(
        Configuration(
            _label(by, values) or found.runs[0].system, dict(zip(by, values, strict=True)), tuple(members[values])
        )
        for values in sorted(members, key=rank)
    )


def _label(by: Sequence[str], values: Sequence[Any]) -> str:
    """Return names as they are, and numbers behind the name of their setting.

    Examples
    --------
    >>> _label(("objective.name", "model.filters"), ("lsgan", 8))
    'lsgan, filters=8'
    """
    parts = (
        value
        if isinstance(value, str) and not value.startswith(("[", "{"))
        else f"{key.split('.')[-1]}={_short(value)}"
        for key, value in zip(by, values, strict=True)
    )
    return ", ".join(parts)


def in_order(values: Iterable[Any]) -> list[Any]:
    """Sort numbers before names, each in its order.

    Examples
    --------
    >>> in_order(["b", 10, 9, "a"])
    [9, 10, 'a', 'b']
    """
    return sorted(values, key=_natural)


def _natural(value: Any) -> tuple:
    return (0, value, "") if isinstance(value, int | float) else (1, 0, str(value))


def _short(value: Any) -> str:
    """Return a value as text, a path by its last part."""
    return PurePath(value).name or value if isinstance(value, str) else one_line(value)


def _require_known(option: str, keys: Iterable[str], known: Iterable[str]) -> None:
    for key in keys:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            raise ConfigurationError(
                f"{option} {key}", got="a setting that no run has", expected="a dotted key such as objective.name",
                fix=f"did you mean {near[0]}?" if near else "look it up in a run's config.yaml",
            )  # fmt: skip


def _require_parted(by: Sequence[str], over: Sequence[str], differing: Sequence[str]) -> None:
    both = [key for key in by if key in over]
    neither = [key for key in differing if key not in by and key not in over]
    if both or neither:
        raise ConfigurationError(
            "--by and --over", got=f"{', '.join(both or neither)} in {'both' if both else 'neither'}",
            expected="every setting that differs in one of them", fix="name it in one, or leave one option out",
        )  # fmt: skip


def reference_of(grouping: Grouping, wanted: Sequence[str]) -> Configuration:
    """Return the one configuration that has the settings ``a.b=c`` of ``wanted``.

    Raises
    ------
    ConfigurationError
        If none or several have.
    """
    where = f"--reference {' '.join(wanted)}"
    asked = {}
    for one in wanted:
        key, equals, text = one.partition("=")
        if not equals or key not in grouping.by:
            raise ConfigurationError(
                where, got=one,
                expected=f"a.b=c with one of {', '.join(grouping.by) or 'no setting: all runs are alike'}",
                fix="name a setting that tells configurations apart",
            )  # fmt: skip
        asked[key] = parse(text, name=where)[0]
    fitting = [one for one in grouping.configurations if all(one.settings[key] == v for key, v in asked.items())]
    if len(fitting) != 1:
        raise ConfigurationError(
            where, got=f"{len(fitting)} configurations", expected="one of "
            + "; ".join(one.label for one in fitting or grouping.configurations), fix="add or correct a setting",
        )  # fmt: skip
    return fitting[0]
