import warnings
from dataclasses import replace

import numpy as np

from cyclegan_neuro.evaluation.days.interpretation.contrasts import contrasts
from cyclegan_neuro.evaluation.days.interpretation.measure import choose_coordinate

STARTS = {"x": np.array([64, 72, 80]), "y": np.array([65, 71, 79])}


def tuning(pair, day, frames):
    """Mean ΔF/F per place: the animal visits 0, 10, ... 110 cm in turn; the last bin holds 100 and, its edge, 110."""
    dff = pair[day].recording.dff.astype(np.float64)
    return np.array(
        [dff[[frame for frame in frames if min(frame % 12, 10) == place]].mean(axis=0) for place in range(11)]
    )


def test_tuning_of_all_frames_and_of_the_explained_ones(make_pair, section):
    pair = make_pair(position=True)
    found = contrasts(pair, choose_coordinate(section, pair), STARTS)
    explained = {day: sorted({s + t for s in starts for t in range(16)}) for day, starts in STARTS.items()}
    for method, frames in (
        ("tuning_difference", dict.fromkeys("xy", range(96))),
        ("tuning_difference_test", explained),
    ):
        expected = np.abs(tuning(pair, "y", frames["y"]) - tuning(pair, "x", frames["x"]))
        np.testing.assert_allclose(found[method].positional, expected, rtol=1e-5)
        np.testing.assert_allclose(found[method].neurons, expected.mean(axis=0), rtol=1e-5)
        assert found[method].place is None
    assert found.keys() == {"tuning_difference", "tuning_difference_test", "position_shift", "position_moments"}


def test_changes_by_alignments_are_those_of_training_tuning(make_pair, section, monkeypatch):
    """Training frames are 0 to 47, four laps: day y is 100 above day x at 20 cm in neuron 3, and equal elsewhere.

    At 20 cm the shift changes neuron 3 by that in either direction, since sampling explains next to nothing of it, and
    so do moments, whose spread is the same.
    """
    monkeypatch.setattr("cyclegan_neuro.evaluation.days.baselines.places._LEAST_FRAMES", 4)
    pair = make_pair(position=True)
    pair.y.recording.dff[:] = pair.x.recording.dff
    pair.y.recording.dff[2:48:12, 3] += 100.0
    found = contrasts(pair, choose_coordinate(section, pair), STARTS)
    for method in ("position_shift", "position_moments"):
        expected = np.zeros((11, 5))
        expected[2, 3] = 1.0
        np.testing.assert_allclose(found[method].positional / 100, expected, atol=1e-3)
        frames = [(starts[:, None] + np.arange(16)) % 12 == 2 for starts in STARTS.values()]
        np.testing.assert_allclose(found[method].neurons / 100, [0, 0, 0, np.mean(frames), 0], atol=1e-3)


def test_bins_that_one_day_never_visited_do_not_count(make_pair, section):
    pair = make_pair(position=True)
    coordinate = choose_coordinate(section, pair)
    shorter = replace(coordinate, y=np.where(coordinate.y < 50, coordinate.y, np.nan))
    found = contrasts(pair, shorter, STARTS)["tuning_difference"]
    np.testing.assert_array_equal(np.isnan(found.positional).all(axis=1), np.arange(11) >= 5)
    np.testing.assert_allclose(found.neurons, found.positional[:5].mean(axis=0))


def test_days_that_share_no_place_have_no_difference_and_give_no_warning(make_pair, section):
    pair = make_pair(position=True)
    elsewhere = replace(choose_coordinate(section, pair), y=np.full(96, 500.0), edges=np.arange(0, 601, 100.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = contrasts(pair, elsewhere, STARTS)["tuning_difference"]
    assert np.isnan(found.positional).all()
    assert np.isnan(found.neurons).all()


def test_without_a_coordinate_variability_is_compared_at_every_place_of_the_window(make_pair):
    pair = make_pair(phi=True)
    starts = {day: pair[day].starts.test for day in ("x", "y")}
    found = contrasts(pair, None, starts)
    spread = [pair.windows_of(day, starts[day]).astype(np.float64).std(axis=0) for day in ("x", "y")]
    place = found["variability_difference"].place
    np.testing.assert_allclose(place, np.abs(spread[1] - spread[0]), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found["variability_difference"].neurons, place.mean(axis=0), rtol=1e-6)
    assert place.shape == (16, 5)
    assert found.keys() == {"variability_difference"}
