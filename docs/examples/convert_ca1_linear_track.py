"""Make a two-day recording from calcium events on a linear track: real events and positions, modelled fluorescence.

The file holds, per mouse and environment, ``cell_index`` (registered cell, session), -1 where a cell was
not found, and ``session_1`` ... ``session_8`` with ``events`` (time, neuron), ``trial``, ``position`` and
``velocity``. The continuous fluorescence was not published. What this script decides:

- Traces are semi-synthetic: events convolved with a GCaMP6 kernel within each trial, plus shot noise. The
  unit of the events is not stated; they are divided by the median event of both sessions, so that this one
  peaks at ``--amplitude``. GCaMP6s is the default because an event stands for a burst of spikes.
- Sessions: the first against the last; neurons found in both, named by their row in ``cell_index``.
- Position: environment A holds a fraction of the 96 cm track; environment B a coordinate whose unit is not
  stated, mapped so that the 0.1 and 99.9 percentiles of the two sessions lie at 0 and 96 cm. Both end there.
  Frames without position (first and last trial) are NaN. Speed is the absolute velocity as published.
- Trials were recorded one by one: a gap is marked after each.

    python -m docs.examples.convert_ca1_linear_track multiday_ca1_linear_track.h5 recordings/ --mouse C6_M4
    python -m cyclegan_neuro.cli.check recordings/C6_M4_environment_A_first.h5
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from cyclegan_neuro.cli.errors import report_user_errors
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.calcium import INDICATORS, convolve_spikes, gcamp6_kernel, shot_noise
from cyclegan_neuro.recordings.frames import segments
from cyclegan_neuro.recordings.readers import open_source
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.writing import write_recording

TRACK_CM = 96.0
FIRST, LAST = 1, 8
SOURCE = (
    "semi-synthetic: published calcium events of CA1 neurons on a linear track (Sheintuch et al. 2020), convolved with "
    "a {indicator} kernel (median event {amplitude:g} dF/F), noise level {noise_level:g} % per sqrt(Hz), seed {seed}"
)


def to_dff(events: np.ndarray, gaps: np.ndarray, rate_hz: float, options: argparse.Namespace, day: int) -> np.ndarray:
    """Model ΔF/F from scaled events (time, neuron); nothing reaches across a gap."""
    indicator = INDICATORS[options.indicator]
    kernel = gcamp6_kernel(rate_hz, rise_s=indicator.rise_s, decay_s=indicator.decay_s, amplitude=options.amplitude)
    clean = np.concatenate([convolve_spikes(events[a:b], kernel) for a, b in segments(len(events), gaps)])
    normal = np.random.default_rng((options.seed, day)).standard_normal(clean.shape)
    return (clean + shot_noise(clean, rate_hz, level=options.noise_level, normal=normal)).astype(np.float32)


def convert(environment: h5py.Group, rate_hz: float, options: argparse.Namespace) -> list[Recording]:
    """Return the first and the last session of one environment."""
    index = environment["cell_index"][()]
    cells = np.flatnonzero((index[:, FIRST - 1] >= 0) & (index[:, LAST - 1] >= 0))
    groups = {session: environment[f"session_{session}"] for session in (FIRST, LAST)}
    events = {s: group["events"][()][:, index[cells, s - 1]] for s, group in groups.items()}
    median_event = np.median(np.concatenate([values[values > 0] for values in events.values()]))
    positions = np.concatenate([group["position"][()] for group in groups.values()])
    low, high = (0.0, 1.0) if options.environment == "A" else np.nanpercentile(positions, (0.1, 99.9))
    recordings = []
    for session, group in groups.items():
        trial = group["trial"][()].astype(np.int32) - 1
        gaps = np.flatnonzero(np.diff(trial)).astype(np.int64)
        recordings.append(
            Recording(
                dff=to_dff(events[session] / median_event, gaps, rate_hz, options, session),
                frame_rate_hz=rate_hz,
                roi_ids=tuple(f"cell_{cell:03d}" for cell in cells),
                behaviour=Behaviour(
                    position_cm=(np.clip((group["position"][()] - low) / (high - low), 0, 1) * TRACK_CM).astype(
                        np.float32
                    ),
                    trial=trial,
                    speed_cm_s=np.abs(group["velocity"][()]),
                ),
                gaps=gaps,
                subject=options.mouse,
                session=f"environment {options.environment} session {session}",
                source=SOURCE.format_map(vars(options)),
            )
        )
    return recordings


def main(arguments: Sequence[str] | None = None) -> int:
    """Write ``<mouse>_environment_<A|B>_first.h5`` and ``..._last.h5``."""
    parser = argparse.ArgumentParser(description="Make ΔF/F of two sessions from events on a linear track.")
    parser.add_argument("file", type=Path, help="multiday_ca1_linear_track.h5")
    parser.add_argument("output_dir", type=Path, help="folder for the two files")
    parser.add_argument("--mouse", default="C6_M4", help="C6_M4 (default), C12_M4, C13_M1 or C16_M4")
    parser.add_argument("--environment", choices=("A", "B"), default="A", help="A: straight, B: L-shaped track")
    parser.add_argument("--indicator", choices=sorted(INDICATORS), default="gcamp6s", help="kernel; default gcamp6s")
    parser.add_argument("--amplitude", type=float, default=0.5, help="peak dF/F of the median event; default 0.5")
    parser.add_argument("--noise_level", type=float, default=2.0, help="in %% per sqrt(Hz); default 2")
    parser.add_argument("--seed", type=int, default=1, help="seed of the noise; default 1")
    options = parser.parse_args(arguments)
    with report_user_errors(), open_source(options.file, "hdf5") as source:
        options.output_dir.mkdir(parents=True, exist_ok=True)
        file, name = source.file, f"{options.mouse}/environment_{options.environment}"
        if name not in file:
            raise RecordingError(
                str(options.file), got=f"no '{name}'", expected=f"one of the mice {', '.join(file)}",
                fix="choose one with --mouse",
            )
        recordings = convert(file[name], float(file.attrs["rate_hz"]), options)
        for recording, day in zip(recordings, ("first", "last"), strict=True):
            target = options.output_dir / f"{options.mouse}_environment_{options.environment}_{day}.h5"
            print(write_recording(recording, target))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
