"""From a YAML file and ``--set`` overrides to a configuration, and back."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cyclegan_neuro.configuration import strict_yaml
from cyclegan_neuro.configuration.fields import Section, is_input_file, section_within, show
from cyclegan_neuro.configuration.paths import expanded
from cyclegan_neuro.configuration.problems import explain
from cyclegan_neuro.errors import ConfigurationError

__all__ = [
    "Source", "build_config", "changes", "default_source", "differences", "dotted", "dump_config", "load_config",
    "read_source", "with_settings",
]  # fmt: skip

AnyConfig = TypeVar("AnyConfig", bound=Section)
_LARGEST_FILE = 1_000_000


@dataclass(frozen=True)
class _Origin:
    """Where the user wrote a value, and the folder that its relative paths start from."""

    text: str
    folder: Path


@dataclass(frozen=True)
class Source:
    """A configuration as it was written, not yet checked against a system's sections.

    Attributes
    ----------
    name : str
        The file, as the user named it.
    values : dict
        File and overrides together.
    origins : dict
        Place of every key, by path.
    """

    name: str
    values: dict[str, Any]
    origins: dict[tuple, _Origin] = field(default_factory=dict)

    def where(self, location: tuple) -> str:
        """Return the place of a key, or of the nearest section around it."""
        origin = self._origin(location)
        return self.name if origin is None else origin.text

    def folder(self, location: tuple) -> Path:
        """Return the folder that relative paths at a key start from."""
        origin = self._origin(location)
        return Path.cwd() if origin is None else origin.folder

    def _origin(self, location: tuple) -> _Origin | None:
        known = (location[:end] for end in range(len(location), 0, -1))
        return next((self.origins[place] for place in known if place in self.origins), None)


def load_config(path: str | Path, config: type[AnyConfig], *, overrides: Iterable[str] = ()) -> AnyConfig:
    """Read a configuration file strictly.

    Parameters
    ----------
    path : str or Path
        YAML file.
    config : type
        The system's ``Config``.
    overrides : iterable of str
        ``"training.epochs=3"``: key, equals sign, value in YAML. A mapping is merged into the
        section it names.

    Returns
    -------
    Section
        An instance of ``config``; the files it names are absolute paths (relative ones start from
        the folder of the configuration file, those in ``overrides`` from the working directory).

    Raises
    ------
    ConfigurationError
        If the file cannot be read, is no YAML, or holds an unknown key, a key given twice, or a
        value of the wrong type or out of range: with file, line, dotted key and remedy.

    Examples
    --------
    >>> from cyclegan_neuro.systems.cyclegan.config import Config
    >>> load_config("configs/cyclegan/paper_synthetic.yaml", Config, overrides=["training.epochs=3"]).training.epochs
    3
    """
    return build_config(read_source(path, overrides=overrides), config)


def read_source(path: str | Path, *, overrides: Iterable[str] = ()) -> Source:
    """Read the file and apply the overrides, without checking the keys; see :func:`load_config`."""
    path = Path(path)
    values, lines = strict_yaml.parse(_read_text(path), name=str(path))
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise ConfigurationError(
            str(path), got=show(values), expected="sections (data:, windows:, ...)", fix="see configs/ for examples"
        )
    folder = path.resolve().parent
    origins = {key: _Origin(f"{path}, line {line}", folder) for key, line in lines.items()}
    for override in overrides:
        _apply(override, values, origins)
    return Source(str(path), values, origins)


def default_source(system: str, *, overrides: Iterable[str] = ()) -> Source:
    """Return what a system's defaults and the overrides say, without a file; see :func:`load_config`."""
    values: dict[str, Any] = {"system": system}
    origins: dict[tuple, _Origin] = {}
    for override in overrides:
        _apply(override, values, origins)
    return Source(f"defaults of {system}" if system else "the options", values, origins)


def with_settings(source: Source, settings: Mapping[str, Any], *, told: Mapping[str, str], folder: Path) -> Source:
    """Return ``source`` with other values, as ``--set`` would have them.

    Parameters
    ----------
    source : Source
    settings : dict
        Value by dotted key.
    told : dict
        Where the user wrote each, for messages.
    folder : Path
        That relative paths start from.
    """
    values, origins = deepcopy(source.values), dict(source.origins)
    for key, value in settings.items():
        _change(tuple(key.split(".")), value, values, origins, _Origin(told[key], folder))
    return Source(source.name, values, origins)


def dotted(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by dotted key, also those within mappings.

    Examples
    --------
    >>> dotted({"training": {"epochs": 3}, "model.filters": 8})
    {'training.epochs': 3, 'model.filters': 8}
    """
    return {".".join(path): leaf for key, value in settings.items() for path, leaf in _leaves(value, (key,))}


def build_config(source: Source, config: type[AnyConfig]) -> AnyConfig:
    """Check what was read against a system's sections; see :func:`load_config`."""
    try:
        return config.model_validate(_with_absolute_files(source, config))
    except ValidationError as error:
        raise explain(error, config, source.where) from None


def dump_config(config: Section) -> str:
    """Return the configuration as YAML with every field, which loads back equal."""
    return strict_yaml.dump(config.model_dump())


def changes(old: Section, new: Section) -> dict[str, tuple[Any, Any]]:
    """Return the fields that differ: dotted key to (old value, new value).

    A section that is there on one side only is one difference.
    """
    return _changes(old.model_dump(), new.model_dump(), "")


def differences(old: Section, new: Section) -> list[str]:
    """Return the fields that differ, a line each: ``training.epochs: 200 -> 300``."""
    show = strict_yaml.one_line
    return [f"{key}: {show(before)} -> {show(after)}" for key, (before, after) in changes(old, new).items()]


def _read_text(path: Path) -> str:
    def refuse(got: str, expected: str, fix: str) -> ConfigurationError:
        return ConfigurationError(str(path), got=got, expected=expected, fix=fix)

    try:
        size = path.stat().st_size
        if path.is_dir():
            raise refuse("a folder", "a YAML file", "name the file in it")
        if size > _LARGEST_FILE:
            raise refuse(f"{size:,} bytes", "a YAML file of a few kilobytes", "name the configuration, not a recording")
        content = path.read_bytes()
    except FileNotFoundError:
        beside = sorted(other.name for other in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        there = f"; there are {', '.join(beside[:8])}" if beside else ""
        raise refuse("no such file", "a YAML file", f"check the name{there}") from None
    except OSError as error:
        raise refuse(f"{error.strerror}", "a readable file", "check its permissions") from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise refuse(
            "UTF-16 text, as PowerShell's > and some editors write it", "UTF-8", "save it as UTF-8 in the editor"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        got = f"bytes that are no UTF-8 text (the first on line {line})"
        raise refuse(
            got, "a YAML file", "save it as UTF-8 in the editor; or name the configuration, not a recording"
        ) from None


def _apply(override: str, values: dict[str, Any], origins: dict[tuple, _Origin]) -> None:
    key, equals, text = override.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    option = f"--set {override}"
    if not equals or not all(path):
        raise ConfigurationError(
            option, got="no key and value", expected="section.key=value", fix="for example --set training.epochs=3"
        )
    value, _ = strict_yaml.parse(text, name=option)
    _change(path, value, values, origins, _Origin(option, Path.cwd()))


def _change(path: tuple, value: Any, values: dict[str, Any], origins: dict[tuple, _Origin], origin: _Origin) -> None:
    for leaf_path, leaf in _leaves(value, path):
        _set(values, leaf_path, leaf, origins, origin)


def _leaves(value: Any, path: tuple) -> Iterator[tuple[tuple, Any]]:
    if not isinstance(value, dict) or not value:
        yield path, value
        return
    for name, item in value.items():
        yield from _leaves(item, (*path, name))


def _set(values: dict[str, Any], path: tuple, value: Any, origins: dict[tuple, _Origin], origin: _Origin) -> None:
    for depth, name in enumerate(path[:-1], 1):
        if not isinstance(values.get(name), dict):
            values[name] = {}
            origins[path[:depth]] = origin
        values = values[name]
    values[path[-1]] = value
    for replaced in [key for key in origins if key[: len(path)] == path]:
        del origins[replaced]
    origins[path] = origin


def _with_absolute_files(source: Source, config: type[Section]) -> dict[str, Any]:
    values = deepcopy(source.values)
    for path, section, described in _written(values, config, ()):
        value = section[path[-1]]
        if is_input_file(described) and isinstance(value, str) and value:
            section[path[-1]] = str((source.folder(path) / expanded(value, source.where(path))).resolve())
    return values


def _written(values: Any, config: type[Section], path: tuple) -> Iterator[tuple[tuple, dict, FieldInfo]]:
    """Yield path, section and description of every field that was written, those in lists of sections too."""
    if isinstance(values, list):
        for number, item in enumerate(values):
            yield from _written(item, config, (*path, number))
    if not isinstance(values, dict):
        return
    for name, described in config.model_fields.items():
        if name in values:
            yield (*path, name), values, described
            inner = section_within(described)
            if inner is not None:
                yield from _written(values[name], inner, (*path, name))


def _changes(old: Any, new: Any, prefix: str) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for name in [*old, *(name for name in new if name not in old)]:
        before, after, key = old.get(name), new.get(name), f"{prefix}{name}"
        if isinstance(before, dict) and isinstance(after, dict):
            found |= _changes(before, after, f"{key}.")
        elif before != after:
            found[key] = (before, after)
    return found
