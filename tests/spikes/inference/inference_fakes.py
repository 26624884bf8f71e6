"""Networks with random weights, the same written down again in numpy, and simulated ground truth."""

import h5py
import numpy as np

from cyclegan_neuro.recordings.calcium import gcamp6_kernel, white_noise_sd
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment
from cyclegan_neuro.spikes.inference.codes import CODES
from cyclegan_neuro.spikes.inference.rate_models import Architecture as WindowArchitecture
from cyclegan_neuro.spikes.inference.rate_models import NetworkWeights, RateModels
from cyclegan_neuro.spikes.inference.spike_network import Architecture, condition_of, initial_weights
from cyclegan_neuro.spikes.inference.spike_networks import SpikeNetworks

SMALL_WINDOW = WindowArchitecture(widths=(5, 4, 3), filters=(3, 4, 5), units=4, window_frames=20, before_frames=10)

#: Reaches 10 frames at 24 Hz: the hats of the first look end 0.2 s away, and so do those of the second.
SMALL = Architecture(
    first_s=(-0.2, -0.1, -0.04, 0.0, 0.04, 0.1, 0.2), second_s=(-0.2, -0.08, 0.0, 0.08, 0.2), hidden=(6, 5), channels=3
)


def random_members(number=2, architecture=SMALL, seed=0):
    """Weights of networks that nobody trained: 3 Hz +- 3 Hz on noise of 0.1, other at other levels, rates and codes."""
    members = []
    for member in range(number):
        rng = np.random.default_rng([seed, member])
        weights = {
            name: array if name.endswith("kernel") else rng.normal(0, 0.15, array.shape).astype(np.float32)
            for name, array in initial_weights(architecture, rng).items()
        }
        quiet = condition_of(np.ones(1), 30.0, np.zeros(len(CODES)))
        raw = spike_rates(weights, rng.normal(0, 0.1, (1, 600)), quiet, architecture.bases(30.0))
        weights["output_kernel"] *= np.float32(3.0 / raw.std())
        weights["output_bias"] = np.array(
            [3.0 - (raw.mean() - weights["output_bias"][0]) * 3.0 / raw.std()], np.float32
        )
        members.append(weights)
    return tuple(members)


def random_networks(number=2, architecture=SMALL, seed=0, **about):
    return SpikeNetworks(members=random_members(number, architecture, seed), architecture=architecture, **about)


def spike_rates(weights, dff, condition, bases):
    """Rates (Hz, not cut off at 0) of traces (trace, frame), frame by frame in float64: what the network is."""
    w = {name: np.asarray(array, np.float64) for name, array in weights.items()}
    first, second = (np.asarray(basis, np.float64) for basis in bases)

    def leaky(values):
        return np.where(values > 0, values, 0.1 * values)

    rates = []
    for trace, known in zip(np.asarray(dff, np.float64), np.asarray(condition, np.float64), strict=True):

        def film(values, name, known=known):
            return leaky(values * (1 + known @ w[f"{name}_scale"]) + known @ w[f"{name}_shift"])

        features = []
        for start in range(len(trace) - len(first) + 1):
            seen = trace[start : start + len(first)] @ first / 0.3
            hidden = film(seen @ w["first_kernel"] + w["first_bias"], "first")
            features.append(film(hidden @ w["second_kernel"] + w["second_bias"], "second"))
        narrow = [leaky(values @ w["narrow_kernel"] + w["narrow_bias"]) for values in features]
        found = []
        for middle in range(len(second) // 2, len(features) - len(second) // 2):
            beside = features[middle] @ w["beside_kernel"] + w["beside_bias"]
            for place, weight in enumerate(second):
                there = narrow[middle + place - len(second) // 2]
                for hat, kernel in zip(weight, w["around_kernel"], strict=True):
                    beside = beside + hat * (there @ kernel)
            found.append(float(film(beside, "around") @ w["output_kernel"][:, 0] + w["output_bias"][0]))
        rates.append(found)
    return np.array(rates)


def random_weights(architecture=SMALL_WINDOW, seed=0):
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


def random_models(levels=(1, 2), *, members=2, frame_rate_hz=30.0, architecture=SMALL_WINDOW):
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
    np.savez(target, **weights)


def write_cascade_folder(folder, models):
    """Write networks of one frame rate as CASCADE publishes them."""
    folder.mkdir(parents=True, exist_ok=True)
    levels = "".join(f"- {level}\n" for level in models.noise_levels)
    (folder / "config.yaml").write_text(
        f"model_name: random\nsampling_rate: {models.frame_rate_hz}\ntraining_datasets:\n- DS01\n"
        f"noise_levels:\n{levels}smoothing: {models.smoothing_s}\ncausal_kernel: {int(models.causal)}\n"
        f"windowsize: {models.window_frames}\nbefore_frac: {models.before_frames / models.window_frames}\n"
        f"ensemble_size: {len(next(iter(models.noise_levels.values())))}\n",
        encoding="utf-8",
    )
    names = ("conv1d", "conv1d_1", "conv1d_2", "dense", "dense_1")
    for level, members in models.noise_levels.items():
        for number, weights in enumerate(members):
            with h5py.File(folder / f"Model_NoiseLevel_{level}_Ensemble_{number}.h5", "w") as file:
                group = file.create_group("model_weights")
                group.attrs["layer_names"] = np.array([name.encode() for name in names])
                for name, kernel, bias in zip(names, weights.kernels, weights.biases, strict=True):
                    layer = group.create_group(name)
                    layer.attrs["weight_names"] = np.array([f"{name}/{part}:0".encode() for part in ("kernel", "bias")])
                    layer[f"{name}/kernel:0"], layer[f"{name}/bias:0"] = kernel, bias
    return folder
