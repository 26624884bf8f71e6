"""Words and numbers that the blocks share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cyclegan_neuro.evaluation import wording
from cyclegan_neuro.evaluation.contents import significant
from cyclegan_neuro.evaluation.encoding.measurements import DAYS, INDEPENDENT, MODEL, SUPERVISED, Measurements
from cyclegan_neuro.evaluation.encoding.parts import DATA, Part
from cyclegan_neuro.evaluation.encoding.scores import Agreement, Estimate
from cyclegan_neuro.evaluation.verdicts import PairedVerdict

__all__ = ["TITLES", "agrees", "begun", "compared", "estimate", "of_day", "part_name", "reference_name", "span", "tell"]

TITLES = {
    "inputs": "What went in",
    "noise": "Does it have the right noise correlations?",
    "change": "Did learning change noise correlations?",
    "statistics": "Are rates, total correlations and population counts right?",
    "psth": "Does it follow the stimulus?",
    "certainty": "How sure?",
}
"""Titles of the blocks; the first screen leads to them."""


def tell(section: str, /, **facts: Any) -> dict[str, tuple[str, ...]]:
    """Return prose and how of a section; see :func:`cyclegan_neuro.evaluation.wording.tell`."""
    return wording.tell(Path(__file__).parent / f"{section}.j2", **facts)


def begun(text: str) -> str:
    """Return what begins a sentence, for example a model's name."""
    return text[:1].upper() + text[1:]


def span(found: Estimate, *, digits: int = 3) -> str | None:
    """Return an interval, ``0.961 to 0.992``; None where it is not known."""
    return f"{found.low:.{digits}f} to {found.high:.{digits}f}" if found.low == found.low else None


def estimate(found: Estimate, *, digits: int = 3) -> str:
    """Return ``0.982 (0.961 to 0.992)``, or the value alone."""
    interval = span(found, digits=digits)
    value = f"{found.value:.{digits}f}" if found.value == found.value else "–"
    return f"{value} ({interval})" if interval else value


def of_day(day: int | None) -> str:
    """Return what begins a sentence on one of two days."""
    return "" if day is None else f"Day {DAYS[day]}: "


def part_name(found: Measurements, name: str, day: int | None) -> str:
    """Return ``held-out bins``, or ``training trials of day x``."""
    what = "bins" if found.prepared.condition == "movie" else "trials"
    return f"{'training' if name == 'train' else 'held-out'} {what}" + ("" if day is None else f" of day {DAYS[day]}")


def reference_name(part: Part) -> str:
    """Return what a part is compared with, as part of a sentence."""
    return f"the {part.against.value}"


def agrees(found: Agreement) -> str:
    """Return ``r 0.982 (0.961 to 0.992), slope 1.03``."""
    return f"r {estimate(found.r)}, slope {found.slope.value:.2f}"


def compared(found: Measurements, part: Part) -> str:
    """Say of every rival and baseline whether the run's model has the smaller error in noise correlations.

    For example ``0.0121 is smaller than that of supervised (0.0884)``.
    """
    words = {
        PairedVerdict.BETTER: "smaller than that of",
        PairedVerdict.NOISE: "not told apart from that of",
        PairedVerdict.WORSE: "larger than that of",
        PairedVerdict.UNKNOWN: "not comparable with that of",
    }
    standing, told = found.standing(part), []
    unnamed = (DATA, INDEPENDENT) if SUPERVISED in standing else (DATA,)  # the two err alike
    for verdict, text in words.items():
        named = [
            f"{found.labels[key]} ({significant(part.scores[key].noise.rmse.value)})"
            for key, one in standing.items()
            if one is verdict and key not in unnamed
        ]
        if named:
            told.append(f"{text} {', '.join(named)}")
    return (
        f"{significant(part.scores[MODEL].noise.rmse.value)} is {'; '.join(told or ['compared with no other model'])}"
    )
