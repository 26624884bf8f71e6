"""Min-max scaling of ΔF/F to [0, 1] and back, learned from the training part of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.signal import fftconvolve

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.windows.storage import read_json, write_json

__all__ = [
    "Scaling", "WindowTransform", "apply", "fit", "fit_transformed", "gain", "invert", "load", "save",
    "scale_transform", "share",
]  # fmt: skip

Mode = Literal["day", "neuron"]
_CHUNK_NEURONS = 64


@dataclass(frozen=True, eq=False)
class Scaling:
    """Affine map of ΔF/F to [0, 1], or to z-scores, in the user's neuron order.

    Attributes
    ----------
    minimum, maximum : ndarray of float32, shape (neuron,) or (place + 1, neuron)
        What becomes 0 and 1: the extremes of the training part of the day (equal for all neurons with scaling
        ``day``); of z-scores the mean, and the mean and one standard deviation. With two axes they depend on the place
        of a frame, see :meth:`at`.
    constant : float
        What a neuron becomes for which both are equal.
    """

    minimum: np.ndarray
    maximum: np.ndarray
    constant: float = 0.5

    @property
    def to_z_scores(self) -> bool:
        """Whether it is one of :meth:`of_moments`."""
        return self.constant == 0.0

    @classmethod
    def of_moments(cls, mean: np.ndarray, std: np.ndarray) -> Scaling:
        """Return the scaling to z-scores; shapes (..., neuron), in ΔF/F."""
        std = np.where(std > 1e-9, std, 0.0)
        return cls(mean.astype(np.float32), (mean + std).astype(np.float32), 0.0)

    def at(self, places: np.ndarray | None) -> Scaling:
        """Return the scaling of frames that are at ``places``, int64 (window, time); itself without places."""
        if places is None:
            return self
        return Scaling(self.minimum[places], self.maximum[places], self.constant)


@dataclass(frozen=True, eq=False)
class WindowTransform:
    """What Φ does to a window that starts at frame s: ``mask * x[s:s+H] + offset[s:s+H]``.

    Attributes
    ----------
    mask : ndarray of float32, shape (window_frames, neuron)
        In the order of the networks the removed corner is connected (Figure 3 of the paper).
    offset : ndarray of float32, shape (time, neuron)
        ``0.5 η``, one draw per frame of the recording.
    """

    mask: np.ndarray
    offset: np.ndarray


def fit(dff: np.ndarray, *, covered: np.ndarray, mode: Mode) -> Scaling:
    """Learn minimum and maximum of the training frames.

    Parameters
    ----------
    dff : ndarray of float32, shape (time, neuron)
    covered : ndarray of bool, shape (time,)
        Frames of the training windows.
    mode : {"day", "neuron"}
        One minimum and maximum for all neurons, or one per neuron.

    Raises
    ------
    WindowError
        If a training frame holds NaN or infinity.
    """
    return _scaling(
        np.min(dff, axis=0, where=covered[:, None], initial=np.inf),
        np.max(dff, axis=0, where=covered[:, None], initial=-np.inf),
        mode,
    )


def fit_transformed(dff: np.ndarray, *, transform: WindowTransform, starts: np.ndarray, mode: Mode) -> Scaling:
    """Learn minimum and maximum of ``mask * x + offset`` over all training windows.

    Parameters
    ----------
    dff : ndarray of float32, shape (time, neuron)
    transform : WindowTransform
        In ΔF/F and the user's order.
    starts : ndarray of int64, shape (window,)
    mode : {"day", "neuron"}

    Notes
    -----
    No window is cut. A frame meets the mask value ``v`` in some window where the number of windows
    that start ``t`` frames before it, summed over all ``t`` with ``mask[t] = v``, is not 0: a
    convolution of the start frames with ``mask == v``, exact after rounding.
    """
    n_frames, n_neurons = dff.shape
    begins = np.zeros((n_frames, 1))
    begins[starts] = 1.0
    low, high = np.full(n_neurons, np.inf, np.float32), np.full(n_neurons, -np.inf, np.float32)
    for first in range(0, n_neurons, _CHUNK_NEURONS):
        columns = slice(first, first + _CHUNK_NEURONS)
        mask, offset = transform.mask[:, columns], transform.offset[:, columns]
        for value in np.unique(mask):
            met = fftconvolve(begins, (mask == value).astype(np.float64), axes=0)[:n_frames] > 0.5
            y = value * dff[:, columns] + offset
            low[columns] = np.minimum(low[columns], np.min(y, axis=0, where=met, initial=np.inf))
            high[columns] = np.maximum(high[columns], np.max(y, axis=0, where=met, initial=-np.inf))
    return _scaling(low, high, mode)


def _scaling(minimum: np.ndarray, maximum: np.ndarray, mode: Mode) -> Scaling:
    bad = np.flatnonzero(~(np.isfinite(minimum) & np.isfinite(maximum)))
    if bad.size:
        raise WindowError(
            f"scaling, neuron{'s' * (bad.size > 1)} {', '.join(map(str, bad[:8]))}{' ...' * (bad.size > 8)}",
            got="NaN or infinity in the training frames",
            expected="finite ΔF/F",
            fix="choose a nan policy (data.x.nan, data.y.nan), or exclude the stretch (windows.exclude_x, exclude_y)",
        )
    if mode == "day":
        minimum, maximum = np.full_like(minimum, minimum.min()), np.full_like(maximum, maximum.max())
    return Scaling(minimum.astype(np.float32), maximum.astype(np.float32))


def share(x: Scaling, y: Scaling) -> Scaling:
    """Return one scaling for both days: the lower minimum and the higher maximum."""
    return Scaling(np.minimum(x.minimum, y.minimum), np.maximum(x.maximum, y.maximum))


def gain(scaling: Scaling) -> np.ndarray:
    """Return ``1 / (maximum - minimum)``, 0 where both are equal (to the smallest normal float32).

    Returns
    -------
    ndarray of float32, shape (neuron,)
    """
    extent = scaling.maximum - scaling.minimum
    return np.divide(np.float32(1), extent, out=np.zeros_like(extent), where=extent >= np.finfo(np.float32).tiny)


def apply(dff: np.ndarray, scaling: Scaling, *, out: np.ndarray | None = None) -> np.ndarray:
    """Scale ΔF/F; the training part comes to lie in [0, 1]. Nothing is clipped.

    Parameters
    ----------
    dff : ndarray, shape (..., neuron)
        In the user's neuron order.
    scaling : Scaling
    out : ndarray of float32, shape (..., neuron), optional
        Where the result goes.

    Returns
    -------
    ndarray of float32, shape (..., neuron)
        ``scaling.constant`` throughout for neurons that were constant in training.

    Examples
    --------
    >>> scaling = Scaling(np.float32([-1, 3]), np.float32([1, 3]))
    >>> apply(np.float32([[0.0, 3.0], [1.0, 3.0]]), scaling).tolist()
    [[0.5, 0.5], [1.0, 0.5]]
    """
    scaled = np.subtract(dff, scaling.minimum, out=out, dtype=np.float32)
    factor = gain(scaling)
    scaled *= factor
    np.copyto(scaled, np.float32(scaling.constant), where=factor == 0)
    return scaled


def invert(values: np.ndarray, scaling: Scaling) -> np.ndarray:
    """Undo :func:`apply`: scaled values back to ΔF/F.

    Parameters
    ----------
    values : ndarray, shape (..., neuron)
        In the user's neuron order.
    scaling : Scaling

    Returns
    -------
    ndarray of float32, shape (..., neuron)
        Neurons that were constant in training get that constant.
    """
    dff = np.multiply(values, scaling.maximum - scaling.minimum, dtype=np.float32)
    dff += scaling.minimum
    return dff


def scale_transform(transform: WindowTransform, scaling: Scaling) -> WindowTransform:
    """Bring a transform from ΔF/F to scaled values, for windows of ``x * gain(scaling)``.

    Since ``apply(mask * x + offset) = mask * (x * gain) + apply(offset)``, only the offset changes; it is
    scaled in place, because it is as large as the recording.
    """
    return WindowTransform(mask=transform.mask, offset=apply(transform.offset, scaling, out=transform.offset))


def save(path: Path, *, x: Scaling, y: Scaling, mode: Mode) -> None:
    """Write the scaling of both days to a JSON file, whole or not at all."""
    days = {name: {"minimum": s.minimum.tolist(), "maximum": s.maximum.tolist()} for name, s in (("x", x), ("y", y))}
    write_json(path, {"scaling": mode, **days})


def load(path: Path, *, n_neurons: int, mode: Mode) -> tuple[Scaling, Scaling]:
    """Read what :func:`save` wrote.

    Raises
    ------
    WindowError
        If the file is damaged or belongs to other neurons or another kind of scaling.
    """
    return read_json(path, lambda content: _scalings(content, n_neurons, mode), what="the scaling of a run")


def _scalings(content: Mapping, n_neurons: int, mode: Mode) -> tuple[Scaling, Scaling]:
    if content["scaling"] != mode:
        raise ValueError(f"scaling '{content['scaling']}' where the configuration says '{mode}'")
    both = []
    for day in ("x", "y"):
        limits = [np.array(content[day][name], np.float32) for name in ("minimum", "maximum")]
        if any(limit.shape != (n_neurons,) or not np.isfinite(limit).all() for limit in limits):
            raise ValueError(f"day {day}: {limits[0].size} neurons where the recording has {n_neurons}")
        both.append(Scaling(*limits))
    return both[0], both[1]
