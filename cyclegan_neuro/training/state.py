"""Everything that training changes in a trainer, as arrays, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.errors import CheckpointError, TrainingError

if TYPE_CHECKING:
    from cyclegan_neuro.systems.trainer import Trainer

__all__ = ["State", "first_non_finite", "read_state", "refuse_non_finite", "write_metrics", "write_state"]

State = dict[str, list[tuple[str, np.ndarray]]]
"""Group to (variable path, value) in the order in which the trainer holds them. Groups: ``variables``, ``metrics``,
``optimizer.<name>`` and, under mixed_float16, ``loss_scale.<name>``."""


def read_state(trainer: Trainer) -> State:
    """Return the values of all variables: weights, seed generators, buffers, metrics, optimizers.

    ``keras.Model.weights`` and ``save_weights`` leave out seed generators and all optimizers but one,
    with which no run continues exactly.
    """
    return {
        name: [(v.path, np.array(_copies(v)[0])) for v in variables] for name, variables in _groups(trainer).items()
    }


def write_state(trainer: Trainer, state: State, *, where: str) -> None:
    """Give a trainer that was built alike the values of ``state``.

    Loss scales are taken where both sides have them, so that the precision may differ; all other variables
    are float32 under every precision.

    Parameters
    ----------
    trainer : Trainer
    state : State
    where : str
        File, for messages.

    Raises
    ------
    CheckpointError
        If number, shape or type of the variables differ.
    """
    wanted = _groups(trainer)
    for name, variables in wanted.items():
        if name.startswith("loss_scale.") and name not in state:
            continue
        _check(name, variables, state.get(name, []), where)
    for name, variables in wanted.items():
        _assign(variables, state.get(name, []))


def write_metrics(trainer: Trainer, state: State) -> None:
    """Set the metric variables only, so that an epoch's running means go on."""
    _assign(_metrics(trainer), state["metrics"])


def first_non_finite(state: State) -> str | None:
    """Return the path of the first weight or optimizer variable with NaN or infinity (metrics do not count)."""
    for name, entries in state.items():
        for path, value in entries:
            if name != "metrics" and np.issubdtype(value.dtype, np.inexact) and not np.isfinite(value).all():
                return path
    return None


def refuse_non_finite(state: State, *, step: int, kept: str) -> None:
    """Raise ``TrainingError`` rather than let a broken state be saved; ``kept`` says which checkpoint is left."""
    path = first_non_finite(state)
    if path is not None:
        raise TrainingError(
            f"step {step}, variable {path}",
            got="NaN or infinity",
            expected="finite numbers",
            fix=f"lower the learning rates or use training.precision=float32; {kept}",
        )


def _groups(trainer: Trainer) -> dict[str, list[keras.Variable]]:
    groups = {"variables": list(trainer.variables), "metrics": _metrics(trainer)}
    for name, optimizer in trainer.named_optimizers.items():
        inner = getattr(optimizer, "inner_optimizer", optimizer)
        groups[f"optimizer.{name}"] = list(inner.variables)
        if inner is not optimizer:
            own = {id(v) for v in inner.variables}
            groups[f"loss_scale.{name}"] = [v for v in optimizer.variables if id(v) not in own]
    return groups


def _metrics(trainer: Trainer) -> list[keras.Variable]:
    return [variable for metric in trainer.kept_metrics for variable in metric.variables]


def _check(name: str, variables: list[keras.Variable], entries: list[tuple[str, np.ndarray]], where: str) -> None:
    def refuse(got: str, expected: str) -> CheckpointError:
        fix = (
            "use the configuration, the data and the version of the package that the run was made with (config.yaml, "
            "inputs.json, environment.json)"
        )
        return CheckpointError(f"{where}, {name}", got=got, expected=expected, fix=fix)

    if len(variables) != len(entries):
        raise refuse(f"{len(entries)} variables", f"{len(variables)} variables")
    for variable, (path, value) in zip(variables, entries, strict=True):
        if tuple(variable.shape) != value.shape:
            raise refuse(f"{path} of shape {value.shape}", f"{variable.path} of shape {tuple(variable.shape)}")
        if variable.dtype != value.dtype.name:
            raise refuse(f"{path} of type {value.dtype.name}", f"{variable.path} of type {variable.dtype}")


def _assign(variables: list[keras.Variable], entries: list[tuple[str, np.ndarray]]) -> None:
    for variable, (_, value) in zip(variables, entries, strict=False):  # a group without entries is left as it is
        for copy in _copies(variable):
            copy.assign(value)


def _copies(variable: keras.Variable) -> tuple[tf.Variable, ...]:
    """Return a variable's copies on this worker's devices, which are alike; no other worker is asked for its own."""
    return getattr(variable.value, "values", (variable.value,))
