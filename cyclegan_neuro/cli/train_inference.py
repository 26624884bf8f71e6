"""``cyclegan-neuro train_inference``: train spike inference."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cyclegan_neuro.cli.console import new_parser, number_from, path_from, prepare_console, report_user_errors
from cyclegan_neuro.spikes.inference.training.folds import CELLS, DATA_SETS
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings
from cyclegan_neuro.training.interruption import stopping_on_signals

if TYPE_CHECKING:
    from cyclegan_neuro.spikes.inference.training.workflow import Measured

__all__ = ["main"]

MIN_RATE_HZ = 2.0  # below, the narrowest hats of the network lie between two frames
_KINDS = {
    DATA_SETS: "each data set inferred by networks that did not see it",
    CELLS: "each cell inferred by networks that did not see it, only others of its data set",
}

_EPILOG = """\
examples:
  {train_inference} --ground_truth gcamp6.h5 others.h5 --output_dir inference
  {train_inference} --ground_truth FOLDER --no_accuracy --updates 2000 --output_dir quick

The networks are then used with
  {infer} RECORDING --models inference --output FILE
docs/spike_inference.md tells what is trained, on what, and how good it is. The names of the data sets tell indicator
and cell type (DS24-GCaMP6f-m-PV-V1). An interrupted training goes on when the command is given again. tensorboard
--logdir DIR/tensorboard shows the losses.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, measure, write; return the exit code."""
    options = _parser().parse_args(arguments)
    with report_user_errors(), stopping_on_signals():
        _run(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    defaults = TrainingSettings()
    told = "Train networks that infer spikes from dF/F, and measure them on data sets and cells that they did not see."
    parser = new_parser("train_inference", told, _EPILOG)
    parser.add_argument(
        "--ground_truth", type=path_from, required=True, nargs="+", metavar="PATH",
        help="simultaneous dF/F and spikes: HDF5 files of the layout in docs/spike_inference.md, folders with such "
        "files, or CASCADE's folder of data sets with .mat files",
    )  # fmt: skip
    parser.add_argument(
        "--output_dir", type=path_from, required=True, metavar="DIR", help="where networks and tables go"
    )
    parser.add_argument(
        "--frame_rates", type=number_from(MIN_RATE_HZ, float), nargs="+", default=list(defaults.frame_rates_hz),
        metavar="HZ", help="to which the ground truth is brought for training (default "
        f"{' '.join(f'{rate:g}' for rate in defaults.frame_rates_hz)})",
    )  # fmt: skip
    parser.add_argument(
        "--ensemble_size", type=number_from(1), default=defaults.ensemble_size, metavar="N",
        help=f"networks whose rates are averaged (default {defaults.ensemble_size})",
    )  # fmt: skip
    parser.add_argument(
        "--held_out_size", type=number_from(1), default=defaults.held_out_size, metavar="N",
        help=f"networks of each ensemble that is only measured (default {defaults.held_out_size})",
    )  # fmt: skip
    parser.add_argument(
        "--updates", type=number_from(1), default=defaults.updates, metavar="N",
        help=f"of each network (default {defaults.updates})",
    )  # fmt: skip
    parser.add_argument("--causal", action="store_true", help="keep only the half of the Gaussian after a spike")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="one seed gives the same networks (default 0)")
    measured = parser.add_mutually_exclusive_group()
    measured.add_argument(
        "--hold_out", nargs="+", choices=(DATA_SETS, CELLS), default=[DATA_SETS, CELLS],
        help="what accuracy is measured on, by networks that did not see it: whole data sets, cells (default both)",
    )  # fmt: skip
    measured.add_argument(
        "--no_accuracy", action="store_true", help="measure nothing, which saves the networks that are only measured"
    )
    parser.add_argument(
        "--measure_at", type=number_from(MIN_RATE_HZ, float), nargs="+", default=[30.0], metavar="HZ",
        help="frame rates at which accuracy is measured (default 30)",
    )  # fmt: skip
    parser.add_argument(
        "--processes", type=number_from(1), default=os.cpu_count() or 1, metavar="N",
        help="networks trained at the same time, one core each (default: all cores)",
    )  # fmt: skip
    return parser


def _run(options: argparse.Namespace) -> None:
    settings = _settings(options)
    prepare_console()
    from cyclegan_neuro.spikes.inference.training.workflow import train_models

    path, results = train_models(
        settings,
        ground_truth=options.ground_truth,
        output_dir=options.output_dir,
        processes=options.processes,
        kinds=() if options.no_accuracy else tuple(options.hold_out),
        measured_rates_hz=tuple(options.measure_at),
    )
    for line in _tables(results):
        print(line)
    print(path)


def _tables(results: Sequence[Measured]) -> Iterator[str]:
    from cyclegan_neuro.spikes.inference.training.accuracy import SIGMAS_S, summaries

    for kind, rate in dict.fromkeys((kind, rate) for kind, rate, _ in results):
        cells = [cell for held_out, hz, cell in results if (held_out, hz) == (kind, rate)]
        yield f"{_KINDS[kind]}, {rate:g} Hz; medians over cells"
        yield f"{'data set':36} {'cells':>5}  {'sigma s':>7}  correlation  {'error':>6}  {'bias':>6}  {'lag s':>6}"
        at_best = summaries(cells, best_lag=True)
        for sigma in SIGMAS_S:
            for name, row in summaries(cells, best_lag=False)[sigma].items():
                numbers = f"{row.correlation:11.3f}  {row.error:6.2f}  {row.bias:+6.2f}"
                yield f"{name:36} {row.n_cells:5}  {sigma:7g}  {numbers}  {at_best[sigma][name].lag_s:+6.3f}"


def _settings(options: argparse.Namespace) -> TrainingSettings:
    return TrainingSettings(
        frame_rates_hz=tuple(sorted(set(options.frame_rates))), ensemble_size=options.ensemble_size,
        held_out_size=options.held_out_size, updates=options.updates, causal=options.causal, seed=options.seed,
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
