"""Signal metrics: mean absolute differences between windows, in ΔF/F.

References
----------
Li et al. 2021, sections 2.3, 3.1 and 3.2, Tables 1 and G.1.
"""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.days.names import METRICS
from cyclegan_neuro.evaluation.days.translation import Translation
from cyclegan_neuro.recordings.simulate.phi import best_possible
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.scaling import invert

__all__ = ["SignalErrors", "add_gap_closed", "phi_bounds", "statistics", "window_errors"]


def window_errors(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the mean absolute difference of each pair of windows.

    Parameters
    ----------
    a, b : ndarray, shape (window, time, neuron)
        In ΔF/F; where one holds more windows than the other, the surplus is left out.

    Returns
    -------
    ndarray of float64, shape (window,)

    Examples
    --------
    >>> window_errors(np.zeros((1, 2, 2)), np.array([[[1.0, -1.0], [0.0, 2.0]]]))
    array([1.])
    """
    # window by window: a difference of whole chunks would be the largest array of an evaluation
    pairs = zip(a, b, strict=False)
    return np.array([np.abs(first - second).mean(dtype=np.float64) for first, second in pairs])


def statistics(values: np.ndarray) -> dict[str, float | int]:
    """Return mean, standard deviation (divided by n) and number of ``values`` over windows."""
    values = np.asarray(values, np.float64)
    return {"mean": float(values.mean()), "std": float(values.std()), "n": int(values.size)}


class SignalErrors:
    """Collects the errors of one translator, chunk by chunk: one number per metric and window.

    Parameters
    ----------
    changed : ndarray of bool, shape (neuron,), optional
        The neurons that learning changed; where it is unknown, or none did, their metrics stay absent.
    """

    def __init__(self, changed: np.ndarray | None = None) -> None:
        self._values: dict[str, list[np.ndarray]] = {}
        self._changed = changed if changed is not None and changed.any() else None

    def add(self, translation: Translation) -> None:
        """Take the windows of ``translation`` in; metrics without truth stay absent."""
        for metric, (a, b, of_changed) in METRICS.items():
            first, second = getattr(translation, a), getattr(translation, b)
            neurons = self._changed if of_changed else slice(None)
            if first is not None and second is not None and neurons is not None:
                errors = window_errors(first[..., neurons], second[..., neurons])
                self._values.setdefault(metric, []).append(errors)

    def summary(self) -> dict[str, dict[str, float | int]]:
        """Return mean, std and n over windows by metric."""
        return {metric: statistics(np.concatenate(values)) for metric, values in self._values.items()}


def phi_bounds(prepared: PreparedPair) -> dict[str, dict[str, float | int]]:
    """Return what no translator of Φ can beat on the test windows; empty where y is not Φ(X).

    Returns
    -------
    dict
        Metric → statistics, see :func:`cyclegan_neuro.recordings.simulate.phi.best_possible`.
    """
    if not prepared.is_paired:
        return {}
    transform, inverse = prepared.y.transform, prepared.order.inverse
    bounds = best_possible(
        prepared.x.recording.dff,
        invert(transform.offset[:, inverse], prepared.y.scaling),
        starts=prepared.x.starts.test,
        mask=transform.mask[:, inverse],
    )
    return {metric: statistics(getattr(bounds, metric)) for metric in ("direct_x", "direct_y")}


def add_gap_closed(signals: dict[str, dict[str, dict]]) -> None:
    """Add ``gap_closed`` to every translator of the direct metrics, in place.

    The share of the way from ``identity`` to ``best_possible`` that a translator went: 0 is no
    better than doing nothing, 1 cannot be improved, below 0 is worse than doing nothing. Left out
    where the best possible is not known.

    Parameters
    ----------
    signals : dict
        Metric → translator → statistics, with ``identity`` and, where known, ``best_possible``.
    """
    for metric in ("direct_x", "direct_y"):
        by_translator = signals.get(metric, {})
        if not {"identity", "best_possible"} <= by_translator.keys():
            continue
        worst, best = by_translator["identity"]["mean"], by_translator["best_possible"]["mean"]
        if worst <= best:
            continue
        for name, entry in by_translator.items():
            if name not in ("identity", "best_possible"):
                entry["gap_closed"] = (worst - entry["mean"]) / (worst - best)
