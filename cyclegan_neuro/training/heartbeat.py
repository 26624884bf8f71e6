"""A lock while it is held: its file is touched every half minute, and looked at, whether it still is ours."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.training.holder import Holder, Seen

__all__ = ["PERIOD_S", "Lock", "LockLostError"]

PERIOD_S = 30.0


class LockLostError(RunDirectoryError):
    """Somebody else took the lock, because this process had been suspended for long."""


class Lock:
    """A lock that is held. A thread touches its file, and notices when the file is somebody else's.

    Parameters
    ----------
    path : Path
    holder : Holder
        This process, as the file is signed.
    """

    def __init__(self, path: Path, holder: Holder):
        self.path, self.holder = path, holder
        self._lost: str | None = None
        self._seen_s = time.time()
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"heartbeat of {path.name}", daemon=True)

    def check(self) -> None:
        """Call before files of the run are written.

        Raises
        ------
        LockLostError
            If the lock is no longer ours.
        """
        if not 0 <= time.time() - self._seen_s < 2 * PERIOD_S:  # we slept: the thread may not have looked yet
            self.beat()
        if self._lost is not None:
            raise LockLostError(
                str(self.path.parent),
                got=f"a lock that {self._lost}",
                expected="the lock that this process took, which it keeps unless it is suspended for minutes",
                fix="leave the directory to whoever has it now, or go on with --resume when it is free; "
                "this process writes nothing more",
            )

    def beat(self) -> None:
        """Touch the file if it is ours."""
        try:
            now = Seen.at(self.path)
            if now is not None and now.holder.token == self.holder.token:
                os.utime(self.path)
                self._seen_s = time.time()
                return
        except OSError:  # the file system is away: we shall know when it is back
            return
        self._lost = "was deleted" if now is None else f"was taken over by {now.holder}"

    def _keep(self) -> None:
        while not self._released.wait(PERIOD_S):
            self.beat()

    def __enter__(self) -> Lock:
        self._thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self._released.set()
        self._thread.join()
