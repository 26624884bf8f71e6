"""Train one network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.inference.spike_network import DFF_SCALE, LEAK, initial_weights
from cyclegan_neuro.spikes.inference.training.sampling import Sampler
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

__all__ = ["fit_network", "forward"]

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


def forward(weights: Mapping[str, Any], dff, condition, bases: tuple[np.ndarray, np.ndarray]):
    """Return the rates of traces, not yet cut off at zero, with what gradients are taken of.

    :class:`~cyclegan_neuro.spikes.inference.told_network.ToldNetworks` gives the same faster.

    Parameters
    ----------
    weights : mapping of str to array or variable
        See :func:`cyclegan_neuro.spikes.inference.spike_network.weight_shapes`.
    dff : tensor of float32, shape (trace, frame)
        As a fraction.
    condition : tensor of float32, shape (trace, 2 + code)
        See :func:`cyclegan_neuro.spikes.inference.spike_network.condition_of`.
    bases : tuple of ndarray
        See :meth:`cyclegan_neuro.spikes.inference.spike_network.Architecture.bases`.

    Returns
    -------
    tensor of float32, shape (trace, frame - 2 * reach)
        Spikes per second.
    """
    import tensorflow as tf

    def modulated(features, name):
        scale, shift = (condition @ weights[f"{name}_{part}"] for part in ("scale", "shift"))
        return tf.nn.leaky_relu(features * (1.0 + scale[:, None]) + shift[:, None], LEAK)

    def dense(features, name):
        return tf.tensordot(features, weights[f"{name}_kernel"], 1) + weights[f"{name}_bias"]

    first, second = bases
    seen = tf.nn.conv1d(dff[..., None], first[:, None, :] / DFF_SCALE, 1, "VALID")
    features = modulated(dense(seen, "first"), "first")
    features = modulated(dense(features, "second"), "second")
    narrow = tf.nn.leaky_relu(dense(features, "narrow"), LEAK)
    around = tf.nn.conv1d(narrow, tf.einsum("th,hcf->tcf", second, weights["around_kernel"]), 1, "VALID")
    edge = len(second) // 2
    beside = dense(features[:, edge : -edge or None], "beside")
    features = modulated(around + beside, "around")
    return dense(features, "output")[..., 0]
