"""Which windows are compared, and that recorded and generated ΔF/F become spikes alike."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import SpikesSection
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.inference import rates
from cyclegan_neuro.spikes.inference.models import save_models, shipped
from cyclegan_neuro.systems.cyclegan.baselines import Identity
from cyclegan_neuro.systems.cyclegan.spiking.recorder import why_not
from cyclegan_neuro.systems.cyclegan.translation import translate
from cyclegan_neuro.windows.cutting import raw_windows
from cyclegan_neuro.windows.prepared import Starts

sys.path.insert(0, str(Path(__file__).parents[3] / "spikes" / "inference"))
from inference_fakes import random_models

FIELDS = ("f_y", "f_g_x", "g_x", "g_f_y")


class Marked:
    """Marks what it translated: G adds 10, F adds 1,000."""

    name = "marked"

    def to_y(self, x, y):
        return x + 10, y + 10

    def to_x(self, x, y):
        return x + 1000, y + 1000


def collected(recorder, translator, batch_size):
    windows = recorder.collector(FIELDS)
    for translation in translate(translator, recorder.prepared, batch_size=batch_size):
        windows.add(translation)
    return {field: windows.take(field) for field in FIELDS}


@pytest.mark.parametrize("batch_size", [3, 100])
@pytest.mark.parametrize("max_windows", [5, 200])
@pytest.mark.parametrize("split", ["blocked", "paper"])
def test_generated_windows_are_those_of_the_recorded_ones_in_their_order(
    make_days, make_recorder, split, max_windows, batch_size
):
    prepared = make_days(split=split, n_test=9)
    recorder = make_recorder(prepared, max_windows=max_windows)
    x, y = (raw_windows(prepared, name, recorder.starts[name]) for name in "xy")
    assert len(x) == len(y) == min(9, max_windows)
    found = collected(recorder, Marked(), batch_size)
    for field, windows in {"f_y": y + 1000, "g_x": x + 10, "f_g_x": x + 10 + 1000, "g_f_y": y + 1000 + 10}.items():
        np.testing.assert_array_equal(found[field], windows)


def test_compared_windows_are_spread_over_the_test_part(make_days, make_recorder):
    prepared = make_days(n_test=9)
    recorder = make_recorder(prepared, max_windows=5)
    np.testing.assert_array_equal(recorder.starts["x"], prepared.x.starts.test[::2])


@pytest.mark.parametrize("lacking", ["x", "y"])
def test_days_may_have_unequal_numbers_of_windows(make_days, make_recorder, lacking):
    prepared = make_days(n_test=9)
    day = getattr(prepared, lacking)
    fewer = replace(day, starts=replace(day.starts, test=day.starts.test[:4]))
    prepared = replace(prepared, **{lacking: fewer})
    recorder = make_recorder(prepared, max_windows=7)
    expected = {"x": 4 if lacking == "x" else 7, "y": 4 if lacking == "y" else 7}
    assert {name: len(starts) for name, starts in recorder.starts.items()} == expected
    found = collected(recorder, Identity(), batch_size=2)
    for field in FIELDS:
        day = field[-1]
        np.testing.assert_array_equal(found[field], raw_windows(prepared, day, recorder.starts[day]))


def test_spikes_are_of_the_frames_that_the_networks_reach(make_days, make_recorder, stand_in_networks):
    prepared = make_days()
    recorder = make_recorder(prepared)
    assert (recorder.first_frame, recorder.n_masked) == (32, 63)
    signal = recorder.recorded("x", label="x")
    middle = prepared.x.recording.dff[recorder.starts["x"][4] :][32 : 128 - 31]
    np.testing.assert_array_equal(signal.dff, middle)
    expected = 10 * np.clip(middle, 0, None) * (1 + 0.1 * signal.network_levels)
    np.testing.assert_allclose(signal.rates_hz, expected, rtol=1e-6)
    assert signal.counts.counts.shape == (8, 65, 6)
    np.testing.assert_allclose(signal.counts.counts[4].sum(axis=0), expected.sum(axis=0) / 24, atol=1)


@pytest.mark.parametrize("split", ["blocked", "paper"])
def test_recorded_and_generated_windows_of_equal_dff_have_equal_spikes(make_days, tmp_path, make_recorder, split):
    """By networks, not stand-ins: whole stretches and single windows give the same rates, levels and phases."""
    save_models(tmp_path / "rate_models_24hz.h5", random_models(range(1, 9), members=1, frame_rate_hz=24.0))
    prepared = make_days(split=split)
    recorder = make_recorder(prepared, models=str(tmp_path))
    recorded = recorder.recorded("y", label="y")
    generated = recorder.infer(raw_windows(prepared, "y", recorder.starts["y"]), label="f_y")
    assert recorded.counts.counts.sum() > 100
    np.testing.assert_array_equal(generated.counts.counts, recorded.counts.counts)
    np.testing.assert_array_equal(generated.noise_levels, recorded.noise_levels)
    np.testing.assert_array_equal(generated.network_levels, recorded.network_levels)
    np.testing.assert_array_equal(generated.dff, recorded.dff)
    np.testing.assert_allclose(generated.rates_hz, recorded.rates_hz, atol=1e-3)


def test_the_noise_level_of_a_recorded_day_counts_frames_as_windows_do(make_days, make_recorder, stand_in_networks):
    """Frames that many windows hold are noisier here; with each frame counted once, another network would be chosen."""
    prepared = make_days(n_test=20)
    starts = prepared.x.starts.test
    middle = slice(starts[8], starts[12] + 64)
    prepared.x.recording.dff[middle] *= np.random.default_rng(0).normal(0, 3, prepared.x.recording.dff[middle].shape)
    recorder = make_recorder(prepared)
    windows = raw_windows(prepared, "x", starts)
    ends = np.arange(1, 20) * 128 - 1
    expected = noise_levels(windows.reshape(-1, 6), 24.0, ends)
    found = recorder.recorded("x", label="x")
    np.testing.assert_array_equal(found.noise_levels, expected)
    once = noise_levels(prepared.x.recording.dff[starts[0] : starts[-1] + 128], 24.0)
    assert (np.abs(expected - once) > 0.1 * once).any()


def test_an_alignment_is_inferred_after_its_change(make_days, make_recorder, stand_in_networks):
    recorder = make_recorder(make_days())
    plain, doubled = (recorder.recorded("x", change, label="x") for change in (None, lambda windows: windows * 2))
    np.testing.assert_allclose(doubled.dff, 2 * plain.dff)
    assert doubled.counts.counts.sum() > 1.9 * plain.counts.counts.sum()
    np.testing.assert_allclose(doubled.noise_levels, 2 * plain.noise_levels)


def test_a_frame_of_many_windows_is_inferred_once(make_days, make_recorder, stand_in_networks):
    recorder = make_recorder(make_days(n_test=20))
    recorder.recorded("x", label="x")
    starts = recorder.starts["x"]
    assert stand_in_networks.windows == []
    assert stand_in_networks.frames == [(starts[-1] + 128 - starts[0], 6)]


def test_time_is_not_continuous_between_windows_that_lie_apart(make_days, make_recorder, monkeypatch):
    prepared = make_days(gaps=(899,))
    apart = np.array([0, 300, 400, 772, 900 - 28])  # the last two touch the gap
    starts = Starts(prepared.x.starts.train, prepared.x.starts.validation, apart[:4])
    asked = {}
    monkeypatch.setattr(rates, "infer_rates", lambda dff, **rest: asked.update(rest, dff=dff) or 1 / 0)
    for chosen in (apart[:4], np.array([0, 64, 772, 872])):
        day = replace(prepared.x, starts=replace(starts, test=chosen))
        with pytest.raises(ZeroDivisionError):
            make_recorder(replace(prepared, x=day)).recorded("x", label="x")
        frames = np.unique(chosen[:, None] + np.arange(128))
        np.testing.assert_array_equal(asked["dff"], prepared.x.recording.dff[frames])
        joints = [i for i in range(len(frames) - 1) if frames[i + 1] != frames[i] + 1 or frames[i] == 899]
        assert asked["gaps"].tolist() == joints


def test_phi_is_inferred_window_by_window(make_days, make_recorder, stand_in_networks):
    """What Φ does to a frame depends on its place in the window."""
    prepared = make_days(phi=True)
    recorder = make_recorder(prepared)
    signal = recorder.recorded("y", label="y")
    assert stand_in_networks.windows == [(8, 128, 6)]
    np.testing.assert_array_equal(signal.dff, raw_windows(prepared, "y", recorder.starts["y"])[4, 32:97])
    recorder.recorded("x", label="x")
    assert len(stand_in_networks.frames) == 1


def test_resampled_windows_are_inferred_by_themselves(make_days, make_recorder, tmp_path):
    """A window's new frames begin with it; those of the whole stretch lie elsewhere."""
    save_models(tmp_path / "rate_models_24hz.h5", random_models(range(1, 9), members=1, frame_rate_hz=24.0))
    prepared = make_days(rate_hz=36.0, window_frames=160)
    recorder = make_recorder(prepared, models=str(tmp_path), resample=True)
    generated = recorder.infer(raw_windows(prepared, "x", recorder.starts["x"]), label="g_x")
    np.testing.assert_array_equal(recorder.recorded("x", label="x").counts.counts, generated.counts.counts)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: replace(m, before_frames=m.before_frames - 1),
        lambda m: replace(m, frame_rate_hz=25.0),
        lambda m: replace(m, noise_levels={level + 1: members for level, members in m.noise_levels.items()}),
        lambda m: replace(m, noise_levels={1: m.noise_levels[1]}),
        lambda m: replace(m, noise_levels={**m.noise_levels, 2: m.noise_levels[1]}),
    ],
    ids=["frames before", "rate", "levels", "fewer levels", "weights"],
)
def test_other_networks_infer_anew(make_days, make_recorder, stand_in_networks, tmp_path, change):
    models = random_models((1, 2), members=1, frame_rate_hz=24.0)
    save_models(tmp_path / "one.h5", models)
    save_models(tmp_path / "other.h5", change(models))
    prepared = make_days()
    for count, name in ((1, "one.h5"), (1, "one.h5"), (2, "other.h5")):
        recorder = make_recorder(prepared, cache=tmp_path / "cache", models=str(tmp_path / name))
        recorder.recorded("x", label="x")
        assert len(stand_in_networks.frames) == count


@pytest.mark.parametrize("other", [{"seed": 1}, {"max_windows": 4}])
def test_other_settings_infer_anew(make_days, make_recorder, stand_in_networks, tmp_path, other):
    prepared = make_days()
    windows = raw_windows(prepared, "x", prepared.x.starts.test)
    make_recorder(prepared, cache=tmp_path).recorded("x", label="x")
    make_recorder(prepared, cache=tmp_path).infer(windows, label="g_x")
    assert (len(stand_in_networks.frames), len(stand_in_networks.windows)) == (1, 1)
    for _ in range(2):
        recorder = make_recorder(prepared, cache=tmp_path, **other)
        recorder.recorded("x", label="x")
        recorder.infer(windows, label="g_x")
        changed = 2 if "seed" in other else 1
        assert (len(stand_in_networks.frames), len(stand_in_networks.windows)) == (2, changed)


def test_the_seed_decides_the_phases_alone(make_days, make_recorder, stand_in_networks):
    prepared = make_days()
    first, again, other = (make_recorder(prepared, seed=seed).recorded("x", label="x") for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.counts.counts, again.counts.counts)
    assert (first.counts.counts != other.counts.counts).any()
    np.testing.assert_array_equal(first.rates_hz, other.rates_hz)


@pytest.mark.parametrize(
    ("days", "section", "reason"),
    [
        ({}, {"enabled": False}, "Spike inference is switched off (evaluation.spikes.enabled)."),
        ({"rate_hz": 8.0}, {}, "frame rate: got 8 Hz, expected 24 "),
        (
            {"window_frames": 48}, {},
            "Windows of 48 frames at 24 Hz are shorter than the stretch of ΔF/F that networks read around each "
            "frame (64 frames at 24 Hz).",
        ),
        ({"window_frames": 72}, {}, "bin_s: got 0.5 s for windows of 0.375 s"),
        ({"n_test": 3}, {}, "There are fewer than four test windows."),
    ],
)  # fmt: skip
def test_why_there_are_no_spikes(make_days, days, section, reason):
    found = why_not(SpikesSection(**section), make_days(**days))
    assert found.startswith(reason)
    assert found.endswith(".")


def test_nothing_stands_against_spikes(make_days):
    assert why_not(SpikesSection(), make_days()) is None
    assert why_not(SpikesSection(resample=True), make_days(rate_hz=36.0, window_frames=160)) is None
    assert shipped(24.0).window_frames == 64
