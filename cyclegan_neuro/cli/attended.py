"""``python -m cyclegan_neuro.cli.attended COMMAND ...``: a command that does not outlive the process that started it.

Its standard input is a pipe from that process. When the pipe closes, because that process ended or was killed, the
command gets SIGTERM, so that a training saves at its next batch.
"""

from __future__ import annotations

import os
import signal
import threading

from cyclegan_neuro.cli.main import main

__all__: list[str] = []


def _attend() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_attend, daemon=True).start()
    raise SystemExit(main())
