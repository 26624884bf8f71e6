"""A step of the encoding GAN (two updates of D, one of G) in one compiled function, against separate calls.

    python benchmarks/encoding_gan_step.py                # 69 neurons, batch 200: configs/encoding_gan/v1.yaml
    python benchmarks/encoding_gan_step.py --conditions identity --embedding learned
    python benchmarks/encoding_gan_step.py --steps 10000  # trains so many, and says whether every log was finite

The ways are the same mathematics on batches of the same size, timed in turn. ``one function``: the package's
``train_step``, an epoch of ``--updates`` updates of G a call. ``separate, stimuli shared``: its updates of D and of G,
each a call of a compiled function. ``separate, per sample``: as these models are usually written, a tf.data pipeline
hands over one batch of stimuli and responses at a time, and generator and embedding run for each response.
"""

from __future__ import annotations

import itertools
import statistics
import time

import _common
import numpy as np
import tensorflow as tf

from cyclegan_neuro.populations.responses.preparing import prepare_responses
from cyclegan_neuro.systems.encoding_gan import fitting
from cyclegan_neuro.systems.encoding_gan.config import Config
from cyclegan_neuro.systems.encoding_gan.model import EncodingGAN, counts_of

_REPORTED = 1000  # updates between lines of a long training


def main() -> None:
    """Measure and print."""
    parser = _common.parser(__doc__.splitlines()[0])
    parser.add_argument("--conditions", nargs="+", choices=("identity", "movie"), default=["identity", "movie"])
    parser.add_argument("--embedding", choices=("supervised", "learned"), default="supervised")
    parser.add_argument("--neurons", type=int, default=69)
    parser.add_argument("--bins", type=int, default=750)
    parser.add_argument("--trials", type=int, default=20, help="of the simulation; a batch is as large (20)")
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--updates", type=int, default=25, help="updates of G in a repetition (25)")
    parser.add_argument("--steps", type=int, help="train so many updates of G on identities in float32 instead")
    options = parser.parse_args()
    if options.steps:
        found = _train(options)
    else:
        found = {"rows": [row for condition in options.conditions for row in _compare(condition, options)]}
        _common.print_table(found["rows"])
    settings = {name: value for name, value in vars(options).items() if name != "json"}
    _common.write_json(options.json, {"machine": _common.machine(), "settings": settings, **found})


def _config(condition: str, options, **training) -> Config:
    size = {"n_neurons": options.neurons, "n_bins": options.bins, "n_trials": options.trials}
    training = {"batch_size": options.batch, "updates_per_epoch": options.updates, "precision": "float32"} | training
    return Config.model_validate(
        {
            "data": {"condition": condition, "simulation": size},
            "model": {"embedding": options.embedding},
            "training": training,
        }
    )


def _compare(condition: str, options) -> list[dict]:
    config = _config(condition, options)
    prepared = prepare_responses(config.data)
    alone = _config(condition, options, trials_per_stimulus=1)
    ways = {
        "one function": _one_function(config, prepared),
        "separate, stimuli shared": _separate(config, prepared),
        "separate, per sample": _per_sample(alone, prepared),
    }
    seconds = _in_turn(ways, options.repeats)
    ours = seconds["one function"]
    return [
        {
            "condition": condition,
            "way": way,
            "ms per step": 1000 * statistics.median(found) / options.updates,
            "times one function": statistics.median(b / a for a, b in zip(ours, found, strict=True)),
        }
        for way, found in seconds.items()
    ]


def _in_turn(ways, repeats: int) -> dict[str, list[float]]:
    """Time A B C A B C ..., so that a drifting machine treats all alike."""
    seconds = {way: [] for way in ways}
    for number in range(repeats + 1):
        for way, run in ways.items():
            begin = time.perf_counter()
            _ = [float(value) for value in run().values()]  # wait for the result
            if number:  # the first compiles
                seconds[way].append(time.perf_counter() - begin)
    return seconds


def _adversarial(config, prepared) -> EncodingGAN:
    trainer = fitting.build(config, prepared)
    trainer.named_optimizers["supervised"].iterations.assign(trainer.supervised_updates)
    return trainer


def _one_function(config, prepared):
    trainer = _adversarial(config, prepared)
    step, epochs = tf.function(trainer.train_step), iter(fitting.training_stream(config, prepared, start_step=0))
    return lambda: step(next(epochs))


def _separate(config, prepared):
    trainer, training = _adversarial(config, prepared), config.training
    discriminator = tf.function(lambda rows: trainer.discriminator_step(rows, trainer.random.next()))
    generator = tf.function(
        lambda rows: trainer.generator_step(tf.gather(trainer.stimulus, rows), trainer.random.next())
    )
    batches = iter(_rows(prepared, training.stimuli_per_update, training.seed))

    def run():
        for _ in range(training.updates_per_epoch):
            for _ in range(training.discriminator_updates):
                rows = next(batches)
                told = discriminator(rows)
            told = {**told, **generator(rows)}
        return told

    return run


def _rows(prepared, size: int, seed: int) -> tf.data.Dataset:
    rows = tf.data.Dataset.from_tensor_slices(prepared.train.astype(np.int32))
    return rows.shuffle(len(prepared.train), seed=seed).repeat().batch(size, drop_remainder=True)


def _per_sample(config, prepared):
    trainer, training, responses = _adversarial(config, prepared), config.training, prepared.responses
    frames = tf.constant(prepared.movie_frames()) if prepared.condition == "movie" else None
    index, stimulus = tf.constant(prepared.frame_index()), tf.constant(responses.stimulus.astype(np.int32))
    counts = tf.constant(responses.counts.astype(np.float32))

    def batch(rows):
        which = tf.gather(stimulus, rows)
        if frames is None:
            return which, which, tf.gather(counts, rows)
        shown = tf.transpose(tf.gather(frames, tf.gather(index, which)), (0, 2, 3, 1))
        return shown, which, tf.gather(counts, rows)

    plain = _Plain(trainer)
    batches = iter(_rows(prepared, training.batch_size, training.seed).map(batch).prefetch(2))

    def run():
        for _ in range(training.updates_per_epoch):
            for _ in range(training.discriminator_updates):
                shown, which, real = next(batches)
                told = plain.update_discriminator(shown, which, real)
            told = {**told, **plain.update_generator(shown, which)}
        return told

    return run


class _Plain:
    """The updates of a trainer on responses that each come with their stimulus."""

    def __init__(self, trainer: EncodingGAN):
        self.trainer = trainer

    def logits(self, shown, seed, training):
        generator = self.trainer.generator
        noise = tf.random.stateless_normal((tf.shape(shown)[0], generator.n_sources), seed)
        day = tf.zeros(tf.shape(shown)[:1], tf.int32)
        return generator.late([generator.early(shown, training=training), noise, day], training=training)

    def judged(self, shown, which, counts, training):
        trainer = self.trainer
        if trainer.embedding is None:
            embedded = tf.gather(tf.convert_to_tensor(trainer.expected), which)
        else:
            embedded = trainer.embedding(shown, training=training)
        return trainer.judge([embedded, counts], training=training)

    @tf.function
    def update_discriminator(self, shown, which, real):
        trainer = self.trainer
        noise, spikes = tf.unstack(tf.random.split(trainer.random.next(), 2))
        logits = self.logits(shown, noise, training=False)
        uniform = tf.random.stateless_uniform(tf.shape(logits), spikes)
        fake = counts_of(tf.cast(uniform < tf.sigmoid(logits), tf.float32), trainer.levels)
        with trainer.minimise("discriminator") as update:
            on_real, on_fake = (self.judged(shown, which, counts, training=True) for counts in (real, fake))
            update.loss = trainer.objective.discriminator_loss(on_real, on_fake)
        return {"discriminator": update.loss}

    @tf.function
    def update_generator(self, shown, which):
        trainer = self.trainer
        noise, spikes = tf.unstack(tf.random.split(trainer.random.next(), 2))

        def cost(bits):
            times = tf.shape(bits)[0] // tf.shape(which)[0]
            copies = tf.tile(shown, (times, *[1] * (shown.shape.rank - 1))), tf.tile(which, (times,))
            return tf.nn.softplus(-self.judged(*copies, counts_of(bits, trainer.levels), training=False))

        with trainer.minimise("generator") as update:
            estimate = trainer.estimator(cost, self.logits(shown, noise, training=True), spikes)
            update.loss, update.combine = estimate.surrogate, trainer.estimator.combine
        return {"generator": estimate.cost}


def _train(options) -> dict:
    """Train both phases as a run does."""
    every = min(100, options.steps)
    epochs = -(-options.steps // every)
    config = _config("identity", options, updates_per_epoch=every, epochs=epochs + 8)
    prepared = prepare_responses(config.data)
    trainer = fitting.build(config, prepared)
    step, stream = tf.function(trainer.train_step), fitting.training_stream(config, prepared, start_step=0)
    begin, finite = time.perf_counter(), True
    for number, data in enumerate(itertools.islice(stream, config.training.epochs), 1):
        trainer.reset_metrics()
        logs = {name: float(value) for name, value in step(data).items()}
        finite &= bool(np.isfinite(list(logs.values())).all())
        if number * every % _REPORTED == 0 or number == config.training.epochs:
            told = "  ".join(f"{name} {value:.3g}" for name, value in logs.items())
            print(f"{int(trainer.named_optimizers['generator'].iterations):6,} updates of G  {told}", flush=True)
    finite &= all(np.isfinite(np.asarray(variable)).all() for variable in trainer.variables)
    seconds, updates = time.perf_counter() - begin, int(trainer.named_optimizers["generator"].iterations)
    print(f"{updates:,} updates in {seconds:.0f} s: every log and variable was {'' if finite else 'not '}finite")
    return {"updates": updates, "seconds": seconds, "finite": finite}


if __name__ == "__main__":
    main()
