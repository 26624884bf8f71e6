"""One Spike-GAN update (five of the critic, one of the generator) in one compiled function, against separate steps.

    python benchmarks/spike_gan_step.py                # half width, 32 bins x 50 neurons: configs/spike_gan/retina.yaml
    python benchmarks/spike_gan_step.py --features 256 --bins 128 --neurons 16

The alternatives are the same mathematics on the same shapes. ``separate functions`` calls one tf.function per critic
update and one for the generator, as a training loop around GAN steps is usually written; ``separate, eager`` calls the
same without compiling them; ``one graph`` is the package's train_step without XLA.
"""

from __future__ import annotations

import _common
import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.networks import objectives
from cyclegan_neuro.systems.spike_gan.config import ModelSection
from cyclegan_neuro.systems.spike_gan.model import SpikeGAN
from cyclegan_neuro.systems.spike_gan.networks import build_critic, build_generator

_CRITIC_UPDATES = 5


def main() -> None:
    """Measure and print."""
    parser = _common.parser(__doc__.splitlines()[0])
    parser.add_argument("--features", type=int, default=128, help="features of the first convolution (128)")
    parser.add_argument("--bins", type=int, default=32)
    parser.add_argument("--neurons", type=int, default=50)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=5, help="updates per repetition (5)")
    options = parser.parse_args()
    shape = (options.batch * _CRITIC_UPDATES, options.bins, options.neurons)
    samples = tf.constant((np.random.default_rng(0).random(shape) < 0.05).astype(np.float32))
    ways = {
        "one function, XLA": _one_function(options, jit=True),
        "one graph": _one_function(options, jit=False),
        "separate functions": _separate(options, compiled=True),
        "separate, eager": _separate(options, compiled=False),
    }
    rows = []
    for name, step in ways.items():
        found = _common.measure(lambda step=step: _repeat(step, samples, options.steps), options.repeats)
        rows.append({"way": name, "ms per update": 1000 * found["median_s"] / options.steps, **found})
    first = rows[0]["median_s"]
    table = [
        {"way": r["way"], "ms per update": r["ms per update"], "times the first": r["median_s"] / first} for r in rows
    ]
    _common.print_table(table)
    _common.write_json(options.json, {"machine": _common.machine(), "shape": shape, "rows": rows})


def _repeat(step, samples, n: int) -> None:
    for _ in range(n):
        logs = step(samples)
    _ = {name: float(value) for name, value in logs.items()}  # wait for the result


def _trainer(options, *, jit: bool) -> SpikeGAN:
    section = ModelSection(features=options.features)
    size = {"n_bins": options.bins, "n_neurons": options.neurons, "seed": 0}
    trainer = SpikeGAN(
        generator=build_generator(section, **size, mean=np.full(options.neurons, 0.05)),
        critic=build_critic(section, **size),
        objective=objectives.get("wgangp"),
        critic_updates=_CRITIC_UPDATES,
    )
    adam = {"learning_rate": 1e-4, "beta_1": 0.0, "beta_2": 0.9}
    trainer.compile({name: keras.optimizers.Adam(**adam) for name in trainer.learned}, jit_compile=jit)
    return trainer


def _one_function(options, *, jit: bool):
    trainer = _trainer(options, jit=jit)
    return tf.function(trainer.train_step, jit_compile=jit)


def _separate(options, *, compiled: bool):
    trainer = _trainer(options, jit=False)
    wrap = tf.function if compiled else (lambda function: function)
    critic = wrap(lambda real: trainer.update_critic(real, trainer.generate(options.batch)))
    generator = wrap(trainer.update_generator)

    def step(samples):
        for real in tf.split(samples, _CRITIC_UPDATES):
            logs = critic(real)
        return {**logs, **generator(options.batch)}

    return step


if __name__ == "__main__":
    main()
