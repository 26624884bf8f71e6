"""Imports of libraries that talk."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile

__all__ = ["import_quietly"]


def import_quietly(name: str) -> None:
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
