"""Generators and discriminators of the CycleGAN (Li et al., section D and Figure D.1)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers

from cyclegan_neuro.networks.blocks import Convolutions, attention_gate, down_sample, residual, up_sample
from cyclegan_neuro.networks.layers import CoordinateChannels, Logit, StateTable, TemporalFilter
from cyclegan_neuro.systems.cyclegan.config import ModelSection
from cyclegan_neuro.systems.cyclegan.knowledge import Transport

__all__ = ["InputStatistics", "backbone_of", "build_discriminator", "build_generator"]

_NOISE_STD = 0.5  # of what noise adds at the start, in z-scores with a backbone


@dataclass(frozen=True)
class InputStatistics:
    """Mean and standard deviation of the scaled training windows of a day."""

    mean: float
    std: float


def build_generator(
    section: ModelSection,
    *,
    window_frames: int,
    n_neurons: int,
    seed: int,
    source: InputStatistics,
    target: InputStatistics,
    name: str,
    n_conditions: int = 0,
    transport: Transport | None = None,
) -> keras.Model:
    """Build G or F: (batch, time, neuron, 1) in [0, 1] to the same shape, float32; z-scores with a backbone.

    Parameters
    ----------
    section : ModelSection
    window_frames, n_neurons : int
        From the recording.
    seed : int
        Of the initialisation and of dropout.
    source, target : InputStatistics
        Of the day that the generator reads and of the day that it imitates; used by
        ``standardize_inputs`` and ``output_bias_at_mean``.
    name : str
        Name of the network, and prefix of its variables.
    n_conditions : int
        Channels of behaviour; with ``condition_generators`` an input ``condition`` (batch, time, channel). With
        ``noise_channels`` the last input is ``noise`` (batch, time, channel).
    transport : Transport, optional
        What the backbone does to z-scores; without it they are passed on.

    Returns
    -------
    keras.Model
        Functional model. With a backbone it is that at initialisation, and noise of half a standard deviation where it
        reads any: its last convolution is zero. Attention masks
        are the layers ``attention_gate_1_mask`` (after the last residual block, with down-sampling block 2) and
        ``attention_gate_2_mask`` (after up-sampling block 1, with down-sampling block 1).

    Notes
    -----
    The paper says "filters 32" and no more; with ``growth`` 2 the second block has 64.
    """
    inputs = keras.Input((window_frames, n_neurons, 1), name="window")
    if section.generator == "identity":
        return keras.Model(inputs, layers.Identity(name="output")(inputs), name=name)
    make = _convolutions(section, dropout=section.dropout, seed=seed)
    tensor = _neurons_as_channels(inputs) if make.rank == 1 else inputs
    given, stem = [inputs], _stem(tensor, section, source)
    if section.condition_generators:
        given.append(keras.Input((window_frames, n_conditions), name="condition"))
        stem = _beside(stem, given[1])
    if section.noise_channels:
        given.append(keras.Input((window_frames, section.noise_channels), name="noise"))
        stem = _beside(stem, given[-1], "noise")
    wide = section.filters * section.growth
    down_1 = down_sample(stem, section.filters, make, name="down_1")
    down_2 = down_sample(down_1, wide, make, name="down_2")
    latent = down_2
    for block in range(1, section.residual_blocks + 1):
        latent = residual(latent, make, name=f"residual_{block}", activate_last=section.residual_activation)
    join = _concatenate if section.generator == "resnet" else attention_gate
    latent = join(latent, down_2, make, name="attention_gate_1")
    up_1 = up_sample(latent, wide, make, like=down_1, name="up_1")
    latent = join(up_1, down_1, make, name="attention_gate_2")
    up_2 = up_sample(latent, section.filters, make, like=tensor, name="up_2")
    bias = _logit(target.mean) if section.output_bias_at_mean and not section.input_skip else 0.0
    own = {"bias_initializer": keras.initializers.Constant(bias)}
    if section.backbone:
        own = {"kernel_initializer": "zeros"}
    outputs = make.convolution(tensor.shape[-1], name="output_convolution", kernel_size=1, **own)(up_2)
    if section.noise_channels:
        outputs = layers.Add(name="with_drawn")([outputs, _drawn(given[-1], tensor.shape[1:], n_neurons, make)])
    if section.input_skip:
        outputs = _input_skip(tensor, up_2, outputs, make, centre=_logit(source.mean))
    if section.backbone:
        outputs = layers.Add(dtype="float32", name="backbone_and_change")([_moved(tensor, transport), outputs])
    if make.rank == 1:
        outputs = layers.Reshape((window_frames, n_neurons, 1), name="channels_as_neurons")(outputs)
    squashed = layers.Activation("linear" if section.backbone else "sigmoid", dtype="float32", name="output")(outputs)
    return keras.Model(given if given[1:] else inputs, squashed, name=name)


def backbone_of(generator: keras.Model) -> Callable:
    """Return what gives the windows that a generator with a backbone adds its change to, in their shape."""
    moved, _ = generator.get_layer("backbone_and_change").input
    shaped = layers.Reshape(generator.output_shape[1:], dtype="float32")(moved)
    return keras.Model(generator.inputs[0], shaped).__call__  # no layer of its own that a trainer would keep twice


def build_discriminator(
    section: ModelSection,
    *,
    window_frames: int,
    n_neurons: int,
    seed: int,
    source: InputStatistics,
    name: str,
    n_conditions: int = 0,
) -> keras.Model:
    """Build a PatchGAN D_X or D_Y: (batch, time, neuron, 1) to (batch, time / 8, neuron / 8, 1), float32.

    The output is linear: a logit for GAN and DRAGAN, a value for LSGAN and WGANGP; the sigmoid of the paper's
    discriminators is part of the objective. 2,048 x 102 gives 256 x 13 patches; with generator ``agresnet_1d``
    neurons are channels here too and the patches run over time alone. With ``n_conditions`` channels of behaviour
    there is a second input, (batch, time, channel).

    References
    ----------
    Isola et al. 2017, "Image-to-image translation with conditional adversarial networks", section 3.2.2.
    """
    inputs = keras.Input((window_frames, n_neurons, 1), name="window")
    make = _convolutions(section, dropout=section.discriminator_dropout, seed=seed)
    tensor = _neurons_as_channels(inputs) if make.rank == 1 else inputs
    if section.discriminator_noise:
        std = section.discriminator_noise * source.std
        tensor = layers.GaussianNoise(std, seed=make.seed_of("instance_noise"), name="instance_noise")(tensor)
    given, tensor = [inputs], _stem(tensor, section, source)
    if n_conditions:
        given.append(keras.Input((window_frames, n_conditions), name="condition"))
        tensor = _beside(tensor, given[1])
    filters = section.discriminator_filters or section.filters
    for block in range(3):
        tensor = down_sample(tensor, filters * section.growth**block, make, name=f"down_{block + 1}")
    score = make.convolution(1, name="score_convolution")(tensor)
    score = layers.Activation("linear", dtype="float32", name="score")(score)
    return keras.Model(given if n_conditions else inputs, score, name=name)


def _convolutions(section: ModelSection, *, dropout: float, seed: int) -> Convolutions:
    return Convolutions(
        rank=1 if section.generator == "agresnet_1d" else 2,
        kernel_size=section.kernel_size,
        dropout=dropout,
        initializer_std=section.initializer_std,
        seed=seed,
        normalisation=section.normalisation,
    )


def _stem(tensor, section: ModelSection, source: InputStatistics):
    """Options before the first convolution: standardised inputs, then coordinates of the same scale."""
    if section.standardize_inputs:
        tensor = layers.Rescaling(1 / source.std, -source.mean / source.std, name="standardize")(tensor)
    return CoordinateChannels(name="coordinates")(tensor) if section.coordinate_channels else tensor


def _beside(tensor, frames, what: str = "condition"):
    """Behaviour or noise as further channels, the same for every neuron where these are not channels themselves."""
    if len(tensor.shape) == 4:
        frames = layers.Reshape((frames.shape[1], 1, frames.shape[2]), name=f"{what}_of_frames")(frames)
        frames = layers.UpSampling2D((1, tensor.shape[2]), name=f"{what}_of_neurons")(frames)
    return layers.Concatenate(name=f"with_{what}")([tensor, frames])


def _moved(window, transport: Transport | None):
    """What the backbone makes of a window: its z-scores, transported where it transports them; float32."""
    if transport is None:
        return layers.Activation("linear", dtype="float32", name="backbone")(window)
    shape, weights, shift = window.shape[1:], transport.weights, transport.shift
    if transport.state:
        fixed = StateTable(weights, shift, **transport.state, dtype="float32", name="backbone")
    elif transport.step:
        fixed = TemporalFilter(weights, step=transport.step, shift=shift, dtype="float32", name="backbone")
    else:
        matrix, bias = (keras.initializers.Constant(part) for part in (weights, shift))
        fixed = layers.Dense(
            len(shift),
            trainable=False,
            dtype="float32",
            name="backbone",
            kernel_initializer=matrix,
            bias_initializer=bias,
        )
    rows = layers.Reshape((shape[0], shift.shape[-1]), name="backbone_window")(window)
    return layers.Reshape(shape, name="backbone_moved")(fixed(rows))


def _input_skip(window, features, change, make: Convolutions, *, centre: float):
    """``gate · (logit(x) - centre) + centre + change``: activity is passed on, silenced or changed.

    A sum alone could silence a neuron only by predicting each of its transients; the gate (an
    attention gate on the input itself, layer ``input_gate``, 0.95 at the start) needs to know only where.
    """
    gate = make.convolution(
        window.shape[-1], name="input_gate_score", kernel_size=1, bias_initializer=keras.initializers.Constant(3.0)
    )(features)
    gate = layers.Activation("sigmoid", dtype="float32", name="input_gate")(gate)
    deviation = layers.Rescaling(1.0, -centre, dtype="float32")(Logit(name="input_logit", dtype="float32")(window))
    passed = layers.Multiply(dtype="float32", name="input_passed")([gate, deviation])
    joined = layers.Add(dtype="float32", name="input_skip")([passed, change])
    return layers.Rescaling(1.0, centre, dtype="float32")(joined)


def _drawn(noise, shape: tuple[int, ...], n_neurons: int, make: Convolutions):
    """Noise of its own for every neuron, a filter of the channels: a spread that is there from the first update on."""
    std = _NOISE_STD / math.sqrt(noise.shape[-1] * make.kernel_size)
    start = keras.initializers.RandomNormal(0.0, std, seed=make.seed_of("drawn"))
    drawn = layers.Conv1D(
        n_neurons, make.kernel_size, padding="same", use_bias=False, kernel_initializer=start, name="drawn"
    )(noise)
    return layers.Reshape(shape, name="drawn_as_window")(drawn)


def _neurons_as_channels(inputs):
    return layers.Reshape(inputs.shape[1:3], name="neurons_as_channels")(inputs)


def _concatenate(query, skip, make, *, name):
    return layers.Concatenate(name=name)([query, skip])


def _logit(mean: float) -> float:
    mean = min(max(mean, 1e-3), 1 - 1e-3)
    return math.log(mean / (1 - mean))
