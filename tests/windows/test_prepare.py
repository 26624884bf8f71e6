"""From recordings to prepared days: values, windows, Φ, and what a run directory keeps."""

import json

import numpy as np
import pytest
from windows_data import prepared, recording

from cyclegan_neuro.configuration.sections import DataSection, OrderingSection, WindowsSection
from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.simulate.phi import corner_mask, phi_noise
from cyclegan_neuro.windows import ordering, prepare
from cyclegan_neuro.windows.prepare import prepare_pair
from cyclegan_neuro.windows.scaling import apply, invert


@pytest.mark.parametrize("method", ["original", "correlation"])
@pytest.mark.parametrize("scaling", ["day", "neuron"])
@pytest.mark.parametrize("phi", [False, True])
def test_network_windows_are_raw_windows_scaled_and_ordered(method, scaling, phi):
    pair = prepared(phi=phi, method=method, scaling=scaling)
    for name in ("x", "y"):
        day = pair[name]
        raw = pair.windows_of(name, day.starts.test)
        windows = day.windows(day.starts.test, pair.window_frames)
        assert (windows.shape, windows.dtype, raw.dtype) == ((6, 32, 5), np.float32, np.float32)
        np.testing.assert_allclose(windows, apply(raw, day.scaling)[..., pair.order.columns], atol=2e-6)
        np.testing.assert_allclose(invert(windows[..., pair.order.inverse], day.scaling), raw, atol=2e-6)
        train = day.windows(day.starts.train, pair.window_frames)
        assert (round(float(train.min()), 5), round(float(train.max()), 5)) == (0, 1)


@pytest.mark.parametrize("phi", [False, True])
def test_raw_windows_of_x_are_exactly_the_recording(phi):
    day = recording()
    pair = prepared(day, phi=phi, method="correlation")
    start = int(pair.x.starts.train[3])
    assert np.array_equal(pair.windows_of("x", np.array([start]))[0], day.dff[start : start + 32])


@pytest.mark.parametrize("method", ["original", "correlation"])
def test_phi_windows_equal_the_formula(method):
    day = recording()
    pair = prepared(day, phi=True, method=method)
    noise = phi_noise(day.dff, weight=0.5, seed=1)
    for start in pair.y.starts.test:
        expected = np.empty((32, 5))
        for t in range(32):
            for n, column in enumerate(pair.order.columns):
                m = 0.0 if t / 32 < n / 5 else 1.0  # Eq. 6, n as the networks see the neurons (Figure C.1)
                expected[t, column] = m * day.dff[start + t, column] + noise[start + t, column]
        np.testing.assert_allclose(pair.windows_of("y", np.array([start]))[0], expected, atol=1e-6)


@pytest.mark.parametrize("method", ordering.names())
def test_in_every_order_the_corner_that_phi_removes_is_connected(method):
    """The paper orders first and transforms then; without noise, what the mask removed is 0."""
    centres = np.random.default_rng(3).uniform(0, 400, (5, 2)).astype(np.float32)
    day = recording(roi_xy_um=centres).select_neurons([3, 0, 4, 1, 2])
    pair = prepared(day, phi=True, method=method, data={"phi_noise": 0.0})
    removed = np.abs(pair.windows_of("y", pair.y.starts.test)) < 1e-6
    assert np.array_equal(removed.all(axis=0)[:, pair.order.columns], corner_mask(32, 5) == 0)
    assert method == "original" or not np.array_equal(pair.order.columns, np.arange(5))


@pytest.mark.parametrize("method", ["firing_rate", "correlation", "autoencoder"])
def test_an_order_for_phi_is_learned_from_x_alone(method):
    settings = ({}, {"phi_seed": 2, "phi_noise": 9})
    scores = [prepared(phi=True, method=method, data=data).order.score for data in settings]
    assert np.array_equal(scores[0], scores[1])
    if method != "autoencoder":  # which learns from one day or from two
        of_x = prepared(recording(), recording(), method=method).order
        np.testing.assert_allclose(scores[0], of_x.score, rtol=1e-6)


def test_phi_pairs_the_windows_of_both_days_and_keeps_what_both_exclude():
    pair = prepared(phi=True, exclude_x=[(0, 9)], exclude_y=[(390, 399)])
    for part in ("train", "validation", "test"):
        starts = getattr(pair.x.starts, part)
        assert np.array_equal(starts, getattr(pair.y.starts, part))
        assert starts.min() >= 10
        assert starts.max() + 32 <= 390
    assert len(pair.notes) == 1  # one recording, one sentence


def test_phi_settings_have_an_effect():
    day = recording()
    plain = {"windows": WindowsSection(window_frames=32), "ordering": OrderingSection(), "seed": 0}
    offsets = []
    for data in (DataSection(), DataSection(phi_seed=2), DataSection(phi_noise=0.0)):
        pair = prepare_pair(day, None, data=data, **plain)
        offsets.append(invert(pair.y.transform.offset, pair.y.scaling))
    np.testing.assert_allclose(offsets[0], phi_noise(day.dff, weight=0.5, seed=1), atol=1e-6)
    np.testing.assert_allclose(offsets[1], phi_noise(day.dff, weight=0.5, seed=2), atol=1e-6)
    np.testing.assert_allclose(offsets[2], 0, atol=1e-6)
    assert np.array_equal(pair.y.transform.mask, corner_mask(32, 5))


def test_phi_day_names_itself_and_has_no_truth():
    pair = prepared(recording(session="novice", source="file.h5"), phi=True)
    assert (pair.y.recording.session, pair.y.recording.source) == ("Φ(novice)", "Φ of file.h5")
    assert pair.y.recording.truth is None


def test_days_of_unequal_length_are_split_on_their_own():
    pair = prepared(recording(300), recording(500, seed=1), split="paper")
    assert pair.y.starts.train.max() > 300
    same = prepared(recording(300), recording(300, seed=1), split="paper")
    assert not np.array_equal(same.x.starts.test, same.y.starts.test)


def test_earlier_findings_and_notes_come_first():
    finding = Finding("info", "demo", "file", "a", "b", "c")
    pair = prepare_pair(
        recording(),
        recording(seed=1),
        data=DataSection(),
        windows=WindowsSection(window_frames=32, split="paper", n_validation=9, n_test=9),
        ordering=OrderingSection(method="correlation"),
        seed=0,
        findings=[finding],
        notes=["first"],
        inputs={"x": 1},
    )
    assert pair.findings[0] is finding
    assert [f.code for f in pair.findings[1:]].count("split_leak") == 2
    assert pair.notes[0] == "first"
    assert pair.notes[-1].startswith("Neurons sorted for the networks by 'correlation'")
    assert pair.inputs == {"x": 1}


def test_constant_neurons_are_named():
    day = recording()
    day.dff[:, 2] = 0.5
    pair = prepared(day, scaling="neuron")
    assert "day x: 1 neuron constant in training (2), kept at mid-scale 0.5." in pair.notes
    assert (pair.x.values[:, 2] == 0.5).all()


def kept(tmp_path, method="correlation", scaling="day", x=None):
    return prepare_pair(
        recording() if x is None else x, recording(seed=1), data=DataSection(), seed=0, run_directory=tmp_path,
        windows=WindowsSection(window_frames=32, scaling=scaling), ordering=OrderingSection(method=method),
    )  # fmt: skip


def test_a_run_directory_is_read_instead_of_learning_again(tmp_path, monkeypatch):
    first = kept(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["neuron_order.json", "scaling.json"]

    def learned(*args, **kwargs):
        raise AssertionError("learned again")

    monkeypatch.setattr(prepare, "order_neurons", learned)
    monkeypatch.setattr(prepare.scalings, "fit", learned)
    second = kept(tmp_path)
    assert np.array_equal(first.x.values, second.x.values)
    assert np.array_equal(first.y.values, second.y.values)
    assert np.array_equal(first.order.score, second.order.score)


def test_what_a_run_directory_holds_must_fit(tmp_path):
    kept(tmp_path)
    with pytest.raises(WindowError, match=r"neuron_order.json: .*ordering 'correlation' where the conf.* 'original'"):
        kept(tmp_path, method="original")
    with pytest.raises(WindowError, match=r"scaling.json: .*scaling 'day' where the configuration says 'neuron'"):
        kept(tmp_path, scaling="neuron")
    order = json.loads((tmp_path / "neuron_order.json").read_text())
    order["columns"][0] = order["columns"][1]
    (tmp_path / "neuron_order.json").write_text(json.dumps(order))
    with pytest.raises(WindowError, match="columns that do not name each of 5 neurons once"):
        kept(tmp_path)
