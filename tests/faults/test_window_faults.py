"""Faults that users meet when recordings are cut into windows: the messages they get."""

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import DataSection, OrderingSection, WindowsSection
from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.windows.prepare import prepare_pair
from cyclegan_neuro.windows.scaling import invert
from cyclegan_neuro.windows.segmentation import coverage


def recording(n_frames=400, n_neurons=4, *, gaps=(), seed=0):
    dff = np.random.default_rng(seed).normal(0.0, 0.3, (n_frames, n_neurons)).astype(np.float32)
    return Recording(dff, 24.0, gaps=np.array(gaps, np.int64), subject="m1", session="novice")


def prepare(x=None, y=None, **windows):
    return prepare_pair(
        x or recording(),
        y or recording(seed=1),
        data=DataSection(),
        windows=WindowsSection(**{"window_frames": 48} | windows),
        ordering=OrderingSection(),
        seed=0,
    )


def message_of(*args, **windows):
    with pytest.raises(WindowError) as caught:
        prepare(*args, **windows)
    assert caught.value.exit_code == 2
    return str(caught.value)


def largest_legal(message):
    """The window that the message recommends."""
    return int(message.split("windows.window_frames to ")[1].split(" or less")[0].replace(",", ""))


def works(window_frames, *args, **windows):
    prepare(*args, **windows | {"window_frames": window_frames})


def test_constant_neuron_is_kept_at_mid_scale_and_listed():
    x = recording()
    x.dff[:, 1] = 0.25
    for scaling in ("neuron", "day"):
        pair = prepare(x, scaling=scaling)
        assert np.isfinite(pair.x.values).all()
    pair = prepare(x, scaling="neuron")
    assert (pair.x.windows(pair.x.starts.test, 48)[..., 1] == 0.5).all()
    assert (pair.windows_of("x", pair.x.starts.test)[..., 1] == 0.25).all()
    assert "day x: 1 neuron constant in training (1), kept at mid-scale 0.5." in pair.notes


def test_recording_shorter_than_the_window():
    message = message_of(recording(40))
    assert message == (
        "day x (m1 novice): got 40 frames (1.7 s), expected at least one window of 48 frames (2.0 s). "
        "Fix: no window of 16 frames or more fits the split 'blocked': exclude less or take a longer recording"
    )
    message = message_of(recording(9000), recording(100), window_frames=2048)
    assert message == (
        "day y (m1 novice): got 100 frames (4.2 s), expected at least one window of 2,048 frames (85.3 s). "
        "Fix: set windows.window_frames to 33 or less (the largest that the split 'blocked' allows)"
    )
    works(33, recording(9000), recording(100))


def test_every_stretch_between_gaps_is_shorter_than_the_window():
    x = recording(gaps=range(39, 400, 40))
    message = message_of(x)
    assert "got 400 frames (16.7 s), 40 of them (1.7 s) in the longest stretch without gap or exclusion" in message
    assert largest_legal(message) == 40
    works(40, x)


def test_too_few_windows_for_three_stretches():
    message = message_of(recording(130, gaps=[99]))
    assert message == (
        "day x (m1 novice), split blocked: got 2 windows without a common frame (windows of 48 in 100 + 30 frames), "
        "expected at least 3 (training, validation, test). "
        "Fix: set windows.window_frames to 33 or less (the largest that the split 'blocked' allows)"
    )
    works(33, recording(130, gaps=[99]))


def test_too_few_windows_for_the_paper_split():
    message = message_of(recording(247), split="paper", n_validation=100, n_test=100)
    assert message == (
        "day x (m1 novice), split paper: got 200 start frames (windows of 48 in 247 frames), "
        "expected more than 200 (100 validation + 100 test, and training). "
        "Fix: set windows.window_frames to 47 or less (the largest that the split 'paper' allows), "
        "or fewer windows in windows.n_validation and windows.n_test"
    )
    works(47, recording(247), split="paper", n_validation=100, n_test=100)


@pytest.mark.parametrize("split", ["blocked", "paper"])
def test_and_10_the_recommended_window_is_the_largest(split):
    x = recording(300, gaps=[50, 170, 171])
    windows = {"split": split, "n_validation": 20, "n_test": 20}
    message = message_of(x, window_frames=250, **windows)
    largest = largest_legal(message)
    works(largest, x, **windows)
    assert largest_legal(message_of(x, **windows | {"window_frames": largest + 1})) == largest


def test_negative_values_are_scaled_and_come_back_unclipped():
    x = recording()
    x.dff[390:] = -7.0  # in the test part, far below what training has seen
    pair = prepare(x)
    assert pair.x.values.min() < 0
    np.testing.assert_allclose(invert(pair.x.values, pair.x.scaling), x.dff, atol=1e-5)


@pytest.mark.parametrize("split", ["blocked", "paper"])
def test_windows_keep_out_of_an_excluded_stretch(split):
    pair = prepare(exclude_x=[(100, 129)], split=split, n_validation=10, n_test=10)
    starts = np.concatenate([pair.x.starts.train, pair.x.starts.validation, pair.x.starts.test])
    covered = coverage(starts, window_frames=48, n_frames=400)
    assert not covered[100:130].any()
    assert covered[99]
    assert covered[130]
    assert coverage(pair.y.starts.train, window_frames=48, n_frames=400)[100:130].all()


def test_a_stretch_beyond_the_recording_is_an_error():
    assert message_of(exclude_x=[(400, 410)]) == (
        "day x (m1 novice), excluded stretch [400, 410]: got first frame 400, "
        "expected a frame of the recording (0 to 399). "
        "Fix: give frames, not seconds, counted from 0; or remove the stretch"
    )


def test_and_25_run_files_are_whole_and_must_fit(tmp_path):
    def prepare_in(directory, **windows):
        return prepare_pair(
            recording(), recording(seed=1), data=DataSection(), seed=0, run_directory=directory,
            windows=WindowsSection(window_frames=48, **windows), ordering=OrderingSection(method="correlation"),
        )  # fmt: skip

    prepare_in(tmp_path)
    with pytest.raises(WindowError, match=r"scaling.json: got a file that cannot be used: scaling 'day' where"):
        prepare_in(tmp_path, scaling="neuron")
    (tmp_path / "neuron_order.json").write_text("{")
    with pytest.raises(WindowError, match=r"neuron_order.json: got a file that cannot be used: .*Fix: start"):
        prepare_in(tmp_path)
    with pytest.raises(WindowError, match=r"neuron_order.json: got No such file or directory"):
        prepare_in(tmp_path / "missing")
