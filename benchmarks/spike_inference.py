"""Speed of spike inference: our networks, which serve every frame rate, and CASCADE's, over the same traces.

    python benchmarks/spike_inference.py [--neurons 1000 --frames 5000 --frame_rate 30] [--models PATH]
        [--cascade FOLDER] [--json FILE]

``infer_rates`` on simulated ΔF/F with noise levels from 1 to 8: the first call, which builds the networks, the median
of those after it, and that time per neuron and frame. CASCADE's networks (``--cascade``: a published folder; without
it random ones of their size, five for each of eight levels) are read over whole traces too
(``spikes.inference.network``). Peak memory is that of a process of its own.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from _common import machine, parser, print_table, write_json

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.calcium import convolve_spikes, gcamp6_kernel, white_noise_sd
from cyclegan_neuro.spikes.inference.models import Networks, choose_models
from cyclegan_neuro.spikes.inference.network import build_network, weights_of
from cyclegan_neuro.spikes.inference.rate_models import Architecture, RateModels
from cyclegan_neuro.spikes.inference.rates import infer_rates

LEVELS, MEMBERS = range(1, 9), 5  # of CASCADE's folders
OURS, CASCADE = "ours", "CASCADE's"


def random_models(frame_rate_hz: float) -> RateModels:
    levels = {
        level: tuple(weights_of(build_network(Architecture(), seed=100 * level + k)) for k in range(MEMBERS))
        for level in LEVELS
    }
    return RateModels(frame_rate_hz=frame_rate_hz, smoothing_s=0.05, causal=False, noise_levels=levels)


def networks(arguments, which: str) -> Networks:
    if which == OURS:
        return arguments.models
    return arguments.cascade or random_models(arguments.frame_rate)


def recording(arguments) -> np.ndarray:
    """Simulate ΔF/F (time, neuron) at 1 spike per second."""
    rng = np.random.default_rng(1)
    shape, rate = (arguments.frames, arguments.neurons), arguments.frame_rate
    levels = np.resize(LEVELS, arguments.neurons) - 0.4  # clear of the borders between levels
    clean = convolve_spikes(rng.poisson(1.0 / rate, shape), gcamp6_kernel(rate))
    return (clean + rng.normal(0, white_noise_sd(levels, rate), shape)).astype(np.float32)


def peak_memory_gb(arguments, which: str) -> float:
    """Return the peak memory of a process that only infers once."""
    command = [sys.executable, __file__, "--memory_of", which]
    for name in ("neurons", "frames", "frame_rate", "models", "cascade"):
        if getattr(arguments, name) is not None:
            command += [f"--{name}", str(getattr(arguments, name))]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def row_of(arguments, which: str, dff: np.ndarray) -> dict:
    """Measure and return a row of the table."""
    inference = choose_models(networks(arguments, which), arguments.frame_rate)
    seconds = []
    for _ in range(1 + arguments.repeats):
        begin = time.perf_counter()
        infer_rates(dff, frame_rate_hz=arguments.frame_rate, models=inference)
        seconds.append(time.perf_counter() - begin)
    median = statistics.median(seconds[1:])
    return {
        "networks": which, "first call s": seconds[0], "median s": median,
        "ns per neuron and frame": median / dff.size * 1e9,
        "peak memory GB": peak_memory_gb(arguments, which),
    }  # fmt: skip


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=3)
    options.add_argument("--neurons", type=int, default=1000)
    options.add_argument("--frames", type=int, default=5000)
    options.add_argument("--frame_rate", type=float, default=30.0)
    options.add_argument("--models", type=Path, help="networks of ours (default: the shipped ones)")
    options.add_argument("--cascade", type=Path, help="a folder that CASCADE published (default: random networks)")
    options.add_argument("--memory_of", choices=(OURS, CASCADE), help="print the peak memory in GB and nothing else")
    arguments = options.parse_args()
    dff = recording(arguments)
    if arguments.memory_of:
        infer_rates(dff, frame_rate_hz=arguments.frame_rate, models=networks(arguments, arguments.memory_of))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)
        return
    size = f"{arguments.neurons} neurons x {arguments.frames:,} frames at {arguments.frame_rate:g} Hz"
    print(size)
    try:
        rows = [row_of(arguments, which, dff) for which in (OURS, CASCADE)]
    except UserError as error:
        raise SystemExit(f"error: {error}") from None
    print_table(rows)
    write_json(arguments.json, {"machine": machine(), "size": size, "rows": rows})


if __name__ == "__main__":
    main()
