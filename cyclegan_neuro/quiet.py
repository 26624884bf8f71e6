"""TensorFlow without what its libraries say while they load."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["import_tensorflow_quietly", "kept_back_stderr"]

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_SET_HERE = "CYCLEGAN_NEURO_SET_TF_LEVEL"  # tells a new process that its level is not from the user


@contextmanager
def kept_back_stderr() -> Iterator[None]:
    """Keep back what the block writes to stderr, libraries in C too; show it after all if the block fails."""
    with tempfile.TemporaryFile() as kept:
        stderr = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            with open(stderr, "wb", closefd=False) as shown:
                shutil.copyfileobj(kept, shown)
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def import_tensorflow_quietly() -> None:
    """Import TensorFlow and let it look for GPUs, unless the user has set its log level.

    Its libraries write to the file descriptor before any log level holds, and call a machine without a GPU an error
    (seen with 2.21).
    """
    if "tensorflow" in sys.modules or (_LEVEL in os.environ and _SET_HERE not in os.environ):
        return  # whoever sets the level sees all that TensorFlow has to say
    os.environ[_LEVEL] = os.environ[_SET_HERE] = "2"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with kept_back_stderr():
        importlib.import_module("tensorflow").config.list_physical_devices()
