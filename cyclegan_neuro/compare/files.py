"""Small files of runs and grids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclegan_neuro.errors import RunDirectoryError

__all__ = ["read_if_whole", "read_json", "scalar", "settings_of"]


def settings_of(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings by dotted key, lists as text.

    Examples
    --------
    >>> settings_of({"system": "toy", "model": {"filters": 8, "condition": ["position"]}})
    {'system': 'toy', 'model.filters': 8, 'model.condition': '["position"]'}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= settings_of(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": scalar(value)}
    return found


def scalar(value: Any) -> Any:
    """Return a value that can be compared and sorted: lists and dictionaries as text."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | tuple | dict) else value


def read_json(file: Path, *, fix: str) -> Any:
    """Return the content of a JSON file.

    Raises
    ------
    RunDirectoryError
        If it is missing or damaged; ``fix`` says what to do.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunDirectoryError(str(file), got=f"{error}", expected="a whole JSON file", fix=fix) from error


def read_if_whole(file: Path) -> dict[str, Any]:
    """Return the content of a JSON file, nothing where it is missing, damaged or no dictionary."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
