"""Make recordings from calcium events on a linear track: real events and positions, modelled fluorescence.

The file holds, per mouse and environment, ``cell_index`` (registered cell, session), -1 where a cell was
not found, and ``session_1`` ... ``session_8`` with ``events`` (time, neuron), ``trial``, ``position`` and
``velocity``. The continuous fluorescence was not published. What this script decides:

- One file per session, with all its cells, named by their row in ``cell_index``; two sessions are matched
  by these names.
- Traces are semi-synthetic: events convolved with a GCaMP6 kernel within each trial, plus shot noise. The
  unit of the events is not stated; they are divided by the median event of the environment, so that this
  one peaks at ``--amplitude``. GCaMP6s is the default because an event stands for a burst of spikes.
- Position is unfolded, because place cells of a linear track tell the two directions of running apart:
  0 to 96 cm on the way out, 96 to 192 cm on the way back. It turns where a stay at an end (the last tenth
  of the track) comes closest to that end. Environment A holds a fraction of the 96 cm; environment B a
  coordinate whose unit is not stated, mapped so that the 0.1 and 99.9 percentiles of all sessions lie at 0
  and 96 cm. Both end there. Frames without position (first and last trial) are NaN.
- Laps are rounds, out and back; -1 without position. Speed is the absolute velocity as published.
- Trials were recorded one by one: a gap is marked after each.
- ``--around_runs S`` keeps the runs from end to end with S seconds before and after, and marks a gap after
  each: the animals spend more than four fifths of the time at the ends.
- ``--reverse`` measures the position from the other end. The two ends of a track look alike to a mapping
  that is learned without pairs; this shows whether it took one for the other.

    python -m docs.examples.convert_ca1_linear_track multiday_ca1_linear_track.h5 recordings/ --mouse C6_M4
    cyclegan-neuro check recordings/C6_M4_A_session_1.h5
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np

from cyclegan_neuro.cli.console import report_user_errors
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.calcium import INDICATORS, convolve_spikes, gcamp6_kernel, shot_noise
from cyclegan_neuro.recordings.frames import runs, segments
from cyclegan_neuro.recordings.readers import open_source
from cyclegan_neuro.recordings.readers._hdf5_gate import require_closed
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.writing import write_recording

TRACK_CM = 96.0
END_SHARE = 0.1
SOURCE = (
    "semi-synthetic: published calcium events of CA1 neurons on a linear track (Sheintuch et al. 2020), convolved with "
    "a {indicator} kernel (median event {amplitude:g} dF/F), noise level {noise_level:g} % per sqrt(Hz), seed {seed}; "
    "position 0 to 96 cm out, 96 to 192 cm back"
)


def stays(along: np.ndarray) -> list[tuple[int, int, bool]]:
    """Return the stays at the ends as (first frame, frame after, at the far end), alternating, in time order."""
    near, far = runs(along < END_SHARE), runs(along > 1 - END_SHARE)
    spans = sorted([(*run, False) for run in near] + [(*run, True) for run in far])
    alternating: list[tuple[int, int, bool]] = []
    for start, stop, end in spans:
        if alternating and alternating[-1][2] == end:  # it left and came back to the same end
            start = alternating.pop()[0]
        alternating.append((start, stop, end))
    return alternating


def unfold(along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the position in cm, 0 to 96 out and 96 to 192 back, and the number of the round, of one trial.

    Parameters
    ----------
    along : ndarray, shape (time,)
        Position as a share of the track.
    """
    ends = stays(along)
    turns = [start + int((np.argmax if far else np.argmin)(along[start:stop])) for start, stop, far in ends]
    outward = [ends[0][2] if ends else True, *(not far for _, _, far in ends)]  # before each turn and after the last
    stretch = np.searchsorted(turns, np.arange(len(along)), side="right")
    position = np.where(np.array(outward)[stretch], along, 2 - along) * TRACK_CM
    rounds = np.cumsum(outward) - 1
    return position, np.maximum(rounds[stretch], 0)  # frames before the first turn belong to the first round


def place(along: np.ndarray, trial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return unfolded position in cm (NaN where unknown) and round (-1 where unknown) of a session."""
    position, rounds, count = np.full(len(along), np.nan, np.float32), np.full(len(along), -1, np.int32), 0
    for number in np.unique(trial):
        frames = np.flatnonzero((trial == number) & np.isfinite(along))
        if frames.size:
            position[frames], within = unfold(along[frames])
            rounds[frames] = within + count
            count += int(within[-1]) + 1
    return position, rounds


def around_runs(along: np.ndarray, gaps: np.ndarray, margin: int) -> np.ndarray:
    """Return which frames lie in a run from one end to the other, or up to ``margin`` frames beside it."""
    near = np.zeros(len(along), bool)
    for first, last in segments(len(along), gaps):
        for (_, start, _), (stop, _, _) in pairwise(stays(along[first:last])):
            near[max(first, first + start - margin) : min(last, first + stop + margin)] = True
    return near & np.isfinite(along)


def to_dff(events: np.ndarray, gaps: np.ndarray, rate_hz: float, options: argparse.Namespace, day: int) -> np.ndarray:
    """Model ΔF/F from scaled events (time, neuron); nothing reaches across a gap."""
    indicator = INDICATORS[options.indicator]
    kernel = gcamp6_kernel(rate_hz, rise_s=indicator.rise_s, decay_s=indicator.decay_s, amplitude=options.amplitude)
    clean = np.concatenate([convolve_spikes(events[a:b], kernel) for a, b in segments(len(events), gaps)])
    normal = np.random.default_rng((options.seed, day)).standard_normal(clean.shape)
    return (clean + shot_noise(clean, rate_hz, level=options.noise_level, normal=normal)).astype(np.float32)


def scales(environment: h5py.Group, name: str) -> tuple[float, float, float]:
    """Return the median event and the positions of the two ends, over all sessions."""
    sessions = [group for key, group in environment.items() if key.startswith("session_")]
    events = np.concatenate([values[values > 0] for values in (group["events"][()] for group in sessions)])
    ends = (0.0, 1.0)
    if name == "B":
        ends = np.nanpercentile(np.concatenate([group["position"][()] for group in sessions]), (0.1, 99.9))
    return float(np.median(events)), *map(float, ends)


def variants(options: argparse.Namespace) -> list[str]:
    """Return what sets a file apart from the session as published, for its name and its source."""
    return ["runs"] * (options.around_runs is not None) + ["reversed"] * options.reverse


def convert(
    environment: h5py.Group,
    session: int,
    rate_hz: float,
    options: argparse.Namespace,
    scale: tuple[float, float, float],
) -> Recording:
    """Return one session of an environment; ``scale`` comes from :func:`scales`."""
    median_event, low, high = scale
    if options.reverse:
        low, high = high, low
    group, columns = environment[f"session_{session}"], environment["cell_index"][:, session - 1]
    cells = np.flatnonzero(columns >= 0)
    trial = group["trial"][()]
    along = np.clip((group["position"][()] - low) / (high - low), 0, 1)
    gaps = np.flatnonzero(np.diff(trial)).astype(np.int64)
    dff = to_dff(group["events"][()][:, columns[cells]] / median_event, gaps, rate_hz, options, session)
    position, rounds = place(along, trial)
    kept = np.ones(len(along), bool)
    if options.around_runs is not None:
        kept = around_runs(along, gaps, round(options.around_runs * rate_hz))
    left_out = np.diff(np.flatnonzero(kept)) > 1
    return Recording(
        dff=dff[kept],
        frame_rate_hz=rate_hz,
        roi_ids=tuple(f"cell_{cell:03d}" for cell in cells),
        behaviour=Behaviour(
            position_cm=position[kept], trial=rounds[kept], speed_cm_s=np.abs(group["velocity"][()][kept])
        ),
        gaps=np.flatnonzero(left_out | (np.diff(trial[kept]) != 0)).astype(np.int64),
        subject=options.mouse,
        session=f"environment {options.environment} session {session}",
        source=SOURCE.format_map(vars(options)) + "".join(f"; {name}" for name in variants(options)),
        data_origin="semi-synthetic",
        indicator=options.indicator.replace("gcamp", "GCaMP"),  # of the kernel, which is what inference meets
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write ``<mouse>_<A|B>_session_<number>.h5``, with ``_runs`` and ``_reversed`` where these were asked for."""
    parser = argparse.ArgumentParser(description="Make ΔF/F of sessions from events on a linear track.")
    parser.add_argument("file", type=Path, help="multiday_ca1_linear_track.h5")
    parser.add_argument("output_dir", type=Path, help="folder for the files")
    parser.add_argument("--mouse", default="C6_M4", help="C6_M4 (default), C12_M4, C13_M1 or C16_M4")
    parser.add_argument("--environment", choices=("A", "B"), default="A", help="A: straight, B: L-shaped track")
    parser.add_argument(
        "--sessions", type=int, nargs="+", default=[1, 8], help="of 1 to 8; default 1 8, first and last"
    )
    parser.add_argument("--around_runs", type=float, metavar="S", help="keep only runs and S seconds around them")
    parser.add_argument("--reverse", action="store_true", help="measure the position from the other end of the track")
    parser.add_argument("--indicator", choices=sorted(INDICATORS), default="gcamp6s", help="kernel; default gcamp6s")
    parser.add_argument("--amplitude", type=float, default=0.5, help="peak dF/F of the median event; default 0.5")
    parser.add_argument("--noise_level", type=float, default=2.0, help="in %% per sqrt(Hz); default 2")
    parser.add_argument("--seed", type=int, default=1, help="seed of the noise; default 1")
    options = parser.parse_args(arguments)
    with report_user_errors(), open_source(options.file, "hdf5") as source:
        require_closed(source.file)  # its groups are opened by name below: none may lead to another file
        options.output_dir.mkdir(parents=True, exist_ok=True)
        environment = source.file.get(f"{options.mouse}/environment_{options.environment}", {})
        for session in options.sessions:
            if f"session_{session}" not in environment:
                raise RecordingError(
                    str(options.file),
                    got=f"no session {session} of '{options.mouse}' in environment {options.environment}",
                    expected=f"one of the mice {', '.join(source.file)} and a session it was recorded in",
                    fix="choose them with --mouse and --sessions",
                )
        scale, rate_hz = scales(environment, options.environment), float(source.file.attrs["rate_hz"])
        for session in options.sessions:
            recording = convert(environment, session, rate_hz, options, scale)
            parts = (options.mouse, options.environment, "session", str(session), *variants(options))
            print(write_recording(recording, options.output_dir / f"{'_'.join(parts)}.h5", overwrite=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
