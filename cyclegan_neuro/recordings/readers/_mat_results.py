"""What readers of a program's results in a MATLAB file share: where the results lie, rate, centres of footprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers import mat
from cyclegan_neuro.recordings.readers.base import Entry, Source

__all__ = ["MatResults", "centres_of_images", "located", "opened"]


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a MATLAB file."""
    with mat.READER.open(path) as source:
        yield source


def located(path: Path, head: bytes, structures: Iterable[str], *needed: str | tuple[str, ...]) -> str | None:
    """Return the structure that holds the results: the first with all of these fields; None where there is none.

    Parameters
    ----------
    path : Path
    head : bytes
        The beginning of the file.
    structures : iterable of str
        Names to try, ``""`` for the file itself.
    *needed : str or tuple of str
        Fields that make the results those of a program; of a tuple one is enough.
    """
    if path.is_dir() or not mat.READER.recognises(path, head):
        return None
    try:
        with opened(path) as source:
            for structure in structures:
                prefix = f"{structure}/" if structure else ""
                named = ((one,) if isinstance(one, str) else one for one in needed)
                if all(any(source.find(prefix + name) is not None for name in names) for names in named):
                    return structure
    except Exception:  # whoever reads MATLAB files says what is wrong with it
        pass
    return None


class MatResults(Source):
    """Results of a program in a structure of a MATLAB file; everything in the file can be named by its path.

    Parameters
    ----------
    inner : Source
        The open MATLAB file.
    structure : str
        Where the results lie; ``""`` for the file itself.
    description : str
    """

    centres_in_pixels = True

    def __init__(self, inner: Source, structure: str, description: str):
        self.path, self.description = inner.path, f"{description}, in a {inner.description}"
        self.notes: list[str] = []
        self.aliases: dict[str, str] = {}
        self._inner, self._prefix = inner, f"{structure}/" if structure else ""

    def entries(self) -> dict[str, Entry]:
        return {name: self.find(name) or entry for name, entry in self._inner.entries().items()}

    def find(self, name: str) -> Entry | None:
        return self._inner.find(name)

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        return self._inner.read(name, dtype=dtype, transpose=transpose)

    def inside(self, name: str) -> Entry | None:
        """Return a field of the results, None where there is none."""
        return self._inner.find(self._prefix + name)

    def matrix(self, name: str) -> tuple[int, int] | None:
        """Return the shape of a field that is a matrix of numbers, None of anything else."""
        entry = self.inside(name)
        fits = entry is not None and entry.kind == "number" and len(entry.shape) == 2 and min(entry.shape) > 0
        return (entry.shape[0], entry.shape[1]) if fits else None

    def number(self, *names: str) -> float | None:
        """Return the first field that is one number, finite and above 0."""
        for name in names:
            entry = self.inside(name)
            if entry is not None and entry.kind == "number" and np.prod(entry.shape) == 1:
                value = float(self._inner.read(self._prefix + name).reshape(-1)[0])
                if np.isfinite(value) and value > 0:
                    return value
        return None

    def text(self, name: str) -> str:
        """Return a field of text, '' where there is none."""
        entry = self.inside(name)
        if entry is None or entry.kind != "text":
            return ""
        value = self._inner.read(self._prefix + name).reshape(-1)
        return str(value[0]) if value.size else ""

    def require_rate(self, frame_rate_hz: float | None, named: bool) -> None:
        """Refuse results without a rate.

        Raises
        ------
        RecordingError
        """
        if frame_rate_hz is None and not named and "frame_rate_hz" not in self.aliases:
            raise RecordingError(
                f"{self.path}, field frame_rate_hz", got="no rate in the results", expected="frames per second",
                fix="set frame_rate_hz: 30.0 with the rate of your microscope",
            )  # fmt: skip


def centres_of_images(images: np.ndarray) -> np.ndarray:
    """Return centres of mass of footprints.

    Parameters
    ----------
    images : ndarray of float, shape (height, width, neuron)

    Returns
    -------
    ndarray of float32, shape (neuron, xy)
        In pixels from 0; NaN of a footprint that is empty.

    Examples
    --------
    >>> image = np.zeros((3, 4, 1))
    >>> image[2, 1] = 5.0
    >>> centres_of_images(image).tolist()
    [[1.0, 2.0]]
    """
    weight = np.abs(images)
    across, down = (weight.sum(axis=axis, dtype=np.float64) for axis in (0, 1))  # (width, neuron), (height, neuron)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.arange(len(across)) @ across / across.sum(axis=0)
        y = np.arange(len(down)) @ down / down.sum(axis=0)
    return np.stack([x, y], axis=1).astype(np.float32)
