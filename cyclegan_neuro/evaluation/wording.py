"""Words and tables that the reports of all systems share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from importlib.metadata import version

from cyclegan_neuro import __version__
from cyclegan_neuro.configuration.sections import TrainingSection
from cyclegan_neuro.evaluation.contents import Table
from cyclegan_neuro.recordings.findings import Finding

__all__ = ["findings_table", "numbers", "percent", "plural", "software"]

_RANK = {"critical": 0, "warning": 1, "info": 2}


def percent(share: float) -> str:
    """Return a share as whole per cent, for example ``58 %``."""
    return f"{100 * share:.0f} %" if math.isfinite(share) else "–"


def plural(n: int, noun: str) -> str:
    """Return ``1 neuron``, ``2 neurons``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def findings_table(findings: Iterable[Finding]) -> Table:
    """Return what the checks had to say, the most serious first."""
    ranked = sorted(findings, key=lambda finding: _RANK[finding.severity])
    rows = tuple((f.severity, f.where, f.got, f.expected, f.fix) for f in ranked)
    return Table("findings", ("severity", "where", "found", "expected", "what to do"), rows)


def numbers(training: TrainingSection) -> str:
    """Return in which numbers a run computed, for example ``float32``, as the report's configuration tells."""
    return f"{training.precision}{', compiled with XLA' if training.jit_compile is True else ''}"


def software(*libraries: str) -> str:
    """Return the sentence that names the package, TensorFlow, Keras and further ``libraries`` with their versions."""
    import keras  # loaded with the networks that were evaluated
    import tensorflow as tf

    used = [f"cyclegan_neuro {__version__}", f"TensorFlow {tf.__version__}", f"Keras {keras.__version__}"]
    used += [f"{library} {version(library.lower())}" for library in libraries]
    return f"Software: {', '.join(used)}."
