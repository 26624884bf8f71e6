"""Progress on stderr, and silence from TensorFlow's own log."""

from __future__ import annotations

import logging
import sys

from cyclegan_neuro.quiet import import_tensorflow_quietly

__all__ = ["prepare_console"]


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
    import_tensorflow_quietly()
