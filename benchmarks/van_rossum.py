"""Van Rossum distances of one neuron: Elephant against sparse products of counts, in one run on equal trains.

    python benchmarks/van_rossum.py [--windows 200 --duration_s 85 --firing_rate_hz 1 --repeats 5] [--json FILE]

Both give the cross block of recorded and generated windows and the block within the recorded ones, through
``spikes.statistics.van_rossum.distances`` with one neuron, from spike counts at 24 Hz. The ways take turns, so
that a drifting machine treats both alike; run it on an idle core and with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
from _common import machine, parser, print_table, write_json

from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.van_rossum import VanRossum, distances

FRAME_RATE_HZ = 24.0
METHODS = ("elephant", "fast")


def poisson_counts(arguments, seed: int) -> SpikeCounts:
    """Return Poisson spikes of one neuron in ``--windows`` windows."""
    frames = round(arguments.duration_s * FRAME_RATE_HZ)
    mean = arguments.firing_rate_hz / FRAME_RATE_HZ
    counts = np.random.default_rng(seed).poisson(mean, (arguments.windows, frames, 1)).astype(np.uint8)
    return SpikeCounts(counts, FRAME_RATE_HZ)


def time_in_turn(arguments) -> tuple[dict[str, list[float]], dict[str, VanRossum]]:
    """Time the methods in turn, after one call of each on few windows that imports what it needs."""
    recorded, generated = poisson_counts(arguments, 1), poisson_counts(arguments, 2)
    few = SpikeCounts(recorded.counts[:2], FRAME_RATE_HZ)
    seconds, results = {method: [] for method in METHODS}, {}
    for method in METHODS:
        distances(few, few, method=method)
    for _ in range(arguments.repeats):
        for method in METHODS:
            begin = time.perf_counter()
            results[method] = distances(recorded, generated, method=method)
            seconds[method].append(time.perf_counter() - begin)
    return seconds, results


def largest_difference(results: dict[str, VanRossum]) -> float:
    first, second = results.values()
    return max(float(np.abs(getattr(first, n) - getattr(second, n)).max()) for n in ("cross", "within"))


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--windows", type=int, default=200, help="recorded, and as many generated (200)")
    options.add_argument("--duration_s", type=float, default=85.0, help="length of a window (85)")
    options.add_argument("--firing_rate_hz", type=float, default=1.0, help="of the neuron (1)")
    arguments = options.parse_args()
    seconds, results = time_in_turn(arguments)
    rows = [
        {
            "method": method,
            "median s": statistics.median(values),
            "min s": min(values),
            "faster than Elephant by": statistics.median(
                e / own for e, own in zip(seconds["elephant"], values, strict=True)
            ),
        }
        for method, values in seconds.items()
    ]
    difference = largest_difference(results)
    spikes = float(poisson_counts(arguments, 1).counts.sum() / arguments.windows)
    print(f"{arguments.windows} x {arguments.windows} trains of {spikes:.0f} spikes in {arguments.duration_s:g} s")
    print_table(rows)
    print(f"largest difference of a distance: {difference:.1e}")
    write_json(
        arguments.json,
        {"machine": machine(), "windows": arguments.windows, "spikes": spikes, "methods": rows,
         "largest_difference": difference},
    )  # fmt: skip


if __name__ == "__main__":
    main()
