"""The numbers in which networks compute."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras

from cyclegan_neuro.systems.trainer import Trainer

__all__ = ["numerics", "precision", "with_numerics"]

_log = logging.getLogger(__name__)


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


def numerics(trainer: Trainer, *, step: int, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, ready for JSON, in which numbers a run computed from which step on, and say so in the log.

    Parameters
    ----------
    trainer : Trainer
        Built and compiled; tells what ``auto`` became.
    step : int
        Where it goes on.
    before : list of dict
        What this function returned when the run was started or last resumed.

    Returns
    -------
    list of dict
        ``from_step``, ``precision`` (a Keras dtype policy) and ``jit_compile``; a new entry where they changed.
    """
    now = {"precision": trainer.dtype_policy.name, "jit_compile": bool(trainer.jit_compile)}
    last = {key: before[-1][key] for key in now} if before else now
    if last != now:
        _log.warning("%s -> %s: the run goes on, but no longer bit for bit", _text(last), _text(now))
        return [*before, {"from_step": step, **now}]
    _log.info("computing in %s", _text(now))
    return before or [{"from_step": step, **now}]


def with_numerics(config: Any, environment: Mapping[str, Any]) -> Any:
    """Return the configuration with what ``auto`` was when the run was trained, for its report.

    Parameters
    ----------
    config : Section
    environment : mapping
        ``environment.json`` of the run; of earlier versions it has no ``numerics``.
    """
    found = environment.get("numerics")
    if not found:
        return config
    chosen = {key: found[-1][key] for key in ("precision", "jit_compile")}
    return config.model_copy(update={"training": config.training.model_copy(update=chosen)})


def _text(numbers: Mapping[str, Any]) -> str:
    return f"{numbers['precision']} {'compiled with' if numbers['jit_compile'] else 'without'} XLA"
