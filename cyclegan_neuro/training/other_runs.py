"""Runs that an evaluation compares its own with: the same but for the seed, or for a permutation of identities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclegan_neuro.configuration.fields import input_files
from cyclegan_neuro.configuration.loading import changes, differences
from cyclegan_neuro.errors import ConfigurationError, RunDirectoryError
from cyclegan_neuro.training.configurations import load, run_config_file
from cyclegan_neuro.training.run import Run, load_run
from cyclegan_neuro.training.run_directory import RunDirectory

__all__ = ["load_others"]

_SEEDS = ("training.seed", "data.permuted_share", "data.permuted_seed")
_WITHOUT_EFFECT = ("evaluation.", "report.", "training.devices", "training.figures_every_epochs")
_FIX = "name runs trained with --set training.seed=... or --set data.permuted_share=... and nothing else changed"


def load_others(run: Run) -> Iterator[tuple[str, Any, Any, Any]]:
    """Load the runs of ``evaluation.other_runs``, one at a time; all are looked at before the first is loaded.

    Returns
    -------
    iterator of tuple
        Directory, configuration, data and trainer.

    Raises
    ------
    ConfigurationError
        If a run differs in more than seed and permutation, in neither from one before it, or y is Φ(X).
    RunDirectoryError
        If a directory is no run, or its data are others.
    UserError
        As :func:`load_run`.
    """
    own = RunDirectory(run.directory.path).read_json(run.directory.inputs_file)
    known = {_seeds(run.config): "this run"}
    paths = [Path(path) for path in run.config.evaluation.other_runs]
    for path in paths:
        config = _same_but_for_seeds(run, path)
        before = known.setdefault(_seeds(config), str(path))
        if before != str(path):
            raise ConfigurationError(
                f"--seeds {path}",
                got=f"the seeds of {before}",
                expected="another training.seed or permutation",
                fix=_FIX,
            )
        _require_same_data(run, path, config, own)
    return (_loaded(run, path) for path in paths)


def _loaded(run: Run, path: Path) -> tuple[str, Any, Any, Any]:
    other = load_run(path, weights=run.config.evaluation.weights, system=run.system)
    return str(path), other.config, other.prepared, other.trainer


def _seeds(config: Any) -> tuple:
    data = config.data
    return (config.training.seed, data.permuted_share, data.permuted_seed if data.permuted_share else None)


def _same_but_for_seeds(run: Run, path: Path) -> Any:
    system, config = load(run_config_file(path))
    if system.name != run.system.name or config.data.source == "phi":
        raise ConfigurationError(
            f"--seeds {path}", got=f"a run of {system.name}, data.source: {config.data.source}",
            expected=f"a run of {run.system.name} on two days", fix=_FIX,
        )  # fmt: skip
    places = input_files(type(config), section="data")  # of the same data, as their content says
    differ = [key for key in changes(run.config, config) if not key.startswith(_WITHOUT_EFFECT)]
    differ = [key for key in differ if key not in (*_SEEDS, *places)]
    if differ:
        lines = [line for line in differences(run.config, config) if line.split(":")[0] in differ]
        raise ConfigurationError(
            f"--seeds {path}", got=f"another configuration than this run's: {'; '.join(lines)}",
            expected=f"the same but for {', '.join(_SEEDS)}", fix=_FIX,
        )  # fmt: skip
    return config


def _require_same_data(run: Run, path: Path, config: Any, own: Mapping) -> None:
    directory = RunDirectory(path)
    inputs = directory.read_json(directory.inputs_file)
    days = "xy" if _seeds(config)[1:] == _seeds(run.config)[1:] else "x"  # a permutation changes y
    for day in days:
        if inputs[day]["sha256"] != own[day]["sha256"]:
            raise RunDirectoryError(
                f"--seeds {path}", got=f"another day {day} than this run's", expected="the same recordings", fix=_FIX
            )
