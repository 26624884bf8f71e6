"""What the evaluation of a translator of two days takes: from neurons, frames, windows and methods alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cyclegan_neuro.evaluation.cost import REPORT_BYTES, Cost
from cyclegan_neuro.spikes.cache import ResultCache, content_key

if TYPE_CHECKING:
    from cyclegan_neuro.evaluation.days.sections import DaysConfig
    from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["cost_of", "estimate", "note_spikes"]

# Seconds of one core, and bytes, as measured with 100 to 1,000 neurons (docs/appendix/scale.md).
_FIXED_S = 48.0  # loading, tracing, figures, scores beyond tuning
_PER_NEURON_S = 0.07  # drift, identifiability, figures
_PER_VALUE_S = 1.2e-6  # spike inference, of a neuron's frame
_PER_TRANSLATED_S = 3.8e-6  # every baseline, its spikes and where they are kept, of a neuron's frame of a window
_PER_FITTED_S = 1.7e-6  # reading and checks, baselines, of a neuron's frame of both days
_PER_HELD_S = {"passed": 5e-9, "explained": 7e-9, "located": 1e-8}  # a window in a network: a value that it holds
_PASSES = 3  # of a window of the test part: G(x), G(y), G(F(y)), and the same of F
_UNTRAINED_WINDOWS, _LOCATED_WINDOWS = 25, 2 * 16  # explained in untrained networks; in which cells are located
_PER_AVERAGED_S = 3e-7  # maps of four networks, of a neuron's frame of a window
_PER_SCORED_S = 0.007  # maps, of a neuron
_SIGNALS = 22  # translated and cycled days, of the model and its rivals, whose spikes are inferred in the test part
_PARTS = 14  # of the recorded days and their floors, whose spikes are kept beside
_COMPARED = 44  # pairs of signals: model, rivals, floors, true spikes
_BY_ELEPHANT = 4  # signals, in three pairs
_MOST_BETWEEN = 200  # windows of each day, between which distances are taken
_KEPT_BYTES_PER_VALUE = 0.1  # spikes, compressed
_MAPS_BYTES_PER_VALUE = 100  # four networks, several methods, averages: float32
_FINISHED = "finished"


def note_spikes(config: DaysConfig, prepared: PreparedPair, cache: ResultCache) -> None:
    """Note in the cache that it holds the spikes of an evaluation with these settings, compared."""
    cache.get(_FINISHED, _spikes_key(config, prepared), lambda: {"value": np.array(True)})


def cost_of(
    config: DaysConfig, prepared: PreparedPair, *, networks: Sequence[Any] = (), kept: Path | None = None
) -> Cost:
    """Return the cost of an evaluation with these settings.

    Parameters
    ----------
    config : DaysConfig
    prepared : PreparedPair
    networks : sequence of keras.Model
        Of the system: two that translate, and those that judge.
    kept : Path, optional
        The cache of evaluations before. Where one of them had these settings, no spikes are inferred and compared; that
        those of a network that was trained on since then are, is left out.
    """
    section, maps = config.evaluation.spikes, config.evaluation.interpretation
    return estimate(
        n_neurons=prepared.x.recording.n_neurons,
        n_frames=(prepared.x.recording.n_frames + prepared.y.recording.n_frames) // 2,
        test_fraction=config.windows.test_fraction,
        window_frames=prepared.window_frames,
        spike_windows=min(section.max_windows, config.windows.n_test) if section.enabled else 0,
        compared_neurons=section.max_neurons,
        van_rossum=section.van_rossum,
        explained_windows=min(maps.max_windows, config.windows.n_test) if maps.enabled else 0,
        test_windows=config.windows.n_test,
        network_values=sum(map(_values_of, networks)),
        spikes_kept=kept is not None and ResultCache(kept).holds(_FINISHED, _spikes_key(config, prepared)),
    )


def _values_of(network: Any) -> int:
    """Values that the layers of a network hold of one window: what it computes takes as long as to move them."""
    held = (layer.output for layer in network.layers)
    return sum(prod(one.shape[1:]) for outputs in held for one in (outputs if isinstance(outputs, list) else [outputs]))


def _spikes_key(config: DaysConfig, prepared: PreparedPair) -> str:
    """Hash what decides which spikes are compared, but for the networks and the days, which a run does not change."""
    section = config.evaluation.spikes.model_dump(mode="json", exclude={"processes"})
    return content_key(section, prepared.n_neurons, *(prepared[day].starts.test for day in ("x", "y")))


def estimate(
    *, n_neurons: int, n_frames: int, test_fraction: float, window_frames: int, spike_windows: int, van_rossum: str,
    explained_windows: int, compared_neurons: int = 128, test_windows: int = 0, network_values: int = 0,
    spikes_kept: bool = False,
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
    compared_neurons : int
        Most neurons of whose pairs and van Rossum distances statistics are.
    test_windows : int
        Of a day, which are translated; at least those of which spikes are compared.
    network_values : int
        Values that the layers of all networks hold of one window.
    spikes_kept : bool
        Whether spikes and statistics are in the cache.
    """
    shape = {"neurons": min(n_neurons, compared_neurons), "windows": spike_windows, "frames": window_frames}
    inferred = round(n_neurons * n_frames * (2 + _SIGNALS * test_fraction)) if spike_windows else 0
    in_windows = n_neurons * window_frames * spike_windows
    translated = n_neurons * window_frames * max(test_windows, spike_windows)
    elephant = _elephant_s(n_neurons, **shape) if van_rossum == "elephant" and not spikes_kept else 0.0
    seconds = _FIXED_S + n_neurons * (_PER_NEURON_S + _PER_FITTED_S * n_frames) + _PER_TRANSLATED_S * translated
    if not spikes_kept:
        seconds += _PER_VALUE_S * inferred + _COMPARED * _comparison_s(**shape) + elephant
    seconds += _PER_HELD_S["passed"] * network_values * _PASSES * max(test_windows, spike_windows)
    seconds += _maps_s(n_neurons, window_frames, explained_windows, network_values) if explained_windows else 0.0
    heat_maps = 3 * 8 * min(spike_windows, _MOST_BETWEEN) ** 2 * _COMPARED
    return Cost(
        cache_bytes=round(_KEPT_BYTES_PER_VALUE * in_windows * (_SIGNALS + _PARTS)) + heat_maps,
        report_bytes=REPORT_BYTES + (_MAPS_BYTES_PER_VALUE * n_neurons * window_frames if explained_windows else 0),
        cpu_s=seconds,
        method="evaluation.spikes.van_rossum=fast takes a fraction of that" if elephant > seconds / 4 else "",
    )


def _maps_s(n_neurons: int, window_frames: int, windows: int, network_values: int) -> float:
    """Return what it takes to explain networks, to average maps and to score them."""
    windows += min(windows, _UNTRAINED_WINDOWS)
    explained = _PER_HELD_S["explained"] * windows + _PER_HELD_S["located"] * _LOCATED_WINDOWS
    return explained * network_values + n_neurons * (_PER_AVERAGED_S * window_frames * windows + _PER_SCORED_S)


def _comparison_s(*, neurons: int, windows: int, frames: int) -> float:
    """Return what the statistics of two signals take from counts: pairs of neurons, then of windows."""
    between = min(windows, _MOST_BETWEEN)
    return windows * neurons**2 * (1.8e-7 + 4.4e-10 * frames) + neurons * between**2 * (9e-8 + 2.6e-10 * frames)


def _elephant_s(n_neurons: int, *, neurons: int, windows: int, frames: int) -> float:
    """Return what they take beyond that by Elephant, whose trains are Python objects: hardly a matter of frames."""
    between = 2 * min(windows, _MOST_BETWEEN)
    of_signal = windows * (1.6e-5 * neurons**2 + 2.5e-4 * (neurons + n_neurons))
    return _BY_ELEPHANT * of_signal + (_BY_ELEPHANT - 1) * neurons * 1.2e-5 * between**2
