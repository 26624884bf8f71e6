"""The trained networks of spike inference as plain arrays: one ensemble per noise level.

A network reads a window of ΔF/F and gives the spike rate of one of its frames: three
convolutions with ReLU (a max-pooling by 2 after the second and the third), a dense layer
with ReLU at each position, and a linear output over all positions.

References
----------
Rupprecht et al., "A database and deep learning toolbox for noise-optimized, generalized
spike inference from calcium imaging", Nat. Neurosci. 24:1324-1337 (2021), Methods.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["LAYERS", "POOL", "Architecture", "NetworkWeights", "RateModels"]

LAYERS = ("conv1", "conv2", "conv3", "dense", "output")
POOL = 2  # positions that a max-pooling joins


@dataclass(frozen=True, eq=False)
class NetworkWeights:
    """One network, in the order of :data:`LAYERS`.

    Attributes
    ----------
    kernels : tuple of ndarray of float32
        Three of shape (width, input channel, filter), the first with one input channel; then
        (filter, unit) of the dense layer, and (position * unit, 1) of the output, units fastest.
    biases : tuple of ndarray of float32
        One of shape (filter,) or (unit,) per layer; (1,) of the output.
    """

    kernels: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]

    def problem(self, window_frames: int) -> str | None:
        """Say what does not fit in a network that reads ``window_frames`` frames; None if all fits."""
        if len(self.kernels) != len(LAYERS) or len(self.biases) != len(LAYERS):
            return f"{len(self.kernels)} kernels and {len(self.biases)} biases in place of {len(LAYERS)}"
        positions, inputs = window_frames, 1
        for name, kernel, bias in zip(LAYERS, self.kernels, self.biases, strict=True):
            if name == "output":
                expected: tuple = (positions * inputs, 1)
            elif name == "dense":
                expected = (inputs, "units")
            else:
                expected = ("width", inputs, "filters")
            fits = len(kernel.shape) == len(expected) and all(
                isinstance(want, str) or want == size for want, size in zip(expected, kernel.shape, strict=True)
            )
            if not fits or bias.shape != kernel.shape[-1:]:
                wanted = f"({', '.join(map(str, expected))})"
                return f"a kernel {kernel.shape} and a bias {bias.shape} of {name} where {wanted} was expected"
            if name.startswith("conv"):
                pool = 1 if name == "conv1" else POOL
                positions = (positions - kernel.shape[0] + 1) // pool
            inputs = kernel.shape[-1]
            if positions < 1:
                return f"{name}, whose kernel {kernel.shape} is wider than what it reads"
        return None


@dataclass(frozen=True)
class Architecture:
    """Sizes of a network; the defaults are those of CASCADE.

    Attributes
    ----------
    widths, filters : tuple of int
        Of the three convolutions.
    units : int
        Of the dense layer at each position.
    window_frames, before_frames : int
        Frames of a window, and those of them before the frame whose rate is given.
    """

    widths: tuple[int, int, int] = (31, 19, 5)
    filters: tuple[int, int, int] = (30, 40, 50)
    units: int = 10
    window_frames: int = 64
    before_frames: int = 32

    @classmethod
    def of(cls, weights: NetworkWeights, window_frames: int) -> Architecture:
        """Return the sizes of a trained network."""
        convolutions = weights.kernels[:3]
        return cls(
            widths=tuple(k.shape[0] for k in convolutions),
            filters=tuple(k.shape[2] for k in convolutions),
            units=weights.kernels[3].shape[1],
            window_frames=window_frames,
        )

    @property
    def positions(self) -> int:
        """Positions that the output layer of the windowed network joins."""
        after_second = (self.window_frames - self.widths[0] - self.widths[1] + 2) // POOL
        return (after_second - self.widths[2] + 1) // POOL

    @property
    def reach(self) -> int:
        """Frames that the layers look at for one output; poolings may drop the last frames of a window."""
        first, second, third = self.widths
        return first + second + POOL * (third - 1) + POOL + POOL * POOL * (self.positions - 1)


@dataclass(frozen=True, eq=False, kw_only=True)
class RateModels:
    """Networks for one frame rate, several per noise level whose rates are averaged.

    Attributes
    ----------
    frame_rate_hz : float
        Of the ΔF/F that the networks read.
    window_frames, before_frames : int
        Frames of a window, and those of them before the frame whose rate is given.
    smoothing_s : float
        Standard deviation of the Gaussian that smoothed the spikes of the training.
    causal : bool
        Whether only the half of it after the spike was used.
    noise_levels : dict of int to tuple of NetworkWeights
        The ensemble trained for each level (% per sqrt(Hz)), levels ascending.
    provenance : dict
        ``title``, ``citation``, ``ground_truth`` (names of data sets), ``training`` (settings), ``created_with``:
        text, or anything that JSON can write.
    """

    frame_rate_hz: float
    smoothing_s: float
    causal: bool
    noise_levels: dict[int, tuple[NetworkWeights, ...]]
    window_frames: int = 64
    before_frames: int = 32
    provenance: dict[str, Any] = field(default_factory=dict)

    def level_for(self, noise_level: float) -> int:
        """Choose the networks for a trace: those of the nearest trained level, as CASCADE does.

        Parameters
        ----------
        noise_level : float
            Of the trace, in % per sqrt(Hz).

        Returns
        -------
        level : int
            Half-way between two levels, the higher.

        Examples
        --------
        >>> models = RateModels(frame_rate_hz=30.0, smoothing_s=0.05, causal=True, noise_levels={2: (), 3: ()})
        >>> [models.level_for(level) for level in (0.9, 2.4, 2.5, 7.0)]
        [2, 2, 3, 3]
        """
        return min(self.noise_levels, key=lambda level: (abs(level - noise_level), -level))
