"""track2p: ``plane#_suite2p_indices_nan.npy`` (track, session), rows of Suite2p from 0, NaN where a track is lost."""

from __future__ import annotations

from pathlib import Path

from cyclegan_neuro.configuration.sections import MatchingSection
from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.matching._arrays import read_array
from cyclegan_neuro.recordings.matching.table import MatchTable

__all__ = ["read"]

_TABLES = "plane*_suite2p_indices_nan.npy"
_FIX = (
    "name plane0_suite2p_indices_nan.npy (or plane0_suite2p_indices.mat) of the same folder, which holds Suite2p's own "
    "rows as numbers; match_mat counts accepted ROIs only"
)


def read(path: Path, section: MatchingSection) -> MatchTable:
    """Read the table of one plane; a folder will do if it holds that of one plane alone."""
    if path.is_dir():
        found = sorted(path.glob(_TABLES)) or sorted(path.glob(f"track2p/{_TABLES}"))
        if len(found) != 1:
            raise PairingError(
                str(path), got=f"{len(found)} files {_TABLES}{': ' * bool(found)}{', '.join(f.name for f in found)}",
                expected="the table of one plane", fix="name the file itself",
            )  # fmt: skip
        path = found[0]
    return read_array(path, ("data",), complete=False, objects=_FIX)
