"""A pair of days beside pairs between which nothing was learned, all seen through as many laps and frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.null.effects import Effects, effects, interval
from cyclegan_neuro.evaluation.days.null.laps import Laps, at_one_speed, laps_of, visits
from cyclegan_neuro.evaluation.days.null.ranks import LEVEL, Share, discoveries, p_values, share_above
from cyclegan_neuro.interpret.binned import bin_edges
from cyclegan_neuro.interpret.coordinates import position_edges
from cyclegan_neuro.recordings.events import time_since_event_s
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["Against", "Change", "DayPair", "LapsOfPairs", "against_halves", "against_pairs", "laps_of_pairs"]

LEAST_LAPS = 3  # of half a day
_RESAMPLINGS = 200

DayPair = tuple[Recording, Recording]
"""The same neurons in the same columns."""


@dataclass(frozen=True, eq=False)
class LapsOfPairs:
    """All days by lap.

    Attributes
    ----------
    pairs : list of tuple of Laps
        The pair that is asked about, then null pairs.
    places : {"position", "event", "none"}
    edges : ndarray of float64, shape (place + 1,), optional
    """

    pairs: list[tuple[Laps, Laps]]
    places: str
    edges: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Change:
    """One kind of change of all neurons, against null pairs.

    Attributes
    ----------
    effect : ndarray of float64, shape (neuron,)
    bounds : ndarray of float64, shape (2, neuron)
        95 % interval.
    nulls : list of ndarray, shape (neuron,)
        Effects of each null pair.
    p, q : ndarray of float64, shape (neuron,)
        As it is, and adjusted for the false-discovery rate among neurons.
    share : Share
    """

    effect: np.ndarray
    bounds: np.ndarray
    nulls: list[np.ndarray]
    p: np.ndarray
    q: np.ndarray
    share: Share

    @property
    def found(self) -> np.ndarray:
        """Neurons whose change is a discovery at 5 %, bool (neuron,)."""
        return self.q <= LEVEL

    def likeness(self, moved: np.ndarray) -> tuple[float, float]:
        """Return Spearman's correlation over neurons with how far a model moves them (neuron,), and its p-value."""
        known = np.isfinite(self.effect) & np.isfinite(moved)
        if known.sum() < 3 or np.ptp(moved[known]) == 0:
            return np.nan, np.nan
        found = stats.spearmanr(moved[known], self.effect[known])
        return float(found.statistic), float(found.pvalue)

    @property
    def least_p(self) -> float:
        """The smallest p-value that these null pairs can give."""
        return 1 / (sum(int(np.isfinite(null).sum()) for null in self.nulls) + 1)

    def to_json(self) -> dict:
        """Return what ``metrics.json`` holds of it."""
        return {
            "median": float(np.nanmedian(self.effect)),
            "null_median": [float(np.nanmedian(null)) for null in self.nulls],
            "found": int(self.found.sum()),
            "n": int(np.isfinite(self.effect).sum()),
            "least_p": self.least_p,
            "share_above_null": self.share.share,
            "share_ci95": list(self.share.ci95),
            "null_shares": list(self.share.null),
            "bound": self.share.bound,
            "beyond": self.share.beyond,
        }


@dataclass(frozen=True, eq=False)
class Against:
    """A pair of days against one set of null pairs.

    Attributes
    ----------
    laps : int
        Of either half of every day.
    own : bool
        Whether each neuron is compared with itself; else with all neurons of the null pairs.
    changes : dict of str to Change
        By kind.
    places : dict of str to ndarray of float64, optional
        Change at each place: ``effect``, ``p`` and ``q`` (adjusted for the false-discovery rate among neurons and
        places), shape (place, neuron); ``interval``, shape (2, place, neuron).
    """

    laps: int
    own: bool
    changes: dict[str, Change]
    places: dict[str, np.ndarray] | None


def laps_of_pairs(
    pairs: Sequence[DayPair],
    *,
    used: tuple[np.ndarray, np.ndarray] | None,
    section: InterpretationSection,
    bin_cm: float,
) -> LapsOfPairs | None:
    """Sum up all days at the same places, with no more frames of a visit than the median visit of any day has.

    None where a day has not one lap.

    Parameters
    ----------
    pairs : sequence
        The pair that is asked about first.
    used : tuple of ndarray of bool, shape (time,), optional
        Frames of its two days that count; all of the others do.
    section : InterpretationSection
        Interval and bin around events.
    bin_cm : float
        Bin of positions.
    """
    days = [day for pair in pairs for day in pair]
    masks = [*(used or ()), *(np.ones(day.n_frames, bool) for day in days[len(used or ()) :])]
    kind, values, edges = _coordinate(days, masks, section, bin_cm)
    seen = [visits(day, value, edges, mask) for day, value, mask in zip(days, values, masks, strict=True)]
    if any((at.lap < 0).all() for at in seen):
        return None
    most = np.fmin.reduce([at.frames_per_visit for at in seen])
    laps = [laps_of(day, at, most) for day, at in zip(days, seen, strict=True)]
    pairs_of_laps = zip(laps[::2], laps[1::2], strict=True)
    return LapsOfPairs([at_one_speed(x, y) for x, y in pairs_of_laps], kind, edges)


def _coordinate(days: Sequence[Recording], used: Sequence[np.ndarray], section: InterpretationSection, bin_cm: float):
    """Position where all days have it, else time since an event, else none: its kind, values per day and bins."""

    def known(coordinates) -> bool:
        return all(np.isfinite(values[own]).any() for values, own in zip(coordinates, used, strict=True))

    positions = [day.behaviour.position_cm for day in days]
    if all(position is not None for position in positions) and known(positions):
        return "position", positions, position_edges(*positions, bin_cm=bin_cm)
    if all(day.behaviour.events is not None for day in days):
        around = {"before_s": section.before_event_s, "after_s": section.after_event_s}
        times = [time_since_event_s(day.behaviour.events, day.frame_rate_hz, day.gaps, **around) for day in days]
        if known(times):
            return "event", times, bin_edges(*times, width=section.event_bin_s)
    return "none", [None] * len(days), None


def against_pairs(found: LapsOfPairs, *, own: bool, seed: int) -> Against | None:
    """Compare the first pair with the others; None where a day has fewer than 6 laps."""
    return _against(found.pairs, own=own, seed=seed)


def against_halves(found: LapsOfPairs, *, seed: int) -> Against | None:
    """Compare the first pair with first and second halves of its own days; None below 12 laps."""
    halves = [(day.select(slice(len(day) // 2)), day.select(slice(len(day) // 2, None))) for day in found.pairs[0]]
    return _against([found.pairs[0], *halves], own=False, seed=seed)


def _against(pairs: Sequence[tuple[Laps, Laps]], *, own: bool, seed: int) -> Against | None:
    laps = min(len(day) for pair in pairs for day in pair) // 2
    if laps < LEAST_LAPS:
        return None
    pairs = [(x.spread(2 * laps), y.spread(2 * laps)) for x, y in pairs]
    asked, *nulls = [effects(*pair, laps=laps, seed=seed) for pair in pairs]
    kinds = [kind for kind in asked.of if all(np.isfinite(own.of[kind]).any() for own in (asked, *nulls))]
    if not kinds:  # neurons never vary
        return None
    bounds, of_places = interval(*pairs[0], asked, laps=laps, n=_RESAMPLINGS, seed=seed)
    changes = {
        kind: _change(asked.of[kind], [null.of[kind] for null in nulls], bounds[kind], own=own, n_kinds=len(kinds))
        for kind in kinds
    }
    return Against(laps, own, changes, _places(asked, nulls, of_places))


def _change(effect, nulls: list[np.ndarray], bounds: np.ndarray, *, own: bool, n_kinds: int) -> Change:
    pooled = np.stack(nulls) if own else np.concatenate(nulls)
    p = p_values(effect, pooled, own=own)
    return Change(effect, bounds, nulls, p, discoveries(p), share_above(effect, nulls, n_kinds=n_kinds))


def _places(asked: Effects, nulls: Sequence[Effects], bounds: np.ndarray | None) -> dict[str, np.ndarray] | None:
    if asked.places is None or bounds is None:
        return None
    p = p_values(asked.places, np.concatenate([null.places.ravel() for null in nulls if null.places is not None]))
    return {"effect": asked.places, "interval": bounds, "p": p, "q": discoveries(p)}
