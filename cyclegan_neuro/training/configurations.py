"""From a file, a shipped name or a run to a system and its configuration; loads no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclegan_neuro.errors import ConfigurationError, RunDirectoryError
from cyclegan_neuro.invocation import command

if TYPE_CHECKING:
    from cyclegan_neuro.systems.base import System

__all__ = ["configuration_file", "load", "run_config_file", "shipped_file"]

#: Where the package's own configurations lie: beside it in a source folder, inside it where it was installed.
_SHIPPED = (Path(__file__).parents[2] / "configs", Path(__file__).parents[1] / "configs")


def load(path: Path | None, *, overrides: Sequence[str] = (), system: str = "cyclegan") -> tuple[System, Any]:
    """Read a configuration, with the system that its key ``system`` names; without a file, the defaults of ``system``.

    Raises
    ------
    ConfigurationError
        See :func:`cyclegan_neuro.configuration.loading.load_config`; also without ``system``.
    """
    # Here and not above, so that --help does not wait for pydantic.
    from cyclegan_neuro.configuration.loading import build_config, default_source, read_source
    from cyclegan_neuro.systems import base

    source = default_source(system, overrides=overrides) if path is None else read_source(path, overrides=overrides)
    name = source.values.get("system")
    if not isinstance(name, str):
        raise ConfigurationError(
            f"{source.where(('system',))}, system",
            got="no name",
            expected=f"the system to train, one of {', '.join(base.names())}",
            fix="add a line 'system: cyclegan'",
        )
    found = base.get(name)
    return found, build_config(source, found.Config)


def configuration_file(
    config: Path | None = None, *, resumed: Path | None = None, system: str = "cyclegan"
) -> Path | None:
    """Return the file that a training starts from.

    That is ``config``, a file or the name of one that comes with the package; else the configuration of the run in
    ``resumed``; else the system's quickstart, or None where another package offers the system. Errors as those of
    :func:`shipped_file` and :func:`run_config_file`.
    """
    from cyclegan_neuro.systems import base

    if config is not None:
        return config if config.exists() else shipped_file(config)
    if resumed is not None:
        return run_config_file(resumed)
    return shipped_file(Path(system) / "quickstart.yaml") if base.comes_with_the_package(system) else None


def shipped_file(name: Path) -> Path:
    """Return a configuration that comes with the package, such as ``cyclegan/quickstart.yaml``.

    Raises
    ------
    ConfigurationError
        If there is none of this name; it lists those there are.
    """
    inside = Path(*name.parts[1:]) if name.parts[:1] == ("configs",) else name
    for folder in _SHIPPED:
        if (folder / inside).is_file():
            path = folder / inside
            return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    known = sorted({str(file.relative_to(folder)) for folder in _SHIPPED for file in folder.glob("*/*.yaml")})
    raise ConfigurationError(
        f"--config {name}",
        got="no such file",
        expected=f"a YAML file, or one that comes with the package: {', '.join(known) or 'there is none here'}",
        fix="check the path",
    )


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
            fix=f"check the name, or start with: {command('train')} --output_dir {output_dir}",
        )
    return path
