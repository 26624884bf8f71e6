"""What is known of where the days differ, on answers that can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.interpretation.measure import choose_coordinate
from cyclegan_neuro.evaluation.days.interpretation.score import corner_truth, learning_truth
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.recordings.recording import Recording, Truth
from cyclegan_neuro.recordings.simulate.phi import corner_mask
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair

FRAMES = 40  # one per centimetre of the corridor


def a_day(change):
    """A day on which the other day's brain would have had ``change`` (time, neuron) more."""
    nothing, zeros = np.full(3, np.nan, np.float32), np.zeros((FRAMES, 3), np.uint8)
    dff = np.random.default_rng(0).normal(size=(FRAMES, 3)).astype(np.float32)
    truth = Truth(
        spikes=zeros, changed=np.array([True, False, True]), change=np.array(["moved", "none", "silenced"]),
        field_before_cm=nothing, field_after_cm=nothing, other_day_dff=dff + change, other_day_spikes=zeros,
    )  # fmt: skip
    return Day(Recording(dff, 8.0, truth=truth), dff, None, None)


@pytest.fixture
def known():
    """Neuron 0 changed around 20 cm, upward for x and downward for y; neuron 1 not, by name; neuron 2 by name only."""
    change = np.zeros((FRAMES, 3), np.float32)
    change[20, 0], change[5, 1] = 1.0, 1.0
    prepared = PreparedPair(a_day(change), a_day(-change), FRAMES, NeuronOrder("demo", np.array([2, 0, 1])))
    places = np.arange(FRAMES, dtype=np.float32)
    return prepared, Coordinate("position", places, places, np.arange(FRAMES + 1.0), "cm")


def test_learning_changed_the_places_within_half_of_the_largest_change(known):
    """A change in one bin, smoothed with 2 cm, is above half of its height within 2 sqrt(2 ln 2) = 2.35 cm."""
    found = learning_truth(*known)
    np.testing.assert_array_equal(found.neurons, [True, False, True])
    np.testing.assert_array_equal(np.flatnonzero(found.cells[:, 0]), [18, 19, 20, 21, 22])
    assert not found.cells[:, 1:].any()


def test_smoothing_is_in_centimetres(known):
    """In bins of 2 cm the same change is above half of its height in its own bin and one to either side."""
    prepared, coordinate = known
    found = learning_truth(prepared, replace(coordinate, edges=np.arange(0, FRAMES + 1, 2.0)))
    np.testing.assert_array_equal(np.flatnonzero(found.cells[:, 0]), [9, 10, 11])


def test_bins_never_visited_have_not_changed(known):
    prepared, coordinate = known
    found = learning_truth(prepared, replace(coordinate, edges=np.arange(FRAMES + 21.0)))
    assert not found.cells[FRAMES:].any()


def test_without_a_simulator_a_position_or_with_phi_nothing_is_known_of_learning(known, make_pair):
    prepared, coordinate = known
    assert learning_truth(prepared, replace(coordinate, kind="event")) is None
    for pair in (make_pair(position=True), make_pair(phi=True, position=True, truth=True)):
        assert learning_truth(pair, coordinate) is None


@pytest.mark.parametrize("columns", [(0, 1, 2, 3, 4), (3, 0, 4, 2, 1)])
def test_the_corner_is_in_the_users_order(make_pair, columns):
    """16 frames, 5 neurons: the edge is at frame 1.6 of the first row and 8 of the third, and 0.96 frames around it."""
    found = corner_truth(make_pair(phi=True, columns=columns))
    np.testing.assert_array_equal(found.masked[:, list(columns)], corner_mask(16, 5) == 0)
    np.testing.assert_array_equal(np.flatnonzero(found.edge[:, columns[0]]), [1, 2])
    np.testing.assert_array_equal(np.flatnonzero(found.edge[:, columns[2]]), [7, 8])
    assert found.masked[0, columns[4]]
    assert not found.masked[15, columns[0]]


def test_two_recorded_days_have_no_corner(make_pair):
    assert corner_truth(make_pair()) is None


# -- what maps are averaged along ------------------------------------------------------------------


def with_events(pair):
    events = (np.arange(96) % 60 == 15).astype(np.uint8)
    days = {}
    for name in ("x", "y"):
        day = pair[name]
        behaviour = replace(day.recording.behaviour, events=events)
        days[name] = replace(day, recording=replace(day.recording, behaviour=behaviour))
    return replace(pair, **days)


def test_positions_come_before_events_and_events_before_nothing(make_pair, section):
    assert choose_coordinate(section, with_events(make_pair(position=True))).kind == "position"
    found = choose_coordinate(section, with_events(make_pair()))
    assert found.kind == "event"
    assert found.edges[0] == pytest.approx(-section.before_event_s)
    assert choose_coordinate(section, make_pair()) is None


def test_with_phi_nothing_depends_on_where_the_animal_was(make_pair, section):
    assert choose_coordinate(section, make_pair(phi=True, position=True)) is None
