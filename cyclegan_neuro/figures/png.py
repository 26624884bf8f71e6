"""PNG files with a palette: 0.56 to 0.7 of the size, because a figure has few colours that fill it."""

from __future__ import annotations

import struct
import zlib

import numpy as np

__all__ = ["MOST_COLOURS", "encoded"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _INDEXED = 2, 3  # colour types of the format
MOST_COLOURS = 256
"""That a palette holds."""
_MOST_CELLS = 10_000  # of colours that differ by more than a bit; more are of images over each other
_SEEN, _FEW = 12.0, 0.001  # a distance (of 255) that an eye can see, and the share of pixels that may be as far


def encoded(pixels: np.ndarray, dpi: float) -> bytes:
    """Return a bitmap as a PNG file.

    The most frequent colours make the palette; others, from the edges of letters and curves, become the nearest of
    these. A bitmap in which that would be seen has no palette.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (row, column, 4)
        Red, green, blue, and an opacity that is not looked at.
    dpi : float

    Returns
    -------
    bytes
    """
    height, width, _ = pixels.shape
    found = _with_palette(pixels)
    kind, values = (_RGB, pixels[..., :3]) if found is None else (_INDEXED, found[0])
    per_metre = round(dpi / 0.0254)
    # 0 before each row is "no filter": few colours repeat, a quarter smaller and sooner than with any
    rows = np.pad(values.reshape(height, -1), ((0, 0), (1, 0)))
    chunks = [
        (b"IHDR", struct.pack(">II5B", width, height, 8, kind, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
        *([] if found is None else [(b"PLTE", found[1].tobytes())]),
        (b"IDAT", zlib.compress(rows.tobytes())),
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _with_palette(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the place in the palette of each pixel and the palette (colour, 3), or None where that would be seen."""
    packed = np.ascontiguousarray(pixels).view("<u4")[..., 0]
    cells = ((packed >> 1) & 0x7F) | ((packed >> 2) & 0x3F80) | ((packed >> 3) & 0x1FC000)  # 7 bits of each colour
    counts = np.bincount(cells.ravel(), minlength=1 << 21)
    used = np.flatnonzero(counts)
    if len(used) > _MOST_CELLS:
        return None
    of_cell = np.empty(len(counts), "<u4")
    of_cell[cells] = packed
    colours = of_cell[used].view(np.uint8).reshape(-1, 4)[:, :3]
    palette, nearest, squared = _chosen(colours.astype(np.float32), counts[used])
    if counts[used[squared > _SEEN**2]].sum() > _FEW * packed.size:
        return None
    place = np.empty(len(counts), np.uint8)
    place[used] = nearest
    return place[cells], colours[palette]


def _chosen(colours: np.ndarray, counts: np.ndarray) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Choose colours one by one, each where the pixels that are left are farthest from those chosen, all in all.

    Returns
    -------
    palette : list of int
        Rows of ``colours``.
    nearest : ndarray, shape (colour,)
        The place in the palette that is closest to each.
    squared : ndarray, shape (colour,)
        The square of its distance.
    """
    palette: list[int] = []
    nearest, squared = np.zeros(len(colours), np.uint8), np.full(len(colours), np.inf, np.float32)
    farthest = int(counts.argmax())
    while len(palette) < MOST_COLOURS and squared[farthest] > 0:
        now = np.square(colours - colours[farthest]).sum(axis=1)
        closer = now < squared
        nearest[closer], squared[closer] = len(palette), now[closer]
        palette.append(farthest)
        farthest = int((squared * counts).argmax())
    return palette, nearest, squared
