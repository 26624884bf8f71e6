"""CASCADE's published networks: a folder with ``config.yaml`` and one file per network.

Networks are Keras HDF5 files (``.h5``), or those of PyTorch (``.pth``, or ``.safetensors``). Only arrays are read from
them. The network is rebuilt from their shapes, so the model configuration in the files, which could hold code, is never
used.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from cyclegan_neuro.configuration.strict_yaml import parse
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.readers._guard import decoding, require_file
from cyclegan_neuro.recordings.readers._hdf5_source import open_hdf5
from cyclegan_neuro.recordings.readers._hdf5_values import read_values
from cyclegan_neuro.spikes.inference.rate_models import LAYERS, NetworkWeights, RateModels
from cyclegan_neuro.spikes.inference.torch_files import read_tensors

__all__ = ["CONFIG_NAME", "frame_rate_of_folder", "read_cascade_folder"]

_LOG = logging.getLogger(__name__)
CONFIG_NAME = "config.yaml"
_SUFFIXES = (".pth", ".safetensors", ".h5")  # the last that is there is read
_MODEL_NAME = re.compile(r"Model_NoiseLevel_(\d+)_Ensemble_(\d+)(\.h5|\.pth|\.safetensors)\Z")
_TORCH_LAYERS = ("conv1", "conv2", "conv3", "dense1", "dense2")
_FIX = "use a folder as CASCADE publishes it: config.yaml with Model_NoiseLevel_<level>_Ensemble_<member>.h5 or .pth"
_CITATION = "Rupprecht et al., Nat. Neurosci. 24:1324-1337 (2021), doi:10.1038/s41593-021-00895-5"


def read_cascade_folder(folder: Path) -> RateModels:
    """Read the networks of one of CASCADE's folders.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    RateModels
        Levels that the configuration lists but that have no files are left out, with a warning in the log.

    Raises
    ------
    UserError
        If the configuration lacks a value, no network is there, a file is damaged, or its weights are not
        those of CASCADE's network.
    """
    with decoding(folder, "networks"):
        return _read_folder(folder)


def _read_folder(folder: Path) -> RateModels:
    config = _Config(folder / CONFIG_NAME)
    window_frames = int(config.number("windowsize"))
    files = _model_files(folder)
    levels = {}
    for level in config.levels():
        members = [files[key] for key in sorted(files) if key[0] == level]
        if members:
            levels[level] = tuple(_read_network(member, window_frames) for member in members)
    _warn_of_missing(folder, config, levels)
    if not levels:
        raise UserError(str(folder), got="no file of a network", expected="one for each noise level", fix=_FIX)
    return RateModels(
        frame_rate_hz=float(config.number("sampling_rate")),
        window_frames=window_frames,
        before_frames=int(config.number("before_frac") * window_frames),
        smoothing_s=float(config.number("smoothing")),
        causal=bool(config.number("causal_kernel")),
        noise_levels=levels,
        provenance={
            "title": str(config.values.get("model_name", folder.name)),
            "citation": _CITATION,
            "ground_truth": config.values.get("training_datasets"),
        },
    )


def frame_rate_of_folder(folder: Path) -> float:
    """Return the frame rate of a folder's networks without reading them.

    Raises
    ------
    UserError
        If the configuration has none.
    """
    return float(_Config(folder / CONFIG_NAME).number("sampling_rate"))


class _Config:
    """The values of ``config.yaml`` that inference needs."""

    def __init__(self, path: Path):
        self.path = path
        require_file(path)
        with decoding(path, "a configuration"):
            values, _ = parse(path.read_text(encoding="utf-8", errors="replace"), name=str(path))
        if not isinstance(values, dict):
            raise UserError(str(path), got="no keys", expected="CASCADE's configuration", fix=_FIX)
        self.values: dict[str, Any] = values

    def number(self, key: str) -> float:
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < np.inf:
            raise self._error(key, "a number >= 0")
        return value

    def levels(self) -> list[int]:
        value = self.values.get("noise_levels")
        if not isinstance(value, list) or not value or not all(type(level) is int for level in value):
            raise self._error("noise_levels", "a list of whole numbers")
        return sorted(value)

    def _error(self, key: str, expected: str) -> UserError:
        got = f"{self.values[key]!r}" if key in self.values else "no such key"
        return UserError(f"{self.path}, {key}", got=got, expected=expected, fix=_FIX)


def _model_files(folder: Path) -> dict[tuple[int, int], Path]:
    """Return the files of networks by level and member."""
    named = [(match, path) for path in folder.iterdir() if (match := _MODEL_NAME.match(path.name))]
    named.sort(key=lambda one: _SUFFIXES.index(one[0][3]))
    return {(int(match[1]), int(match[2])): path for match, path in named}


def _warn_of_missing(folder: Path, config: _Config, levels: dict[int, tuple[NetworkWeights, ...]]) -> None:
    listed = config.levels()
    missing = [level for level in listed if level not in levels]
    if missing:
        _LOG.warning("%s: noise levels %s are listed but have no files; they are left out", folder, missing)
    size = config.values.get("ensemble_size")
    small = [level for level, members in levels.items() if isinstance(size, int) and len(members) < size]
    if small:
        _LOG.warning("%s: noise levels %s have fewer than the %d networks listed", folder, small, size)


def _read_network(path: Path, window_frames: int) -> NetworkWeights:
    pairs = _keras_layers(path) if path.suffix == ".h5" else _torch_layers(path)
    if len(pairs) != len(LAYERS) or any(len(pair) != 2 for pair in pairs):
        problem = f"{len(pairs)} layers with {[len(pair) for pair in pairs]} arrays"
    else:
        weights = NetworkWeights(*(tuple(arrays) for arrays in zip(*pairs, strict=True)))
        problem = weights.problem(window_frames)
    if problem:
        expected = f"kernels and biases of three convolutions and two dense layers that read {window_frames} frames"
        raise UserError(str(path), got=problem, expected=expected, fix=_FIX)
    return weights


def _keras_layers(path: Path) -> list[list[np.ndarray]]:
    with open_hdf5(path, weights=True) as file:
        group = file.get("model_weights", file)
        return [arrays for layer in _names(group, "layer_names") if (arrays := _layer(group.get(layer)))]


def _torch_layers(path: Path) -> list[list[np.ndarray]]:
    """Return the same from PyTorch, whose kernels have their axes the other way round.

    Its network goes back to (position, unit) before it flattens, as Keras does.
    """
    tensors = read_tensors(path)
    wanted = [f"{layer}.{part}" for layer in _TORCH_LAYERS for part in ("weight", "bias")]
    if set(tensors) != set(wanted):
        got = f"the tensors {', '.join(sorted(tensors))[:200] or '(none)'}"
        raise UserError(str(path), got=got, expected=f"those of CASCADE's network: {', '.join(wanted)}", fix=_FIX)
    return [[tensors[f"{layer}.weight"].T, tensors[f"{layer}.bias"]] for layer in _TORCH_LAYERS]


def _layer(layer: h5py.Group | None) -> list[np.ndarray]:
    """Return the arrays of a layer, kernel first; none for a layer without weights."""
    names = [] if layer is None else _names(layer, "weight_names")
    return [read_values(layer[name]).astype(np.float32) for name in names if name in layer]


def _names(group: h5py.Group, attribute: str) -> list[str]:
    return [n.decode() if isinstance(n, bytes) else str(n) for n in np.ravel(group.attrs.get(attribute, []))]
