"""The CycleGAN's training step against the two usual ways to write it, in one run with equal shapes.

    python benchmarks/train_step.py [--window_frames 256 --neurons 26 --batch_size 4] [--full_size] [--json FILE]

``four tapes``: each network computes its own loss with its own forwards. ``persistent tape``: one
persistent tape, every network called once per input. ``ours``: see ``systems/cyclegan/model.py``.
GFLOP/s are those of the step's convolutions, counted in its graph, beside the fastest rate that
the most frequent convolution of the networks reaches alone. Peak memory is that of a process of its own.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from _common import machine, measure, parser, print_table, write_json

from cyclegan_neuro.networks import objectives
from cyclegan_neuro.systems.cyclegan.config import ModelSection
from cyclegan_neuro.systems.cyclegan.model import CycleGAN
from cyclegan_neuro.systems.cyclegan.networks import InputStatistics, build_discriminator, build_generator


class FourTapes(CycleGAN):
    """Each network: its own tape, its own forwards."""

    def train_step(self, data):
        x, y = data
        g, f, d_x, d_y = self.generator_g, self.generator_f, self.discriminator_x, self.discriminator_y

        def cycles():
            return self.lambda_cycle * (self.distance(x, f(g(x))) + self.distance(y, g(f(y))))

        losses = (
            (g, lambda: self.objective.generator_loss(d_y(g(x))) + cycles() + 5 * self.distance(y, g(y))),
            (f, lambda: self.objective.generator_loss(d_x(f(y))) + cycles() + 5 * self.distance(x, f(x))),
            (d_x, lambda: self.objective.discriminator_loss(d_x(x), d_x(f(y)))),
            (d_y, lambda: self.objective.discriminator_loss(d_y(y), d_y(g(x)))),
        )
        values, gradients = [], []
        for network, loss in losses:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([v.value for v in network.trainable_variables])
                values.append(loss())
            gradients.append(tape.gradient(values[-1], [v.value for v in network.trainable_variables]))
        return self._apply_all(values, gradients)

    def _apply_all(self, values, gradients):
        for name, found in (("generator", gradients[:2]), ("discriminator", gradients[2:])):
            self.named_optimizers[name].apply(found[0] + found[1], self.learned[name])
        return {"generator_g": values[0]}


class PersistentTape(FourTapes):
    """Every forward once, in one persistent tape; four gradients; no concatenated calls."""

    def train_step(self, data):
        x, y = data
        g, f, d_x, d_y = self.generator_g, self.generator_f, self.discriminator_x, self.discriminator_y
        with tf.GradientTape(persistent=True) as tape:
            fake_y, fake_x = g(x), f(y)
            cycle = self.lambda_cycle * (self.distance(x, f(fake_y)) + self.distance(y, g(fake_x)))
            on_fake_x, on_fake_y = d_x(fake_x), d_y(fake_y)
            values = [
                self.objective.generator_loss(on_fake_y) + cycle + 5 * self.distance(y, g(y)),
                self.objective.generator_loss(on_fake_x) + cycle + 5 * self.distance(x, f(x)),
                self.objective.discriminator_loss(d_x(x), on_fake_x),
                self.objective.discriminator_loss(d_y(y), on_fake_y),
            ]
        networks = (g, f, d_x, d_y)
        gradients = [
            tape.gradient(value, [v.value for v in network.trainable_variables])
            for value, network in zip(values, networks, strict=True)
        ]
        return self._apply_all(values, gradients)


WAYS = {"ours": CycleGAN, "persistent tape": PersistentTape, "four tapes": FourTapes}


def build(way: str, arguments) -> CycleGAN:
    """Build one of the three trainers; equal networks, LSGAN, no dropout."""
    section = ModelSection(
        filters=arguments.filters, residual_blocks=arguments.residual_blocks, dropout=0.0, discriminator_dropout=0.0
    )
    size = {"window_frames": arguments.window_frames, "n_neurons": arguments.neurons}
    day = InputStatistics(0.5, 0.3)
    model = WAYS[way](
        generator_g=build_generator(section, **size, seed=1, source=day, target=day, name="G"),
        generator_f=build_generator(section, **size, seed=2, source=day, target=day, name="F"),
        discriminator_x=build_discriminator(section, **size, seed=3, source=day, name="D_X"),
        discriminator_y=build_discriminator(section, **size, seed=4, source=day, name="D_Y"),
        objective=objectives.get("lsgan"),
    )
    model.compile({"generator": keras.optimizers.Adam(1e-4), "discriminator": keras.optimizers.Adam(4e-4)})
    return model


def batch(arguments):
    shape = (arguments.batch_size, arguments.window_frames, arguments.neurons, 1)
    return tuple(tf.random.stateless_uniform(shape, (1, day)) for day in (1, 2))


def convolution_flops(concrete) -> float:
    """Return the floating-point operations of all convolutions in a traced step."""
    total = 0.0
    for op in concrete.graph.get_operations():
        if op.type == "Conv2D":
            output, kernel = op.outputs[0].shape, op.inputs[1].shape
        elif op.type == "Conv2DBackpropInput":
            output, kernel = op.inputs[2].shape, op.inputs[1].shape
        elif op.type == "Conv2DBackpropFilter":
            output, kernel = op.inputs[2].shape, op.outputs[0].shape
        else:
            continue
        positions = output[0] * output[1] * output[2]
        total += 2.0 * positions * np.prod([int(k) for k in kernel])
    return total


def ceiling_gflops(arguments) -> float:
    """Return the rate of the residual blocks' convolution, alone, in GFLOP/s."""
    filters = 2 * arguments.filters
    shape = (2 * arguments.batch_size, -(-arguments.window_frames // 4), -(-arguments.neurons // 4), filters)
    windows = tf.random.stateless_normal(shape, (1, 2))
    kernel = tf.random.stateless_normal((4, 4, filters, filters), (3, 4))
    repeats = max(1, int(2e10 / (2.0 * np.prod(shape) * 16 * filters)))

    @tf.function
    def chain(tensor):
        for _ in range(repeats):
            tensor = tf.nn.conv2d(tensor, kernel, 1, "SAME")
        return tf.reduce_sum(tensor)

    seconds = measure(lambda: chain(windows).numpy(), arguments.repeats)["min_s"]
    return repeats * 2.0 * float(np.prod(shape)) * 16 * filters / seconds / 1e9


def time_in_turn(steps, data, repeats: int) -> dict[str, list[float]]:
    """Time the steps A B C A B C ..., so that a drifting machine treats all alike."""
    seconds = {way: [] for way in steps}
    for step in steps.values():
        step(data)
    for _ in range(repeats):
        for way, step in steps.items():
            begin = time.perf_counter()
            tf.nest.map_structure(lambda value: value.numpy(), step(data))
            seconds[way].append(time.perf_counter() - begin)
    return seconds


def peak_memory_gb(arguments) -> float:
    """Return the peak memory of a process that only makes three steps of our trainer."""
    command = [sys.executable, __file__, "--memory_only", "--repeats", "3"]
    for name in ("window_frames", "neurons", "batch_size", "filters", "residual_blocks"):
        command += [f"--{name}", str(getattr(arguments, name))]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def run(arguments) -> dict:
    """Measure at one size and return the numbers."""
    data = batch(arguments)
    steps = {way: tf.function(build(way, arguments).train_step) for way in WAYS}
    seconds = time_in_turn(steps, data, arguments.repeats)
    ours = seconds["ours"]
    flops = convolution_flops(steps["ours"].get_concrete_function(data))
    median = statistics.median(ours)
    rows = [
        {
            "way": way,
            "step s": statistics.median(values),
            "windows/s": arguments.batch_size / statistics.median(values),
            "ours is faster by": statistics.median(b / a for a, b in zip(ours, values, strict=True)),
        }
        for way, values in seconds.items()
    ]
    shape = f"{arguments.batch_size} x {arguments.window_frames} x {arguments.neurons}"
    print(f"\n{shape}, filters {arguments.filters}, {arguments.residual_blocks} residual blocks")
    print_table(rows)
    ceiling = ceiling_gflops(arguments)
    summary = {
        "convolutions GFLOP": flops / 1e9,
        "GFLOP/s": flops / median / 1e9,
        "ceiling GFLOP/s": ceiling,
        "share of ceiling": flops / median / 1e9 / ceiling,
        "peak memory GB": peak_memory_gb(arguments),
    }
    print_table([summary])
    return {"shape": shape, "ways": rows, **summary}


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--window_frames", type=int, default=256)
    options.add_argument("--neurons", type=int, default=26)
    options.add_argument("--batch_size", type=int, default=4)
    options.add_argument("--filters", type=int, default=32)
    options.add_argument("--residual_blocks", type=int, default=9)
    options.add_argument("--full_size", action="store_true", help="2,048 x 102, batch 1, the paper's networks")
    options.add_argument("--memory_only", action="store_true", help="print the peak memory in GB and nothing else")
    arguments = options.parse_args()
    if arguments.full_size:
        arguments.window_frames, arguments.neurons, arguments.batch_size = 2048, 102, 1
    if arguments.memory_only:
        step, data = tf.function(build("ours", arguments).train_step), batch(arguments)
        for _ in range(arguments.repeats):
            step(data)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)
        return
    numbers = run(arguments)
    if arguments.json:
        write_json(arguments.json, {"machine": machine(), **numbers})


if __name__ == "__main__":
    main()
