"""Is everything as the run was made with: configuration, data, and files that its networks depend on?

``manifest.json`` keeps the configuration whole, so a ``config.yaml`` that was edited is judged field by field, like one
that is given on the command line. Of every other file that the networks depend on, it keeps the SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from cyclegan_neuro.configuration.fields import Section, input_files
from cyclegan_neuro.configuration.loading import changes, differences
from cyclegan_neuro.configuration.problems import explain
from cyclegan_neuro.errors import ConfigurationError, RecordingError, RunDirectoryError

__all__ = ["RunManifest", "as_trained", "refuse_changed_config", "refuse_changed_inputs"]

AnyConfig = TypeVar("AnyConfig", bound=Section)

_log = logging.getLogger(__name__)
_FORMAT = "cyclegan_neuro manifest 1"

# Fields that do not change what is learned.
_HOW_LONG = (
    "training.epochs", "training.checkpoint_every_epochs", "training.validate_every_epochs",
    "training.figures_every_epochs",
)  # fmt: skip
_SAFE = (*_HOW_LONG, "evaluation.", "report.")
_PLACES = ("path", "source")  # in inputs.json; a file without a stored source is called by its path
# Fields of the machine: the run goes on, but no longer bit for bit.
_MACHINE = ("training.devices", "training.deterministic")
_NUMERICS = ("training.precision", "training.jit_compile")  # the same, if they become something else: said then


@dataclass(frozen=True)
class RunManifest:
    """Content of ``manifest.json``.

    Attributes
    ----------
    config : dict
        The configuration with every field.
    sha256 : dict
        By name of the file, relative to the run.
    format : str
    """

    config: dict[str, Any]
    sha256: dict[str, str] = field(default_factory=dict)
    format: str = _FORMAT

    @classmethod
    def describe(cls, config: Section, folder: Path, patterns: tuple[str, ...]) -> RunManifest:
        """Return the manifest of a configuration and of the files in ``folder`` that match."""
        files = sorted({file for pattern in patterns for file in folder.glob(pattern) if file.is_file()})
        return cls(config.model_dump(mode="json"), {file.name: _sha256(file) for file in files})

    @classmethod
    def read(cls, file: Path) -> RunManifest | None:
        """Return the manifest; None where there is none, as in earlier runs.

        Raises
        ------
        RunDirectoryError
            If it is damaged.
        """
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            if content["format"] != _FORMAT:
                raise ValueError(f"format '{content['format']}'")
            return cls(dict(content["config"]), dict(content["sha256"]))
        except FileNotFoundError:
            return None
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise RunDirectoryError(
                str(file),
                got=f"a damaged file ({error})",
                expected="the manifest that training wrote",
                fix="restore it, or delete it to go on without knowing whether files of the run were changed by hand",
            ) from error

    def config_of(self, config: type[AnyConfig], *, where: str) -> AnyConfig:
        """Return the configuration.

        Raises
        ------
        ConfigurationError
            If this version of the package does not know its fields.
        """
        try:
            return config.model_validate_json(json.dumps(self.config))
        except ValidationError as error:
            raise explain(error, config, lambda location: where) from None

    def refuse_changed_files(self, folder: Path) -> None:
        """Compare the files in ``folder`` with their checksums; one that is missing is learned again.

        Raises
        ------
        RunDirectoryError
            With the first file that differs.
        """
        for name, sha256 in self.sha256.items():
            file = folder / name
            if file.is_file() and _sha256(file) != sha256:
                raise RunDirectoryError(
                    str(file),
                    got="another file than the run was trained with",
                    expected=f"SHA-256 {sha256[:12]}...",
                    fix="restore it, or start another run with --overwrite or another --output_dir",
                )


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def refuse_changed_config(stored: Section, given: Any, *, where: str) -> None:
    """Compare a configuration with the one of the run.

    Raises
    ------
    ConfigurationError
        With all fields that differ, but those that do not change what is learned.
    """
    changed = changes(stored, given)
    moved = input_files(type(stored), section="data")  # the place of a recording may change: its content is compared
    refused = [key for key in changed if not key.startswith(_SAFE + _MACHINE + _NUMERICS) and key not in moved]
    if refused:
        lines = [line for line in differences(stored, given) if line.split(":")[0] in refused]
        raise ConfigurationError(
            where,
            got="another configuration than the run was made with: " + "; ".join(lines),
            expected="the same, but for training.epochs, intervals, devices, evaluation and report",
            fix="undo these changes, or start another run with --overwrite or another --output_dir",
        )
    for line in differences(stored, given):
        if line.startswith(_MACHINE):
            _log.warning("%s: the run goes on, but no longer bit for bit", line)
    if "training.epochs" in changed and getattr(given.training, "decay", "none") != "none":
        _log.warning("training.epochs changed: the decay of the learning rates now ends with the new last epoch")


def as_trained(stored: Section, given: Any, *, where: str) -> Any:
    """Return ``given`` with the run's own epochs and intervals, which an evaluation cannot change."""
    own = {key.split(".")[1]: before for key, (before, _) in changes(stored, given).items() if key in _HOW_LONG}
    for line in differences(stored, given):
        if line.startswith(_HOW_LONG):
            _log.warning("%s: %s; the run was trained with the former, which counts here", where, line)
    return given.model_copy(update={"training": given.training.model_copy(update=own)})


def refuse_changed_inputs(
    stored: Mapping, given: Mapping, file: Path, *, read_from: Mapping[str, str] | None = None
) -> None:
    """Compare what went in with ``inputs.json``; the place of a file does not matter.

    Parameters
    ----------
    stored, given : mapping
    file : Path
        Of ``stored``.
    read_from : mapping, optional
        Files of ``given`` by the key that they have there, for messages.

    Raises
    ------
    RecordingError
        With everything that differs.
    """
    lines = list(_differences(stored, json.loads(json.dumps(given)), "", read_from or {}))
    if lines:
        raise RecordingError(
            str(file),
            got="other data than the run was made with: " + "; ".join(lines),
            expected="the same recordings",
            fix="restore them, or start another run with --overwrite or another --output_dir",
        )


def _differences(old: Any, new: Any, key: str, files: Mapping[str, str], place: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        place = files.get(key) or next((str(new[name]) for name in _PLACES if new.get(name)), place)
        for name in [*old, *(name for name in new if name not in old)]:
            if name not in _PLACES:
                yield from _differences(old.get(name), new.get(name), f"{key}.{name}".lstrip("."), files, place)
    elif old != new:
        if _is_hash(old) and _is_hash(new):
            yield f"{key.replace('.sha256', '').replace('_sha256', '')}: other values{place and f' in {place}'}"
        else:
            yield f"{key}: {_brief(old)} -> {_brief(new)}"


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _brief(value: Any) -> str:
    if isinstance(value, list) and len(value) > 6:
        return f"{len(value)} values beginning with {', '.join(map(str, value[:3]))}"
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
