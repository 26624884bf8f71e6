"""Checkpoints on disk, without a network."""

import errno
import json
import os
import subprocess

import numpy as np
import pytest

from cyclegan_neuro.errors import CheckpointError, TrainingError
from cyclegan_neuro.training.checkpoints import CheckpointStore


def make_state(value=1.0, size=3):
    return {
        "variables": [("a/kernel", np.full(size, value, np.float32)), ("a/seed", np.array([1, 2], np.int64))],
        "metrics": [("loss/total", np.float32("nan"))],
        "optimizer.a": [("adam/iteration", np.array(5, np.int64))],
        "loss_scale.a": [],
    }


@pytest.fixture
def store(tmp_path):
    return CheckpointStore(tmp_path / "checkpoints")


def save(store, step, kind="last", **more):
    return store.save(kind, make_state(step), epoch=step // 5, step=step, **more)


def names(store):
    return sorted(path.name for path in store.folder.iterdir())


def test_state_comes_back_bit_for_bit(store):
    state = make_state(0.1)
    store.save("last", state, epoch=2, step=11, monitor="val_loss", value=0.5)
    found = store.newest()
    assert (found.manifest.epoch, found.manifest.step, found.manifest.value) == (2, 11, 0.5)
    assert found.state.keys() == state.keys()
    for group, entries in state.items():
        for (path, value), (found_path, found_value) in zip(entries, found.state[group], strict=True):
            assert (path, np.asarray(value).dtype) == (found_path, found_value.dtype)
            assert np.asarray(value).tobytes() == found_value.tobytes()


def test_many_variables_keep_their_order(store):
    entries = [(f"v{i}", np.float32(i)) for i in range(1200)]
    store.save("last", {"variables": entries, "metrics": []}, epoch=0, step=1)
    assert [float(value) for _, value in store.newest().state["variables"]] == list(range(1200))


def test_two_last_and_one_best_are_kept(store):
    for step in (5, 10, 15):
        save(store, step)
        save(store, step, "best", value=1 / step)
    assert names(store) == ["best-000000015.h5", "last-000000010.h5", "last-000000015.h5"]
    assert store.best_value() == 1 / 15
    assert store.newest().path.name == "last-000000015.h5"


def test_manifest_can_be_read_without_hdf5(store):
    path = save(store, 5, value=0.25)
    stated = json.loads(path.read_bytes()[:8192].rstrip(b"\0"))
    assert stated["step"] == 5
    assert stated["value"] == 0.25
    assert {"cyclegan_neuro", "tensorflow", "keras"} <= stated["versions"].keys()


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2 + 4096] ^= 1
    path.write_bytes(content)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


def spoil_manifest(path):
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])


@pytest.mark.parametrize("damage", [flip_a_bit, truncate, empty, spoil_manifest])
def test_damaged_newest_falls_back(store, caplog, damage):
    save(store, 5)
    broken = save(store, 10)
    damage(broken)
    found = store.newest()
    assert found.manifest.step == 5
    assert found.damaged == (broken,)
    assert f"{broken}: got" in caplog.text
    assert "using the checkpoint before it" in caplog.text
    store.discard(found.damaged)
    assert names(store) == ["last-000000005.h5"]


def test_best_serves_when_both_last_are_damaged(store):
    for step in (5, 10):
        flip_a_bit(save(store, step))
    save(store, 5, "best", value=1.0)
    assert store.newest().path.name == "best-000000005.h5"


def test_all_damaged_is_an_error(store):
    flip_a_bit(save(store, 5))
    with pytest.raises(CheckpointError, match=r"1 checkpoints, all damaged .last-000000005.h5.*again with --over"):
        store.newest()


def test_damaged_best_is_not_replaced_silently(store):
    save(store, 5)
    flip_a_bit(save(store, 5, "best", value=1.0))
    with pytest.raises(CheckpointError, match=r"evaluation.weights=last"):
        store.load("best")
    assert store.load("last").manifest.step == 5
    assert store.best_value() == float("inf")


def test_no_checkpoint(store):
    assert store.newest() is None
    assert store.best_value() == float("inf")
    with pytest.raises(CheckpointError, match=r"no checkpoint 'best'"):
        store.load("best")


def test_non_finite_weights_are_never_saved(store):
    save(store, 5)
    with pytest.raises(TrainingError, match=r"step 10, variable a/kernel: got NaN or infinity"):
        store.save("last", make_state(np.inf), epoch=2, step=10)
    assert names(store) == ["last-000000005.h5"]


def test_left_over_of_a_killed_save_is_removed(store):
    save(store, 5)
    (store.folder / ".last-000000010.77.tmp.h5").write_bytes(b"half")
    assert store.newest().manifest.step == 5
    save(store, 10)
    assert names(store) == ["last-000000005.h5", "last-000000010.h5"]


def test_free_space_is_looked_at_first(store, monkeypatch):
    save(store, 5)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 2_000})())
    with pytest.raises(CheckpointError, match=r"got 0.0 MB free, .*make room .*last-000000005.h5 was kept"):
        save(store, 10)
    assert store.newest().manifest.step == 5


def test_disk_that_fills_during_the_write(store, monkeypatch):
    save(store, 5)

    def no_room(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(CheckpointError, match=r"got No space left on device.*last-000000005.h5 was kept"):
        save(store, 10)
    monkeypatch.undo()
    assert names(store) == ["last-000000005.h5"]
    assert store.newest().manifest.step == 5


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(options, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_small_disk_fills_up(small_disk, monkeypatch):
    store = CheckpointStore(small_disk / "checkpoints")
    store.save("last", make_state(1.0, size=250_000), epoch=1, step=5)
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 1_500_000)
    larger = make_state(2.0, size=250_000)
    with pytest.raises(CheckpointError, match=r"MB free, expected a writable disk with 2.1 MB free"):
        store.save("last", larger, epoch=2, step=10)
    # somebody else takes the room between the look and the write
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10**9})())
    with pytest.raises(CheckpointError, match=r"No space left on device"):
        store.save("last", larger, epoch=2, step=10)
    assert names(store) == ["last-000000005.h5"]
    assert store.newest().manifest.step == 5
    filler.unlink()
    store.save("last", larger, epoch=2, step=10)
    assert store.newest().manifest.step == 10


def test_what_names_the_weights_after_a_fallback(store):
    kept = save(store, 5, value=0.5)
    flip_a_bit(save(store, 10))
    named = store.load("last").as_dict()
    stated = json.loads(kept.read_bytes()[:8192].rstrip(b"\0"))
    assert (named["file"], named["epoch"], named["step"], named["value"]) == (kept.name, 1, 5, 0.5)
    assert named["sha256"] == stated["sha256"]
    assert named["damaged"] == ["last-000000010.h5"]


def test_a_best_that_training_replaces_is_no_error(store, monkeypatch):
    """An evaluation that looks while training writes."""
    old = save(store, 5, "best", value=1.0)
    found = list(store._files("best"))
    save(store, 10, "best", value=0.5)
    listed = iter([found])
    files = CheckpointStore._files
    monkeypatch.setattr(CheckpointStore, "_files", lambda self, *kinds: next(listed, None) or files(self, *kinds))
    assert not old.exists()
    assert store.load("best").manifest.step == 10
