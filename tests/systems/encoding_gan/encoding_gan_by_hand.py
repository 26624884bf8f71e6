"""The networks of the encoding model on stimuli known by identity, written out in float64 (Ramesh et al. 2019)."""

import keras
import numpy as np
import tensorflow as tf


def leaky(value):
    return tf.maximum(value, 0.2 * value)


def double(variable):
    return tf.cast(variable.value, tf.float64)


def dense_of(generator):
    """The hidden dense layer, and that of logits."""
    logits = next(layer for layer in generator.late.layers if layer.name.endswith("_logits"))
    hidden = next(x for x in generator.late.layers if isinstance(x, keras.layers.Dense) and x is not logits)
    return hidden, logits


def logits_of(generator, stimuli, noise, gain):
    """Logits of stimuli (batch,) and noise (batch, 2), one source for each of the first two layers; one day."""
    (table,), (hidden, last) = generator.early.trainable_variables, dense_of(generator)
    weights = [gain * double(generator.late.get_layer(f"generator_noise_{i}").weights_of_day)[0] for i in (1, 2)]
    noise = tf.cast(noise, tf.float64)
    first = leaky(tf.gather(double(table), stimuli) + noise[:, :1] @ weights[0])
    second = leaky(first @ double(hidden.kernel) + double(hidden.bias) + noise[:, 1:] @ weights[1])
    return second @ double(last.kernel) + double(last.bias)


def spectral(network):
    return [layer for layer in network.layers if isinstance(layer, keras.layers.SpectralNormalization)]


def normalised_kernel(layer):
    """The kernel after one power iteration (Miyato et al. 2018, Algorithm 1)."""
    kernel, u = (np.asarray(value, np.float64) for value in (layer.layer.kernel, layer.vector_u))
    v = kernel @ u[0]
    v /= np.linalg.norm(v)
    u = v @ kernel
    return kernel / (v @ kernel @ (u / np.linalg.norm(u)))


def judge(layers, embedded, counts, prepared, gain, seen=1.0):
    """Logits of counts (batch, neuron), of which those not ``seen`` are 0; ``layers`` are pairs of kernel and bias."""
    recorded = prepared.responses.counts[prepared.train].astype(np.float64)
    scaled = seen * (counts - recorded.mean(axis=0)) / recorded.std(axis=0)
    value = tf.concat([tf.cast(embedded, tf.float64), scaled], axis=1)
    for kernel, bias in layers[:-1]:
        value = tf.nn.relu(value @ kernel + bias)
    kernel, bias = layers[-1]
    return gain * (value @ kernel + bias)[:, 0]


def embedding(table, layers, stimuli):
    """An embedding that is learned: a table, two dense layers, mean 0 and variance 1 over units."""
    (kernel, bias), (last_kernel, last_bias) = layers
    value = leaky(leaky(tf.gather(table, stimuli)) @ kernel + bias) @ last_kernel + last_bias
    mean, variance = tf.nn.moments(value, axes=[1], keepdims=True)
    return (value - mean) / tf.sqrt(variance + 1e-3)


def counts_of(bits, levels):
    """Ones before the first zero."""
    parts = tf.unstack(tf.reshape(bits, (bits.shape[0], -1, levels)), axis=2)
    total, reached = 0.0, 1.0
    for part in parts:
        reached = reached * part
        total = total + reached
    return total
