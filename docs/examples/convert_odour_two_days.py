"""Convert a two-day odour recording (CNMF-E traces, registered cells) into the project's layout.

The file holds, per mouse, ``cell_index`` (registered cell, day), -1 where a cell was not found, and
``day1``, ``day2`` with ``C_raw`` (neuron, time) and, per trial, ``type``, ``begin_s``, ``onset_s`` and ``end_s`` of the
behaviour clock and ``frame_start``. What this script decides:

- Traces: ``C_raw``, which is not denoised. Its unit is CNMF-E's own, not dF/F. Each neuron and day is
  multiplied by one factor that brings its noise level (100 median|frame difference|/sqrt(rate)) to
  ``--noise_level``, by default 2 % per sqrt(Hz), as in two-photon recordings. Zero stays zero, and the
  ratio of transients to noise stays as it was; absolute amplitudes do not compare between neurons.
- Names: the row in ``cell_index`` is the ROI id on both days, so that pairing keeps the matched cells.
- Time: imaging was triggered per trial, and the frames of successive trials stand one after the other.
  Where exactly they join is not known (``frame_start`` is approximate), so no gaps are marked:
  windows run across borders of trials. ``trial`` is derived from the approximate starts.
- Events: the onset of the stimulus in trials whose type begins with ``--event_type``, by default the odours; other
  trials (sucrose, tail shock, blast of mouse_91) stay without. The onset is known on the behaviour clock only. Its
  frame is taken where the trial's frames are at the same share of the trial as the clock, so it is as approximate as
  ``frame_start``; by how many frames (of 0.2 s) is not known. A trial has 6 s before the odour and 14 s from it on:
  longer peri-event intervals reach into the neighbouring trials.

    python -m docs.examples.convert_odour_two_days multiday_2p_odour_two_days.h5 recordings/ --mouse mouse_991
    cyclegan-neuro check recordings/mouse_991_day1.h5
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from cyclegan_neuro.cli.console import report_user_errors
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.recordings.readers import open_source
from cyclegan_neuro.recordings.readers._hdf5_gate import require_closed
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.writing import write_recording

SOURCE = (
    "two-day odour recording, CNMF-E C_raw in arbitrary units (not dF/F), each neuron and day scaled to a noise level "
    "of {level:g} % per sqrt(Hz); frames of successive trials are concatenated, borders of trials are approximate "
    "and not marked as gaps; events are onsets of {n_events} trials of type {types}, whose frames are approximate like "
    "the borders"
)


def convert(
    file: h5py.Group, mouse: str, day: int, *, rate_hz: float, level: float, event_type: str = "ODOR"
) -> Recording:
    """Read one day of one mouse.

    Parameters
    ----------
    file : h5py.Group
    mouse : str
    day : {1, 2}
    rate_hz : float
    level : float
        Noise level that every neuron is scaled to, in % per sqrt(Hz).
    event_type : str
        Trials whose type begins so have an event.

    Raises
    ------
    RecordingError
        If no trial is of that type.
    """
    group = file[f"{mouse}/day{day}"]
    traces = group["C_raw"][()].T
    column_of_cell = file[f"{mouse}/cell_index"][:, day - 1]
    cells = np.flatnonzero(column_of_cell >= 0)
    dff = traces[:, column_of_cell[cells]]
    starts = group["trials/frame_start"][()]
    types = group["trials/type"].asstr()[()]
    chosen = np.char.startswith(types.astype(str), event_type)
    if not chosen.any():
        raise RecordingError(
            f"{mouse}, day {day}",
            got=f"no trial of a type that begins with '{event_type}'",
            expected=f"one of {', '.join(np.unique(types))}",
            fix="choose one with --event_type",
        )
    return Recording(
        dff=(dff * (level / noise_levels(dff, rate_hz))).astype(np.float32),
        frame_rate_hz=rate_hz,
        roi_ids=tuple(f"cell_{cell:03d}" for cell in cells),
        behaviour=Behaviour(
            trial=(np.searchsorted(starts, np.arange(len(dff)), side="right") - 1).astype(np.int32),
            events=np.bincount(onset_frames(group["trials"], len(dff))[chosen], minlength=len(dff)).astype(np.uint8),
        ),
        subject=mouse,
        session=f"day {day}",
        source=SOURCE.format(level=level, n_events=chosen.sum(), types=" and ".join(np.unique(types[chosen]))),
    )


def onset_frames(trials: h5py.Group, n_frames: int) -> np.ndarray:
    """Return the frame of each trial's onset, int64 (trial,): after the share of its frames that the clock shows."""
    begin_s, onset_s, end_s, starts = (trials[name][()] for name in ("begin_s", "onset_s", "end_s", "frame_start"))
    share = (onset_s - begin_s) / (end_s - begin_s)
    lengths = np.diff(np.append(starts, n_frames))
    return starts + np.floor(share * lengths).astype(np.int64)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write ``<mouse>_day1.h5`` and ``<mouse>_day2.h5``."""
    parser = argparse.ArgumentParser(description="Convert a two-day odour recording into the project's HDF5 layout.")
    parser.add_argument("file", type=Path, help="multiday_2p_odour_two_days.h5")
    parser.add_argument("output_dir", type=Path, help="folder for the two files")
    parser.add_argument("--mouse", default="mouse_91", help="mouse_91 (31 matched neurons) or mouse_991 (43)")
    parser.add_argument("--noise_level", type=float, default=2.0, help="in %% per sqrt(Hz); default 2")
    parser.add_argument(
        "--event_type", default="ODOR", help="trials whose type begins so have an event; default ODOR, '' for all"
    )
    options = parser.parse_args(arguments)
    with report_user_errors(), open_source(options.file, "hdf5") as source:
        require_closed(source.file)  # its groups are opened by name below: none may lead to another file
        options.output_dir.mkdir(parents=True, exist_ok=True)
        file = source.file
        if options.mouse not in file:
            raise RecordingError(
                str(options.file),
                got=f"no mouse '{options.mouse}'",
                expected=f"one of {', '.join(file)}",
                fix="choose one with --mouse",
            )
        for day in (1, 2):
            recording = convert(
                file,
                options.mouse,
                day,
                rate_hz=float(file.attrs["rate_hz"]),
                level=options.noise_level,
                event_type=options.event_type,
            )
            print(write_recording(recording, options.output_dir / f"{options.mouse}_day{day}.h5", overwrite=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
