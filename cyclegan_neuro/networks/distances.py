"""Distances between windows, in float32."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from cyclegan_neuro.errors import ConfigurationError

__all__ = ["get", "mae", "mse"]


def mae(a, b):
    """Mean absolute error, a scalar in float32."""
    return tf.reduce_mean(tf.abs(tf.cast(a, tf.float32) - tf.cast(b, tf.float32)))


def mse(a, b):
    """Mean squared error, a scalar in float32."""
    return tf.reduce_mean(tf.math.squared_difference(tf.cast(a, tf.float32), tf.cast(b, tf.float32)))


_DISTANCES = {"mae": mae, "mse": mse}


def get(name: str) -> Callable:
    """Return the distance called ``name``."""
    if name not in _DISTANCES:
        raise ConfigurationError(
            "objective.distance", got=repr(name), expected=f"one of {', '.join(_DISTANCES)}", fix="choose one of these"
        )
    return _DISTANCES[name]
