"""Results that are expensive and depend only on what went in: kept under the hash of that."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro import __version__
from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.recordings.atomic import replacing

__all__ = ["ResultCache", "content_key"]

_log = logging.getLogger(__name__)


def content_key(*parts: Any) -> str:
    """Return a hash of arrays and of anything that JSON can write; another version of the package has other hashes.

    Parameters
    ----------
    *parts
        Arrays count by type, shape and values.

    Examples
    --------
    >>> content_key(np.zeros(2), "a") == content_key(np.zeros(2), "a") != content_key(np.zeros((1, 2)), "a")
    True
    """
    digest = hashlib.sha256(__version__.encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str} {part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
        digest.update(b"\0")
    return digest.hexdigest()


class ResultCache:
    """A folder of arrays, one file per result.

    An evaluation that was interrupted finds there what it had finished; so does one with other settings for what these
    do not touch. Files are arrays without objects (never a pickle); one that cannot be read is computed again.

    Parameters
    ----------
    directory : Path, optional
        Made when the first result is kept; without one results are kept in memory.

    Examples
    --------
    >>> ResultCache(None).get("square", content_key(3), lambda: {"value": np.array(9)})["value"]
    array(9)
    """

    def __init__(self, directory: Path | None):
        self._directory = directory
        self._in_memory: dict[str, dict[str, np.ndarray]] = {}

    def holds(self, kind: str, key: str) -> bool:
        """Return whether something is kept as ``kind`` under ``key``."""
        if self._directory is None:
            return _name(kind, key) in self._in_memory
        return (self._directory / f"{_name(kind, key)}.npz").is_file()

    def get(self, kind: str, key: str, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """Return the arrays kept as ``kind`` under ``key``, or compute and keep them.

        Parameters
        ----------
        kind : str
            Begins the name of the file.
        key : str
            From :func:`content_key`, over all that the result depends on.
        compute : callable
            Returns the arrays by name.

        Raises
        ------
        RunDirectoryError
            If the result cannot be written.
        """
        name = _name(kind, key)
        if self._directory is None:
            if name not in self._in_memory:
                self._in_memory[name] = compute()
            return self._in_memory[name]
        file = self._directory / f"{name}.npz"
        if file.is_file():
            try:
                with np.load(file, allow_pickle=False) as kept:
                    return {entry: kept[entry] for entry in kept.files}
            except Exception as error:  # what a damaged archive raises depends on the place of the damage
                _log.warning("%s cannot be read (%s) and is computed again", file, error)
        arrays = compute()
        with replacing(file, error_type=RunDirectoryError) as temporary:
            self._directory.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(temporary, allow_pickle=False, **arrays)
        return arrays

    def get_all(
        self, kind: str, keys: Sequence[str], compute: Callable[[list[int]], Iterable[dict[str, np.ndarray]]]
    ) -> list[dict[str, np.ndarray]]:
        """Return what is kept under each key, where what is not kept is computed together.

        Parameters
        ----------
        kind, keys
            As for :meth:`get`.
        compute : callable
            Gets the numbers of the keys that are missing, and returns the arrays of each.
        """
        missing = [k for k, key in enumerate(keys) if not self.holds(kind, key)]
        made = dict(zip(missing, compute(missing), strict=True)) if missing else {}

        def one(k: int) -> dict[str, np.ndarray]:
            return made[k] if k in made else next(iter(compute([k])))  # its file is damaged

        return [self.get(kind, key, partial(one, k)) for k, key in enumerate(keys)]


def _name(kind: str, key: str) -> str:
    return f"{kind}-{key[:32]}"
