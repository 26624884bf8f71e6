"""The file that says what a grid is made of: a base configuration, axes, and where its cells run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import model_validator

from cyclegan_neuro.configuration.fields import Contradiction, Section, setting
from cyclegan_neuro.configuration.loading import Source, build_config, dotted, read_source

__all__ = ["ClusterSection", "GridFile", "GridSection", "Value", "read_grid"]

_RANGE = ({"from", "to"}, {"from", "to", "step"})
_LARGEST_RANGE = 10_000
_WALLTIME = re.compile(r"(\d+-)?\d+:\d\d:\d\d")
_MEMORY = re.compile(r"\d+(\.\d+)? ?[kMGT]i?B?")


class ClusterSection(Section):
    """The queue whose jobs run the cells; each job runs one cell after the other."""

    engine: Literal["slurm", "sge", "pbs"] = setting("slurm", "The queueing system.")
    jobs: int = setting(4, "Jobs in the queue at the same time.", ge=1)
    cores: int = setting(4, "Cores of a job.", ge=1)
    memory: str = setting("8GB", "Memory of a job.", unit="text such as 8GB")
    gpus: int = setting(0, "GPUs of a job.", ge=0)
    walltime: str = setting("04:00:00", "Time limit of a job; cells that it cuts short go on in the next.")
    queue: str | None = setting(None, "Queue, or partition.")
    account: str | None = setting(None, "Account, or project.")
    interface: str | None = setting(None, "Network interface that all nodes share, such as ib0.")
    directives: list[str] = setting([], "Further lines for the head of the job script, without #SBATCH.")
    prologue: list[str] = setting([], "Shell lines before Python starts, such as module load cuda.")

    @model_validator(mode="after")
    def _texts_can_be_read(self):
        for key, pattern, expected, fix in (
            ("walltime", _WALLTIME, "hours:minutes:seconds, or days-hours:minutes:seconds", "for example '04:00:00'"),
            ("memory", _MEMORY, "a number with kB, MB, GB or TB", "for example 8GB"),
        ):
            if not pattern.fullmatch(getattr(self, key)):
                raise Contradiction(key, got=f"'{getattr(self, key)}'", expected=expected, fix=fix)
        return self


class GridSection(Section):
    """A grid: every combination of the values of its axes is a cell, and every cell is a run."""

    config: str = setting(
        "cyclegan/quickstart.yaml", "The base: a file, or a configuration that comes with the package."
    )
    settings: dict[str, Any] = setting({}, "Settings of all cells, by dotted name.")
    axes: dict[str, Any] = setting(
        {},
        "Setting: its values, a list or {from, to, step}; or a name of your own: {name: {setting: value, ...}, ...}.",
    )
    exclude: list[dict[str, Any]] = setting([], "Cells that are left out: axis: value, or a list of values.")
    tries: int = setting(3, "How often a cell that fails is started.", ge=1)
    cluster: ClusterSection | None = setting(None, "Where the cells run; this machine where it is absent.")

    @model_validator(mode="after")
    def _axes_have_values(self):
        if not self.axes:
            raise Contradiction(
                "axes", got="none", expected="at least one axis", fix="for example axes: {training.seed: [1, 2, 3]}"
            )
        for name, values in self.axes.items():
            _refuse_axis(name, values)
        return self


@dataclass(frozen=True)
class Value:
    """A value of an axis.

    Attributes
    ----------
    label : object
        What the user calls it: the value itself, or its name.
    settings : dict
        Value by dotted key.
    told : str
        File and line.
    """

    label: Any
    settings: dict[str, Any]
    told: str


@dataclass(frozen=True)
class GridFile:
    """A grid file that was read.

    Attributes
    ----------
    path : Path
    section : GridSection
    source : Source
        With the line of every key.
    """

    path: Path
    section: GridSection
    source: Source

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the file start from."""
        return self.path.resolve().parent

    def values(self, axis: str) -> list[Value]:
        """Return the values of an axis, in the order of the file."""
        given = self.section.axes[axis]
        if not isinstance(given, dict):
            at = [self.source.where(("axes", axis, index)) for index in range(len(given))]
            return [Value(value, dotted({axis: value}), told) for value, told in zip(given, at, strict=True)]
        if set(given) in _RANGE:
            told = self.source.where(("axes", axis))
            return [Value(value, {axis: value}, told) for value in _steps(**{f"{key}_": n for key, n in given.items()})]
        return [
            Value(name, dotted(settings), self.source.where(("axes", axis, name))) for name, settings in given.items()
        ]


def read_grid(path: Path) -> GridFile:
    """Read a grid file strictly.

    Raises
    ------
    ConfigurationError
        If it cannot be read, or holds an unknown key or an axis without values: with file, line and remedy.
    """
    source = read_source(path)
    return GridFile(path, build_config(source, GridSection), source)


def _refuse_axis(name: str, values: Any) -> None:
    """Raise what pydantic turns into an error with file and line."""

    def refuse(got: str, expected: str = "a list of values, {from: 1, to: 3}, or names with settings") -> Contradiction:
        return Contradiction("axes", got=f"{got} for '{name}'", expected=expected, fix="write [value, value, ...]")

    if not isinstance(values, list | dict):
        raise refuse(f"one value ({values})")
    if not values:
        raise refuse("no value")
    if isinstance(values, list):
        repeated = [value for index, value in enumerate(values) if value in values[:index]]
        if repeated:
            raise refuse(f"{repeated[0]} twice", "each value once")
    elif set(values) in _RANGE:
        if not all(type(number) in (int, float) and math.isfinite(number) for number in values.values()):
            raise refuse(f"{values}", "numbers in from, to and step")
        step = values.get("step", 1)
        if step <= 0 or values["to"] < values["from"] or (values["to"] - values["from"]) / step > _LARGEST_RANGE:
            raise refuse(f"{values}", f"from <= to, step > 0 and at most {_LARGEST_RANGE:,} values")
    elif not all(isinstance(settings, dict) and settings for settings in values.values()):
        raise refuse("names without settings", "name: {setting: value}")


def _steps(from_: float, to_: float, step_: float = 1) -> Iterator[float]:
    """Yield the numbers as one would write them: 0.3, not 0.1 + 2 * 0.1."""
    count = int((to_ - from_) / step_ + 1e-9) + 1
    values = (from_ + index * step_ for index in range(count))
    return (float(f"{value:.12g}") if isinstance(value, float) else value for value in values)
