"""Where a run stands, also when ``status.json`` is lost."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from cyclegan_neuro.configuration.loading import read_source
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.training.checkpoints import CheckpointStore
from cyclegan_neuro.training.history import History
from cyclegan_neuro.training.manifest import RunManifest
from cyclegan_neuro.training.status import Status, resume_command

if TYPE_CHECKING:
    from cyclegan_neuro.training.run_directory import RunDirectory

__all__ = ["find_status"]


def find_status(directory: RunDirectory) -> Status | None:
    """Return what ``status.json`` says or, where it is missing or damaged, what the rest of the run says.

    Returns
    -------
    Status or None
        None if nothing here is ours for certain: neither the status, nor the manifest, nor a checkpoint that verifies.
    """
    return directory.read_status() or _rebuild(directory)


def _rebuild(directory: RunDirectory) -> Status | None:
    checkpoint = manifest = None
    with suppress(UserError):
        checkpoint = CheckpointStore(directory.checkpoints).newest()
    with suppress(UserError):
        manifest = RunManifest.read(directory.manifest_file)
    if checkpoint is None and manifest is None:
        return None
    try:
        config = manifest.config if manifest else read_source(directory.config_file).values
        system, epochs = str(config["system"]), int(config["training"]["epochs"])
    except (UserError, KeyError, TypeError, ValueError):
        return None
    at = checkpoint.manifest if checkpoint else None
    epoch, step = (at.epoch, at.step) if at else (0, 0)
    status = Status(
        system=system, state="finished" if epoch >= epochs else "interrupted", epoch=epoch, step=step, epochs=epochs,
        resume=resume_command(directory.path), message="rebuilt, because status.json was missing or damaged",
    )  # fmt: skip
    with suppress(UserError):
        history = History(directory.history_file, epochs=epoch)
        seconds = sum(float(row.get("seconds", 0)) for row in history.rows)
        status = replace(status, seconds_trained=seconds, windows_per_second=history.median("windows_per_second"))
    return status
