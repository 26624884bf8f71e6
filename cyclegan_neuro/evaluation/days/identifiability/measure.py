"""Symmetry tests of this run's map, and the agreement of its change with that of other runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from cyclegan_neuro.evaluation.days.baselines import find_places
from cyclegan_neuro.evaluation.days.baselines.places import Places
from cyclegan_neuro.evaluation.days.beyond.parts import FIELDS, FrameCollector, Part, part_of
from cyclegan_neuro.evaluation.days.identifiability.agreement import Agreement, Change, OtherRun, agree, change_of
from cyclegan_neuro.evaluation.days.identifiability.symmetry import Symmetry, find_symmetry, lap_sums
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.sections import DaysConfig
from cyclegan_neuro.evaluation.days.translation import translate
from cyclegan_neuro.recordings.permuting import permuted_columns
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["Identifiability", "frames_of_others", "identifiability"]

_ALIGNMENTS = ("position_shift", "event_shift", "moment_matching")  # the first that there is

Made = list[tuple[OtherRun, np.ndarray]]
"""Runs and what their G makes of the test frames of day x, (row, neuron)."""


@dataclass(frozen=True, eq=False)
class Identifiability:
    """What speaks for this mapping, and what against.

    Attributes
    ----------
    places : {"position", "event", "none"}
    n_laps : tuple of int
        Of the test parts of x and y, where positions are known.
    bin_cm : float
    symmetry : dict of str to Symmetry
        ``model``, ``identity`` (day x as recorded) and ``training_laps`` (of day y) against the test laps of day y;
        empty without position or with too few laps.
    agreement : Agreement
    """

    places: Literal["position", "event", "none"]
    n_laps: tuple[int, int]
    bin_cm: float
    symmetry: dict[str, Symmetry]
    agreement: Agreement

    def to_json(self) -> dict:
        """Return what ``metrics.json`` holds of it."""
        symmetry = {name: one.to_json() for name, one in self.symmetry.items()}
        return {"symmetry": symmetry, "agreement": asdict(self.agreement)}


def frames_of_others(config: DaysConfig, prepared: PreparedPair, others: Iterable[OtherRun]) -> Made:
    """Translate the test frames of day x with other runs, one at a time."""
    parts = _test_parts(prepared, find_places(config.evaluation, prepared))
    found = []
    for other in others:
        collected = FrameCollector(prepared, parts)
        for translation in translate(other.translator, prepared, batch_size=config.evaluation.batch_size):
            collected.add(translation)
        found.append((other, collected.made[FIELDS["y"]]))
    return found


def identifiability(
    config: DaysConfig, prepared: PreparedPair, found: Measurements, others: Made, *, begins_as: str | None = None
) -> Identifiability | None:
    """Test symmetries and compare runs; None where the test parts are too short for scores beyond tuning.

    Parameters
    ----------
    config : DaysConfig
    prepared : PreparedPair
    found : Measurements
    others : list
        From :func:`frames_of_others`.
    begins_as : str, optional
        Alignment that all these runs were before training; beyond it is what training found.
    """
    if not found.made:
        return None
    places = find_places(config.evaluation, prepared)
    parts, kind = _test_parts(prepared, places), "none" if places is None else places.kind
    symmetry, n_laps = {}, (0, 0)
    if places is not None and kind == "position" and found.tuning:
        symmetry, n_laps = _symmetries(prepared, places, parts, found.made["model"])
    agreement = _agreement(config, prepared, parts["x"], found.made, others, begins_as)
    return Identifiability(kind, n_laps, config.evaluation.position_bin_cm, symmetry, agreement)


def _test_parts(prepared: PreparedPair, places: Places | None) -> dict[str, Part]:
    return {day: part_of(prepared, places, day, prepared[day].starts.test) for day in FIELDS}


def _symmetries(prepared: PreparedPair, places: Places, parts: dict[str, Part], made: np.ndarray):
    """Tests of G(X), X and the training laps of y against the test laps of y, and the laps of both days."""

    def sums(part: Part, dff: np.ndarray | None = None):
        day = prepared[part.day].recording
        return lap_sums(part, day.dff[part.frames] if dff is None else dff, day.behaviour, n_places=places.n)

    x, y = sums(parts["x"]), sums(parts["y"])
    training = sums(part_of(prepared, places, "y", prepared.y.starts.train))
    laps = {"model": sums(parts["x"], made), "identity": x, "training_laps": training}
    tests = {name: find_symmetry(own, y) for name, own in laps.items()}
    return {name: one for name, one in tests.items() if one is not None}, (len(x[0]), len(y[0]))


def _agreement(
    config: DaysConfig,
    prepared: PreparedPair,
    part: Part,
    made: dict[str, np.ndarray],
    others: Made,
    begins_as: str | None,
) -> Agreement:
    x = prepared.x.recording
    recorded, scale = x.dff[part.frames], x.dff.std(axis=0, dtype=np.float64)

    def change(frames: np.ndarray) -> Change:
        return change_of(part, frames, recorded, scale)

    own = _columns(prepared, (config.data.permuted_share, config.data.permuted_seed))
    seeds = {"this run": change(made["model"])}
    permuted: dict[float, list[tuple[Change, np.ndarray]]] = {}
    for other, frames in others:
        columns = _columns(prepared, other.permutation)
        if np.array_equal(columns, own):
            seeds[other.name] = change(frames)
        else:
            kept = (own == np.arange(len(own))) & (columns == np.arange(len(own)))
            permuted.setdefault(other.permutation[0], []).append((change(frames), kept))
    name = next(name for name in (begins_as, *_ALIGNMENTS) if name in made)
    truth = None
    if prepared.truth_is_known:
        truth = change(x.truth.other_day_dff[part.frames])
    return agree(seeds, (name, change(made[name])), truth=truth, permuted=permuted)


def _columns(prepared: PreparedPair, permutation: tuple[float, int]) -> np.ndarray:
    share, seed = permutation
    return permuted_columns(prepared.n_neurons, share=share, seed=seed)
