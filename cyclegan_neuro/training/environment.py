"""Where and with what a run was made."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import tensorflow as tf

import cyclegan_neuro

__all__ = ["describe_environment", "library_versions", "peak_memory_bytes"]

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
        ``versions``, ``platform``, ``devices`` (name and description), ``cpu_count``, ``threads``,
        ``git_commit`` (of the package, where it is a checkout; ``-dirty`` with changes), ``command``.
    """
    return {
        "versions": library_versions(),
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        "threads": {
            "intra_op": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_op": tf.config.threading.get_inter_op_parallelism_threads(),
        },
        "devices": [_describe_device(device) for device in tf.config.list_physical_devices()],
        "git_commit": _git_commit(Path(cyclegan_neuro.__file__).parent),
        "command": sys.argv,
    }


def peak_memory_bytes() -> int | None:
    """Return the largest resident memory of this process so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, others KiB


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
