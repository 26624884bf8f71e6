import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.alignments import QuantileMatching


def by_hand(x, y):
    return QuantileMatching(np.array(x)[:, None], np.array(y)[:, None])


def moved(matching, *values, back=False):
    windows = np.array(values, np.float32)[None, :, None]
    return (matching.backward if back else matching.forward)(windows)[0, :, 0]


def test_quantiles_go_to_quantiles():
    """Quantiles 0, 1, 3 go to 10, 20, 24: halfway to the median is 15; beyond the ends the shift stays."""
    matching = by_hand([0.0, 1.0, 3.0], [10.0, 20.0, 24.0])
    np.testing.assert_allclose(moved(matching, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, -1.0), [10, 15, 20, 22, 24, 25, 9])
    np.testing.assert_allclose(moved(matching, 15.0, 22.0, back=True), [0.5, 2.0])


def test_equal_values_share_their_goal():
    """Half of the frames are 0, which are 1, 2 and 3 on the other day."""
    matching = by_hand([0.0, 0.0, 0.0, 5.0], [1.0, 2.0, 3.0, 10.0])
    np.testing.assert_allclose(moved(matching, 0.0, 5.0), [2.0, 10.0])


def test_a_constant_neuron_takes_the_mean_of_the_other_day():
    np.testing.assert_allclose(moved(by_hand([0.3] * 3, [1.0, 2.0, 6.0]), 0.3, 7.0), 3.0)


def test_quantiles_are_those_of_training_frames(make_pair):
    """Training windows cover frames 0 to 47: 1,001 levels are exact there, and frames later on have no say."""
    prepared = make_pair()
    prepared.x.recording.dff[48:] += 100.0
    matching = QuantileMatching.fit(prepared)
    frames = prepared.x.recording.dff[:48]
    np.testing.assert_allclose(matching.x[[0, 500, 1000]], np.quantile(frames, (0, 0.5, 1), axis=0), rtol=1e-6)
    ranks = np.argsort(np.argsort(frames, axis=0), axis=0) / 47
    expected = [np.quantile(prepared.y.recording.dff[:48, n], ranks[:, n]) for n in range(5)]
    np.testing.assert_allclose(matching.forward(frames[None])[0], np.transpose(expected), atol=2e-2)


def test_long_recordings_are_thinned_evenly(make_pair, monkeypatch):
    """48 training frames, at most 20: every third one, across the borders of chunks of 7 frames."""
    monkeypatch.setattr("cyclegan_neuro.evaluation.days.baselines.alignments._MOST_FRAMES", 20)
    monkeypatch.setattr("cyclegan_neuro.evaluation.days.baselines.training_frames._CHUNK_FRAMES", 7)
    prepared = make_pair()
    found = QuantileMatching.fit(prepared).x
    np.testing.assert_allclose(found[500], np.median(prepared.x.recording.dff[:48:3], axis=0), rtol=1e-6)


@pytest.mark.parametrize("shape", [(0, 4, 1), (2, 0, 1)])
def test_no_window_stays_no_window(shape):
    assert by_hand([0.0, 1.0], [0.0, 2.0]).forward(np.zeros(shape, np.float32)).shape == shape
