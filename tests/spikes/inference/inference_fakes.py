"""Networks with random weights, and the same networks read one window at a time in numpy."""

import numpy as np

from cyclegan_neuro.spikes.inference.architecture import Architecture
from cyclegan_neuro.spikes.inference.rate_models import NetworkWeights, RateModels

SMALL = Architecture(widths=(5, 4, 3), filters=(3, 4, 5), units=4, window_frames=20, before_frames=10)


def random_weights(architecture=SMALL, seed=0):
    """Weights that give 0 without signal, and values of standard deviation 1 on noise of standard deviation 0.1."""
    rng = np.random.default_rng(seed)
    inputs, shapes = 1, []
    for width, filters in zip(architecture.widths, architecture.filters, strict=True):
        shapes.append((width, inputs, filters))
        inputs = filters
    shapes += [(inputs, architecture.units), (architecture.positions * architecture.units, 1)]
    kernels = [rng.normal(0, np.sqrt(2.0 / np.prod(shape[:-1])), shape).astype(np.float32) for shape in shapes]
    biases = [rng.normal(0, 0.1, shape[-1:]).astype(np.float32) for shape in shapes]
    weights = NetworkWeights(tuple(kernels), tuple(biases))
    kernels[4][:] = np.abs(kernels[4])
    biases[4][:] = 0
    values = windowed(weights, rng.normal(0, 0.1, (99, architecture.window_frames)))
    kernels[4] /= np.float32(values.std())
    biases[4] -= np.float32(windowed(weights, np.zeros((1, architecture.window_frames)))[0])
    return weights


def random_models(levels=(1, 2), *, members=2, frame_rate_hz=30.0, architecture=SMALL):
    return RateModels(
        frame_rate_hz=frame_rate_hz, smoothing_s=0.05, causal=False,
        window_frames=architecture.window_frames, before_frames=architecture.before_frames,
        noise_levels={
            level: tuple(random_weights(architecture, seed=10 * level + member) for member in range(members))
            for level in levels
        },
    )  # fmt: skip


def windowed(weights, windows):
    """Spikes per frame of each window, (window, frame) to (window,): the network as CASCADE defines it, in float64."""
    values = windows[:, :, None].astype(np.float64)
    for kernel, bias, pool in zip(weights.kernels[:3], weights.biases[:3], (1, 2, 2), strict=True):
        seen = np.lib.stride_tricks.sliding_window_view(values, len(kernel), axis=1)  # (window, position, input, width)
        values = np.maximum(np.einsum("npcw,wcf->npf", seen, kernel.astype(np.float64), optimize=True) + bias, 0)
        kept = values.shape[1] // pool * pool
        values = values[:, :kept].reshape(len(values), -1, pool, values.shape[2]).max(axis=2)
    values = np.maximum(values @ weights.kernels[3].astype(np.float64) + weights.biases[3], 0)
    return (values.reshape(len(values), -1) @ weights.kernels[4].astype(np.float64) + weights.biases[4])[:, 0]


def windowed_rates(trace, models, level):
    """Rate (Hz) of each frame of a trace that a window reaches, one window per frame."""
    windows = np.lib.stride_tricks.sliding_window_view(trace, models.window_frames)
    members = [windowed(weights, windows) for weights in models.noise_levels[level]]
    return np.maximum(np.mean(members, axis=0), 0) * models.frame_rate_hz


def noise(level, shape, *, frame_rate_hz=30.0, seed=0):
    """White noise of a noise level (% per sqrt(Hz)): median |N(0, 2 s²)| is 0.9539 s."""
    return np.random.default_rng(seed).normal(0, level * np.sqrt(frame_rate_hz) / 100 / 0.95387, shape)
