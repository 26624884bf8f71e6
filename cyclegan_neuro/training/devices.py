"""How a run computes: on which devices, in which numbers, and so that it repeats bit for bit.

Every random number of a run comes from ``training.seed`` by way of the system: seeded initialisers, seed
generators that are variables of the trainer (so a checkpoint holds them), and a data order that depends on (seed, step)
only. No global generator is seeded or used. What is left is the order in which operations add numbers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

# TensorFlow exports the switch on, not the switch off; without it one run would change all that follow in a process.
from tensorflow.python.framework.config import disable_op_determinism, is_op_determinism_enabled

from cyclegan_neuro.configuration.sections import OptimisationSection
from cyclegan_neuro.errors import ConfigurationError

__all__ = [
    "deterministic_ops", "evaluation_strategy", "grow_memory", "indivisible", "peak_device_memory",
    "refuse_uneven_batch", "training_strategy",
]  # fmt: skip

_log = logging.getLogger(__name__)


def training_strategy(training: OptimisationSection, *, divides_batches: bool = True) -> tf.distribute.Strategy:
    """Return the distribution strategy for ``training.devices``.

    Parameters
    ----------
    training : OptimisationSection
        ``devices: auto`` mirrors the model over all visible GPUs, and without one runs on the CPU; ``batch_size`` over
        all devices must be divisible by their number.
    divides_batches : bool
        Of the system; where it does not, ``auto`` is the first GPU.

    Raises
    ------
    ConfigurationError
        If a GPU is asked for and none is visible, or the batch cannot be shared (evenly).
    """
    devices = training.devices
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus and devices in ("one_gpu", "all_gpus"):
        raise ConfigurationError(
            "training.devices",
            got=f"'{devices}', but TensorFlow sees no GPU",
            expected="at least one GPU",
            fix="set training.devices=cpu, or install the extra [gpu] and check `nvidia-smi`",
        )
    if not gpus:
        _log.info("no GPU: running on CPU")
        return tf.distribute.get_strategy()
    if devices == "cpu":
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    grow_memory(gpus)
    if devices == "one_gpu" or len(gpus) == 1:
        return tf.distribute.get_strategy()  # TensorFlow's own placement: the first GPU
    if not divides_batches:
        if devices == "all_gpus":
            raise indivisible(f"{len(gpus)} GPUs", "one_gpu")
        return tf.distribute.get_strategy()
    refuse_uneven_batch(training, len(gpus), "GPUs", "one_gpu")
    return tf.distribute.MirroredStrategy()


def indivisible(what: str, else_devices: str) -> ConfigurationError:
    """Return the error for ``what`` where a system does not divide its batches."""
    return ConfigurationError(
        "training.devices",
        got=f"{what} for a system that trains a whole epoch in one step",
        expected="one device",
        fix=f"set training.devices={else_devices}",
    )


def refuse_uneven_batch(training: OptimisationSection, number: int, what: str, else_devices: str) -> None:
    """Raise ``ConfigurationError`` if a batch cannot be shared evenly between ``number`` of ``what``."""
    size = training.batch_size
    if size % number:
        raise ConfigurationError(
            "training.batch_size",
            got=f"{size} for {number} {what}",
            expected=f"a multiple of the number of {what}",
            fix=f"set training.batch_size={-(-size // number) * number} or training.devices={else_devices}",
        )


def evaluation_strategy(devices: str) -> tf.distribute.Strategy:
    """Return a strategy with one replica: the first GPU if there is one and ``devices`` does not say ``cpu``.

    What was trained on GPUs loads where there are none.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus and devices == "cpu":
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    grow_memory(gpus)
    return tf.distribute.get_strategy()


def peak_device_memory() -> int | None:
    """Return the largest number of bytes allocated on the first GPU so far; None without a GPU."""
    if not tf.config.list_logical_devices("GPU"):
        return None
    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])


def grow_memory(gpus: list[tf.config.PhysicalDevice]) -> None:
    """Let TensorFlow take GPU memory as it needs it, not all at once."""
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:  # only possible before TensorFlow has touched its devices
            _log.warning("GPU memory growth not set: %s was already in use", gpu.name)


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
