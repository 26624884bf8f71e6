"""Where networks for spike inference come from: shipped, trained by the user, or CASCADE's."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference.cascade_folder import CONFIG_NAME, frame_rate_of_folder, read_cascade_folder
from cyclegan_neuro.spikes.inference.rate_models import NetworkWeights, RateModels
from cyclegan_neuro.spikes.inference.storage import frame_rate_of, read_models, save_models

__all__ = [
    "RATE_TOLERANCE",
    "NetworkWeights",
    "RateModels",
    "available_rates",
    "load_models",
    "models_for",
    "rate_mismatch",
    "save_models",
    "shipped",
]

RATE_TOLERANCE = 0.05
"""Largest difference of frame rates, as a part of the networks' rate, at which they are used."""

_SHIPPED = Path(__file__).parent / "weights"
_PATTERN = "rate_models_*.h5"


def load_models(path: str | os.PathLike) -> RateModels:
    """Read networks from a file or folder that holds those of one frame rate.

    Parameters
    ----------
    path : path
        A file that :func:`save_models` wrote, a folder with one ``rate_models_*.h5``, or one of CASCADE's
        published folders (``config.yaml`` with its ``.h5`` files).

    Raises
    ------
    UserError
        If nothing of these is there, the folder holds several frame rates, or a file is unsound.

    See Also
    --------
    models_for : chooses among several frame rates.

    Examples
    --------
    >>> load_models("no_such_folder")
    Traceback (most recent call last):
    ...
    cyclegan_neuro.errors.UserError: no_such_folder: got no networks, expected rate_models_*.h5, or a folder of \
CASCADE with config.yaml. Fix: train networks (python -m cyclegan_neuro.cli.train_inference), or check the path
    """
    path = Path(path).expanduser()
    if _is_cascade(path):
        return read_cascade_folder(path)
    files = _files(path)
    if len(files) > 1:
        raise UserError(
            str(path),
            got=f"networks for {_hertz(files)} Hz",
            expected="those of one frame rate",
            fix=f"name one of the files: {', '.join(file.name for file in files.values())}",
        )
    return read_models(*files.values())


def available_rates(path: str | os.PathLike | None = None) -> tuple[float, ...]:
    """Return the frame rates (Hz) that networks exist for, ascending.

    Parameters
    ----------
    path : path, optional
        As for :func:`load_models`, or a folder with several frame rates; the shipped networks when absent.

    Raises
    ------
    UserError
        If there are no networks, two files have the same frame rate, or a file is unsound.

    Examples
    --------
    >>> available_rates()
    (24.0, 30.0)
    """
    path = _SHIPPED if path is None else Path(path).expanduser()
    return (frame_rate_of_folder(path),) if _is_cascade(path) else tuple(sorted(_files(path)))


def models_for(frame_rate_hz: float, path: str | os.PathLike | None = None) -> RateModels:
    """Read the networks for a frame rate.

    Parameters
    ----------
    frame_rate_hz : float
        Of the recording.
    path : path, optional
        As for :func:`available_rates`; the shipped networks when absent.

    Returns
    -------
    RateModels
        Those whose frame rate is nearest, and not further than 5 %.

    Raises
    ------
    UserError
        If there are none within 5 %, two files have the same frame rate, or a file is unsound.

    Examples
    --------
    >>> models_for(30.9).frame_rate_hz
    30.0
    """
    folder = _SHIPPED if path is None else Path(path).expanduser()
    if _is_cascade(folder):
        models = read_cascade_folder(folder)
        files, rates = {}, [models.frame_rate_hz]
    else:
        files = _files(folder)
        rates = list(files)
    nearest = min(rates, key=lambda rate: abs(rate - frame_rate_hz))
    if abs(nearest - frame_rate_hz) > RATE_TOLERANCE * nearest:
        raise rate_mismatch(frame_rate_hz, rates, path)
    return read_models(files[nearest]) if files else models


def shipped(frame_rate_hz: float) -> RateModels:
    """Read the networks that come with the package, of the frame rate nearest to ``frame_rate_hz``.

    Raises
    ------
    UserError
        If none is within 5 %.

    Examples
    --------
    >>> sorted(shipped(24.0).noise_levels)
    [1, 2, 3, 4, 5, 6, 7, 8]
    """
    return models_for(frame_rate_hz)


def rate_mismatch(frame_rate_hz: float, rates: Iterable[float], path: str | os.PathLike | None = None) -> UserError:
    """Return the error for a frame rate (Hz) that no networks were trained for.

    Parameters
    ----------
    frame_rate_hz : float
        Of the recording.
    rates : iterable of float
        Those of the networks that there are.
    path : path, optional
        Where the networks are; the shipped ones when absent.
    """
    rates = tuple(rates)
    nearest = min(rates, key=lambda rate: abs(rate - frame_rate_hz))
    return UserError(
        "frame rate",
        got=f"{frame_rate_hz:g} Hz",
        expected=f"{_hertz(rates)} Hz within {RATE_TOLERANCE:.0%}, for which there are "
        f"{'shipped networks' if path is None else f'networks in {path}'}",
        fix="train networks for it (python -m cyclegan_neuro.cli.train_inference --ground_truth FOLDER "
        f"--frame_rate {frame_rate_hz:g}), let ΔF/F be resampled to {nearest:g} Hz (--resample, or "
        "evaluation.spikes.resample in evaluate.py), or name a folder with networks for it",
    )


def _is_cascade(path: Path) -> bool:
    return (path / CONFIG_NAME).is_file()


def _files(path: Path) -> dict[float, Path]:
    """Return our files by frame rate, at least one."""
    files = [path] if path.is_file() else sorted(path.glob(_PATTERN))
    if not files:
        raise UserError(
            str(path),
            got="no networks",
            expected=f"{_PATTERN}, or a folder of CASCADE with {CONFIG_NAME}",
            fix="train networks (python -m cyclegan_neuro.cli.train_inference), or check the path",
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
