import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.names import METRICS
from cyclegan_neuro.evaluation.days.signals import SignalErrors, add_gap_closed, phi_bounds, statistics, window_errors
from cyclegan_neuro.evaluation.days.translation import Translation
from cyclegan_neuro.recordings.simulate.phi import best_possible, corner_mask
from cyclegan_neuro.windows import scaling


def constant(value, n=1):
    return np.full((n, 4, 3), value, np.float32)


def translation(n=1, **changed):
    starts = np.arange(n)
    values = dict(x=0.0, g_x=1.0, f_g_x=0.1, f_x=0.2, y=3.0, f_y=0.5, g_f_y=2.6, g_y=3.7, truth_y=1.5, truth_x=0.7)
    arrays = {name: constant(value, n) for name, value in values.items()}
    return Translation(x_starts=starts, y_starts=starts, **{**arrays, **changed})


def test_errors_are_means_over_time_and_neurons():
    a = np.zeros((2, 2, 2))
    b = np.array([[[1.0, -1.0], [0.0, 2.0]], [[0.0, 0.0], [0.0, -4.0]]])
    np.testing.assert_array_equal(window_errors(a, b), [1.0, 1.0])


def test_statistics_by_hand():
    assert statistics(np.array([1.0, 3.0])) == {"mean": 2.0, "std": 1.0, "n": 2}


def test_every_metric_compares_the_right_windows():
    errors = SignalErrors()
    errors.add(translation())
    found = {name: entry["mean"] for name, entry in errors.summary().items()}
    assert found == pytest.approx({
        "cycle_x": 0.1, "cycle_y": 0.4, "identity_x": 0.2, "identity_y": 0.7, "direct_x": 0.2, "direct_y": 0.5,
        "x_minus_y": 3.0, "change_x": 1.0, "change_y": 2.5,
    }, abs=1e-6)  # fmt: skip
    assert set(found) == set(METRICS) - {"direct_changed_x", "direct_changed_y"}  # no neuron is known to have changed


def test_errors_of_changed_neurons_stand_beside_those_of_all():
    """Of three neurons the middle one changed, and its error is 2; the others have none."""
    errors = SignalErrors(np.array([False, True, False]))
    g_x = constant(1.5)
    g_x[..., 1] += 2.0
    errors.add(translation(g_x=g_x))
    found = errors.summary()
    assert found["direct_y"]["mean"] == pytest.approx(2 / 3)
    assert found["direct_changed_y"]["mean"] == pytest.approx(2.0)
    assert found["direct_changed_x"]["mean"] == pytest.approx(0.2, abs=1e-6)


def test_errors_of_changed_neurons_are_absent_where_none_changed():
    errors = SignalErrors(np.zeros(3, bool))
    errors.add(translation())
    assert not {"direct_changed_x", "direct_changed_y"} & errors.summary().keys()
    assert errors.summary()["direct_y"]["mean"] == pytest.approx(0.5)


def test_chunks_add_up():
    errors = SignalErrors()
    errors.add(translation(n=2))
    errors.add(translation(f_g_x=constant(0.4)))
    assert errors.summary()["cycle_x"] == pytest.approx({"mean": 0.2, "std": np.sqrt(0.02), "n": 3}, abs=1e-6)


def test_direct_metrics_are_absent_without_truth():
    errors = SignalErrors()
    errors.add(translation(truth_x=None, truth_y=None))
    assert not {"direct_x", "direct_y"} & errors.summary().keys()


def test_gap_closed_by_hand():
    signals = {
        "direct_y": {name: {"mean": m} for name, m in (("model", 0.6), ("identity", 1.0), ("best_possible", 0.2))},
        "direct_x": {"model": {"mean": 0.5}, "identity": {"mean": 1.0}},
        "cycle_x": {"model": {"mean": 0.1}, "identity": {"mean": 0.0}},
    }
    add_gap_closed(signals)
    assert signals["direct_y"]["model"]["gap_closed"] == pytest.approx(0.5)
    assert "gap_closed" not in signals["direct_y"]["identity"]
    assert "gap_closed" not in signals["direct_x"]["model"]
    assert "gap_closed" not in signals["cycle_x"]["model"]


def test_bounds_of_phi_are_in_dff_and_in_the_users_order(make_pair):
    """The transform is stored scaled and ordered; the bounds must be those of the plain one."""
    prepared = make_pair(phi=True)
    rows = np.argsort(prepared.order.columns)
    offset = prepared.y.transform.offset[:, rows]
    noise = scaling.invert(offset, prepared.y.scaling)
    mask = corner_mask(16, 5)[:, rows]
    expected = best_possible(prepared.x.recording.dff, noise, starts=prepared.x.starts.test, mask=mask)
    bounds = phi_bounds(prepared)
    assert bounds["direct_y"]["mean"] == pytest.approx(expected.direct_y.mean())
    assert bounds["direct_x"]["mean"] == pytest.approx(expected.direct_x.mean())
    assert bounds["direct_x"]["n"] == 3


def test_only_phi_has_bounds(make_pair):
    assert phi_bounds(make_pair(truth=True)) == {}
