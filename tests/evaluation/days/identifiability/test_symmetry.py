import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.beyond.parts import Part
from cyclegan_neuro.evaluation.days.identifiability.symmetry import find_symmetry, lap_sums
from cyclegan_neuro.recordings.recording import Behaviour

PLACES, CELLS, LAPS = 16, 24, 12


def laps_with(fields, rng, *, noise=0.3, n=LAPS):
    """One frame at every place of every lap."""
    return fields + noise * rng.normal(size=(n, *fields.shape)), np.ones((n, PLACES, 1))


def fields(*centres):
    """Place fields with a standard deviation of 2 places around ``centres``, each (cell,), on a circle."""
    apart = [(np.arange(PLACES)[:, None] - own + PLACES / 2) % PLACES - PLACES / 2 for own in centres]
    return sum(np.exp(-0.5 * (one / 2) ** 2) for one in apart)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_map_that_stands_is_singled_out_to_within_its_fields(rng):
    target = fields(np.arange(CELLS) % PLACES)
    found = find_symmetry(laps_with(target, rng), laps_with(target, rng))
    assert found.correlation > 0.8
    assert (found.near, found.n_turns) == (2, 2 * PLACES - 5)
    assert (found.n_open, found.turned) == (0, False)
    assert found.p_cells == 1 / 1001
    assert found.advantage[1] > 0.3
    low, high = found.interval
    assert low < found.correlation < high


@pytest.mark.parametrize("backwards", [False, True])
def test_a_turned_map_is_called_turned(rng, backwards):
    target = fields(np.arange(CELLS) % PLACES)
    moved = np.roll(target[::-1] if backwards else target, -5, axis=0)
    found = find_symmetry(laps_with(moved, rng), laps_with(target, rng))
    assert found.turned
    assert found.best == (int(backwards), PLACES - 5 if backwards else 5)
    assert found.n_open > 0
    assert found.advantage[2] < 0


def test_a_track_that_repeats_itself_cannot_be_told_from_its_turn():
    """Every cell fires at two places half a track apart: which half is which is not in the data."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        twice = fields(np.arange(CELLS) % PLACES, np.arange(CELLS) % PLACES + PLACES / 2)
        found.append(find_symmetry(laps_with(twice, rng), laps_with(twice, rng)))
    assert {one.best for one in found} == {(0, PLACES // 2)}
    assert np.mean([one.n_open == 1 for one in found]) >= 0.85  # covers 0 in 95 % of cases
    assert sum(one.turned for one in found) <= 1


def test_cells_that_are_all_alike_may_be_exchanged(rng):
    same = fields(np.full(CELLS, 4))
    found = find_symmetry(laps_with(same, rng), laps_with(same, rng))
    assert found.p_cells > 0.05
    assert found.correlation - found.cells.mean() < 0.05


def test_the_error_is_that_of_a_jackknife_over_laps():
    """Of the mean of n values a jackknife gives the standard error of the mean; here of one map's constant part."""
    rng = np.random.default_rng(1)
    target = fields(np.arange(CELLS) % PLACES)
    spread = [find_symmetry(laps_with(target, rng), laps_with(target, rng)) for _ in range(25)]
    assert np.std([one.correlation for one in spread]) == pytest.approx(np.mean([one.error for one in spread]), rel=0.5)


def test_few_laps_say_nothing(rng):
    target = fields(np.arange(CELLS) % PLACES)
    assert find_symmetry(laps_with(target, rng, n=3), laps_with(target, rng)) is None


def test_sums_by_lap_and_place():
    """Lap 0: places 0, 1, 1; a frame outside laps; lap 2: places 0 and none; the first frame is not in the part."""
    behaviour = Behaviour(position_cm=np.zeros(7, np.float32), trial=np.array([0, 0, 0, 0, -1, 2, 2], np.int32))
    part = Part("x", np.arange(1, 7), np.array([0, 1, 1, 0, 0, 2]), np.zeros(6, np.int64), ())
    total, count = lap_sums(part, np.array([[1.0], [2.0], [4.0], [8.0], [16.0], [32.0]]), behaviour, n_places=2)
    assert total[..., 0].tolist() == [[1.0, 6.0], [16.0, 0.0]]
    assert count[..., 0].tolist() == [[1.0, 2.0], [1.0, 0.0]]
