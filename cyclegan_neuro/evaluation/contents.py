"""What an evaluated run consists of; the report writes it without knowing the system."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

__all__ = ["Block", "Evaluation", "Picture", "Reference", "Sentence", "Table", "significant", "told_blocks"]


def significant(value: float, *, digits: int = 3) -> str:
    """Return ``value`` with ``digits`` significant digits, or a dash where it is not finite.

    Examples
    --------
    >>> [significant(v) for v in (0.012345, 894.61, 0.0, 2e-7, float("nan"))]
    ['0.0123', '895', '0', '2.00e-07', '–']
    """
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    exponent = int(f"{value:.{digits - 1}e}".split("e")[1])  # of the rounded value: 0.9999 has that of 1.00
    return f"{value:.{digits - 1}e}" if exponent < -4 else f"{value:,.{max(0, digits - 1 - exponent)}f}"


@dataclass(frozen=True)
class Table:
    """A table of the report and its CSV file.

    Attributes
    ----------
    slug : str
        File name without ending.
    columns : tuple of str
        Headings, with units.
    rows : tuple of tuples
        Cells: str, int, float or None (drawn as a dash; empty in the CSV).
    marked : frozenset of (int, int)
        Row and column, from 0, of the cells that are set in bold.
    ruled : int, optional
        Rows from this one on, from 0, stand below a rule.
    folds : bool
        Whether the screen may fold it where it is long.
    """

    slug: str
    columns: tuple[str, ...]
    rows: tuple[tuple, ...]
    marked: frozenset[tuple[int, int]] = frozenset()
    ruled: int | None = None
    folds: bool = True


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure of the report and its vector copies.

    Attributes
    ----------
    slug : str
        File name without ending.
    caption : str
        Plain text; the template escapes it.
    figure : Figure
    counterpart : str
        What it corresponds to in the paper, for example ``"Figure 4"``; empty where the paper has none.
    """

    slug: str
    caption: str
    figure: Figure
    counterpart: str


@dataclass(frozen=True)
class Reference:
    """A work that the methods cite.

    Attributes
    ----------
    key : str
        Key of the BibTeX entry.
    bibtex : str
        The entry, ready to paste.
    """

    key: str
    bibtex: str


@dataclass(frozen=True, eq=False)
class Block:
    """A section of the report: prose, then tables and figures with captions, then how it was computed.

    Attributes
    ----------
    title : str
    paragraphs : tuple of str
        What was found, under 120 words. Plain text; the template escapes it.
    tables : tuple of (caption, Table)
    pictures : tuple of Picture
    how : tuple of str
        What the numbers are and what they rest on, folded on screen: "How this is computed".
    """

    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[tuple[str, Table], ...] = ()
    pictures: tuple[Picture, ...] = ()
    how: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """An answer on the first screen.

    Attributes
    ----------
    asked : str
        The question, for example ``"Did it work?"``; it becomes the link.
    told : str
    section : str
        Title of the block that the link leads to.
    """

    asked: str
    told: str
    section: str

    def __str__(self) -> str:
        return self.told


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Every number and figure of a run.

    Attributes
    ----------
    summary : tuple of Sentence or str
        What went in, did it work, what changed, is it more than the baselines, how sure; made from the numbers.
    blocks : tuple of Block
        In the order of the story.
    metrics : dict
        JSON-ready content of ``metrics.json`` but ``system``, ``timing`` and ``versions``.
    methods : tuple of str
        Paragraphs for the methods section of a paper, with every parameter.
    references : tuple of Reference
        What the methods cite, in that order.
    arrays : dict of str to ndarray
        Maps for further analysis by their path in ``maps.h5``.
    opening : Picture, optional
        The figure of the first screen: what changed, recorded beside generated, the best baseline and the truth.
    """

    summary: tuple[Sentence | str, ...]
    blocks: tuple[Block, ...]
    metrics: dict = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    opening: Picture | None = None


def told_blocks(blocks: Iterable[Block | None], *, dpi: int) -> tuple[Block, ...]:
    """Return the blocks that there are, with the resolution of their bitmaps set (dots/inch)."""
    told = tuple(block for block in blocks if block is not None)
    for block in told:
        for picture in block.pictures:
            picture.figure.set_dpi(dpi)
    return told
