"""The numbers in which networks compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

__all__ = ["precision"]


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Build layers under the dtype policy ``name``; the policy of before returns afterwards.

    Parameters
    ----------
    name : {"float32", "mixed_bfloat16", "mixed_float16"}
        Variables are float32 under each of them, so a checkpoint fits all three.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
