"""Translators that a sceptic would try first, from doing nothing to moments at each position.

All are fitted on the training part only (a shrinkage may be chosen on validation windows), work on ΔF/F windows in the
user's neuron order, and take the same way through :func:`..translation.translate` as the model does. Those that use
the position (or the time since an event, or in the window) know more than the model, which sees activity alone.
"""

from cyclegan_neuro.evaluation.days.baselines._alignment import Alignment
from cyclegan_neuro.evaluation.days.baselines.fitting import find_places, fit_baselines, fit_place_alignments
from cyclegan_neuro.evaluation.days.baselines.gaussian_ot import GaussianOT
from cyclegan_neuro.evaluation.days.baselines.identity import Identity
from cyclegan_neuro.evaluation.days.baselines.lagged_ot import LaggedOT
from cyclegan_neuro.evaluation.days.baselines.moment_matching import MomentMatching
from cyclegan_neuro.evaluation.days.baselines.place_moments import PlaceMoments, PlaceMomentsOT
from cyclegan_neuro.evaluation.days.baselines.place_shift import PlaceShift
from cyclegan_neuro.evaluation.days.baselines.places import Places
from cyclegan_neuro.evaluation.days.baselines.quantile_matching import QuantileMatching
from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments, training_moments

__all__ = [
    "Alignment",
    "GaussianOT",
    "Identity",
    "LaggedOT",
    "MomentMatching",
    "Moments",
    "PlaceMoments",
    "PlaceMomentsOT",
    "PlaceShift",
    "Places",
    "QuantileMatching",
    "find_places",
    "fit_baselines",
    "fit_place_alignments",
    "training_moments",
]
