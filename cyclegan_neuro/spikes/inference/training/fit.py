"""Train one network."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from cyclegan_neuro.spikes.inference.network import build_network, weights_of
from cyclegan_neuro.spikes.inference.rate_models import NetworkWeights
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings
from cyclegan_neuro.spikes.inference.training.stretches import Stretches

__all__ = ["fit_network"]

_OUTPUT_SCALE = 10.0  # spikes per frame are small numbers: the network learns tenths, and its last layer is divided


def fit_network(
    stretches: Stretches, settings: TrainingSettings, *, level: int, member: int, log_dir: Path | None = None
) -> tuple[NetworkWeights, float]:
    """Train one member of the ensemble of one noise level.

    Parameters
    ----------
    stretches : Stretches
    settings : TrainingSettings
    level, member : int
        With ``settings.seed`` they decide every random number.
    log_dir : Path, optional
        Of TensorBoard: the loss and the learning rate of every epoch.

    Returns
    -------
    weights : NetworkWeights
        Of a network that gives spikes per frame.
    loss : float
        Mean squared error of the last epoch, in (spikes per frame)².

    Notes
    -----
    Adam with a cosine in place of CASCADE's Adagrad, and noise drawn anew in every epoch in place of copies with fixed
    noise: fewer passes reach the same accuracy.
    """
    seed = [settings.seed, level, member]
    network = build_network(settings.architecture, seed=int(np.random.SeedSequence(seed).generate_state(1)[0] % 2**31))
    batches = _Batches(stretches, settings, level=level, rng=np.random.default_rng(seed))
    steps = settings.epochs * len(batches)
    warmup = max(1, steps // 20)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=settings.learning_rate, warmup_steps=warmup
    )
    network.compile(keras.optimizers.Adam(schedule), "mse", jit_compile=True)
    callbacks = [keras.callbacks.TensorBoard(log_dir, write_graph=False)] if log_dir else []
    history = network.fit(batches, epochs=settings.epochs, shuffle=False, verbose=0, callbacks=callbacks)
    return _scaled_down(weights_of(network)), history.history["loss"][-1] / _OUTPUT_SCALE**2


class _Batches(keras.utils.PyDataset):
    """An epoch's batches in a random order; order and noise are drawn anew for every epoch."""

    def __init__(self, stretches: Stretches, settings: TrainingSettings, *, level: int, rng: np.random.Generator):
        super().__init__()
        self._stretches, self._settings, self._rng = stretches, settings, rng
        self._interval = settings.noise_interval(level)
        self._size = min(settings.batch_size, len(stretches.dff))
        self._draw()

    def __len__(self) -> int:
        return len(self._stretches.dff) // self._size

    def __getitem__(self, index: int):
        chosen = self._order[index * self._size : (index + 1) * self._size]
        return self._dff[chosen][..., None], self._stretches.target[chosen][..., None] * _OUTPUT_SCALE

    def on_epoch_end(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self._order = self._rng.permutation(len(self._stretches.dff))
        self._dff = self._stretches.noisy(self._rng, self._interval, self._settings.frame_rate_hz)


def _scaled_down(weights: NetworkWeights) -> NetworkWeights:
    *kernels, last_kernel = weights.kernels
    *biases, last_bias = weights.biases
    return NetworkWeights((*kernels, last_kernel / _OUTPUT_SCALE), (*biases, last_bias / _OUTPUT_SCALE))
