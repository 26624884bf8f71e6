"""``manifest.json``: what a run depends on, so that a change made by hand is noticed.

The configuration is kept whole: a ``config.yaml`` that was edited is judged field by field, like one that is given on
the command line. Of every other file that the networks depend on, the SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from cyclegan_neuro.configuration.fields import Section
from cyclegan_neuro.configuration.problems import explain
from cyclegan_neuro.errors import RunDirectoryError

__all__ = ["RunManifest"]

AnyConfig = TypeVar("AnyConfig", bound=Section)
_FORMAT = "cyclegan_neuro manifest 1"


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

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

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
