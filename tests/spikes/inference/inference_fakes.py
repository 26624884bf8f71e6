"""Networks with random weights, the same read one window at a time in numpy, and simulated ground truth."""

import h5py
import numpy as np

from cyclegan_neuro.recordings.calcium import gcamp6_kernel, white_noise_sd
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment
from cyclegan_neuro.spikes.inference.rate_models import LAYERS, Architecture, NetworkWeights, RateModels

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
    biases = [rng.normal(0.15, 0.1, shape[-1:]).astype(np.float32) for shape in shapes]
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
    """White noise of a noise level (% per sqrt(Hz))."""
    return np.random.default_rng(seed).normal(0, white_noise_sd(level, frame_rate_hz), shape)


def simulated_cell(dataset, name, *, seed, rate_hz=30.0, duration_s=100.0, spikes_hz=1.0, level=0.5, n_segments=1):
    """A cell whose spikes are Poisson and whose ΔF/F is a kernel after each, with white noise."""
    rng, segments = np.random.default_rng(seed), []
    n_frames = int(duration_s * rate_hz)
    for _ in range(n_segments):
        spikes = np.sort(rng.uniform(0, duration_s, rng.poisson(spikes_hz * duration_s) + 1))
        counts = np.bincount((spikes * rate_hz).astype(int), minlength=n_frames)
        clean = np.convolve(counts, gcamp6_kernel(rate_hz))[:n_frames]
        dff = clean + rng.normal(0, white_noise_sd(level, rate_hz), n_frames)
        middles = (np.arange(n_frames) + 0.5) / rate_hz
        segments.append(GroundTruthSegment(middles, dff.astype(np.float32), spikes))
    return GroundTruthCell(dataset, name, tuple(segments))


def write_ground_truth(path, cells):
    with h5py.File(path, "w") as file:
        for cell in cells:
            for number, segment in enumerate(cell.segments):
                group = file.create_group(f"{cell.dataset}/{cell.name}/segment_{number:02}")
                group["time"], group["dff"] = segment.time_s, segment.dff
                group["spike_times"] = segment.spike_times_s
    return path


def write_network(output_dir, job, weights):
    """Write what a training leaves behind for one network."""
    target = output_dir / job.file
    target.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"{layer}_kernel": kernel for layer, kernel in zip(LAYERS, weights.kernels, strict=True)}
    arrays |= {f"{layer}_bias": bias for layer, bias in zip(LAYERS, weights.biases, strict=True)}
    np.savez(target, **arrays)
