"""``cyclegan-neuro convert IN OUT``: a recording of any format that is read, as a file of the project or NWB.

Exit code 0 when the file is written, 2 when the recording cannot be used or something is in the way.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from cyclegan_neuro.cli.console import new_parser, path_from, report_user_errors, say
from cyclegan_neuro.cli.reading import add_reader_options, recording_section
from cyclegan_neuro.configuration.paths import expanded
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.training.interruption import stopping_on_signals

__all__ = ["main"]

_EPILOG = """\
examples:
  {convert} day1/suite2p/plane0 day1.h5 --set um_per_pixel=1.2
  {convert} day1.csv day1.nwb --unit percent
  {convert} day1.h5 day1.mat

The ending of OUT chooses: .h5 (the project's own layout), .npz, .mat, or .nwb (pip install 'cyclegan_neuro[nwb]').
What is written is ΔF/F as a fraction, with what is known of neurons and behaviour; {check} shows what is read.
"""
_NOT_DFF = ("noise_units",)  # a file of ΔF/F would hide it


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, check, write; return the exit code."""
    options = _parser().parse_args(arguments)
    with report_user_errors(), stopping_on_signals():
        _convert(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("convert", "Write a recording of any format that is read as HDF5, npz, MATLAB or NWB.", _EPILOG)
    parser.add_argument("recording", metavar="IN", help="file or folder of any format (--format lists them)")
    parser.add_argument("output", metavar="OUT", type=path_from, help="file to write: .h5, .npz, .mat or .nwb")
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it exists")
    add_reader_options(parser)
    return parser


def _convert(options: argparse.Namespace) -> None:
    # Here and not above, so that --help does not wait for scipy and pydantic.
    from cyclegan_neuro.recordings import readers
    from cyclegan_neuro.recordings.atomic import refuse_existing
    from cyclegan_neuro.recordings.checks import require
    from cyclegan_neuro.recordings.loading import load
    from cyclegan_neuro.recordings.writing import write_recording

    source, target = expanded(options.recording), options.output
    readers.for_suffix(target)
    if source.resolve() == target.resolve():
        raise RecordingError(
            str(target), got="the recording itself", expected="another file", fix="choose another name for OUT"
        )
    refuse_existing(target, overwrite=options.overwrite, option="--overwrite")
    reading = load(recording_section(options.recording, options), base_directory=Path())
    findings = reading.check()
    require(findings, also=_NOT_DFF)
    for text in (*reading.notes, *(f"warning: {f}" for f in findings if f.severity == "warning")):
        say(text)
    recording = reading.kept
    write_recording(recording, target, overwrite=options.overwrite)
    print(f"{target}: {recording.n_neurons:,} neurons, {recording.n_frames:,} frames at {recording.frame_rate_hz:g} Hz")


if __name__ == "__main__":
    raise SystemExit(main())
