"""Is this the configuration, and are these the data, that the run was made with?"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclegan_neuro.configuration.fields import Section, input_files
from cyclegan_neuro.configuration.loading import changes, differences
from cyclegan_neuro.errors import ConfigurationError, RecordingError

__all__ = ["as_trained", "refuse_changed_config", "refuse_changed_inputs"]

_log = logging.getLogger(__name__)

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


def refuse_changed_inputs(stored: Mapping, given: Mapping, file: Path) -> None:
    """Compare what went in with ``inputs.json``; the place of a file does not matter.

    Raises
    ------
    RecordingError
        With everything that differs.
    """
    lines = list(_differences(stored, json.loads(json.dumps(given)), ""))
    if lines:
        raise RecordingError(
            str(file),
            got="other data than the run was made with: " + "; ".join(lines),
            expected="the same recordings",
            fix="restore them, or start another run with --overwrite or another --output_dir",
        )


def _differences(old: Any, new: Any, key: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            if name not in _PLACES:
                yield from _differences(old.get(name), new.get(name), f"{key}.{name}".lstrip("."))
    elif old != new:
        yield f"{key}: {_brief(old)} -> {_brief(new)}"


def _brief(value: Any) -> str:
    if isinstance(value, list) and len(value) > 6:
        return f"{len(value)} values beginning with {', '.join(map(str, value[:3]))}"
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
