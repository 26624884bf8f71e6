import numpy as np
import pytest

from cyclegan_neuro.interpret.resolution import to_window


def halved(n, times):
    for _ in range(times):
        n = -(-n // 2)
    return n


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("n", [5, 9, 17, 26, 33, 51, 64, 102, 2048])
def test_a_cell_lies_where_the_frames_are_that_it_was_made_of(n, times):
    """Cell i behind k convolutions of stride 2 covers frames i 2^k to (i + 1) 2^k - 1; between centres it is a line."""
    stride, cells = 2**times, halved(n, times)
    if cells == 1:
        return
    centres = stride * np.arange(cells) + (stride - 1) / 2
    found = to_window(centres[None, :, None], window_frames=n, n_neurons=1)[0, :, 0]
    np.testing.assert_allclose(found, np.clip(np.arange(n), centres[0], centres[-1]), rtol=1e-6)


def test_both_axes_at_once_by_hand():
    """Two cells of four frames, 0 and 8: the frames between their centres 1.5 and 5.5 rise by 2."""
    maps = np.array([[[0.0, 10.0], [8.0, 18.0]]])
    found = to_window(maps, window_frames=8, n_neurons=4)
    time, neurons = np.array([0, 0, 1, 3, 5, 7, 8, 8]), np.array([0, 2.5, 7.5, 10])
    np.testing.assert_allclose(found[0], time[:, None] + neurons)
    assert found.dtype == np.float32


def test_one_neuron_cell_serves_all_neurons():
    found = to_window(np.array([[[1.0], [3.0]]]), window_frames=4, n_neurons=3)
    np.testing.assert_allclose(found[0], np.repeat([[1.0], [1.5], [2.5], [3.0]], 3, axis=1))


def test_a_map_of_the_windows_size_stays_as_it_is():
    maps = np.random.default_rng(0).uniform(size=(2, 6, 5))
    np.testing.assert_array_equal(to_window(maps, window_frames=6, n_neurons=5), maps.astype(np.float32))


def test_windows_do_not_mix():
    maps = np.random.default_rng(0).uniform(size=(3, 4, 2))
    whole = to_window(maps, window_frames=16, n_neurons=7)
    for window in range(3):
        one = to_window(maps[window : window + 1], window_frames=16, n_neurons=7)
        np.testing.assert_allclose(whole[window], one[0], rtol=1e-6)
