"""Networks of one frame rate in one HDF5 file, small enough to ship.

``/level_<n>/<layer>_kernel`` and ``_bias`` hold the members of an ensemble along their first
axis as float16 (a relative rounding of 2**-11); no code is stored or run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import cyclegan_neuro
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.atomic import replacing
from cyclegan_neuro.recordings.readers._hdf5_source import open_hdf5
from cyclegan_neuro.spikes.inference.rate_models import LAYERS, NetworkWeights, RateModels

__all__ = ["frame_rate_of", "read_attributes", "read_models", "save_models", "write_attributes"]

_FORMAT, _VERSION = "cyclegan_neuro rate models", 1
_JSON = "_json"  # ends the names of attributes whose text is JSON
_SCALARS = {"frame_rate_hz": float, "window_frames": int, "before_frames": int, "smoothing_s": float, "causal": bool}
_ARRAYS = tuple(f"{layer}_{part}" for layer in LAYERS for part in ("kernel", "bias"))


def save_models(path: str | os.PathLike, models: RateModels) -> Path:
    """Write networks to a file that appears whole or not at all.

    Parameters
    ----------
    path : path
        By convention ``rate_models_<rate>hz.h5``.
    models : RateModels

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UserError
        If a network has weights that are not finite as float16 or do not fit together, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> shapes = [(31, 1, 2), (19, 2, 2), (5, 2, 2), (2, 3), (6, 1)]
    >>> weights = NetworkWeights(tuple(map(np.ones, shapes)), tuple(np.zeros(shape[-1]) for shape in shapes))
    >>> models = RateModels(frame_rate_hz=24.0, smoothing_s=0.1, causal=False, noise_levels={1: (weights,)})
    >>> path = save_models(Path(tempfile.mkdtemp()) / "rate_models_24hz.h5", models)
    >>> read_models(path).frame_rate_hz
    24.0
    """
    target = Path(path).expanduser()
    _require_sound(str(target), models)
    with replacing(target, error_type=UserError) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["format"], file.attrs["format_version"] = _FORMAT, _VERSION
        for name in _SCALARS:
            file.attrs[name] = getattr(models, name)
        file.attrs["noise_levels"] = sorted(models.noise_levels)
        about = {"created_with": f"cyclegan_neuro {cyclegan_neuro.__version__}"} | models.provenance
        write_attributes(file.create_group("provenance"), about)
        for level, members in models.noise_levels.items():
            _write_level(file.create_group(f"level_{level}"), members)
    return target


def read_models(path: Path) -> RateModels:
    """Read what :func:`save_models` wrote; weights come back as float32.

    Raises
    ------
    UserError
        If the file is damaged, not of this format or version, lacks a level or an array, or the
        weights do not fit together.
    """
    with open_hdf5(path, weights=True) as file:
        _require_format(path, file)
        scalars = {name: kind(_attribute(path, file, name)) for name, kind in _SCALARS.items()}
        levels = {int(n): _read_level(path, file, int(n)) for n in _attribute(path, file, "noise_levels")}
        provenance = read_attributes(file["provenance"]) if "provenance" in file else {}
    models = RateModels(**scalars, noise_levels=levels, provenance=provenance)
    _require_sound(str(path), models)
    return models


def frame_rate_of(path: Path) -> float:
    """Return the frame rate of a file's networks without reading them.

    Raises
    ------
    UserError
        If the file is damaged or not of this format.
    """
    with open_hdf5(path, weights=True) as file:
        _require_format(path, file)
        return float(_attribute(path, file, "frame_rate_hz"))


def write_attributes(group: h5py.Group, values: Mapping[str, Any]) -> None:
    """Write text as it is, and any other value as JSON."""
    for name, value in values.items():
        text = isinstance(value, str)
        group.attrs[name if text else name + _JSON] = value if text else json.dumps(value)


def read_attributes(group: h5py.Group) -> dict[str, Any]:
    """Read what :func:`write_attributes` wrote."""
    return {
        name.removesuffix(_JSON): json.loads(value) if name.endswith(_JSON) else value
        for name, value in group.attrs.items()
    }


def _write_level(group: h5py.Group, members: tuple[NetworkWeights, ...]) -> None:
    for index, layer in enumerate(LAYERS):
        for part in ("kernel", "bias"):
            arrays = [(m.kernels if part == "kernel" else m.biases)[index] for m in members]
            group.create_dataset(
                f"{layer}_{part}", data=np.stack(arrays).astype(np.float16), compression="gzip", shuffle=True
            )


def _read_level(path: Path, file: h5py.File, level: int) -> tuple[NetworkWeights, ...]:
    group = file.get(f"level_{level}", {})
    missing = [name for name in _ARRAYS if name not in group]
    if missing:
        raise _unsound(
            f"{path}, noise level {level}",
            got="no such group" if len(missing) == len(_ARRAYS) else f"no {', '.join(missing)}",
            expected=f"/level_{level} with a kernel and a bias for {', '.join(LAYERS)}",
        )
    arrays = {name: group[name][()].astype(np.float32) for name in _ARRAYS}
    sizes = {array.shape[0] if array.ndim else 0 for array in arrays.values()}
    if len(sizes) > 1 or 0 in sizes:
        raise _unsound(
            f"{path}, noise level {level}",
            got=f"arrays for {' and '.join(map(str, sorted(sizes)))} networks",
            expected="as many networks in every array, at least one",
        )
    return tuple(
        NetworkWeights(
            tuple(arrays[f"{layer}_kernel"][member] for layer in LAYERS),
            tuple(arrays[f"{layer}_bias"][member] for layer in LAYERS),
        )
        for member in range(sizes.pop())
    )


def _require_format(path: Path, file: h5py.File) -> None:
    found, version = file.attrs.get("format"), file.attrs.get("format_version")
    if found != _FORMAT or version != _VERSION:
        kind = f"version {version}" if found == _FORMAT else "another kind of HDF5 file"
        raise UserError(
            str(path),
            got=kind,
            expected=f"networks for spike inference (format '{_FORMAT}', version {_VERSION})",
            fix="name a rate_models_*.h5 that train_inference wrote, or a folder of CASCADE with config.yaml",
        )


def _attribute(path: Path, file: h5py.File, name: str) -> Any:
    if name not in file.attrs:
        raise _unsound(f"{path}, attribute {name}", got="no such attribute", expected=f"{name} of the networks")
    return file.attrs[name]


def _require_sound(where: str, models: RateModels) -> None:
    if not models.noise_levels or not all(models.noise_levels.values()):
        raise _unsound(where, got=f"noise levels {sorted(models.noise_levels)}", expected="networks for each")
    for level, members in models.noise_levels.items():
        for number, weights in enumerate(members):
            here = f"{where}, noise level {level}, network {number}"
            problem = weights.problem(models.window_frames)
            if problem:
                raise _unsound(here, got=problem, expected=f"layers that read {models.window_frames} frames")
            with np.errstate(over="ignore"):
                stored = [np.asarray(array, np.float16) for array in (*weights.kernels, *weights.biases)]
            if not all(np.isfinite(array).all() for array in stored):
                raise _unsound(here, got="weights that are not finite as float16", expected="weights below 65,504")


def _unsound(where: str, *, got: str, expected: str) -> UserError:
    return UserError(where, got=got, expected=expected, fix="train the networks anew, or copy the file again")
