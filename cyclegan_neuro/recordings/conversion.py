"""From what a file holds to the types a recording has, refusing what does not fit."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.layout import FieldSpec

__all__ = ["convert"]


def convert(value: np.ndarray, spec: FieldSpec, *, where: str, sizes: dict[str, int]) -> np.ndarray | str | float:
    """Bring one value to the type and shape of its field.

    Parameters
    ----------
    value : ndarray
        As it was read.
    spec : FieldSpec
    where : str
        File and field, for messages.
    sizes : dict
        Lengths of the axes ``"time"`` and ``"neuron"`` if they are known by now.

    Returns
    -------
    ndarray, str or float

    Raises
    ------
    RecordingError
        If values or shape do not fit the field.
    """
    value = np.asarray(value)
    if spec.kind == "text":
        value = _to_text(value, where)
    elif value.dtype.kind not in "biuf":
        raise _unfit(where, f"{value.dtype} values", "numbers", "name another field")
    if not spec.axes:
        return _single(value, spec, where)
    value = _with_axes(value, spec, where, sizes)
    return value if spec.kind == "text" else _to_number(value, spec, where)


def _unfit(where: str, got: str, expected: str, fix: str) -> RecordingError:
    return RecordingError(where, got=got, expected=expected, fix=fix)


def _single(value: np.ndarray, spec: FieldSpec, where: str) -> str | float:
    if value.size != 1:
        raise _unfit(where, f"{value.size} values of shape {value.shape}", "a single value", "name another field")
    single = value.reshape(-1)[0]
    if spec.choices and single not in spec.choices:
        near = get_close_matches(single, spec.choices, n=1)
        fix = f"did you mean '{near[0]}'?" if near else "write one of these, or leave the field out"
        raise _unfit(where, f"'{single}'", f"one of {', '.join(spec.choices)}", fix)
    return str(single) if spec.kind == "text" else float(single)


def _with_axes(value: np.ndarray, spec: FieldSpec, where: str, sizes: dict[str, int]) -> np.ndarray:
    if len(spec.axes) == 1:
        if max(value.shape, default=1) != value.size:
            raise _unfit(where, f"shape {value.shape}", f"one value per {spec.axes[0]}", "name another field")
        value = value.reshape(-1)  # MATLAB's (n, 1) and (1, n) too
    known = {**sizes, "xy": 2}
    wanted = tuple(known.get(axis, -1) for axis in spec.axes)
    fits = len(wanted) == value.ndim and all(w in (-1, n) for w, n in zip(wanted, value.shape, strict=False))
    if fits:
        return value
    per = " and ".join(spec.axes)
    swapped = spec.axes != ("gap",) and {"time", "neuron"} <= sizes.keys() and value.shape[0] in sizes.values()
    raise _unfit(
        where,
        f"shape {value.shape}",
        f"shape {wanted}: {per} of the matrix, which is {sizes.get('time')} frames of {sizes.get('neuron')} neurons",
        "if the matrix in the file is (neuron, time), set transpose: true" if swapped else "name the field of this day",
    )


def _to_number(value: np.ndarray, spec: FieldSpec, where: str) -> np.ndarray:
    if spec.kind == "real" or value.dtype == spec.dtype:
        return np.ascontiguousarray(value, dtype=spec.dtype)
    if value.dtype.kind == "f" and not np.all(np.isfinite(value) & (value == np.round(value))):
        raise _unfit(where, "values that are not whole numbers", "whole numbers", "round them in the file")
    limits = (0, 1) if spec.kind == "flag" else (np.iinfo(spec.dtype).min, np.iinfo(spec.dtype).max)
    if value.size and (value.min() < limits[0] or value.max() > limits[1]):
        raise _unfit(
            where, f"values from {value.min()} to {value.max()}", f"{limits[0]} to {limits[1]}", "name another field"
        )
    return np.ascontiguousarray(value, dtype=spec.dtype)


def _to_text(value: np.ndarray, where: str) -> np.ndarray:
    if value.dtype.kind == "U":
        return value
    if value.dtype.kind == "S":
        return np.char.decode(value, "utf-8", "replace")
    if value.dtype.kind in "iu" or (value.dtype.kind == "f" and np.all(value == np.round(value))):
        return np.array([str(int(number)) for number in value.ravel()], dtype=np.str_).reshape(value.shape)
    raise _unfit(where, f"{value.dtype} values", "text or whole numbers", "name another field")
