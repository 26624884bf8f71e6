"""``cyclegan-neuro simulate --output_dir DIR``: simulated days with known truth, as files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import get_args

from cyclegan_neuro.cli.console import new_parser, path_from, report_user_errors
from cyclegan_neuro.configuration.sections import IndicatorName, LearningKind
from cyclegan_neuro.recordings.atomic import make_directory, refuse_existing
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate.presets import FRAME_RATE_HZ, PRESETS
from cyclegan_neuro.training.interruption import stopping_on_signals

__all__ = ["main"]

_EPILOG = """\
examples:
  {simulate} --output_dir simulated
  {simulate} --output_dir short --preset mouse_3 --duration_s 60 --seed 2 --phi

The files hold the recordings in the project's HDF5 layout, with the behaviour and the truth.
docs/simulator.md describes what is simulated.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files; return the exit code."""
    options = _parser().parse_args(arguments)
    with report_user_errors(), stopping_on_signals():
        _write(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("simulate", "Simulate a novice and an expert day of a mouse in a virtual corridor.", _EPILOG)
    parser.add_argument("--output_dir", type=path_from, required=True, metavar="DIR", help="directory for the files")
    parser.add_argument("--preset", default="mouse_1", help=", ".join(PRESETS) + " (default mouse_1)")
    parser.add_argument("--seed", type=int, default=1, help="one seed gives the same files (default 1)")
    parser.add_argument("--duration_s", type=float, metavar="S", help="length of each day in seconds (default 895)")
    parser.add_argument("--n_neurons", type=int, metavar="N", help="number of neurons (default: the preset's)")
    parser.add_argument(
        "--frame_rate_hz", type=float, default=FRAME_RATE_HZ, metavar="R", help="frame rate in Hz (default 24)"
    )
    parser.add_argument(
        "--indicator", default="gcamp6f", metavar="NAME", help=", ".join(get_args(IndicatorName)) + " (default gcamp6f)"
    )
    parser.add_argument(
        "--learning", default="tuning", metavar="KIND", help=", ".join(get_args(LearningKind)) + " (default tuning)"
    )
    parser.add_argument("--share", type=float, help="share of neurons that learning changes (default 0.4)")
    parser.add_argument(
        "--drift",
        type=float,
        default=0.0,
        help="of every neuron between the days: standard deviation of the change of its strength's logarithm, and of "
        "its field's place in units of 20 cm (default 0)",
    )
    parser.add_argument(
        "--phi",
        action="store_true",
        help="also write phi.h5: the novice day cut into windows and transformed by Φ (Eq. 6), its neurons in the "
        "order of the file",
    )
    parser.add_argument(
        "--window_frames", type=int, default=2048, metavar="H", help="length of the windows of --phi (default 2048)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the files if they exist")
    return parser


def _write(options: argparse.Namespace) -> None:
    directory = options.output_dir
    names = ["novice.h5", "expert.h5", *(["phi.h5"] if options.phi else [])]
    refuse_existing(*(directory / name for name in names), overwrite=options.overwrite, option="--overwrite")
    recordings = _simulate(options)
    make_directory(directory, option="--output_dir")
    # Here and not above, so that --help does not wait for the file formats.
    from cyclegan_neuro.recordings.writing import write_recording

    for name, recording in zip(names, recordings, strict=True):
        path = write_recording(recording, directory / name, overwrite=True)
        print(
            f"{path}: {recording.session}, {recording.n_neurons} neurons, {recording.n_frames:,} frames "
            f"at {recording.frame_rate_hz:g} Hz{_truth(recording)}"
        )


def _simulate(options: argparse.Namespace) -> list[Recording]:
    # Here and not above, so that --help does not wait for scipy.
    from cyclegan_neuro.recordings.simulate.days import simulate_days
    from cyclegan_neuro.recordings.simulate.phi import phi_recording

    novice, expert = simulate_days(
        preset=options.preset,
        seed=options.seed,
        duration_s=options.duration_s,
        n_neurons=options.n_neurons,
        frame_rate_hz=options.frame_rate_hz,
        indicator=options.indicator,
        learning=options.learning,
        share=options.share,
        drift=options.drift,
    )
    if not options.phi:
        return [novice, expert]
    return [novice, expert, phi_recording(novice, window_frames=options.window_frames, seed=options.seed)]


def _truth(recording: Recording) -> str:
    if recording.truth is None:
        return ""
    kinds = {kind: int((recording.truth.change == kind).sum()) for kind in dict.fromkeys(recording.truth.change)}
    return "; " + ", ".join(f"{count} {'unchanged' if kind == 'none' else kind}" for kind, count in kinds.items())


if __name__ == "__main__":
    raise SystemExit(main())
