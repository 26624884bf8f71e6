"""The calcium indicator: what the shipped networks of spike inference are for, and what another one costs."""

from __future__ import annotations

from collections.abc import Iterator

from cyclegan_neuro.invocation import command
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["NETWORKS_ARE_FOR", "indicator"]

NETWORKS_ARE_FOR = "GCaMP6f and GCaMP6s in excitatory cells of mouse visual cortex"
"""What the shipped networks of spike inference were trained on."""

_FAMILY = "gcamp6"


def indicator(recording: Recording, where: str) -> Iterator[Finding]:
    """An indicator that is stated and not GCaMP6: inferred spikes are too many and too early.

    The numbers are those of docs/spike_inference.md: medians over 17 to 29 cells per indicator, at 30 Hz.
    """
    if not recording.indicator or recording.indicator.strip().lower().startswith(_FAMILY):
        return
    yield Finding(
        "warning", "indicator", f"{where}, indicator", got=recording.indicator,
        expected=f"{NETWORKS_ARE_FOR}, which the shipped networks of spike inference are for",
        fix="compare inferred rates only within this indicator (they come out two to three times too high with "
        "GCaMP8, and one to two frames early, 4.5 times too high with GCaMP7f), or train networks for it: "
        f"{command('train_inference')}, then evaluation.spikes.models",
    )  # fmt: skip
