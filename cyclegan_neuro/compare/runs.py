"""Evaluated runs, read from their directories or from the folder of a grid; loads no TensorFlow."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cyclegan_neuro.compare.files import read_if_whole, read_json, scalar, settings_of
from cyclegan_neuro.compare.grids import GridFolder, read_grid_folder
from cyclegan_neuro.configuration.loading import read_source
from cyclegan_neuro.errors import ConfigurationError, RunDirectoryError
from cyclegan_neuro.invocation import command

__all__ = ["ComparedRun", "Found", "MissingRun", "find_runs"]

_PLACES = ("path", "source")  # where inputs lay, not what they were
_NAMED = 5  # runs in a message


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """An evaluated run, as its files tell it.

    Attributes
    ----------
    name : str
        Unlike that of every other run.
    path : Path
    system : str
    settings : dict of str to scalar
        By dotted key; lists and what is nested in them as one line of YAML.
    metrics : dict
        Content of ``report/metrics.json``.
    history : dict of str to list of float
        Column of ``history.csv`` to its value in every epoch; NaN where there is none.
    inputs : str
        Hash of what went in, wherever it lay.
    status, environment : dict
        Empty where the file is missing or damaged.
    """

    name: str
    path: Path
    system: str
    settings: dict[str, Any]
    metrics: dict[str, Any]
    history: dict[str, list[float]]
    inputs: str
    status: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MissingRun:
    """A cell or run without results.

    Attributes
    ----------
    name : str
    state : str
        ``failed``, ``not evaluated``, ``waiting``, or how far its ``status.json`` says that a training came.
    settings : dict
        By which it differs from other cells, where a grid says it.
    attempts : int, optional
    log : str
        The last lines of its log, where a grid kept them.
    """

    name: str
    state: str
    settings: dict[str, Any] = field(default_factory=dict)
    attempts: int | None = None
    log: str = ""


@dataclass(frozen=True, eq=False)
class Found:
    """What lay in the folders.

    Attributes
    ----------
    runs : tuple of ComparedRun
    missing : tuple of MissingRun
    axes : dict of str to tuple
        Of a grid, axis to its values in the order of the grid file.
    named : dict of str to tuple of str
        Axis with values of the user's naming, which runs have among their settings, to the settings that it stands for.
    """

    runs: tuple[ComparedRun, ...]
    missing: tuple[MissingRun, ...] = ()
    axes: dict[str, tuple] = field(default_factory=dict)
    named: dict[str, tuple[str, ...]] = field(default_factory=dict)


def find_runs(paths: Sequence[Path], *, allow_missing: bool = False) -> Found:
    """Read runs, grids, and folders that hold run directories.

    Parameters
    ----------
    paths : sequence of Path
    allow_missing : bool
        Whether runs that were not evaluated are listed instead of refused; cells of a grid always are.

    Raises
    ------
    RunDirectoryError
        If there is no run, one was not evaluated, or a file is damaged.
    ConfigurationError
        If the runs are of several systems.
    """
    cells: dict[Path, dict] = {}
    axes: dict[str, tuple] = {}
    named: dict[str, tuple[str, ...]] = {}
    for grid in map(_folders, paths):
        for folder, cell in grid.cells.items():
            cells.setdefault(Path(os.path.abspath(folder)), cell)
        axes |= grid.axes
        named |= grid.named
    names = _names(list(cells))
    evaluated = {folder: (folder / "report" / "metrics.json").is_file() for folder in cells}
    left = [folder for folder, cell in cells.items() if not evaluated[folder] and not cell]
    if left and not allow_missing:
        raise _not_evaluated(left)
    runs = tuple(
        _read_run(folder, names[folder], _labels(cells[folder], named)) for folder in cells if evaluated[folder]
    )
    missing = tuple(
        _missing(folder, names[folder], cell, named) for folder, cell in cells.items() if not evaluated[folder]
    )
    if not runs:
        raise RunDirectoryError(
            ", ".join(map(str, paths)), got="no evaluated run", expected="at least one with report/metrics.json",
            fix=f"evaluate first: {command('evaluate')} --output_dir RUN",
        )  # fmt: skip
    _require_one_system(runs)
    return Found(runs, missing, axes, named)


def _folders(path: Path) -> GridFolder:
    """Return the run directories of a grid, in a folder, or the one that a path names."""
    grid = read_grid_folder(path)
    if grid is not None:
        return grid
    inside = [path] if (path / "config.yaml").is_file() else sorted(p.parent for p in path.glob("*/config.yaml"))
    if not inside:
        raise RunDirectoryError(
            str(path), got="no run" if path.is_dir() else "no such directory",
            expected="the directory of a run, of a grid, or one that holds run directories", fix="check the name",
        )  # fmt: skip
    return GridFolder({folder: {} for folder in inside})


def _names(folders: Sequence[Path]) -> dict[Path, str]:
    """Name runs by their folder or, where two are called alike, by the way to it from where all lie."""
    if len({folder.name for folder in folders}) == len(folders):
        return {folder: folder.name for folder in folders}
    common = Path(os.path.commonpath(folders))
    return {folder: folder.relative_to(common).as_posix() for folder in folders}


def _labels(cell: Mapping[str, Any], named: Iterable[str]) -> dict[str, Any]:
    """Return what the user called the values of a cell on axes of names."""
    return {axis: scalar(label) for axis, label in cell.get("labels", {}).items() if axis in named}


def _read_run(folder: Path, name: str, labels: Mapping[str, Any]) -> ComparedRun:
    metrics = read_json(folder / "report" / "metrics.json", fix=_evaluate(folder))
    if not isinstance(metrics, dict) or not isinstance(metrics.get("system"), str):
        raise RunDirectoryError(
            str(folder / "report" / "metrics.json"), got="no system", expected="what an evaluation wrote",
            fix=_evaluate(folder),
        )  # fmt: skip
    return ComparedRun(
        name, folder, metrics["system"], {**settings_of(read_source(folder / "config.yaml").values), **labels}, metrics,
        _read_history(folder / "history.csv"), _hash_of(read_if_whole(folder / "inputs.json")),
        read_if_whole(folder / "status.json"), read_if_whole(folder / "environment.json"),
    )  # fmt: skip


def _read_history(file: Path) -> dict[str, list[float]]:
    """Return the columns of a history; a run whose history is lost has none."""
    try:
        with open(file, newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        return {name: [float(row[name] or math.nan) for row in rows] for name in (rows[0] if rows else ())}
    except (OSError, ValueError, TypeError, csv.Error):
        return {}


def _hash_of(inputs: Any) -> str:
    """Hash what went in without where it lay."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: kept(entry) for key, entry in value.items() if key not in _PLACES}
        return [kept(entry) for entry in value] if isinstance(value, list) else value

    return hashlib.sha256(json.dumps(kept(inputs), sort_keys=True).encode()).hexdigest()


def _missing(folder: Path, name: str, cell: Mapping[str, Any], named: Mapping[str, tuple[str, ...]]) -> MissingRun:
    if not cell:
        return MissingRun(name, "not evaluated")
    state = str(cell.get("state", "not known"))
    if state == "waiting":  # or running: a grid notes how cells ended; the run says how far it came
        state = str(read_if_whole(folder / "status.json").get("state", state))
    state = "not evaluated" if state in ("done", "finished") else state
    attempts = cell.get("attempts") if folder.is_dir() else None  # a grid counts when it hands a cell out
    implied = {key for axis in cell.get("labels", {}) for key in named.get(axis, ())}
    own = {key: scalar(value) for key, value in settings_of(cell.get("settings", {})).items() if key not in implied}
    settings = _labels(cell, named) | own
    return MissingRun(name, state, settings, attempts, "\n".join(map(str, cell.get("log_tail") or ())))


def _not_evaluated(folders: Sequence[Path]) -> RunDirectoryError:
    more = f" and {len(folders) - _NAMED} more" if len(folders) > _NAMED else ""
    return RunDirectoryError(
        f"{', '.join(str(folder) for folder in folders[:_NAMED])}{more}", got="no report/metrics.json",
        expected="evaluated runs", fix=f"{_evaluate(folders[0])}, or list them as missing with --allow_missing",
    )  # fmt: skip


def _evaluate(folder: Path) -> str:
    return f"{command('evaluate')} --output_dir {shlex.quote(str(folder))}"


def _require_one_system(runs: Iterable[ComparedRun]) -> None:
    examples = {run.system: run.name for run in runs}
    if len(examples) > 1:
        raise ConfigurationError(
            "compare", got="runs of " + " and ".join(f"{system} ({name})" for system, name in examples.items()),
            expected="runs of one system, whose scores mean the same", fix="compare each system on its own",
        )  # fmt: skip
