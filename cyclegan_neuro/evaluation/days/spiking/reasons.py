"""Why spikes of two days cannot be compared."""

from __future__ import annotations

from cyclegan_neuro.configuration.sections import SpikesSection
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.evaluation.days.spiking.recorder import FEWEST_WINDOWS, SpikeRecorder
from cyclegan_neuro.spikes.cache import ResultCache
from cyclegan_neuro.spikes.statistics.correlation import bins_of
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["why_not"]


def why_not(section: SpikesSection, prepared: PreparedPair) -> str | None:
    """Return the reason for which no spikes can be compared, or None."""
    if not section.enabled:
        return "Spike inference is switched off (evaluation.spikes.enabled)."
    try:
        recorder = SpikeRecorder(section, prepared, ResultCache(None))
    except UserError as error:
        return f"{error}."
    if min(len(starts) for starts in recorder.starts.values()) < FEWEST_WINDOWS:
        return "There are fewer than four test windows."
    n_frames = prepared.window_frames - recorder.n_masked
    try:
        bins_of(n_frames, recorder.frame_rate_hz, section.correlation_bin_s)
    except UserError as error:
        return f"{_too_short(prepared, recorder, n_frames)}." if recorder.alone else f"{error}."
    return None


def _too_short(prepared: PreparedPair, recorder: SpikeRecorder, n_frames: int) -> str:
    rate = recorder.frame_rate_hz
    why = (
        "the values of Φ(X) depend on their place in the window, so that there is no continuous day to take neighbours "
        "from"
        if prepared.is_paired
        else "no stretch of the test part is long enough to take neighbours from"
    )
    return (
        f"Networks look at ΔF/F around each frame, which leaves {n_frames} of the {prepared.window_frames} frames of a "
        f"window (at {rate:g} Hz) with a rate, and {why}. Longer windows have spikes (windows.window_frames)"
    )
