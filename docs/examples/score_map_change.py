"""Do the maps tell a recording whose hippocampal map changed from one whose map was kept?

Which cells changed is not published for these recordings, only which sessions have which map (Sheintuch et al. 2020).
Scored are therefore

- whole recordings: the probability that a neuron of the changed recording has more attention than one of a kept
  recording. Only maps in ΔF/F (the generators' own change, the recorded contrast) or in [0, 1] (the gate on the input)
  can be compared across networks;
- neurons of one recording: rank correlation of attention with 1 - the correlation of the neuron's two place maps.

Neurons count whose place maps repeat: correlation of even with odd runs above 0.3 in both sessions. Chance: 1,000
exchanges of neurons.

    python -m docs.examples.score_map_change runs/ca1_C12_M4_B runs/ca1_C12_M4_B_2_8 runs/ca1_C6_M4_A

The first run is the changed one; all must be evaluated.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from cyclegan_neuro.cli.console import report_user_errors
from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.interpret.binned import bin_edges, binned_mean
from cyclegan_neuro.interpret.scores import neuron_score
from cyclegan_neuro.interpret.storage import read_maps
from cyclegan_neuro.systems.base import get
from cyclegan_neuro.windows.prepared import Day

BIN_CM = 8.0
REPEATS = 0.3
SHUFFLES = 1000
COMPARABLE = ("change", "input_gate", "tuning_difference")
RANKED = ("saliency", "change", "tuning_difference")


@dataclass(frozen=True, eq=False)
class Run:
    """An evaluated run: maps, how similar each neuron's two place maps are, and which of them repeat."""

    name: str
    maps: dict[str, dict[str, AttentionMap]]
    similarity: np.ndarray
    repeats: np.ndarray


def place_maps(day: Day, edges: np.ndarray, *, parity: int | None = None) -> np.ndarray:
    """Return the mean ΔF/F per position (bin, neuron) over all runs, or over even or odd ones."""
    trial = day.recording.behaviour.trial
    frames = trial >= 0 if parity is None else (trial >= 0) & (trial % 2 == parity)
    return binned_mean(day.recording.behaviour.position_cm, day.recording.dff, edges=edges, frames=frames)


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the correlation of each neuron's two maps over the bins visited in both; NaN for a flat one."""
    visited = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    a, b = (values[visited] - values[visited].mean(axis=0) for values in (a, b))
    norm = np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0)
    return np.divide((a * b).sum(axis=0), norm, out=np.full(len(norm), np.nan), where=norm > 0)


def read_run(directory: Path) -> Run:
    """Read the maps of a run and compute the place maps of its recordings."""
    system = get("cyclegan")
    prepared = system.prepare(load_config(directory / "config.yaml", system.Config), run_directory=directory)
    days = (prepared.x, prepared.y)
    edges = bin_edges(*(day.recording.behaviour.position_cm for day in days), width=BIN_CM)
    halves = [correlation(*(place_maps(day, edges, parity=parity) for parity in (0, 1))) for day in days]
    similarity = correlation(*(place_maps(day, edges) for day in days))
    return Run(directory.name, read_maps(directory), similarity, np.min(halves, axis=0) > REPEATS)


def rank_lines(run: Run):
    """Yield one line per map: does attention follow how much a neuron's place map changed?"""
    rng = np.random.default_rng(0)
    change = -run.similarity[run.repeats]
    for network, methods in run.maps.items():
        for method in (name for name in RANKED if name in methods):
            attention = methods[method].neurons[run.repeats]
            null = [spearmanr(rng.permutation(attention), change).statistic for _ in range(SHUFFLES)]
            low, high = np.percentile(null, (2.5, 97.5))
            yield f"  {network:9} {method:18} {spearmanr(attention, change).statistic:+.2f} ({low:+.2f} to {high:+.2f})"


def contrast_lines(changed: Run, kept: Run):
    """Yield one line per map: do neurons of the changed recording have more of it?"""
    for network, methods in changed.maps.items():
        for method in (name for name in COMPARABLE if name in methods):
            values = [run.maps[network][method].neurons[run.repeats] for run in (changed, kept)]
            truth = np.repeat([True, False], [len(part) for part in values])
            score = neuron_score(np.concatenate(values), truth, n_shuffles=SHUFFLES, seed=0)
            ends = f"[{score.ci95[0]:.2f}, {score.ci95[1]:.2f}] ({score.chance_low:.2f} to {score.chance_high:.2f})"
            yield f"  {network:9} {method:18} {score.value:.2f} {ends}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both scores for the runs."""
    parser = argparse.ArgumentParser(description="Score maps of recordings whose hippocampal map changed or was kept.")
    parser.add_argument("changed", type=Path, help="evaluated run of the recording whose map changed")
    parser.add_argument("kept", type=Path, nargs="+", help="evaluated runs of recordings whose map was kept")
    options = parser.parse_args(arguments)
    with report_user_errors():
        changed, *kept = (read_run(directory) for directory in (options.changed, *options.kept))
        for run in (changed, *kept):
            similarity = np.nanmean(run.similarity[run.repeats])
            print(f"{run.name}: {run.repeats.sum()} neurons with repeating place maps, similarity {similarity:.2f}")
            print(*rank_lines(run), sep="\n")
        for run in kept:
            print(f"{changed.name} above {run.name} (AUROC):")
            print(*contrast_lines(changed, run), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
