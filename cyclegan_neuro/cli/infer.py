"""``cyclegan-neuro infer RECORDING --output FILE``: spikes from ΔF/F.

Exit code 0 when the file is written, 2 when the recording cannot be used or something is in the way.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cyclegan_neuro.cli.console import new_parser, path_from, report_user_errors, say, show_progress
from cyclegan_neuro.cli.reading import add_reader_options, recording_section
from cyclegan_neuro.configuration.paths import expanded
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.invocation import command
from cyclegan_neuro.recordings.atomic import refuse_existing, require_free
from cyclegan_neuro.spikes.endings import ENDINGS, require_ending
from cyclegan_neuro.training.interruption import stopping_on_signals

if TYPE_CHECKING:
    import numpy as np

    from cyclegan_neuro.evaluation.inferred import Inferred
    from cyclegan_neuro.recordings.findings import Finding
    from cyclegan_neuro.recordings.loading import Reading
    from cyclegan_neuro.spikes.inference.recording_spikes import RecordingSpikes

__all__ = ["main"]

_EPILOG = """\
examples:
  {infer} day1.h5 --output day1_spikes.h5 --indicator GCaMP6f --cell_type excitatory
  {infer} suite2p/plane0 --frame_rate 30 --set baseline.near_zero=drop --output spikes.nwb
  {infer} day1.npz --frame_rate 15.5 --output day1_spikes.h5 --neo day1.mat
  {infer} traces.mat --field dff=dFF --transpose --unit percent --output spikes.h5

ΔF/F must be a fraction, neither denoised, nor deconvolved, nor scaled. State the indicator: the size of rates rests on
it. docs/spike_inference.md describes the method, its accuracy, files and page. From Python:
  import cyclegan_neuro as cn
  spikes = cn.infer_spikes(cn.read_recording("day1.h5"))
"""
_NOISIER = 0.5  # above the highest level of the networks: further than they were trained for
_NAMED = 10
_BYTES_PER_VALUE = 4  # of a neuron's frame: rates and counts, compressed
_PAGE_DPI = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Infer, write, print a table; return the exit code."""
    typed = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(typed)
    with report_user_errors(), stopping_on_signals():
        _run(options, f"{command('infer')} {shlex.join(typed)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("infer", "Infer spike rates and spikes from the dF/F of a recording.", _EPILOG)
    parser.add_argument("recording", help="file or folder of any format that is read (--format lists them)")
    parser.add_argument(
        "--output", type=path_from, required=True, metavar="FILE", help=f"file for the spikes: {', '.join(ENDINGS)}"
    )
    page = parser.add_mutually_exclusive_group()
    page.add_argument(
        "--page", type=path_from, metavar="FILE", help="HTML page to look at (default: beside the output)"
    )
    page.add_argument("--no_page", action="store_true", help="write no page")
    parser.add_argument(
        "--models", type=path_from, metavar="PATH",
        help="networks that train_inference made, or a folder of CASCADE (default: those of this package)",
    )  # fmt: skip
    parser.add_argument(
        "--resample", action="store_true",
        help="for networks of one frame rate (CASCADE): bring dF/F to theirs, and the rates back",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=0, help="of how rates become whole spikes; one seed, one result (default 0)"
    )
    parser.add_argument("--neo", type=path_from, metavar="FILE", help="also write Neo spike trains (.mat)")
    parser.add_argument("--overwrite", action="store_true", help="replace the files if they exist")
    parser.add_argument(
        "--nan", choices=("error", "interpolate", "drop_neuron"), default="error",
        help="what to do with NaN: refuse (default), interpolate runs of up to 0.5 s, or leave the neuron out",
    )  # fmt: skip
    add_reader_options(parser)
    return parser


def _run(options: argparse.Namespace, command_line: str) -> None:
    begin = time.monotonic()
    _require_room_for(options)
    reading, findings = _reading(options)
    needed = _BYTES_PER_VALUE * reading.kept.dff.size
    require_free(options.output.parent, needed, what=str(options.output), fix="or choose another --output")
    show_progress()
    from cyclegan_neuro.evaluation.inferred import Inferred
    from cyclegan_neuro.spikes.inference.files import write_neo, write_spikes
    from cyclegan_neuro.spikes.inference.recording_spikes import infer_recording

    spikes = infer_recording(
        reading.kept, models=options.models, resample=options.resample, seed=options.seed, progress=_Progress()
    )
    files = [write_spikes(options.output, spikes)]
    if options.neo:
        files.append(write_neo(options.neo, spikes))
    if page := _page_of(options):
        told = Inferred(reading.kept, spikes, reading.notes, tuple(findings), not options.models)
        files.append(_write_page(page, told, command_line))
    print(_table(spikes, files, time.monotonic() - begin, shipped=options.models is None))


def _require_room_for(options: argparse.Namespace) -> None:
    """Refuse before the work what would fail after it."""
    outputs = [path for path in (options.output, options.neo, _page_of(options)) if path]
    require_ending(options.output)
    if options.neo and options.neo.suffix != ".mat":
        raise RecordingError(
            "--neo", got=str(options.neo), expected="a name that ends with .mat, the format of Neo that is written",
            fix=f"--neo {options.neo.with_suffix('.mat')}",
        )  # fmt: skip
    source = expanded(options.recording)
    if len({path.resolve() for path in (source, *outputs)}) <= len(outputs):
        raise RecordingError(
            "output files", got=", ".join(map(str, outputs)), expected="files of their own, none the recording",
            fix="choose other names",
        )  # fmt: skip
    refuse_existing(*outputs, overwrite=options.overwrite, option="--overwrite")
    for path in outputs:
        if not path.parent.is_dir():
            raise RecordingError(
                str(path.parent), got="no such directory", expected="one that exists", fix="make it, or choose another"
            )


def _page_of(options: argparse.Namespace) -> Path | None:
    return None if options.no_page else options.page or options.output.with_suffix(".html")


def _reading(options: argparse.Namespace) -> tuple[Reading, list[Finding]]:
    """Read and check; show notes and warnings."""
    from cyclegan_neuro.recordings.checks import require
    from cyclegan_neuro.recordings.checks.quantity import NO_SPIKES
    from cyclegan_neuro.recordings.loading import load

    reading = load(recording_section(options.recording, options, nan=options.nan), base_directory=Path())
    findings = reading.check()
    if options.models:  # they may be for any indicator
        findings = [finding for finding in findings if finding.code != "indicator"]
    require(findings, also=NO_SPIKES)
    for text in (*reading.notes, *(f"warning: {f}" for f in findings if f.severity == "warning")):
        say(text)
    return reading, findings


def _write_page(path: Path, inferred: Inferred, command_line: str) -> Path:
    from cyclegan_neuro.evaluation.inferred import evaluate_inferred
    from cyclegan_neuro.report.page import Ending
    from cyclegan_neuro.report.write import flatten, write_single_page

    label = inferred.recording.label
    return write_single_page(
        evaluate_inferred(inferred, dpi=_PAGE_DPI),
        path,
        name=f"inferred spikes: {label}",
        title=f"Inferred spikes of {label}",
        where=f"Source: {inferred.recording.source or 'memory'}",
        ending=Ending(
            "How to repeat it", "The command that made this page.", (command_line,),
            {"Recording": flatten(inferred.spikes.source), "Networks": flatten(inferred.spikes.networks)},
        ),
    )  # fmt: skip


class _Progress:
    """Says on stderr how far it is, at most every few seconds."""

    def __init__(self, seconds: float = 5.0):
        self._seconds, self._last = seconds, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._last > self._seconds:
            self._last = time.monotonic()
            say(f"inferred {100 * done // total} %")


def _table(spikes: RecordingSpikes, files: Sequence[Path], seconds: float, *, shipped: bool) -> str:
    import numpy as np

    from cyclegan_neuro.recordings.checks.indicator import NOT_STATED
    from cyclegan_neuro.spikes.inference.recording_spikes import masked_frames

    inferred, valid = spikes.inferred, spikes.inferred.valid
    masked = masked_frames(valid, spikes.gaps)
    why = ", ".join(f"{count:,} {reason}" for reason, count in masked.items())
    rates = inferred.rates_hz[valid].mean(axis=0, dtype=np.float64)
    noise, indicator = inferred.noise_levels, spikes.source["indicator"] or NOT_STATED
    if spikes.source["cell_type"]:
        indicator += f" in {spikes.source['cell_type']} cells"
    lines = [
        f"neurons     {len(noise):,}",
        f"frames      {len(valid):,} at {inferred.frame_rate_hz:g} Hz",
        f"masked      {np.count_nonzero(~valid):,} frames{f': {why}' if why else ''}",
        "noise       " + ", ".join(f"{v:.2f}" for v in np.percentile(noise, (0, 25, 50, 75, 100)))
        + " % per sqrt(Hz) (minimum, quartiles, maximum)",
        f"networks    {_networks(spikes)}",
        *([f"indicator   {indicator}"] if shipped else ()),
        f"rate        {np.median(rates):.3g} Hz (median over neurons), {spikes.counts.sum(dtype=np.int64):,} spikes",
        *_interval(spikes, rates),
        f"seconds     {seconds:.1f}",
        *(f"written     {path}" for path in files),
    ]  # fmt: skip
    return "\n".join(lines + _noisy(spikes))


def _networks(spikes: RecordingSpikes) -> str:
    import numpy as np

    from cyclegan_neuro.spikes.inference.codes import told_of

    if spikes.networks["every_rate"]:
        told = told_of(spikes.source["indicator"], spikes.source["cell_type"]) or "no indicator"
        return f"told the frame rate, every neuron's noise level and {told}"
    used = zip(*np.unique(spikes.inferred.network_levels, return_counts=True), strict=True)
    levels = ", ".join(f"{level:g} ({count})" for level, count in used)
    return f"for {spikes.networks['frame_rate_hz']:g} Hz, of levels (neurons) {levels}"


def _interval(spikes: RecordingSpikes, rates_hz: np.ndarray) -> Iterator[str]:
    import numpy as np

    if spikes.rate_intervals_hz is not None and rates_hz.max() > 0:
        middle = int(np.argsort(rates_hz)[len(rates_hz) // 2])
        low, high = spikes.rate_intervals_hz[middle]
        yield (
            f"size        a neuron inferred at {rates_hz[middle]:.3g} Hz fires {low:.2g} to {high:.2g} Hz (90 % of the "
            "cells of data sets that the networks had not seen), if indicator and cell type are as told"
        )


def _noisy(spikes: RecordingSpikes) -> list[str]:
    highest = max(spikes.networks["noise_levels"])
    columns = (spikes.inferred.noise_levels > highest + _NOISIER).nonzero()[0]
    if not columns.size:
        return []
    names = [spikes.roi_ids[c] if spikes.roi_ids else str(c) for c in columns]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [
        f"warning: {len(names)} neurons are noisier than the highest level of the networks, {highest}; "
        f"their rates are less certain: {', '.join(names[:_NAMED])}{more}"
    ]


if __name__ == "__main__":
    raise SystemExit(main())
