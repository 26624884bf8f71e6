"""``cyclegan-neuro check FILE [OTHER]``: what a file holds, and what is wrong with it, or with two days together.

Exit code 0 without a critical finding, 2 with one or when the file cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cyclegan_neuro.cli.check_pair import add_pair_options, check_pair, pair_summary
from cyclegan_neuro.cli.console import new_parser, report_user_errors
from cyclegan_neuro.cli.reading import add_reader_options, recording_section
from cyclegan_neuro.configuration.paths import expanded
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.decay import decay_time
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.readers.base import Entry
from cyclegan_neuro.recordings.recording import COUNTS, Recording
from cyclegan_neuro.training.interruption import stopping_on_signals

if TYPE_CHECKING:
    from cyclegan_neuro.recordings.loading import Reading

__all__ = ["main"]

_EPILOG = """\
examples:
  {check} day1.h5
  {check} session.mat --field dff=traces/dff --field frame_rate_hz=fs --transpose
  {check} day1.h5 day4.h5 --match path=cellRegistered.mat --match kind=cellreg --match indices=columns

fields: docs/data_formats.md lists their names and units
exit code: 0 without a critical finding, 2 with one or when the file cannot be read
"""
_MAX_ENTRIES = 40
_QUANTITIES = {
    "": "", "dff": ", ΔF/F", "raw": ", raw fluorescence", "no background": ", raw without background",
    "detrended": ", ΔF (without F0)", "denoised": ", denoised or deconvolved",
}  # fmt: skip
_FACTS = (
    "n_neurons", "n_frames", "frame_rate_hz", "duration_s", "subject", "session", "source", "data_origin", "days_mixed",
    "indicator", "cell_type",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one file, or two days; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.other and (options.match or options.assume_same_order):
        parser.error("--match and --assume_same_order need two files")
    with report_user_errors(), stopping_on_signals():
        if options.other and not options.json:
            return _check_two(options)
        return _check_as_json(options) if options.json else _check(options)


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("check", "Show what a recording holds and what is wrong with it.", _EPILOG)
    parser.add_argument("file", help="file or folder of any format that is read (--format lists them)")
    add_pair_options(parser)
    add_reader_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _contents(options: argparse.Namespace) -> tuple[str, list[Entry]]:
    """Return what kind of file it is, and what lies in it."""
    with readers.open_source(expanded(options.file), options.format) as source:
        return source.description, list(source.entries().values())


def _reading(options: argparse.Namespace) -> Reading:
    # Here and not above, so that --help does not wait for scipy and pydantic.
    from cyclegan_neuro.recordings.loading import load

    return load(recording_section(options.file, options), base_directory=Path())


def _configuration(options: argparse.Namespace) -> str:
    """Return the lines of a configuration that read the file as it was read here."""
    section = recording_section(options.file, options).model_dump(exclude_defaults=True)
    return f"in a configuration (the other day as y):\n{_yaml({'x': section})}"


def _yaml(data: dict) -> str:
    import yaml

    return yaml.safe_dump({"data": {"source": "files", **data}}, sort_keys=False, allow_unicode=True)


def _check_two(options: argparse.Namespace) -> int:
    pair, data = check_pair(options)
    print(f"{pair_summary(pair)}\n")
    _print_findings(pair.findings, notes=pair.notes)
    print(f"in a configuration:\n{_yaml(data)}", end="")
    return _exit_code(pair.findings)


def _exit_code(findings: Sequence[Finding]) -> int:
    return 2 if any(finding.severity == "critical" for finding in findings) else 0


def _check(options: argparse.Namespace) -> int:
    description, entries = _contents(options)
    print(f"{options.file}: {description}")
    for entry in entries[:_MAX_ENTRIES]:
        mark = "@" if entry.attribute else " "
        print(f" {mark} {entry.name:<32} {entry.shape!s:<18} {entry.type_name}{_QUANTITIES[entry.quantity]}")
    if len(entries) > _MAX_ENTRIES:
        print(f"   ... and {len(entries) - _MAX_ENTRIES} more")
    sys.stdout.flush()  # so that an error on stderr comes after it
    reading = _reading(options)
    findings = reading.check()
    print(f"\n{_summary(reading.recording)}\n")
    _print_findings(findings, notes=[note.removeprefix(reading.where).removeprefix(": ") for note in reading.notes])
    print(_configuration(options), end="")
    return _exit_code(findings)


def _print_findings(findings: Sequence[Finding], *, notes: Sequence[str]) -> None:
    for note in notes:
        print(f"read      {note}")
    for finding in findings:
        print(f"{finding.severity:<9} {finding.code:<14} {finding}")
    count = Counter(finding.severity for finding in findings)
    print(f"\nfindings: {', '.join(f'{count[s]} {s}' for s in ('critical', 'warning', 'info'))}\n")


def _summary(recording: Recording) -> str:
    lines = [
        f"recording   {recording.n_neurons:,} neurons, {recording.n_frames:,} frames, "
        f"{recording.frame_rate_hz:g} Hz, {recording.duration_s:,.1f} s",
        f"subject     {recording.subject or '-'}, session {recording.session or '-'}",
        f"source      {recording.source} ({recording.data_origin} data)",
        f"neurons     {'with' if recording.roi_ids else 'without'} ROI ids, "
        f"{'with' if recording.roi_xy_um is not None else 'without'} coordinates",
        f"indicator   {recording.indicator or 'not stated'}, cell type {recording.cell_type or 'not stated'}",
        f"decay       {decay_time(recording)}",
        f"behaviour   {_behaviour(recording) or 'none'}",
        f"truth       {'known (simulated)' if recording.truth else 'not known'}",
    ]
    return "\n".join(lines)


def _behaviour(recording: Recording) -> str:
    parts = []
    for name, values in recording.behaviour.available().items():
        if name in COUNTS:
            parts.append(f"{name} {int(values.sum()):,}")
        else:
            finite = values[np.isfinite(values)]  # position is NaN where it is unknown
            parts.append(f"{name} {finite.min():.4g} to {finite.max():.4g}" if finite.size else f"{name} unknown")
    return ", ".join(parts)


def _check_as_json(options: argparse.Namespace) -> int:
    result: dict = {"files": [options.file, options.other]} if options.other else {"file": options.file}
    try:
        if options.other:
            pair, _ = check_pair(options)
            result |= {"n_neurons": pair.x.n_neurons, "notes": pair.notes, "findings": list(map(asdict, pair.findings))}
            print(json.dumps(result, indent=2))
            return _exit_code(pair.findings)
        description, entries = _contents(options)
        result |= {"description": description, "contents": [asdict(entry) for entry in entries]}
        reading = _reading(options)
        findings = reading.check()
    except UserError as error:
        result["error"] = {part: getattr(error, part) for part in ("where", "got", "expected", "fix")}
        print(json.dumps(result, indent=2))
        return error.exit_code
    recording = reading.recording
    decay = decay_time(recording)
    result["recording"] = {name: getattr(recording, name) for name in _FACTS} | {
        "roi_ids": recording.roi_ids is not None,
        "behaviour": list(recording.behaviour.available()),
        "truth": recording.truth is not None,
        "decay_s": decay.median_s if decay.n_neurons else None,
    }
    result["notes"] = list(reading.notes)
    result["findings"] = [asdict(finding) for finding in findings]
    print(json.dumps(result, indent=2))
    return _exit_code(findings)


if __name__ == "__main__":
    raise SystemExit(main())
