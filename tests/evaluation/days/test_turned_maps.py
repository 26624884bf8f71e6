import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.turned_maps import find_turn

EDGES = np.arange(0.0, 81.0, 8.0)  # ten bins
ALL = np.ones(30, bool)


def fields(rng, *, noise=0.1):
    """One place field per neuron, with noise of its own."""
    centres = np.arange(30) % 10
    curves = np.exp(-0.5 * ((np.arange(10)[:, None] - centres + 5) % 10 - 5) ** 2)
    return curves, curves + noise * rng.normal(size=curves.shape)


@pytest.mark.parametrize("shift", [2, 5, 8])
def test_a_shifted_map_is_found(shift):
    """Maps that must be moved on by ``shift`` bins of 8 cm to fit."""
    target, seen = fields(np.random.default_rng(0))
    turn = find_turn(np.roll(seen, -shift, axis=0), target, ALL, EDGES)
    assert (turn.turned, turn.reversed, turn.shift_cm) == (True, False, 8.0 * shift)
    assert turn.best_correlation > 0.9
    assert turn.correlation < 0.3
    assert turn.z > 10


def test_a_map_read_backwards_is_found():
    target, seen = fields(np.random.default_rng(0))
    turn = find_turn(seen[::-1], target, ALL, EDGES)
    assert (turn.turned, turn.reversed, turn.shift_cm) == (True, True, 0.0)


@pytest.mark.parametrize("shift", [0, 1, -1])
def test_a_map_that_stands_is_not_called_turned(shift):
    target, seen = fields(np.random.default_rng(1))
    assert not find_turn(np.roll(seen, shift, axis=0), target, ALL, EDGES).turned


def test_noise_is_rarely_called_turned():
    """The best of 27 turns of noise looks better than none almost always; at 1 % for all, hardly ever."""
    rng = np.random.default_rng(2)
    turns = [find_turn(rng.normal(size=(10, 30)), rng.normal(size=(10, 30)), ALL, EDGES) for _ in range(200)]
    assert np.mean([turn.best_correlation > turn.correlation for turn in turns]) > 0.9
    assert sum(turn.turned for turn in turns) <= 6


def test_bins_that_were_not_visited_close_the_track():
    target, seen = fields(np.random.default_rng(0))
    target[3] = np.nan
    turn = find_turn(seen, target, ALL, EDGES)
    assert turn.correlation > 0.9
    assert not turn.turned


def test_silent_neurons_and_others_do_not_count():
    target, seen = fields(np.random.default_rng(0))
    seen[:, 0] = 0.0
    seen[:, 20:] = 100 * np.random.default_rng(3).normal(size=(10, 10))
    assert find_turn(seen, target, np.arange(30) < 20, EDGES).correlation > 0.9
    assert np.isnan(find_turn(seen, target, np.arange(30) < 2, EDGES).correlation)  # two neurons are no population
