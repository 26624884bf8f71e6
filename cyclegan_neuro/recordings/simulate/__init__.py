"""Simulated sessions with known truth: a virtual corridor, and the synthetic transformation Φ."""

from cyclegan_neuro.recordings.simulate.days import simulate_days
from cyclegan_neuro.recordings.simulate.phi import best_possible, corner_mask, phi_noise, synthetic_transformation

__all__ = ["best_possible", "corner_mask", "phi_noise", "simulate_days", "synthetic_transformation"]
