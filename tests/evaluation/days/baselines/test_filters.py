"""Filters in time: found from the tuning along the other day's trajectory, and harmless where nothing is late."""

from dataclasses import replace

import numpy as np

from cyclegan_neuro.evaluation.days.baselines.filters import Filter, LateTuning, PlaceFilter
from cyclegan_neuro.evaluation.days.baselines.places import Places
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.windows.prepared import Starts

RATE_HZ, N_PLACES, DELAY = 8.0, 20, 4


def by_hand(taps, gain, shift=0.0, late=0):
    """Place 0, 1, 2, 0, ...; the tuning is 0, 1, 2."""
    places = Places("position", 3, {day: np.arange(12) % 3 for day in "xy"})
    tuning = LateTuning(places, np.array([late]), np.array([[0.0], [1.0], [2.0], [1.0]], np.float32))
    one = Filter(tuning, np.array(taps, np.float32)[:, None], np.float32([shift]), np.float32([gain]))
    return PlaceFilter(places, 1, {"y": one, "x": one})


def test_taps_run_from_later_frames_to_earlier_ones_and_edges_continue():
    x = np.arange(5, dtype=np.float32)[None, :, None] ** 2
    frames = Frames("x", np.arange(5)[None])
    assert by_hand([0, 0, 1], 1.0).forward(x, frames)[0, :, 0].tolist() == [0, 0, 1, 4, 9]
    assert by_hand([1, 0, 0], 1.0).forward(x, frames)[0, :, 0].tolist() == [1, 4, 9, 16, 16]
    assert by_hand([0, 1, 0], 1.0, shift=0.5).forward(x, frames)[0, :, 0].tolist() == [0.5, 1.5, 4.5, 9.5, 16.5]


def test_gain_is_that_of_residuals_from_the_tuning():
    """x - tuning is 1 everywhere: twice that on top of the tuning (0, 1, 2, 0), which frames earlier set."""
    x = np.array([1.0, 2.0, 3.0, 1.0], np.float32)[None, :, None]
    assert by_hand([0, 1, 0], 2.0).forward(x, Frames("x", np.arange(4)[None]))[0, :, 0].tolist() == [2, 3, 4, 2]
    late = by_hand([0, 1, 0], 0.0, late=1).forward(x, Frames("x", np.arange(3, 7)[None]))
    assert late[0, :, 0].tolist() == [2, 0, 1, 2]  # places of frames 2 to 5


def walk(rng, n_frames):
    """Laps at a speed that differs from lap to lap, in bins."""
    position = np.concatenate([np.linspace(0, N_PLACES, int(n), endpoint=False) for n in rng.integers(24, 72, 80)])
    return position[:n_frames].astype(int)


def test_late_neurons_are_found_and_others_left_alone(make_pair):
    """Neuron 0 answers half a second later on day y, the others alike on both; neuron 2 has noise only."""
    rng, n_frames = np.random.default_rng(3), 2400
    field = np.exp(-0.5 * ((np.arange(N_PLACES)[:, None] - [5, 12, 12, 3, 16]) / 1.5) ** 2) * [1.0, 1.0, 0.0, 1.0, 1.0]
    prepared, clean, bins = make_pair(position=True), {}, {}
    recordings = {}
    for day in "xy":
        bins[day] = walk(rng, n_frames)
        clean[day] = {late: field[np.roll(bins[day], late)] for late in (0, DELAY)}
        dff = clean[day][0].copy()
        if day == "y":
            dff[:, 0] = clean[day][DELAY][:, 0]
        dff = dff + 0.1 * rng.standard_normal(dff.shape)
        recordings[day] = Recording(dff.astype(np.float32), RATE_HZ, behaviour=Behaviour())
    starts = Starts(train=np.arange(0, 1601, 16), validation=np.arange(1616, 1985, 16), test=np.arange(2000, 2385, 16))
    days = {day: replace(prepared[day], recording=recordings[day], starts=starts) for day in "xy"}
    prepared = replace(prepared, **days)
    found = PlaceFilter.fit(prepared, Places("position", N_PLACES, bins))
    assert found.name == "position_filter"
    held_out = Frames("x", np.arange(2000, 2400)[None])
    moved = found.forward(recordings["x"].dff[held_out.index], held_out)[0]
    late = clean["x"][DELAY][2000:, 0]
    assert np.corrcoef(moved[:, 0], late)[0, 1] > 0.9 > 0.7 > np.corrcoef(recordings["x"].dff[2000:, 0], late)[0, 1]
    for neuron in range(1, 5):
        assert np.corrcoef(moved[:, neuron], recordings["x"].dff[2000:, neuron])[0, 1] > 0.9
    back = Frames("y", np.arange(2000, 2400)[None])
    restored = found.backward(recordings["y"].dff[back.index], back)[0]
    assert np.corrcoef(restored[:, 0], clean["y"][0][2000:, 0])[0, 1] > 0.9
