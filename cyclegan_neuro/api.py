"""The front door: what a notebook or a script needs, from a file to a report."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, overload

from cyclegan_neuro.errors import ConfigurationError, UserError, require_path, told
from cyclegan_neuro.quiet import import_tensorflow_quietly

if TYPE_CHECKING:
    import os

    from cyclegan_neuro.evaluation.contents import Evaluation
    from cyclegan_neuro.recordings.recording import Recording
    from cyclegan_neuro.spikes.inference.models import Networks
    from cyclegan_neuro.spikes.inference.recording_spikes import RecordingSpikes
    from cyclegan_neuro.systems.base import System
    from cyclegan_neuro.training.heartbeat import Lock
    from cyclegan_neuro.training.run import Run

__all__ = ["TrainedRun", "infer_spikes", "load_run", "read_recording", "train"]

_log = logging.getLogger(__name__)


def read_recording(path: str | os.PathLike, **how: Any) -> Recording:
    """Read a day, look at it from all sides, and refuse what cannot be ΔF/F.

    Parameters
    ----------
    path : path
        HDF5, ``.npz``, ``.npy`` or MATLAB file.
    **how
        Settings of ``data.x`` (``train.py --describe cyclegan``): ``fields``, ``frame_rate_hz``, ``transpose``,
        ``unit``, ``baseline``, ``rois``, ``um_per_pixel``, ``nan``, ``dead_neurons``, ``outlying_neurons``,
        ``indicator``, ``cell_type``, ``format``.

    Returns
    -------
    Recording
        ``dff`` (time, neuron) in fractions, ``frame_rate_hz``, ``roi_ids``, ``behaviour``, ``gaps``.

    Raises
    ------
    RecordingError
        If the file cannot be read, or the values are critical (percent, NaN, transposed, counts).
    ConfigurationError
        If a setting is not known, or has a value that it cannot have.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> file = Path(tempfile.mkdtemp()) / "day.npz"
    >>> traces = np.random.default_rng(0).normal(0, 0.1, (2000, 12)).astype(np.float32)
    >>> np.savez(file, traces=traces, fs=24.0)
    >>> day = read_recording(file, fields={"dff": "traces", "frame_rate_hz": "fs"})
    >>> day.n_neurons, round(day.duration_s)
    (12, 83)
    """
    path = require_path(path, "read_recording", expected="the path of a file")
    from pydantic import ValidationError

    from cyclegan_neuro.configuration.problems import explain
    from cyclegan_neuro.configuration.sections import RecordingSection
    from cyclegan_neuro.recordings.checks import require
    from cyclegan_neuro.recordings.findings import log_warnings
    from cyclegan_neuro.recordings.loading import load

    try:
        section = RecordingSection(path=str(path), **how)
    except ValidationError as error:
        raise explain(error, RecordingSection, lambda location: "read_recording") from None
    reading = load(section, base_directory=Path.cwd())
    findings = reading.check()
    require(findings)
    log_warnings(findings)
    return reading.kept


def infer_spikes(
    recording: Recording, *, models: Networks = None, resample: bool = False, seed: int = 0
) -> RecordingSpikes:
    """Infer the spikes of a recording; see :func:`cyclegan_neuro.spikes.inference.recording_spikes.infer_recording`.

    Parameters
    ----------
    recording : Recording
        Measured or translated. Frames in which a neuron is not finite are left out, marked and counted.
    models, resample, seed
        As there.

    Returns
    -------
    RecordingSpikes
        ``rates_hz`` and ``counts`` (time, neuron), ``valid`` (time,): frames that have a rate.

    Raises
    ------
    RecordingError
        If a field has a type or shape that it cannot have, or the values cannot be ΔF/F (percent, z-scores, counts).
    UserError
        If the networks do not serve this frame rate.

    Examples
    --------
    >>> import cyclegan_neuro as cn
    >>> day, _ = cn.simulate_days(preset="mouse_2", seed=1, duration_s=20)
    >>> spikes = infer_spikes(day)
    >>> spikes.rates_hz.shape == spikes.counts.shape == day.dff.shape, int(spikes.valid.sum())
    (True, 374)
    """
    recording = _recording(recording, "infer_spikes")
    from cyclegan_neuro.recordings.checks import require_fraction
    from cyclegan_neuro.recordings.checks.quantity import NO_SPIKES

    require_fraction(recording, where=f"infer_spikes, {recording.label}", also=NO_SPIKES)
    if not (isinstance(seed, Integral) and seed >= 0):
        raise ConfigurationError(
            "infer_spikes, seed", got=repr(seed), expected="a whole number from 0 on", fix="leave it out for 0"
        )
    import_tensorflow_quietly()
    from cyclegan_neuro.spikes.inference.recording_spikes import infer_recording

    return infer_recording(recording, models=models, resample=resample, seed=seed)


def train(
    system: str = "cyclegan",
    x: Recording | str | os.PathLike | None = None,
    y: Recording | str | os.PathLike | None = None,
    *,
    output_dir: str | os.PathLike,
    config: str | os.PathLike | None = None,
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> TrainedRun:
    """Train a system, as ``train.py`` does.

    Parameters
    ----------
    system : str
        Name of a system; :func:`cyclegan_neuro.systems.base.names` lists them.
    x, y : Recording or path, optional
        The days. A day in memory is kept in the run (``recordings/x.h5``), so that resuming and evaluating need nothing
        else; of a file the path is kept. Without them the configuration says where the data are.
    output_dir : path
        Becomes the run directory.
    config : path or str, optional
        YAML file, or one that comes with the package; by default the system's ``quickstart.yaml``,
        and the defaults of its ``Config`` where another package offers it.
    settings : dict, optional
        Other values by dotted key: ``{"training.epochs": 5, "windows.window_frames": 128}``.
    resume, overwrite : bool
        Go on with the run in ``output_dir`` (data and settings are its own), or replace it.

    Returns
    -------
    TrainedRun
        With the weights that ``evaluation.weights`` names.

    Raises
    ------
    UserError
        On data, settings or a directory that cannot be used, before anything is trained: the message says what was
        found, what was expected and what to do.

    Examples
    --------
    >>> run = train("cyclegan", "novice.h5", "expert.h5", output_dir="runs/mine")  # doctest: +SKIP
    >>> train("cyclegan", output_dir="runs/mine", settings={"training.epochz": 5})
    Traceback (most recent call last):
    ...
    cyclegan_neuro.errors.ConfigurationError: --set training.epochz=5, training.epochz: got the unknown key 'epochz', \
expected a key of 'training'. Fix: did you mean 'training.epochs'?
    """
    from cyclegan_neuro.systems import base
    from cyclegan_neuro.training.configurations import configuration_file, load

    if not isinstance(system, str):
        raise ConfigurationError(
            "train, system", got=told(system), expected="the name of a system", fix='cn.train("cyclegan", x, y, ...)'
        )
    base.get(system)  # before files are looked for under a name that there is not
    output_dir = require_path(output_dir, "train, output_dir", fix="name the folder that the run is written to")
    if config is not None:
        config = require_path(config, "train, config", fix="name a YAML file; single values go into settings")
    changed, (days, recordings) = _overrides(settings), _days(x, y)
    twice = sorted(days.keys() & (settings or {}).keys() - {"data.source"})
    if twice:
        raise ConfigurationError(
            f"train, settings, {twice[0]}", got="a file beside a day that was given", expected="one of them",
            fix="leave one out",
        )  # fmt: skip
    if resume and days:
        raise ConfigurationError(
            "train", got="resume with x or y", expected="a run, which knows its days", fix="leave x and y out"
        )
    _require_both(system, days, config, settings or {})
    path = configuration_file(config, resumed=output_dir if resume else None, system=system)
    chosen, configuration = load(path, overrides=[*_overrides(days), *changed], system=system)
    if chosen.name != system:
        raise ConfigurationError(
            f"{path}, system", got=f"'{chosen.name}'", expected=f"'{system}'", fix="name the system of this file"
        )
    import_tensorflow_quietly()
    from cyclegan_neuro.training import run as training

    training.train(
        chosen, configuration, output_dir=output_dir, resume=resume, overwrite=overwrite, recordings=recordings
    )
    return load_run(output_dir)


def load_run(
    output_dir: str | os.PathLike, *, weights: str | None = None, settings: Mapping[str, Any] | None = None
) -> TrainedRun:
    """Load a trained run.

    Parameters
    ----------
    output_dir : path
    weights : {"best", "last"}, optional
        By default ``evaluation.weights`` of the run.
    settings : dict, optional
        Other values of ``evaluation`` and ``report``, or of the place of its recordings (``data.x.path``).

    Raises
    ------
    UserError
        If this is no run, or its data or files are not those that it was trained with.

    Examples
    --------
    >>> load_run("runs/mine").evaluate().summary  # doctest: +SKIP
    >>> try:
    ...     load_run("no_such_run")
    ... except UserError as error:
    ...     print(error.got)
    no config.yaml
    """
    from cyclegan_neuro.training.configurations import load, run_config_file

    output_dir = require_path(output_dir, "load_run, output_dir", fix="name the folder of the run")
    overrides = [*_overrides({"evaluation.weights": weights} if weights else {}), *_overrides(settings)]
    system, config = load(run_config_file(output_dir), overrides=overrides)
    refuse_what_was_learned(overrides, system, config)
    return TrainedRun.load(output_dir, system, config)


def refuse_what_was_learned(overrides: Sequence[str], system: System, config: Any) -> None:
    """Refuse ``--set`` on a trained run of what it was trained with; ``config`` is the run's."""
    from cyclegan_neuro.configuration.fields import input_files

    moved = (*input_files(system.Config, section="data"), "training.devices")
    learned = [f"evaluation.{name}" for name in system.learned_with(config)]
    but = f" (but {', '.join(learned)})" if learned else ""
    for override in overrides:
        key = override.partition("=")[0].strip()
        if key in learned or (key.split(".")[0] not in ("evaluation", "report") and key not in moved):
            raise ConfigurationError(
                f"--set {override}",
                got=f"the key '{key}', which is part of how the run was trained",
                expected=f"evaluation.*{but}, report.*, or one of {', '.join(moved)}",
                fix="train another run with this setting",
            )


@dataclass(frozen=True, eq=False, repr=False)
class TrainedRun:
    """A trained run: translate days, evaluate it, write its report.

    Attributes
    ----------
    run : Run
        Networks, data, configuration and directory.
    loading_s : float
        How long loading took.

    Examples
    --------
    >>> run = train("cyclegan", "novice.h5", "expert.h5", output_dir="runs/mine")  # doctest: +SKIP
    >>> run.translate(read_recording("novice.h5"))  # doctest: +SKIP
    >>> run.write_report()  # doctest: +SKIP
    """

    run: Run
    loading_s: float

    @classmethod
    def load(cls, output_dir: str | os.PathLike, system: System, config: Any) -> TrainedRun:
        """Load a run with the weights that its configuration names."""
        import_tensorflow_quietly()
        from cyclegan_neuro.training import run as training

        began = time.perf_counter()
        _log.info("loading %s", output_dir)
        run = training.load_run(Path(output_dir), weights=config.evaluation.weights, config=config, system=system)
        return cls(run, time.perf_counter() - began)

    def __repr__(self) -> str:
        return f"TrainedRun({str(self.output_dir)!r}: {self.run.system.name}, {self.told_weights})"

    @property
    def output_dir(self) -> Path:
        """The run directory."""
        return self.run.directory.path

    @overload
    def translate(self, recording: Recording, *, to: str = "y") -> Recording: ...
    @overload
    def translate(
        self, recording: Recording, *, to: str = "y", n_samples: int, seed: int = 0
    ) -> Iterator[Recording]: ...
    def translate(self, recording, *, to="y", n_samples=None, seed=0):
        """Return a whole day as the animal of the other day would have had it.

        Parameters
        ----------
        recording : Recording
            ΔF/F of the neurons of the run, any day: matched by ROI ids, or by column where there are none.
        to : {"y", "x"}
            ``"y"`` sends a novice day through G, ``"x"`` an expert day through F.
        n_samples : int, optional
            How many translations to draw, of a run with ``model.noise_channels``.
        seed : int
            Of their noise: the first ``n`` are the same, however many are drawn.

        Returns
        -------
        Recording, or iterator of Recording with ``n_samples``
            An iterator makes one translation at a time; ``np.stack([one.dff for one in it])`` is (sample, time,
            neuron).
            ΔF/F, in the order and with the gaps and behaviour of ``recording``; ``data_origin`` is ``"translated"`` and
            ``source`` names the system. Windows overlap by half and fade linearly into each other; frames that no
            window reaches are NaN, and their number is logged.

        Raises
        ------
        UserError
            If neurons or frame rate are not those of the run, no window fits, the system translates nothing, or samples
            are asked of a run that has one translation.
        """
        run, recording = self.run, _recording(recording, "translate")
        if not run.system.translates:
            raise ConfigurationError(
                f"translate, system {run.system.name}", got="a system that translates no days",
                expected="one that does, such as cyclegan", fix="use what this system is for",
            )  # fmt: skip
        if to not in ("x", "y"):
            raise ConfigurationError("translate, to", got=repr(to), expected="'y' or 'x'", fix="to='y' applies G")
        of_run = run.config, run.prepared, run.trainer, recording
        if n_samples is None:
            return run.system.translate(*of_run, to=to)
        _require_samples(run, n_samples, seed)
        return (run.system.translate(*of_run, to=to, sample=(seed, number)) for number in range(n_samples))

    def evaluate(self) -> Evaluation:
        """Compute every number and figure of the report, once.

        Returns
        -------
        Evaluation
            ``metrics`` is what ``metrics.json`` holds, ``summary`` the report's first sentences.
        """
        return self._evaluated[0]

    def write_report(self) -> Path:
        """Write ``report/`` (index.html, metrics.json, tables, figures, maps.h5) and return the page.

        Raises
        ------
        RunDirectoryError
            If another process evaluates this run, or the disk is full.
        """
        from cyclegan_neuro.training.lock import EVALUATION_LOCK, locked

        with locked(self.output_dir, EVALUATION_LOCK) as lock:
            return self.write_report_locked(lock)

    def write_report_locked(self, lock: Lock) -> Path:
        """As :meth:`write_report`, for whoever holds the lock already."""
        from cyclegan_neuro.configuration.loading import dump_config
        from cyclegan_neuro.report.write import write_report

        run = self.run
        run.directory.tidy_for_evaluation()
        evaluation, seconds = self._evaluated
        lock.check()
        return write_report(
            evaluation,
            run_directory=run.directory.path,
            system_name=run.system.name,
            config_yaml=dump_config(run.config),
            environment=self._environment,
            inputs=run.directory.read_json(run.directory.inputs_file),
            status=run.status.as_dict(),
            weights=self.weights,
            timing={
                "training_s": run.status.seconds_trained,
                "training_windows_per_s": run.status.windows_per_second,
                "loading_s": self.loading_s,
                "evaluation_s": seconds,
            },
        )

    @property
    def weights(self) -> dict[str, Any]:
        """Which checkpoint the weights are of: asked for, epoch, step, file, sha256, damaged."""
        return {"asked_for": self.run.config.evaluation.weights, **self.run.checkpoint.as_dict()}

    @cached_property
    def _evaluated(self) -> tuple[Evaluation, float]:
        from cyclegan_neuro.evaluation.cost import announce, require_room
        from cyclegan_neuro.spikes.statistics.parallel import available_cores
        from cyclegan_neuro.training.environment import with_numerics
        from cyclegan_neuro.training.logs import told_lost_rows
        from cyclegan_neuro.training.other_runs import load_others

        run, began, weights = self.run, time.perf_counter(), self.weights
        cost = run.system.cost(run.config, run.prepared, run.trainer, kept=run.directory.evaluation_cache)
        require_room(run.directory.path, cost, kept=run.directory.evaluation_cache)
        announce(cost, cores=available_cores())
        beside = {"others": load_others(run)} if getattr(run.config.evaluation, "other_runs", ()) else {}
        _log.info("evaluating")
        evaluation = run.system.evaluate(
            with_numerics(run.config, self._environment), run.prepared, run.trainer,
            cache_directory=run.directory.evaluation_cache, **beside,
        )  # fmt: skip
        first = [told_lost_rows(run.directory.history_file, epochs=weights["epoch"])]
        if weights["damaged"]:
            names = ", ".join(weights["damaged"])
            told = f"A newer checkpoint is damaged ({names}). This report is about an older one: {self.told_weights}."
            first.insert(0, told)
        evaluation = replace(evaluation, summary=(*filter(None, first), *evaluation.summary))
        return evaluation, time.perf_counter() - began

    @property
    def told_weights(self) -> str:
        """The weights in words."""
        weights = self.weights
        return f"weights '{weights['asked_for']}': epoch {weights['epoch']}, step {weights['step']}"

    @cached_property
    def _environment(self) -> dict:
        """Where the run was trained; also the versions that evaluate it, if they differ."""
        from cyclegan_neuro.training.environment import library_versions

        now = library_versions()
        try:
            trained = self.run.directory.read_json(self.run.directory.environment_file)
        except UserError as error:  # it informs; no number depends on it
            _log.warning("%s", error)
            return {"evaluated_with": now}
        return trained if trained.get("versions") == now else {**trained, "evaluated_with": now}


def _require_samples(run: Run, n_samples: Any, seed: Any) -> None:
    for name, value, least in (("n_samples", n_samples, 1), ("seed", seed, 0)):
        if not (isinstance(value, Integral) and int(value) >= least):
            raise ConfigurationError(
                f"translate, {name}", got=repr(value), expected=f"a whole number from {least} on", fix="n_samples=20"
            )
    if not run.system.draws(run.config):
        raise ConfigurationError(
            "translate, n_samples", got="a run whose generators read no noise", expected="one that draws translations",
            fix="train one with model.noise_channels: 16, or leave n_samples out",
        )  # fmt: skip


def _days(x, y) -> tuple[dict[str, Any], dict[str, Recording]]:
    """Return the settings that name the days, and the days that are in memory, by the field of their file."""
    from cyclegan_neuro.recordings.recording import Recording

    settings: dict[str, Any] = {}
    recordings: dict[str, Recording] = {}
    for name, day in (("x", x), ("y", y)):
        if day is None:
            continue
        if not isinstance(day, Recording | str | PathLike):
            raise ConfigurationError(
                f"train, {name}", got=told(day), expected="a Recording, or the path of a file",
                fix="cn.Recording(array, frame_rate_hz=...) makes one of an array (time, neuron)",
            )  # fmt: skip
        if isinstance(day, Recording):
            recordings[f"data.{name}.path"] = _recording(day, f"{name}, in memory")
        settings["data.source"] = "files"
        settings[f"data.{name}.path"] = f"recordings/{name}.h5" if isinstance(day, Recording) else str(day)
    return settings, recordings


def _require_both(system: str, days: Mapping[str, Any], config: Path | None, settings: Mapping[str, Any]) -> None:
    """Refuse days of a system that takes none, and one day where nothing else says what the other is."""
    from cyclegan_neuro.configuration.fields import input_files
    from cyclegan_neuro.systems import base

    both = {"data.x.path", "data.y.path"}
    fields = base.get(system).Config.model_fields
    takes = both <= set(input_files(base.get(system).Config, section="data"))
    if days and not (takes and "files" in get_args(fields["data"].annotation.model_fields["source"].annotation)):
        raise ConfigurationError(
            "train", got=f"x or y with the system '{system}'", expected="no day: this system takes no two days",
            fix="leave x and y out; config and settings say where its data are",
        )  # fmt: skip
    missing = "y" if "data.x.path" in days else "x"
    elsewhere = any(key in ("data", "data.source") or str(key).startswith(f"data.{missing}") for key in settings)
    if days and not (both <= days.keys() or config or elsewhere):
        raise ConfigurationError("train", got="one day", expected="two days, x and y", fix=f"give {missing}")


def _overrides(settings: Mapping[str, Any] | None) -> list[str]:
    """Return settings as ``--set`` takes them; NumPy's numbers and paths are plain ones there."""
    from cyclegan_neuro.configuration.strict_yaml import one_line

    if not isinstance(settings, Mapping | None):
        raise ConfigurationError(
            "settings", got=told(settings), expected="a dictionary", fix='for example {"training.epochs": 5}'
        )

    def plain(value: Any) -> Any:
        value = value.tolist() if hasattr(value, "tolist") else value
        return str(value) if isinstance(value, PathLike) else value

    return [f"{key}={one_line(plain(value))}" for key, value in (settings or {}).items()]


def _recording(value: Any, where: str) -> Recording:
    """Return a recording with the types that files have, or say why this is none."""
    from cyclegan_neuro.recordings.conversion import checked

    return checked(value, where=where)
