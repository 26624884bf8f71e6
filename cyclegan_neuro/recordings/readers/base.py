"""What a file format must offer: recognise a file, list what it holds, read one array of it.

A format is one module of this folder with a ``READER``; the module's name is the
format's name. Everything that concerns recordings (which fields, units, checks)
lies in :mod:`cyclegan_neuro.recordings.loading` and is the same for all formats.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cyclegan_neuro.errors import RecordingError

__all__ = ["SLICE_BYTES", "Entry", "Kind", "Quantity", "Reader", "Source", "damaged", "incomplete", "kind_of"]

Kind = Literal["number", "complex", "text", "object"]
Quantity = Literal["", "dff", "raw", "no background", "detrended", "denoised"]

#: Upper bound of what is read from a file at once, before it is converted.
SLICE_BYTES = 16 * 2**20
_LONGEST_REASON = 200  # of what a library says


@dataclass(frozen=True)
class Entry:
    """One named value in a file.

    Attributes
    ----------
    name : str
        As it is given in ``fields`` of the configuration.
    shape : tuple of int
        As a user of the format sees it (MATLAB's order of axes for MATLAB files).
    type_name : str
        Type in words, for messages.
    kind : {"number", "complex", "text", "object"}
        What :meth:`Source.read` can make of it; ``"object"`` is never read.
    attribute : bool
        Whether it is an attribute rather than an array.
    quantity : {"", "dff", "raw", "no background", "detrended", "denoised"}
        What the traces are, where the format says so: ΔF/F, raw fluorescence (of which ΔF/F is computed), traces whose
        background was taken away (which have no F0), what is called ΔF/F and seems not to be divided by F0, or a
        model's denoised or deconvolved traces (which are refused).
    remedy : str
        What to do where the entry cannot be read, if the format knows.
    """

    name: str
    shape: tuple[int, ...]
    type_name: str
    kind: Kind
    attribute: bool = False
    quantity: Quantity = ""
    certain: bool = True
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.shape} {self.type_name}"


class Source(ABC):
    """An open file.

    Attributes
    ----------
    path : Path
    description : str
        The kind of file, in words.
    aliases : mapping
        Names under which the format keeps fields of the package, by field name.
    unit : {"fraction", "percent"}, optional
        Unit of ΔF/F, where the file states it; a user's word counts more.
    notes : sequence of str
        What was decided or done between the file and the fields, known when they have been read.
    centres_in_pixels : bool
        Whether ``roi_xy_um`` of the format is in pixels, which the user has to give the size of.
    """

    path: Path
    description: str
    aliases: Mapping[str, str] = {}
    unit: Literal["fraction", "percent"] | None = None
    notes: Sequence[str] = ()
    centres_in_pixels: bool = False

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        """Return what a recording is read from, and the names of its fields there.

        Formats that hold several recordings, or say in words of their own what a field is, choose here.

        Parameters
        ----------
        fields : mapping
            Names that the user gives, by field.
        frame_rate_hz : float, optional
            The rate that the user gives.
        transpose : bool
            Whether the user says that the matrix is (neuron, time).

        Raises
        ------
        RecordingError
            If the file holds no recording, or several and ``fields`` names none.
        """
        return self, fields

    def select(self, *, rois: str, min_probability: float | None) -> None:
        """Choose the neurons that everything else is about; the traces and what there is per neuron hold only them.

        Parameters
        ----------
        rois : {"accepted", "all"}
            ``"accepted"`` are those that the program or its user took for cells; all where the file does not say.
        min_probability : float, optional
            Those that are cells with at least this probability, in place of their label.

        Raises
        ------
        RecordingError
            If the format has no such choice, or nothing is left.
        """
        if rois == "accepted" and min_probability is None:
            return
        asked = "rois: all" if min_probability is None else f"min_probability: {min_probability:g}"
        raise RecordingError(
            str(self.path),
            got=f"{asked}, and {self.description}",
            expected="a file that says which regions are cells",
            fix=f"remove {asked.partition(':')[0]}",
        )

    @abstractmethod
    def entries(self) -> dict[str, Entry]:
        """Return everything that can be named, by name."""

    def find(self, name: str) -> Entry | None:
        """Return the entry called ``name``, or None."""
        return self.entries().get(name)

    @abstractmethod
    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        """Read one entry.

        Parameters
        ----------
        name : str
            Of an entry of kind ``"number"`` or ``"text"``.
        dtype : type, optional
            Convert while reading, slice by slice, so that the file's own type never
            stands in memory as a whole; the file's type when absent.
        transpose : bool
            Exchange the two axes of a matrix.

        Returns
        -------
        ndarray
            Numbers, or ``str`` for text.

        Raises
        ------
        RecordingError
            If the shape does not fit into memory or the file is damaged.
        """


class Reader(ABC):
    """A file format.

    Attributes
    ----------
    name, title : str
        The module's name, and one line for lists.
    suffixes : tuple of str
        Usual endings; the first is used for writing.
    writes : bool
        Whether the format can be written.
    leaves_out : tuple of str
        Beginnings of the names of fields that it has no place for.
    specificity : int
        Where two formats recognise one file (every MATLAB 7.3 file is also HDF5), the higher one gets it.
    folders : bool
        Whether a recording of the format is a folder.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    writes: bool = True
    leaves_out: tuple[str, ...] = ()
    specificity: int = 0
    folders: bool = False

    @abstractmethod
    def recognises(self, path: Path, head: bytes) -> bool:
        """Say from the content (``head`` is its first 1,024 bytes, none of a folder) whether it is of this format."""

    @abstractmethod
    def open(self, path: Path) -> AbstractContextManager[Source]:
        """Open the file for reading.

        Raises
        ------
        RecordingError
            If the file is incomplete, damaged or unsafe.
        """

    def write(self, path: Path, values: Mapping[str, Any]) -> None:
        """Write named values to a new file; formats that are only read raise ``RecordingError``."""
        raise RecordingError(
            str(path), got=f"format {self.name}", expected="a format that can be written", fix="write .h5 or .npz"
        )


def kind_of(dtype: np.dtype) -> Kind:
    """Return what the values of a NumPy type are."""
    kinds: dict[str, Kind] = {"biuf": "number", "c": "complex", "SU": "text"}
    return next((kind for letters, kind in kinds.items() if dtype.kind in letters), "object")


def incomplete(path: Path, *, found: int, declared: int | None) -> RecordingError:
    """Return the error for a file that ends too early."""
    of = f" of {declared:,}" if declared else ""
    return RecordingError(
        str(path),
        got=f"an incomplete file ({found:,}{of} bytes)",
        expected="the whole file",
        fix="copy it again from where it came",
    )


def damaged(path: Path, what: str, error: Exception) -> RecordingError:
    """Return the error for content that cannot be decoded."""
    said = (str(error) or type(error).__name__).splitlines()[0][:_LONGEST_REASON]
    return RecordingError(
        str(path),
        got=f"{what} that cannot be decoded ({said})",
        expected="a sound file",
        fix="copy it again from where it came, or write it anew",
    )
