"""Where networks for spike inference come from: shipped, trained by the user, or CASCADE's."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from cyclegan_neuro.errors import UserError, require_path
from cyclegan_neuro.invocation import command
from cyclegan_neuro.spikes.inference.cascade_folder import CONFIG_NAME, frame_rate_of_folder, read_cascade_folder
from cyclegan_neuro.spikes.inference.rate_models import RateModels
from cyclegan_neuro.spikes.inference.storage import frame_rate_of, read_models

__all__ = ["RATE_TOLERANCE", "choose_models", "load_models"]

RATE_TOLERANCE = 0.05
"""Largest difference of frame rates, as a part of the networks' rate, at which they are used."""

_SHIPPED = Path(__file__).parent / "weights"
_PATTERN = "rate_models_*.h5"
_MAX_DENOMINATOR = 1000


def choose_models(
    models: RateModels | str | os.PathLike | None, frame_rate_hz: float, *, resample: bool = False
) -> tuple[RateModels, Fraction]:
    """Return the networks for a frame rate, and their rate over that of the data.

    Parameters
    ----------
    models : RateModels or path, optional
        Networks, or what :func:`load_models` reads, of several frame rates too; the shipped ones when absent.
    frame_rate_hz : float
        Of the recording.
    resample : bool
        Take the nearest networks where none are within 5 %.

    Returns
    -------
    RateModels
        Those whose frame rate is nearest.
    Fraction
        1 where the rates differ by 5 % at most.

    Raises
    ------
    UserError
        If there are none within 5 % and ``resample`` is off, two files have the same frame rate, or a file is unsound.

    Examples
    --------
    >>> models, ratio = choose_models(None, 30.9)
    >>> models.frame_rate_hz, sorted(models.noise_levels), int(ratio)
    (30.0, [1, 2, 3, 4, 5, 6, 7, 8], 1)
    """
    if isinstance(models, RateModels):
        given, files, origin = models, {}, "the networks given"
    else:
        expected, fix = "RateModels, or the path of a file or folder", "leave it out for the networks that come with it"
        folder = _SHIPPED if models is None else require_path(models, "models", expected=expected, fix=fix).expanduser()
        given, files = None, _files(folder)
        origin = f"networks in {models}" if models else "shipped networks"
    rates = (given.frame_rate_hz,) if given else tuple(files)
    nearest = min(rates, key=lambda rate: abs(rate - frame_rate_hz))
    near = abs(nearest - frame_rate_hz) <= RATE_TOLERANCE * nearest
    if not (near or resample):
        raise UserError(
            "frame rate",
            got=f"{frame_rate_hz:g} Hz",
            expected=f"{_hertz(rates)} Hz within {RATE_TOLERANCE:.0%}, for which there are {origin}",
            fix=f"train networks for it ({command('train_inference')} --ground_truth FOLDER "
            f"--frame_rate {frame_rate_hz:g}), let ΔF/F be resampled to {nearest:g} Hz (--resample, or "
            "evaluation.spikes.resample in evaluate.py), or name a folder with networks for it",
        )
    ratio = Fraction(1) if near else Fraction(nearest / frame_rate_hz).limit_denominator(_MAX_DENOMINATOR)
    return given or _read(files[nearest]), ratio


def load_models(path: str | os.PathLike) -> RateModels:
    """Read networks from a file or folder that holds those of one frame rate.

    Parameters
    ----------
    path : path
        A file that :func:`cyclegan_neuro.spikes.inference.storage.save_models` wrote, a folder with one
        ``rate_models_*.h5``, or one of CASCADE's published folders (``config.yaml`` with its ``.h5`` files).

    Raises
    ------
    UserError
        If nothing of these is there, the folder holds several frame rates, or a file is unsound.

    Examples
    --------
    >>> load_models("no_such_folder")
    Traceback (most recent call last):
    ...
    cyclegan_neuro.errors.UserError: no_such_folder: got no networks, expected rate_models_*.h5, or a folder of \
CASCADE with config.yaml. Fix: train networks (cyclegan-neuro train_inference), or check the path
    """
    files = _files(Path(path).expanduser())
    if len(files) > 1:
        raise UserError(
            str(path),
            got=f"networks for {_hertz(files)} Hz",
            expected="those of one frame rate",
            fix=f"name one of the files: {', '.join(file.name for file in files.values())}",
        )
    return _read(*files.values())


def _read(path: Path) -> RateModels:
    return read_cascade_folder(path) if path.is_dir() else read_models(path)


def _files(path: Path) -> dict[float, Path]:
    """Return our files, or CASCADE's folder, by frame rate; at least one."""
    if (path / CONFIG_NAME).is_file():
        return {frame_rate_of_folder(path): path}
    files = [path] if path.is_file() else sorted(path.glob(_PATTERN))
    if not files:
        raise UserError(
            str(path),
            got="no networks",
            expected=f"{_PATTERN}, or a folder of CASCADE with {CONFIG_NAME}",
            fix=f"train networks ({command('train_inference')}), or check the path",
        )
    by_rate: dict[float, Path] = {}
    for file in files:
        rate_hz = frame_rate_of(file)
        if rate_hz in by_rate:
            raise UserError(
                str(path),
                got=f"{by_rate[rate_hz].name} and {file.name}, both for {rate_hz:g} Hz",
                expected="one file per frame rate",
                fix="name the file that is meant",
            )
        by_rate[rate_hz] = file
    return by_rate


def _hertz(rates: Iterable[float]) -> str:
    return " or ".join(f"{rate:g}" for rate in sorted(rates))
