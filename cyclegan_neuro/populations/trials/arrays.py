"""Trials from arrays: every door to them, files, Neo and Python, leads through here, and every check of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cyclegan_neuro.errors import PairingError, RecordingError
from cyclegan_neuro.populations.segments import count_segments, per_segment, segments_of
from cyclegan_neuro.populations.trials import checks, labels
from cyclegan_neuro.populations.trials.trials import Trials
from cyclegan_neuro.recordings.checks import require
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Origin

__all__ = ["join_days", "trials_from_arrays", "trials_from_neo"]

_PER_BIN = ("condition", "time", "speed", "targets")


def trials_from_arrays(
    values: np.ndarray,
    trial: np.ndarray,
    *,
    bin_s: float,
    condition: np.ndarray | None = None,
    n_conditions: int = 8,
    time: np.ndarray | None = None,
    speed: np.ndarray | None = None,
    targets: np.ndarray | None = None,
    target_names: Sequence[str] = (),
    held_out: np.ndarray | None = None,
    source: str = "in memory",
    names: dict[str, str] | None = None,
    data_origin: Origin = "recorded",
    notes: Sequence[str] = (),
) -> Trials:
    """Check arrays and make trials of them.

    Parameters
    ----------
    values : ndarray, shape (bin, neuron)
        Firing rates in spikes/s: spike counts divided by ``bin_s``, or smoothed.
    trial : ndarray, shape (bin,)
        Whole numbers that rise; bins of -1 lie outside trials and are left out.
    bin_s : float
    condition : ndarray, shape (bin,), optional
        0 to ``n_conditions`` - 1; condition k lies at the angle 2π k / ``n_conditions``. -1 or NaN where there is none.
    n_conditions : int
    time : ndarray, shape (bin,), optional
        Index of the bin in its trial, from 0, counted before any bin was left out.
    speed : ndarray, shape (bin,) or (bin, axis), optional
        Speed, or velocity, of which it is the norm.
    targets : ndarray, shape (bin,) or (bin, target), optional
    target_names : sequence of str
        Numbered when absent.
    held_out : ndarray, shape (trial,), optional
        Not 0 where a trial is held out; in the order of trials, or indexed by their numbers when it is longer.
    source, names, data_origin, notes
        What messages and reports call the file, and each array, in it.

    Raises
    ------
    RecordingError
        If an array has the wrong length or type, or a check finds something critical.

    Examples
    --------
    >>> trials_from_arrays([[0, 10], [10, 0], [20, 0], [0, 0]], [0, 0, 1, 1], bin_s=0.1, time=[0, 1, 0, 1]).n_neurons
    2
    """
    arrays = {"condition": condition, "time": time, "speed": speed, "targets": targets}
    where = {
        name: f"{source}, field {(names or {}).get(name, name)}" for name in ("values", "trial", "held_out", *arrays)
    }
    found = labels.numbers(values, where["values"])
    numbered = labels.whole(
        labels.numbers(trial, where["trial"]), where["trial"], fix="number trials from 0 in their order"
    )
    labels.require_matrix(found, numbered, where["values"])
    given = {name: labels.numbers(array, where[name]) for name, array in arrays.items() if array is not None}
    for name, array in {"trial": numbered, **given}.items():
        labels.require_length(array, found, where[name], per_trial=np.unique(numbered).size)
    inside = numbered >= 0
    if not inside.any():
        raise RecordingError(
            where["trial"], got="no bin in a trial (all -1)", expected="trials from 0", fix="name the field with trials"
        )
    if not inside.all():
        notes = (*notes, f"{where['trial']}: {int((~inside).sum()):,} bins outside trials (-1) are left out")
    given = {name: array[inside] for name, array in given.items()}
    trials = Trials(
        values=found[inside].astype(np.float32), unit="spikes/s", bin_s=float(bin_s), trial=numbered[inside],
        n_conditions=n_conditions, source=source, data_origin=data_origin, notes=tuple(notes),
        **_labels(given, target_names, n_conditions, where),
    )  # fmt: skip
    if held_out is not None:
        trials = replace(
            trials, held_out=labels.held_out(labels.numbers(held_out, where["held_out"]), trials, where["held_out"])
        )
    findings = [finding for check in checks.CHECKS for finding in check(trials, where)]
    require(findings)
    return replace(trials, findings=tuple(findings))


def _labels(
    given: dict[str, np.ndarray], target_names: Sequence[str], n_conditions: int, where: dict[str, str]
) -> dict:
    """Return the fields of :class:`Trials` that say what happened in each bin."""
    known: dict[str, Any] = {}
    if "condition" in given:
        known["condition"] = labels.conditions(given["condition"], n_conditions, where["condition"])
    if "time" in given:
        fix = "give the index of each bin in its trial: floor(seconds since its start / bin_s)"
        known["time"] = labels.whole(given["time"], where["time"], fix=fix, least=0)
    if "speed" in given:
        velocity = given["speed"].reshape(len(given["speed"]), -1)
        known["speed"] = np.linalg.norm(velocity, axis=1).astype(np.float32)
    if "targets" in given:
        targets = given["targets"].reshape(len(given["targets"]), -1)
        known["targets"] = targets.astype(np.float32)
        named = tuple(map(str, target_names)) or tuple(f"target {n}" for n in range(targets.shape[1]))
        labels.require_names(named, targets, where["targets"])
        known["target_names"] = named
    return known


def join_days(x: Trials, y: Trials) -> Trials:
    """Return two days of the same neurons as one: day 0 and 1, the trials of y numbered on.

    Raises
    ------
    PairingError
        If they differ in neurons, bins, or in what is known of each bin.
    """
    for what, of_x, of_y, fix in (
        ("neurons", x.n_neurons, y.n_neurons, "give the same neurons in the same columns; nothing is cut off to fit"),
        ("seconds a bin", x.bin_s, y.bin_s, "bin both days alike"),
        ("targets", x.target_names, y.target_names, "name the same targets on both days (fields: {targets: ...})"),
        ("labels", _known(x), _known(y), "name them on both days, or leave them out of both (fields: {name: ''})"),
    ):  # fmt: skip
        if of_x != of_y:
            raise PairingError(
                f"data.x and data.y ({x.source}, {y.source})", got=f"{what}: {_told(of_x)} on day x, {_told(of_y)} on "
                "day y", expected="the same on both", fix=fix,
            )  # fmt: skip
    findings = (*x.findings, *y.findings)
    if np.array_equal(x.values, y.values):
        findings = (*findings, _one_day_twice(y.source))
    first = int(x.trial.max()) + 1
    joined = {name: np.concatenate([getattr(x, name), getattr(y, name)]) for name in ("values", *_known(x))}
    named = [day.held_out + shift for day, shift in ((x, 0), (y, first)) if day.held_out is not None]
    return replace(
        x, **joined, trial=np.concatenate([x.trial, y.trial + first]), source=f"{x.source} and {y.source}",
        day=np.repeat(np.array([0, 1], np.int64), [x.n_bins, y.n_bins]), findings=findings,
        held_out=np.concatenate(named) if named else None,
        notes=(*x.notes, *y.notes, f"the trials of {y.source} are numbered from {first}"),
    )  # fmt: skip


def _one_day_twice(source: str) -> Finding:
    return Finding(
        "warning", "one_day_twice", f"data.y, {source}", got="the same activity on both days", expected="two days",
        fix="name the file, or the group, of the other day",
    )  # fmt: skip


def _known(trials: Trials) -> tuple[str, ...]:
    return tuple(name for name in _PER_BIN if getattr(trials, name) is not None)


def _told(value: Any) -> str:
    return (", ".join(value) or "none") if isinstance(value, tuple) else f"{value:g}"


def trials_from_neo(block: Any, *, bin_s: float, condition: Any = None, n_conditions: int = 8) -> Trials:
    """Count spikes in bins: each Neo segment is a trial, each of its spike trains a neuron.

    Parameters
    ----------
    block : neo.Block or sequence of neo.Segment
        The same neurons in the same order in every segment. A last bin that is not whole is left out.
    bin_s : float
    condition : str or sequence of int, optional
        Annotation of the segments, or one value for each; see :func:`trials_from_arrays`.
    n_conditions : int

    Raises
    ------
    RecordingError
        If segments have different numbers of trains, one is shorter than a bin, or a check finds something critical.
    """
    segments = segments_of(block)
    counts = count_segments(segments, bin_s=bin_s)
    condition = per_segment(condition, segments, "condition")
    lengths = [len(part) for part in counts]
    return trials_from_arrays(
        np.concatenate(counts) / bin_s, np.repeat(np.arange(len(counts)), lengths), bin_s=bin_s,
        condition=None if condition is None else np.repeat(condition, lengths), n_conditions=n_conditions,
        time=np.concatenate([np.arange(length) for length in lengths]), source="Neo segments",
    )  # fmt: skip
