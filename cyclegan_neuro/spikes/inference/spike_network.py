"""The network of spike inference: one for every frame rate, noise level, indicator and cell type.

Its first look at ΔF/F is through hat functions of time, dense around the frame and sparse far from it, that are
averaged over the frames of whatever rate the trace has. What follows is the same at every rate: two dense layers per
frame, a second look at their neighbours in time through wider hats, and a linear output, in spikes per second. After
each layer the features are scaled and shifted by what is known about the trace: its noise level, frame rate, indicator
and cell type.

References
----------
Rupprecht et al., Nat. Neurosci. 24:1324-1337 (2021): networks that read ΔF/F around a frame, trained on ground truth
to whose ΔF/F noise is added. Theirs serve one frame rate and one noise level each.
Perez et al., "FiLM: visual reasoning with a general conditioning layer", AAAI 2018: the scaling and shifting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.spikes.inference.codes import CODES

__all__ = ["DFF_SCALE", "LEAK", "Architecture", "condition_of", "hats", "initial_weights", "weight_shapes"]

DFF_SCALE = 0.3
"""Of features, as a fraction ΔF/F."""

LEAK = 0.1
"""Slope of the ReLU below 0."""

_NOISE_SCALE = 2.0  # % per sqrt(Hz)
_RATE_SCALE = 30.0  # Hz
_PARTS_OF_FRAME = 21  # at which hats are evaluated within a frame


@dataclass(frozen=True)
class Architecture:
    """Sizes of the network.

    Attributes
    ----------
    first_s, second_s : tuple of float
        Where the hats of the two looks have their peaks, in s from the frame; each falls to 0 at its neighbours. The
        outermost of ``second_s`` are such neighbours only.
    hidden : tuple of int
        Units of the two dense layers.
    channels : int
        Features per frame that the second look reads.
    """

    first_s: tuple[float, ...] = (
        -1.6, -1.3, -1.03, -0.8, -0.625, -0.48, -0.37, -0.28, -0.21, -0.15, -0.11, -0.075, -0.045, -0.02,
        0.0, 0.02, 0.045, 0.075, 0.11, 0.15, 0.21, 0.28, 0.37, 0.48, 0.625, 0.8, 1.03, 1.3, 1.6,
    )  # fmt: skip
    second_s: tuple[float, ...] = (-0.64, -0.48, -0.24, -0.1, 0.0, 0.1, 0.24, 0.48, 0.64)
    hidden: tuple[int, int] = (96, 64)
    channels: int = 16

    def bases(self, frame_rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the hats of both looks at a frame rate: (frame, hat), with a frame for 0 s in the middle."""
        first = hats(self.first_s, frame_rate_hz)
        wide = hats(self.second_s, frame_rate_hz)[:, 1:-1]
        used = np.flatnonzero(wide.any(axis=1))
        return first, wide[used[0] : used[-1] + 1]

    def reach_frames(self, frame_rate_hz: float) -> int:
        """Return how many frames before and after a frame its rate depends on."""
        return sum(len(basis) // 2 for basis in self.bases(frame_rate_hz))


def hats(peaks_s: tuple[float, ...], frame_rate_hz: float) -> np.ndarray:
    """Return hat functions of time, each averaged over frames.

    Parameters
    ----------
    peaks_s : tuple of float
        Ascending; a hat falls linearly from its peak to 0 at the peaks beside it, the outermost at their own.
    frame_rate_hz : float

    Returns
    -------
    ndarray of float32, shape (frame, hat)
        An odd number of frames, the middle one around 0 s. Every column adds up to 1: a hat gives a weighted mean.

    Examples
    --------
    >>> hats((-1.0, 0.0, 1.0), 1.0).astype(float).round(2).tolist()
    [[0.76, 0.12, 0.0], [0.24, 0.75, 0.24], [0.0, 0.12, 0.76]]
    """
    peaks = np.asarray(peaks_s, np.float64)
    last = int(np.ceil(max(-peaks[0], peaks[-1]) * frame_rate_hz + 0.5))
    within = (np.arange(_PARTS_OF_FRAME) + 0.5) / _PARTS_OF_FRAME - 0.5
    times = (np.arange(-last, last + 1)[:, None] + within) / frame_rate_hz
    columns = [np.interp(times, peaks, row, left=0.0, right=0.0).sum(axis=1) for row in np.eye(len(peaks))]
    basis = np.stack(columns, axis=1)
    basis = basis[1:-1] if not basis[[0, -1]].any() else basis
    return (basis / basis.sum(axis=0)).astype(np.float32)


def condition_of(noise_levels: np.ndarray, frame_rate_hz: float, codes: np.ndarray) -> np.ndarray:
    """Return what is known about traces, as the network reads it.

    Parameters
    ----------
    noise_levels : ndarray, shape (trace,)
        In % per sqrt(Hz).
    frame_rate_hz : float
    codes : ndarray, shape (code,) or (trace, code)
        See :func:`cyclegan_neuro.spikes.inference.codes.code_of`.

    Returns
    -------
    ndarray of float32, shape (trace, 2 + code)
    """
    noise = np.log(np.asarray(noise_levels, np.float64) / _NOISE_SCALE)
    rate = np.full(noise.shape, np.log(frame_rate_hz / _RATE_SCALE))
    return np.column_stack([noise, rate, np.broadcast_to(codes, (noise.size, len(CODES)))]).astype(np.float32)


def weight_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays of a network, by name."""
    first, second = architecture.hidden
    channels, n_hats = architecture.channels, len(architecture.second_s) - 2
    layers = {
        "first": (len(architecture.first_s), first), "second": (first, second), "narrow": (second, channels),
        "around": (n_hats, channels, second), "beside": (second, second),
    }  # fmt: skip
    shapes: dict[str, tuple[int, ...]] = {f"{name}_kernel": shape for name, shape in layers.items()}
    shapes |= {f"{name}_bias": shape[-1:] for name, shape in layers.items() if name != "around"}
    for name, units in (("first", first), ("second", second), ("around", second)):
        shapes |= dict.fromkeys((f"{name}_scale", f"{name}_shift"), (2 + len(CODES), units))
    return shapes | {"output_kernel": (second, 1), "output_bias": (1,)}


def initial_weights(architecture: Architecture, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the weights of a network that has not learned anything (He initialisation).

    Examples
    --------
    >>> weights = initial_weights(Architecture(), np.random.default_rng(0))
    >>> sum(array.size for array in weights.values())
    27793
    """
    weights = {}
    for name, shape in weight_shapes(architecture).items():
        gain = (1.0 if name == "output_kernel" else 2.0) if name.endswith("kernel") else 0.0
        drawn = rng.standard_normal(shape) if gain else np.zeros(shape)
        weights[name] = (drawn * np.sqrt(gain / np.prod(shape[:-1]))).astype(np.float32)
    return weights
