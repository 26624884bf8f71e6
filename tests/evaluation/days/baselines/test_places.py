"""Alignments that know where a frame is: shift, moments, moments with transport."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.baselines import find_places, fit_place_alignments
from cyclegan_neuro.evaluation.days.baselines.places import (
    PlaceMoments,
    PlaceMomentsOT,
    Places,
    PlaceShift,
    PlaceStatistics,
    distance_at_places,
    statistics_per_place,
)
from cyclegan_neuro.evaluation.days.baselines.training_frames import chunks
from cyclegan_neuro.evaluation.days.translation import Frames, translate
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.recordings.recording import Behaviour
from cyclegan_neuro.systems.cyclegan.config import EvaluationSection

# two places; frames 0, 1, 2 of day x lie at place 1, 0 and nowhere, those of day y at 0, 0, 1
PLACES = Places("position", 2, {"x": np.array([1, 0, 2]), "y": np.array([0, 0, 1])})
X = PlaceStatistics(np.array([[1.0], [2.0], [1.5]]), np.array([[1.0], [0.5], [1.0]]), np.zeros((3, 1)))
Y = PlaceStatistics(np.array([[4.0], [2.0], [3.0]]), np.array([[3.0], [0.5], [2.0]]), np.zeros((3, 1)))
WINDOW = np.array([2.5, 2.0, 0.5], np.float32)[None, :, None]
AT_X, AT_Y = (Frames(day, np.arange(3)[None]) for day in "xy")


def values(windows):
    return windows[0, :, 0].tolist()


def test_places_of_a_coordinate():
    """Edges 0, 10, 20; frames without a position or outside are nowhere, which is place 2."""
    along = {"x": np.array([0.0, 20.0, np.nan, 25.0]), "y": np.array([9.0, 10.0, -1.0, 3.0])}
    places = Places.along(Coordinate("position", **along, edges=np.array([0.0, 10.0, 20.0]), unit="cm"))
    for day, expected in {"x": [0, 1, 2, 2], "y": [0, 1, 2, 0]}.items():
        found = places.of(np.zeros((1, 4, 1)), Frames(day, np.arange(4)[None]))
        np.testing.assert_array_equal(found, [expected])


def test_shift_by_hand():
    """Tuning rises by 3 at place 0, by 0 at place 1, and by 1.5 on the whole."""
    shift = PlaceShift.fit(PLACES, X, Y)
    assert shift.name == "position_shift"
    assert values(shift.forward(WINDOW, AT_X)) == [2.5, 5.0, 2.0]
    assert values(shift.forward(WINDOW, AT_Y)) == [5.5, 5.0, 0.5]
    assert values(shift.backward(WINDOW, AT_X)) == [2.5, -1.0, -1.0]


def test_a_shift_is_shrunk_by_what_sampling_explains():
    """3² + 0² of difference; errors of 1 on both days at one place leave 1 - 2 / 9 of it, errors of 3 nothing."""
    for error, kept in ((1.0, 7 / 9), (3.0, 0.0)):
        noisy = [replace(day, error=np.array([[error], [0.0], [9.0]])) for day in (X, Y)]
        np.testing.assert_allclose(PlaceShift.fit(PLACES, *noisy).change[:, 0], np.array([3.0, 0.0, 1.5]) * kept)


def test_the_error_of_a_mean_is_that_of_visits(make_pair):
    """Values that are equal within a visit: squared error of the mean over visits, weighted with their length."""
    prepared = make_pair(position=True)
    places = find_places(EvaluationSection(position_bin_cm=40.0), prepared)
    of_x, _ = statistics_per_place(prepared, places)
    frames = np.concatenate([at.index.ravel() for _, at in chunks(prepared, "x")])
    at, dff = places.bins["x"][frames], prepared.x.recording.dff[frames].astype(float)
    begins = np.flatnonzero(np.diff(at, prepend=-1))
    visits = np.split(np.arange(len(frames)), begins[1:])
    own = [dff[visit] for visit in visits if at[visit[0]] == 1]
    n, mean = sum(map(len, own)), np.concatenate(own).mean(axis=0)
    expected = np.sqrt(sum((visit - mean).sum(axis=0) ** 2 for visit in own)) / n
    np.testing.assert_allclose(of_x.error[1], expected, rtol=1e-6, atol=1e-9)


def test_the_distance_of_tuning_at_places_by_hand(make_pair):
    """Day y is day x plus 3 at place 0, whose frames are a quarter: shifting by that leaves nothing, by 1.5 half."""
    prepared = make_pair(position=True)
    x = prepared.x.recording.dff
    at = np.where(np.arange(len(x)) % 4 == 0, 0, 1)
    y = replace(prepared.y.recording, dff=(x + 3.0 * (at == 0)[:, None]).astype(np.float32))
    prepared = replace(prepared, y=replace(prepared.y, recording=y))
    places = Places("position", 2, {"x": at, "y": at})
    for shift, left in ((0.0, 1.0), (1.5, 0.5), (3.0, 0.0)):
        change = np.zeros((3, x.shape[1]), np.float32)
        change[0] = shift
        assert distance_at_places(prepared, places, PlaceShift(places, change)) == pytest.approx(left, abs=1e-6)


def test_moments_by_hand():
    """At place 1 (x: 2 ± 0.5) 2.5 is z = 1: 2.5 on day y (2 ± 0.5); at place 0 2.0 is z = 1: 4 + 3; nowhere z = -1."""
    moments = PlaceMoments.fit(PLACES, X, Y)
    assert moments.name == "position_moments"
    assert values(moments.forward(WINDOW, AT_X)) == [2.5, 7.0, 1.0]
    np.testing.assert_allclose(moments.backward(moments.forward(WINDOW, AT_X), AT_X), WINDOW, atol=1e-6)


def test_a_neuron_that_is_constant_at_a_place_takes_the_mean_there():
    constant = PlaceStatistics(X.mean, np.zeros_like(X.std), X.error)
    assert values(PlaceMoments.fit(PLACES, constant, Y).forward(WINDOW, AT_X)) == [2.0, 4.0, 3.0]


def test_statistics_are_those_of_training_frames_at_each_place(make_pair):
    """Positions 0, 10, ..., 110 in turn; bins of 40 cm hold 16 of the 48 training frames each."""
    prepared = make_pair(position=True)
    prepared.x.recording.dff[48:] += 100.0
    places = find_places(EvaluationSection(position_bin_cm=40.0), prepared)
    x, y = statistics_per_place(prepared, places)
    assert places.n == 3
    for found, day in ((x, prepared.x), (y, prepared.y)):
        frames, at = day.recording.dff[:48].astype(np.float64), np.arange(48) % 12 // 4
        for place in range(3):
            np.testing.assert_allclose(found.mean[place], frames[at == place].mean(axis=0), atol=1e-6)
            np.testing.assert_allclose(found.std[place], frames[at == place].std(axis=0), atol=1e-6)
        np.testing.assert_allclose(found.mean[3], frames.mean(axis=0), atol=1e-6)


def test_rare_places_take_the_whole_day_on_both_days(make_pair):
    """Day y is never at 40 to 80 cm in training: that bin has the day's own moments on day x too, the others not."""
    prepared = make_pair(position=True)
    prepared.y.recording.behaviour.position_cm[:48] %= 40.0
    x, y = statistics_per_place(prepared, find_places(EvaluationSection(position_bin_cm=40.0), prepared))
    for found in (x, y):
        np.testing.assert_array_equal(found.mean[1], found.mean[3])
    assert np.abs(x.mean[0] - x.mean[3]).max() > 0.01


def test_moments_become_those_of_the_other_day_at_every_place(make_pair):
    prepared = make_pair(position=True)
    places = find_places(EvaluationSection(position_bin_cm=40.0), prepared)
    x, y = statistics_per_place(prepared, places)
    frames = Frames("x", np.arange(48)[None])
    moved = PlaceMoments.fit(places, x, y).forward(prepared.x.recording.dff[None, :48], frames)[0]
    for place in range(3):
        at = np.arange(48) % 12 // 4 == place
        np.testing.assert_allclose(moved[at].mean(axis=0), y.mean[place], atol=1e-5)
        np.testing.assert_allclose(moved[at].std(axis=0), y.std[place], atol=1e-5)


def test_transport_of_z_scores_gives_their_correlations_too(make_pair):
    """Neurons 0 and 1 of day y share their noise; on day x they do not."""
    prepared = make_pair(position=True)
    prepared.y.recording.dff[:, 1] = prepared.y.recording.dff[:, 0] + 0.05 * prepared.y.recording.dff[:, 1]
    places = find_places(EvaluationSection(position_bin_cm=40.0), prepared)
    alone, together = fit_place_alignments(prepared, places, shrinkage=0.001)[1:3]
    assert (alone.name, together.name) == ("position_moments", "position_moments_ot")
    x, frames = prepared.x.recording.dff[None, :48], Frames("x", np.arange(48)[None])
    correlation = [np.corrcoef(t.forward(x, frames)[0, :, :2].T)[0, 1] for t in (alone, together)]
    assert abs(correlation[0]) < 0.5
    assert correlation[1] > 0.97
    np.testing.assert_allclose(together.backward(together.forward(x, frames), frames), x, atol=1e-3)


def test_without_shared_noise_transport_changes_nothing(make_pair):
    """Shrunk to the end, correlations are those of independent neurons on both days."""
    prepared = make_pair(position=True)
    places = find_places(EvaluationSection(position_bin_cm=40.0), prepared)
    x, y = statistics_per_place(prepared, places)
    together = PlaceMomentsOT.fit(prepared, places, x, y, shrinkage=1e4)
    windows, frames = prepared.x.recording.dff[None, :48], Frames("x", np.arange(48)[None])
    alone = PlaceMoments.fit(places, x, y).forward(windows, frames)
    np.testing.assert_allclose(together.forward(windows, frames), alone, atol=1e-3)


def test_cycles_stay_at_the_frames_they_began_with(make_pair):
    """F(G(x)) uses x's positions: the shift is undone. With those of day y (another start frame) it would not be."""
    prepared = make_pair(position=True)
    shift = fit_place_alignments(prepared, find_places(EvaluationSection(position_bin_cm=40.0), prepared))[0]
    for t in translate(shift, prepared, batch_size=2):
        np.testing.assert_allclose(t.f_g_x, t.x, atol=1e-6)
        np.testing.assert_allclose(t.g_f_y, t.y, atol=1e-6)
        np.testing.assert_allclose(t.g_y - t.y, t.y - t.f_y, atol=1e-6)
        assert np.abs(t.g_x - t.x).max() > 0.01


def test_time_in_the_window_is_the_place_where_y_is_phi(make_pair):
    """Φ blanks places for good: there the mean over windows goes to that of the noise, and day x's spread with it."""
    prepared = make_pair(phi=True)
    places = find_places(EvaluationSection(), prepared)
    assert (places.kind, places.n) == ("window", 16)
    with pytest.MonkeyPatch.context() as patch:  # nine training windows
        patch.setattr("cyclegan_neuro.evaluation.days.baselines.places._LEAST_FRAMES", 9)
        shift, moments, _ = fit_place_alignments(prepared, places)
    assert (shift.name, moments.name) == ("window_shift", "window_moments")
    x, y = (prepared.windows_of(day, prepared.x.starts.train) for day in "xy")
    frames = Frames("x", prepared.x.starts.train[:, None] + np.arange(16))
    np.testing.assert_allclose(shift.forward(x, frames).mean(axis=0), y.mean(axis=0), atol=1e-5)
    moved = moments.forward(x, frames)
    np.testing.assert_allclose(moved.mean(axis=0), y.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(moved.std(axis=0), y.std(axis=0), atol=1e-5)


def test_events_are_places_where_no_position_is_known(make_pair):
    prepared = make_pair()
    assert find_places(EvaluationSection(), prepared) is None
    events = np.zeros(96, np.uint8)
    events[::16] = 1

    def with_events(day):
        return replace(day, recording=replace(day.recording, behaviour=Behaviour(events=events)))

    prepared = replace(prepared, x=with_events(prepared.x), y=with_events(prepared.y))
    maps = InterpretationSection(before_event_s=0.5, after_event_s=1.0, event_bin_s=0.5)
    places = find_places(EvaluationSection(interpretation=maps), prepared)
    assert (places.kind, places.n) == ("event", 3)
    assert fit_place_alignments(prepared, places)[1].name == "event_moments"
