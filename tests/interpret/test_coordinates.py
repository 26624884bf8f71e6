import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.interpret.coordinates import event_coordinate, position_coordinate
from cyclegan_neuro.recordings.recording import Behaviour, Recording

NOWHERE = np.full(8, np.nan, np.float32)


def recording(**behaviour):
    dff = np.zeros((8, 1), np.float32)
    return Recording(dff, 2.0, behaviour=Behaviour(**behaviour))


def positions(first, last):
    return np.linspace(first, last, 8).astype(np.float32)


def test_both_days_share_bins_over_the_range_of_both():
    x, y = recording(position_cm=positions(3, 10)), recording(position_cm=positions(0, 7))
    found = position_coordinate(x, y, bin_cm=4.0)
    np.testing.assert_array_equal(found.edges, [0, 4, 8, 12])
    np.testing.assert_array_equal(found.centres, [2, 6, 10])
    np.testing.assert_array_equal(found.x, x.behaviour.position_cm)
    np.testing.assert_array_equal(found.y, y.behaviour.position_cm)
    assert (found.kind, found.unit, found.label, found.zone) == ("position", "cm", "position (cm)", None)


@pytest.mark.parametrize(("last", "number"), [(1.6, "1"), (7.9, "2"), (1e8, "25,000,000")])
def test_bins_that_no_curve_can_be_drawn_along(last, number):
    x, y = recording(position_cm=positions(0, 1)), recording(position_cm=positions(0, last))
    with pytest.raises(
        ConfigurationError, match=rf"positions from 0 to \S+ cm make {number}, expected 3 to 1,000 bins"
    ):
        position_coordinate(x, y, bin_cm=4.0)


def test_an_animal_that_stands_still_has_one_bin():
    still = recording(position_cm=positions(80, 80))
    np.testing.assert_array_equal(position_coordinate(still, still, bin_cm=4.0).edges, [80, 84])


@pytest.mark.parametrize("other", [{}, {"position_cm": NOWHERE}])
def test_without_positions_on_either_day_there_is_no_coordinate(other):
    known = recording(position_cm=positions(0, 7))
    assert position_coordinate(known, recording(**other), bin_cm=1.0) is None
    assert position_coordinate(recording(**other), known, bin_cm=1.0) is None


def test_the_reward_zone_leaves_out_the_outermost_twentieths():
    """Rewards at 0 to 7 cm on x; on y twice in one frame at 7 cm and once at an unknown place: 5 % of eight steps."""
    unknown = positions(0, 7)
    unknown[0] = np.nan
    x = recording(position_cm=positions(0, 7), rewards=np.ones(8, np.uint8))
    y = recording(position_cm=unknown, rewards=np.array([1, 0, 0, 0, 0, 0, 0, 2], np.uint8))
    assert position_coordinate(x, y, bin_cm=1.0).zone == pytest.approx((0.4, 7.0))


@pytest.mark.parametrize("rewards", [None, np.zeros(8, np.uint8)])
def test_without_rewards_there_is_no_zone(rewards):
    day = recording(position_cm=positions(0, 7), rewards=rewards)
    assert position_coordinate(day, day, bin_cm=1.0).zone is None


def test_time_since_events():
    """Onsets in frame 3 of x and frame 1 of y, at 2 Hz."""
    x, y = (recording(events=(np.arange(8) == onset).astype(np.uint8)) for onset in (3, 1))
    found = event_coordinate(x, y, before_s=1.0, after_s=1.5, bin_s=0.5)
    np.testing.assert_array_equal(found.x, [np.nan, -1, -0.5, 0, 0.5, 1, np.nan, np.nan])
    np.testing.assert_array_equal(found.y, [-0.5, 0, 0.5, 1, np.nan, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.edges, [-1, -0.5, 0, 0.5, 1])
    assert (found.kind, found.unit, found.label) == ("event", "s", "time since the event (s)")


@pytest.mark.parametrize("other", [{}, {"events": np.zeros(8, np.uint8)}])
def test_without_events_on_either_day_there_is_no_coordinate(other):
    known = recording(events=np.ones(8, np.uint8))
    options = {"before_s": 1.0, "after_s": 1.0, "bin_s": 0.5}
    assert event_coordinate(known, recording(**other), **options) is None
    assert event_coordinate(recording(**other), known, **options) is None
