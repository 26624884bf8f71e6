"""Orders of neurons: computed by hand where they can be, undone always, kept in a file."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from windows_data import prepared, recording

from cyclegan_neuro.configuration.sections import AutoencoderSection, OrderingSection
from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.calcium import convolve_spikes, gcamp6_kernel
from cyclegan_neuro.windows import ordering
from cyclegan_neuro.windows.ordering._base import apart, ranked
from cyclegan_neuro.windows.ordering.correlation import mean_pairwise_correlation
from cyclegan_neuro.windows.ordering.firing_rate import rate_from_dff
from cyclegan_neuro.windows.ordering.spatial import short_path
from cyclegan_neuro.windows.prepared import NeuronOrder


def order(pair, method, *, seed=0, log_directory=None, **autoencoder):
    section = OrderingSection(method=method, autoencoder=AutoencoderSection(**autoencoder))
    return ordering.order_neurons(pair, section=section, seed=seed, log_directory=log_directory)


def with_traces(traces, **known):
    """A recording of given traces, repeated to 400 frames."""
    traces = np.asarray(traces, np.float32)
    day = recording(400, traces.shape[1], **known)
    day.dff[:] = np.resize(traces, day.dff.shape)
    return day


def test_the_configuration_names_exactly_the_methods_there_are():
    assert ordering.names() == sorted(get_args(OrderingSection.model_fields["method"].annotation))


@given(st.permutations(range(8)))
@settings(deadline=None)
def test_the_inverse_undoes_an_order(columns):
    neuron_order = NeuronOrder("demo", np.array(columns))
    values = np.arange(24.0).reshape(3, 8)
    assert np.array_equal(values[:, neuron_order.columns][:, neuron_order.inverse], values)


def test_equal_scores_keep_their_order_and_nan_comes_last():
    score = np.array([1, np.nan, 3, 1, np.nan])
    assert ranked("demo", score, descending=True).columns.tolist() == [2, 0, 3, 1, 4]
    assert ranked("demo", score, descending=False).columns.tolist() == [0, 3, 2, 1, 4]


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30), st.integers(1, 20))
@settings(deadline=None)
def test_windows_taken_apart_share_no_frame_and_no_further_one_fits(starts, window_frames):
    chosen = apart(np.array(starts), window_frames)
    assert (np.diff(chosen) >= window_frames).all()
    assert all(np.abs(chosen - start).min() < window_frames for start in starts)


def test_firing_rate_of_a_linear_indicator():
    spikes = np.zeros((4800, 2))
    spikes[::48, 0] = 1  # every 2 s at 24 Hz
    spikes[::192, 1] = 1
    dff = convolve_spikes(spikes, gcamp6_kernel(24.0)) + np.array([0.0, 3.0])  # a baseline is no activity
    np.testing.assert_allclose(rate_from_dff(dff, frame_rate_hz=24.0), [0.5, 0.125], rtol=0.01)


def test_firing_rate_order_by_hand():
    quiet, busy, middle = [0, 0, 0, 1], [0, 3, 0, 3], [0, 0, 2, 0]
    day = with_traces(np.transpose([quiet, busy, middle]))
    other = with_traces(np.transpose([quiet, busy, middle]))
    found = order(prepared(day, other), "firing_rate")
    assert found.columns.tolist() == [1, 2, 0]
    area_s = gcamp6_kernel(24.0).sum() / 24.0
    np.testing.assert_allclose(found.score, np.array([0.25, 1.5, 0.5]) / area_s, rtol=1e-5)


def test_mean_pairwise_correlation_by_hand():
    a, b, c = [1, 0, -1, 0], [1, 1, -1, -1], [0, 1, 0, -1]  # r: ab = bc = 1/sqrt(2), ac = 0
    r = np.sqrt(0.5)
    values = np.transpose([a, b, [7, 7, 7, 7], c]).astype(float)
    np.testing.assert_allclose(mean_pairwise_correlation(values), [r / 2, r, np.nan, r / 2], atol=1e-12)
    assert np.isnan(mean_pairwise_correlation(values[:, :1])).all()


def test_correlation_order_averages_the_days_and_puts_constant_neurons_last():
    a, b, c, flat = [1, 0, -1, 0], [1, 1, -1, -1], [0, 1, 0, -1], [7, 7, 7, 7]
    x = with_traces(np.transpose([flat, a, b, c]))
    y = with_traces(np.transpose([flat, b, b, flat]))
    found = order(prepared(x, y), "correlation")
    assert found.columns.tolist() == [2, 1, 3, 0]
    r = np.sqrt(0.5)
    np.testing.assert_allclose(found.score, [np.nan, (r / 2 + 1) / 2, (r + 1) / 2, r / 2], atol=1e-5)


@pytest.mark.parametrize("seed", range(2))
def test_short_path_is_a_path_and_not_longer_than_the_nearest_neighbours(seed):
    points = np.random.default_rng(seed).uniform(0, 500, (60, 2))
    path = short_path(points)
    assert sorted(path) == list(range(60))

    def length(order):
        return np.linalg.norm(np.diff(points[order], axis=0), axis=1).sum()

    assert length(path) < 0.3 * length(np.arange(60))
    for i in range(60):  # no reversal shortens it
        for j in range(i + 2, 61):
            reversed_part = np.concatenate([path[:i], path[i:j][::-1], path[j:]])
            assert length(reversed_part) >= length(path) - 1e-6


@pytest.mark.parametrize(("n", "expected"), [(1, [0]), (2, [0, 1])])
def test_short_path_of_few_points(n, expected):
    assert short_path(np.arange(2.0 * n).reshape(n, 2)).tolist() == expected


def test_spatial_order_follows_the_coordinates_of_either_day():
    line = np.array([[0, 0], [30, 0], [10, 0], [40, 0], [20, 0]], np.float32)
    for days in ((recording(roi_xy_um=line), recording()), (recording(), recording(roi_xy_um=line))):
        assert order(prepared(*days), "spatial").columns.tolist() == [0, 2, 4, 1, 3]


@pytest.mark.parametrize(
    ("coordinates", "message"),
    [(None, "no roi_xy_um on either day"), ([[0, 0], [1, np.nan], [2, 2], [3, 3], [4, 4]], "for 1 of 5 neurons")],
)
def test_spatial_order_needs_coordinates(coordinates, message):
    known = {} if coordinates is None else {"roi_xy_um": np.array(coordinates, np.float32)}
    with pytest.raises(WindowError, match=rf"ordering.method spatial: got .*{message}.*Fix: add roi_xy_um"):
        order(prepared(recording(**known)), "spatial")


@pytest.mark.usefixtures("eager")
def test_autoencoder_order_repeats_and_writes_curves(tmp_path):
    pair = prepared(window_frames=36, n_train=8)  # not divisible by 8
    settings_of = {"filters": 4, "epochs": 2, "batch_size": 4, "learning_rate": 1e-2}
    first = order(pair, "autoencoder", log_directory=tmp_path, **settings_of)
    again = order(pair, "autoencoder", **settings_of)
    other = order(pair, "autoencoder", seed=1, **settings_of)
    assert np.array_equal(first.score, again.score)
    assert not np.array_equal(first.score, other.score)
    assert first.columns.tolist() == np.argsort(first.score, kind="stable").tolist()
    assert list((tmp_path / "train").glob("events*"))


def test_autoencoder_puts_what_it_reconstructs_first():
    """Slow traces that neurons share survive the bottleneck, white noise of the same variance does not."""
    rng = np.random.default_rng(0)
    frames = np.arange(600)
    slow = np.sin(frames / 20)[:, None] * np.ones(8)
    noise = rng.normal(0, np.sqrt(0.5), (600, 8))
    day = recording(600, 16)
    day.dff[:] = np.concatenate([noise, slow], axis=1)
    found = order(prepared(day, day, n_train=200), "autoencoder", filters=8, epochs=8, batch_size=8, learning_rate=1e-2)
    assert set(found.columns[:8]) == set(range(8, 16))
    assert found.score[8:].mean() < 0.5 * found.score[:8].mean()


def test_the_autoencoder_has_the_blocks_of_the_paper():
    """Section 2.3.1: 3 x (convolution, InstanceNorm, LeakyReLU, SpatialDropout), a bottleneck, 3 transposed."""
    from cyclegan_neuro.windows.ordering.autoencoder import build_autoencoder

    model = build_autoencoder(prepared(window_frames=36), AutoencoderSection(filters=4), seed=0)
    kinds = [type(layer).__name__ for layer in model.layers if not type(layer).__name__.startswith("Cropping")]
    block = ["InstanceNormalization", "LeakyReLU", "SpatialDropout2D"]
    assert kinds == [
        "InputLayer", *(["Conv2D", *block] * 3), "Conv2D", *block[:2], *(["Conv2DTranspose", *block] * 3),
        "Conv2D", "Activation",
    ]  # fmt: skip
    assert model.get_layer("encode_3").output.shape == (None, 5, 1, 4)  # 36 x 5 halved three times
    assert model.output.shape == (None, 36, 5, 1)


def test_the_autoencoder_is_scored_on_windows_that_it_did_not_learn():
    """And not on test windows: what is chosen there would leak into what is measured there."""
    from cyclegan_neuro.windows.ordering.autoencoder import build_autoencoder, reconstruction_error

    pair = prepared(window_frames=16, n_validation=11)  # more than are scored together
    model = build_autoencoder(pair, AutoencoderSection(filters=2), seed=0)
    windows = pair.x.windows(pair.x.starts.validation, 16)
    expected = np.mean((windows - model.predict(windows[..., None], verbose=0)[..., 0]) ** 2, axis=(0, 1))
    np.testing.assert_allclose(reconstruction_error(model, pair.x, 16), expected, rtol=1e-5)


@pytest.mark.usefixtures("eager")
def test_the_autoencoder_order_averages_the_errors_of_both_days(monkeypatch):
    from cyclegan_neuro.windows.ordering import autoencoder

    pair = prepared()
    errors = {id(pair.x): [5.0, 1.0, 2.0, 8.0, 4.0], id(pair.y): [5.0, 5.0, 2.0, 0.0, 7.0]}
    monkeypatch.setattr(autoencoder, "reconstruction_error", lambda model, day, height: errors[id(day)])
    found = order(pair, "autoencoder", filters=2, epochs=1)
    assert found.score.tolist() == [5.0, 3.0, 2.0, 4.0, 5.5]
    assert found.columns.tolist() == [2, 1, 3, 0, 4]


def test_a_file_keeps_order_and_score(tmp_path):
    path = tmp_path / "neuron_order.json"
    for score in (None, np.array([0.1, np.nan, 3.0], np.float32)):
        ordering.save_order(path, NeuronOrder("demo", np.array([2, 0, 1]), score))
        read = ordering.load_order(path, n_neurons=3, method="demo")
        assert (read.method, read.columns.tolist()) == ("demo", [2, 0, 1])
        np.testing.assert_equal(read.score, score)
