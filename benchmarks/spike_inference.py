"""Spike inference over whole traces against one window per frame, with the same networks, in one run.

    python benchmarks/spike_inference.py [--neurons 102 --frames 21500 --frame_rate 24] [--models PATH] [--json FILE]

``whole traces``: ``infer_rates`` on simulated ΔF/F whose noise levels cover those of the networks. ``window per
frame``: the usual way, ``model.predict`` on every window of a part of the same traces (``--part_neurons``),
extrapolated to all; its rates are compared with ours. Without ``--models`` the shipped networks are used, or, where
there are none for the frame rate, random ones of their size. Peak memory is that of a process of its own. The target
is 30 s on 2 cores.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
from _common import machine, parser, print_table, write_json

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.calcium import convolve_spikes, gcamp6_kernel, white_noise_sd
from cyclegan_neuro.spikes.inference.models import choose_models
from cyclegan_neuro.spikes.inference.network import build_network, weights_of
from cyclegan_neuro.spikes.inference.rate_models import POOL, Architecture, NetworkWeights, RateModels
from cyclegan_neuro.spikes.inference.rates import infer_rates

LEVELS, MEMBERS = range(1, 9), 5  # of the shipped networks
PREDICTED_AT_ONCE = 8192


def random_models(frame_rate_hz: float) -> RateModels:
    levels = {
        level: tuple(weights_of(build_network(Architecture(), seed=100 * level + k)) for k in range(MEMBERS))
        for level in LEVELS
    }
    return RateModels(frame_rate_hz=frame_rate_hz, smoothing_s=0.05, causal=False, noise_levels=levels)


def networks(arguments) -> tuple[RateModels, str]:
    """Return the networks and what they are."""
    try:
        return choose_models(arguments.models, arguments.frame_rate)[0], str(arguments.models or "shipped networks")
    except UserError:
        if arguments.models:
            raise
        return random_models(arguments.frame_rate), "random networks of the shipped size"


def recording(arguments, models: RateModels) -> np.ndarray:
    """Simulate ΔF/F (time, neuron) at 1 spike per second, with noise of all levels of the networks."""
    rng = np.random.default_rng(1)
    shape, rate = (arguments.frames, arguments.neurons), arguments.frame_rate
    levels = np.resize(sorted(models.noise_levels), arguments.neurons) - 0.4  # clear of the borders between levels
    clean = convolve_spikes(rng.poisson(1.0 / rate, shape), gcamp6_kernel(rate))
    return (clean + rng.normal(0, white_noise_sd(levels, rate), shape)).astype(np.float32)


def windowed_network(weights: NetworkWeights, window_frames: int) -> keras.Model:
    """Build the network of one window, as CASCADE does."""
    one, two, three = (k.shape for k in weights.kernels[:3])
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((window_frames, 1)),
            layers.Conv1D(one[2], one[0], activation="relu"),
            layers.Conv1D(two[2], two[0], activation="relu"),
            layers.MaxPooling1D(POOL),
            layers.Conv1D(three[2], three[0], activation="relu"),
            layers.MaxPooling1D(POOL),
            layers.Dense(weights.kernels[3].shape[1], activation="relu"),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.set_weights([a for pair in zip(weights.kernels, weights.biases, strict=True) for a in pair])
    return model


def windowed_seconds(dff, found, models: RateModels, arguments) -> tuple[float, float]:
    """Return the seconds that one window per frame takes for the whole recording, and the largest difference in Hz."""
    window, columns = models.window_frames, range(min(arguments.part_neurons, arguments.neurons))
    part = dff[: min(arguments.part_frames, len(dff))]
    built = {
        level: [windowed_network(weights, window) for weights in models.noise_levels[level]]
        for level in {int(found.network_levels[column]) for column in columns}
    }
    for members in built.values():  # traced outside the time
        for model in members:
            model.predict(np.zeros((1, window, 1), np.float32), verbose=0)
    difference, begin, rates = 0.0, time.perf_counter(), {}
    for column in columns:
        windows = np.lib.stride_tricks.sliding_window_view(part[:, column], window)[..., None]
        members = built[int(found.network_levels[column])]
        each = [model.predict(windows, batch_size=PREDICTED_AT_ONCE, verbose=0)[:, 0] for model in members]
        rates[column] = np.maximum(np.mean(each, axis=0), 0) * arguments.frame_rate
    seconds = time.perf_counter() - begin
    for column, rate in rates.items():
        ours = found.rates_hz[models.before_frames : models.before_frames + len(rate), column]
        difference = max(difference, float(np.abs(ours - rate).max()))
    n_windows = len(columns) * (len(part) - window + 1)
    return seconds * arguments.neurons * (len(dff) - window + 1) / n_windows, difference


def peak_memory_gb(arguments) -> float:
    """Return the peak memory of a process that only infers once."""
    command = [sys.executable, __file__, "--memory_only"]
    for name in ("neurons", "frames", "frame_rate", "models"):
        if getattr(arguments, name) is not None:
            command += [f"--{name}", str(getattr(arguments, name))]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def run(arguments, models: RateModels) -> dict:
    """Measure and return the numbers."""
    dff, seconds = recording(arguments, models), []
    for _ in range(1 + arguments.repeats):
        begin = time.perf_counter()
        found = infer_rates(dff, frame_rate_hz=arguments.frame_rate, models=models)
        seconds.append(time.perf_counter() - begin)
    windowed, difference = windowed_seconds(dff, found, models, arguments)
    median = statistics.median(seconds[1:])
    rows = [
        {"way": "whole traces", "first call s": seconds[0], "median s": median, "faster by": windowed / median},
        {"way": "window per frame", "first call s": None, "median s": windowed, "faster by": 1.0},
    ]
    print_table(rows)
    numbers = {"largest difference Hz": difference, "peak memory GB": peak_memory_gb(arguments)}
    print_table([numbers])
    return {"ways": rows, "seconds": seconds, **numbers}


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=3)
    options.add_argument("--neurons", type=int, default=102)
    options.add_argument("--frames", type=int, default=21500)
    options.add_argument("--frame_rate", type=float, default=24.0)
    options.add_argument("--models", type=Path, help="networks (default: the shipped ones)")
    options.add_argument("--part_neurons", type=int, default=8, help="neurons that are read window by window (8)")
    options.add_argument("--part_frames", type=int, default=4000, help="their frames (4000)")
    options.add_argument("--memory_only", action="store_true", help="print the peak memory in GB and nothing else")
    arguments = options.parse_args()
    models, name = networks(arguments)
    if arguments.memory_only:
        infer_rates(recording(arguments, models), frame_rate_hz=arguments.frame_rate, models=models)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)
        return
    size = f"{arguments.neurons} neurons x {arguments.frames:,} frames at {arguments.frame_rate:g} Hz"
    print(f"{size}, {name}: {len(models.noise_levels)} levels")
    numbers = run(arguments, models)
    write_json(arguments.json, {"machine": machine(), "size": size, "networks": name, **numbers})


if __name__ == "__main__":
    main()
