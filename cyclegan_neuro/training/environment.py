"""Where, with what and in which numbers a run was made: ``environment.json``."""

from __future__ import annotations

import logging
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import tensorflow as tf

import cyclegan_neuro
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.systems.trainer import Trainer

__all__ = [
    "describe_environment", "library_versions", "note_other_threads", "numerics", "peak_memory_bytes",
    "restore_threads", "with_numerics",
]  # fmt: skip

_log = logging.getLogger(__name__)

LIBRARIES = ("keras", "numpy", "scipy", "h5py", "pydantic", "matplotlib")


def library_versions() -> dict[str, str]:
    """Return the versions of the package, of Python and of the libraries a result depends on."""
    found = {"cyclegan_neuro": cyclegan_neuro.__version__, "python": platform.python_version()}
    found["tensorflow"] = tf.__version__  # its distribution has several names
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def describe_environment() -> dict[str, Any]:
    """Return the content of ``environment.json``.

    Returns
    -------
    dict
        ``versions``, ``platform``, ``devices`` (name and description), ``cpu_count`` (of the machine),
        ``usable_cores`` (of this process), ``threads`` (that TensorFlow computes with), ``git_commit`` (of the package,
        where it is a checkout; ``-dirty`` with changes), ``command``.
    """
    return {
        "versions": library_versions(),
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        "usable_cores": _usable_cores(),
        "threads": {name: asked or _usable_cores() for name, asked in _asked_threads().items()},
        "devices": [_describe_device(device) for device in tf.config.list_physical_devices()],
        "git_commit": _git_commit(Path(cyclegan_neuro.__file__).parent),
        "command": sys.argv,
    }


def restore_threads(stored: Any) -> None:
    """Let TensorFlow compute with as many threads as ``stored``, an ``environment.json``, says: sums repeat then.

    Not where somebody asks for another number, by ``TF_NUM_INTRAOP_THREADS`` or ``tf.config``, and not where TensorFlow
    has computed in this process before; :func:`note_other_threads` tells.
    """
    number, inter = (_stored_threads(stored, name) for name in ("intra_op", "inter_op"))
    if not number or any(_asked_threads().values()) or number == _usable_cores():
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(number)
        tf.config.threading.set_inter_op_parallelism_threads(inter or number)
    except RuntimeError:
        return
    _log.info(
        "computing with %d threads, as the run began, on %s: TF_NUM_INTRAOP_THREADS takes another number, but the run "
        "then goes on in other sums", number, plural(_usable_cores() or 1, "core"),
    )  # fmt: skip


def note_other_threads(stored: dict[str, Any]) -> None:
    """Log if this process computes with another number of threads than ``stored``, an ``environment.json``, says."""
    before, now = (_stored_threads(one, "intra_op") for one in (stored, describe_environment()))
    if before and before != now:
        _log.warning("%d threads -> %d: the run goes on, but no longer bit for bit", before, now)


def numerics(trainer: Trainer, *, step: int, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, ready for JSON, in which numbers a run computed from which step on, and say so in the log.

    Parameters
    ----------
    trainer : Trainer
        Built and compiled; tells what ``auto`` became.
    step : int
        Where it goes on.
    before : list of dict
        What this function returned when the run was started or last resumed.

    Returns
    -------
    list of dict
        ``from_step``, ``precision`` (a Keras dtype policy), ``jit_compile`` and, where there are several, ``replicas``
        (devices of all workers); a new entry where they changed.
    """
    now = {"precision": trainer.dtype_policy.name, "jit_compile": bool(trainer.jit_compile)}
    replicas = trainer.distribute_strategy.num_replicas_in_sync
    if replicas > 1:
        now["replicas"] = replicas
    last = {key: value for key, value in before[-1].items() if key != "from_step"} if before else now
    if last != now:
        _log.warning("%s -> %s: the run goes on, but no longer bit for bit", _text(last), _text(now))
        return [*before, {"from_step": step, **now}]
    _log.info("computing in %s", _text(now))
    return before or [{"from_step": step, **now}]


def with_numerics(config: Any, environment: Mapping[str, Any]) -> Any:
    """Return the configuration with what ``auto`` was when the run was trained, for its report.

    Parameters
    ----------
    config : Section
    environment : mapping
        ``environment.json`` of the run; of earlier versions it has no ``numerics``.
    """
    found = environment.get("numerics")
    if not found:
        return config
    chosen = {key: found[-1][key] for key in ("precision", "jit_compile")}
    return config.model_copy(update={"training": config.training.model_copy(update=chosen)})


def peak_memory_bytes() -> int | None:
    """Return the largest resident memory of this process so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, others KiB


def _asked_threads() -> dict[str, int]:
    """Return the numbers that somebody asked for; 0 is one per usable core."""
    get = tf.config.threading
    return {
        "intra_op": get.get_intra_op_parallelism_threads() or _number_in("TF_NUM_INTRAOP_THREADS"),
        "inter_op": get.get_inter_op_parallelism_threads() or _number_in("TF_NUM_INTEROP_THREADS"),
    }


def _number_in(variable: str) -> int:
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else 0


def _usable_cores() -> int | None:
    if hasattr(os, "sched_getaffinity"):  # Linux: batch systems and containers give fewer than there are
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _stored_threads(environment: Any, name: str) -> int | None:
    with suppress(AttributeError):  # a file that was edited
        number = environment.get("threads", {}).get(name) or environment.get("usable_cores")  # earlier runs have 0
        return number if isinstance(number, int) and 0 < number < 4096 else None
    return None


def _describe_device(device: tf.config.PhysicalDevice) -> dict[str, str]:
    details = tf.config.experimental.get_device_details(device) if device.device_type == "GPU" else {}
    return {"name": device.name, "description": details.get("device_name", device.device_type)}


def _git_commit(folder: Path) -> str | None:
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):  # no git, or not a checkout
        return None
    return answer.stdout.strip() or None


def _text(numbers: Mapping[str, Any]) -> str:
    several = f" on {numbers['replicas']} replicas" if "replicas" in numbers else ""
    return f"{numbers['precision']} {'compiled with' if numbers['jit_compile'] else 'without'} XLA{several}"
