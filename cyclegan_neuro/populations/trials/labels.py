"""What arrays must be before they are trials: shapes, whole numbers, conditions on a circle, trials set apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.trials.trials import Trials

__all__ = ["conditions", "held_out", "listed", "numbers", "require_length", "require_matrix", "require_names", "whole"]

_LISTED = 8


def listed(numbers: np.ndarray) -> str:
    """Name numbers; long lists are cut."""
    more = f" and {len(numbers) - _LISTED} more" if len(numbers) > _LISTED else ""
    return ", ".join(f"{number:g}" for number in numbers[:_LISTED]) + more


def require_matrix(values: np.ndarray, trial: np.ndarray, where: str) -> None:
    """Refuse values that are not (bin, neuron)."""
    if values.ndim != 2 or 0 in values.shape:
        raise RecordingError(
            where, got=f"shape {values.shape}", expected="(bin, neuron)",
            fix="name the field with the firing rates (fields: {values: ...})",
        )  # fmt: skip
    if values.shape[1] > values.shape[0]:
        same = f", and {trial.size} trial numbers" if trial.size == values.shape[1] else ""
        raise RecordingError(
            where, got=f"{values.shape[1]} neurons and {values.shape[0]} bins{same}", expected="more bins than neurons",
            fix="the axes may be exchanged: (bin, neuron)",
        )  # fmt: skip


def require_length(array: np.ndarray, values: np.ndarray, where: str, *, per_trial: int) -> None:
    """Refuse an array of what happens in each bin that has another number of bins."""
    if array.ndim and len(array) == len(values):
        return
    hint = "repeat it for the bins of each trial: values[trial]" if array.shape[:1] == (per_trial,) else ""
    raise RecordingError(
        where, got=f"shape {array.shape}", expected=f"one value for each of {len(values):,} bins",
        fix=hint or "name the field of this recording and of this binning",
    )  # fmt: skip


def require_names(names: tuple[str, ...], targets: np.ndarray, where: str) -> None:
    """Refuse names of targets that are more or fewer than targets."""
    if len(names) != targets.shape[1]:
        raise RecordingError(
            where, got=f"{len(names)} names of {targets.shape[1]} targets", expected="a name for each",
            fix="write as many names, or none: targets are then numbered",
        )  # fmt: skip


def numbers(array: Any, where: str) -> np.ndarray:
    """Return an array of real numbers as it is.

    Raises
    ------
    RecordingError
        If it is of another type.
    """
    found = np.asarray(array)
    if found.dtype.kind not in "biuf":
        raise RecordingError(
            where, got=f"values of type {found.dtype}", expected="real numbers", fix="name a field of numbers"
        )
    return found


def whole(values: np.ndarray, where: str, *, fix: str, least: int = -1, each: str = "bin") -> np.ndarray:
    """Return whole numbers as int64, one for ``each`` bin.

    Raises
    ------
    RecordingError
        If there are others, or any below ``least``.
    """
    flat = values.reshape(-1) if values.size == max(values.shape, default=0) else values
    wrong = ~np.isfinite(flat) | (np.mod(flat, 1) != 0) | (flat < least)
    if flat.ndim != 1 or wrong.any():
        got = f"shape {values.shape}" if flat.ndim != 1 else f"values such as {flat[wrong][0]:g}"
        raise RecordingError(where, got=got, expected=f"whole numbers from {least} on, one for each {each}", fix=fix)
    return flat.astype(np.int64)


def conditions(values: np.ndarray, n_conditions: int, where: str) -> np.ndarray:
    """Return conditions as int64, shape (bin,), -1 for NaN.

    Raises
    ------
    RecordingError
        If they are not 0 to ``n_conditions`` - 1; angles and numbers from 1 are recognised.
    """
    flat = values.reshape(-1).astype(np.float64) if values.size == max(values.shape) else values.astype(np.float64)
    known = flat[np.isfinite(flat) & (flat != -1)]
    fits = (np.mod(known, 1) == 0).all() and ((known >= 0) & (known < n_conditions)).all()
    if flat.ndim == 1 and fits and not np.isinf(flat).any():
        return np.where(np.isnan(flat), -1, flat).astype(np.int64)
    step, last = 360 / n_conditions, n_conditions - 1
    got, fix = f"{listed(np.unique(known))}", f"write 0 to {last}"
    if flat.ndim != 1 or not known.size:
        got = f"shape {values.shape}" if flat.ndim != 1 else "infinity"
    elif (np.mod(known, 1) != 0).any() and known.min() > -3.15 and known.max() < 6.29:
        got, fix = f"{got}: looks like radians", f"write round(angle / (2π / {n_conditions})) % {n_conditions}"
    elif (np.mod(known, step) == 0).all() or ((np.mod(known, 1) != 0).any() and np.abs(known).max() <= 360):
        got, fix = f"{got}: looks like degrees", f"write round(angle / {step:g}) % {n_conditions}"
    elif (np.mod(known, 1) == 0).all() and (known.min(), known.max()) == (1, n_conditions):
        got, fix = f"{got}: looks like numbers from 1", "subtract 1: condition 0 lies at the angle 0"
    elif (np.mod(known, 1) == 0).all() and known.min() >= 0:
        fix = f"set data.n_conditions: {known.max() + 1:g}, or write 0 to {last}"
    raise RecordingError(
        where, got=got, expected=f"0 to {last}, at equal distances on a circle (data.n_conditions: {n_conditions}); "
        "-1 for none", fix=fix,
    )  # fmt: skip


def held_out(flags: np.ndarray, trials: Trials, where: str) -> np.ndarray:
    """Return the trials that a file sets apart, int64; ``flags`` in their order, or indexed by their numbers.

    Raises
    ------
    RecordingError
        If there is no flag for some trial, or all of them are set apart.
    """
    flat, numbers = flags.reshape(-1), trials.numbers
    if len(flat) not in (len(numbers), numbers[-1] + 1):
        raise RecordingError(
            where, got=f"{len(flat):,} values", expected=f"one for each of {len(numbers):,} trials, not 0 where it is "
            "held out", fix="write one value for each trial, or leave it out (fields: {held_out: ''})",
        )  # fmt: skip
    chosen = numbers[(flat if len(flat) == len(numbers) else flat[numbers]) != 0]
    if len(chosen) == len(numbers):
        raise RecordingError(
            where, got=f"all {len(numbers):,} trials held out", expected="0 for the trials to train with",
            fix="write 0 there, or leave it out (fields: {held_out: ''}): the last trials are then held out",
        )  # fmt: skip
    return chosen
