"""Translators that a sceptic would try first, from doing nothing to moments at each position.

All are fitted on the training part only (a shrinkage may be chosen on validation windows), work on ΔF/F windows in the
user's neuron order, and take the same way through :func:`..translation.translate` as the model does. Those that use
the position (or the time since an event, or in the window) know more than the model, which sees activity alone.
"""

from __future__ import annotations

from cyclegan_neuro.evaluation.days.baselines.alignments import Alignment, Identity, MomentMatching, QuantileMatching
from cyclegan_neuro.evaluation.days.baselines.filters import PlaceFilter
from cyclegan_neuro.evaluation.days.baselines.places import (
    PlaceMoments,
    PlaceMomentsOT,
    Places,
    PlaceShift,
    statistics_per_place,
)
from cyclegan_neuro.evaluation.days.baselines.states import PlaceMomentsState
from cyclegan_neuro.evaluation.days.baselines.transports import GaussianOT, LaggedOT, shrunk_moments
from cyclegan_neuro.evaluation.days.sections import EvaluationSection
from cyclegan_neuro.interpret.coordinates import choose_coordinate
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["find_places", "fit_baselines", "fit_place_alignments"]


def fit_baselines(
    section: EvaluationSection, prepared: PreparedPair, *, places: Places | None = None, around_frames: bool = True
) -> tuple[Alignment, ...]:
    """Fit every baseline that applies, in the order of the report.

    Parameters
    ----------
    section : EvaluationSection
        ``ot_shrinkage`` is chosen on validation frames where it is absent.
    prepared : PreparedPair
    places : Places, optional
        As :func:`find_places` returns them; it is asked where they are absent.
    around_frames : bool
        Those too that see the frames around one, and take longest: optimal transport over lags, filters.
    """
    x, y, shrinkage = shrunk_moments(prepared, section.ot_shrinkage)
    lagged = LaggedOT.fit(prepared, shrinkage=section.ot_shrinkage) if around_frames else None
    places = places or find_places(section, prepared)
    return (
        Identity(),
        MomentMatching.fit(x, y),
        QuantileMatching.fit(prepared),
        GaussianOT.fit(x, y, shrinkage=shrinkage),
        *(() if lagged is None else (lagged,)),
        *(
            ()
            if places is None
            else fit_place_alignments(prepared, places, shrinkage=section.ot_shrinkage, with_filter=around_frames)
        ),
    )


def find_places(section: EvaluationSection, prepared: PreparedPair) -> Places | None:
    """Return what alignments may know about frames: where y is Φ(X) the time in the window, else position or events."""
    if prepared.is_paired:
        return Places.in_window(prepared.window_frames)
    coordinate = choose_coordinate(
        section.interpretation, prepared.x.recording, prepared.y.recording, bin_cm=section.position_bin_cm
    )
    return None if coordinate is None else Places.along(coordinate)


def fit_place_alignments(
    prepared: PreparedPair, places: Places, *, shrinkage: float | None = None, with_filter: bool = True
) -> tuple[Alignment, ...]:
    """Fit the alignments that know the place of a frame; of a time in the window filters and states know nothing."""
    x, y = statistics_per_place(prepared, places)
    return (
        PlaceShift.fit(places, x, y),
        PlaceMoments.fit(places, x, y),
        PlaceMomentsOT.fit(prepared, places, x, y, shrinkage=shrinkage),
        *(() if places.bins is None else (PlaceMomentsState.fit(prepared, places, x, y),)),
        *((PlaceFilter.fit(prepared, places),) if with_filter and places.bins is not None else ()),
    )
