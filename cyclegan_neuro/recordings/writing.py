"""From a :class:`Recording` to a file that reads back equal, bit for bit."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from cyclegan_neuro.errors import RecordingError, require_path
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.atomic import refuse_existing, replacing
from cyclegan_neuro.recordings.conversion import checked
from cyclegan_neuro.recordings.layout import to_fields
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["write_recording"]

_log = logging.getLogger(__name__)


def write_recording(recording: Recording, path: str | os.PathLike, *, overwrite: bool = False) -> Path:
    """Write a recording, with the truth if it is simulated (but to NWB); the file appears whole or not at all.

    Parameters
    ----------
    recording : Recording
    path : path
        The ending chooses the format: ``.h5`` (the project's own layout), ``.npz``, ``.mat``, or ``.nwb``
        (with pynwb; in NWB a gap is a minute).
    overwrite : bool
        Replace a file that exists.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    RecordingError
        If files of this ending are not written, the folder does not exist, the file exists or cannot be written, or a
        field has a type or shape that it cannot have.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> day = Recording(np.zeros((5, 2), np.float32), frame_rate_hz=24.0)
    >>> write_recording(day, Path(tempfile.mkdtemp()) / "day1.h5").name
    'day1.h5'
    """
    target = require_path(path, "write_recording, path").expanduser()
    writer = readers.for_suffix(target)
    refuse_existing(target, overwrite=overwrite)
    if not target.parent.is_dir():
        raise RecordingError(
            str(target),
            got=f"no folder {target.parent}",
            expected="a directory that exists",
            fix="make the folder first",
        )
    values = to_fields(checked(recording, where=f"recording for {target}"))
    if left_out := [name for name in values if name.startswith(writer.leaves_out)]:
        _log.warning("%s: left out, %s has no place for it: %s", target, writer.title, ", ".join(left_out))
    with replacing(target) as temporary:
        writer.write(temporary, values)
    return target
