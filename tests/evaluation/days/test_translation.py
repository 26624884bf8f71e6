import keras
import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.alignments import Identity
from cyclegan_neuro.evaluation.days.translation import ModelTranslator, translate
from cyclegan_neuro.windows import scaling


def collect(translator, prepared, batch_size=2):
    return list(translate(translator, prepared, batch_size=batch_size))


def test_windows_come_in_chunks_with_their_starts(make_pair):
    prepared = make_pair()
    chunks = collect(Identity(), prepared)
    assert [len(chunk.x) for chunk in chunks] == [2, 1]
    np.testing.assert_array_equal(np.concatenate([c.x_starts for c in chunks]), [64, 72, 80])
    np.testing.assert_array_equal(np.concatenate([c.y_starts for c in chunks]), [65, 71, 79])
    np.testing.assert_array_equal(chunks[1].x[0], prepared.x.recording.dff[80:96])


def test_identity_returns_every_window_as_it_is(make_pair):
    for t in collect(Identity(), make_pair()):
        for name in ("g_x", "f_x", "f_g_x"):
            np.testing.assert_array_equal(getattr(t, name), t.x)
        for name in ("f_y", "g_y", "g_f_y"):
            np.testing.assert_array_equal(getattr(t, name), t.y)


def test_the_networks_see_scaled_ordered_windows(make_pair):
    """What G is fed is what training fed it: the windows of both days, each in its own scaling."""
    prepared = make_pair()
    seen = []

    def generator(windows, training):
        assert training is False
        seen.append(np.array(windows))
        return windows

    model = ModelTranslator(generator, lambda windows, training: windows, prepared)
    next(translate(model, prepared, batch_size=2))
    fed_x = prepared.x.windows(prepared.x.starts.test[:2], 16)
    fed_y = prepared.y.windows(prepared.y.starts.test[:2], 16)
    assert seen[0].shape == (4, 16, 5, 1)
    np.testing.assert_allclose(seen[0][..., 0], np.concatenate([fed_x, fed_y]), atol=1e-6)
    assert len(seen) == 2  # x with y, then F(y)


def test_scaling_and_order_are_undone(make_pair):
    """A G that doubles the first network row changes the user's column 3 and no other, in the scaling of y."""
    prepared = make_pair()

    def doubled(windows, training):
        windows = np.array(windows)
        windows[:, :, 0] *= 2
        return windows

    t = collect(ModelTranslator(doubled, doubled, prepared), prepared, batch_size=3)[0]
    network = scaling.apply(t.x, prepared.x.scaling)
    network[..., 3] *= 2
    np.testing.assert_allclose(t.g_x, scaling.invert(network, prepared.y.scaling), atol=1e-5)
    network = scaling.apply(t.y, prepared.y.scaling)
    network[..., 3] *= 2
    np.testing.assert_allclose(t.g_y, scaling.invert(network, prepared.y.scaling), atol=1e-5)
    np.testing.assert_allclose(t.f_y, scaling.invert(network, prepared.x.scaling), atol=1e-5)


def test_the_cycle_goes_through_both_generators(make_pair):
    prepared = make_pair()
    model = ModelTranslator(lambda w, training: w + 0.25, lambda w, training: w - 0.25, prepared)
    for t in collect(model, prepared):
        np.testing.assert_allclose(t.f_g_x, t.x, atol=1e-5)
        np.testing.assert_allclose(t.g_f_y, t.y, atol=1e-5)
        assert np.abs(t.g_x - t.x).mean() > 0.1


def test_keras_models_are_translators(make_pair):
    prepared = make_pair()
    inputs = keras.Input((16, 5, 1))
    identity = keras.Model(inputs, keras.layers.Identity()(inputs))
    t = collect(ModelTranslator(identity, identity, prepared), prepared)[0]
    np.testing.assert_allclose(t.f_x, t.x, atol=1e-5)
    assert t.g_x.dtype == np.float32


def test_phi_pairs_are_the_truth(make_pair):
    prepared = make_pair(phi=True)
    t = collect(Identity(), prepared)[0]
    np.testing.assert_array_equal(t.truth_y, t.y)
    np.testing.assert_array_equal(t.truth_x, t.x)
    np.testing.assert_allclose(t.y, prepared.windows_of("y", prepared.x.starts.test[:2]))


def test_simulated_truth_is_the_other_brain_on_the_same_laps(make_pair):
    prepared = make_pair(truth=True)
    t = collect(Identity(), prepared)[0]
    np.testing.assert_array_equal(t.truth_y[1], prepared.x.recording.truth.other_day_dff[72:88])
    np.testing.assert_array_equal(t.truth_x[0], prepared.y.recording.truth.other_day_dff[65:81])


def test_without_a_simulator_there_is_no_truth(make_pair):
    prepared = make_pair()
    assert not prepared.truth_is_known
    assert collect(Identity(), prepared)[0].truth_y is None


@pytest.mark.parametrize("n_test_y", [1, 2])
def test_days_may_have_unequal_numbers_of_windows(make_pair, n_test_y):
    prepared = make_pair(n_test_y=n_test_y)
    model = ModelTranslator(lambda w, training: w, lambda w, training: w, prepared)
    chunks = collect(model, prepared, batch_size=1)
    assert sum(len(chunk.x) for chunk in chunks) == 3
    assert sum(len(chunk.g_f_y) for chunk in chunks) == n_test_y
