"""Progress on stderr, and silence from TensorFlow's own log."""

from __future__ import annotations

import logging
import os
import sys

__all__ = ["prepare_console"]


def prepare_console() -> None:
    """Show the package's progress on stderr and TensorFlow's errors only; call before it is imported.

    ``TF_CPP_MIN_LOG_LEVEL`` and ``TF_ENABLE_ONEDNN_OPTS`` stay as the user set them.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    log = logging.getLogger("cyclegan_neuro")
    log.setLevel(logging.INFO)
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.propagate = False
