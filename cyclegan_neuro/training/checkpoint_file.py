"""One checkpoint as bytes: what it says about itself, its variables, and whether they are whole."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import h5py

from cyclegan_neuro.errors import CheckpointError
from cyclegan_neuro.recordings.readers._hdf5_gate import require_closed
from cyclegan_neuro.training.environment import library_versions
from cyclegan_neuro.training.state import State

__all__ = ["Checkpoint", "Manifest", "encode", "read_checkpoint"]

_FORMAT = "cyclegan_neuro checkpoint 1"
_MANIFEST_BYTES = 8192


@dataclass(frozen=True)
class Manifest:
    """What a checkpoint says about itself.

    Attributes
    ----------
    epoch, step : int
        Completed epochs and updates; ``step`` lies inside epoch ``epoch`` if the run was interrupted there.
    monitor : str
        Log whose minimum is the best checkpoint.
    value : float, optional
        Its value, if it was measured at this step.
    versions : dict
        Package, Python and libraries.
    written : str
        ISO 8601, UTC.
    sha256 : str
        Of all bytes after the manifest.
    """

    epoch: int
    step: int
    monitor: str = ""
    value: float | None = None
    versions: dict[str, str] | None = None
    written: str = ""
    sha256: str = ""
    format: str = _FORMAT


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A checkpoint that was read and verified.

    Attributes
    ----------
    path : Path
    manifest : Manifest
    state : State
    damaged : tuple of Path
        Newer files that were passed over because they did not verify.
    """

    path: Path
    manifest: Manifest
    state: State
    damaged: tuple[Path, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return what names these weights, JSON-ready."""
        stated = self.manifest
        return {
            "file": self.path.name, "epoch": stated.epoch, "step": stated.step, "sha256": stated.sha256,
            "monitor": stated.monitor, "value": stated.value, "written": stated.written,
            "damaged": [path.name for path in self.damaged],
        }  # fmt: skip


def encode(state: State, manifest: Manifest) -> bytes:
    """Return the file of a checkpoint."""
    # In memory first: a full disk then is an ordinary OSError of write(), not an HDF5 file that cannot be closed.
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", userblock_size=_MANIFEST_BYTES) as file:
        for group, entries in state.items():
            target = file.create_group(group)
            for index, (path, value) in enumerate(entries):
                target.create_dataset(f"{index:05d}", data=value).attrs["path"] = path
    body = buffer.getvalue()[_MANIFEST_BYTES:]
    content = asdict(manifest) | {
        "sha256": hashlib.sha256(body).hexdigest(),
        "versions": library_versions(),
        "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    return json.dumps(content, indent=1).encode().ljust(_MANIFEST_BYTES, b"\0") + body


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    CheckpointError
        If it cannot be read, or does not match its checksum.
    """

    def damaged(got: str) -> CheckpointError:
        return CheckpointError(
            str(path), got=got, expected="a checkpoint that matches its checksum", fix="use another checkpoint"
        )

    try:
        content = path.read_bytes()
    except OSError as error:
        raise damaged(error.strerror or str(error)) from error
    try:
        stated = json.loads(content[:_MANIFEST_BYTES].rstrip(b"\0"))
        manifest = Manifest(**{name: stated[name] for name in (field.name for field in fields(Manifest))})
    except (ValueError, KeyError, TypeError) as error:
        raise damaged("a damaged manifest") from error
    if manifest.format != _FORMAT:
        raise damaged(f"format '{manifest.format}'")
    # The checksum first: the HDF5 library is not asked to parse what is not known to be ours.
    if hashlib.sha256(content[_MANIFEST_BYTES:]).hexdigest() != manifest.sha256:
        raise damaged(f"a damaged file of {len(content):,} bytes")
    with h5py.File(io.BytesIO(content), "r") as file:
        require_closed(file)
        state = {
            group: [(entries[name].attrs["path"], entries[name][()]) for name in sorted(entries)]
            for group, entries in file.items()
        }
    return Checkpoint(path, manifest, state)
