"""Trained networks of spike inference that serve every frame rate, and what is known about their errors."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import ThreadpoolController

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference.codes import code_of, family_of
from cyclegan_neuro.spikes.inference.spike_network import Architecture, condition_of
from cyclegan_neuro.spikes.inference.told_network import Look, Scratch, ToldNetworks
from cyclegan_neuro.spikes.statistics.parallel import available_cores

__all__ = ["FRAME_RATES_HZ", "NOISE_LEVELS", "SpikeInference", "SpikeNetworks", "serves", "smoothing_s", "span_of"]

FRAME_RATES_HZ = (3.0, 100.0)
"""Lowest and highest frame rate of the usual training."""

NOISE_LEVELS = (0.3, 10.0)
"""Lowest and highest noise level of the training, in % per sqrt(Hz); traces beyond are read as if they had these."""

_FRAMES_PER_TASK = 1 << 12  # of all its traces: what one layer passes to the next stays in the caches


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
                "networks are", fix="average successive frames of a faster recording (data.resample_hz does before a "
                "training); spikes cannot be told from a slower one",
            )  # fmt: skip
        return SpikeInference(self, float(frame_rate_hz), indicator, cell_type)


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

    #: Enough for the threads of a large machine.
    frames_per_call: ClassVar[int] = 1 << 18

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
        rates = np.empty((len(rows), max(0, rows.shape[1] - self.overlap_frames)), np.float32)
        tasks = _tasks(levels, traces_at_once=max(1, _FRAMES_PER_TASK // rows.shape[1]))

        def work(some: list[tuple[float, np.ndarray]]) -> None:
            scratch = Scratch()
            for level, traces in some:
                rates[traces] = np.maximum(self._told(level).rates(rows[traces], scratch), 0)

        n_threads = min(available_cores(), len(tasks))
        with _libraries().limit(limits=1), ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(work, [tasks[first::n_threads] for first in range(n_threads)]))
        return rates

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
    def _looks(self) -> tuple[Look, Look]:
        first, second = self.networks.architecture.bases(self.frame_rate_hz)
        return Look(first), Look(second)

    @cached_property
    def _reach(self) -> int:
        return self.networks.architecture.reach_frames(self.frame_rate_hz)

    def _told(self, level: float) -> ToldNetworks:
        code = code_of(self.indicator, self.cell_type)
        (condition,) = condition_of(np.array([level]), self.frame_rate_hz, code)
        return ToldNetworks(self.networks.members, condition, self._looks)


@cache
def _libraries() -> ThreadpoolController:
    """Return what limits the threads of NumPy's products: looking for it takes as long as a call of short traces."""
    return ThreadpoolController()


def _tasks(levels: np.ndarray, *, traces_at_once: int) -> list[tuple[float, np.ndarray]]:
    """Return noise levels with traces that have them."""
    order = np.argsort(levels, kind="stable")
    starts = np.flatnonzero(np.diff(levels[order], prepend=np.nan)).tolist()
    return [
        (float(levels[traces[0]]), traces[first : first + traces_at_once])
        for traces in np.split(order, starts[1:])
        for first in range(0, len(traces), traces_at_once)
    ]
