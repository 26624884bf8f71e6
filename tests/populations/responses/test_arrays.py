"""Responses from arrays: what is left out, what is refused, and how it is told."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.responses.arrays import responses_from_arrays
from cyclegan_neuro.populations.responses.presentations import responses_from_presentations

MOVIE = np.random.default_rng(3).uniform(size=(12, 4, 6))


def make(counts, **options):
    return responses_from_arrays(counts, **{"bin_s": 0.2} | options)


def with_movie(counts, movie=MOVIE):
    return make(counts, movie=movie)


def codes(responses):
    return [finding.code for finding in responses.findings]


def test_rows_go_trial_by_trial(grid):
    responses = make(grid)
    np.testing.assert_array_equal(responses.counts.reshape(10, 12, 5), grid.swapaxes(0, 1))
    np.testing.assert_array_equal(responses.stimulus, np.tile(np.arange(12), 10))
    np.testing.assert_array_equal(responses.trial, np.repeat(np.arange(10), 12))
    assert (responses.n_stimuli, responses.bin_s, responses.in_time) == (12, 0.2, False)
    assert (responses.counts.dtype, responses.stimulus.dtype, responses.trial.dtype) == (np.uint8, np.int64, np.int64)
    assert responses.findings == responses.notes == ()


def test_with_a_movie_stimuli_are_its_bins(grid):
    responses = with_movie(grid)
    assert responses.in_time
    np.testing.assert_array_equal(responses.movie, MOVIE.astype(np.float32))
    assert responses.findings == ()


def test_rows_with_their_stimuli(grid):
    flat = make(grid)
    order = np.random.default_rng(0).permutation(120)
    given = {"stimulus": flat.stimulus[order], "trial": flat.trial[order]}
    responses = make(flat.counts[order], **given)
    np.testing.assert_array_equal(responses.counts, flat.counts[order])
    outside = make(flat.counts, stimulus=np.where(flat.stimulus == 3, -1, flat.stimulus))
    assert (outside.n_responses, outside.n_stimuli) == (110, 11)
    np.testing.assert_array_equal(outside.trial, np.flatnonzero(flat.stimulus != 3))


def test_axes_before_the_last_two_are_stimuli(grid):
    responses = make(grid.reshape(3, 4, 10, 5))
    np.testing.assert_array_equal(responses.counts, make(grid).counts)
    assert responses.notes == ("in memory, field counts: axes (3, 4) are taken as 12 stimuli, in C order",)


@pytest.mark.parametrize("absent", [-1, np.nan])
def test_what_was_not_shown_is_left_out(grid, absent):
    """Stimulus 4 was never shown, stimulus 7 not in trials 0 and 9."""
    counts = grid.astype(float)
    counts[4], counts[7, [0, 9]] = absent, absent
    responses = make(counts)
    assert responses.n_stimuli == 11
    assert np.bincount(responses.stimulus).tolist() == [10] * 6 + [8] + [10] * 4
    np.testing.assert_array_equal(responses.counts[responses.stimulus == 6], grid[7, 1:9])
    np.testing.assert_array_equal(responses.trial[responses.stimulus == 6], np.arange(1, 9))
    assert responses.notes == ("1 of 12 stimuli are not used, the others numbered anew",)


def test_a_neuron_that_was_lost_costs_itself_or_some_responses(grid):
    """Neuron 1 is missing in 24 of 120 responses, neuron 3 in 2 others."""
    counts = grid.copy()
    counts[:, 8:, 1], counts[5, :2, 3] = -1, -1
    responses = make(counts)
    assert (responses.n_responses, responses.n_neurons) == (118, 4)
    np.testing.assert_array_equal(responses.counts[:11], grid[np.arange(12) != 5, 0][:, [0, 2, 3, 4]])
    assert str(responses.findings[0]).startswith(
        "in memory, field counts, neurons 1: got -1 or NaN in more than 5% of the responses of 1 of 5 neurons; of the "
        "others, one or more in 2 of 120 responses"
    )
    both = make(counts, max_missing=0.5)
    assert (both.n_responses, both.n_neurons) == (94, 5)


def test_entries_that_repeat_presentations_are_left_out(grid):
    counts = np.concatenate([grid, grid[[2, 5]]])
    responses = make(counts)
    np.testing.assert_array_equal(responses.counts, make(grid).counts)
    assert "2 of 14 stimuli (12, 13) have the counts of an earlier one" in responses.notes[0]
    silent = np.concatenate([grid, np.zeros((2, 10, 5), int)])  # silence is no sign
    assert make(silent).n_stimuli == 14


def test_days_of_stimuli_follow_them(grid):
    counts = grid.copy()
    counts[1] = -1
    responses = make(counts, day=np.repeat([0, 1], 6))
    assert responses.day.tolist() == [0] * 5 + [1] * 6
    assert responses.n_days == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g[0], "got shape (10, 5), expected (time or stimulus, trial, neuron)"),
        (lambda g: g.astype(complex), "got values of type complex128, expected real numbers"),
        (lambda g: g / 0.2, "got multiples of 5: looks like rates (spikes/s, percent) or a mask, expected spike "
         "counts, whole numbers from 0 to 255. Fix: divide by 5"),
        (lambda g: g / 0.07, "Fix: these are spikes/s: multiply by bin_s (0.2 s)"),
        (lambda g: g * 0.1 - 0.05, "such as -0.05, expected spike counts, whole numbers from 0 to 255. Fix: rates: "
         "multiply by bin_s, before any smoothing; ΔF/F: set data.source: recordings"),
        (lambda g: g - 2 * (g == 0), "Fix: write -1 for all neurons where a stimulus was not shown; z-scores"),
        (lambda g: 2000 + 7 * g, "got counts up to 2,0"),
        (lambda g: np.where(g > 3, np.inf, g), "values such as inf, expected spike counts"),
        (lambda g: np.full(g.shape, -1), "got -1 or NaN everywhere, expected counts"),
        (lambda g: np.moveaxis(np.where(np.arange(10)[:, None] < np.arange(1, 13)[:, None, None], g, -1), 1, 2),
         "in all trials of a stimulus alike, expected -1 or NaN in all neurons where a stimulus was not shown. "
         "Fix: the axes may be exchanged: (stimulus, trial, neuron)"),
        (lambda g: g[:2, :2].repeat(3, axis=2), "got 15 neurons and 4 responses, expected more responses than neurons. "
         "Fix: the axes may be exchanged: (time or stimulus, trial, neuron)"),
        (lambda g: g * 0, "neurons 0, 1, 2, 3, 4: got no spike (5 of 5 neurons)"),
        (lambda g: g[:, :1], "got one trial of 12 of 12 stimuli, expected at least 4 trials of each. Fix: give "
         "responses to repeats of the same stimuli"),
        (lambda g: g[:, :1].repeat(10, axis=1), "got the counts of an earlier trial in 9 of 10 (trial 1 as 0)"),
    ],
)  # fmt: skip
def test_what_cannot_be_counts(grid, change, message):
    bin_s = 0.07 if message.startswith("Fix: these are") else 0.2
    with pytest.raises(RecordingError) as error:
        make(change(grid), bin_s=bin_s)
    assert message.replace("0.2 s", f"{bin_s:g} s") in str(error.value)
    assert str(error.value).startswith("in memory, field counts")


@pytest.mark.parametrize(
    ("movie", "message"),
    [
        (MOVIE[:-1], "got shape (11, 4, 6), expected (12, height, width), a frame for every bin. Fix: count in bins"),
        (np.moveaxis(MOVIE, 0, -1), "got shape (4, 6, 12), expected (12, height, width), a frame for every bin. "
         "Fix: put time first: np.moveaxis(movie, 2, 0)"),
        (MOVIE.repeat(2, axis=0), "Fix: give the frame of every bin: movie[:: 2], or count in bins of one frame"),
        (MOVIE[:10], "Fix: put time first in the counts: np.moveaxis(counts, 1, 0)"),
        (MOVIE[..., None].repeat(3, axis=3), "Fix: average the colours: movie.mean(axis=-1)"),
        (MOVIE[0], "Fix: give one grey level for each pixel: (time, height, width)"),
        (np.where(MOVIE[3, 0, 0] == MOVIE, np.nan, MOVIE), "got 1 NaN or infinite pixels, the first in frame 3"),
        (MOVIE[:1].repeat(12, axis=0), "got the same frame all the time, expected pixels that change"),
    ],
)  # fmt: skip
def test_movies_that_do_not_fit(grid, movie, message):
    with pytest.raises(RecordingError) as error:
        with_movie(grid, movie)
    assert str(error.value).startswith("in memory, field movie: ")
    assert message in str(error.value)


def test_bins_of_a_movie_that_were_never_recorded(grid):
    counts = grid.copy()
    counts[10:] = -1
    with pytest.raises(RecordingError) as error:
        with_movie(counts)
    assert "got no response in 2 bins of the movie (10, 11), expected some in every bin. Fix: cut" in str(error.value)


def test_findings_are_warnings(grid):
    quiet = grid.copy()
    quiet[..., 2] = 0
    cases = {
        "bin_s": make(grid, bin_s=200.0),
        "silent": make(quiet),
        "few_trials": make(grid[:, :3]),
        "same_neurons": make(grid[..., [0, 1, 2, 3, 4, 1]]),
        "same_trials": make(grid[:, [0, 1, 2, 3, 4, 5, 5]]),
        "unit": make(grid, bin_s=0.002),
        "constant_pixels": with_movie(grid, MOVIE * (np.arange(6) > 1)),
    }
    assert {code: codes(responses) for code, responses in cases.items()} == {code: [code] for code in cases}
    assert all(responses.findings[0].severity == "warning" for responses in cases.values())
    assert "did you mean 0.2 (ms)?" in str(cases["bin_s"].findings[0])
    assert "1 pairs of neurons (1 and 5)" in str(cases["same_neurons"].findings[0])
    assert "(trial 6 as 5)" in str(cases["same_trials"].findings[0])


def test_exchanged_axes_are_noticed_where_they_show(grid):
    assert codes(make(grid.swapaxes(1, 2))) == ["axes"]  # neurons for trials
    assert codes(make(grid.swapaxes(0, 1))) == ["axes"]  # trials for stimuli
    assert codes(make(np.random.default_rng(0).poisson(2.0, (12, 10, 5)))) == []  # nothing differs from anything


def test_presentations_of_one_movie():
    """The third presentation ends a bin early, the second is a bin too long."""
    counts = [np.arange(2 * n).reshape(n, 2) for n in (3, 4, 2, 3, 3)]
    responses = responses_from_presentations(counts, None, bin_s=0.1)
    assert responses.stimulus.tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 2, 0, 1, 2]
    assert responses.trial.tolist() == [0] * 3 + [1] * 3 + [2] * 2 + [3] * 3 + [4] * 3
    np.testing.assert_array_equal(responses.counts[3:6], counts[1][:3])
    assert responses.in_time
    assert "every trial is taken to show the same movie" in responses.notes[1]
    with pytest.raises(RecordingError) as error:
        responses_from_presentations([*counts, np.ones((1, 2), int)], None, bin_s=0.1)
    assert "got no stimulus, and trials of 1 to 4 bins, expected repeats of one movie, or" in str(error.value)


def test_presentations_of_named_stimuli_of_several_bins():
    rng = np.random.default_rng(0)
    names = ["owl", "cat", "", "owl", "cat"] * 4
    counts = [rng.poisson(3.0, (3 if name == "owl" else 2, 4)) for name in names]
    responses = responses_from_presentations(counts, names, bin_s=0.1)
    assert responses.n_stimuli == 5  # two bins of the cat, three of the owl
    assert responses.stimulus[:10].tolist() == [2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert responses.trial[:10].tolist() == [0, 0, 0, 1, 1, 3, 3, 3, 4, 4]
    assert responses.notes == (
        "16 presentations of 2 stimuli of 2, 3 bins", "stimuli in the order of their names: cat, owl",
        "4 presentations without a stimulus are left out",
    )  # fmt: skip


def test_presentations_of_images():
    """One bin each: with images, the stimulus is the number of its image; without, any number names it."""
    rng = np.random.default_rng(0)
    shown = np.tile([2, 0, 1], 5)
    counts = [rng.poisson(3.0, (1, 4)) for _ in shown]
    images = responses_from_presentations(counts, shown, bin_s=0.2, movie=MOVIE[:3])
    assert (images.stimulus.tolist(), images.in_time) == (shown.tolist(), False)
    angles = responses_from_presentations(counts, 45.0 * shown, bin_s=0.2)
    np.testing.assert_array_equal(angles.stimulus, shown)
    with pytest.raises(RecordingError) as error:
        responses_from_presentations(counts, 45.0 * shown, bin_s=0.2, movie=MOVIE[:3])
    assert "field stimulus: got 0, 45, 90, expected whole numbers below 3, the frames of the movie" in str(error.value)
