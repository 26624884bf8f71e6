"""From what stands on the command line to a system and its configuration; loads no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cyclegan_neuro.errors import ConfigurationError, RunDirectoryError

if TYPE_CHECKING:
    from cyclegan_neuro.configuration.fields import Section
    from cyclegan_neuro.systems.base import System

__all__ = ["load", "quickstart_file", "run_config_file"]

_QUICKSTART = Path(__file__).parents[2] / "configs" / "cyclegan" / "quickstart.yaml"


def load(path: Path, *, overrides: Sequence[str] = ()) -> tuple[System, Section]:
    """Read a configuration, with the system that its key ``system`` names.

    Raises
    ------
    ConfigurationError
        See :func:`cyclegan_neuro.configuration.loading.load_config`; also without ``system``.
    """
    # Here and not above, so that --help does not wait for pydantic.
    from cyclegan_neuro.configuration.loading import build_config, read_source
    from cyclegan_neuro.systems import base

    source = read_source(path, overrides=overrides)
    name = source.values.get("system")
    if not isinstance(name, str):
        raise ConfigurationError(
            f"{source.where(('system',))}, system",
            got="no name",
            expected=f"the system to train, one of {', '.join(base.names())}",
            fix="add a line 'system: cyclegan'",
        )
    system = base.get(name)
    return system, build_config(source, system.Config)


def quickstart_file() -> Path:
    """Return the default configuration, which lies in the source folder.

    Raises
    ------
    ConfigurationError
        If the package was installed without its source folder.
    """
    if not _QUICKSTART.is_file():
        raise ConfigurationError(
            "--config",
            got="no configuration file",
            expected=f"one, because the quickstart is not at {_QUICKSTART}",
            fix="run train.py from the source folder, or name a file with --config",
        )
    return _QUICKSTART.relative_to(Path.cwd()) if _QUICKSTART.is_relative_to(Path.cwd()) else _QUICKSTART


def run_config_file(output_dir: Path) -> Path:
    """Return the resolved configuration of a run.

    Raises
    ------
    RunDirectoryError
        If ``output_dir`` holds none.
    """
    path = output_dir / "config.yaml"
    if not path.is_file():
        raise RunDirectoryError(
            str(output_dir),
            got="no config.yaml",
            expected="the directory of a run",
            fix=f"check the name, or start with: python train.py --output_dir {output_dir}",
        )
    return path
