"""How GCaMP7f and GCaMP8 answer one spike: the numbers of ``recordings/calcium.py``, from simultaneous ΔF/F and spikes.

    python benchmarks/indicator_kernels.py --ground_truth indicator_ground_truth.h5

ΔF/F around spikes without another one 2 s before and 1.5 s after, less its mean in the 0.3 s before, averaged over the
cells with at least three (none weighs more than 20 spikes), and a double exponential, averaged over a frame as the
camera does, fitted to it. Amplitudes are those of single cells, fitted with the common shape. Groups of spikes within
0.1 s tell whether answers add up. Takes seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from scipy.optimize import least_squares

BEFORE_S, AFTER_S, GROUP_S, BASE_S = 2.0, 1.5, 0.1, (-0.3, -0.02)
EDGES = np.arange(-0.3, AFTER_S, 0.005)
FASTEST_S = 0.003  # rises that 61 Hz cannot resolve: half-risen after 2 ms (Zhang et al. 2023)
FEWEST, MOST = 3, 20


def groups(segment) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield number of spikes, times from the first of them, and ΔF/F above the base, of isolated groups."""
    time, dff, spikes = (np.asarray(segment[name]) for name in ("time", "dff", "spike_times"))
    spikes = np.sort(spikes)
    first = 0
    while first < len(spikes):
        last = np.searchsorted(spikes, spikes[first] + GROUP_S, side="right") - 1
        alone = first == 0 or spikes[first] - spikes[first - 1] >= BEFORE_S
        alone &= last + 1 == len(spikes) or spikes[last + 1] - spikes[first] >= AFTER_S
        if alone and time[0] + 1 < spikes[first] < time[-1] - AFTER_S:
            since = time - spikes[first]
            near = (since >= EDGES[0]) & (since < EDGES[-1])
            base = near & (since >= BASE_S[0]) & (since < BASE_S[1])
            if base.sum() >= 5:
                yield last - first + 1, since[near], dff[near] - dff[base].mean()
        first = last + 1


def integral(since: np.ndarray, rise_s: float, decay_s: float) -> np.ndarray:
    """Integral of ``(1 - exp(-t / rise_s)) exp(-t / decay_s)`` from 0."""
    t, fast_s = np.maximum(since, 0.0), 1.0 / (1.0 / rise_s + 1.0 / decay_s)
    return decay_s * (1 - np.exp(-t / decay_s)) - fast_s * (1 - np.exp(-t / fast_s))


def answer(since, onset_s, rise_s, decay_s, amplitude, *, frame_s: float) -> np.ndarray:
    """Mean over a frame around each time; the peak before averaging is ``amplitude``."""
    peak_s = rise_s * np.log1p(decay_s / rise_s)
    peak = (1 - np.exp(-peak_s / rise_s)) * np.exp(-peak_s / decay_s)
    ends = (integral(since - onset_s + side * frame_s / 2, rise_s, decay_s) for side in (1, -1))
    return amplitude / peak * np.subtract(*ends) / frame_s


def sums(found, n_spikes: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the sum and the number of values per bin of :data:`EDGES`, and the number of groups of this size."""
    alone = [(since, dff) for n, since, dff in found if n == n_spikes]
    since, dff = (np.concatenate([part[i] for part in alone]) if alone else np.zeros(0) for i in (0, 1))
    return np.histogram(since, EDGES, weights=dff)[0], np.histogram(since, EDGES)[0], len(alone)


def report(name: str, data_set: h5py.Group) -> None:
    """Print the fit of one data set."""
    cells = [[group for segment in cell.values() for group in groups(segment)] for cell in data_set.values()]
    frame_s = float(np.median([np.median(np.diff(s["time"])) for cell in data_set.values() for s in cell.values()]))
    single = [one for one in (sums(found, 1) for found in cells) if one[2] >= FEWEST]
    total, weight = (sum(min(1.0, MOST / one[2]) * one[i] for one in single) for i in (0, 1))
    seen, at = weight > 0, (EDGES[:-1] + EDGES[1:]) / 2
    mean = total[seen] / weight[seen]
    fit = least_squares(
        lambda p: (answer(at[seen], *p, frame_s=frame_s) - mean) * np.sqrt(weight[seen]),
        (0.0, 0.01, 0.2, mean.max()), bounds=([-0.01, FASTEST_S, 0.02, 0.01], [0.01, 0.3, 2.0, 5.0]),
    ).x  # fmt: skip
    shape = answer(at, *fit[:3], 1.0, frame_s=frame_s)
    amplitudes = np.array([(shape * total).sum() / (shape**2 * number).sum() for total, number, _ in single])
    print(f"{name}: {len(single)} cells, {sum(one[2] for one in single)} spikes, {1 / frame_s:.0f} Hz")
    print(f"  rise {1e3 * fit[1]:.1f} ms, decay {1e3 * fit[2]:.0f} ms, time stamps {1e3 * fit[0]:+.0f} ms")
    quartiles = np.percentile(amplitudes, [25, 50, 75])
    print(f"  amplitude: mean over cells {amplitudes.mean():.2f}, quartiles {quartiles.round(2).tolist()}")
    for n_spikes in (2, 3):
        ratios = [ratio for found in cells if np.isfinite(ratio := against_single(found, n_spikes))]
        print(
            f"  {n_spikes} spikes within {GROUP_S} s: {np.median(ratios):.1f} times one (median of {len(ratios)} cells)"
        )
    values = np.concatenate([segment["dff"][()] for cell in data_set.values() for segment in cell.values()])
    print(f"  ΔF/F: 99.99 % are below {np.nanpercentile(values, 99.99):.1f}, the highest is {np.nanmax(values):.1f}")


def against_single(found, n_spikes: int) -> float:
    """Mean ΔF/F 20 to 170 ms after the first of so many spikes over that after one; NaN where either is rare."""

    def height(n: int, fewest: int) -> float:
        means = [dff[(since >= 0.02) & (since < 0.17)].mean() for m, since, dff in found if m == n]
        return float(np.mean(means)) if len(means) >= fewest else np.nan

    one = height(1, FEWEST)
    return height(n_spikes, 2) / one if one > 0.02 else np.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--ground_truth", type=Path, required=True, help="/<data set>/<cell>/<segment>/{time, dff, spike_times}"
    )
    options = parser.parse_args()
    with h5py.File(options.ground_truth) as file:
        for name in file:
            if "GCaMP7" in name or "GCaMP8" in name:
                report(name, file[name])


if __name__ == "__main__":
    main()
