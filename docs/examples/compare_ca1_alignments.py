"""What alignments without any network reach on two sessions of the linear track, in seconds.

The alignments of ``configs/cyclegan/ca1_map_change.yaml`` are fitted to the training runs and asked for the test runs;
printed are correlation, 95 % interval over neurons and mean absolute error of position tuning, against that recorded on
the other session over its own test runs. ``training_laps`` copies the training runs of that session: the ceiling.
At the top stands how the recorded maps of all runs agree, as they are and moved by half a round, with z against 300
exchanges of cells.

    python -m docs.examples.compare_ca1_alignments recordings/C12_M4_B_session_1_runs.h5 \
        recordings/C12_M4_B_session_8_runs.h5
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cyclegan_neuro.cli.console import report_user_errors
from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.evaluation.days.baselines import fit_baselines
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.evaluation.days.tuning import pearson, training_curves, tuning_metrics
from cyclegan_neuro.interpret.binned import BinnedAverage, bin_edges, binned_mean
from cyclegan_neuro.systems.base import get
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import window_frame_indices

CONFIG = Path(__file__).parents[2] / "configs" / "cyclegan" / "ca1_map_change.yaml"
BIN_CM = 8.0
PER_CALL = 50  # windows
EXCHANGES = 300


def tested_curves(prepared: PreparedPair, name: str, move, edges: np.ndarray) -> np.ndarray:
    """Return the tuning (bin, neuron) of the test windows of day ``name`` after ``move``."""
    day, height = prepared[name], prepared.window_frames
    starts = day.starts.test
    average = BinnedAverage(day.recording.behaviour.position_cm, starts, window_frames=height, edges=edges)
    for first in range(0, len(starts), PER_CALL):
        chosen = starts[first : first + PER_CALL]
        frames = Frames(name, window_frame_indices(chosen, height))
        average.add(chosen, move(prepared.windows_of(name, chosen), frames))
    return average.curves()


def agreement(x: np.ndarray, y: np.ndarray):
    """Yield the mean correlation of maps (bin, neuron) and its z, as they stand and moved by half a round."""
    rng = np.random.default_rng(0)
    for moved in (x, np.roll(x, len(x) // 2, axis=0)):
        null = [np.nanmean(pearson(moved[:, rng.permutation(x.shape[1])], y)) for _ in range(EXCHANGES)]
        value = np.nanmean(pearson(moved, y))
        yield value, (value - np.mean(null)) / np.std(null)


def lines(prepared: PreparedPair, section):
    """Yield what is printed."""
    days = (prepared.x.recording, prepared.y.recording)
    edges = bin_edges(*(day.behaviour.position_cm for day in days), width=BIN_CM)
    maps = (binned_mean(day.behaviour.position_cm, day.dff, edges=edges) for day in days)
    stand, half = (f"{value:.2f} (z {z:.1f})" for value, z in agreement(*maps))
    yield f"{prepared.n_neurons} cells; recorded maps {stand}, moved by half a round {half}"
    curves = {
        one.name: {"g_x": tested_curves(prepared, "x", one.forward, edges),
                   "f_y": tested_curves(prepared, "y", one.backward, edges)}
        for one in fit_baselines(section, prepared)
    }  # fmt: skip
    curves["model"] = curves["identity"]  # there is none
    reference = {"x": curves["identity"]["g_x"], "y": curves["identity"]["f_y"], **training_curves(prepared, edges)}
    found = tuning_metrics(reference, curves, None)
    for name in (name for name in found["all_y"] if name != "model"):
        parts = (found[f"all_{day}"][name] for day in ("y", "x"))
        numbers = (f"{p['correlation']:.2f} [{p['correlation_ci95'][0]:.2f}, {p['correlation_ci95'][1]:.2f}] / "
                   f"{p['mae']:.4f}" for p in parts)  # fmt: skip
        yield f"  {name:20} G(X) {'   F(Y) '.join(numbers)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of two recordings."""
    parser = argparse.ArgumentParser(description="Alignments without networks on two sessions of the linear track.")
    parser.add_argument("x", type=Path, help="first session, as convert_ca1_linear_track wrote it")
    parser.add_argument("y", type=Path, help="second session")
    options = parser.parse_args(arguments)
    with report_user_errors():
        system = get("cyclegan")
        paths = [f"data.{day}.path={getattr(options, day).absolute()}" for day in ("x", "y")]
        config = load_config(CONFIG, system.Config, overrides=paths)
        print(*lines(system.prepare(config), config.evaluation), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
