"""One imaging session as every other part of the package sees it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Literal, get_args

import numpy as np

__all__ = ["COUNTS", "ORIGINS", "Behaviour", "Origin", "Recording", "Truth"]

#: Fields of :class:`Behaviour` that count what fell into a frame, and keep their sum at any frame rate.
COUNTS = ("licks", "rewards", "events")

Origin = Literal["recorded", "simulated", "semi-synthetic", "translated"]
"""Measured in an animal, made by a simulator, both (measured spikes, modelled fluorescence), or made by a network."""
ORIGINS: tuple[Origin, ...] = get_args(Origin)


@dataclass(frozen=True, eq=False)
class Behaviour:
    """What the animal did, per imaging frame; every field is optional.

    Attributes
    ----------
    position_cm : ndarray of float32, shape (time,), optional
        Position in the corridor.
    licks, rewards : ndarray of uint8, shape (time,), optional
        Number of licks and of rewards within the frame.
    trial : ndarray of int32, shape (time,), optional
        Trial (lap) number, counted from 0; -1 outside trials.
    speed_cm_s : ndarray of float32, shape (time,), optional
        Running speed.
    events : ndarray of uint8, shape (time,), optional
        Number of event onsets (a stimulus, an odour, a cue) within the frame.
    """

    position_cm: np.ndarray | None = None
    licks: np.ndarray | None = None
    rewards: np.ndarray | None = None
    trial: np.ndarray | None = None
    speed_cm_s: np.ndarray | None = None
    events: np.ndarray | None = None

    def available(self) -> dict[str, np.ndarray]:
        """Return the fields that are present, by name."""
        present = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: values for name, values in present.items() if values is not None}


@dataclass(frozen=True, eq=False)
class Truth:
    """What only a simulator knows.

    Attributes
    ----------
    spikes : ndarray of uint8, shape (time, neuron)
        Spikes per frame.
    changed : ndarray of bool, shape (neuron,)
        Neurons that learning changed.
    change : ndarray of str, shape (neuron,)
        ``"none"``, or how: ``"moved"``, ``"silenced"``, ...; docs/simulator.md lists them for each kind of learning.
    field_before_cm, field_after_cm : ndarray of float32, shape (neuron,)
        Centre of the place field on the novice and on the expert day; NaN without one.
    other_day_dff : ndarray of float32, shape (time, neuron)
        The same laps as the brain of the other day would have answered them:
        same trajectory and random numbers, so only what learning changed differs.
    other_day_spikes : ndarray of uint8, shape (time, neuron)
        The spikes behind ``other_day_dff``.
    state : ndarray of uint8, shape (time,), optional
        Hidden state of the animal: 1 while it is engaged; absent where the simulation has none.
    """

    spikes: np.ndarray
    changed: np.ndarray
    change: np.ndarray
    field_before_cm: np.ndarray
    field_after_cm: np.ndarray
    other_day_dff: np.ndarray
    other_day_spikes: np.ndarray
    state: np.ndarray | None = None

    def select_neurons(self, columns: np.ndarray) -> Truth:
        """Return the truth of the neurons in ``columns``, in that order."""
        of_neurons = {f.name: getattr(self, f.name)[..., columns] for f in fields(self) if f.name != "state"}
        return Truth(**of_neurons, state=self.state)

    def available(self) -> dict[str, np.ndarray]:
        """Return the fields that are present, by name."""
        present = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: values for name, values in present.items() if values is not None}


@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """ΔF/F of one session, with what is known about neurons and behaviour.

    Attributes
    ----------
    dff : ndarray of float32, shape (time, neuron)
        ΔF/F as a fraction (0.5 is 50 %).
    frame_rate_hz : float
        Imaging frames per second.
    roi_ids : tuple of str, optional
        Names that identify the neurons across days, in column order.
    roi_xy_um : ndarray of float32, shape (neuron, 2), optional
        Centres of the regions of interest in micrometres.
    behaviour : Behaviour
        Per-frame behaviour.
    gaps : ndarray of int64, shape (gap,)
        Frames after which time is not continuous: a gap ``g`` lies between
        frames ``g`` and ``g + 1``. Windows never cross one.
    subject, session, source : str
        Who, which day, and where the data came from (a path, or the simulator); words for people, which nothing is
        decided by.
    data_origin : {"recorded", "simulated", "semi-synthetic", "translated"}
        What kind of data this is. Whoever makes a recording that was not measured says so here, and files keep it.
    days_mixed : bool
        Whether this is one of two days that :func:`shuffling.shuffle_days` mixed: a control, neither novice nor expert.
    indicator : str
        Calcium indicator, for example ``"GCaMP6f"``; empty where it is not known. As it is written:
        :func:`indicators.indicator_of` tells which one is meant.
    cell_type : str
        Cell type of all neurons, for example ``"PV"``; empty where it is not known (:func:`indicators.cell_type_of`).
    truth : Truth, optional
        Known only for simulated sessions.
    roi_rows : ndarray of int64, shape (neuron,), optional
        Rows of the neurons, from 0, in the list of the program that found them, of which not all are read; what tables
        of matched cells count by. Never what identifies a neuron across days.

    Examples
    --------
    >>> day = Recording(np.zeros((48, 3), np.float32), frame_rate_hz=24.0, roi_ids=("a", "b", "c"))
    >>> day.duration_s, day.select_neurons([2, 0]).roi_ids
    (2.0, ('c', 'a'))
    >>> day
    Recording(recording: 48 frames x 3 neurons, 24.0 Hz, recorded)
    """

    dff: np.ndarray
    frame_rate_hz: float
    roi_ids: tuple[str, ...] | None = None
    roi_xy_um: np.ndarray | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    gaps: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    subject: str = ""
    session: str = ""
    source: str = ""
    data_origin: Origin = "recorded"
    days_mixed: bool = False
    indicator: str = ""
    cell_type: str = ""
    truth: Truth | None = None
    roi_rows: np.ndarray | None = None

    def __repr__(self) -> str:
        shape: tuple[int, ...] = getattr(self.dff, "shape", ())  # whatever was given: nothing is checked yet
        size = f"{shape[0]:,} frames x {shape[1]:,} neurons" if len(shape) == 2 else f"dff of shape {shape}"
        return f"Recording({self.label}: {size}, {self.frame_rate_hz} Hz, {self.data_origin})"

    @property
    def n_frames(self) -> int:
        return self.dff.shape[0]

    @property
    def n_neurons(self) -> int:
        return self.dff.shape[1]

    @property
    def duration_s(self) -> float:
        return self.n_frames / self.frame_rate_hz

    @property
    def label(self) -> str:
        """Subject and session, or the source without them, in one line: how messages call this recording.

        Examples
        --------
        >>> day = Recording(np.zeros((5, 2), np.float32), frame_rate_hz=24.0, subject="mouse 3", session=None)
        >>> day.label, replace(day, session="day\\n1").label
        ('mouse 3', 'mouse 3 day 1')
        """
        named = " ".join(filter(None, (self.subject, self.session))) or self.source or ""
        return " ".join(named.split()) or "recording"

    def select_neurons(self, columns: np.ndarray) -> Recording:
        """Return the recording of the neurons in ``columns``, in that order."""
        columns = np.asarray(columns)
        return replace(
            self,
            dff=np.ascontiguousarray(self.dff[:, columns]),
            roi_ids=None if self.roi_ids is None else tuple(self.roi_ids[c] for c in columns),
            roi_xy_um=None if self.roi_xy_um is None else self.roi_xy_um[columns],
            roi_rows=None if self.roi_rows is None else self.roi_rows[columns],
            truth=None if self.truth is None else self.truth.select_neurons(columns),
        )
