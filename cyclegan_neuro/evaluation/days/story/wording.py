"""Words that the blocks share: names of metrics and translators, numbers, templates."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from cyclegan_neuro.evaluation import wording
from cyclegan_neuro.evaluation.contents import significant
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = [
    "ALIGNMENTS",
    "ALIGNMENTS_ALONE",
    "ALIGNMENTS_WITH_PLACE",
    "PLACE_USED",
    "TRANSLATOR_LABELS",
    "alignments",
    "best_alignments",
    "is_mixed",
    "label_of",
    "mean_sd",
    "row_label",
    "tell",
]

TRANSLATOR_LABELS = {
    "identity": "identity (does nothing)",
    "moment_matching": "moment matching",
    "quantile_matching": "quantile matching",
    "gaussian_ot": "Gaussian OT",
    "lagged_ot": "Gaussian OT over five lags",
    "position_shift": "tuning shift",
    "position_moments": "moments per position",
    "position_moments_ot": "moments per position with Gaussian OT",
    "position_moments_state": "moments per position and inferred state",
    "position_filter": "filter in time along positions",
    "event_shift": "shift per time since the event",
    "event_moments": "moments per time since the event",
    "event_moments_ot": "moments per time since the event with Gaussian OT",
    "event_moments_state": "moments per time since the event and inferred state",
    "event_filter": "filter in time around the event",
    "window_shift": "shift per time in the window",
    "window_moments": "moments per time in the window",
    "window_moments_ot": "moments per time in the window with Gaussian OT",
    "best_possible": "best possible",
    "noise": "noise of the estimate",
    "training_laps": "training laps of the other day, copied",
    "recorded": "recorded days",
}
ALIGNMENTS_ALONE = ("moment_matching", "quantile_matching", "gaussian_ot", "lagged_ot")
"""Alignments that see activity alone, as the networks do."""
PLACE_USED = {
    f"{place}_{what}": words
    for place, words in (
        ("position", "position"), ("event", "time since the event"), ("window", "time in the window")
    )
    for what in ("shift", "moments", "moments_ot", *(() if place == "window" else ("moments_state", "filter")))
}  # fmt: skip
"""What other alignments know of each frame."""
ALIGNMENTS_WITH_PLACE = tuple(PLACE_USED)
ALIGNMENTS = (*ALIGNMENTS_ALONE, *ALIGNMENTS_WITH_PLACE)
_ROUNDING = 1e-6  # ΔF/F; what float32 leaves of an exact inversion


def alignments(present: Collection[str], names: tuple[str, ...] = ALIGNMENTS) -> tuple[str, ...]:
    """Return those of the alignments ``names`` that are ``present``, in the order of the report."""
    return tuple(name for name in names if name in present)


def best_alignments(errors: Mapping[str, float]) -> tuple[str, ...]:
    """Return the alignment with the least error of those that see activity alone, and of those that know places.

    Examples
    --------
    >>> best_alignments({"model": 0.1, "gaussian_ot": 0.3, "lagged_ot": 0.2, "position_shift": 0.4})
    ('lagged_ot', 'position_shift')
    >>> best_alignments({"moment_matching": 0.3})
    ('moment_matching',)
    """
    groups = (alignments(errors, names) for names in (ALIGNMENTS_ALONE, ALIGNMENTS_WITH_PLACE))
    return tuple(min(group, key=lambda name: (math.isnan(errors[name]), errors[name])) for group in groups if group)


def label_of(name: str, model: str) -> str:
    """Return what sentences call a translator; ``model`` is what the system that is evaluated calls itself."""
    return model if name == "model" else TRANSLATOR_LABELS[name]


def row_label(name: str, model: str = "model") -> str:
    """Return the name of a translator in a table, where those that know places are marked.

    Examples
    --------
    >>> row_label("position_shift")
    'tuning shift (uses position)'
    """
    mark = f" (uses {PLACE_USED[name]})" if name in PLACE_USED else ""
    return f"{label_of(name, model)}{mark}"


def tell(name: str, **facts: Any) -> dict[str, tuple[str, ...]]:
    """Fill in one of the templates beside this module; see :func:`cyclegan_neuro.evaluation.wording.tell`."""
    return wording.tell(Path(__file__).with_name(f"{name}.j2"), **facts)


def mean_sd(entry: dict | None) -> str | None:
    """Return ``mean ± standard deviation`` for a cell that does not wrap, None for a metric that does not apply."""
    if entry is None:
        return None
    if entry["mean"] < _ROUNDING:
        return "0"
    return f"{significant(entry['mean'])}\u00a0±\u00a0{significant(entry['std'], digits=2)}"


def is_mixed(prepared: PreparedPair) -> bool:
    """Say whether the days are the mixed ones of the control, which nothing distinguishes."""
    return prepared.x.recording.days_mixed
