"""``grid.json``: what the cells of a grid are, and how far each has come."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import mean
from typing import Any, Literal, get_args

from cyclegan_neuro.configuration.loading import differences, load_config
from cyclegan_neuro.errors import RunDirectoryError, UserError
from cyclegan_neuro.grid.cells import Cell
from cyclegan_neuro.recordings.atomic import replacing

__all__ = ["GRID_FILE", "GRID_FORMAT", "Progress", "Record", "config_file", "log_file", "report_file"]

GRID_FILE = "grid.json"
GRID_FORMAT = "cyclegan_neuro grid 1"
State = Literal["waiting", "done", "failed"]


@dataclass(frozen=True)
class Progress:
    """How far a cell has come.

    Attributes
    ----------
    state : {"waiting", "done", "failed"}
    attempts : int
        How often it was started.
    seconds : float
        Spent in training and evaluation, over all attempts that this file saw end.
    config_sha256 : str
        Of its configuration; empty before its first start.
    log_tail : list of str
        Last lines of its log, if it failed.
    """

    state: State = "waiting"
    attempts: int = 0
    seconds: float = 0.0
    config_sha256: str = ""
    log_tail: list[str] = field(default_factory=list)


def report_file(folder: Path, name: str) -> Path:
    """Return the file whose presence says that a cell is done."""
    return folder / name / "report" / "metrics.json"


def config_file(folder: Path, name: str) -> Path:
    return folder / "configs" / f"{name}.yaml"


def log_file(folder: Path, name: str) -> Path:
    return folder / "logs" / f"{name}.log"


class Record:
    """The state of a grid in its folder; one process at a time writes it.

    Parameters
    ----------
    folder : Path
    content : dict
        The grid file's content, for those who read ``grid.json``.
    cells : list of Cell

    Raises
    ------
    RunDirectoryError
        If the folder holds something else, or a cell that was made with another configuration.
    """

    def __init__(self, folder: Path, content: dict[str, Any], cells: list[Cell]):
        self.folder, self.content = folder, content
        self.cells = {cell.name: cell for cell in cells}
        known = _read(folder)
        self.progress = {name: self._at_start(name, known.get(name, Progress())) for name in self.cells}
        self._others = {name: one for name, one in known.items() if name not in self.cells}  # of a former grid file
        self._refuse_changed()

    def note(self, name: str, **changes: Any) -> None:
        """Change what is known of a cell; :meth:`write` keeps it."""
        self.progress[name] = replace(self.progress[name], **changes)

    def names(self, *states: str) -> list[str]:
        """Return the cells in these states."""
        return [name for name, one in self.progress.items() if one.state in states]

    def seconds_left(self, names: list[str]) -> float | None:
        """Estimate the summed time of cells from those that are done; None before one is.

        Cells that differ from a finished one in seeds alone take as long; all others the mean.
        """
        done = [(self.cells[name].kind, self.progress[name].seconds) for name in self.names("done")]
        done = [(kind, seconds) for kind, seconds in done if seconds]
        if not done:
            return None
        kinds = {kind: mean(seconds for other, seconds in done if other == kind) for kind, _ in done}
        return sum(kinds.get(self.cells[name].kind, mean(kinds.values())) for name in names)

    def write(self) -> None:
        """Write ``grid.json``."""
        axes: dict[str, list] = {axis: [] for cell in self.cells.values() for axis in cell.labels}
        for cell in self.cells.values():
            for axis, label in cell.labels.items():
                if label not in axes[axis]:
                    axes[axis].append(label)
        mine = [
            {"name": name, "settings": cell.settings, "labels": cell.labels, **asdict(self.progress[name])}
            for name, cell in self.cells.items()
        ]
        others = [{"name": name, "settings": {}, "labels": {}, **asdict(one)} for name, one in self._others.items()]
        content = {"format": GRID_FORMAT, "grid": self.content, "axes": axes, "cells": mine, "former_cells": others}
        with replacing(self.folder / GRID_FILE, error_type=RunDirectoryError) as temporary:
            temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def write_configuration(self, name: str) -> Path:
        """Write the configuration of a cell for its training, and return the file."""
        path = config_file(self.folder, name)
        path.parent.mkdir(exist_ok=True)
        with replacing(path, error_type=RunDirectoryError) as temporary:
            temporary.write_text(self.cells[name].text, encoding="utf-8")
        return path

    def _at_start(self, name: str, known: Progress) -> Progress:
        """What was running when the grid ended, or failed, waits again; files tell what is done."""
        if report_file(self.folder, name).is_file():
            return replace(known, state="done", log_tail=[])
        return replace(known, state="waiting", attempts=0)

    def _refuse_changed(self) -> None:
        for name, cell in self.cells.items():
            stored = self.progress[name].config_sha256
            file = config_file(self.folder, name)
            known = stored or file.exists()  # grid.json may have been deleted
            if not known or stored == cell.digest or not (self.folder / name).exists():
                continue
            try:
                changed = "; ".join(differences(load_config(file, type(cell.config)), cell.config))
            except UserError:
                changed = f"{file} cannot be read"
            if not changed:  # a setting that is new in the package, at its default
                continue
            raise RunDirectoryError(
                str(self.folder / name), got=f"a cell that was made with other settings ({changed})",
                expected="the settings of the grid file", fix="choose another --output_dir, or delete this folder",
            )  # fmt: skip


def _read(folder: Path) -> dict[str, Progress]:
    path = folder / GRID_FILE
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != GRID_FORMAT:
            raise ValueError(content["format"])
        entries = [*content["cells"], *content.get("former_cells", [])]
        return {entry["name"]: _progress(entry) for entry in entries}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunDirectoryError(
            str(path), got=f"a damaged file ({error})", expected="a file that the grid wrote",
            fix="delete it: cells with a report stay done, the others go on",
        ) from error  # fmt: skip


def _progress(entry: dict[str, Any]) -> Progress:
    if entry["state"] not in get_args(State):
        raise ValueError(entry["state"])
    return Progress(**{name: entry[name] for name in Progress.__dataclass_fields__})
