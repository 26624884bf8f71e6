"""All baselines that apply to a pair of days, fitted."""

from __future__ import annotations

from cyclegan_neuro.evaluation.days.baselines._alignment import Alignment
from cyclegan_neuro.evaluation.days.baselines.gaussian_ot import GaussianOT, choose_shrinkage
from cyclegan_neuro.evaluation.days.baselines.identity import Identity
from cyclegan_neuro.evaluation.days.baselines.lagged_ot import LaggedOT
from cyclegan_neuro.evaluation.days.baselines.moment_matching import MomentMatching
from cyclegan_neuro.evaluation.days.baselines.place_moments import PlaceMoments, PlaceMomentsOT
from cyclegan_neuro.evaluation.days.baselines.place_shift import PlaceShift
from cyclegan_neuro.evaluation.days.baselines.places import Places, statistics_per_place
from cyclegan_neuro.evaluation.days.baselines.quantile_matching import QuantileMatching
from cyclegan_neuro.evaluation.days.baselines.training_frames import chunks, moments_of, training_moments
from cyclegan_neuro.evaluation.days.sections import EvaluationSection
from cyclegan_neuro.interpret.coordinates import event_coordinate, position_coordinate
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["find_places", "fit_baselines", "fit_place_alignments"]


def fit_baselines(section: EvaluationSection, prepared: PreparedPair) -> tuple[Alignment, ...]:
    """Fit every baseline that applies, in the order of the report.

    Parameters
    ----------
    section : EvaluationSection
        ``ot_shrinkage`` is chosen on validation frames where it is absent.
    prepared : PreparedPair
    """
    x, y = training_moments(prepared)
    shrinkage = section.ot_shrinkage
    if shrinkage is None:
        held_out = tuple(moments_of(dff for dff, _ in chunks(prepared, day, which="validation")) for day in ("x", "y"))
        shrinkage = choose_shrinkage((x, y), held_out)
    lagged = LaggedOT.fit(prepared, shrinkage=section.ot_shrinkage)
    places = find_places(section, prepared)
    return (
        Identity(),
        MomentMatching.fit(x, y),
        QuantileMatching.fit(prepared),
        GaussianOT.fit(x, y, shrinkage=shrinkage),
        *(() if lagged is None else (lagged,)),
        *(() if places is None else fit_place_alignments(prepared, places, shrinkage=section.ot_shrinkage)),
    )


def find_places(section: EvaluationSection, prepared: PreparedPair) -> Places | None:
    """Return what alignments may know about frames: where y is Φ(X) the time in the window, else position or events."""
    if prepared.is_paired:
        return Places.in_window(prepared.window_frames)
    days, maps = (prepared.x.recording, prepared.y.recording), section.interpretation
    coordinate = position_coordinate(*days, bin_cm=section.position_bin_cm) or event_coordinate(
        *days, before_s=maps.before_event_s, after_s=maps.after_event_s, bin_s=maps.event_bin_s
    )
    return None if coordinate is None else Places.along(coordinate)


def fit_place_alignments(
    prepared: PreparedPair, places: Places, *, shrinkage: float | None = None
) -> tuple[PlaceShift, PlaceMoments, PlaceMomentsOT]:
    """Fit the alignments that know the place of a frame."""
    x, y = statistics_per_place(prepared, places)
    return (
        PlaceShift.fit(places, x, y),
        PlaceMoments.fit(places, x, y),
        PlaceMomentsOT.fit(prepared, places, x, y, shrinkage=shrinkage),
    )
