"""From the folders of runs to the folder of a comparison."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from cyclegan_neuro.compare.grouping import group, reference_of
from cyclegan_neuro.compare.runs import find_runs
from cyclegan_neuro.compare.scores import asked_group, score_groups
from cyclegan_neuro.compare.story import FORMAT, Comparison
from cyclegan_neuro.compare.summary import MAIN, OTHERS, PAIRED
from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.evaluation.contents import Evaluation
from cyclegan_neuro.report.files import replacing_directory, unique_slugs
from cyclegan_neuro.report.latex import write_latex
from cyclegan_neuro.report.page import Ending
from cyclegan_neuro.report.tables import write_json
from cyclegan_neuro.report.write import write_page

__all__ = ["compare_runs", "write_comparison"]

_FILE = "comparison.json"
_OURS = ("index.html", _FILE, "figures/*.png", "figures/*.svg", "tables/*.csv", "tables/*.tex")
_TO_REPEAT = "The command that made this page; it reads the runs again, as they are then."
_LOG = logging.getLogger(__name__)


def compare_runs(
    paths: Sequence[Path],
    *,
    by: Sequence[str] | None = None,
    over: Sequence[str] | None = None,
    scores: Sequence[str] = (),
    reference: Sequence[str] = (),
    allow_missing: bool = False,
) -> Comparison:
    """Read evaluated runs of one system and group them.

    Parameters
    ----------
    paths : sequence of Path
        Run directories, folders that hold some, folders of grids.
    by, over : sequence of str, optional
        Settings that tell configurations apart, and that are averaged over; see
        :func:`cyclegan_neuro.compare.grouping.group`.
    scores : sequence of str
        Numbers of ``metrics.json`` to put first: dotted paths, with ``:low``, ``:high`` or ``:0.5`` for what is better.
    reference : sequence of str
        Settings ``a.b=c`` of the configuration that others are compared with; by default the best.
    allow_missing : bool
        Whether runs that were not evaluated are listed instead of refused.

    Raises
    ------
    UserError
        If there is no evaluated run, a file is damaged, systems differ, or a setting or score is unknown.
    """
    found = find_runs([Path(path) for path in paths], allow_missing=allow_missing)
    grouping = group(found, by=by, over=over)
    metrics = [run.metrics for run in grouping.runs]
    asked = (asked_group(scores, metrics),) if scores else ()
    return Comparison(
        found, grouping, (*asked, *score_groups(metrics)), reference_of(grouping, reference) if reference else None
    )


def write_comparison(comparison: Comparison, output_dir: Path, *, command_line: str, latex: bool = False) -> Path:
    """Write index.html, figures/, tables/ and comparison.json; an older comparison there is replaced.

    Parameters
    ----------
    comparison : Comparison
    output_dir : Path
    command_line : str
        Shown as the way to repeat it.
    latex : bool
        Whether tables are written as LaTeX too.

    Returns
    -------
    Path
        ``index.html``.

    Raises
    ------
    RunDirectoryError
        If ``output_dir`` holds something else, or cannot be written to.
    """
    output_dir = Path(output_dir)
    _refuse_others(output_dir)
    evaluation, runs = comparison.evaluation(), comparison.grouping.runs
    system = runs[0].system
    with replacing_directory(output_dir) as folder:
        write_json(evaluation.metrics, folder / _FILE)
        write_page(
            evaluation,
            folder,
            name=f"{system}: comparison of {len(runs)} runs",
            title=f"{system} comparison",
            where=f"{len(runs)} runs; written to {output_dir}",
            ending=Ending("How to repeat this comparison", _TO_REPEAT, (command_line,), {}),
        )
        if latex:
            _write_latex(evaluation, folder / "tables")
    _LOG.info("comparison written to %s", output_dir / "index.html")
    return output_dir / "index.html"


def _write_latex(evaluation: Evaluation, folder: Path) -> None:
    tables = [one for block in evaluation.blocks if block.title in (MAIN, PAIRED, OTHERS) for one in block.tables]
    for (caption, table), name in zip(tables, unique_slugs(table.slug for _, table in tables), strict=True):
        write_latex(table, folder / f"{name}.tex", caption=caption)


def _refuse_others(output_dir: Path) -> None:
    """Refuse a folder that is not ours as a whole: it would be replaced."""
    if not output_dir.exists() or (output_dir.is_dir() and not any(output_dir.iterdir())):
        return
    names = [file.relative_to(output_dir).as_posix() for file in output_dir.rglob("*") if not file.is_dir()]
    foreign = sorted(name for name in names if not any(fnmatch(name, pattern) for pattern in _OURS))
    if not output_dir.is_dir() or foreign or not _is_ours(output_dir / _FILE):
        raise RunDirectoryError(
            str(output_dir), got=f"something else ({', '.join(foreign[:3]) or 'no comparison'})",
            expected="a new folder, or that of an earlier comparison", fix="choose another --output_dir",
        )  # fmt: skip


def _is_ours(file: Path) -> bool:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("format") == FORMAT
