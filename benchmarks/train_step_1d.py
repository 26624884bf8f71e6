"""Time per window of the CycleGAN whose convolutions run along time, against neurons, and of the pipeline beside it.

    python benchmarks/train_step_1d.py [--neurons 100 300 1000 3000] [--window_frames 256 --batch_size 4] [--json FILE]

The networks and the objective are those of configs/cyclegan/activity_alone.yaml, which take neurons as channels: 64
filters whatever their number, so that a step grows with neurons in the first and the last layers only. ``pipeline``
takes the training stream of the same days until as many windows have come. CPU seconds are those of all threads: on a
machine that is busy otherwise they tell more than the clock. ``exponent`` is the slope of the logarithms between a row
and the one above it: below 1 a neuron more costs less than the one before.
"""

from __future__ import annotations

import math
import statistics
import time

import numpy as np
import tensorflow as tf
import yaml
from _common import ROOT, machine, parser, print_table, write_json

from cyclegan_neuro.configuration.sections import DataSection, OrderingSection, WindowsSection
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.model import build_cyclegan
from cyclegan_neuro.windows.pipeline import steps_per_epoch, training_stream
from cyclegan_neuro.windows.prepare import prepare_pair

CONFIGURATION = ROOT / "configs" / "cyclegan" / "activity_alone.yaml"
FRAME_RATE_HZ, DURATION_S = 24.0, 200.0


def recording(n_neurons: int, seed: int) -> Recording:
    """Return a recording of noise."""
    shape = (int(DURATION_S * FRAME_RATE_HZ), n_neurons)
    return Recording(np.random.default_rng(seed).standard_normal(shape, np.float32), FRAME_RATE_HZ)


def cpu_and_clock(function) -> np.ndarray:
    """Return the CPU seconds of all threads and the seconds of the clock that a call takes."""
    begin = time.process_time(), time.perf_counter()
    function()
    return np.array([time.process_time(), time.perf_counter()]) - begin


def row(n_neurons: int, published: dict, arguments) -> dict:
    """Measure at one number of neurons."""
    config = Config(model=published["model"], objective=published["objective"])
    windows = WindowsSection(**(published["windows"] | {"window_frames": arguments.window_frames}))
    days = recording(n_neurons, 0), recording(n_neurons, 1)
    pair = prepare_pair(*days, data=DataSection(), windows=windows, ordering=OrderingSection(method="original"), seed=0)
    batch, n_steps = arguments.batch_size, arguments.repeats
    stream = training_stream(
        pair, batch_size=batch, n_steps_per_epoch=steps_per_epoch(pair, batch), seed=0, end_step=n_steps + 1
    )
    batches = list(stream)
    step = tf.function(build_cyclegan(config, pair).train_step)
    step(batches[0])
    steps = [cpu_and_clock(lambda data=data: step(data)) for data in batches[1:]]
    cpu, clock = (statistics.median(column) / batch for column in zip(*steps, strict=True))
    piped = cpu_and_clock(lambda: [None for _ in stream])[0] / (batch * (n_steps + 1))
    return {
        "neurons": n_neurons, "CPU s per window": float(cpu), "s per window": float(clock),
        "pipeline, CPU s per window": float(piped), "pipeline's share": float(piped / cpu),
    }  # fmt: skip


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=20)
    options.add_argument("--neurons", type=int, nargs="+", default=[100, 300, 1000, 3000])
    options.add_argument("--window_frames", type=int, default=256)
    options.add_argument("--batch_size", type=int, default=4)
    arguments = options.parse_args()
    published = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    rows = [row(n_neurons, published, arguments) for n_neurons in arguments.neurons]
    for before, after in zip([None, *rows[:-1]], rows, strict=True):
        after["exponent"] = before and math.log(after["CPU s per window"] / before["CPU s per window"]) / math.log(
            after["neurons"] / before["neurons"]
        )
    print_table(rows)
    write_json(arguments.json, {"machine": machine(), "window_frames": arguments.window_frames, "rows": rows})


if __name__ == "__main__":
    main()
