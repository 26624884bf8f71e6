"""``cyclegan-neuro grid``: from a grid file to many evaluated runs."""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Sequence

from cyclegan_neuro.cli.console import new_parser, number_from, path_from, report_user_errors, show_progress
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.invocation import command
from cyclegan_neuro.training.configurations import shipped_file
from cyclegan_neuro.training.interruption import stopping_on_signals

__all__ = ["main"]

_EPILOG = """\
examples:
  {grid} grids/table_1_cpu.yaml --output_dir runs/table_1 --dry_run
      the cells, their number, and how long they will take
  {grid} grids/table_1_cpu.yaml --output_dir runs/table_1 --workers 2
      two cells side by side; the same line again goes on where the grid was stopped

Every cell is a run directory. Cells with a report are not repeated, interrupted ones go on, failed ones are tried
again.
A section cluster: in the grid file runs them as jobs of Slurm, SGE or PBS (docs/cluster.md).
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the grid, then run what is not done."""
    options = _parser().parse_args(arguments)
    with report_user_errors(), stopping_on_signals(patience_s=None):  # cells save first
        show_progress()
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        _run(options)
    return 0


def _run(options: argparse.Namespace) -> None:
    from cyclegan_neuro.grid.cells import expand
    from cyclegan_neuro.grid.engine import local_plan
    from cyclegan_neuro.grid.file import read_grid
    from cyclegan_neuro.grid.run import describe_cells, open_record, run_grid

    grid = read_grid(options.grid if options.grid.exists() else shipped_file(options.grid))
    _refuse_useless(options, elsewhere=grid.section.cluster is not None or options.scheduler_file is not None)
    record = open_record(grid, expand(grid), options.output_dir)
    plan = local_plan(workers=options.workers, threads=options.threads)
    if options.dry_run:
        cluster = grid.section.cluster
        print(describe_cells(record, jobs=cluster.jobs if cluster else plan.workers))
        return
    run_grid(grid, record, plan=plan, scheduler_file=options.scheduler_file, limit=options.limit)
    left = record.names("waiting")
    if left:
        print(f"{len(left)} of {len(record.cells)} cells are left; without --limit the same command runs them")
        return
    where = shlex.quote(str(options.output_dir))
    print(f"now: {command('compare')} {where} --output_dir {shlex.quote(str(options.output_dir / 'report'))}")


def _refuse_useless(options: argparse.Namespace, *, elsewhere: bool) -> None:
    if elsewhere and (options.workers or options.threads):
        raise ConfigurationError(
            "--workers and --threads", got="one of them", expected="neither where cells run on a cluster",
            fix="leave it out: jobs and cores in the section cluster, or the workers of --scheduler_file, say it",
        )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("grid", "Train and evaluate every combination of settings that a grid file lists.", _EPILOG)
    parser.add_argument(
        "grid", type=path_from, metavar="GRID.yaml", help="a grid file, or one that comes with the package"
    )
    parser.add_argument("--output_dir", type=path_from, required=True, metavar="DIR", help="folder for the runs")
    parser.add_argument("--dry_run", action="store_true", help="print the cells and the time they need, run nothing")
    parser.add_argument("--workers", type=number_from(1), metavar="N", help="cells side by side on this machine "
                        "(default: one per GPU, or per --threads)")  # fmt: skip
    parser.add_argument("--threads", type=number_from(1), metavar="N", help="threads of each cell on this machine")
    parser.add_argument("--limit", type=number_from(1), metavar="N", help="run at most N cells")
    parser.add_argument(
        "--scheduler_file",
        type=path_from,
        metavar="FILE",
        help="run on the workers of a Dask scheduler that you started",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
