import numpy as np
import pytest

from cyclegan_neuro.interpret.averages import MapAverage
from cyclegan_neuro.interpret.binned import BinnedAverage

STARTS = np.array([0, 2])


def test_two_windows_by_hand_in_the_users_order():
    """The network's rows show the user's columns 1 and 0, so the average comes back swapped."""
    maps = np.array([[[1.0, 10.0], [2.0, 20.0]], [[3.0, 30.0], [6.0, 60.0]]])
    average = MapAverage(np.array([1, 0]), window_frames=2)
    average.add(STARTS, maps)
    found = average.result()
    np.testing.assert_array_equal(found.place, [[20.0, 2.0], [40.0, 4.0]])
    np.testing.assert_array_equal(found.neurons, [30.0, 3.0])
    assert found.place.dtype == np.float32
    assert found.neurons_resolved
    assert found.positional is None
    assert found.example is None


def test_positions_and_the_example_window():
    """Frames 0 to 3 lie at 1, 5, 1 and 5 cm."""
    position = np.array([1.0, 5.0, 1.0, 5.0])
    binned = BinnedAverage(position, STARTS, window_frames=2, edges=np.array([0.0, 4.0, 8.0, 12.0]))
    average = MapAverage(np.array([0, 1]), window_frames=2, binned=binned, example_start=2)
    maps = np.array([[[1.0, 10.0], [2.0, 20.0]], [[3.0, 30.0], [6.0, 60.0]]])
    average.add(STARTS[:1], maps[:1])
    average.add(STARTS[1:], maps[1:])
    found = average.result()
    np.testing.assert_array_equal(found.positional, [[2.0, 20.0], [4.0, 40.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(found.example, maps[1])


def test_chunks_do_not_matter():
    rng = np.random.default_rng(0)
    maps, columns, starts = rng.uniform(size=(7, 4, 3)), rng.permutation(6), np.arange(7)
    whole, parts = (MapAverage(columns, window_frames=16) for _ in range(2))
    whole.add(starts, maps)
    for first, last in ((0, 1), (1, 5), (5, 7)):
        parts.add(starts[first:last], maps[first:last])
    np.testing.assert_allclose(parts.result().place, whole.result().place, rtol=1e-6)


def test_maps_of_a_coarse_layer_are_brought_back_and_its_example_is_not():
    maps = np.array([[[0.0, 1.0], [4.0, 5.0]]])
    average = MapAverage(np.arange(4), window_frames=4, example_start=0)
    average.add(STARTS[:1], maps)
    found = average.result()
    np.testing.assert_allclose(found.place[:, 0], [0, 1, 3, 4])
    np.testing.assert_allclose(found.place[0], [0, 0.25, 0.75, 1])
    np.testing.assert_array_equal(found.example, maps[0])


@pytest.mark.parametrize(("n_neurons", "resolved"), [(3, False), (1, True)])
def test_neurons_without_values_of_their_own_are_said_to_have_none(n_neurons, resolved):
    average = MapAverage(np.arange(n_neurons), window_frames=4)
    average.add(STARTS, np.ones((2, 2, 1)))
    assert average.result().neurons_resolved is resolved


def test_nothing_has_no_average():
    with pytest.raises(ValueError, match="no window has been added"):
        MapAverage(np.arange(3), window_frames=4).result()
