"""From an :class:`Evaluation` to the files of a report."""

from __future__ import annotations

import base64
import logging
import shlex
from itertools import count, islice
from pathlib import Path
from typing import Any

from markupsafe import Markup

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.evaluation.contents import Evaluation, Picture, Sentence
from cyclegan_neuro.figures.drawing import DrawnFigure
from cyclegan_neuro.interpret.storage import MAPS_FILE, write_arrays
from cyclegan_neuro.invocation import command
from cyclegan_neuro.recordings.atomic import replacing
from cyclegan_neuro.report.drawing import draw_all
from cyclegan_neuro.report.files import replacing_directory, unique_slugs
from cyclegan_neuro.report.page import Ending, FigureOnPage, SectionOnPage, render_page, table_on_page
from cyclegan_neuro.report.tables import format_cell, write_csv, write_json

__all__ = ["flatten", "write_page", "write_report", "write_single_page"]

_PAGE_DPI = 84  # CSS pixels per inch of a figure: the widest just fill the page
_TO_REPEAT = (
    "The file config.yaml of the run directory holds the configuration below. "
    "Train it again into another directory, and evaluate it:"
)
_LOG = logging.getLogger(__name__)


def write_report(
    evaluation: Evaluation,
    *,
    run_directory: Path,
    system_name: str,
    config_yaml: str,
    environment: dict,
    inputs: dict,
    status: dict,
    weights: dict,
    timing: dict,
) -> Path:
    """Write ``report/`` of a run: index.html, figures/, tables/, metrics.json and, where there are maps, maps.h5.

    The folder is written beside the old one and takes its place when it is whole. The caller holds the lock of the
    run's evaluations.

    Parameters
    ----------
    evaluation : Evaluation
    run_directory : Path
    system_name : str
    config_yaml : str
        The resolved configuration.
    environment, inputs, status, weights, timing : dict
        JSON-ready; ``weights`` (which checkpoint the report is about), ``timing`` and ``environment["versions"]`` go
        into ``metrics.json``.

    Returns
    -------
    Path
        ``report/index.html``.

    Raises
    ------
    RunDirectoryError
        If ``run_directory`` is missing or cannot be written to.
    """
    run_directory = Path(run_directory)
    if not run_directory.is_dir():
        raise RunDirectoryError(
            str(run_directory), got="no such directory", expected="the directory of a run", fix="train first"
        )
    target = run_directory / "report"
    with replacing_directory(target) as folder:
        metrics = {"weights": weights, "timing": timing, "versions": environment.get("versions", {})}
        if evaluation.arrays:
            write_arrays(evaluation.arrays, folder / MAPS_FILE.name)
        write_json({"system": system_name, **evaluation.metrics, **metrics}, folder / "metrics.json")
        facts = {"Weights": weights, "Inputs": inputs, "Status": status, "Timing": timing, "Environment": environment}
        write_page(
            evaluation,
            folder,
            name=f"{system_name}: report of {run_directory}",
            title=f"{system_name} report",
            where=f"Run directory: {run_directory}{_told_weights(weights)}",
            ending=Ending(
                "Configuration and how to repeat this run", _TO_REPEAT, (_commands(run_directory), config_yaml),
                {heading: flatten(content) for heading, content in facts.items()},
            ),
        )  # fmt: skip
    _LOG.info("report written to %s", target / "index.html")
    return target / "index.html"


def write_single_page(evaluation: Evaluation, path: Path, *, name: str, title: str, where: str, ending: Ending) -> Path:
    """Write one HTML file that holds all, with its sections open; it appears whole or not at all.

    Parameters
    ----------
    evaluation : Evaluation
    path : Path
    name, title, where, ending
        As for :func:`write_page`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    RunDirectoryError
        If it cannot be written.
    """
    target = Path(path).expanduser()
    page = _page(evaluation, None, name=name, title=title, where=where, ending=ending)
    with replacing(target, error_type=RunDirectoryError) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return target


def write_page(evaluation: Evaluation, folder: Path, *, name: str, title: str, where: str, ending: Ending) -> None:
    """Write index.html, figures/ and tables/ into an empty folder.

    Parameters
    ----------
    evaluation : Evaluation
        Whose metrics and arrays are left to the caller.
    folder : Path
    name, title, where : str
        Of the browser's tab, the heading, and the line under it.
    ending : Ending
    """
    (folder / "figures").mkdir()
    (folder / "tables").mkdir()
    page = _page(evaluation, folder, name=name, title=title, where=where, ending=ending)
    (folder / "index.html").write_text(page, encoding="utf-8")


def _page(evaluation: Evaluation, folder: Path | None, **words: Any) -> str:
    """Return the HTML, and write figures and tables into ``folder`` where there is one."""
    opening, sections = _write_contents(evaluation, folder)
    anchors = {section.block.title: section.anchor for section in sections}
    summary = [_on_page(sentence, anchors) for sentence in evaluation.summary]
    return render_page(
        opening=opening, summary=summary, sections=sections, methods=evaluation.methods,
        references=evaluation.references, alone=folder is None, **words,
    )  # fmt: skip


def _told_weights(weights: dict) -> str:
    return f"; weights '{weights['asked_for']}': epoch {weights['epoch']}, step {weights['step']}" if weights else ""


def _commands(run_directory: Path) -> str:
    again = shlex.quote(f"{run_directory}_again")
    return (
        f"{command('train')} --config {shlex.quote(str(run_directory / 'config.yaml'))} --output_dir {again}\n"
        f"{command('evaluate')} --output_dir {again}"
    )


def flatten(content: dict, prefix: str = "") -> list[tuple[str, str]]:
    """Return nested ``content`` as (dotted name, text); long lists are counted, dicts in lists numbered from 0."""
    lines = []
    for key, value in content.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            lines += flatten(value, f"{name}.")
        elif isinstance(value, list | tuple) and value and all(isinstance(one, dict) for one in value):
            lines += flatten(dict(enumerate(value)), f"{name}.")
        elif isinstance(value, list | tuple):
            lines.append((name, ", ".join(map(str, value)) if len(value) <= 4 else f"{len(value)} entries"))
        else:
            lines.append((name, format_cell(value)))
    return lines


def _on_page(sentence: Sentence | str, anchors: dict[str, str]) -> tuple[str, str, str]:
    """Return a sentence, what it answers, and where its link leads; empty where it has none."""
    if isinstance(sentence, str):
        return sentence, "", ""
    return sentence.told, sentence.asked, anchors.get(sentence.section, "")


def _write_contents(evaluation: Evaluation, folder: Path | None) -> tuple[FigureOnPage | None, list[SectionOnPage]]:
    """Write all tables and figures, if anywhere; return what the page shows of them, numbered throughout."""
    blocks, first = evaluation.blocks, [] if evaluation.opening is None else [evaluation.opening]
    pictures = [*first, *(picture for block in blocks for picture in block.pictures)]
    slugs = unique_slugs(picture.slug for picture in pictures)
    sizes = [tuple(picture.figure.get_size_inches()) for picture in pictures]
    drawn = draw_all([picture.figure for picture in pictures])
    numbered = zip(pictures, slugs, range(1, len(pictures) + 1), sizes, drawn, strict=True)
    figures = iter([_write_picture(*one, folder) for one in numbered])
    table_slugs = iter(unique_slugs(table.slug for block in blocks for _, table in block.tables))
    numbers = count(1)
    opening = next(figures) if first else None
    sections = []
    for block, anchor in zip(blocks, unique_slugs(block.title for block in blocks), strict=True):
        tables = []
        for caption, table in block.tables:
            name = next(table_slugs)
            if folder is not None:
                write_csv(table, folder / "tables" / f"{name}.csv")
            tables.append(table_on_page(table, number=next(numbers), slug=name, caption=caption))
        sections.append(SectionOnPage(anchor, block, tuple(islice(figures, len(block.pictures))), tuple(tables)))
    return opening, sections


def _write_picture(
    picture: Picture, slug: str, number: int, size_inch: tuple[float, ...], drawn: DrawnFigure, folder: Path | None
) -> FigureOnPage:
    """Write PNG and SVG, if anywhere; return the picture with its smaller bitmap as a data URI."""
    if folder is not None:
        (folder / "figures" / f"{slug}.png").write_bytes(drawn.png)
        (folder / "figures" / f"{slug}.svg").write_bytes(drawn.svg)
    data_uri = Markup("data:image/webp;base64,") + base64.b64encode(drawn.webp).decode("ascii")
    width_px, height_px = (round(inches * _PAGE_DPI) for inches in size_inch)
    return FigureOnPage(number, slug, picture, data_uri, (width_px, height_px))
