"""Which windows are compared, and that recorded and generated ΔF/F become spikes alike."""

from dataclasses import replace

import numpy as np
import pytest
from inference_fakes import random_members, random_models, write_cascade_folder
from inference_fakes import random_networks as networks_of_nobody

from cyclegan_neuro.configuration.sections import SpikesSection
from cyclegan_neuro.evaluation.days.baselines.alignments import Identity
from cyclegan_neuro.evaluation.days.spiking.reasons import why_not
from cyclegan_neuro.spikes.inference import rates
from cyclegan_neuro.spikes.inference.rates import infer_rates
from cyclegan_neuro.spikes.inference.storage import save_networks

FIELDS = ("f_y", "f_g_x", "g_x", "g_f_y")
FRAMES = 1000  # of the days that make_days makes


class Marked:
    """Marks what it translated: G adds 10, F adds 1,000."""

    name = "marked"

    def to_y(self, x, y, at=None):
        return x + 10, y + 10

    def to_x(self, x, y, at=None):
        return x + 1000, y + 1000


def same_spikes(first, second):
    np.testing.assert_array_equal(first.counts.counts, second.counts.counts)
    np.testing.assert_allclose(first.network_levels, second.network_levels, rtol=1e-5)
    np.testing.assert_allclose(first.noise_levels, second.noise_levels, rtol=1e-5)
    np.testing.assert_allclose(first.dff, second.dff, atol=1e-6)
    np.testing.assert_allclose(first.rates_hz, second.rates_hz, atol=1e-3)


@pytest.mark.parametrize("max_windows", [5, 200])
@pytest.mark.parametrize("split", ["blocked", "paper"])
def test_compared_windows_are_spread_over_the_test_part(make_days, make_recorder, split, max_windows):
    prepared = make_days(split=split, n_test=9)
    recorder = make_recorder(prepared, max_windows=max_windows)
    for name in "xy":
        tested, starts = prepared[name].starts.test, recorder.starts[name]
        assert len(starts) == min(9, max_windows)
        assert starts[0] == tested[0] + 10 or starts[0] == 10  # frames that networks read before and after each
        assert starts[-1] == tested[-1] - 10 or starts[-1] == FRAMES - 128 - 10
        assert np.ptp(np.diff(starts)) <= 1


def test_every_frame_of_a_window_has_the_rate_that_it_has_in_the_recording(
    make_days, make_recorder, random_networks, tmp_path
):
    prepared = make_days(window_frames=64, n_test=20)
    recorder = make_recorder(prepared, models=random_networks)
    signal = recorder.recorded("x", label="x")
    assert (recorder.alone, recorder.first_frame, recorder.n_masked) == (False, 0, 0)
    assert signal.counts.counts.shape == (20, 64, 6)
    whole = infer_rates(
        prepared.x.recording.dff, frame_rate_hz=24.0, models=random_networks, levels=signal.noise_levels
    )
    start = recorder.starts["x"][10]
    assert whole.valid[start : start + 64].all()
    np.testing.assert_allclose(signal.rates_hz, whole.rates_hz[start : start + 64], atol=1e-3)


@pytest.mark.parametrize(
    "days", [{}, {"split": "paper"}, {"gaps": (760, 900), "n_test": 20, "window_frames": 40}, {"phi": True}],
    ids=["blocked", "paper", "gaps", "phi"],
)  # fmt: skip
@pytest.mark.parametrize("batch_size", [3, 100])
def test_a_translator_that_does_nothing_has_the_spikes_of_the_recording(
    make_days, make_recorder, random_networks, days, batch_size
):
    """By networks, not stand-ins: joined windows and the recorded day give the same rates, levels and phases."""
    recorder = make_recorder(make_days(**days), models=random_networks)
    assert recorder.alone == ("phi" in days)
    found = recorder.translated(Identity(), FIELDS, batch_size=batch_size)
    for field in FIELDS:
        recorded = recorder.recorded(field[-1], label=field)
        assert recorded.counts.counts.sum() > 100
        same_spikes(found[field], recorded)


@pytest.mark.parametrize("phi", [False, True])
def test_a_field_is_made_from_the_day_that_it_names(make_days, make_recorder, stand_in_networks, phi):
    recorder = make_recorder(make_days(phi=phi))
    found = recorder.translated(Marked(), FIELDS)
    x, y = (recorder.recorded(name, label=name).dff for name in "xy")
    for field, dff in {"f_y": y + 1000, "g_x": x + 10, "f_g_x": x + 10 + 1000, "g_f_y": y + 1000 + 10}.items():
        np.testing.assert_allclose(found[field].dff, dff, rtol=1e-5)


def test_translated_windows_fade_into_each_other(make_days, make_recorder, stand_in_networks):
    """A translator that returns the place in the window gives the mean of places, each weighted by its nearest end."""

    class Place:
        name = "place"

        def to_y(self, x, y, at=None):
            return (np.zeros_like(w) + np.arange(128, dtype=np.float32)[:, None] for w in (x, y))

        to_x = to_y

    prepared = make_days()
    recorder = make_recorder(prepared)
    signal = recorder.translated(Place(), ["g_x"])["g_x"]
    first = prepared.x.starts.test[0]
    begin = recorder.starts["x"][4] - first  # of the picture, within the test part
    starts = [0, 64, 128, prepared.x.starts.test[-1] - first]
    for frame in range(begin, begin + 128):
        places = [frame - start for start in starts if 0 <= frame - start < 128]
        weights = [min(place + 1, 128 - place) for place in places]
        np.testing.assert_allclose(signal.dff[frame - begin], np.average(places, weights=weights), rtol=1e-5)


@pytest.mark.parametrize("lacking", ["x", "y"])
def test_days_may_have_unequal_numbers_of_windows(make_days, make_recorder, stand_in_networks, lacking):
    prepared = make_days(n_test=9)
    day = prepared[lacking]
    fewer = replace(day, starts=replace(day.starts, test=day.starts.test[:8]))
    recorder = make_recorder(replace(prepared, **{lacking: fewer}), max_windows=9)
    assert {name: len(starts) for name, starts in recorder.starts.items()} == {"x": 9, "y": 9} | {lacking: 8}
    found = recorder.translated(Identity(), FIELDS, batch_size=2)
    for field in FIELDS:
        same_spikes(found[field], recorder.recorded(field[-1], label=field))


def test_stretches_too_short_for_neighbours_leave_the_frames_at_the_ends_of_windows_out(
    make_days, make_recorder, random_networks
):
    prepared = make_days(gaps=tuple(range(139, 1000, 140)), n_test=30)
    recorder = make_recorder(prepared, models=random_networks)
    assert (recorder.alone, recorder.first_frame, recorder.n_masked) == (True, 10, 20)
    recorded = recorder.recorded("x", label="x")
    assert recorded.counts.counts.shape[1] == 108
    assert len(recorder.parts["x"]) >= 2
    same_spikes(recorder.translated(Identity(), ["g_x"])["g_x"], recorded)


def test_no_excluded_frame_is_read(make_days, make_recorder, monkeypatch):
    prepared = make_days(exclude=((100, 140),), gaps=(800,), window_frames=40, n_test=12)
    seen = {}
    monkeypatch.setattr(rates, "infer_rates", lambda dff, **rest: seen.update(rest, dff=dff) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_recorder(prepared).recorded("x", label="x")
    np.testing.assert_array_equal(seen["dff"], np.delete(prepared.x.recording.dff, np.s_[100:141], axis=0))
    assert seen["gaps"].tolist() == [99, 800 - 41]


def test_a_recorded_day_is_inferred_once_for_its_windows_and_its_floor(make_days, make_recorder, stand_in_networks):
    recorder = make_recorder(make_days(n_test=20))
    recorder.recorded("x", label="x")
    for first, second in recorder.recorded_parts("x"):
        assert first.n_windows == second.n_windows == 20
    assert stand_in_networks.windows == []
    assert stand_in_networks.frames == [(FRAMES, 6)]


@pytest.mark.parametrize(
    "days", [{}, {"split": "paper", "window_frames": 64}, {"phi": True}, {"gaps": (299, 599), "window_frames": 40}],
    ids=["blocked", "paper", "phi", "gaps"],
)  # fmt: skip
def test_parts_of_the_floor_share_no_frame_and_are_of_the_recorded_day(
    make_days, make_recorder, stand_in_networks, days
):
    prepared = make_days(**days)
    recorder = make_recorder(prepared)
    for name in "xy":
        height, pairs = prepared.window_frames, recorder.parts[name]
        assert len(pairs) >= 2
        spikes = list(recorder.recorded_parts(name))
        assert len(spikes) == len(pairs)
        levels = recorder.recorded(name, label=name).network_levels
        for starts, counts in zip(pairs, spikes, strict=True):
            frames = [(side[:, None] + np.arange(height)).ravel() for side in starts]
            assert not np.intersect1d(*frames).size
            for side, of_side in zip(starts, counts, strict=True):
                assert len(side) == of_side.n_windows == len(recorder.starts[name])
                dff = prepared.windows_of(name, side)[:, recorder.first_frame :][:, : of_side.n_frames]
                expected = (10 * np.clip(dff, 0, None) * (1 + 0.1 * levels)).sum(axis=1) / 24
                np.testing.assert_allclose(of_side.counts.sum(axis=1), expected, atol=1)


@pytest.mark.parametrize("rate_hz", [10.0, 36.0])
def test_days_of_any_frame_rate(make_days, make_recorder, rate_hz):
    recorder = make_recorder(make_days(rate_hz=rate_hz, window_frames=64))
    assert recorder.n_masked == 0
    same_spikes(recorder.translated(Identity(), ["g_x"])["g_x"], recorder.recorded("x", label="x"))


def test_days_resampled_for_networks_of_one_rate_have_rates_in_every_frame(make_days, make_recorder, tmp_path):
    folder = write_cascade_folder(tmp_path, random_models((1,), frame_rate_hz=24.0))
    recorder = make_recorder(make_days(rate_hz=36.0, window_frames=64), models=str(folder), resample=True)
    assert recorder.n_masked == 0
    generated = recorder.translated(Identity(), ["g_x"])["g_x"]
    recorded = recorder.recorded("x", label="x")
    correlation = np.corrcoef(recorded.rates_hz.ravel(), generated.rates_hz.ravel())[0, 1]
    assert correlation > 0.6  # new frames of the test part lie elsewhere than those of the day


@pytest.mark.parametrize(
    "change",
    [
        lambda n: replace(n, members=n.members[:1]),
        lambda n: replace(n, members=random_members(seed=1)),
        lambda n: replace(n, architecture=replace(n.architecture, first_s=(*n.architecture.first_s[:-1], 0.21))),
    ],
    ids=["fewer", "weights", "architecture"],
)
def test_other_networks_infer_anew(make_days, make_recorder, stand_in_networks, tmp_path, change):
    networks = networks_of_nobody(2)
    save_networks(tmp_path / "one.h5", networks)
    save_networks(tmp_path / "other.h5", change(networks))
    prepared = make_days()
    for count, name in ((1, "one.h5"), (1, "one.h5"), (2, "other.h5")):
        recorder = make_recorder(prepared, cache=tmp_path / "cache", models=str(tmp_path / name))
        recorder.recorded("x", label="x")
        assert len(stand_in_networks.frames) == count


def test_networks_are_told_what_both_days_state(make_days, make_recorder, stand_in_networks, tmp_path):
    def stated(prepared, x, y):
        days = {
            name: replace(prepared[name], recording=replace(prepared[name].recording, indicator=of, cell_type="pv"))
            for name, of in (("x", x), ("y", y))
        }
        return replace(prepared, **days)

    prepared = make_days()
    for count, x, y in (
        (1, "GCaMP8m", "GCaMP8m"), (2, "GCaMP8m", "GCaMP6f"), (2, "", ""), (2, "GCaMP6", "GCaMP8"),
        (3, "GCaMP8s", "GCaMP8s"),
    ):  # fmt: skip
        recorder = make_recorder(stated(prepared, x, y), cache=tmp_path)
        recorder.recorded("x", label="x")
        assert len(stand_in_networks.frames) == count
        about = recorder.inference.about
        assert (about["indicator"], about["cell_type"]) == (x if x == y else "", "pv")


def test_a_day_is_inferred_once_with_all_parts_of_its_floor(make_days, make_recorder, stand_in_networks, tmp_path):
    prepared = make_days()
    for _ in range(2):
        recorder = make_recorder(prepared, cache=tmp_path)
        recorder.recorded("x", label="x")
        assert len(list(recorder.recorded_parts("x"))) > 1
    assert len(stand_in_networks.frames) == 1


@pytest.mark.parametrize(("other", "anew"), [({"seed": 1}, 2), ({"max_windows": 4}, 2), ({"correlation_bin_s": 1}, 1)])
def test_other_windows_and_phases_infer_anew(make_days, make_recorder, stand_in_networks, tmp_path, other, anew):
    """Spikes are kept, not the rates that they are drawn from: those of two days would fill the disk."""
    prepared = make_days()
    for section in ({}, other):
        make_recorder(prepared, cache=tmp_path, **section).recorded("x", label="x")
    assert len(stand_in_networks.frames) == anew


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
        ({"rate_hz": 2.5}, {}, "frame rate: got 2.5 Hz, expected 3 to 100 Hz"),
        (
            {"window_frames": 40, "phi": True}, {},
            "Networks look at ΔF/F around each frame, which leaves 20 of the 40 frames of a "
            "window (at 24 Hz) with a rate, and the values of Φ(X) depend on their place in the window, so that there "
            "is no continuous day",
        ),
        (
            {"window_frames": 40, "gaps": tuple(range(49, 1000, 50)), "n_test": 30}, {},
            "Networks look at ΔF/F around each frame, which leaves 20 of the 40 frames of a "
            "window (at 24 Hz) with a rate, and no stretch of the test part is long enough",
        ),
        ({"window_frames": 16}, {}, "bin_s: got 0.5 s for windows of 0.6666"),
        ({"n_test": 3}, {}, "There are fewer than four test windows."),
    ],
)  # fmt: skip
def test_why_there_are_no_spikes(make_days, days, section, reason):
    found = why_not(SpikesSection(**section), make_days(**days))
    assert found.startswith(reason)
    assert found.endswith(".")


def test_nothing_stands_against_spikes(make_days):
    assert why_not(SpikesSection(), make_days()) is None
    assert why_not(SpikesSection(), make_days(window_frames=64)) is None
    assert why_not(SpikesSection(), make_days(rate_hz=36.0, window_frames=160)) is None
