"""Paths as users write them."""

from __future__ import annotations

import os
import re
from os import PathLike
from pathlib import Path

from cyclegan_neuro.errors import ConfigurationError

__all__ = ["expanded"]


def expanded(path: str | PathLike, where: str = "") -> Path:
    """Return a path with ``~`` and ``$NAME`` resolved: a shell does not do it in files, quotes and ``--option=~/runs``.

    Parameters
    ----------
    path : path
    where : str
        What names it, for messages; the path itself where absent.

    Raises
    ------
    ConfigurationError
        If a variable is not set, or there is no such user; a file may have a dollar in its name.

    Examples
    --------
    >>> expanded("$NOT_SET/run")
    Traceback (most recent call last):
    ...
    cyclegan_neuro.errors.ConfigurationError: $NOT_SET/run: got $NOT_SET, which is not set, expected variables that \
are set. Fix: export NOT_SET=..., or write the path out
    """
    text = os.path.expandvars(path)
    missing = re.search(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))", text)
    if missing and not Path(text).exists():
        raise ConfigurationError(
            where or str(path), got=f"{missing.group()}, which is not set", expected="variables that are set",
            fix=f"export {missing[1] or missing[2]}=..., or write the path out",
        )  # fmt: skip
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # ~nobody
        raise ConfigurationError(
            where or str(path), got=f"'{path}' ({error})", expected="a folder that exists", fix="write the path out"
        ) from error
