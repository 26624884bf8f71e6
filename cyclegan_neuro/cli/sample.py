"""``cyclegan-neuro sample``: activity from the generator of a trained run, to a file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from cyclegan_neuro import __version__
from cyclegan_neuro.cli.console import new_parser, number_from, path_from, prepare_console, report_user_errors
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.samples.generated import require_known_ending, write_samples
from cyclegan_neuro.invocation import command
from cyclegan_neuro.recordings.atomic import refuse_existing
from cyclegan_neuro.training.configurations import load, run_config_file
from cyclegan_neuro.training.interruption import stopping_on_signals

__all__ = ["main"]

_EPILOG = """\
examples:
  {sample} --output_dir runs/retina --n_samples 10000 --seed 1 samples.h5
  {sample} --output_dir runs/retina --n_samples 100 samples.mat

.h5 holds a matrix (sample, neuron, bin), which trains again with data.source=samples; .mat holds a Neo block with a
segment per sample, which neo.io.NeoMatlabIO reads.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file; return the exit code."""
    options = _parser().parse_args(arguments)
    with report_user_errors(), stopping_on_signals():
        _sample(options)
    return 0


def _sample(options: argparse.Namespace) -> None:
    require_known_ending(options.file)
    refuse_existing(options.file, overwrite=options.overwrite, option="--overwrite")
    system, config = load(run_config_file(options.output_dir))
    if not system.generates:
        raise ConfigurationError(
            f"{options.output_dir}, system",
            got=f"'{system.name}', which generates nothing from noise",
            expected="a run of a system that generates samples",
            fix=f"use {command('evaluate')}, which writes what this system makes of its recordings",
        )
    prepare_console()
    # Here and not above, so that --help and errors in the configuration do not wait for TensorFlow.
    from cyclegan_neuro.training.run import load_run

    run = load_run(options.output_dir, weights=options.weights or config.evaluation.weights, system=system)
    samples = system.sample(config, run.prepared, run.trainer, n_samples=options.n_samples, seed=options.seed)
    origin = {"system": system.name, "run": str(options.output_dir), "seed": options.seed, "version": __version__}
    path = write_samples(replace(samples, origin=origin), options.file)
    n_samples, n_bins, n_neurons = samples.values.shape
    print(f"{path}: {n_samples:,} samples of {n_bins} bins of {samples.bin_s:g} s, {n_neurons} neurons")


def _parser() -> argparse.ArgumentParser:
    told = "Generate activity with a trained run, of a system that generates from noise."
    parser = new_parser("sample", told, _EPILOG)
    parser.add_argument("file", type=path_from, help="file to write: .h5 (HDF5) or .mat (Neo)")
    parser.add_argument("--output_dir", type=path_from, required=True, metavar="DIR", help="directory of the run")
    parser.add_argument("--n_samples", type=number_from(1), default=1000, metavar="N", help="samples (default 1000)")
    parser.add_argument("--seed", type=number_from(0), default=0, help="one seed gives the same samples (default 0)")
    parser.add_argument(
        "--weights", choices=("best", "last"), help="checkpoint (default: the run's evaluation.weights)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it exists")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
