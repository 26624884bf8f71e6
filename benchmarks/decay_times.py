"""Decay times of isolated events per data set and indicator: what `recordings/checks/indicator.py` calls usual.

    python benchmarks/decay_times.py --ground_truth gcamp6.h5 indicators.h5

prints, at 30, 15 and 7.5 Hz, quantiles over cells and over the medians of groups of ten cells, and for each data set
the share of such groups that contradict each statement.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cyclegan_neuro.recordings.checks.indicator import usual_decay_s
from cyclegan_neuro.recordings.decay import decay_time
from cyclegan_neuro.recordings.indicators import INDICATORS
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.ground_truth.examples import resample
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth

_CELLS, _GROUPS = 10, 2000
_PERCENTILES = (5, 50, 95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ground_truth", type=Path, nargs="+", required=True)
    paths = parser.parse_args().ground_truth
    cells = [cell for path in paths for cell in load_ground_truth(path)]
    for rate_hz in (30.0, 15.0, 7.5):
        print(f"\n{rate_hz:g} Hz: decay (s), {_PERCENTILES} % over cells | over groups of {_CELLS} | contradicted")
        for dataset, medians in by_dataset(cells, rate_hz).items():
            print(f"{dataset[:18]:<19}{row(medians, rate_hz, cell_type_in(dataset))}")


def cell_type_in(dataset: str) -> str:
    """Return the cell type that a data set's name says."""
    return next((name.lower() for name in ("PV", "SST", "VIP") if f"-{name}-" in dataset), "excitatory")


def by_dataset(cells: Iterable[GroundTruthCell], rate_hz: float) -> dict[str, np.ndarray]:
    """Return the decay times of the cells with enough events (s)."""
    found = defaultdict(list)
    for cell in cells:
        parts = [resample(segment, rate_hz)[0] for segment in cell.segments]
        gaps = np.cumsum([len(part) for part in parts])[:-1] - 1
        found[cell.dataset].append(decay_time(Recording(np.concatenate(parts)[:, None], rate_hz, gaps=gaps)).median_s)
    return {name: np.array(times)[np.isfinite(times)] for name, times in found.items()}


def row(times: np.ndarray, rate_hz: float, cell_type: str) -> str:
    groups = np.median(np.random.default_rng(0).choice(times, (_GROUPS, _CELLS)), axis=1)
    quantiles = " | ".join(" ".join(f"{v:.2f}" for v in np.percentile(of, _PERCENTILES)) for of in (times, groups))
    limits = {name: usual_decay_s(name, cell_type, rate_hz) for name in INDICATORS}
    shares = (
        f"{name[5:]} {np.mean((groups < limit[0]) | (groups > limit[1])):.0%}"
        for name, limit in limits.items()
        if limit
    )
    return f"{len(times):>3}  {quantiles} | {', '.join(shares)}"


if __name__ == "__main__":
    main()
