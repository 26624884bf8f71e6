"""Runs that repeat bit for bit.

Every random number of a run comes from ``training.seed`` by way of the system: seeded initialisers, seed
generators that are variables of the trainer (so a checkpoint holds them), and a data order that depends on (seed, step)
only. No global generator is seeded or used. What is left is the order in which operations add numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

# TensorFlow exports the switch on, not the switch off; without it one run would change all that follow in a process.
from tensorflow.python.framework.config import disable_op_determinism, is_op_determinism_enabled

__all__ = ["deterministic_ops"]


@contextmanager
def deterministic_ops(enabled: bool) -> Iterator[None]:
    """Let operations repeat bit for bit inside the block.

    Parameters
    ----------
    enabled : bool
        If false, the block runs as the process does. Under determinism an unseeded random operation is
        an error, which is what a reproducible run wants.
    """
    if not enabled or is_op_determinism_enabled():
        yield
        return
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        disable_op_determinism()
