"""Simulated sessions with known truth: a virtual corridor, and the synthetic transformation Φ."""

from cyclegan_neuro.recordings.simulate.days import simulate_days

__all__ = ["simulate_days"]
