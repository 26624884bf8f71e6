"""The named fields of a recording, the same in every file format.

A file, whatever its format, is a set of named arrays. :data:`FIELDS` says which
names the package knows, of which type and over which axes; :func:`to_fields`
takes a :class:`Recording` apart into them and :func:`from_fields` puts it
together again. Readers and writers therefore know nothing of recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

import numpy as np

from cyclegan_neuro.recordings.recording import ORIGINS, Behaviour, Recording, Truth

__all__ = ["FIELDS", "FORMAT", "FORMAT_VERSION", "FieldSpec", "from_fields", "to_fields"]

#: Value of the attribute ``format`` that marks the project's own HDF5 layout, and its version.
FORMAT = "cyclegan_neuro.recording"
FORMAT_VERSION = 1

Value = Any  # ndarray, str, float or bool: which, its FieldSpec says
_TRUTH = "truth/"
_OPTIONAL = ("roi_xy_um", "roi_rows", "gaps", "days_mixed")
_TEXTS = ("subject", "session", "source", "indicator", "cell_type")


@dataclass(frozen=True)
class FieldSpec:
    """What a named field of a file must be.

    Attributes
    ----------
    name : str
        Name in the file and in ``fields`` of the configuration.
    kind : {"real", "whole", "flag", "text"}
        What the values are.
    dtype : type
        NumPy type in memory (``str`` for text).
    axes : tuple of str
        Of ``"time"``, ``"neuron"``, ``"gap"`` and ``"xy"``; empty for a single value.
    choices : tuple of str
        What a single text may be; empty where it may be anything.
    """

    name: str
    kind: str
    dtype: type
    axes: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


_SPECS = (
    FieldSpec("dff", "real", np.float32, ("time", "neuron")),
    FieldSpec("frame_rate_hz", "real", np.float64),
    FieldSpec("roi_ids", "text", str, ("neuron",)),
    FieldSpec("neuropil", "real", np.float32, ("time", "neuron")),
    FieldSpec("roi_xy_um", "real", np.float32, ("neuron", "xy")),
    FieldSpec("roi_rows", "whole", np.int64, ("neuron",)),
    FieldSpec("position_cm", "real", np.float32, ("time",)),
    FieldSpec("licks", "whole", np.uint8, ("time",)),
    FieldSpec("rewards", "whole", np.uint8, ("time",)),
    FieldSpec("trial", "whole", np.int32, ("time",)),
    FieldSpec("speed_cm_s", "real", np.float32, ("time",)),
    FieldSpec("events", "whole", np.uint8, ("time",)),
    FieldSpec("gaps", "whole", np.int64, ("gap",)),
    FieldSpec("subject", "text", str),
    FieldSpec("session", "text", str),
    FieldSpec("source", "text", str),
    FieldSpec("data_origin", "text", str, choices=ORIGINS),
    FieldSpec("days_mixed", "flag", np.bool_),
    FieldSpec("indicator", "text", str),
    FieldSpec("cell_type", "text", str),
    FieldSpec("truth/spikes", "whole", np.uint8, ("time", "neuron")),
    FieldSpec("truth/changed", "flag", np.bool_, ("neuron",)),
    FieldSpec("truth/change", "text", str, ("neuron",)),
    FieldSpec("truth/field_before_cm", "real", np.float32, ("neuron",)),
    FieldSpec("truth/field_after_cm", "real", np.float32, ("neuron",)),
    FieldSpec("truth/other_day_dff", "real", np.float32, ("time", "neuron")),
    FieldSpec("truth/other_day_spikes", "whole", np.uint8, ("time", "neuron")),
    FieldSpec("truth/state", "whole", np.uint8, ("time",)),
)

#: Every field a file may hold, by name.
FIELDS: Mapping[str, FieldSpec] = {spec.name: spec for spec in _SPECS}


def to_fields(recording: Recording) -> dict[str, Value]:
    """Take a recording apart into named values; what it does not have is absent.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    dict
        Arrays, and ``str``, ``float`` and ``bool`` for single values.
    """
    values: dict[str, Value] = {
        "dff": recording.dff,
        "frame_rate_hz": recording.frame_rate_hz,
        "data_origin": recording.data_origin,
    }
    if recording.roi_ids is not None:
        values["roi_ids"] = np.array(recording.roi_ids)
    if recording.roi_xy_um is not None:
        values["roi_xy_um"] = recording.roi_xy_um
    if recording.roi_rows is not None:
        values["roi_rows"] = recording.roi_rows
    values.update(recording.behaviour.available())
    if np.size(recording.gaps):
        values["gaps"] = recording.gaps
    values.update({n: getattr(recording, n) for n in (*_TEXTS, "days_mixed") if getattr(recording, n)})
    if recording.truth is not None:
        values.update({_TRUTH + name: known for name, known in recording.truth.available().items()})
    return values


def from_fields(values: Mapping[str, Value]) -> Recording:
    """Put a recording together from named values of the types that :data:`FIELDS` lists.

    Parameters
    ----------
    values : mapping
        At least ``dff`` and ``frame_rate_hz``. Without ``data_origin`` a recording is a simulated one if it carries
        the truth, which only a simulator knows, and a recorded one otherwise.

    Returns
    -------
    Recording
    """
    behaviour = {f.name: values[f.name] for f in fields(Behaviour) if f.name in values}
    truth = {f.name: values[_TRUTH + f.name] for f in fields(Truth) if _TRUTH + f.name in values}
    optional = {
        name: values[name] for name in ("roi_xy_um", "roi_rows", "gaps", "days_mixed", *_TEXTS) if name in values
    }
    known = truth.keys() >= {f.name for f in fields(Truth) if f.default is MISSING}
    return Recording(
        dff=values["dff"],
        frame_rate_hz=float(values["frame_rate_hz"]),
        roi_ids=tuple(str(name) for name in values["roi_ids"]) if "roi_ids" in values else None,
        behaviour=Behaviour(**behaviour),
        truth=Truth(**truth) if known else None,
        data_origin=values.get("data_origin") or ("simulated" if known else "recorded"),
        **optional,
    )
