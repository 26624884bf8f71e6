"""The folder of a grid: its cells, and what its axes are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cyclegan_neuro.compare.files import read_json, scalar, settings_of
from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.grid.record import GRID_FILE, GRID_FORMAT

__all__ = ["GridFolder", "read_grid_folder"]


@dataclass(frozen=True)
class GridFolder:
    """What ``grid.json`` says, or nothing of folders that are no grid's.

    Attributes
    ----------
    cells : dict of Path to dict
        Run directory to its entry.
    axes : dict of str to tuple
        Axis to its values, in the order of the grid file.
    named : dict of str to tuple of str
        Axis with values of the user's naming to the settings that it sets.
    """

    cells: dict[Path, dict[str, Any]]
    axes: dict[str, tuple] = field(default_factory=dict)
    named: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_grid_folder(path: Path) -> GridFolder | None:
    """Return the grid of a folder; None where it holds none.

    Raises
    ------
    RunDirectoryError
        If its file is damaged or something else.
    """
    file = path / GRID_FILE
    if not file.is_file():
        return None
    content = read_json(file, fix="start the grid again, or name its run directories")
    try:
        if content["format"] != GRID_FORMAT:
            raise ValueError(content["format"])
        cells = {path / cell["name"]: cell for cell in content["cells"]}
        axes = {axis: tuple(map(scalar, labels)) for axis, labels in content["axes"].items()}
        return GridFolder(cells, axes, _named(content["grid"].get("axes", {})))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunDirectoryError(
            str(file), got=f"another content ({error!r})", expected=f"the format '{GRID_FORMAT}'",
            fix="start the grid again, or name its run directories",
        ) from error  # fmt: skip


def _named(axes: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the settings of axes whose values are names with settings, not ranges."""
    return {
        axis: tuple(dict.fromkeys(key for settings in values.values() for key in settings_of(settings)))
        for axis, values in axes.items()
        if isinstance(values, dict) and all(isinstance(settings, dict) for settings in values.values())
    }
