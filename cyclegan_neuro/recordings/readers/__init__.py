"""File formats, found by name: one module each, with a ``READER``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._guard import decoding, require_file
from cyclegan_neuro.recordings.readers.base import Reader, Source, incomplete

__all__ = ["for_suffix", "get", "names", "open_source", "sniff"]

_HEAD_BYTES = 1024
_SIGNATURES = (
    (b"\x80\x02", "a pickle file (never loaded: it can run code)"),
    (b"\x80\x03", "a pickle file (never loaded: it can run code)"),
    (b"\x80\x04", "a pickle file (never loaded: it can run code)"),
    (b"\x80\x05", "a pickle file (never loaded: it can run code)"),
    (b"\x89HDF", "the beginning of an HDF5 file"),
    (b"PK\x03\x04", "a zip archive without arrays"),
    (b"\x1f\x8b", "a gzip file (unpack it first)"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"II+\x00", "a BigTIFF image"),
    (b"CDF\x01", "a netCDF 3 file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file, as .xls (save it as .xlsx)"),
    (b"\x89PNG", "a PNG image"),
    (b"%PDF", "a PDF document"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself (git lfs pull)"),
)


def names() -> list[str]:
    """Return the names of all formats (the modules of this folder)."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in modules if name != "base" and not name.startswith("_"))


def get(name: str) -> Reader:
    """Return the reader called ``name``.

    Raises
    ------
    RecordingError
        If there is no such format.

    Examples
    --------
    >>> get("npz").title
    'NumPy archive of named arrays'
    """
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        raise RecordingError(
            "format",
            got=repr(name),
            expected=f"auto or one of {', '.join(names())}",
            fix=f"did you mean '{near[0]}'?" if near else "leave it out: auto looks at the content",
        )
    return importlib.import_module(f"{__name__}.{name}").READER


def sniff(path: Path) -> Reader:
    """Return the reader that recognises the content of ``path``, a file or a folder, whatever its ending.

    Raises
    ------
    RecordingError
        If the file does not exist, cannot be opened, or is of a type that no reader knows.
    """
    head = _head(path)
    readers = sorted(map(get, names()), key=lambda reader: -reader.specificity)
    for reader in readers:
        if _takes(reader, path, head):
            return reader
    if path.is_dir():
        folders = ", ".join(f"{reader.name} ({reader.title})" for reader in readers if reader.folders)
        raise RecordingError(
            str(path), got="a directory", expected=f"a file, or a folder of {folders}", fix="name the file itself"
        )
    if head.startswith(b"\x89HDF"):
        raise incomplete(path, found=len(head), declared=None)
    raise RecordingError(
        str(path),
        got=_describe(head),
        expected=f"one of {', '.join(f'{r.name} ({r.title})' for r in map(get, names()))}",
        fix="name the file that holds the traces, or convert it (docs/data_formats.md)",
    )


def for_suffix(path: Path) -> Reader:
    """Return the reader that writes files of this ending.

    Raises
    ------
    RecordingError
        If no format that can be written has it.
    """
    writers = [reader for reader in map(get, names()) if reader.writes]
    found = next((reader for reader in writers if path.suffix.lower() in reader.suffixes), None)
    if found is None:
        known = ", ".join(suffix for reader in writers for suffix in reader.suffixes)
        raise RecordingError(str(path), got=f"ending {path.suffix!r}", expected=f"one of {known}", fix="use .h5")
    return found


@contextmanager
def open_source(path: Path, format: str = "auto") -> Iterator[Source]:
    """Open a file with the reader of this name, or with the one that recognises it.

    Raises
    ------
    RecordingError
        If the file is not of that format, incomplete, damaged or unsafe.
    """
    with decoding(path):
        found = sniff(path)
        reader = found if format == "auto" else get(format)
        if reader is not found and not _takes(reader, path, _head(path)):
            raise RecordingError(
                str(path),
                got=f"a file of format {found.name}",
                expected=f"format {format}",
                fix=f"set format: {found.name}, or leave it at auto",
            )
        with reader.open(path) as source:
            yield source


def _takes(reader: Reader, path: Path, head: bytes) -> bool:
    return (reader.folders or not path.is_dir()) and reader.recognises(path, head)


def _head(path: Path) -> bytes:
    require_file(path, folder=True)
    if path.is_dir():
        return b""
    try:
        with open(path, "rb") as stream:
            return stream.read(_HEAD_BYTES)
    except FileNotFoundError:
        got, fix = "no such file", _nearest_file(path)
    except OSError as error:
        got, fix = error.strerror or str(error), "check the permissions and the disk"
    raise RecordingError(str(path), got=got, expected="a file that can be read", fix=fix)


def _nearest_file(path: Path) -> str:
    siblings = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    near = get_close_matches(path.name, siblings, n=1)
    return f"did you mean '{near[0]}'?" if near else f"check the path; it is resolved to {path.absolute()}"


def _describe(head: bytes) -> str:
    """Return what a file that no reader knows is, in words, from its first bytes."""
    if not head:
        return "an empty file (0 bytes)"
    known = next((name for signature, name in _SIGNATURES if head.startswith(signature)), None)
    if known:
        return known
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end within a character.
        return "text" if error.start > len(head) - 4 else "a binary file of unknown type"
    first_line = text.splitlines()[0] if text.splitlines() else ""
    if "\0" in text:
        return "a binary file of unknown type"
    return f"text (it begins with {first_line[:40]!r})"
