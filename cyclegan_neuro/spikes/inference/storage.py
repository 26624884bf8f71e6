"""Networks in one HDF5 file, small enough to ship.

``/members/<array>`` holds the members of the ensemble along its first axis as float16 (a relative rounding of 2**-11);
no code is stored or run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import cyclegan_neuro
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.atomic import replacing
from cyclegan_neuro.recordings.readers._hdf5_source import open_hdf5
from cyclegan_neuro.recordings.readers._hdf5_values import read_values
from cyclegan_neuro.spikes.inference.spike_network import Architecture, weight_shapes
from cyclegan_neuro.spikes.inference.spike_networks import SpikeNetworks

__all__ = ["FILE_NAME", "read_attributes", "read_networks", "save_networks", "write_attributes"]

FILE_NAME = "spike_networks.h5"
_FORMAT, _VERSION = "cyclegan_neuro spike networks", 1
_EARLIER = "cyclegan_neuro rate models"
_FURTHEST_S = 60.0  # that a network may look
_JSON = "_json"  # ends the names of attributes whose text is JSON


def save_networks(path: str | os.PathLike, networks: SpikeNetworks) -> Path:
    """Write networks to a file that appears whole or not at all.

    Raises
    ------
    UserError
        If a network has weights that are not finite as float16 or do not fit together, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from cyclegan_neuro.spikes.inference.spike_network import initial_weights
    >>> networks = SpikeNetworks(members=(initial_weights(Architecture(), np.random.default_rng(0)),))
    >>> path = save_networks(Path(tempfile.mkdtemp()) / FILE_NAME, networks)
    >>> read_networks(path).members[0]["output_kernel"].shape
    (64, 1)
    """
    target = Path(path).expanduser()
    _require_sound(str(target), networks)
    with replacing(target, error_type=UserError) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["format"], file.attrs["format_version"] = _FORMAT, _VERSION
        file.attrs["causal"] = networks.causal
        about = {"architecture": asdict(networks.architecture), "calibration": networks.calibration}
        write_attributes(file, about)
        created = {"created_with": f"cyclegan_neuro {cyclegan_neuro.__version__}"}
        write_attributes(file.create_group("provenance"), created | networks.provenance)
        group = file.create_group("members")
        for name in networks.members[0]:
            stacked = np.stack([member[name] for member in networks.members]).astype(np.float16)
            group.create_dataset(name, data=stacked, compression="gzip", shuffle=True)
    return target


def read_networks(path: Path) -> SpikeNetworks:
    """Read what :func:`save_networks` wrote; weights come back as float32.

    Raises
    ------
    UserError
        If the file is damaged, not of this format or version, lacks an array, or the weights do not fit together.
    """
    with open_hdf5(path, weights=True) as file:
        _require_format(path, file)
        about = read_attributes(file)
        architecture = _architecture(path, about.get("architecture"))
        members = _members(path, file, weight_shapes(architecture))
        networks = SpikeNetworks(
            members=members, architecture=architecture, causal=bool(about.get("causal")),
            calibration=_calibration(path, about.get("calibration", {})),
            provenance=read_attributes(file["provenance"]) if "provenance" in file else {},
        )  # fmt: skip
    _require_sound(str(path), networks)
    return networks


def write_attributes(group: h5py.Group, values: Mapping[str, Any]) -> None:
    """Write text as it is, and any other value as JSON."""
    for name, value in values.items():
        text = isinstance(value, str)
        group.attrs[name if text else name + _JSON] = value if text else json.dumps(value)


def read_attributes(group: h5py.Group) -> dict[str, Any]:
    """Read what :func:`write_attributes` wrote.

    Raises
    ------
    UserError
        If what should be JSON is none.
    """
    values = {}
    for name, value in group.attrs.items():
        try:
            values[name.removesuffix(_JSON)] = json.loads(value) if name.endswith(_JSON) else value
        except (TypeError, ValueError):
            where = f"{group.file.filename}, attribute {name}"
            raise _unsound(where, got=repr(value)[:80], expected="JSON") from None
    return values


def _architecture(path: Path, found: Any) -> Architecture:
    try:
        peaks = {name: tuple(map(float, found[name])) for name in ("first_s", "second_s")}
        if not all((np.diff([-_FURTHEST_S, *seconds, _FURTHEST_S]) > 0).all() for seconds in peaks.values()):
            raise ValueError
        hidden = tuple(map(int, found["hidden"]))
        architecture = Architecture(**found | peaks | {"hidden": hidden, "channels": int(found["channels"])})
        weight_shapes(architecture)
        return architecture
    except (KeyError, TypeError, ValueError):
        raise _unsound(
            f"{path}, attribute architecture", got=repr(found)[:80], expected="sizes of the network"
        ) from None


def _calibration(path: Path, found: Any) -> dict[str, dict[str, Any]]:
    try:
        ratios = np.array([measured["log_ratio"] for measured in found.values()], np.float64).reshape(-1, 3)
        if not np.isfinite(ratios).all():
            raise ValueError
        return found
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _unsound(
            f"{path}, attribute calibration", got=repr(found)[:80], expected="three quantiles by family"
        ) from None


def _members(path: Path, file: h5py.File, shapes: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, np.ndarray], ...]:
    group = file.get("members")
    group = group if isinstance(group, h5py.Group) else {}
    missing = [name for name in shapes if not isinstance(group.get(name), h5py.Dataset)]
    if missing:
        raise _unsound(f"{path}, /members", got=f"no {', '.join(missing)}", expected=f"{', '.join(shapes)}")
    numbers = {name: group[name].shape[:1] for name in shapes}
    wrong = [name for name, shape in shapes.items() if group[name].shape[1:] != shape or group[name].dtype.kind != "f"]
    if wrong or len(set(numbers.values())) > 1 or numbers[next(iter(shapes))] in ((), (0,)):
        name = wrong[0] if wrong else next(iter(shapes))
        raise _unsound(
            f"{path}, /members/{name}", got=f"{group[name].dtype} of shape {group[name].shape}",
            expected=f"floats (networks, {', '.join(map(str, shapes[name]))}), as many networks in every array",
        )  # fmt: skip
    arrays = {name: read_values(group[name]).astype(np.float32) for name in shapes}
    return tuple(
        {name: array[member] for name, array in arrays.items()} for member in range(len(arrays["output_bias"]))
    )


def _require_format(path: Path, file: h5py.File) -> None:
    found, version = file.attrs.get("format"), file.attrs.get("format_version")
    if found == _FORMAT and version == _VERSION:
        return
    kinds = {_FORMAT: f"version {version}", _EARLIER: "networks of an earlier version, for one frame rate"}
    raise UserError(
        str(path), got=kinds.get(found, "another kind of HDF5 file") if isinstance(found, str) else "another kind of "
        "HDF5 file", expected=f"networks for spike inference (format '{_FORMAT}', version {_VERSION})",
        fix=f"name a {FILE_NAME} that train_inference of this version wrote, or a folder of CASCADE with config.yaml",
    )  # fmt: skip


def _require_sound(where: str, networks: SpikeNetworks) -> None:
    if not networks.members:
        raise _unsound(where, got="no networks", expected="one at least")
    with np.errstate(over="ignore"):
        broken = [
            name
            for member in networks.members
            for name, array in member.items()
            if not np.isfinite(array.astype(np.float16)).all()
        ]
    if broken:
        raise _unsound(
            f"{where}, {broken[0]}", got="weights that are not finite as float16", expected="weights below 65,504"
        )


def _unsound(where: str, *, got: str, expected: str) -> UserError:
    return UserError(where, got=got, expected=expected, fix="train the networks anew, or copy the file again")
