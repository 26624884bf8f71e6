"""The status of a run while it runs."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timezone

from cyclegan_neuro.training.devices import peak_device_memory
from cyclegan_neuro.training.environment import peak_memory_bytes
from cyclegan_neuro.training.run_directory import RunDirectory
from cyclegan_neuro.training.status import Status

__all__ = ["StatusFile"]


class StatusFile:
    """Keeps ``status.json`` up to date.

    Parameters
    ----------
    directory : RunDirectory
    status : Status
        As the run begins or goes on.
    """

    def __init__(self, directory: RunDirectory, status: Status):
        self.directory = directory
        self.status = status
        self._seconds_before = status.seconds_trained
        self._began = time.monotonic()

    def update(self, **changes) -> Status:
        """Change fields, refresh times and peak memory, and write the file."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.status = replace(
            self.status,
            started=self.status.started or now,
            updated=now,
            seconds_trained=round(self._seconds_before + time.monotonic() - self._began, 3),
            peak_memory_bytes=_larger(self.status.peak_memory_bytes, peak_memory_bytes()),
            peak_device_memory_bytes=_larger(self.status.peak_device_memory_bytes, peak_device_memory()),
        )
        self.status = replace(self.status, **changes)
        self.directory.write_status(self.status)
        return self.status


def _larger(before: int | None, now: int | None) -> int | None:
    known = [value for value in (before, now) if value is not None]
    return max(known, default=None)
