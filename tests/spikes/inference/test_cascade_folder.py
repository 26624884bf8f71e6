"""CASCADE's published folders: arrays only, equal to what Keras computes from the same files."""

import logging
from pathlib import Path

import h5py
import numpy as np
import pytest
from torch_fakes import torch_forward, torch_network, write_safetensors, write_torch

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference.cascade_folder import read_cascade_folder
from cyclegan_neuro.spikes.inference.models import choose_models, load_models
from cyclegan_neuro.spikes.inference.rate_models import NetworkWeights

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "cascade_pretrained_example"
published = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published networks are not here")

CONFIG = """
model_name: small
sampling_rate: 7.5
training_datasets:
- DS01
noise_levels:
- 3
- 2
smoothing: 0.2
causal_kernel: 0
windowsize: 40
before_frac: 0.25
ensemble_size: 2
training_finished: Yes
"""
#: Widths 9, 3 and 3 leave 32, 30 and 13 positions of 40, pooled to 15 and 6 after the last two.
LAYERS = {
    "conv1d": (9, 1, 2),
    "conv1d_1": (3, 2, 3),
    "max_pooling1d": None,
    "conv1d_2": (3, 3, 4),
    "max_pooling1d_1": None,
    "dense": (4, 2),
    "flatten": None,
    "dense_1": (12, 1),
}


def write_network(path, *, layers=LAYERS, seed=0):
    rng = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([name.encode() for name in layers])
        for name, shape in layers.items():
            layer = group.create_group(name)
            names = [] if shape is None else [f"{name}/kernel:0", f"{name}/bias:0"]
            layer.attrs["weight_names"] = np.array([n.encode() for n in names])
            for weight, size in zip(names, [shape, shape and shape[-1:]], strict=False):
                layer[weight] = rng.normal(size=size).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.yaml").write_text(CONFIG)
    for member in range(2):
        write_network(tmp_path / f"Model_NoiseLevel_2_Ensemble_{member}.h5", seed=member)
    return tmp_path


def forward(weights: NetworkWeights, windows: np.ndarray) -> np.ndarray:
    """Rate of each window, (window, frame) to (window,), as the network is defined, one position after another."""
    values = windows[:, :, None].astype(np.float64)
    for kernel, bias, pool in zip(weights.kernels[:3], weights.biases[:3], (1, 2, 2), strict=True):
        seen = np.lib.stride_tricks.sliding_window_view(
            values, len(kernel), axis=1
        )  # (window, position, channel, width)
        values = np.maximum(np.einsum("npcw,wcf->npf", seen, kernel.astype(np.float64)) + bias, 0)
        n_positions = values.shape[1] // pool * pool
        values = values[:, :n_positions].reshape(len(values), -1, pool, values.shape[2]).max(axis=2)
    values = np.maximum(values @ weights.kernels[3].astype(np.float64) + weights.biases[3], 0)
    return (values.reshape(len(values), -1) @ weights.kernels[4] + weights.biases[4])[:, 0]


def test_the_configuration_and_all_arrays_arrive(folder):
    write_network(folder / "Model_NoiseLevel_3_Ensemble_0.h5", seed=7)
    models = load_models(folder)
    assert (models.frame_rate_hz, models.window_frames, models.before_frames) == (7.5, 40, 10)
    assert (models.smoothing_s, models.causal) == (0.2, False)
    assert {level: len(members) for level, members in models.noise_levels.items()} == {2: 2, 3: 1}
    assert list(models.noise_levels) == [2, 3]
    assert models.provenance["ground_truth"] == ["DS01"]
    with h5py.File(folder / "Model_NoiseLevel_2_Ensemble_1.h5") as file:
        member = models.noise_levels[2][1]
        np.testing.assert_array_equal(member.kernels[2], file["model_weights/conv1d_2/conv1d_2/kernel:0"])
        np.testing.assert_array_equal(member.biases[4], file["model_weights/dense_1/dense_1/bias:0"])


def test_the_frame_rate_is_checked(folder):
    assert choose_models(folder, 7.3).about["frame_rate_hz"] == 7.5
    with pytest.raises(UserError, match=r"frame rate: got 30 Hz, expected 7.5 Hz within 5%"):
        choose_models(folder, 30.0)


def test_levels_and_members_without_files_are_warned_of(folder, caplog):
    (folder / "Model_NoiseLevel_2_Ensemble_1.h5").unlink()
    with caplog.at_level(logging.WARNING):
        assert list(load_models(folder).noise_levels) == [2]
    assert "noise levels [3] are listed but have no files; they are left out" in caplog.text
    assert "noise levels [2] have fewer than the 2 networks listed" in caplog.text


@pytest.mark.parametrize(("write", "suffix"), [(write_torch, ".pth"), (write_safetensors, ".safetensors")])
def test_networks_of_pytorch_give_what_its_module_computes(folder, write, suffix):
    for path in folder.glob("*.h5"):
        path.unlink()
    arrays = torch_network(np.random.default_rng(4))
    write(folder / f"Model_NoiseLevel_3_Ensemble_0{suffix}", arrays)
    weights = load_models(folder).noise_levels[3][0]
    windows = np.random.default_rng(5).normal(size=(30, 40)).astype(np.float32)
    expected = torch_forward(arrays, windows)
    assert np.ptp(expected) > 1.0
    np.testing.assert_allclose(forward(weights, windows), expected, atol=1e-5)


def test_of_several_files_of_a_network_the_safest_is_read(folder):
    name = "Model_NoiseLevel_3_Ensemble_0"
    first, second = (torch_network(np.random.default_rng(seed)) for seed in (1, 2))
    write_torch(folder / f"{name}.pth", first)
    np.testing.assert_array_equal(load_models(folder).noise_levels[3][0].biases[0], first["conv1.bias"])
    write_safetensors(folder / f"{name}.safetensors", second)
    np.testing.assert_array_equal(load_models(folder).noise_levels[3][0].biases[0], second["conv1.bias"])
    write_network(folder / f"{name}.h5", seed=7)
    assert not np.array_equal(load_models(folder).noise_levels[3][0].biases[0], second["conv1.bias"])


def test_another_network_of_pytorch(folder):
    arrays = torch_network(np.random.default_rng(4))
    path = folder / "Model_NoiseLevel_3_Ensemble_0.pth"
    write_torch(path, {name.replace("dense", "linear"): array for name, array in arrays.items()})
    with pytest.raises(UserError, match=r"got the tensors conv1.bias, .*linear1.bias.*, expected those of CASCADE's"):
        load_models(folder)
    write_torch(path, arrays | {"conv2.weight": arrays["conv2.weight"][:, :1]})
    with pytest.raises(UserError, match=r"a kernel \(3, 1, 3\) and a bias \(3,\) of conv2 where \(width, 2, filters\)"):
        load_models(folder)


def test_no_network_at_all(folder):
    for path in folder.glob("*.h5"):
        path.unlink()
    with pytest.raises(UserError, match="got no file of a network, expected one for each noise level"):
        load_models(folder)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("sampling_rate: 7.5", "", r"config.yaml, sampling_rate: got no such key, expected a number >= 0"),
        ("smoothing: 0.2", "smoothing: much", r"config.yaml, smoothing: got 'much', expected a number"),
        ("- 3\n", "- loud\n", r"config.yaml, noise_levels: got \['loud', 2\], expected a list of whole numbers"),
        (
            "causal_kernel: 0",
            "smoothing: 0.1",
            r"config.yaml, line 10, smoothing: got the key 'smoothing' a second time",
        ),
        (CONFIG, "text", r"config.yaml: got no keys, expected CASCADE's configuration"),
        ("windowsize: 40", "windowsize: 44", r"Ensemble_0.h5: got a kernel \(12, 1\) .* of output where \(14, 1\)"),
    ],
)
def test_configurations_that_cannot_be_used(folder, old, new, text):
    (folder / "config.yaml").write_text(CONFIG.replace(old, new))
    with pytest.raises(UserError, match=text):
        load_models(folder)


def test_another_network(folder):
    layers = {name: shape for name, shape in LAYERS.items() if name != "conv1d_2"}
    write_network(folder / "Model_NoiseLevel_2_Ensemble_0.h5", layers=layers)
    with pytest.raises(UserError, match=r"Ensemble_0.h5: got 4 layers with \[2, 2, 2, 2\] arrays, expected kernels"):
        load_models(folder)


def test_a_file_cut_short(folder):
    path = folder / "Model_NoiseLevel_2_Ensemble_1.h5"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UserError, match=r"Ensemble_1.h5: got an incomplete file \(3,000 of"):
        load_models(folder)


def test_the_forward_pass_by_hand():
    """Every layer passes its input on, so the output adds up what is left after both poolings."""
    one, zero = np.ones((1, 1, 1)), np.zeros(1)
    weights = NetworkWeights(
        (one, one, one, np.ones((1, 1)), np.array([[1.0], [10.0]])), (zero,) * 4 + (np.array([0.5]),)
    )
    # ReLU, then the maxima of 4 frames: 3 and 7.
    assert forward(weights, np.array([[3.0, -9, 1, 2, 0, 7, -1, 5]])).tolist() == [3 + 70 + 0.5]


@published
@pytest.mark.parametrize(("level", "member"), [(2, 0), (3, 4)])
def test_the_published_networks_give_what_keras_computes(level, member):
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(0)
    windows = np.cumsum(rng.normal(0, 0.1, (40, 64)), axis=1).astype(np.float32)
    network = keras.models.load_model(PUBLISHED / f"Model_NoiseLevel_{level}_Ensemble_{member}.h5", compile=False)
    expected = np.asarray(network([windows[:, :, None]]))[:, 0]
    found = forward(load_models(PUBLISHED).noise_levels[level][member], windows)
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(found, expected, atol=1e-6)


@published
def test_the_published_folder(caplog):
    models = read_cascade_folder(PUBLISHED)  # load_models may have read it before, and warned
    assert (models.frame_rate_hz, models.window_frames, models.before_frames) == (30.0, 64, 32)
    assert (models.smoothing_s, models.causal) == (0.05, True)
    assert {level: len(members) for level, members in models.noise_levels.items()} == {2: 5, 3: 5}
    assert {
        sum(array.size for array in (*weights.kernels, *weights.biases))
        for members in models.noise_levels.values()
        for weights in members
    } == {35441}
    assert "noise levels [4, 5, 6, 7, 8] are listed but have no files" in caplog.text
