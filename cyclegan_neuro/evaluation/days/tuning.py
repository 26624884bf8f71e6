"""Position tuning of recorded and translated activity.

A tuning curve is the mean ΔF/F per position bin, over the frames of the test windows. Windows
overlap, so the values that several windows give for a frame are averaged first: every frame
counts once, as in the recording.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from cyclegan_neuro.evaluation.days.names import SIGNALS
from cyclegan_neuro.evaluation.days.translation import Translation
from cyclegan_neuro.interpret.binned import binned_mean
from cyclegan_neuro.interpret.coordinates import position_coordinate
from cyclegan_neuro.recordings.events import laps_by_position
from cyclegan_neuro.windows.prepared import Day, PreparedPair
from cyclegan_neuro.windows.segmentation import coverage

__all__ = [
    "TuningCurves",
    "compare_curves",
    "curve_errors",
    "lap_halves",
    "pearson",
    "training_curves",
    "tuning_is_known",
    "tuning_metrics",
]

#: Field of a Translation → the day whose laps it belongs to.
_DAY_OF = {field: SIGNALS[field].source for field in ("x", "g_x", "truth_y", "y", "f_y", "truth_x")}
#: Translated field, what it should be, the recorded day it came from and the one it should look like.
_DIRECTIONS = {"y": ("g_x", "truth_y", "x", "y"), "x": ("f_y", "truth_x", "y", "x")}

_STRETCH_S = 10.0
_RESAMPLINGS = 1000  # of neurons, for intervals


def lap_halves(position_cm: np.ndarray, trial: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames of even and of odd laps.

    Parameters
    ----------
    position_cm : ndarray, shape (time,)
    trial : ndarray of int, shape (time,), optional
        Lap numbers, -1 outside laps. Without them laps are those of
        :func:`cyclegan_neuro.recordings.events.laps_by_position`.

    Returns
    -------
    tuple of ndarray of bool, shape (time,)
    """
    trial = laps_by_position(position_cm) if trial is None else trial
    return (trial >= 0) & (trial % 2 == 0), (trial >= 0) & (trial % 2 == 1)


def _test_halves(day: Day, window_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Even and odd laps, or alternate stretches of 10 s where the test windows hold laps of one kind only."""
    behaviour, n_frames = day.recording.behaviour, day.recording.n_frames
    halves = lap_halves(behaviour.position_cm, behaviour.trial)
    tested = coverage(day.starts.test, window_frames=window_frames, n_frames=n_frames)
    tested &= np.isfinite(behaviour.position_cm)
    if all((half & tested).any() for half in halves):
        return halves
    stretch = np.arange(n_frames) // max(1, round(_STRETCH_S * day.recording.frame_rate_hz))
    return stretch % 2 == 0, stretch % 2 == 1


def compare_curves(curves: np.ndarray, reference: np.ndarray, neurons: np.ndarray) -> dict[str, Any]:
    """Return how well ``curves`` match ``reference``, averaged over ``neurons``.

    Parameters
    ----------
    curves, reference : ndarray, shape (bin, neuron)
        In ΔF/F; bins that are NaN in either are left out.
    neurons : ndarray of bool, shape (neuron,)

    Returns
    -------
    dict
        ``correlation``: mean Pearson correlation over neurons whose curves both vary;
        ``mae``: mean absolute difference in ΔF/F; ``n``: neurons; ``n_correlation``: neurons behind
        the correlation; ``correlation_ci95``, ``mae_ci95``: intervals from 1,000 resamplings of neurons. The means
        are NaN where there is nothing to average.
    """
    errors = curve_errors(curves, reference)[neurons]
    a, b = _visited(curves[:, neurons], reference[:, neurons])
    correlations = pearson(a, b) if len(a) else np.zeros(0)
    defined = correlations[np.isfinite(correlations)]
    return {
        "correlation": float(defined.mean()) if defined.size else np.nan,
        "correlation_ci95": _interval(defined),
        "mae": float(errors.mean()) if errors.size else np.nan,
        "mae_ci95": _interval(errors),
        "n": int(errors.size),
        "n_correlation": int(defined.size),
    }


def curve_errors(curves: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the mean absolute difference of each neuron's curves (bin, neuron) over bins visited in both, in ΔF/F."""
    a, b = _visited(curves, reference)
    return np.abs(a - b).mean(axis=0) if len(a) else np.full(curves.shape[1], np.nan)


def _visited(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bins that are known in both."""
    rows = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    return a[rows], b[rows]


def _interval(values: np.ndarray) -> list[float] | None:
    """95 % interval of the mean from resampling neurons; None for fewer than two, or unknown ones."""
    if values.size < 2 or not np.isfinite(values).all():
        return None
    drawn = np.random.default_rng(0).integers(0, values.size, (_RESAMPLINGS, values.size))
    return [float(bound) for bound in np.percentile(values[drawn].mean(axis=1), (2.5, 97.5))]


def pearson(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the correlation of the columns of (bin, neuron); NaN where one of them is constant (to rounding)."""
    centred_a, centred_b = a - a.mean(axis=0), b - b.mean(axis=0)
    norms = np.linalg.norm(centred_a, axis=0), np.linalg.norm(centred_b, axis=0)
    rounding = 1e-7 * np.sqrt(len(a))
    vary = (norms[0] > rounding * np.abs(a).max(axis=0)) & (norms[1] > rounding * np.abs(b).max(axis=0))
    product = norms[0] * norms[1]
    return np.divide((centred_a * centred_b).sum(axis=0), product, out=np.full(len(product), np.nan), where=vary)


def tuning_is_known(prepared: PreparedPair) -> bool:
    """Say whether position tuning can be computed: positions in the test windows of both days, neither made by Φ."""
    return not prepared.is_paired and all(
        _moves_in_test_windows(day, prepared.window_frames) for day in (prepared.x, prepared.y)
    )


def _moves_in_test_windows(day: Day, window_frames: int) -> bool:
    position = day.recording.behaviour.position_cm
    if position is None:
        return False
    tested = position[coverage(day.starts.test, window_frames=window_frames, n_frames=len(position))]
    known = tested[np.isfinite(tested)]
    return known.size > 0 and float(np.ptp(known)) > 0


class TuningCurves:
    """Collects the tuning curves of recorded, translated and true activity over the test windows.

    Parameters
    ----------
    prepared : PreparedPair
        With positions on both days.
    bin_cm : float
    fields : iterable of str
        Fields of a Translation to collect; all when absent. For ``x`` and ``y`` even and odd laps
        are collected apart as well.

    Attributes
    ----------
    edges_cm : ndarray of float64, shape (bin + 1,)
        The same bins for both days.
    """

    def __init__(self, prepared: PreparedPair, *, bin_cm: float, fields: Iterable[str] = tuple(_DAY_OF)):
        along = position_coordinate(prepared.x.recording, prepared.y.recording, bin_cm=bin_cm)
        self.edges_cm = along.edges

        def average(day, frames=None):
            return along.average(day, prepared[day].starts.test, prepared.window_frames, frames=frames)

        self._of_field = {field: [(field, average(_DAY_OF[field]))] for field in fields}
        for day in {"x", "y"} & self._of_field.keys():
            even, odd = _test_halves(prepared[day], prepared.window_frames)
            self._of_field[day] += [(f"{day}_even", average(day, even)), (f"{day}_odd", average(day, odd))]

    def add(self, translation: Translation) -> None:
        """Take the windows of ``translation`` in."""
        for field, accumulators in self._of_field.items():
            windows = getattr(translation, field)
            if windows is not None:
                for _, accumulator in accumulators:
                    accumulator.add(getattr(translation, f"{_DAY_OF[field]}_starts"), windows)

    def curves(self) -> dict[str, np.ndarray]:
        """Return curves (bin, neuron) by field, and ``x_even``, ``x_odd``, ``y_even``, ``y_odd`` of laps."""
        every = [entry for entries in self._of_field.values() for entry in entries]
        return {name: accumulator.curves() for name, accumulator in every if accumulator.has_windows}


def training_curves(prepared: PreparedPair, edges_cm: np.ndarray) -> dict[str, np.ndarray]:
    """Return ``x_train`` and ``y_train``: the tuning (bin, neuron) recorded over the training windows, in ΔF/F."""
    curves = {}
    for name, day in (("x", prepared.x), ("y", prepared.y)):
        recording, starts = day.recording, day.starts.train
        frames = coverage(starts, window_frames=prepared.window_frames, n_frames=recording.n_frames)
        position = recording.behaviour.position_cm
        curves[f"{name}_train"] = binned_mean(position, recording.dff, edges=edges_cm, frames=frames)
    return curves


def tuning_metrics(
    reference: dict[str, np.ndarray], translated: dict[str, dict[str, np.ndarray]], changed: np.ndarray | None
) -> dict[str, dict[str, dict]]:
    """Compare the tuning of translated days with what it should be.

    Parameters
    ----------
    reference : dict
        Curves (bin, neuron) of the recorded days, of their training laps (``x_train``, ``y_train``) and, where known,
        the truth; see :class:`TuningCurves` and :func:`training_curves`.
    translated : dict
        Translator → curves of ``g_x`` and ``f_y``; the model's among them.
    changed : ndarray of bool, shape (neuron,), optional
        Neurons that learning changed, where the truth is known.

    Returns
    -------
    dict
        Group → translator → :func:`compare_curves`, and ``model_closer``: the neurons of the group whose curve the
        model has with a smaller error. With truth the groups are ``changed_y``,
        ``changed_x``, ``unchanged_y``, ``unchanged_x`` (``_y`` compares G(x), ``_x`` compares F(y)) and
        the truth is over the same laps. Without, they are ``all_y`` and ``all_x``, against the tuning
        recorded on the other day. ``training_laps`` stands beside the translators: how near the other day's tuning
        over its training laps comes, which whoever copies it reaches without any translation; of ``all`` neurons it is
        the ceiling. ``noise``, for unchanged neurons: even against odd laps of the recorded day. Each half has half of
        the laps, so this is what two short recordings of the same tuning differ by.
    """
    if changed is None:
        groups = {"all": np.ones(reference["x"].shape[1], bool)}
    else:
        groups = {"changed": changed, "unchanged": ~changed}
    metrics: dict[str, dict[str, dict]] = {}
    for group, neurons in groups.items():
        for direction, (field, truth, source, other) in _DIRECTIONS.items():
            target = reference[other if changed is None else truth]
            entry = {name: compare_curves(curves[field], target, neurons) for name, curves in translated.items()}
            errors = {name: curve_errors(curves[field], target)[neurons] for name, curves in translated.items()}
            for name in errors.keys() - {"model"}:
                entry[name]["model_closer"] = int((errors["model"] < errors[name]).sum())
            entry["training_laps"] = compare_curves(reference[f"{other}_train"], target, neurons)
            if group == "unchanged":
                entry["noise"] = compare_curves(reference[f"{source}_even"], reference[f"{source}_odd"], neurons)
            metrics[f"{group}_{direction}"] = entry
    return metrics
