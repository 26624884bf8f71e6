"""What an evaluated run consists of; the report writes it without knowing the system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Block", "Evaluation", "Table"]


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
    """

    slug: str
    columns: tuple[str, ...]
    rows: tuple[tuple, ...]


@dataclass(frozen=True, eq=False)
class Block:
    """A piece of the report: a heading, paragraphs, then tables and figures with captions.

    Attributes
    ----------
    title : str
    paragraphs : tuple of str
        Plain text; the template escapes it.
    tables : tuple of (caption, Table)
    figures : tuple of (slug, caption, Figure)
    """

    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[tuple[str, Table], ...] = ()
    figures: tuple[tuple[str, str, Figure], ...] = ()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Every number and figure of a run.

    Attributes
    ----------
    summary : tuple of str
        At most six sentences made from the numbers.
    blocks : tuple of Block
        In the order of the story: what went in, did the mapping work, what changed.
    metrics : dict
        JSON-ready content of ``metrics.json`` but ``system``, ``timing`` and ``versions``.
    """

    summary: tuple[str, ...]
    blocks: tuple[Block, ...]
    metrics: dict = field(default_factory=dict)
