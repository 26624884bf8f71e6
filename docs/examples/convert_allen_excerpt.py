"""Convert an excerpt of the Allen Brain Observatory (dF/F of one session) into the project's layout.

The file holds ``dff`` (neuron, time) as a fraction and the attribute ``rate_hz``; it has one
session only, so it serves as X, with Y made by the synthetic transformation (``data.source: phi``).

    python -m docs.examples.convert_allen_excerpt allen_visual_coding_excerpt.h5 recordings/
    cyclegan-neuro check recordings/allen_excerpt.h5
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cyclegan_neuro.cli.console import report_user_errors
from cyclegan_neuro.recordings.loading import read_file
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.writing import write_recording


def convert(path: Path) -> Recording:
    """Read the excerpt; neurons are named by their row in the file."""
    recording = read_file(path, fields={"frame_rate_hz": "rate_hz"}, transpose=True)
    return replace(
        recording,
        roi_ids=tuple(f"row_{row:02d}" for row in range(recording.n_neurons)),
        subject="allen_552195520",
        session="excerpt",
        source="Allen Brain Observatory Visual Coding, experiment 552195520, excerpt of 200 s; dF/F as published",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write ``allen_excerpt.h5``."""
    parser = argparse.ArgumentParser(description="Convert the Allen excerpt into the project's HDF5 layout.")
    parser.add_argument("file", type=Path, help="allen_visual_coding_excerpt.h5")
    parser.add_argument("output_dir", type=Path, help="folder for allen_excerpt.h5")
    options = parser.parse_args(arguments)
    with report_user_errors():
        options.output_dir.mkdir(parents=True, exist_ok=True)
        print(write_recording(convert(options.file), options.output_dir / "allen_excerpt.h5", overwrite=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
