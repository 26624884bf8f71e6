"""Which responses are held out, and what is made of counts."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError, WindowError
from cyclegan_neuro.populations.responses.preparing import split_responses
from cyclegan_neuro.populations.responses.responses import Responses


def repeated(n_trials, n_stimuli, **options):
    """Responses of three neurons, trial after trial, to a movie of as many bins as stimuli."""
    shape = (n_trials, n_stimuli)
    trial, stimulus = (np.broadcast_to(a, shape).ravel() for a in np.ogrid[:n_trials, :n_stimuli])
    counts = np.random.default_rng(0).poisson(1.0, (trial.size, 3)).astype(np.uint8)
    return Responses(counts, stimulus, trial, n_stimuli, 0.04, in_time="movie" in options, source="eye", **options)


def movie(n_stimuli):
    return np.random.default_rng(1).normal(size=(n_stimuli, 4, 5)).astype(np.float32)


def held_out_trials(n_trials, fraction=None):
    prepared = split_responses(repeated(n_trials, 2), condition="identity", held_out_fraction=fraction)
    responses = prepared.responses
    sets = [np.unique(responses.trial[prepared.held_out][responses.stimulus[prepared.held_out] == s]) for s in (0, 1)]
    np.testing.assert_array_equal(*sets)
    assert np.array_equal(np.sort(np.r_[prepared.train, prepared.held_out]), np.arange(responses.n_responses))
    return sets[0].tolist()


def test_the_last_bins_of_the_movie_are_held_out():
    prepared = split_responses(repeated(4, 15, movie=movie(15)))
    assert prepared.held_out_stimuli.tolist() == [13, 14]
    assert prepared.train_stimuli.tolist() == list(range(13))
    assert (len(prepared.train), len(prepared.held_out)) == (4 * 13, 4 * 2)
    fifth = split_responses(repeated(4, 15, movie=movie(15)), held_out_fraction=0.2)
    assert fifth.held_out_stimuli.tolist() == [12, 13, 14]


def test_frames_are_scaled_by_those_that_are_trained_with():
    frames = movie(15)
    prepared = split_responses(repeated(2, 15, movie=frames), n_frames=3)
    np.testing.assert_allclose(prepared.movie_frames()[:13].mean(), 0.0, atol=1e-6)
    np.testing.assert_allclose(prepared.movie_frames()[14], (frames[14] - frames[:13].mean()) / frames[:13].std(), 1e-4)
    assert prepared.frame_index()[[0, 1, 5]].tolist() == [[0, 0, 0], [0, 0, 1], [3, 4, 5]]


def test_every_second_trial_is_held_out():
    assert held_out_trials(6) == [0, 2, 4]
    assert held_out_trials(5) == [1, 3]


def test_other_shares_are_spread_evenly():
    assert held_out_trials(10, 0.2) == [2, 7]
    assert held_out_trials(10, 0.8) == [0, 1, 3, 4, 5, 6, 8, 9]
    assert held_out_trials(7, 0.3) == [1, 5]


def test_stimuli_shown_unequally_often_are_each_divided():
    """Stimulus 1 is shown in trials 0, 3, 4 and 5 only; stimulus 2 once, and is then trained with."""
    responses = repeated(6, 3)
    shown = ((responses.stimulus != 1) | ~np.isin(responses.trial, [1, 2])) & (
        (responses.stimulus != 2) | (responses.trial == 3)
    )
    parts = {name: getattr(responses, name)[shown] for name in ("counts", "stimulus", "trial")}
    prepared = split_responses(replace(responses, **parts), condition="identity")
    held = {(int(parts["stimulus"][row]), int(parts["trial"][row])) for row in prepared.held_out}
    assert held == {(0, 0), (0, 2), (0, 4), (1, 0), (1, 4)}


def test_responses_of_one_trial_go_together():
    """Two responses to a place in one lap share the lap's noise."""
    once = repeated(4, 2)
    twice = {name: np.repeat(getattr(once, name), 2, axis=0) for name in ("counts", "stimulus", "trial")}
    prepared = split_responses(replace(once, **twice), condition="identity")
    assert np.unique(twice["trial"][prepared.held_out]).tolist() == [0, 2]
    assert np.unique(twice["trial"][prepared.train]).tolist() == [1, 3]


def test_large_counts_are_set_to_the_largest():
    responses = repeated(4, 5)
    assert responses.counts.max() > 2
    binary = split_responses(responses, condition="identity")
    np.testing.assert_array_equal(binary.responses.counts, responses.counts > 0)
    two = split_responses(responses, condition="identity", most_count=2)
    np.testing.assert_array_equal(two.responses.counts, np.minimum(responses.counts, 2))
    assert two.responses.counts.dtype == np.uint8


def test_what_is_lost_is_told():
    """Of neuron 1, which always spikes, binary counts tell nothing."""
    responses = repeated(4, 5)
    counts = responses.counts.copy()
    counts[:, 1] = 2
    prepared = split_responses(replace(responses, counts=counts), condition="identity")
    clipped, constant = prepared.findings
    share = (counts > 1).sum() / (counts > 0).sum()
    assert str(clipped).startswith(f"eye, data.most_count: got {share:.1%} of the {(counts > 0).sum()} counts above 0")
    assert (clipped.severity, constant.severity) == ("warning", "warning")
    assert str(constant).startswith("eye, neurons 1: got one count in all training responses (1 of 3 neurons)")
    assert split_responses(responses, condition="identity", most_count=9).findings == ()


def test_inputs_are_equal_for_equal_data_only():
    responses = repeated(8, 5)
    one = split_responses(responses, condition="identity").inputs
    assert one == split_responses(replace(responses, counts=responses.counts.copy()), condition="identity").inputs
    other = responses.counts.copy()
    other[3, 1] = other[3, 1] == 0
    for changed in (
        split_responses(replace(responses, counts=other), condition="identity"),
        split_responses(responses, condition="identity", most_count=2),
        split_responses(responses, condition="identity", held_out_fraction=0.25),
        split_responses(replace(responses, movie=movie(5), in_time=True)),
    ):
        assert changed.inputs != one


def test_without_a_movie_the_identity_is_asked_for():
    with pytest.raises(ConfigurationError) as error:
        split_responses(repeated(4, 5))
    assert str(error.value) == (
        "data.condition: got movie, and eye has none, expected frames of a movie, or identity. "
        "Fix: set data.condition: identity, or name the movie (data.file.fields: {movie: ...})"
    )


def test_images_have_no_frames_before_them():
    images = replace(repeated(4, 5), movie=movie(5))
    with pytest.raises(ConfigurationError) as error:
        split_responses(images)
    assert str(error.value).startswith("data.n_frames: got 10, and stimuli of eye do not follow each other in time")
    assert split_responses(images, n_frames=1).frame_index().tolist() == [[0], [1], [2], [3], [4]]


def test_stimuli_shown_once_leave_nothing_to_hold_out():
    with pytest.raises(WindowError) as error:
        split_responses(repeated(1, 5), condition="identity")
    assert "got 5 responses to train with and 0 that are held out" in str(error.value)


@pytest.mark.parametrize(
    ("n_trials", "fraction", "part"),
    [(2, None, "to train with"), (3, None, "that are held out"), (7, 0.01, "that are held out"), (7, 0.89, "to train")],
)
def test_parts_without_repeats_have_no_noise(n_trials, fraction, part):
    with pytest.raises(WindowError) as error:
        split_responses(repeated(n_trials, 5), condition="identity", held_out_fraction=fraction)
    assert str(error.value).startswith("eye, trials: got one response to every stimulus among the 5 " + part)


def test_one_neuron_has_no_pairs():
    responses = repeated(4, 5)
    with pytest.raises(WindowError, match="eye, neurons: got 1, expected at least 2"):
        split_responses(replace(responses, counts=responses.counts[:, :1]), condition="identity")
