"""Words and numbers that the blocks share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cyclegan_neuro.evaluation import wording
from cyclegan_neuro.evaluation.decoding.scores import Beside, Decoding, Measured, Row
from cyclegan_neuro.evaluation.verdicts import PairedVerdict
from cyclegan_neuro.populations.trials.trials import Label

__all__ = ["TITLES", "accuracy", "points", "ranked", "span", "tell", "than"]

TITLES = {
    "inputs": "What went in",
    "decoding": "Is behaviour decoded?",
    "parting": "Do content and style part direction and time?",
    "views": "What do the spaces look like?",
    "reconstruction": "Is activity reconstructed?",
    "generation": "Does generated activity help a decoder?",
    "certainty": "How sure?",
}
"""Titles of the blocks; the first screen leads to them."""


def tell(section: str, /, **facts: Any) -> dict[str, tuple[str, ...]]:
    """Return prose and how of a section; see :func:`cyclegan_neuro.evaluation.wording.tell`."""
    return wording.tell(Path(__file__).parent / f"{section}.j2", **facts)


def span(low: float, high: float, *, digits: int = 0) -> str:
    """Return an interval of shares in per cent, ``63 to 71``."""
    return f"{100 * low:.{digits}f} to {100 * high:.{digits}f}"


def accuracy(score: Measured) -> str:
    """Return ``67 % (63 to 71)``."""
    return f"{100 * score.value:.0f} % ({span(score.low, score.high)})"


def points(found: Beside) -> str:
    """Return ``+3.2 points (-1.0 to 7.4), p = 0.03``, in percentage points."""
    return f"{100 * found.difference:+.1f} points ({span(found.low, found.high, digits=1)}), {p_value(found.p)}"


def p_value(p: float) -> str:
    """Return ``p = 0.03``, or ``p < 0.001``, in one piece."""
    return ("p < 0.001" if p < 0.001 else f"p = {p:.2g}").replace(" ", "\N{NO-BREAK SPACE}")


def than(verdict: PairedVerdict) -> str:
    """Return the words between two that are compared."""
    return {
        PairedVerdict.BETTER: "better than",
        PairedVerdict.WORSE: "worse than",
        PairedVerdict.NOISE: "within noise of",
        PairedVerdict.UNKNOWN: "not comparable with",
    }[verdict]


def ranked(found: Decoding, label: Label, reference: Row) -> dict[PairedVerdict, list[str]]:
    """Return by verdict what is compared with ``reference``."""
    told: dict[PairedVerdict, list[str]] = {}
    for row, score in found.scores[label].items():
        if row != reference:
            told.setdefault(score.verdict(reference), []).append(found.labels[row])
    return told
