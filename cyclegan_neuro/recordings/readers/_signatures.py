"""Names for files that are not recordings, told from their first bytes."""

from __future__ import annotations

__all__ = ["describe"]

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
    (b"\x89PNG", "a PNG image"),
    (b"%PDF", "a PDF document"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself (git lfs pull)"),
)


def describe(head: bytes) -> str:
    """Return what a file is, in words.

    Parameters
    ----------
    head : bytes
        Its first bytes.
    """
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
