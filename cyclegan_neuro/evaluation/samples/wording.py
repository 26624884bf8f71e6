"""Names of models and statistics in tables and figures."""

from __future__ import annotations

from cyclegan_neuro.populations.statistics import NAMES

__all__ = ["FLOOR", "MODEL", "label", "nearest_label", "statistic_label"]

MODEL, FLOOR = "model", "floor"
"""The generator, and half of the recorded samples against the other, among the models that are compared."""
_LABELS = {
    "dichotomized_gaussian": "dichotomized Gaussian",
    "stimulus_gaussian": "dichotomized Gaussian along the stimulus",
    "k_pairwise": "k-pairwise",
    "independent": "independent",
    FLOOR: "recorded, half against half",
}
_NEAREST_LABELS = {
    "generated": "generated",
    "held_out": "recorded, held out",
    "training": "training, to another one",
}
_TRACE_NAMES = {"spike_count": "mean", "time_course_hz": "time course"}
_UNITS = {"spike_count": "spikes/sample", "time_course_hz": "spikes/s"}


def label(model: str) -> str:
    """Return what a baseline, or the floor, is called."""
    return _LABELS[model]


def nearest_label(name: str) -> str:
    """Return what samples are called whose nearest training samples were looked for: a model's, or recorded ones."""
    return _NEAREST_LABELS.get(name) or label(name)


def statistic_label(name: str, *, spikes: bool) -> str:
    """Return what a statistic is called, with the unit where it has one.

    Examples
    --------
    >>> statistic_label("spike_count", spikes=True), statistic_label("spike_count", spikes=False)
    ('spike count (spikes/sample)', 'mean (ΔF/F)')
    """
    if not spikes:
        return f"{_TRACE_NAMES[name]} (ΔF/F)" if name in _TRACE_NAMES else NAMES[name]
    return f"{NAMES[name]} ({_UNITS[name]})" if name in _UNITS else NAMES[name]
