"""Checkpoints that are whole, verified, and never in each other's way.

A checkpoint is one HDF5 file: a group per kind of variable (see :mod:`cyclegan_neuro.training.state`), a data set per
variable. Its user block, the first 8 KiB, is a manifest in JSON (``head -c 8192 FILE``) with the sha256 of all bytes
after it. The file is written under another name, forced to disk, then renamed, and an older one is deleted only after
that; so whatever happens, the newest file that verifies is a good checkpoint.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import logging
import math
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast

import h5py

from cyclegan_neuro.errors import CheckpointError
from cyclegan_neuro.recordings.atomic import mend, replacing
from cyclegan_neuro.recordings.readers._hdf5_gate import require_closed
from cyclegan_neuro.training.environment import library_versions
from cyclegan_neuro.training.state import State, refuse_non_finite

__all__ = ["Checkpoint", "CheckpointStore", "Manifest"]

_log = logging.getLogger(__name__)
_FORMAT = "cyclegan_neuro checkpoint 1"
_MANIFEST_BYTES = 8192
_SPARE_BYTES = 1 << 20
_KEPT = {"last": 2, "best": 1}
_NAME = re.compile(r"(last|best)-(\d+)\.h5")


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


class CheckpointStore:
    """The folder ``checkpoints`` of a run.

    Parameters
    ----------
    folder : Path
        Made with the first checkpoint.
    read_only : bool
        Of a worker that is not the chief: it saves and deletes nothing.
    """

    def __init__(self, folder: Path, *, read_only: bool = False):
        self.folder, self.read_only = folder, read_only

    def save(
        self, kind: str, state: State, *, epoch: int, step: int, monitor: str = "", value: float | None = None
    ) -> Path:
        """Write a checkpoint, then delete the ones of its kind that are no longer kept.

        Parameters
        ----------
        kind : {"last", "best"}
            Two ``last`` are kept and one ``best``.
        state : State
        epoch, step, monitor, value
            See :class:`Manifest`.

        Raises
        ------
        CheckpointError
            If the disk has no room or cannot be written; the checkpoints of before are kept.
        TrainingError
            If a weight or an optimizer variable is not finite.
        """
        refuse_non_finite(state, step=step, kept=self.told_kept())
        path = self.folder / f"{kind}-{step:09d}.h5"
        if self.read_only:
            return path
        self._write(path, _encode(state, Manifest(epoch=epoch, step=step, monitor=monitor, value=value)))
        for old in list(self._files(kind))[_KEPT[kind] :]:
            with suppress(OSError):
                old.unlink()
        return path

    def newest(self) -> Checkpoint | None:
        """Return the newest checkpoint of either kind that verifies; None if none was ever written.

        Raises
        ------
        CheckpointError
            If there are checkpoints and none verifies.
        """
        files = sorted(self._files("last", "best"), key=lambda path: (_step_of(path), path.name), reverse=True)
        damaged = []
        for path in files:
            try:
                found = _read(path)
            except CheckpointError as error:
                _log.warning("%s; using the checkpoint before it", error)
                damaged.append(path)
                continue
            if damaged:
                _log.warning("using %s (epoch %d, step %d)", path, found.manifest.epoch, found.manifest.step)
            return Checkpoint(path, found.manifest, found.state, tuple(damaged))
        if damaged:
            raise CheckpointError(
                str(self.folder),
                got=f"{len(damaged)} checkpoints, all damaged ({', '.join(path.name for path in damaged)})",
                expected="one that matches its checksum",
                fix="start again with --overwrite",
            )
        return None

    def load(self, kind: str) -> Checkpoint:
        """Return the checkpoint ``best``, or the newest one for ``last``.

        Raises
        ------
        CheckpointError
            If there is none, or ``best`` is damaged.
        """
        if kind == "last":
            found = self.newest()
            if found is not None:
                return found
        for path in self._files(kind):
            try:
                return _read(path)
            except CheckpointError as error:
                if not path.exists():  # training has replaced it while we looked
                    return self.load(kind)
                raise CheckpointError(
                    error.where, got=error.got, expected=error.expected, fix="use --set evaluation.weights=last"
                ) from error
        raise CheckpointError(
            str(self.folder),
            got=f"no checkpoint '{kind}'",
            expected="one that training saved",
            fix="train at least one epoch" if kind == "last" else "finish one epoch, or --set evaluation.weights=last",
        )

    def best_value(self) -> float:
        """Return the monitor's value of ``best``; infinity without one that verifies."""
        for path in self._files("best"):
            with suppress(CheckpointError):
                value = _read(path).manifest.value
                return float("inf") if value is None else value
        return float("inf")

    def discard(self, paths: tuple[Path, ...]) -> None:
        """Delete damaged files, so that they do not count as the newest."""
        for path in () if self.read_only else paths:
            with suppress(OSError):
                path.unlink()
                _log.warning("%s: damaged, deleted", path)

    def _files(self, *kinds: str) -> Iterator[Path]:
        """Yield the checkpoints of these kinds, newest first."""
        if self.folder.is_dir():
            matches = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
            names = [match[0] for match in matches if match and match[1] in kinds]
            yield from sorted((self.folder / name for name in names), key=_step_of, reverse=True)

    def _write(self, path: Path, content: bytes) -> None:
        try:
            self.folder.mkdir(exist_ok=True)
            for left_over in self.folder.glob(".*.tmp*"):
                left_over.unlink()
            free = shutil.disk_usage(self.folder).free
            if free < len(content) + _SPARE_BYTES:
                raise OSError(errno.ENOSPC, f"{math.floor(free / 1e5) / 10:.1f} MB free")
            with replacing(path, error_type=CheckpointError) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise self._not_written(path, len(content), error) from error
        except CheckpointError as error:
            raise self._not_written(path, len(content), cast("OSError", error.__cause__)) from error

    def _not_written(self, path: Path, size: int, cause: OSError) -> CheckpointError:
        if not self.folder.parent.is_dir():
            mended = "the directory of the run was deleted: put it back and continue with --resume, or start again"
        else:
            mended = f"{mend(cause)} and continue with --resume; {self.told_kept()}"
        return CheckpointError(
            str(path),
            got=cause.strerror or str(cause),
            expected=f"a writable disk with {math.ceil((size + _SPARE_BYTES) / 1e5) / 10:.1f} MB free",
            fix=mended,
        )

    def told_kept(self) -> str:
        """Return which checkpoint is left, as words of a message."""
        kept = next((old.name for old in self._files("last")), None)
        return f"{kept} was kept" if kept else "no checkpoint was saved before"


def _step_of(path: Path) -> int:
    return int(_NAME.fullmatch(path.name)[2])


def _encode(state: State, manifest: Manifest) -> bytes:
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


def _read(path: Path) -> Checkpoint:
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
