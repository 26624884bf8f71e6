"""An impulse in a window comes back where it was, from inner layers of the networks that are trained."""

import keras
import numpy as np
import pytest

from cyclegan_neuro.interpret.centres import CellCentres
from cyclegan_neuro.interpret.resolution import cell_centre, to_window
from cyclegan_neuro.systems.cyclegan.config import ModelSection
from cyclegan_neuro.systems.cyclegan.networks import InputStatistics, build_discriminator, build_generator

FRAMES, NEURONS = 128, 102  # halved to 51 and 26, and so cropped on the way back
STATISTICS = InputStatistics(0.2, 0.1)
SIZE = {"window_frames": FRAMES, "n_neurons": NEURONS}


def generator(kind, blocks, **settings):
    section = ModelSection(generator=kind, filters=8, residual_blocks=blocks, dropout=0.0, **settings)
    return build_generator(section, **SIZE, seed=1, source=STATISTICS, target=STATISTICS, name="G")


def some_windows(n):
    return np.random.default_rng(0).gamma(1.0, 0.1, size=(n, FRAMES, NEURONS)).astype(np.float32)


def centre_of_impulses(network, layer, offset):
    """How far from where impulses were they come back in the window, in frames and neurons (NaN if unresolved)."""
    tapped = keras.Model(network.input, network.get_layer(layer).output)
    places = [(frame, neuron) for frame in (62, 65, 67) for neuron in (22, 25, 28)]
    before = some_windows(len(places))
    after = before.copy()
    for window, place in zip(after, places, strict=True):
        window[place] += 0.2
    response = np.square(tapped(after[..., None]).numpy() - tapped(before[..., None]).numpy()).sum(axis=-1)
    resolved = response.ndim == 3
    whole = to_window(response if resolved else response[..., None], **SIZE, offset=offset)
    away = []
    for window, place in zip(whole / whole.sum(axis=(1, 2), keepdims=True), places, strict=True):
        away.append([np.arange(n) @ window.sum(axis=1 - axis) - place[axis] for axis, n in enumerate(window.shape)])
    frames, neurons = np.mean(away, axis=0)
    return frames, neurons if resolved else np.nan


@pytest.mark.parametrize(("kind", "blocks", "displaced"), [
    ("agresnet", 1, 2), ("agresnet", 9, 7), ("agresnet_1d", 6, 6),
])  # fmt: skip
def test_an_impulse_comes_back_from_the_last_residual_block_where_it_was(kind, blocks, displaced):
    """Without the correction it comes back early, the more so the deeper the network is."""
    network, layer = generator(kind, blocks), f"residual_{blocks}"
    offset = CellCentres(network, {"cam": layer}).offsets(some_windows(8))["cam"]
    frames, neurons = centre_of_impulses(network, layer, offset)
    assert abs(frames) < 2  # half a cell
    early, low = centre_of_impulses(network, layer, (0.0, 0.0))
    assert early < -displaced
    if kind == "agresnet":
        assert abs(neurons) < 2
        assert low < -displaced
    else:
        assert offset[1] == 0


@pytest.mark.parametrize("kernel", [3, 4])
def test_convolutions_of_stride_two_alone_need_a_correction_where_their_kernel_is_odd(kernel):
    """Kernel 4 pads one frame to either side. Kernel 3 pads an even width at its end alone: half a frame, then one."""
    section = ModelSection(kernel_size=kernel, filters=8)
    network = build_discriminator(section, **SIZE, seed=1, source=STATISTICS, name="D")
    for block in (1, 2):  # random kernels are not even themselves
        weights = network.get_layer(f"down_{block}_convolution").kernel
        weights.assign(np.ones(weights.shape))
    offsets = CellCentres(network, {"first": "down_1", "second": "down_2"}).offsets(some_windows(16))
    expected = {3: (0.5, 1.5), 4: (0.0, 0.0)}[kernel]
    for name, frames in zip(("first", "second"), expected, strict=True):
        assert offsets[name][0] == pytest.approx(frames, abs=0.3)


def test_offsets_by_hand():
    """A cell that sees one frame: the third after those that it covers, of the neuron that it covers."""
    inputs = keras.Input((16, 3, 1))
    shifted = keras.layers.Cropping2D(((3, 0), (0, 0)))(keras.layers.ZeroPadding2D(((0, 3), (0, 0)))(inputs))
    network = keras.Model(inputs, keras.layers.Identity(name="layer")(shifted))
    windows = np.random.default_rng(0).random((2, 16, 3)).astype(np.float32)
    assert CellCentres(network, {"a": "layer"}).offsets(windows) == {"a": (3.0, 0.0)}


def test_few_cells_are_left_alone_since_the_border_cuts_off_what_they_see():
    section = ModelSection(filters=4)
    size = {"window_frames": 32, "n_neurons": 6}
    network = build_discriminator(section, **size, seed=1, source=STATISTICS, name="D")
    windows = np.random.default_rng(0).random((2, 32, 6)).astype(np.float32)
    frames, neurons = CellCentres(network, {"a": "down_2"}).offsets(windows)["a"]
    assert frames != 0
    assert neurons == 0


def test_a_cell_that_depends_on_nothing_stays_where_it_is():
    inputs = keras.Input((16, 3, 1))
    network = keras.Model(inputs, keras.layers.Rescaling(0.0, name="layer")(inputs))
    assert CellCentres(network, {"a": "layer"}).offsets(np.ones((1, 16, 3), np.float32)) == {"a": (0.0, 0.0)}


def test_offsets_follow_the_weights_and_depend_on_the_seed_alone():
    network = generator("agresnet", 1)
    centres, windows = CellCentres(network, {"cam": "residual_1"}), some_windows(2)
    first = centres.offsets(windows)
    assert centres.offsets(windows) == first
    assert centres.offsets(windows, seed=1) != first
    both = CellCentres(network, {"mask": "down_1", "cam": "residual_1", "again": "residual_1"}).offsets(windows)
    assert both["cam"] == both["again"] == pytest.approx(first["cam"], abs=1e-3)  # whatever else is asked
    network.get_layer("residual_1_norm_2").scale.assign(np.zeros((1, 1, 1, 16)))  # nothing but what goes round
    frames, neurons = centres.offsets(windows)["cam"]
    assert (abs(frames), abs(neurons)) < (1, 1)


def test_maps_are_moved_by_the_offset():
    cells = np.eye(8, dtype=np.float32)[None, :, 3:4]
    moved = to_window(cells, window_frames=32, n_neurons=1, offset=(5.0, 0.0))[0, :, 0]
    still = to_window(cells, window_frames=32, n_neurons=1)[0, :, 0]
    np.testing.assert_allclose(moved[5:], still[:-5], atol=1e-6)
    assert np.arange(32) @ moved / moved.sum() == pytest.approx(cell_centre(3, n_cells=8, n_points=32) + 5)
