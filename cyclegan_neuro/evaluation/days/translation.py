"""From windows of two days to everything a translator says about them, in ΔF/F and the user's neuron order.

Scaling and ordering are undone here, on the way out of the networks, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.scaling import apply, invert
from cyclegan_neuro.windows.segmentation import window_frame_indices

__all__ = [
    "Frames",
    "Model",
    "ModelTranslator",
    "Translation",
    "Translator",
    "translate",
    "translate_across",
    "translate_starts",
]


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames that windows were recorded at; a translated window keeps those of the window it came from.

    Attributes
    ----------
    day : {"x", "y"}
    index : ndarray of int64, shape (window, time)
        Counted from the beginning of that day's recording.
    """

    day: str
    index: np.ndarray


At = tuple[Frames, Frames]
"""The frames of x-like windows and of y-like ones."""


@dataclass(frozen=True, eq=False)
class Translation:
    """Some windows of both days and their translations.

    All arrays are float32, (window, time, neuron), ΔF/F, in the user's neuron order. Windows of x and
    of y with the same index are no pair unless y is Φ(X).

    Attributes
    ----------
    x_starts, y_starts : ndarray of int64, shape (window,)
        First frames of the windows in their recordings.
    x, g_x, f_g_x, f_x : ndarray
        x, G(x), F(G(x)) and F(x).
    y, f_y, g_f_y, g_y : ndarray
        y, F(y), G(F(y)) and G(y).
    truth_y, truth_x : ndarray, optional
        What G(x) and F(y) should be, where that is known: the paired windows where y is Φ(X), the
        same laps as the brain of the other day would have answered them for simulated days.
    """

    x_starts: np.ndarray
    y_starts: np.ndarray
    x: np.ndarray
    g_x: np.ndarray
    f_g_x: np.ndarray
    f_x: np.ndarray
    y: np.ndarray
    f_y: np.ndarray
    g_f_y: np.ndarray
    g_y: np.ndarray
    truth_y: np.ndarray | None = None
    truth_x: np.ndarray | None = None


class Translator(Protocol):
    """Anything that maps days onto each other: the model, or a baseline.

    Attributes
    ----------
    name : str
        Key in ``metrics.json``.
    """

    @property
    def name(self) -> str: ...

    def to_y(self, x: np.ndarray, y: np.ndarray, at: At | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return G(x) and G(y) of x-like and y-like windows (window, time, neuron) in ΔF/F, recorded ``at``."""

    def to_x(self, x: np.ndarray, y: np.ndarray, at: At | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return F(x) and F(y) of x-like and y-like windows (window, time, neuron) in ΔF/F, recorded ``at``."""


class Model(Translator, Protocol):
    """A translator that sentences speak of; alignments are called in ``story.wording``."""

    @property
    def label(self) -> str: ...


@dataclass(frozen=True, eq=False)
class ModelTranslator:
    """Two trained generators; scaling and ordering are done on the way in and undone on the way out.

    Windows of either day are scaled as that day was in training; what G returns is scaled as day y,
    what F returns as day x. What scalings and networks know of frames beside activity (place, behaviour) is that of the
    frames that windows were recorded ``at``. So is the noise of generators that read any: windows that share a frame
    share its noise, however they are batched.

    Attributes
    ----------
    generator_g, generator_f : callable
        (window, time, neuron, 1) float32, scaled and ordered, to the same shape; Keras models with inputs ``condition``
        and ``noise`` are given them beside windows, in a list.
    prepared : PreparedPair
    label : str
        What sentences call the generators.
    sample : tuple of int
        Seed and number of the noise: which of the translations that a window has.
    """

    generator_g: Callable
    generator_f: Callable
    prepared: PreparedPair
    label: str = "model"
    sample: tuple[int, int] = (0, 0)
    name = "model"

    def to_y(self, x: np.ndarray, y: np.ndarray, at: At | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return G(x) and G(y) from one call of G."""
        return self._call(self.generator_g, x, y, at, to="y")

    def to_x(self, x: np.ndarray, y: np.ndarray, at: At | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return F(x) and F(y) from one call of F."""
        return self._call(self.generator_f, x, y, at, to="x")

    def _call(self, generator: Callable, x: np.ndarray, y: np.ndarray, at: At | None, *, to: Literal["x", "y"]):
        places = [self._known("places", frames) for frames in at or (None, None)]
        days = (self.prepared.x, self.prepared.y)
        scaled = [apply(w, day.scaling.at(p)) for w, day, p in zip((x, y), days, places, strict=True)]
        given: Any = np.concatenate(scaled)[..., self.prepared.order.columns, None]
        if beside := getattr(generator, "inputs", ())[1:] if at is not None else ():
            known = [[self._beside(one, frames, to) for frames in at] for one in beside]
            given = [given, *map(np.concatenate, known)]
        made = np.asarray(generator(given, training=False), np.float32)[..., self.prepared.order.inverse, 0]
        first, second = np.split(made, [len(x)])
        out = self.prepared[to]
        return invert(first, out.scaling.at(places[0])), invert(second, out.scaling.at(places[1]))

    def _beside(self, what: Any, frames: Frames, to: Literal["x", "y"]) -> np.ndarray | None:
        """Condition of frames or the noise that generator ``to`` reads there, (window, time, channel)."""
        if what.name != "noise":
            return self._known("condition", frames)
        rng = np.random.default_rng([*self.sample, "xy".index(frames.day), "xy".index(to)])
        n_frames = int(frames.index.max(initial=0)) + 1
        return rng.standard_normal((n_frames, what.shape[-1]), np.float32)[frames.index]

    def _known(self, what: str, frames: Frames | None) -> np.ndarray | None:
        """Places or condition of frames, (window, time, ...); None where networks need none."""
        known = None if frames is None else getattr(self.prepared[frames.day], what)
        return None if known is None else known[frames.index]


def translate(translator: Translator, prepared: PreparedPair, *, batch_size: int = 8) -> Iterator[Translation]:
    """Translate the test windows of both days, a few at a time.

    Each generator sees every window once per step of the cycle: x and y together, then G(x) and F(y).

    Parameters
    ----------
    translator : Translator
    prepared : PreparedPair
    batch_size : int
        Windows of each day per step; bounds the memory.

    Yields
    ------
    Translation
        Of ``batch_size`` windows per day, fewer in the last.
    """
    x_starts, y_starts = prepared.x.starts.test, prepared.y.starts.test
    for first in range(0, max(len(x_starts), len(y_starts)), batch_size):
        chunk = slice(first, first + batch_size)
        yield translate_starts(translator, prepared, x_starts[chunk], y_starts[chunk], with_truth=True)


def translate_starts(
    translator: Translator, prepared: PreparedPair, x_starts: np.ndarray, y_starts: np.ndarray, *, with_truth: bool
) -> Translation:
    """Translate the windows that begin at ``x_starts`` and ``y_starts``; see :func:`translate`.

    Parameters
    ----------
    with_truth : bool
        Fill in the truth where it is known. Where y is Φ(X) the starts must be equal for that.
    """
    x = prepared.windows_of("x", x_starts)
    y = prepared.windows_of("y", y_starts)
    of_x, of_y = (
        Frames(day, window_frame_indices(starts, prepared.window_frames))
        for day, starts in (("x", x_starts), ("y", y_starts))
    )
    g_x, g_y = translator.to_y(x, y, (of_x, of_y))
    f_x, f_y = translator.to_x(x, y, (of_x, of_y))
    _, f_g_x = translator.to_x(x[:0], g_x, (_none(of_x), of_x))  # a cycle stays at the frames it began with
    g_f_y, _ = translator.to_y(f_y, y[:0], (of_y, _none(of_y)))
    return Translation(
        x_starts=x_starts, y_starts=y_starts, x=x, g_x=g_x, f_g_x=f_g_x, f_x=f_x, y=y, f_y=f_y, g_f_y=g_f_y, g_y=g_y,
        truth_y=prepared.truth_of("x", x_starts) if with_truth else None,
        truth_x=prepared.truth_of("y", y_starts) if with_truth else None,
    )  # fmt: skip


def translate_across(
    translator: Translator, prepared: PreparedPair, x_starts: np.ndarray, y_starts: np.ndarray
) -> dict[str, np.ndarray]:
    """Return G(x) and F(y) alone, as ``g_x`` and ``f_y``, of the windows that begin there; (window, time, neuron)."""
    x, y = prepared.windows_of("x", x_starts), prepared.windows_of("y", y_starts)
    of_x, of_y = (
        Frames(day, window_frame_indices(starts, prepared.window_frames))
        for day, starts in (("x", x_starts), ("y", y_starts))
    )
    g_x, _ = translator.to_y(x, y[:0], (of_x, _none(of_y)))
    _, f_y = translator.to_x(x[:0], y, (_none(of_x), of_y))
    return {"g_x": g_x, "f_y": f_y}


def _none(frames: Frames) -> Frames:
    return Frames(frames.day, frames.index[:0])
