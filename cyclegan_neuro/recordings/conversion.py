"""From what a file or a user holds to the types a recording has, refusing what does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError, UserError, told
from cyclegan_neuro.recordings.layout import FIELDS, FieldSpec, Value, from_fields, to_fields
from cyclegan_neuro.recordings.recording import Behaviour, Recording, Truth

__all__ = ["checked", "convert", "matrix_sizes", "require_distinct_ids", "require_valid_time"]

_FEW_SAMPLES = 5  # that a clock loses at either end
_SINGLE = {"text": str, "flag": bool}


def checked(recording: Any, *, where: str) -> Recording:
    """Bring a recording that was made in memory to the types that files are read to.

    Parameters
    ----------
    recording : Recording
        Of anything that NumPy takes for an array; what has its type already is not copied.
    where : str
        How messages call it.

    Raises
    ------
    RecordingError
        If this is no recording, a field has values, a shape or a length that it cannot have, or ROI ids repeat.

    Examples
    --------
    >>> checked(Recording([[0.1], [0.2]], frame_rate_hz=24, roi_ids=[7]), where="x, in memory").roi_ids
    ('7',)
    >>> checked(Recording(np.zeros((9, 2)), frame_rate_hz=24, roi_ids=["a"]), where="x, in memory")
    Traceback (most recent call last):
    ...
    cyclegan_neuro.errors.RecordingError: x, in memory, field roi_ids: got shape (1,), expected shape (2,): neuron of \
the matrix, which is 9 frames of 2 neurons. Fix: give the Recording another roi_ids; dff is (time, neuron)
    """
    if not isinstance(recording, Recording):
        raise _unfit(
            where, told(recording), "a Recording",
            "cn.read_recording(path) reads one, cn.Recording(array, frame_rate_hz=...) makes one of an array",
        )  # fmt: skip
    for name, kind in (("behaviour", Behaviour), ("truth", Truth | None)):
        value = getattr(recording, name)
        if not isinstance(value, kind):
            raise _unfit(
                f"{where}, field {name}", type(value).__name__, f"a {name.title()}", "make one, or leave it out"
            )
    values: dict[str, Value] = {}
    sizes: dict[str, int] = {}
    name = "dff"
    try:
        for name, value in to_fields(recording).items():
            here = f"{where}, field {name}"
            if name == "dff":
                sizes = matrix_sizes(_array(value, here).shape, here)
            values[name] = convert(value, FIELDS[name], where=here, sizes=sizes)
        name = "frame_rate_hz or gaps"
        require_valid_time(values, where=where)
    except RecordingError as error:
        fix = f"give the Recording another {name}; dff is (time, neuron)"
        raise RecordingError(error.where, got=error.got, expected=error.expected, fix=fix) from None
    result = from_fields(values)
    require_distinct_ids(result.roi_ids or (), where=where)
    return result


def convert(value: Value, spec: FieldSpec, *, where: str, sizes: dict[str, int]) -> Value:
    """Bring one value to the type and shape of its field.

    Parameters
    ----------
    value : array_like
        As it was read.
    spec : FieldSpec
    where : str
        File and field, for messages.
    sizes : dict
        Lengths of the axes ``"time"`` and ``"neuron"`` if they are known by now.

    Returns
    -------
    ndarray, str, float or bool

    Raises
    ------
    RecordingError
        If values or shape do not fit the field.
    """
    value = _array(value, where)
    if spec.kind == "text":
        value = _to_text(value, where)
    elif value.dtype.kind not in "biuf":
        raise _unfit(where, f"{value.dtype} values", "numbers", "name another field")
    if not spec.axes:
        return _single(value, spec, where)
    value = _with_axes(value, spec, where, sizes)
    return value if spec.kind == "text" else _to_number(value, spec, where)


def matrix_sizes(shape: tuple[int, ...], where: str) -> dict[str, int]:
    """Return the lengths of the axes of ΔF/F, (time, neuron).

    Raises
    ------
    RecordingError
        If this is no matrix, or an empty one.
    """
    if len(shape) != 2 or 0 in shape:
        raise _unfit(
            where, f"shape {shape}", "a matrix (time, neuron) that is not empty",
            "name the field that holds all traces of the day",
        )  # fmt: skip
    return {"time": shape[0], "neuron": shape[1]}


def require_distinct_ids(roi_ids: Sequence[str], *, where: str, error_type: type[UserError] = RecordingError) -> None:
    """Refuse ROI ids that occur more than once.

    Raises
    ------
    RecordingError (or ``error_type``)
    """
    repeated = [name for name, count in Counter(roi_ids).items() if count > 1]
    if repeated:
        columns = [i for i, name in enumerate(roi_ids) if name == repeated[0]]
        raise error_type(
            f"{where}, field roi_ids", got=f"'{repeated[0]}' in columns {columns} ({len(repeated)} ids repeat)",
            expected="every id once", fix="correct the ids: two ROIs cannot be the same neuron",
        )  # fmt: skip


def require_valid_time(values: dict, *, where: str) -> None:
    """Check ``frame_rate_hz`` and ``gaps`` of the fields of a recording; gaps become ascending and distinct.

    Parameters
    ----------
    values : dict
        Fields by name, converted; ``gaps`` is replaced in place.
    where : str
        The file, for messages.

    Raises
    ------
    RecordingError
        If the rate is not above 0, or gaps are no frame numbers of this recording.
    """
    rate, n_frames, gaps = values["frame_rate_hz"], len(values["dff"]), values.get("gaps")
    if not (np.isfinite(rate) and rate > 0):
        raise _unfit(
            f"{where}, field frame_rate_hz", f"{rate}", "frames per second, above 0",
            "set frame_rate_hz: 30.0 with the rate of your microscope",
        )  # fmt: skip
    if gaps is None or not gaps.size:
        return
    if gaps.size > 2 and gaps.size >= n_frames - 1:
        raise _mask(f"{where}, field gaps", gaps)
    values["gaps"] = gaps = np.unique(gaps)
    if gaps[0] < 0 or gaps[-1] >= n_frames - 1:
        raise _unfit(
            f"{where}, field gaps", f"frames {gaps[0]} to {gaps[-1]}",
            f"0 to {n_frames - 2} (a gap lies between a frame and the next; frames count from 0)",
            "subtract 1 if your frames count from 1; drop a gap after the last frame",
        )  # fmt: skip


def _mask(where: str, values: np.ndarray) -> RecordingError:
    """One flag or label per frame; its values read as frame numbers would be gaps after frames 0 and 1."""
    kinds = np.unique(values)
    shown = f"{kinds[0]:g} and {kinds[-1]:g}" if len(kinds) <= 2 else f"{kinds[0]:g} to {kinds[-1]:g}"
    return _unfit(
        where, f"{values.size:,} values of {shown}, which look like a mask",
        "numbers of the frames after which time is not continuous, counted from 0",
        "write np.flatnonzero(mask), where the mask is True for the frame before each gap (of labels of stretches "
        "np.flatnonzero(np.diff(labels))), or name another field",
    )  # fmt: skip


def _unfit(where: str, got: str, expected: str, fix: str) -> RecordingError:
    return RecordingError(where, got=got, expected=expected, fix=fix)


def _array(value: Value, where: str) -> np.ndarray:
    try:
        return np.asarray(value)
    except ValueError as error:  # lists of different lengths
        raise _unfit(where, "values that make no array", "an array", "give an array") from error


def _single(value: np.ndarray, spec: FieldSpec, where: str) -> str | float | bool:
    if value.size != 1:
        raise _unfit(where, f"{value.size} values of shape {value.shape}", "a single value", "name another field")
    single = value.reshape(-1)[0]
    if spec.choices and single not in spec.choices:
        near = get_close_matches(single, spec.choices, n=1)
        fix = f"did you mean '{near[0]}'?" if near else "write one of these, or leave the field out"
        raise _unfit(where, f"'{single}'", f"one of {', '.join(spec.choices)}", fix)
    return _SINGLE.get(spec.kind, float)(single)


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
    if spec.axes == ("time",) and value.ndim == 1:
        raise _other_length(value.size, sizes, where)
    per = " and ".join(spec.axes)
    swapped = spec.axes != ("gap",) and {"time", "neuron"} <= sizes.keys() and value.shape[0] in sizes.values()
    raise _unfit(
        where,
        f"shape {value.shape}",
        f"shape {wanted}: {per} of the matrix, which is {sizes.get('time')} frames of {sizes.get('neuron')} neurons",
        "if the matrix in the file is (neuron, time), set transpose: true" if swapped else "name the field of this day",
    )


def _other_length(size: int, sizes: dict[str, int], where: str) -> RecordingError:
    """A vector with more or fewer values than there are frames: by a few, or from another clock."""
    n_frames, more = sizes["time"], size - sizes["time"]
    got = f"{size:,} values, {abs(more):,} {'more' if more > 0 else 'fewer'} than there are frames"
    fix = "interpolate it at the times of the frames, or name the field of this day"
    if size == sizes["neuron"]:
        fix = "if the matrix in the file is (neuron, time), set transpose: true"
    elif 0 < more <= _FEW_SAMPLES:
        fix = "find out whether it begins before the first frame or ends after the last, and leave that out"
    elif -_FEW_SAMPLES <= more < 0:
        fix = "find out which frames have no sample (the first, the last, a lost one), and write NaN (or 0) there"
    return _unfit(where, got, f"one for each of {n_frames:,} frames (of {sizes['neuron']:,} neurons)", fix)


def _to_number(value: np.ndarray, spec: FieldSpec, where: str) -> np.ndarray:
    if spec.kind == "real" or value.dtype == spec.dtype:
        return np.ascontiguousarray(value, dtype=spec.dtype)
    if value.dtype.kind == "f" and not np.all(np.isfinite(value) & (value == np.round(value))):
        fix = "write np.round(gaps * frame_rate_hz), if they are seconds" if spec.name == "gaps" else "round them"
        raise _unfit(where, "values that are not whole numbers", "whole numbers", fix)
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
