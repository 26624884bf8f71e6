"""Small JSON files of a run directory: written whole or not at all, distrusted when read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.atomic import replacing

__all__ = ["read_json", "write_json"]

Result = TypeVar("Result")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write ``content``; a file that exists is replaced only by a complete one.

    Raises
    ------
    WindowError
        If the system refuses to write.
    """
    with replacing(path, error_type=WindowError) as temporary:
        temporary.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path, parse: Callable[[Mapping], Result], *, what: str) -> Result:
    """Read a file and turn it into ``parse(content)``.

    Parameters
    ----------
    path : Path
    parse : callable
        Raises ``KeyError``, ``TypeError`` or ``ValueError`` on content that it cannot use.
    what : str
        What the file should hold, for the message.

    Raises
    ------
    WindowError
        If the file cannot be read or ``parse`` refuses it.
    """
    try:
        return parse(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError) as error:
        reason = f"no entry {error}" if isinstance(error, KeyError) else str(error)
        raise WindowError(
            str(path),
            got=f"a file that cannot be used: {reason}",
            expected=f"{what}, as it was written when the run began",
            fix="start the run again in a new directory; what its networks learned needs this file",
        ) from error
