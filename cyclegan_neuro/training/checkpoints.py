"""Checkpoints that are whole, verified, and never in each other's way.

A checkpoint is one HDF5 file: a group per kind of variable (see :mod:`cyclegan_neuro.training.state`), a data set per
variable. Its user block, the first 8 KiB, is a manifest in JSON (``head -c 8192 FILE``) with the sha256 of all bytes
after it. The file is written under another name, forced to disk, then renamed, and an older one is deleted only after
that; so whatever happens, the newest file that verifies is a good checkpoint.
"""

from __future__ import annotations

import errno
import logging
import math
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

from cyclegan_neuro.errors import CheckpointError
from cyclegan_neuro.recordings.atomic import mend, replacing
from cyclegan_neuro.training.checkpoint_file import Checkpoint, Manifest, encode, read_checkpoint
from cyclegan_neuro.training.state import State, refuse_non_finite

__all__ = ["CheckpointStore"]

_log = logging.getLogger(__name__)
_SPARE_BYTES = 1 << 20
_KEPT = {"last": 2, "best": 1}
_NAME = re.compile(r"(last|best)-(\d+)\.h5")


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
        self._write(path, encode(state, Manifest(epoch=epoch, step=step, monitor=monitor, value=value)))
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
                found = read_checkpoint(path)
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
                return read_checkpoint(path)
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
                value = read_checkpoint(path).manifest.value
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
