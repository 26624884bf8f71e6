"""What the evaluation of a translator of two days takes: from neurons, frames, windows and methods alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclegan_neuro.evaluation.cost import REPORT_BYTES, Cost

if TYPE_CHECKING:
    from cyclegan_neuro.evaluation.days.sections import DaysConfig
    from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["cost_of", "estimate"]

# Seconds of one core, and bytes, as measured with 100 to 1,000 neurons.
_FIXED_S = 40.0  # loading, tracing, figures
_PER_VALUE_S = 1.5e-6  # spike inference, of a neuron's frame
_PER_PAIR_S = {"fast": 14e-6, "elephant": 50e-6}  # statistics of spikes, of two neurons in a window of 256 frames
_PER_EXPLAINED_S = 3e-6  # maps of a network, of a neuron's frame of a window
_SIGNALS = 22  # translated and cycled days, of the model and its rivals, whose spikes are inferred in the test part
_KEPT_BYTES_PER_VALUE = 3
_MAPS_BYTES_PER_VALUE = 150  # four networks, several methods, averages and controls


def cost_of(config: DaysConfig, prepared: PreparedPair) -> Cost:
    """Return the cost of an evaluation with these settings."""
    section, maps = config.evaluation.spikes, config.evaluation.interpretation
    return estimate(
        n_neurons=prepared.x.recording.n_neurons,
        n_frames=(prepared.x.recording.n_frames + prepared.y.recording.n_frames) // 2,
        test_fraction=config.windows.test_fraction,
        window_frames=prepared.window_frames,
        spike_windows=min(section.max_windows, config.windows.n_test) if section.enabled else 0,
        van_rossum=section.van_rossum,
        explained_windows=min(maps.max_windows, config.windows.n_test) if maps.enabled else 0,
    )


def estimate(
    *, n_neurons: int, n_frames: int, test_fraction: float, window_frames: int, spike_windows: int, van_rossum: str,
    explained_windows: int,
) -> Cost:  # fmt: skip
    """Return the cost of an evaluation of this size.

    Parameters
    ----------
    n_neurons : int
    n_frames : int
        Of a day.
    test_fraction : float
    window_frames, spike_windows, explained_windows : int
        Length of a window; how many are compared in spikes, and explained; 0 where that is off.
    van_rossum : {"fast", "elephant"}
    """
    inferred = round(n_neurons * n_frames * (2 + _SIGNALS * test_fraction)) if spike_windows else 0
    pairs = spike_windows * n_neurons**2 * window_frames / 256
    statistics = pairs * _PER_PAIR_S[van_rossum]
    seconds = _FIXED_S + inferred * _PER_VALUE_S + statistics
    seconds += _PER_EXPLAINED_S * 4 * n_neurons * window_frames * explained_windows
    slower = statistics - pairs * _PER_PAIR_S["fast"]
    return Cost(
        cache_bytes=_KEPT_BYTES_PER_VALUE * inferred,
        report_bytes=REPORT_BYTES + (_MAPS_BYTES_PER_VALUE * n_neurons * window_frames if explained_windows else 0),
        cpu_s=seconds,
        method="evaluation.spikes.van_rossum=fast takes a fraction of that" if slower > seconds / 4 else "",
    )
