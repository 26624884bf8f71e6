"""Names of models and statistics in tables and figures."""

from __future__ import annotations

from cyclegan_neuro.populations.statistics import NAMES

__all__ = ["FLOOR", "LABELS", "MODEL", "statistic_label"]

MODEL, FLOOR = "model", "floor"
"""The generator, and half of the recorded samples against the other, among the models that are compared."""
LABELS = {
    "dichotomized_gaussian": "dichotomized Gaussian",
    "stimulus_gaussian": "dichotomized Gaussian along the stimulus",
    "k_pairwise": "k-pairwise",
    "independent": "independent",
    FLOOR: "recorded, half against half",
    "generated": "generated",
    "held_out": "recorded, held out",
    "training": "training, to another one",
}
"""What baselines, the floor and the sets of samples are called whose nearest training samples are looked for."""
_TRACE_NAMES = {"spike_count": "mean", "time_course_hz": "time course"}
_UNITS = {"spike_count": "spikes/sample", "time_course_hz": "spikes/s"}


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
