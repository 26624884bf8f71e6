"""Starts, resumes and evaluations that are killed at every single change of the disk leave nothing that is stuck."""

import itertools
import shutil
from types import SimpleNamespace

import pytest
import tensorflow as tf
import training_fakes
from killed import killed_at
from training_fakes import make_config

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.report.files import replacing_directory
from cyclegan_neuro.training import run as runs
from cyclegan_neuro.training.lock import EVALUATION_LOCK, locked
from cyclegan_neuro.training.run_directory import RunDirectory


class Cheap(training_fakes.FakeSystem):
    """Prepares files as a CycleGAN does, and builds nothing."""

    def prepare(self, config, *, run_directory=None):
        prepared = super().prepare(config)
        for name in ("scaling.json", "neuron_order.json", "tensorboard/ordering/events.out.tfevents.1.host"):
            file = run_directory / name
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("learned")
        return prepared

    def build(self, config, prepared):
        numbers = {"dtype_policy": SimpleNamespace(name="float32"), "jit_compile": False}
        return SimpleNamespace(**numbers, distribute_strategy=tf.distribute.get_strategy())


@pytest.fixture(autouse=True)
def _start_only(monkeypatch):
    """Leave out what takes time and writes nothing: training, and asking the machine what it is."""
    monkeypatch.setattr(runs, "fit", lambda run, status, worker: None)
    monkeypatch.setattr(runs, "describe_environment", lambda: {"versions": {}})
    monkeypatch.setattr(runs, "note_other_threads", lambda stored: None)
    monkeypatch.setattr("cyclegan_neuro.recordings.atomic.os.fsync", lambda descriptor: None)
    monkeypatch.setattr("cyclegan_neuro.training.status.peak_device_memory", lambda: None)


def train(folder, *, epochs=3, **options):
    return runs.train(Cheap(), make_config(epochs=epochs), output_dir=folder, **options)


def works(folder, *, scratch, **options):
    """Whether this would work in ``folder`` as it is; tried on a copy."""
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(folder, scratch) if folder.exists() else None
    try:
        run = train(scratch, **options)
    except RunDirectoryError as error:
        return str(error)
    assert run.status.state == "finished"
    assert run.directory.foreign_files() == []
    of_evaluations = (".report",)
    hidden = [path.name for path in scratch.glob(".*") if not path.name.startswith(of_evaluations)]
    assert hidden == []
    assert not (scratch / "lock").exists()
    return True


def every_kill(tmp_path, begin, act):
    """Yield (n, folder) with ``act(folder)`` killed at its n-th change, for every n."""
    for n in itertools.count(1):
        folder = tmp_path / f"killed_{n}"
        begin(folder)
        with killed_at(folder, n) as watch:
            act(folder)
        if watch.count < n:
            assert n > 10, "the changes are not seen"
            return
        yield n, folder
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("kind", ["start", "start over a killed start", "overwrite", "resume with more epochs"])
def test_killed_while_it_starts(tmp_path, kind):
    """Whatever was reached, a start or ``--resume`` works, and so does ``--overwrite``."""

    def begin(folder):
        if kind == "start over a killed start":
            with killed_at(folder, 24):
                train(folder)
            assert RunDirectory(folder).read_status().state == "preparing"
        elif kind != "start":
            train(folder)

    options = {"overwrite": {"overwrite": True}, "resume with more epochs": {"resume": True, "epochs": 9}}.get(kind, {})
    seen = set()
    for n, folder in every_kill(tmp_path, begin, lambda folder: train(folder, **options)):
        scratch = tmp_path / "scratch"
        new = works(folder, scratch=scratch)
        resumed = works(folder, scratch=scratch, resume=True) if folder.exists() else "nothing there"
        assert works(folder, scratch=scratch, overwrite=True) is True, f"killed at change {n}"
        assert True in (new, resumed), f"killed at change {n}: {new}; {resumed}"
        seen.add((new is True, resumed is True))
    assert seen == {"resume with more epochs": {(False, True)}, "overwrite": {(False, True), (True, False)}}.get(
        kind, {(True, False), (False, True)}
    )


def evaluate(folder, text="new"):
    with locked(folder, EVALUATION_LOCK), replacing_directory(folder / "report") as fresh:
        (fresh / "figures").mkdir()
        (fresh / "figures" / "a.png").write_text(text)
        (fresh / "index.html").write_text(text)


def test_killed_while_it_is_evaluated(tmp_path):
    """The next evaluation works, the run may be overwritten, and a report is never a mixture."""

    def begin(folder):
        train(folder)
        evaluate(folder, "old")

    seen = set()
    for n, folder in every_kill(tmp_path, begin, evaluate):
        report = folder / "report"
        whole = report if report.exists() else folder / ".report.old"
        found = {file.read_text() for file in whole.rglob("*.*") if file.is_file()}
        assert len(found) == 1, f"killed at change {n}"
        seen |= found
        assert works(folder, scratch=tmp_path / "scratch", overwrite=True) is True, f"killed at change {n}"
        assert works(folder, scratch=tmp_path / "scratch", resume=True) is True, f"killed at change {n}"
        evaluate(folder, "newer")
        assert (report / "index.html").read_text() == "newer"
        left = [
            entry.name for entry in folder.iterdir() if entry.name.lstrip(".").startswith(("report.", "evaluation."))
        ]
        assert left == []
    assert seen == {"old", "new"}


def test_two_evaluations_have_folders_of_their_own(tmp_path):
    """Even where a lock was deleted by hand, no file of one gets into the report of the other."""
    slow = replacing_directory(tmp_path / "report")
    folder = slow.__enter__()
    evaluate(tmp_path, "quick")
    with pytest.raises(RunDirectoryError, match="evaluate again"):
        slow.__exit__(None, None, None)
    assert not folder.exists()
    assert (tmp_path / "report" / "index.html").read_text() == "quick"
