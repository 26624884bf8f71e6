"""Generator and discriminator (Ramesh et al. 2019, Figures 1 and 2), of pixels or of which stimulus it is.

Each network is in two parts: what depends on the stimulus alone, computed once however many trials share it, and
what depends on the trial.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from cyclegan_neuro.populations.responses.responses import PreparedResponses
from cyclegan_neuro.systems.encoding_gan.config import ModelSection

__all__ = ["Generator", "SharedNoise", "build_discriminator", "build_generator"]

_POOL, _STRIDE, _SLOPE = 3, 2, 0.2


class Generator:
    """Stimulus and noise to logits.

    Attributes
    ----------
    early : keras.Model
        Stimuli to the first layer before its noise.
    late : keras.Model
        That, noise (batch, source) and day (batch,) to logits (batch, neuron * level), float32.
    n_sources : int
    """

    def __init__(self, early: keras.Model, late: keras.Model, n_sources: int):
        self.early, self.late, self.n_sources = early, late, n_sources

    @property
    def variables(self) -> list[keras.Variable]:
        return self.early.trainable_variables + self.late.trainable_variables

    @property
    def signal_variables(self) -> list[keras.Variable]:
        """Those of the network without noise, in an order that another generator shares."""
        noisy = {id(v) for layer in self.late.layers if isinstance(layer, SharedNoise) for v in layer.variables}
        return [v for v in self.variables if id(v) not in noisy]


class SharedNoise(layers.Layer):
    """Add noise that units share, each with weights of its own.

    Parameters
    ----------
    scale : float
        Standard deviation of the weights before training.
    gain : float
        Factor of the weights: Adam changes them by as much more in an update.
    n_days : int
        Weights are learned for each day.
    seed : int

    Notes
    -----
    The paper adds it to the units of a convolutional layer before max-pooling. With one weight per channel pooling
    commutes with it, max(h + w z) = max(h) + w z, so it is added after pooling.
    """

    def __init__(self, scale: float, *, gain: float, n_days: int, seed: int, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.gain, self.n_days, self.seed = scale, gain, n_days, seed

    def build(self, input_shape):
        (*_, units), (_, n_sources), _ = input_shape
        start = keras.initializers.RandomNormal(stddev=self.scale / self.gain, seed=self.seed)
        self.weights_of_day = self.add_weight(
            name="noise", shape=(self.n_days, n_sources, units), initializer=start, dtype="float32"
        )

    def call(self, inputs):
        value, noise, day = inputs
        weights = self.gain * tf.convert_to_tensor(self.weights_of_day)
        if self.n_days == 1:
            added = tf.matmul(noise, weights[0])
        else:
            added = tf.einsum("bs,bsu->bu", noise, tf.gather(weights, day))
        return value + tf.cast(tf.reshape(added, (-1, *[1] * (value.shape.rank - 2), value.shape[-1])), value.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape[0]


def build_generator(
    model: ModelSection, prepared: PreparedResponses, *, noisy: bool, seed: int, name: str
) -> Generator:
    """Build a generator; without noise it is the supervised network of the same architecture.

    Parameters
    ----------
    model : ModelSection
    prepared : PreparedResponses
        Sizes, and the probabilities that the output bias starts at.
    noisy : bool
    seed : int
        Of the initial weights.
    name : str
    """
    responses = prepared.responses
    sources = model.noise_sources if noisy else [0, 0, 0]
    seeds = iter(range(1000 * seed, 1000 * seed + 100))
    given, first, second = _stimulus_layers(model, prepared, seeds, name)
    early = keras.Model(given, first(given), name=f"{name}_early")

    value = layers.Input(early.output.shape[1:], name=f"{name}_first")
    noise, day = (
        layers.Input((sum(sources),), name=f"{name}_noise"),
        layers.Input((), dtype="int32", name=f"{name}_day"),
    )
    parts = _split(noise, sources)

    def noised(value, label):
        part = next(parts)
        if part is None:
            return value
        layer = SharedNoise(
            model.noise_scale,
            gain=model.noise_gain,
            n_days=responses.n_days,
            seed=next(seeds),
            name=f"{name}_noise_{label}",
            dtype="float32",
        )
        return layer([value, part, day])

    hidden = layers.LeakyReLU(_SLOPE)(noised(value, "1"))
    hidden = layers.Flatten()(layers.LeakyReLU(_SLOPE)(noised(second(hidden), "2")))
    if not noisy and model.dropout:
        hidden = layers.Dropout(model.dropout, seed=next(seeds), name=f"{name}_dropout")(hidden)
    logits = layers.Dense(
        responses.n_neurons * prepared.most_count,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        dtype="float32",
        name=f"{name}_logits",
    )(hidden)
    return Generator(early, keras.Model([value, noise, day], noised(logits, "3"), name=f"{name}_late"), sum(sources))


def build_discriminator(
    model: ModelSection, prepared: PreparedResponses, *, seed: int
) -> tuple[keras.Model | None, keras.Model]:
    """Build the embedding of stimuli, and what judges it with counts (batch, neuron): a logit, float32, shape (batch,).

    Counts are brought to mean 0 and standard deviation 1, so that rare spikes are seen. Spectral normalisation is
    Keras' (Miyato et al. 2018), with one power iteration for each update of the weights. The embedding has as many
    units as the generator has logits, at the same scale; None where it is the supervised network's logits.
    """
    seeds = iter(range(1000 * seed, 1000 * seed + 100))

    def dense(units, **kwargs):
        start = keras.initializers.GlorotUniform(seed=next(seeds))
        layer = layers.Dense(units, kernel_initializer=start, **kwargs)
        return layers.SpectralNormalization(layer, dtype=layer.dtype_policy)

    n_neurons, embedding = prepared.responses.n_neurons, None
    size = n_neurons * prepared.most_count
    if model.embedding == "learned":
        given, first, second = _stimulus_layers(model, prepared, seeds, "embedding", layers.SpectralNormalization)
        hidden = layers.LeakyReLU(_SLOPE)(second(layers.LeakyReLU(_SLOPE)(first(given))))
        scaled = layers.LayerNormalization(center=False, scale=False, dtype="float32")
        embedding = keras.Model(given, scaled(dense(size)(layers.Flatten()(hidden))), name="embedding")
    recorded = prepared.responses.counts[prepared.train].astype(np.float32)
    mean, deviation = recorded.mean(axis=0), np.maximum(recorded.std(axis=0), 1e-2)
    embedded, counts = layers.Input((size,), name="embedded"), layers.Input((n_neurons,), name="counts")
    scaled = layers.Rescaling(1.0 / deviation, -mean / deviation, dtype="float32")(counts)
    value = layers.Concatenate()([embedded, scaled])
    for _ in range(model.discriminator_layers):
        value = dense(model.discriminator_units, activation="relu")(value)
    logit = layers.Rescaling(model.logit_gain, dtype="float32")(dense(1, dtype="float32")(value))
    judge = keras.Model([embedded, counts], layers.Reshape((), dtype="float32")(logit), name="judge")
    for network in (embedding, judge) if embedding else (judge,):
        _seed_power_iterations(network, seeds)
    return embedding, judge


def _seed_power_iterations(network: keras.Model, seeds) -> None:
    """Start them as Keras does, which takes no seed."""
    for layer in network.layers:
        if isinstance(layer, layers.SpectralNormalization):
            start = keras.initializers.TruncatedNormal(stddev=0.02, seed=next(seeds))
            layer.vector_u.assign(start(layer.vector_u.shape))


def _split(noise, sources: list[int]):
    """Return the columns of each layer's sources, None where it has none."""
    at = 0
    for n in sources:
        yield noise[:, at : at + n] if n else None
        at += n


def _stimulus_layers(model: ModelSection, prepared: PreparedResponses, seeds, name: str, wrap=lambda layer: layer):
    """Return the input of stimuli, and two functions that apply the first and the second layer up to its noise."""

    def start():
        return keras.initializers.GlorotUniform(seed=next(seeds))

    if prepared.condition == "identity":
        given = layers.Input((), dtype="int32", name=f"{name}_identity")
        normal = keras.initializers.RandomNormal(stddev=1.0 / model.hidden[0] ** 0.5, seed=next(seeds))
        table = layers.Embedding(prepared.responses.n_stimuli, model.hidden[0], embeddings_initializer=normal)
        dense = wrap(layers.Dense(model.hidden[1], kernel_initializer=start()))
        return given, table, dense
    given = layers.Input((*prepared.responses.movie.shape[1:], prepared.n_frames), name=f"{name}_frames")

    def convolution(filters):
        layer = layers.Conv2D(filters, model.kernel_size, padding="same", kernel_initializer=start())
        wrapped = wrap(layer)
        return lambda value: layers.MaxPooling2D(_POOL, _STRIDE)(wrapped(value))

    return given, *(convolution(filters) for filters in model.filters)
