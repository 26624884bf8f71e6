"""Train a system; load what was trained."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import tensorflow as tf

from cyclegan_neuro.configuration.fields import input_files, value_at, with_values
from cyclegan_neuro.configuration.loading import dump_config, load_config
from cyclegan_neuro.errors import ConfigurationError, RunDirectoryError, WindowError
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.recordings.findings import log_warnings
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.writing import write_recording
from cyclegan_neuro.systems import base
from cyclegan_neuro.systems.base import System
from cyclegan_neuro.systems.optimizers import precision, resolve_precision
from cyclegan_neuro.systems.trainer import Trainer
from cyclegan_neuro.training.checkpoint_file import Checkpoint
from cyclegan_neuro.training.checkpoints import CheckpointStore
from cyclegan_neuro.training.devices import deterministic_ops, evaluation_strategy
from cyclegan_neuro.training.environment import describe_environment, note_other_threads, numerics, restore_threads
from cyclegan_neuro.training.loop import fit, memory_errors
from cyclegan_neuro.training.manifest import RunManifest, as_trained, refuse_changed_config, refuse_changed_inputs
from cyclegan_neuro.training.run_directory import DEPENDED_ON, FollowedRunDirectory, RunDirectory, claim
from cyclegan_neuro.training.state import write_state
from cyclegan_neuro.training.status import Status, StatusFile, find_status, resume_command
from cyclegan_neuro.training.workers import OneWorker, working

__all__ = ["Run", "load_run", "train"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Run:
    """A run in memory.

    Attributes
    ----------
    system : System
    config : Section
    prepared : object
        The data, read again and found equal to ``inputs.json``.
    trainer : Trainer
        With the weights asked for.
    directory : RunDirectory
    status : Status
    checkpoint : Checkpoint or None
        Where the weights come from; None right after training.
    """

    system: System
    config: Any
    prepared: Any
    trainer: Trainer
    directory: RunDirectory
    status: Status
    checkpoint: Checkpoint | None = None


def train(
    system: System,
    config: Any,
    *,
    output_dir: str | Path,
    resume: bool | Literal["auto"] = False,
    overwrite: bool = False,
    recordings: Mapping[str, Recording] | None = None,
) -> Run:
    """Train a system, or go on with its training.

    Parameters
    ----------
    system : System
    config : Section
        An instance of ``system.Config``.
    output_dir : path
        Becomes the run directory.
    resume : bool or "auto"
        Go on from the newest good checkpoint; ``"auto"``: if there is a run, else start one. On a CPU with
        ``training.deterministic`` the run then ends bit for bit where an uninterrupted one ends: in a process of its
        own it computes with as many threads as when it began, whatever the cores.
    overwrite : bool
        Replace a run of ours; its files stay until the new run's data are prepared and its networks built.
    recordings : dict of str to Recording, optional
        Days in memory, by the field that would name their file, such as ``data.x.path``. A new run keeps them as
        ``recordings/x.h5``, so that it can be resumed and evaluated without them.

    Returns
    -------
    Run
        With the last weights.

    Raises
    ------
    UserError
        Of the kinds below, or from ``system.prepare``.
    RunDirectoryError
        If the directory must not, or cannot, be used.
    ConfigurationError, RecordingError
        If a run is resumed with another configuration or with other data.
    CheckpointError
        If a checkpoint cannot be written, or none can be read.
    TrainingError
        If training had to stop. ``TrainingInterrupted`` after SIGTERM, SIGHUP, SIGUSR1 or Ctrl-C.
    """
    if resume and config.training.deterministic:  # before TensorFlow starts its threads
        with suppress(RunDirectoryError):
            directory = RunDirectory(output_dir)
            restore_threads(directory.read_json(directory.environment_file))
    with (
        deterministic_ops(config.training.deterministic),
        working(system, config, resume=resume) as worker,
        _directory(worker, output_dir, resume=resume, overwrite=overwrite) as directory,
        memory_errors(config.training),
        worker.leaving_together(),
    ):
        goes_on = resume is True or (resume == "auto" and worker.is_chief and directory.holds_run())
        resume = bool(worker.from_chief(goes_on))
        status = StatusFile(directory, _resumed_status(directory) if resume else _new_status(system, config, directory))
        if resume:
            run = _resume(system, config, directory, status, worker)
        elif worker.is_chief:
            run = _begin(system, config, directory, status, worker, recordings or {})
        else:
            run = _follow(system, config, directory, status, worker, recordings or {})
        with status.recording_failure(), worker.explaining():
            fit(run, status, worker)
        finished = replace(run, status=status.update(state="finished", message=""), checkpoint=None)
        _log.info("finished: %s", directory.path)
        return finished


def load_run(output_dir: str | Path, *, weights: str = "best", config: Any = None, system: System | None = None) -> Run:
    """Load a trained run; nothing but its directory (and the recordings it names) is needed.

    Parameters
    ----------
    output_dir : path
    weights : {"best", "last"}
        Lowest monitored value, or newest. Averaged weights are put in place if the system keeps them.
    config : Section, optional
        To evaluate with other settings; may differ from the run's in ``evaluation``, ``report``, devices,
        precision and in the place of the recordings. By default ``config.yaml``.
    system : System, optional
        By default the one that ``config.yaml`` names.

    Raises
    ------
    RunDirectoryError
        If this is no run of ours, or a file that its networks depend on was changed.
    ConfigurationError, RecordingError
        If configuration or data are not those of the run.
    CheckpointError
        If the checkpoint is absent or damaged.
    """
    directory = RunDirectory(output_dir)
    status = _status_of_run(directory)
    system = system or base.get(status.system)
    manifest, stored = _record(system, directory)
    config = load_config(directory.config_file, system.Config) if config is None else config
    refuse_changed_config(stored, config, where=str(directory.config_file))
    config = as_trained(stored, config, where=str(directory.config_file))
    checkpoint = CheckpointStore(directory.checkpoints).load(weights)
    prepared = _prepare_again(system, config, directory, manifest)
    trainer = _build(system, config, prepared, evaluation_strategy(config.training.devices))
    write_state(trainer, checkpoint.state, where=str(checkpoint.path))  # optimizers too: they keep the averages
    trainer.use_average_weights()
    return Run(system, config, prepared, trainer, directory, status, checkpoint)


def _directory(
    worker: OneWorker, path: str | Path, *, resume: bool | Literal["auto"], overwrite: bool
) -> AbstractContextManager[RunDirectory]:
    if worker.is_chief:
        return claim(path, resume=resume, overwrite=overwrite)
    return nullcontext(FollowedRunDirectory(path))


def _begin(
    system: System, config: Any, directory: RunDirectory, status: StatusFile, worker: OneWorker,
    recordings: Mapping[str, Recording],
) -> Run:  # fmt: skip
    """Prepare and build first; only then does the run directory become one.

    A kill at any moment leaves either the run that was here before, or the state ``preparing``, or a run that resumes.
    """
    replaces = directory.has_run()
    _refuse_to_delete_inputs(directory, config, recordings)
    if not replaces:
        status.update()
        directory.clear()
    try:
        with worker.chief_first():
            folder = directory.begin_staging()
            _keep(recordings, folder)
            prepared = system.prepare(_reading_from(folder, config, recordings), run_directory=folder)
            directory.write_json(folder / directory.inputs_file.name, prepared.inputs)
        trainer = _build(system, config, prepared, worker.strategy)
        worker.meet()  # others read what is staged until here
    except BaseException:
        directory.abandon_staging()
        if not replaces:
            directory.status_file.unlink(missing_ok=True)
        raise
    status.update()  # from here on the run that was here is gone
    directory.clear()
    directory.commit_staging()
    config = _reading_from(directory.path, config, recordings)
    return _start(system, config, directory, prepared, trainer, status, None)


def _follow(
    system: System, config: Any, directory: RunDirectory, status: StatusFile, worker: OneWorker,
    recordings: Mapping[str, Recording],
) -> Run:  # fmt: skip
    """Begin as a worker that is not the chief: with what the chief has prepared."""
    with worker.chief_first():
        folder = directory.staging
        inputs = folder / directory.inputs_file.name
        if not inputs.is_file():
            raise RunDirectoryError(
                str(directory.path),
                got="nothing that the chief has prepared",
                expected="a directory that all workers see",
                fix="choose an --output_dir on a file system that all nodes share, the same for all workers",
            )
        prepared = system.prepare(_reading_from(folder, config, recordings), run_directory=folder)
        refuse_changed_inputs(directory.read_json(inputs), prepared.inputs, inputs)
    trainer = _build(system, config, prepared, worker.strategy)
    worker.meet()
    config = _reading_from(directory.path, config, recordings)
    return Run(system, config, prepared, trainer, directory, status.status, None)


def _refuse_to_delete_inputs(directory: RunDirectory, config: Any, recordings: Mapping[str, Recording]) -> None:
    """A run that is replaced is deleted, with the days that it keeps."""
    home = directory.path.resolve()
    for key in input_files(type(config), section="data"):
        file = value_at(config, key)
        if file and key not in recordings and Path(file).resolve().is_relative_to(home):
            raise RunDirectoryError(
                str(directory.path),
                got=f"{key} within the run that would be replaced ({file})",
                expected="a recording that lies elsewhere",
                fix="copy it first, or choose another --output_dir",
            )


def _keep(recordings: Mapping[str, Recording], folder: Path) -> None:
    for key, recording in recordings.items():
        file = _kept_file(folder, key)
        file.parent.mkdir(exist_ok=True)
        write_recording(replace(recording, source=recording.source or _called(key)), file)


def _reading_from(folder: Path, config: Any, recordings: Mapping[str, Recording]) -> Any:
    """Name the files of the days that were in memory; messages call them so, not by the files."""
    config = with_values(config, {key: str(_kept_file(folder, key).resolve()) for key in recordings})
    sections = {key.rpartition(".")[0]: key for key in recordings}
    return with_values(config, {name: value_at(config, name).as_called(_called(key)) for name, key in sections.items()})


def _called(key: str) -> str:
    return f"{key.split('.')[1]}, in memory"


def _kept_file(folder: Path, key: str) -> Path:
    return folder / "recordings" / f"{key.split('.')[1]}.h5"


def _named_within(directory: RunDirectory, config: Any) -> Any:
    """Name files that lie in the run relative to it, as ``config.yaml`` does, so that the folder may move."""
    files = {key: value_at(config, key) for key in input_files(type(config), section="data")}
    home = directory.path.resolve()
    inside = {key: Path(file) for key, file in files.items() if file and Path(file).is_relative_to(home)}
    return with_values(config, {key: file.relative_to(home).as_posix() for key, file in inside.items()})


def _resume(system: System, config: Any, directory: RunDirectory, status: StatusFile, worker: OneWorker) -> Run:
    directory.abandon_staging()
    manifest, stored = _record(system, directory)
    refuse_changed_config(stored, config, where=str(directory.config_file))
    store = CheckpointStore(directory.checkpoints, read_only=not worker.is_chief)
    with worker.chief_first():
        checkpoint = store.newest()
        prepared = _prepare_again(system, config, directory, manifest)
    _refuse_another_checkpoint(directory, checkpoint, worker)
    _refuse_fewer_epochs(system, config, prepared, checkpoint)
    trainer = _build(system, config, prepared, worker.strategy)
    if checkpoint is None:
        reached = status.status.step
        lost = f"its checkpoints are gone (it had reached step {reached})" if reached else "no checkpoint was saved"
        _log.warning("%s: %s; beginning at step 0", directory.path, lost)
    else:
        write_state(trainer, checkpoint.state, where=str(checkpoint.path))
        store.discard(checkpoint.damaged)
        _log.info("continuing after step %d (%s)", checkpoint.manifest.step, checkpoint.path)
    return _start(system, config, directory, prepared, trainer, status, checkpoint)


def _refuse_another_checkpoint(directory: RunDirectory, checkpoint: Checkpoint | None, worker: OneWorker) -> None:
    step = checkpoint.manifest.step if checkpoint else -1
    if worker.from_chief(step) != step:
        raise RunDirectoryError(
            str(directory.checkpoints),
            got=f"a checkpoint of step {step}" if checkpoint else "no checkpoint",
            expected="the one that the chief continues",
            fix="choose an --output_dir on a file system that all nodes share, the same for all workers",
        )


def _refuse_fewer_epochs(system: System, config: Any, prepared: Any, checkpoint: Checkpoint | None) -> None:
    """A run that has trained for longer than it should is no run of that length."""
    epochs = config.training.epochs
    if checkpoint is not None and checkpoint.manifest.step > epochs * system.steps_per_epoch(config, prepared):
        done = checkpoint.manifest.epoch
        raise ConfigurationError(
            "training.epochs",
            got=f"{epochs} for a run that has trained for {'more than ' * (done == epochs)}{plural(done, 'epoch')}",
            expected=f"at least {done + (done == epochs)}",
            fix="leave it as it was, raise it, or start another run in another --output_dir",
        )


def _start(system, config, directory, prepared, trainer, status, checkpoint) -> Run:
    log_warnings(prepared.findings)
    manifest = RunManifest.describe(config, directory.path, DEPENDED_ON)
    at = checkpoint.manifest if checkpoint else None
    before: dict = {}
    with suppress(RunDirectoryError):  # the file informs; a run without it goes on
        before = directory.read_json(directory.environment_file) if at else {}
    note_other_threads(before)
    computed = numerics(trainer, step=at.step if at else 0, before=before.get("numerics", []))
    directory.write_json(directory.environment_file, describe_environment() | {"numerics": computed})
    directory.write_json(directory.manifest_file, asdict(manifest))
    directory.write_text(directory.config_file, dump_config(_named_within(directory, config)))
    now = status.update(
        state="training",
        message="",
        epochs=config.training.epochs,
        steps_per_epoch=system.steps_per_epoch(config, prepared),
        epoch=at.epoch if at else 0,
        step=at.step if at else 0,
    )
    return Run(system, config, prepared, trainer, directory, now, checkpoint)


def _status_of_run(directory: RunDirectory) -> Status:
    status = find_status(directory)
    if status is None or status.state == "preparing" or not directory.config_file.exists():
        raise RunDirectoryError(
            str(directory.path),
            got="no run of ours",
            expected="a directory that train.py made",
            fix="check --output_dir",
        )
    if directory.read_status() is None:
        _log.warning(
            "%s: missing or damaged; rebuilt (epoch %d, step %d)", directory.status_file, status.epoch, status.step
        )
    return status


def _record(system: System, directory: RunDirectory) -> tuple[RunManifest | None, Any]:
    """Return the manifest and the configuration of the run, which are not what is edited by hand."""
    manifest = RunManifest.read(directory.manifest_file)
    if manifest is None:
        _log.warning(
            "%s: missing, as in earlier runs; whether config.yaml or scaling.json were changed by hand is not known",
            directory.manifest_file,
        )
        return None, load_config(directory.config_file, system.Config)
    return manifest, manifest.config_of(system.Config, where=str(directory.manifest_file))


def _prepare_again(system: System, config: Any, directory: RunDirectory, manifest: RunManifest | None) -> Any:
    if manifest is not None:
        manifest.refuse_changed_files(directory.path)
    stored = directory.read_json(directory.inputs_file)
    named = {key.split(".")[1]: value_at(config, key) for key in input_files(type(config), section="data")}
    compare = partial(refuse_changed_inputs, stored, file=directory.inputs_file, read_from=named)
    try:
        prepared = system.prepare(config, run_directory=directory.path)
    except WindowError:  # scaling or order do not fit, because the neurons changed? then say which data differ
        compare(system.prepare(config).inputs)
        raise
    compare(prepared.inputs)
    if manifest is not None:  # what was missing has been learned again
        manifest.refuse_changed_files(directory.path)
    return prepared


def _build(system: System, config: Any, prepared: Any, strategy: tf.distribute.Strategy) -> Trainer:
    # only here: the data are prepared in float32, also where an autoencoder orders the neurons
    with precision(resolve_precision(config.training)), strategy.scope():
        return system.build(config, prepared)


def _resumed_status(directory: RunDirectory) -> Status:
    """With the command of this place: the run may have been copied or moved."""
    return replace(_status_of_run(directory), resume=resume_command(directory.path))


def _new_status(system: System, config: Any, directory: RunDirectory) -> Status:
    return Status(
        system=system.name, state="preparing", epochs=config.training.epochs, resume=resume_command(directory.path)
    )
