"""What maps are averaged along: the position in the corridor, or the time since an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.interpret.binned import BinnedAverage, bin_edges
from cyclegan_neuro.recordings.events import time_since_event_s
from cyclegan_neuro.recordings.recording import Recording

__all__ = [
    "Coordinate",
    "choose_coordinate",
    "event_coordinate",
    "position_coordinate",
    "position_edges",
    "reward_zone",
]

#: Bins of position that curves can be drawn along: of fewer no correlation means anything, more are hardly visited.
POSITION_BINS = (3, 1000)


@dataclass(frozen=True, eq=False)
class Coordinate:
    """A value per frame of both days, and bins that both share.

    Attributes
    ----------
    kind : {"position", "event"}
    x, y : ndarray, shape (time,)
        Value per frame; NaN belongs to no bin.
    edges : ndarray of float64, shape (bin + 1,)
    unit : str
    zone : tuple of float, optional
        Where rewards are given: first and last position.
    """

    kind: Literal["position", "event"]
    x: np.ndarray
    y: np.ndarray
    edges: np.ndarray
    unit: str
    zone: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """Axis label with unit."""
        return f"position ({self.unit})" if self.kind == "position" else f"time since the event ({self.unit})"

    def average(self, day: str, starts: np.ndarray, window_frames: int, *, frames=None) -> BinnedAverage:
        """Return what averages windows of a day per bin."""
        values = getattr(self, day)
        return BinnedAverage(values, starts, window_frames=window_frames, edges=self.edges, frames=frames)

    @property
    def centres(self) -> np.ndarray:
        return (self.edges[:-1] + self.edges[1:]) / 2


def choose_coordinate(
    section: InterpretationSection, x: Recording, y: Recording, *, bin_cm: float
) -> Coordinate | None:
    """Return the position of both days, else the time since an event, else None."""
    position = position_coordinate(x, y, bin_cm=bin_cm)
    if position is not None:
        return position
    return event_coordinate(
        x, y, before_s=section.before_event_s, after_s=section.after_event_s, bin_s=section.event_bin_s
    )


def position_coordinate(x: Recording, y: Recording, *, bin_cm: float) -> Coordinate | None:
    """Return the position of both days; None where it is unknown on either.

    Raises
    ------
    ConfigurationError
        As :func:`position_edges`.
    """
    days = (x.behaviour, y.behaviour)
    if any(day.position_cm is None or not np.isfinite(day.position_cm).any() for day in days):
        return None
    x_cm, y_cm = (day.position_cm for day in days)
    return Coordinate("position", x_cm, y_cm, position_edges(x_cm, y_cm, bin_cm=bin_cm), "cm", reward_zone(x, y))


def position_edges(*positions_cm: np.ndarray, bin_cm: float) -> np.ndarray:
    """Return the edges of bins over all positions, float64 (bin + 1,); one bin where they never change.

    Raises
    ------
    ConfigurationError
        If there are too few or too many: mostly a position in another unit, or a value that lies far outside.

    Examples
    --------
    >>> position_edges(np.array([0.5, 9.0]), bin_cm=4.0)
    array([ 0.,  4.,  8., 12.])
    """
    low, high = min(map(np.nanmin, positions_cm)), max(map(np.nanmax, positions_cm))
    number = np.ceil(high / bin_cm) - np.floor(low / bin_cm)
    fewest, most = POSITION_BINS
    if low == high or fewest <= number <= most:
        return bin_edges(*positions_cm, width=bin_cm)
    raise ConfigurationError(
        "evaluation.position_bin_cm",
        got=f"{bin_cm:g} cm, of which positions from {low:.6g} to {high:.6g} cm make {max(number, 1):,.0f}",
        expected=f"{fewest} to {most:,} bins",
        fix="bring the position to centimetres on both days, write NaN where it lies far outside, set another bin, or "
        "leave the position out (data.x.fields and data.y.fields: {position_cm: null})",
    )


def event_coordinate(x: Recording, y: Recording, *, before_s: float, after_s: float, bin_s: float) -> Coordinate | None:
    """Return the time since an event for both days; None where either has no event."""
    days = (x, y)
    if any(day.behaviour.events is None or not day.behaviour.events.any() for day in days):
        return None
    x_s, y_s = (
        time_since_event_s(day.behaviour.events, day.frame_rate_hz, day.gaps, before_s=before_s, after_s=after_s)
        for day in days
    )
    return Coordinate("event", x_s, y_s, bin_edges(x_s, y_s, width=bin_s), "s")


def reward_zone(*days: Recording) -> tuple[float, float] | None:
    """Return where rewards were given: 5th and 95th percentile of the position at rewards, in cm; None if unknown."""
    rewarded = [
        one.position_cm[one.rewards > 0]
        for one in (day.behaviour for day in days)
        if one.rewards is not None and one.position_cm is not None
    ]
    positions = np.concatenate(rewarded) if rewarded else np.zeros(0)
    positions = positions[np.isfinite(positions)]
    if not positions.size:
        return None
    low, high = np.percentile(positions, (5, 95))
    return float(low), float(high)
