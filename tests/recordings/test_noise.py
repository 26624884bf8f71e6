"""The noise level of known noise."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.noise import noise_levels


def test_noise_level_by_hand():
    dff = np.array([[0.0, 0.0], [0.1, 0.2], [0.0, 0.0], [0.3, 0.2]])  # |differences| 0.1 0.1 0.3; 0.2 0.2 0.2
    np.testing.assert_allclose(noise_levels(dff, 25.0), [2.0, 4.0])


def test_normal_noise_has_the_level_of_its_standard_deviation():
    sd = 0.05
    noise = np.random.default_rng(0).normal(0, sd, (100_000, 1))
    # The median of |a - b| is 0.6745 sqrt(2) standard deviations.
    expected = 100 * 0.6744898 * np.sqrt(2) * sd / np.sqrt(30.0)
    assert noise_levels(noise, 30.0)[0] == pytest.approx(expected, rel=0.01)


def test_differences_across_gaps_do_not_count():
    dff = np.array([[0.0], [0.1], [9.0], [9.1], [-9.0], [-8.9]])
    np.testing.assert_allclose(noise_levels(dff, 25.0, gaps=[1, 3]), [2.0])
    assert noise_levels(dff, 25.0)[0] == pytest.approx(2.0)  # the median of 0.1 8.9 0.1 18.1 0.1
    np.testing.assert_allclose(noise_levels(dff[1:5], 25.0), [178.0])
    np.testing.assert_allclose(noise_levels(dff[1:5], 25.0, gaps=[0, 2]), [2.0])


def test_frames_that_are_not_finite_do_not_count():
    dff = np.array([[0.0, 1.0], [0.1, 1.2], [np.nan, 1.4], [5.0, 1.6], [5.3, 1.8], [5.4, 2.0]])
    np.testing.assert_allclose(noise_levels(dff, 25.0), [2.0, 4.0])


def test_neurons_beyond_those_read_at_once_have_levels_of_their_own():
    dff = np.random.default_rng(1).normal(size=(50, 150))
    expected = 100 * np.median(np.abs(np.diff(dff, axis=0)), axis=0) / np.sqrt(24.0)
    np.testing.assert_allclose(noise_levels(dff, 24.0), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("dff", "gaps", "text"),
    [
        (np.zeros((1, 1)), [], r"noise level of neuron 0: got no two finite frames that follow each other in 1 frames"),
        (np.zeros((2, 3)), [0], r"neuron 0 and 2 more: got no two finite frames"),
        (np.array([[0.0, 1.0], [0.0, np.nan]]), [], r"neuron 1: got no two finite frames .* Fix: give a longer"),
    ],
)
def test_too_few_frames_are_an_error(dff, gaps, text):
    with pytest.raises(RecordingError, match=text):
        noise_levels(dff, 24.0, gaps=gaps)
