"""Trained networks of spike inference that serve every frame rate, and what is known about their errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference.codes import code_of, family_of
from cyclegan_neuro.spikes.inference.spike_network import Architecture, condition_of, forward

__all__ = ["FRAME_RATES_HZ", "NOISE_LEVELS", "SpikeInference", "SpikeNetworks", "serves", "smoothing_s", "span_of"]

FRAME_RATES_HZ = (3.0, 100.0)
"""Lowest and highest frame rate of the usual training."""

NOISE_LEVELS = (0.3, 10.0)
"""Lowest and highest noise level of the training, in % per sqrt(Hz); traces beyond are read as if they had these."""


def smoothing_s(frame_rate_hz: float) -> float:
    """Return the standard deviation of the Gaussian that smooths the true spikes of the training.

    1.5 frames, but 0.05 s at least.

    Examples
    --------
    >>> smoothing_s(7.5), smoothing_s(30.0), smoothing_s(100.0)
    (0.2, 0.05, 0.05)
    """
    return max(0.05, 1.5 / frame_rate_hz)


def span_of(trained_hz: Sequence[float]) -> str:
    """Return the frame rates of a training in words.

    Examples
    --------
    >>> span_of((3.0, 7.5, 100.0)), span_of([30.0])
    ('3 to 100 Hz', '30 Hz')
    """
    low, high = min(trained_hz), max(trained_hz)
    return f"{low:g} to {high:g} Hz" if low < high else f"{low:g} Hz"


def serves(trained_hz: Sequence[float], frame_rate_hz: float) -> bool:
    """Say whether a frame rate lies within those of a training, or 5 % beside them.

    Examples
    --------
    >>> serves((7.5, 30.0), 31.0), serves((30.0,), 15.0)
    (True, False)
    """
    return 0.95 * min(trained_hz) <= frame_rate_hz <= 1.05 * max(trained_hz)


@dataclass(frozen=True, eq=False, kw_only=True)
class SpikeNetworks:
    """An ensemble of networks whose rates are averaged.

    Attributes
    ----------
    members : tuple of dict of str to ndarray of float32
        See :func:`cyclegan_neuro.spikes.inference.spike_network.initial_weights`.
    architecture : Architecture
    causal : bool
        Whether only the half of the Gaussian after a spike was used.
    calibration : dict of str to dict
        By family (``""`` is all): quantiles of the log of true over inferred mean rate of cells that were held out.
    provenance : dict
        ``title``, ``citation``, ``ground_truth`` (names of data sets), ``training`` (settings), ``created_with``:
        text, or anything that JSON can write.
    """

    members: tuple[dict[str, np.ndarray], ...]
    architecture: Architecture = field(default_factory=Architecture)
    causal: bool = False
    calibration: dict[str, dict[str, Any]] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    _built: dict[tuple[float, bool], Callable] = field(default_factory=dict, init=False, repr=False)

    @property
    def frame_rates_hz(self) -> tuple[float, float]:
        """Lowest and highest frame rate of the training; :data:`FRAME_RATES_HZ` where the provenance has none."""
        training = self.provenance.get("training")
        trained = training.get("frame_rates_hz") if isinstance(training, dict) else None
        return (float(min(trained)), float(max(trained))) if trained else FRAME_RATES_HZ

    def at(self, frame_rate_hz: float, *, indicator: str = "", cell_type: str = "") -> SpikeInference:
        """Return the inference of traces of a frame rate.

        Raises
        ------
        UserError
            If the rate is more than 5 % outside :attr:`frame_rates_hz`.
        """
        if not serves(self.frame_rates_hz, frame_rate_hz):
            raise UserError(
                "frame rate", got=f"{frame_rate_hz:g} Hz", expected=f"{span_of(self.frame_rates_hz)}, for which the "
                "networks are", fix="average successive frames of a faster recording (resample_hz); spikes cannot be "
                "told from a slower one",
            )  # fmt: skip
        return SpikeInference(self, float(frame_rate_hz), indicator, cell_type)

    def function(self, frame_rate_hz: float, *, mean: bool) -> Callable:
        """Return what gives the rates of the members, or their mean cut off at 0; built once for each frame rate."""
        if (frame_rate_hz, mean) not in self._built:
            import tensorflow as tf

            bases = self.architecture.bases(frame_rate_hz)

            def rates(dff, condition):
                members = [forward(weights, dff, condition, bases) for weights in self.members]
                return tf.nn.relu(tf.add_n(members) / len(members)) if mean else tf.stack(members)

            signature = [tf.TensorSpec((None, None)), tf.TensorSpec((None, None))]
            self._built[frame_rate_hz, mean] = tf.function(rates, input_signature=signature, autograph=False)
        return self._built[frame_rate_hz, mean]


@dataclass(frozen=True, eq=False)
class SpikeInference:
    """Networks for traces of one frame rate, indicator and cell type.

    Attributes
    ----------
    networks : SpikeNetworks
    frame_rate_hz : float
        Of the traces.
    indicator, cell_type : str
        As stated; empty where it is not known.
    """

    networks: SpikeNetworks
    frame_rate_hz: float
    indicator: str = ""
    cell_type: str = ""

    def reachable(self, n_frames: int) -> slice:
        """Return the frames of a stretch whose rate depends on no frame beyond it; empty if there are none."""
        reach = self._reach
        return slice(reach, max(reach, n_frames - reach))

    @property
    def overlap_frames(self) -> int:
        """Frames that successive parts of a trace must share."""
        return 2 * self._reach

    def levels(self, noise_levels: np.ndarray) -> np.ndarray:
        """Return the noise levels that the networks are told, in % per sqrt(Hz)."""
        return np.clip(noise_levels, *NOISE_LEVELS)

    def groups(self, levels: np.ndarray) -> list[np.ndarray]:
        """Return the traces that one call may read together: all of them."""
        return [np.arange(len(levels))]

    def inner_rates(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return the rates (Hz, not negative) of the frames that the networks reach, (trace, frame - 2 * reach)."""
        return self._rates(rows, levels, mean=True)

    def spread(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return the rates of every network, (network, trace, frame - 2 * reach), in Hz and not cut off at 0."""
        return self._rates(rows, levels, mean=False)

    @property
    def about(self) -> dict[str, Any]:
        """What files and reports say about the networks."""
        return {
            "frame_rate_hz": self.frame_rate_hz,
            "smoothing_s": smoothing_s(self.frame_rate_hz),
            "causal": self.networks.causal,
            "noise_levels": list(NOISE_LEVELS),
            "every_rate": True,
            "frame_rates_hz": list(self.networks.frame_rates_hz),
            "indicator": self.indicator,
            "cell_type": self.cell_type,
            "family": family_of(self.indicator, self.cell_type),
            "calibration": self.networks.calibration,
            **self.networks.provenance,
        }

    @property
    def identity(self) -> list[Any]:
        """Everything that rates depend on, for :func:`cyclegan_neuro.spikes.cache.content_key`."""
        code = code_of(self.indicator, self.cell_type)
        arrays = (member[name] for member in self.networks.members for name in sorted(member))
        return [self.frame_rate_hz, repr(self.networks.architecture), code, *arrays]

    @cached_property
    def _reach(self) -> int:
        return self.networks.architecture.reach_frames(self.frame_rate_hz)

    def _rates(self, rows: np.ndarray, levels: np.ndarray, *, mean: bool) -> np.ndarray:
        code = code_of(self.indicator, self.cell_type)
        function = self.networks.function(self.frame_rate_hz, mean=mean)
        return function(np.asarray(rows, np.float32), condition_of(levels, self.frame_rate_hz, code)).numpy()
