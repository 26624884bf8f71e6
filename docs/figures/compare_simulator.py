"""Compare the simulator with recordings of mouse visual cortex: one figure and one table.

    python docs/figures/compare_simulator.py --allen allen_visual_coding_excerpt.h5 \\
        --cascade cascade_ground_truth_v1_gcamp6.h5

writes ``simulator_comparison.png`` beside this script and prints the table of ``docs/simulator.md``.
The Allen file holds ``dff`` (neuron, time), its attribute ``rate_hz`` and ``cascade_reference/spike_prob``;
the ground truth holds ``<data set>/<cell>/<segment>/{dff, spike_times}``. Neither is part of this project.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from scipy.stats import skew

from cyclegan_neuro.figures.drawing import png_bytes
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, MUTED, TRUTH, new_figure, styled
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate import simulate_days

LOWEST_RATE_HZ = 24.0  # the ground truth is averaged over whole frames down to no less than this
PANELS = {
    "noise": "noise level (% per sqrt(Hz))",
    "deviation": "standard deviation (ΔF/F)",
    "skewness": "skewness of ΔF/F",
    "rate": "firing rate (Hz)",
    "correlation": "pairwise correlation, single frames",
    "slow_correlation": "pairwise correlation, bins of 0.5 s",
}
LIMITS = {
    "noise": (0, 2),
    "deviation": (0, 0.8),
    "skewness": (-0.5, 10),
    "rate": (0, 5),
    "correlation": (-0.3, 0.6),
    "slow_correlation": (-0.3, 0.6),
}


@dataclass(frozen=True)
class Statistics:
    """Values per neuron or pair; an absent key is unknown."""

    name: str
    colour: str
    style: str
    values: dict[str, np.ndarray]


def of_traces(dff: np.ndarray, frame_rate_hz: float) -> dict[str, np.ndarray]:
    """Statistics of simultaneous traces, (time, neuron)."""
    bin_frames = round(0.5 * frame_rate_hz)
    binned = dff[: len(dff) // bin_frames * bin_frames].reshape(-1, bin_frames, dff.shape[1]).mean(axis=1)
    return {
        "noise": noise_levels(dff, frame_rate_hz),
        "deviation": dff.std(axis=0),
        "skewness": skew(dff, axis=0),
        "correlation": pairwise(dff),
        "slow_correlation": pairwise(binned),
    }


def pairwise(values: np.ndarray) -> np.ndarray:
    """Pearson correlations of all pairs of columns."""
    return np.corrcoef(values.T)[np.triu_indices(values.shape[1], 1)]


def simulated(day: Recording, colour: str) -> Statistics:
    """Statistics of a simulated day, with the true rates."""
    values = of_traces(day.dff, day.frame_rate_hz)
    values["rate"] = day.truth.spikes.mean(axis=0) * day.frame_rate_hz
    return Statistics(f"simulated, {day.session}", colour, "-", values)


def allen(path: Path) -> Statistics:
    """Statistics of the Allen excerpt; its rates are the published prediction."""
    with h5py.File(path) as file:
        rate_hz = float(file.attrs["rate_hz"])
        values = of_traces(file["dff"][()].T.astype(np.float64), rate_hz)
        values["rate"] = np.nanmean(file["cascade_reference/spike_prob"][()], axis=1) * rate_hz
    return Statistics("Allen, GCaMP6f (rates inferred)", TRUTH, "--", values)


def ground_truth(path: Path) -> Statistics:
    """Statistics of the single cells with GCaMP6f; their rates are counted."""
    cells = []
    with h5py.File(path) as file:
        for data_set in (group for group in file.values() if group.attrs["indicator"] == "GCaMP6f"):
            cells += [cell_statistics(cell) for cell in data_set.values()]
    values = {key: np.array([cell[key] for cell in cells]) for key in cells[0]}
    return Statistics("cell-attached, GCaMP6f (rates counted)", MUTED, "--", values)


def cell_statistics(cell: h5py.Group) -> dict[str, float]:
    """Statistics of one cell over its segments."""
    noise, traces, n_spikes, duration_s = [], [], 0, 0.0
    for segment in cell.values():
        step = max(1, int(segment.attrs["rate_hz"] // LOWEST_RATE_HZ))
        dff = segment["dff"][()].astype(np.float64)
        dff = dff[: len(dff) // step * step].reshape(-1, step).mean(axis=1)
        noise.append(noise_levels(dff[:, None], segment.attrs["rate_hz"] / step)[0])
        traces.append(dff)
        n_spikes += len(segment["spike_times"])
        duration_s += segment.attrs["duration_s"]
    together = np.concatenate(traces)
    return {
        "noise": np.median(noise),
        "deviation": together.std(),
        "skewness": skew(together),
        "rate": n_spikes / duration_s,
    }


def draw(sources: list[Statistics]):
    """Draw cumulative distributions, one panel per statistic."""
    with styled():
        figure = new_figure(11.0, 6.2)
        for axes, (key, title) in zip(figure.subplots(2, 3).flat, PANELS.items(), strict=True):
            for source in (s for s in sources if key in s.values):
                ordered = np.sort(source.values[key])
                share = np.arange(1, ordered.size + 1) / ordered.size
                axes.plot(ordered, share, source.style, color=source.colour, drawstyle="steps-post", label=source.name)
            axes.set(xlim=LIMITS[key], ylim=(0, 1), xlabel=title)
        figure.axes[0].set_ylabel("share of neurons")
        figure.axes[3].set_ylabel("share of neurons")
        figure.axes[4].set_ylabel("share of pairs")
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def table(sources: list[Statistics]) -> str:
    """Median and 5th to 95th percentile as a Markdown table."""
    lines = ["| | " + " | ".join(s.name for s in sources) + " |", "| --- |" + " --- |" * len(sources)]
    for key, title in PANELS.items():
        row = []
        for source in sources:
            if key in source.values:
                low, median, high = np.percentile(source.values[key], [5, 50, 95])
                row.append(f"{median:.2f} ({low:.2f} to {high:.2f})")
            else:
                row.append("-")
        lines.append(f"| {title} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allen", type=Path, required=True)
    parser.add_argument("--cascade", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("simulator_comparison.png"))
    options = parser.parse_args()
    novice, expert = simulate_days(preset="mouse_1", seed=1)
    sources = [
        simulated(novice, DAY_X),
        simulated(expert, DAY_Y),
        allen(options.allen),
        ground_truth(options.cascade),
    ]
    options.output.write_bytes(png_bytes(draw(sources)))
    print(table(sources))


if __name__ == "__main__":
    main()
