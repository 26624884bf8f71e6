"""Where the neurons lie and what a microscope makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["FIELD_UM", "MAX_NEURONS", "Imaging", "draw_imaging", "place_somata"]

FIELD_UM = 500.0
SOMA_DISTANCE_UM = 10.0
MAX_NEURONS = 1500
_NEUROPIL_REACH_UM = 120.0
_NEUROPIL_SOURCES = 12


@dataclass(frozen=True, eq=False)
class Imaging:
    """How each neuron looks under the microscope, the same on both days.

    Attributes
    ----------
    amplitude : ndarray of float64, shape (neuron,)
        Peak ΔF/F of one spike (expression differs between neurons).
    noise_level : ndarray of float64, shape (neuron,)
        Photon noise in % per sqrt(Hz).
    neuropil : ndarray of float64, shape (source, neuron)
        ΔF/F that each neuropil source adds at one standard deviation; near
        neurons share their sources.
    """

    amplitude: np.ndarray
    noise_level: np.ndarray
    neuropil: np.ndarray


def place_somata(n_neurons: int, *, rng: np.random.Generator) -> np.ndarray:
    """Scatter somata over a 500 µm field of view so that no two overlap.

    Parameters
    ----------
    n_neurons : int
        At most :data:`MAX_NEURONS`, which fill half of the places there are.
    rng : numpy.random.Generator

    Returns
    -------
    xy_um : ndarray of float32, shape (neuron, 2)
        Centres, at least 10 µm apart.

    """
    xy = np.empty((n_neurons, 2))
    placed = 0
    while placed < n_neurons:
        candidate = rng.uniform(0.0, FIELD_UM, size=2)
        if (((xy[:placed] - candidate) ** 2).sum(axis=1) >= SOMA_DISTANCE_UM**2).all():
            xy[placed] = candidate
            placed += 1
    return xy.astype(np.float32)


def draw_imaging(xy_um: np.ndarray, *, rng: np.random.Generator, median_amplitude: float) -> Imaging:
    """Draw brightness, noise and neuropil of each neuron.

    Parameters
    ----------
    xy_um : ndarray, shape (neuron, 2)
    rng : numpy.random.Generator
    median_amplitude : float
        Peak ΔF/F of one spike in the median neuron.

    Notes
    -----
    Medians and spreads were set by comparison with recordings of mouse visual
    cortex (``docs/simulator.md``).
    """
    n_neurons = len(xy_um)
    amplitude = median_amplitude * np.exp(0.4 * rng.standard_normal(n_neurons))
    noise_level = 0.85 * np.exp(0.18 * rng.standard_normal(n_neurons))
    strength = 0.02 * np.exp(0.4 * rng.standard_normal(n_neurons))
    sources_um = rng.uniform(0.0, FIELD_UM, size=(_NEUROPIL_SOURCES, 2))
    squared = ((sources_um[:, None] - xy_um[None]) ** 2).sum(axis=2)
    near = 0.15 + np.exp(-squared / (2.0 * _NEUROPIL_REACH_UM**2))
    return Imaging(amplitude, noise_level, strength * near / np.linalg.norm(near, axis=0))
