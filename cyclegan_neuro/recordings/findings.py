"""What a check has to say about a recording."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Severity", "log_warnings"]

Severity = Literal["info", "warning", "critical"]
"""How much a finding matters; a critical one stops training before it starts."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """One observation about a recording or a pair of recordings.

    Attributes
    ----------
    severity : {"info", "warning", "critical"}
    code : str
        Short stable name, for example ``"nan"`` or ``"transposed"``.
    where : str
        File, field, neurons and frames concerned.
    got, expected, fix : str
        As in :class:`cyclegan_neuro.errors.UserError`.
    """

    severity: Severity
    code: str
    where: str
    got: str
    expected: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: got {self.got}, expected {self.expected}. Fix: {self.fix}"


def log_warnings(findings: Iterable[Finding]) -> None:
    """Log what must be seen before training; what is only worth knowing stands in the report."""
    for finding in findings:
        if finding.severity != "info":
            _log.warning("%s: %s", finding.severity, finding)
