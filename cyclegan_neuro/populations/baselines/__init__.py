"""Models that Spike-GAN is compared with: each is fitted to samples and draws new ones."""

from cyclegan_neuro.populations.baselines.dichotomized_gaussian import (
    DichotomizedGaussian,
    fit_dichotomized_gaussian,
)
from cyclegan_neuro.populations.baselines.independent import Independent, fit_independent
from cyclegan_neuro.populations.baselines.k_pairwise import Convergence, KPairwise, fit_k_pairwise
from cyclegan_neuro.populations.baselines.stimulus_gaussian import fit_stimulus_gaussian

__all__ = [
    "Convergence",
    "DichotomizedGaussian",
    "Independent",
    "KPairwise",
    "fit_dichotomized_gaussian",
    "fit_independent",
    "fit_k_pairwise",
    "fit_stimulus_gaussian",
]
