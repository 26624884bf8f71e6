"""Results that are expensive and depend only on what went in: kept under the hash of that."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.recordings.atomic import replacing

__all__ = ["ResultCache", "content_key"]

_log = logging.getLogger(__name__)


def content_key(*parts: Any) -> str:
    """Return a hash of arrays and of anything that JSON can write.

    Parameters
    ----------
    *parts
        Arrays count by type, shape and values.

    Examples
    --------
    >>> content_key(np.zeros(2), "a") == content_key(np.zeros(2), "a") != content_key(np.zeros((1, 2)), "a")
    True
    """
    digest = hashlib.sha256()
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
        Made when the first result is kept; without one nothing is kept.

    Examples
    --------
    >>> ResultCache(None).get("square", content_key(3), lambda: {"value": np.array(9)})["value"]
    array(9)
    """

    def __init__(self, directory: Path | None):
        self._directory = directory

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
        RecordingError
            If the result cannot be written.
        """
        if self._directory is None:
            return compute()
        file = self._directory / f"{kind}-{key[:32]}.npz"
        if file.is_file():
            try:
                with np.load(file, allow_pickle=False) as kept:
                    return {name: kept[name] for name in kept.files}
            except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
                _log.warning("%s cannot be read (%s) and is computed again", file, error)
        arrays = compute()
        self._directory.mkdir(parents=True, exist_ok=True)
        with replacing(file) as temporary:
            np.savez_compressed(temporary, **arrays)
        return arrays
