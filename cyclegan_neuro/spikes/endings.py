"""Which kinds of file hold inferred spikes, by their ending; light, so that a wrong one is refused before the work."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from cyclegan_neuro.errors import RecordingError

__all__ = ["ENDINGS", "require_ending"]

ENDINGS = (".h5", ".hdf5", ".npz", ".mat", ".nwb")


def require_ending(path: str | os.PathLike) -> str:
    """Return the ending of a file that spikes can be written to, in lower case.

    Raises
    ------
    RecordingError
        If spikes are not written as such files, or not without a package that is missing.

    Examples
    --------
    >>> require_ending("spikes.MAT")
    '.mat'
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise RecordingError(
            str(path), got=f"the ending '{ending}'", expected=f"one of {', '.join(ENDINGS)}",
            fix=f"name the file {Path(path).with_suffix('.h5').name}",
        )  # fmt: skip
    if ending == ".nwb" and find_spec("pynwb") is None:
        raise RecordingError(
            str(path), got="NWB, and no pynwb", expected="pynwb, which writes NWB files",
            fix="pip install 'cyclegan_neuro[nwb]', or write .h5, .npz or .mat",
        )  # fmt: skip
    return ending
