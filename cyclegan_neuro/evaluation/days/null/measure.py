"""What changed between the days of a run, held against halves of each day and against null pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.days.null.compare import (
    Against,
    DayPair,
    against_halves,
    against_pairs,
    laps_of_pairs,
)
from cyclegan_neuro.evaluation.days.sections import EvaluationSection
from cyclegan_neuro.windows.prepared import Day, PreparedPair

__all__ = ["NULLS", "BeyondDrift", "beyond_drift"]

NULLS = {"halves": "halves of each day", "pairs": "null pairs"}


@dataclass(frozen=True, eq=False)
class BeyondDrift:
    """Change of all neurons beside what changes without learning.

    Attributes
    ----------
    places : {"position", "event", "none"}
    against : dict of str to Against
        By name of the null, as in ``NULLS``: ``halves`` where either day has 12 laps, ``pairs`` where null pairs were
        given and all days have 6.
    n_pairs : int
        Null pairs that were given.
    moved : ndarray of float64, shape (neuron,)
        How far the model moves a neuron: mean |G(x) - x| in standard deviations of x.
    """

    places: str
    against: dict[str, Against]
    n_pairs: int
    moved: np.ndarray

    def to_json(self) -> dict:
        """Return what ``metrics.json`` holds of it."""
        return {
            null: {
                "laps_of_half": against.laps,
                "own_null": against.own,
                "changes": {
                    kind: change.to_json()
                    | dict(zip(("model_rho", "model_p"), change.likeness(self.moved), strict=True))
                    for kind, change in against.changes.items()
                },
            }
            for null, against in self.against.items()
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Return effects, intervals, p- and q-values for ``maps.h5``, by path."""
        found: dict[str, np.ndarray] = {}
        for null, against in self.against.items():
            for kind, change in against.changes.items():
                values = {"effect": change.effect, "interval": change.bounds, "p": change.p, "q": change.q}
                found |= {f"beyond_drift/{null}/{kind}/{name}": array for name, array in values.items()}
            for name, array in (against.places or {}).items():
                found[f"beyond_drift/{null}/places/{name}"] = array
        return found


def beyond_drift(
    section: EvaluationSection, prepared: PreparedPair, null_pairs: Sequence[DayPair], *, own: bool, moved: np.ndarray
) -> BeyondDrift | None:
    """Compare; None where the days have too few laps, are mixed, or one is made from the other.

    Parameters
    ----------
    section : EvaluationSection
    prepared : PreparedPair
    null_pairs, own
        As :func:`cyclegan_neuro.evaluation.days.null.reading.read_null_pairs` returns them.
    moved : ndarray, shape (neuron,)
        Mean |G(x) - x|, in ΔF/F.
    """
    x, y = prepared.x.recording, prepared.y.recording
    if prepared.is_paired or x.days_mixed:
        return None
    seed, how = section.interpretation.seed, {"section": section.interpretation, "bin_cm": section.position_bin_cm}
    used = _used(prepared.x), _used(prepared.y)
    laps = laps_of_pairs([(x, y), *null_pairs], used=used, **how)
    alone = laps or laps_of_pairs([(x, y)], used=used, **how)
    if alone is None:
        return None
    against = {"halves": against_halves(alone, seed=seed)}
    if laps is not None and null_pairs:
        against["pairs"] = against_pairs(laps, own=own, seed=seed)
    known = {name: one for name, one in against.items() if one is not None}
    if not known:
        return None
    deviation = x.dff.std(axis=0)
    scaled = np.divide(moved, deviation, out=np.full(len(deviation), np.nan), where=deviation > 0)
    return BeyondDrift(alone.places, known, len(null_pairs), scaled)


def _used(day: Day) -> np.ndarray:
    """Frames in which windows may lie."""
    stretches = day.starts.stretches or ((0, day.recording.n_frames),)
    used = np.zeros(day.recording.n_frames, bool)
    for start, stop in stretches:
        used[start:stop] = True
    return used
