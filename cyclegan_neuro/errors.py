"""Errors that a user can cause and mend.

Every message has one form: ``where: got X, expected Y. Fix: Z``. The command
line prints it without a stack trace and ends with ``exit_code``.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any


class UserError(Exception):
    """Base of all errors that the user's input, files or machine caused.

    Parameters
    ----------
    where : str
        File, field, neuron, step: as exact as is known.
    got, expected, fix : str
        What was found there, what would have been right, what to do now.

    Examples
    --------
    >>> print(UserError("day1.h5, field dff", got="percent", expected="a fraction", fix="divide by 100"))
    day1.h5, field dff: got percent, expected a fraction. Fix: divide by 100
    """

    exit_code = 2

    def __init__(self, where: str, *, got: str, expected: str, fix: str):
        self.where, self.got, self.expected, self.fix = where, got, expected, fix
        super().__init__(f"{where}: got {got}, expected {expected}. Fix: {fix}")


class ConfigurationError(UserError):
    """A configuration file or ``--set`` that cannot be used."""


class RecordingError(UserError):
    """A recording that cannot be read or must not be used as it is."""


class PairingError(UserError):
    """Two recordings that cannot be brought to the same neurons and rate."""


class WindowError(UserError):
    """Windows, splits or orderings that the recording does not allow."""


class RunDirectoryError(UserError):
    """A run directory that must not, or cannot, be used."""


class CheckpointError(UserError):
    """A checkpoint that cannot be written, read or trusted."""


class TrainingError(UserError):
    """Training that had to stop: non-finite values, no memory left."""

    exit_code = 1


def told(value: Any) -> str:
    """Name a value that is of the wrong type: text and paths as they are, others by their type."""
    return f"'{value}'" if isinstance(value, str | PathLike) else type(value).__name__


def require_path(value: Any, where: str, *, expected: str = "a path", fix: str = "give its name") -> Path:
    """Return what was given as a path.

    Raises
    ------
    ConfigurationError
        If it is none.

    Examples
    --------
    >>> require_path(3, "output_dir")
    Traceback (most recent call last):
    ...
    cyclegan_neuro.errors.ConfigurationError: output_dir: got int, expected a path. Fix: give its name
    """
    if not isinstance(value, str | PathLike):
        raise ConfigurationError(where, got=told(value), expected=expected, fix=fix)
    return Path(value)
