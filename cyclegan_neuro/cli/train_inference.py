"""``cyclegan-neuro train_inference``: train spike inference for a frame rate."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from cyclegan_neuro.cli.console import new_parser, number_from, path_from, prepare_console, report_user_errors
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

__all__ = ["main"]

_EPILOG = """\
examples:
  {train_inference} --ground_truth FOLDER --frame_rate 24 --output_dir inference_24hz
  {train_inference} --ground_truth FOLDER --frame_rate 7.5 --smoothing_s 0.2 \\
      --noise_levels 1 2 3 4 --no_accuracy --output_dir inference_7.5hz

The networks are then used with
  {infer} RECORDING --models inference_7.5hz --output FILE
docs/spike_inference.md tells what is trained, on what, and how good it is. An interrupted training goes on when the
command is given again. tensorboard --logdir DIR/tensorboard shows the losses.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, measure, write; return the exit code."""
    options = _parser().parse_args(arguments)
    with report_user_errors():
        _run(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    defaults = TrainingSettings(frame_rate_hz=30.0)
    told = "Train networks that infer spikes from dF/F at one frame rate, and measure them on unseen data sets."
    parser = new_parser("train_inference", told, _EPILOG)
    parser.add_argument(
        "--ground_truth", type=path_from, required=True, metavar="FOLDER",
        help="simultaneous dF/F and spikes: an HDF5 file of the layout in docs/spike_inference.md, a folder with such "
        "files, or CASCADE's folder of data sets with .mat files",
    )  # fmt: skip
    parser.add_argument(
        "--frame_rate", type=number_from(0.1, float), required=True, metavar="HZ", help="frame rate of your recordings"
    )
    parser.add_argument(
        "--output_dir", type=path_from, required=True, metavar="DIR", help="where networks and tables go"
    )
    parser.add_argument(
        "--noise_levels", type=number_from(1), nargs="+", default=list(defaults.noise_levels), metavar="N",
        help="noise levels to train for, in %% per sqrt(Hz) (default 1 to 8)",
    )  # fmt: skip
    parser.add_argument(
        "--ensemble_size", type=number_from(1), default=defaults.ensemble_size, metavar="N",
        help=f"networks per noise level, whose rates are averaged (default {defaults.ensemble_size})",
    )  # fmt: skip
    parser.add_argument(
        "--epochs", type=number_from(1), default=defaults.epochs, metavar="N",
        help=f"passes over the ground truth (default {defaults.epochs})",
    )  # fmt: skip
    parser.add_argument(
        "--smoothing_s", type=number_from(0, float), default=defaults.smoothing_s, metavar="S",
        help="standard deviation of the Gaussian that smooths the true spikes, in s "
        f"(default {defaults.smoothing_s:g}; about 1.5 frames)",
    )  # fmt: skip
    parser.add_argument("--causal", action="store_true", help="keep only the half of the Gaussian after a spike")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="one seed gives the same networks (default 0)")
    parser.add_argument(
        "--no_accuracy", action="store_true",
        help="do not measure accuracy, which trains further networks without each data set in turn",
    )  # fmt: skip
    parser.add_argument(
        "--processes", type=number_from(1), default=os.cpu_count() or 1, metavar="N",
        help="networks trained at the same time, one core each (default: all cores)",
    )  # fmt: skip
    return parser


def _run(options: argparse.Namespace) -> None:
    settings = _settings(options)
    prepare_console()
    from cyclegan_neuro.spikes.inference.training.accuracy import SIGMAS_S, summaries
    from cyclegan_neuro.spikes.inference.training.workflow import train_models

    path, results = train_models(
        settings,
        ground_truth=options.ground_truth,
        output_dir=options.output_dir,
        processes=options.processes,
        accuracy=not options.no_accuracy,
    )
    if results:
        print("each data set inferred by networks that did not see it; medians over cells")
        print(f"{'data set':36} {'cells':>5}  {'sigma s':>7}  {'correlation':>11}  {'error':>6}  {'bias':>6}")
        for sigma in SIGMAS_S:
            for name, row in summaries(results, best_lag=False)[sigma].items():
                numbers = f"{row.correlation:11.3f}  {row.error:6.2f}  {row.bias:+6.2f}"
                print(f"{name:36} {row.n_cells:5}  {sigma:7g}  {numbers}")
    print(path)


def _settings(options: argparse.Namespace) -> TrainingSettings:
    return TrainingSettings(
        frame_rate_hz=options.frame_rate, noise_levels=tuple(sorted(set(options.noise_levels))),
        ensemble_size=options.ensemble_size, epochs=options.epochs, smoothing_s=options.smoothing_s,
        causal=options.causal, seed=options.seed,
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
