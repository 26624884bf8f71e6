"""``cyclegan-neuro compare``: many evaluated runs beside each other, in one report."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from cyclegan_neuro.cli.console import new_parser, path_from, report_user_errors
from cyclegan_neuro.invocation import command
from cyclegan_neuro.training.interruption import stopping_on_signals

__all__ = ["main"]

_EPILOG = """\
examples:
  {compare} runs/grid --output_dir runs/grid_report
  {compare} runs/gan_* runs/lsgan_* --output_dir report --reference objective.name=lsgan
  {compare} runs/grid --output_dir report --by objective.name --scores tuning.changed_y.*.mae:low

Settings that differ between runs tell configurations apart; seeds and animals are averaged over. --by and --over say
otherwise. In a score * stands for the run's own model and its rivals; :low, :high or :0.5 says what is better.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print the path of the report."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(arguments)
    with report_user_errors(), stopping_on_signals():
        from cyclegan_neuro.compare.write import compare_runs, write_comparison

        comparison = compare_runs(
            options.runs, by=options.by, over=options.over, scores=options.scores, reference=options.reference,
            allow_missing=options.allow_missing,
        )  # fmt: skip
        told = f"{command('compare')} {shlex.join(arguments)}"
        index = write_comparison(comparison, options.output_dir, command_line=told, latex=options.latex)
        if options.tensorboard is not None:
            from cyclegan_neuro.compare.hparams import write_hparams
            from cyclegan_neuro.quiet import import_tensorflow_quietly

            import_tensorflow_quietly()
            write_hparams(comparison, options.tensorboard)
        print(index)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("compare", "Compare evaluated runs of one system in one report.", _EPILOG)
    parser.add_argument(
        "runs",
        type=path_from,
        nargs="+",
        metavar="RUN",
        help="run directory, folder that holds some, or folder of a grid",
    )
    parser.add_argument("--output_dir", type=path_from, required=True, metavar="DIR", help="folder of the report")
    parser.add_argument("--by", nargs="+", metavar="a.b", help="settings that tell configurations apart")
    parser.add_argument("--over", nargs="+", metavar="a.b", help="settings that are averaged over")
    parser.add_argument(
        "--scores", nargs="+", default=[], metavar="PATH", help="numbers of metrics.json to lead with, for example "
        "validation_distance.model:low",
    )  # fmt: skip
    parser.add_argument(
        "--reference", nargs="+", default=[], metavar="a.b=c",
        help="configuration that the others are compared with; by default the best of each score",
    )  # fmt: skip
    parser.add_argument("--allow_missing", action="store_true", help="list runs that were not evaluated, do not refuse")
    parser.add_argument("--latex", action="store_true", help="write the tables as LaTeX (booktabs) too, in tables/")
    parser.add_argument(
        "--tensorboard",
        type=path_from,
        metavar="DIR",
        help="write settings and scores for TensorBoard's HParams tab there",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
