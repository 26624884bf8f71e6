"""Who holds a lock: process, host and job of a scheduler, as they are written in the lock's file."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
from uuid import uuid4

__all__ = ["Holder", "Seen"]

# Variables of a job, and of its part where the tasks of an array share the number: Slurm, PBS, LSF, Grid Engine.
_JOBS = (("SLURM_JOB_ID", "SLURM_CLUSTER_NAME"), ("PBS_JOBID", ""), ("LSB_JOBID", "LSB_JOBINDEX"),
         ("JOB_ID", "SGE_TASK_ID"))  # fmt: skip


@dataclass(frozen=True)
class Holder:
    """A process that holds a lock, or held it.

    Attributes
    ----------
    pid : int or None
        None where a file does not say, as for all fields.
    host : str or None
    boot : str or None
        Of that host, since it last started: other machines may have its name.
    since : str or None
        ISO 8601, UTC, by the clock of that host.
    token : str or None
        Another one for every lock that is taken.
    job : str or None
        Of a scheduler: unique for each task of an array, the same for all steps of a job.
    restarts : int
        How often the scheduler had started this job again (Slurm counts that, others leave it at 0).
    flock : bool
        Whether the operating system locks the file for as long as the process lives.
    """

    pid: int | None = None
    host: str | None = None
    boot: str | None = None
    since: str | None = None
    token: str | None = None
    job: str | None = None
    restarts: int = 0
    flock: bool = True

    @classmethod
    def of_this_process(cls) -> Holder:
        """Describe this process, with a new token."""
        names = next((names for names in _JOBS if os.environ.get(names[0])), ())
        restarts = os.environ.get("SLURM_RESTART_COUNT", "0")
        return cls(
            pid=os.getpid(),
            host=socket.gethostname(),
            boot=_boot(),
            since=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            token=uuid4().hex,
            job=" ".join(os.environ[name] for name in names if os.environ.get(name)) or None,
            restarts=int(restarts) if restarts.isdecimal() else 0,
        )

    @classmethod
    def from_json(cls, text: str) -> Holder:
        """Read what a file says; nothing is known where it is damaged."""
        try:
            content = json.loads(text)
            known = {field.name: content[field.name] for field in fields(cls) if field.name in content}
            return cls(**known | {"restarts": int(known.get("restarts", 0))})
        except (ValueError, TypeError):
            return cls()

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    def is_on_machine_of(self, other: Holder) -> bool:
        """Whether both processes are of one machine, so that its ``flock`` tells of both."""
        return self.host == other.host and (self.boot is None or self.boot == other.boot)

    def was_before(self, other: Holder) -> bool:
        """Whether this is an earlier start of the job of ``other``, which the scheduler has ended.

        Two steps, or two runs, of one start of a job are not: they live side by side.
        """
        return self.job is not None and self.job == other.job and self.restarts < other.restarts

    def __str__(self) -> str:
        job = f" (job {self.job})" if self.job else ""
        return f"process {self.pid or '?'} on {self.host or '?'}{job} since {self.since or '?'}"


def _boot() -> str | None:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:  # other systems
        return None


@dataclass(frozen=True)
class Seen:
    """A lock's file at one moment; equal to itself later only if nobody beat, took or deleted it meanwhile.

    Attributes
    ----------
    inode, beat_ns : int
        ``beat_ns`` is the time of the last heartbeat by the clock of the file system.
    holder : Holder
    """

    inode: int
    beat_ns: int
    holder: Holder

    @classmethod
    def at(cls, path: Path) -> Seen | None:
        """Look at a file; None if it is not there.

        It is opened, because network file systems show a file as it is now only to whoever opens it.
        """
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                text = file.read().decode(errors="replace")
        except FileNotFoundError:
            return None
        return cls(status.st_ino, status.st_mtime_ns, Holder.from_json(text))
