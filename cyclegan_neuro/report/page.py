"""The page of a report: one HTML file that needs no other, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cyclegan_neuro.evaluation.contents import Block, Picture, Table
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.report.tables import column_order, format_cell, sort_number

__all__ = ["FOLDED_ROWS", "Ending", "FigureOnPage", "SectionOnPage", "TableOnPage", "render_page", "table_on_page"]

FOLDED_ROWS = 8
"""Tables with more rows than this are folded on screen (never in print)."""

_SHORT_ROWS = 12
_MANY_COLUMNS, _VERY_MANY_COLUMNS = 6, 9


@dataclass(frozen=True, eq=False)
class FigureOnPage:
    """A picture as the template draws it: numbered, with its bitmap and its size on the page in CSS pixels."""

    number: int
    slug: str
    picture: Picture
    data_uri: Markup
    size_px: tuple[int, int]


@dataclass(frozen=True)
class _Column:
    heading: str
    is_number: bool  # nothing but numbers and dashes: set flush right
    order: str | None  # see column_order


@dataclass(frozen=True)
class _Cell:
    text: str
    number: float | None  # what it is sorted by
    marked: bool


@dataclass(frozen=True)
class TableOnPage:
    """A table as the template draws it; see :func:`table_on_page`.

    Attributes
    ----------
    classes : str
        ``sortable``; ``short`` for one that print keeps on one page; ``many`` and ``very-many`` for one whose columns
        need a smaller print.
    folded : bool
        Whether the screen shows it only when it is asked for.
    ruled : int or None
        The row above which a rule is drawn.
    """

    number: int
    slug: str
    caption: str
    columns: tuple[_Column, ...]
    rows: tuple[tuple[_Cell, ...], ...]
    classes: str
    folded: bool
    ruled: int | None


@dataclass(frozen=True, eq=False)
class SectionOnPage:
    """A block with its tables and figures, and the address of its section."""

    anchor: str
    block: Block
    figures: tuple[FigureOnPage, ...]
    tables: tuple[TableOnPage, ...]

    @property
    def holds(self) -> str:
        """What the closed section holds, for example ``2 figures, 1 table``."""
        counts = ((len(self.figures), "figure"), (len(self.tables), "table"))
        return ", ".join(plural(n, noun) for n, noun in counts if n)


@dataclass(frozen=True)
class Ending:
    """The last section of a page: how what it shows came about, and how to repeat it.

    Attributes
    ----------
    title, told : str
    texts : tuple of str
        Commands and files, as they are.
    facts : dict of str to list of (name, text)
        Tables by their headings; those without lines are left out.
    """

    title: str
    told: str
    texts: tuple[str, ...]
    facts: dict[str, list[tuple[str, str]]]


def table_on_page(table: Table, *, number: int, slug: str, caption: str) -> TableOnPage:
    """Return ``table`` with its cells as text, and with what is needed to sort it."""
    cells = [[row[index] for row in table.rows] for index in range(len(table.columns))]
    columns = tuple(
        _Column(heading, not any(isinstance(cell, str) for cell in column), column_order(column))
        for heading, column in zip(table.columns, cells, strict=True)
    )
    rows = tuple(
        tuple(
            _Cell(format_cell(cell), sort_number(cell) if column.order == "number" else None, (i, j) in table.marked)
            for j, (cell, column) in enumerate(zip(row, columns, strict=True))
        )
        for i, row in enumerate(table.rows)
    )
    folded = table.folds and len(rows) > FOLDED_ROWS
    return TableOnPage(number, slug, caption, columns, rows, _classes(table), folded, table.ruled)


def _classes(table: Table) -> str:
    n_rows, n_columns = len(table.rows), len(table.columns)
    named = {
        "sortable": n_rows > 1, "short": n_rows <= _SHORT_ROWS, "many": _MANY_COLUMNS < n_columns <= _VERY_MANY_COLUMNS,
        "very-many": n_columns > _VERY_MANY_COLUMNS,
    }  # fmt: skip
    return " ".join(name for name, applies in named.items() if applies)


def render_page(**content: Any) -> str:
    """Return the HTML of a report.

    Parameters
    ----------
    **content
        What the template ``report.html.j2`` shows: ``title``, ``name`` (of the tab), ``where``, ``opening``,
        ``summary`` (sentence, question, anchor), ``sections``, ``methods``, ``references``, ``ending`` (an
        :class:`Ending`), ``alone`` (whether no files of figures and tables lie beside it). All text is escaped.

    Notes
    -----
    The page's Content-Security-Policy forbids everything but its own style, its own script (both by their SHA-256) and
    images within the page: text that a recording brings along can neither run nor load anything.
    """
    style, script = _template_text("page.css"), _template_text("page.js")
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src {_source_hash(style)}; script-src {_source_hash(script)}"
    )
    template = _environment().get_template("report.html.j2")
    return template.render(policy=Markup(policy), style=Markup(style), script=Markup(script), **content)


def _template_text(name: str) -> str:
    """Return a template's text with the line ends that a browser hashes, wherever it was checked out."""
    text = files("cyclegan_neuro.report").joinpath("templates", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("cyclegan_neuro.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
