"""TensorFlow without what its libraries say while they load, and Keras as the networks need it."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from cyclegan_neuro.errors import ConfigurationError

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
    """Import TensorFlow and let it look for GPUs, quietly unless the user has set its log level; and Keras for it.

    Its libraries write to the file descriptor before any log level holds, and call a machine without a GPU an error
    (seen with 2.21).

    Raises
    ------
    ConfigurationError
        If Keras was imported with another backend.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"  # now, as TensorFlow looks for Keras too
    if "tensorflow" not in sys.modules and not (_LEVEL in os.environ and _SET_HERE not in os.environ):
        # whoever sets the level sees all that TensorFlow has to say
        os.environ[_LEVEL] = os.environ[_SET_HERE] = "2"
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        with kept_back_stderr():
            importlib.import_module("tensorflow").config.list_physical_devices()
    _settle_keras()


def _settle_keras() -> None:
    """Have Keras compute with TensorFlow in float32, channels last, whatever ``keras.json`` says."""
    config = importlib.import_module("keras").config
    if config.backend() != "tensorflow":
        raise ConfigurationError(
            "KERAS_BACKEND", got=f"Keras with the backend {config.backend()}", expected="tensorflow",
            fix="set KERAS_BACKEND=tensorflow before Keras is imported, in a new process or notebook",
        )  # fmt: skip
    config.set_floatx("float32")
    config.set_image_data_format("channels_last")
