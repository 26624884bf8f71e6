"""From the configuration to prepared days, mixed ones in particular."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError, WindowError
from cyclegan_neuro.evaluation.days.story.inputs import origin_sentence
from cyclegan_neuro.recordings.simulate import corner_mask, phi_noise, simulate_days
from cyclegan_neuro.recordings.writing import write_recording
from cyclegan_neuro.systems.cyclegan import SYSTEM
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.training.manifest import refuse_changed_config

SIMULATION = {"preset": "mouse_3", "duration_s": 60.0}  # 21 neurons, 1,440 frames
WINDOWS = {"window_frames": 32, "n_train": 40, "n_validation": 5, "n_test": 5}


def make_config(*, data=None, windows=None, seed=1234, ordering="original"):
    return Config.model_validate(
        {
            "data": {"shuffle_days": True, "simulation": SIMULATION} | (data or {}),
            "windows": WINDOWS | (windows or {}),
            "training": {"seed": seed},
            "ordering": {"method": ordering},
        }
    )


def starts_of(day):
    return np.concatenate([day.starts.train, day.starts.validation, day.starts.test])


def test_simulated_days_are_mixed_in_blocks_of_two_windows():
    prepared = SYSTEM.prepare(make_config())
    novice, expert = simulate_days(**SIMULATION)
    for day, own, other in ((prepared.x, novice, expert), (prepared.y, expert, novice)):
        assert set(day.recording.gaps) == set(range(63, 1439, 64))
        origin = [(day.recording.dff[frames] == own.dff[frames]).all() for frames in blocks(64)]
        assert [(day.recording.dff[f] == other.dff[f]).all() for f in blocks(64)] == [not here for here in origin]
        assert sum(origin) in (11, 12)  # of 23
        assert (starts_of(day) % 64 <= 32).all()  # no window crosses a border between blocks
    assert (prepared.x.recording.truth.spikes != novice.truth.spikes).any()
    assert prepared.y.transform is None


def blocks(length, n_frames=1440):
    return [slice(start, min(start + length, n_frames)) for start in range(0, n_frames, length)]


def test_the_report_calls_it_a_control():
    prepared = SYSTEM.prepare(make_config())
    sentence = origin_sentence(prepared)
    assert sentence.startswith("Simulated data, not measured in an animal: ")
    assert sentence.count("mouse_3 days mixed (control)") == 2
    assert sum(note.startswith("Control, not an experiment: the two days are mixed") for note in prepared.notes) == 1
    assert prepared.inputs["x"]["session"] == "days mixed (control)"
    assert prepared.inputs["x"]["sha256"] != SYSTEM.prepare(make_config(seed=1)).inputs["x"]["sha256"]


def test_without_the_setting_nothing_is_mixed():
    prepared = SYSTEM.prepare(make_config(data={"shuffle_days": False}))
    novice, _ = simulate_days(**SIMULATION)
    np.testing.assert_array_equal(prepared.x.recording.dff, novice.dff)
    assert not any("mixed" in note for note in prepared.notes)
    assert prepared.x.recording.session == "novice"


def test_windows_of_phi_are_mixed_one_by_one():
    prepared = SYSTEM.prepare(make_config(data={"source": "phi", "phi_seed": 7}))
    novice, _ = simulate_days(**SIMULATION)
    noise = phi_noise(novice.dff, seed=7)
    kept = []
    for frames in blocks(32):  # 45 windows
        transformed = corner_mask(32, 21) * novice.dff[frames] + noise[frames]
        here = np.array_equal(prepared.x.recording.dff[frames], novice.dff[frames])
        both = (novice.dff[frames], transformed)
        np.testing.assert_array_equal(prepared.x.recording.dff[frames], both[not here])
        np.testing.assert_array_equal(prepared.y.recording.dff[frames], both[here])
        kept.append(here)
    assert sum(kept) in (22, 23)
    for day in (prepared.x, prepared.y):
        assert (starts_of(day) % 32 == 0).all()
        assert day.transform is None
        assert day.recording.truth is None
    assert "Known for one day only and left out of the mixture: truth of the simulation." in prepared.notes


def test_phi_is_mixed_in_the_order_of_x(tmp_path):
    """Order first, then Φ, then the mixture: the corner in it is connected in the order of the networks."""
    data = {"source": "phi", "phi_noise": 0.0}
    mixed = SYSTEM.prepare(make_config(data=data, ordering="firing_rate"), run_directory=tmp_path)
    alone = SYSTEM.prepare(make_config(data=data | {"shuffle_days": False}, ordering="firing_rate"))
    assert np.array_equal(mixed.order.columns, alone.order.columns)
    novice, _ = simulate_days(**SIMULATION)
    x_is_first = np.array_equal(mixed.x.recording.dff[:32], novice.dff[:32])
    transformed = (mixed.y if x_is_first else mixed.x).recording.dff[:32]
    assert np.array_equal(transformed[:, alone.order.columns] == 0, corner_mask(32, 21) == 0)


def test_what_either_day_excludes_both_mixed_days_do(tmp_path):
    novice, expert = simulate_days(**SIMULATION)
    longer = replace(
        expert,
        dff=np.vstack([expert.dff, expert.dff[:60]]),
        behaviour=type(expert.behaviour)(),
        truth=None,
    )
    paths = [str(write_recording(day, tmp_path / f"{day.session}.h5")) for day in (novice, longer)]
    data = {"source": "files", "x": {"path": paths[0]}, "y": {"path": paths[1]}, "simulation": {}}
    exclude = {"exclude_x": [[0, 99]], "exclude_y": [[600, 699], [1450, 1499]]}  # the last is cut off with the surplus
    prepared = SYSTEM.prepare(make_config(data=data, windows=exclude))
    for day in (prepared.x, prepared.y):
        frames = (starts_of(day)[:, None] + np.arange(32)).ravel()
        assert frames.min() >= 100
        assert not np.isin(frames, np.arange(600, 700)).any()
    assert "mouse_3 expert: the last 60 frames, which the other day does not have, are left out." in prepared.notes
    with pytest.raises(WindowError, match=r"excluded stretch \[1500, 1510\]: got first frame 1,500"):
        SYSTEM.prepare(make_config(data=data, windows={"exclude_y": [[1500, 1510]]}))


@pytest.mark.parametrize(
    ("source", "got"),
    [
        # 22 blocks of 64 frames hold 33 starts each, the last of 32 frames holds 1
        ("simulated", "727 start frames (windows of 32 frames that cross no border between blocks of 64, in 1,440"),
        ("phi", "45 start frames (windows of 32 frames that cross no border between blocks of 32, in 1,440"),
    ],
)
def test_too_few_windows_for_the_paper_split(source, got):
    windows = {"split": "paper", "n_validation": 400, "n_test": 400}
    with pytest.raises(WindowError) as caught:
        SYSTEM.prepare(make_config(data={"source": source}, windows=windows))
    assert str(caught.value) == (
        f"data.shuffle_days, split paper: got {got} frames), "
        "expected more than 800 (400 validation + 400 test, and training). Fix: set windows.split: blocked, or fewer "
        "windows in windows.n_validation and windows.n_test, or a smaller windows.window_frames"
    )


def test_the_paper_split_takes_mixed_days_that_suffice():
    prepared = SYSTEM.prepare(make_config(windows={"split": "paper", "n_validation": 20, "n_test": 20}))
    assert [len(part) for part in (prepared.x.starts.train, prepared.y.starts.test)] == [40, 20]


def test_too_few_windows_for_the_blocked_split():
    with pytest.raises(WindowError, match=r"days mixed \(control\)\), split blocked: got 2 windows without a common"):
        SYSTEM.prepare(make_config(windows={"window_frames": 500}))


def test_resume_refuses_to_mix_days_that_were_not():
    with pytest.raises(ConfigurationError, match=r"data\.shuffle_days: false -> true"):
        refuse_changed_config(make_config(data={"shuffle_days": False}), make_config(), where="run")
