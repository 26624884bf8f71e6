"""From a grid file to its cells, each with a configuration that was checked."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from math import prod
from typing import Any

from cyclegan_neuro.configuration.loading import Source, build_config, dump_config, read_source, with_settings
from cyclegan_neuro.configuration.paths import expanded
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.grid.file import GridFile, Value
from cyclegan_neuro.report.files import slug
from cyclegan_neuro.systems import base
from cyclegan_neuro.training.configurations import configuration_file
from cyclegan_neuro.training.lock import TRAINING_LOCK

__all__ = ["OURS", "Cell", "expand"]

_MOST_CELLS = 100_000
_LONGEST_NAME = 150  # bytes: file systems take 255, and temporary files have longer names
OURS = ("configs", "logs", TRAINING_LOCK, "report")
"""What lies in the folder of a grid beside its cells, ``report`` where the command proposes to write a comparison."""
_SEEDS = ("seed", "phi_seed", "permuted_seed")


@dataclass(frozen=True)
class Cell:
    """A cell of a grid: one run.

    Attributes
    ----------
    name : str
        Its folder.
    labels : dict
        The user's value for each axis.
    settings : dict
        Value by dotted key, those of all axes.
    config : Section
        What it is trained with; files are absolute.
    """

    name: str
    labels: dict[str, Any]
    settings: dict[str, Any]
    config: Any

    @cached_property
    def digest(self) -> str:
        """The sha256 of its configuration."""
        return hashlib.sha256(json.dumps(self.config.model_dump(), sort_keys=True).encode()).hexdigest()

    @property
    def text(self) -> str:
        """Its configuration as YAML."""
        return dump_config(self.config)

    @property
    def kind(self) -> tuple:
        """What it has in common with the cells that differ in seeds alone."""
        return tuple((axis, str(label)) for axis, label in self.labels.items() if not _is_seed(axis))


def expand(grid: GridFile) -> list[Cell]:
    """Return the cells of a grid in the order of its axes, the last one fastest.

    Raises
    ------
    ConfigurationError
        If a setting does not exist or has a value that it cannot have (with the line of the grid file), a cell that is
        excluded names no axis or value, nothing is left, or two cells have one name.
    """
    axes = {name: grid.values(name) for name in grid.section.axes}
    number = prod(map(len, axes.values()))
    if number > _MOST_CELLS:
        raise ConfigurationError(
            str(grid.path), got=f"{number:,} cells", expected=f"at most {_MOST_CELLS:,}", fix="take fewer values"
        )
    _refuse_shared_settings(grid, axes)
    excluded = [_exclusion(grid, index, axes) for index in range(len(grid.section.exclude))]
    common, system = _base(grid), cache(base.get)
    cells = []
    for values in itertools.product(*axes.values()):
        labels = {axis: value.label for axis, value in zip(axes, values, strict=True)}
        if not any(all(labels[axis] in found for axis, found in one.items()) for one in excluded):
            cells.append(_cell(grid, common, labels, values, system))
    _refuse_names(grid, cells)
    return cells


def _base(grid: GridFile) -> Source:
    """Return what all cells have in common; a base file is sought beside the grid, then where one stands, then here."""
    named = expanded(grid.section.config)
    beside = grid.folder / named
    try:
        file = beside if beside.is_file() else configuration_file(named)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{grid.source.where(('config',))}, config {named}", got=error.got, expected=error.expected, fix=error.fix
        ) from error
    told = {key: grid.source.where(("settings", key)) for key in grid.section.settings}
    return with_settings(read_source(file), grid.section.settings, told=told, folder=grid.folder)


def _cell(
    grid: GridFile, common: Source, labels: dict[str, Any], values: tuple[Value, ...], system: Callable[[str], Any]
) -> Cell:
    settings = {key: one for value in values for key, one in value.settings.items()}
    told = {key: value.told for value in values for key in value.settings}
    source = with_settings(common, settings, told=told, folder=grid.folder)
    config = build_config(source, system(str(source.values.get("system"))).Config)
    return Cell(_name(labels), labels, settings, config)


def _name(labels: Mapping[str, Any]) -> str:
    parts = (slug(label) if isinstance(label, str) else _numbered(axis, label) for axis, label in labels.items())
    return "_".join(parts)


def _numbered(axis: str, label: Any) -> str:
    """``seed-3`` says more than ``3``; lists are told by their parts."""
    parts = label if isinstance(label, list) else [label]
    told = "-".join(map(_part, parts))
    return f"{slug(axis.rpartition('.')[2])}-{''.join(c if c.isalnum() or c in '.-+' else '-' for c in told)}"


def _part(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.12g}"
    return slug(str(value)) if isinstance(value, dict) else str(value).lower()


def _refuse_shared_settings(grid: GridFile, axes: Mapping[str, list[Value]]) -> None:
    owners: dict[str, str] = {}
    for axis, values in axes.items():
        for key in {key for value in values for key in value.settings}:
            if key in owners:
                raise ConfigurationError(
                    grid.source.where(("axes", axis)), got=f"{key} in the axes '{owners[key]}' and '{axis}'",
                    expected="each setting in one axis", fix="take it out of one of them",
                )  # fmt: skip
            owners[key] = axis


def _exclusion(grid: GridFile, index: int, axes: Mapping[str, list[Value]]) -> dict[str, list]:
    """Return axis → values of one exclusion, all of which exist."""
    found = {}
    for axis, given in grid.section.exclude[index].items():
        where = grid.source.where(("exclude", index, axis))
        if axis not in axes:
            raise _unknown(where, axis, "an axis", axes)
        labels = [value.label for value in axes[axis]]
        found[axis] = given if isinstance(given, list) else [given]
        for label in found[axis]:
            if label not in labels:
                raise _unknown(where, label, f"a value of {axis}", labels)
    return found


def _unknown(where: str, got: Any, kind: str, known: Iterator | Any) -> ConfigurationError:
    names = list(map(str, known))
    near = get_close_matches(str(got), names, n=1)
    return ConfigurationError(
        where, got=f"'{got}'", expected=f"{kind}: {', '.join(names[:12])}",
        fix=f"did you mean '{near[0]}'?" if near else "use one of these",
    )  # fmt: skip


def _refuse_names(grid: GridFile, cells: list[Cell]) -> None:
    if not cells:
        raise ConfigurationError(
            f"{grid.path}, exclude", got="no cell that is left", expected="at least one", fix="exclude fewer"
        )
    seen: dict[str, Cell] = {}
    for cell in cells:
        twin = seen.setdefault(cell.name, cell)
        if twin is not cell:
            raise ConfigurationError(
                str(grid.path), got=f"two cells named {cell.name} ({twin.labels} and {cell.labels})",
                expected="names that differ in a to z and digits", fix="name the values: {name: {setting: value}}",
            )  # fmt: skip
        if cell.name in OURS or len(cell.name.encode()) > _LONGEST_NAME:
            raise ConfigurationError(
                str(grid.path), got=f"a cell named {cell.name}",
                expected=f"at most {_LONGEST_NAME} letters, and none of {', '.join(OURS)}",
                fix="name the values otherwise: {name: {setting: value}}",
            )  # fmt: skip


def _is_seed(axis: str) -> bool:
    return axis.rpartition(".")[2] in _SEEDS
