"""Where networks for spike inference come from: shipped, trained by the user, or CASCADE's."""

from __future__ import annotations

import os
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import cast

from cyclegan_neuro.errors import UserError, require_path
from cyclegan_neuro.invocation import command
from cyclegan_neuro.spikes.inference.cascade_folder import CONFIG_NAME, read_cascade_folder
from cyclegan_neuro.spikes.inference.rate_models import RateModels
from cyclegan_neuro.spikes.inference.spike_networks import SpikeNetworks
from cyclegan_neuro.spikes.inference.storage import FILE_NAME, read_networks
from cyclegan_neuro.spikes.inference.traces import Inference
from cyclegan_neuro.spikes.inference.window_inference import WindowInference

__all__ = ["RATE_TOLERANCE", "Networks", "choose_models", "load_models"]

RATE_TOLERANCE = 0.05
"""Largest difference of frame rates, as a part of the networks' rate, at which networks of one rate are used."""

#: Networks, their inference at a frame rate, the path of either kind of networks, or None for the shipped ones.
Networks = SpikeNetworks | RateModels | Inference | str | os.PathLike | None

_SHIPPED = Path(__file__).parent / "weights" / FILE_NAME
_MAX_DENOMINATOR = 1000
_EXPECTED = f"{FILE_NAME}, which train_inference writes, or a folder of CASCADE with {CONFIG_NAME}"


def choose_models(
    models: Networks, frame_rate_hz: float, *, indicator: str = "", cell_type: str = "", resample: bool = False
) -> Inference:
    """Return networks ready for traces of a frame rate.

    Parameters
    ----------
    models : SpikeNetworks, RateModels, Inference or path, optional
        Networks, or what :func:`load_models` reads; the shipped ones when absent. An inference is returned as it is.
    frame_rate_hz : float
        Of the recording.
    indicator, cell_type : str
        As people write them; empty where they are not known. CASCADE's networks are not told.
    resample : bool
        Use networks of one frame rate where it differs by more than 5 %, too.

    Returns
    -------
    Inference

    Raises
    ------
    UserError
        If the networks do not serve this frame rate, or a file is unsound.

    Examples
    --------
    >>> inference = choose_models(None, 15.5, indicator="GCaMP6f")
    >>> inference.about["family"], inference.reachable(1000)
    ('gcamp6', slice(35, 965, None))
    """
    if hasattr(models, "inner_rates"):
        return cast(Inference, models)
    if models is None:
        networks: SpikeNetworks | RateModels = load_models(_SHIPPED)
    elif isinstance(models, SpikeNetworks | RateModels):
        networks = models
    else:
        expected, fix = "networks, or the path of a file or folder", "leave it out for the networks that come with it"
        networks = load_models(require_path(models, "models", expected=expected, fix=fix))
    if isinstance(networks, SpikeNetworks):
        return networks.at(frame_rate_hz, indicator=indicator, cell_type=cell_type)
    return WindowInference(networks, float(frame_rate_hz), _ratio(networks, frame_rate_hz, resample=resample))


def load_models(path: str | os.PathLike) -> SpikeNetworks | RateModels:
    """Read networks from a file or folder; a file that has not changed is read once.

    Parameters
    ----------
    path : path
        A file that :func:`cyclegan_neuro.spikes.inference.storage.save_networks` wrote, the folder that holds it, or
        one of CASCADE's published folders (``config.yaml`` with its files of networks).

    Raises
    ------
    UserError
        If nothing of these is there, or a file is unsound.

    Examples
    --------
    >>> load_models("no_such_folder")
    Traceback (most recent call last):
    ...
    cyclegan_neuro.errors.UserError: no_such_folder: got no networks, expected spike_networks.h5, which \
train_inference writes, or a folder of CASCADE with config.yaml. Fix: train networks (cyclegan-neuro train_inference), \
or check the path
    """
    path = Path(path).expanduser()
    if path.is_dir() and (path / FILE_NAME).is_file():
        path = path / FILE_NAME
    if not (path.is_file() or (path / CONFIG_NAME).is_file()):
        raise UserError(
            str(path), got="no networks", expected=_EXPECTED,
            fix=f"train networks ({command('train_inference')}), or check the path",
        )  # fmt: skip
    files = [path] if path.is_file() else sorted(path.iterdir())
    return _read(path.resolve(), path, tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files))


@lru_cache(maxsize=4)
def _read(resolved: Path, path: Path, stamps: tuple) -> SpikeNetworks | RateModels:
    return read_cascade_folder(path) if path.is_dir() else read_networks(path)


def _ratio(models: RateModels, frame_rate_hz: float, *, resample: bool) -> Fraction:
    """Return the networks' rate over that of the data, 1 where they differ by 5 % at most."""
    theirs = models.frame_rate_hz
    if abs(theirs - frame_rate_hz) <= RATE_TOLERANCE * theirs:
        return Fraction(1)
    if not resample:
        raise UserError(
            "frame rate", got=f"{frame_rate_hz:g} Hz",
            expected=f"{theirs:g} Hz within {RATE_TOLERANCE:.0%}, which the networks given are for",
            fix="leave the networks out: those that come with the package are for every rate; or let ΔF/F be resampled "
            f"to {theirs:g} Hz (--resample, or evaluation.spikes.resample in evaluate.py)",
        )  # fmt: skip
    return Fraction(theirs / frame_rate_hz).limit_denominator(_MAX_DENOMINATOR)
