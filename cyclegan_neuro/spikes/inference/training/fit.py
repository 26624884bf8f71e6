"""Train one network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.inference.spike_network import forward, initial_weights
from cyclegan_neuro.spikes.inference.training.sampling import Sampler
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

__all__ = ["fit_network"]

_LARGEST_NORM = 1.0  # of the gradient
_LOGGED_EVERY = 100  # updates


def fit_network(
    cells: Sequence[GroundTruthCell], settings: TrainingSettings, *, member: int, log_dir: Path | None = None
) -> tuple[dict[str, np.ndarray], float]:
    """Train one member of an ensemble.

    Parameters
    ----------
    cells : sequence of GroundTruthCell
    settings : TrainingSettings
    member : int
        With ``settings.seed`` it decides every random number.
    log_dir : Path, optional
        Of TensorBoard: the loss of every hundred updates.

    Returns
    -------
    weights : dict of str to ndarray of float32
    loss : float
        Mean of the last tenth of the updates: squared error in Hz², cells weighted as in
        :class:`~cyclegan_neuro.spikes.inference.training.sampling.Sampler`.

    Notes
    -----
    Adam with a cosine in place of CASCADE's Adagrad, and noise drawn anew for every stretch in place of copies with
    fixed noise: fewer passes reach the same accuracy.
    """
    import keras
    import tensorflow as tf

    rng = np.random.default_rng([settings.seed, member])
    weights = {
        name: keras.Variable(array, name=name) for name, array in initial_weights(settings.architecture, rng).items()
    }
    variables = list(weights.values())
    warmup = max(1, settings.updates // 20)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, settings.updates - warmup), warmup_target=settings.learning_rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(variables)

    def step_at(frame_rate_hz: float):
        bases = settings.architecture.bases(frame_rate_hz)

        @tf.function(jit_compile=True)
        def step(dff, told, target, weight):
            with tf.GradientTape() as tape:
                rates = forward({name: v.value for name, v in weights.items()}, dff, told, bases)
                loss = tf.reduce_mean(weight[:, None] * tf.square(rates - target))
            gradients = tape.gradient(loss, [v.value for v in variables])
            gradients, _ = tf.clip_by_global_norm(gradients, _LARGEST_NORM)
            optimizer.apply(gradients, variables)
            return loss

        return step

    samplers = [Sampler(cells, settings, rate, rng) for rate in settings.frame_rates_hz]
    steps = [step_at(rate) for rate in settings.frame_rates_hz]
    writer = tf.summary.create_file_writer(str(log_dir)) if log_dir else tf.summary.create_noop_writer()
    losses = []
    with writer.as_default():
        for update in range(settings.updates):
            drawn = int(rng.integers(len(steps)))
            losses.append(float(steps[drawn](*map(tf.constant, samplers[drawn].batch()))))
            if (update + 1) % _LOGGED_EVERY == 0:
                tf.summary.scalar("loss", np.mean(losses[-_LOGGED_EVERY:]), step=update + 1)
    last = losses[-max(1, len(losses) // 10) :]
    return {name: np.asarray(v) for name, v in weights.items()}, float(np.mean(last))
