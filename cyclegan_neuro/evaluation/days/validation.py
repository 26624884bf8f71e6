"""What can be compared without truth and without test windows: which translator, which backbone, which setting."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cyclegan_neuro.evaluation.days.translation import Frames, Translator
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import window_frame_indices

__all__ = ["validation_distances"]

_PARTS = 4
_SMALLEST = 1e-12


def validation_distances(
    prepared: PreparedPair, translators: Iterable[Translator], *, batch_size: int = 8
) -> dict[str, float]:
    """Return how far the moments of translated validation windows are from recorded ones; doing nothing has 1.

    Parameters
    ----------
    prepared : PreparedPair
    translators : iterable of Translator
    batch_size : int
        Windows of each day at a time.

    Returns
    -------
    dict
        Translator → distance: means and covariances of all neurons in each quarter of the window, in standard
        deviations of the recorded day, G(x) from y and F(y) from x, each divided by what x has from y, and averaged.

    Notes
    -----
    It is what chooses checkpoint ``best`` of a CycleGAN (:mod:`cyclegan_neuro.systems.cyclegan.criterion`), here in
    ΔF/F, so that translators whose networks see different units can be compared.
    """
    recorded = {day: _Moments(prepared) for day in ("x", "y")}
    moved = {one.name: {day: _Moments(prepared) for day in ("x", "y")} for one in translators}
    for x, y, at in _chunks(prepared, batch_size):
        recorded["x"].add(x)
        recorded["y"].add(y)
        for one in translators:
            g_x, _ = one.to_y(x, y[:0], (at[0], _none(at[1])))
            _, f_y = one.to_x(x[:0], y, (_none(at[0]), at[1]))
            moved[one.name]["y"].add(g_x)
            moved[one.name]["x"].add(f_y)
    apart = {day: _distance(recorded[day], recorded[other]) for day, other in (("x", "y"), ("y", "x"))}
    return {
        name: float(np.mean([_distance(recorded[day], own[day]) / max(apart[day], _SMALLEST) for day in ("x", "y")]))
        for name, own in moved.items()
    }


def _chunks(prepared: PreparedPair, batch_size: int):
    """Yield as many validation windows of x as of y, and their frames."""
    starts = [prepared[day].starts.validation for day in ("x", "y")]
    n_windows = min(map(len, starts))
    for first in range(0, n_windows, batch_size):
        some = [own[first : min(first + batch_size, n_windows)] for own in starts]
        x, y = (prepared.windows_of(day, own) for day, own in zip(("x", "y"), some, strict=True))
        at = [
            Frames(day, window_frame_indices(own, prepared.window_frames))
            for day, own in zip(("x", "y"), some, strict=True)
        ]
        yield x, y, at


def _none(frames: Frames) -> Frames:
    return Frames(frames.day, frames.index[:0])


class _Moments:
    """Mean (part, neuron) and second moments (part, neuron, neuron) of windows, about nothing."""

    def __init__(self, prepared: PreparedPair):
        self._parts = np.array_split(np.arange(prepared.window_frames), min(_PARTS, prepared.window_frames))
        self._n, n_neurons = 0, prepared.n_neurons
        self._sums = np.zeros((len(self._parts), n_neurons))
        self._products = np.zeros((len(self._parts), n_neurons, n_neurons))

    def add(self, windows: np.ndarray) -> None:
        self._n += len(windows)
        for number, part in enumerate(self._parts):
            rows = windows[:, part].reshape(-1, windows.shape[-1]).astype(np.float64)
            self._sums[number] += rows.sum(axis=0) / len(part)
            self._products[number] += rows.T @ rows / len(part)

    @property
    def weights(self) -> np.ndarray:
        sizes = np.array([len(part) for part in self._parts], np.float64)
        return sizes / sizes.sum()

    @property
    def mean(self) -> np.ndarray:
        return self._sums / self._n

    @property
    def second(self) -> np.ndarray:
        return self._products / self._n


def _distance(recorded: _Moments, moved: _Moments) -> float:
    """Mean over parts of the Frobenius norm of the difference over that of the recorded moments."""
    mean = recorded.weights @ recorded.mean
    square = recorded.weights @ np.diagonal(recorded.second, axis1=1, axis2=2)
    varies = square - mean**2 > _SMALLEST * square
    gain = np.where(varies, 1 / np.sqrt(np.where(varies, square - mean**2, 1.0)), 0.0)
    (wanted, wanted_covariance), (found, found_covariance) = (
        (
            (one.mean - mean) * gain,
            (one.second - one.mean[:, :, None] * one.mean[:, None, :]) * gain[:, None] * gain,
        )
        for one in (recorded, moved)
    )
    difference = _norm(found - wanted, found_covariance - wanted_covariance)
    return float(np.mean(difference / np.maximum(_norm(wanted, wanted_covariance), _SMALLEST)))


def _norm(means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    return np.sqrt((means**2).sum(axis=1) + (covariances**2).sum(axis=(1, 2)))
