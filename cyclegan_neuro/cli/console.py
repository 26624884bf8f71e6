"""Progress on stderr, and silence from TensorFlow's own log."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import sys
import tempfile

__all__ = ["prepare_console"]

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def prepare_console() -> None:
    """Show the package's progress on stderr, then import TensorFlow without its chatter.

    Whoever sets ``TF_CPP_MIN_LOG_LEVEL`` sees all that TensorFlow has to say.
    """
    log = logging.getLogger("cyclegan_neuro")
    log.setLevel(logging.INFO)
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.propagate = False
    if _LEVEL not in os.environ:
        os.environ[_LEVEL] = "2"
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        _import_quietly("tensorflow")


def _import_quietly(name: str) -> None:
    """Import a module while stderr is kept back; show it after all if the import fails.

    TensorFlow's libraries write to the file descriptor before any log level holds (seen with 2.21).
    """
    with tempfile.TemporaryFile() as kept:
        stderr = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            importlib.import_module(name)
        except BaseException:
            kept.seek(0)
            with open(stderr, "wb", closefd=False) as shown:
                shutil.copyfileobj(kept, shown)
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
