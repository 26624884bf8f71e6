"""The calcium indicator: what spike inference knows about, and whether the traces decay as it does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cyclegan_neuro.invocation import command
from cyclegan_neuro.recordings.decay import decay_time
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.indicators import cell_type_of, generation_of, indicator_of
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["NETWORKS_ARE_FOR", "NOT_STATED", "decay", "indicator", "usual_decay_s"]

NETWORKS_ARE_FOR = (
    "GCaMP6f, 6s, 7f, 8f, 8m and 8s in excitatory cells and GCaMP6f in PV, SST and VIP interneurons of mouse visual "
    "cortex"
)
"""What the shipped networks of spike inference were trained on."""

NOT_STATED = (
    "not stated, so that the networks are told none: that costs 0.01 to 0.05 of the correlation with the true rate, "
    "and rates come out 0.7 to 1.6 times the true ones (at a tenth to a half in interneurons)"
)
"""What it costs to leave the indicator out; the table is in docs/spike_inference.md."""

_INTERNEURONS = ("pv", "sst", "vip")
_RATES_HZ = (7.5, 15.0, 30.0)
#: Medians of groups of ten cells at these rates, 5 to 95 % of the groups, the lowest and highest of an indicator's data
#: sets (benchmarks/decay_times.py), in s.
_MEASURED_S = {
    "gcamp6f": ((0.16, 0.50), (0.17, 0.48), (0.17, 0.48)),
    "gcamp6s": ((0.65, 2.00), (0.64, 2.24), (0.62, 2.15)),
    "gcamp7f": ((0.35, 0.50), (0.26, 0.42), (0.25, 0.40)),
    "gcamp8f": ((0.33, 0.46), (0.24, 0.39), (0.18, 0.26)),
    "gcamp8m": ((0.26, 0.39), (0.22, 0.29), (0.18, 0.26)),
    "gcamp8s": ((0.47, 0.59), (0.40, 0.54), (0.39, 0.52)),
}
_IN_INTERNEURONS_S = {"gcamp6f": ((0.64, 1.42), (0.93, 2.73), (0.83, 5.20))}
_OTHER_LABORATORY = 1.5  # data sets of one indicator lie further apart than their cells: with this factor each is usual
_FEWEST_NEURONS = 5


def indicator(recording: Recording, where: str) -> Iterator[Finding]:
    """An indicator that is stated and of which the networks of spike inference know nothing."""
    if indicator_of(recording.indicator) != "other" or generation_of(recording.indicator):
        return
    yield Finding(
        "warning", "indicator", f"{where}, indicator", got=recording.indicator,
        expected=f"{NETWORKS_ARE_FOR}, which the shipped networks of spike inference are for",
        fix="correct it if it is one of these; else compare inferred rates only within this indicator: the networks "
        "are told nothing, and the size of a rate can be wrong by a factor of two to four; or train networks for it: "
        f"{command('train_inference')}, then evaluation.spikes.models",
    )  # fmt: skip


def usual_decay_s(indicator: str, cell_type: str, frame_rate_hz: float) -> tuple[float, float] | None:
    """Return the shortest and longest decay time that an indicator is known to have, None where nothing is known.

    Parameters
    ----------
    indicator, cell_type : str
        One of ``INDICATORS`` and of ``CELL_TYPES``; cells of unknown type are taken as excitatory.
    frame_rate_hz : float
        Between 7.5 and 30 Hz values are interpolated; below 6 Hz nothing is known.

    Examples
    --------
    >>> [round(s, 2) for s in usual_decay_s("gcamp8s", "excitatory", 60.0)]
    [0.26, 0.78]
    """
    table = _IN_INTERNEURONS_S if cell_type in _INTERNEURONS else _MEASURED_S
    if indicator not in table or not 0.8 * _RATES_HZ[0] <= frame_rate_hz < np.inf:
        return None
    low, high = (
        np.interp(np.log(frame_rate_hz), np.log(_RATES_HZ), ends) for ends in zip(*table[indicator], strict=True)
    )
    return float(low / _OTHER_LABORATORY), float(high * _OTHER_LABORATORY)


def decay(recording: Recording, where: str) -> Iterator[Finding]:
    """Isolated events that decay faster or slower than the stated indicator does in any data set."""
    stated, cell_type = indicator_of(recording.indicator), cell_type_of(recording.cell_type)
    usual = usual_decay_s(stated, cell_type, recording.frame_rate_hz)
    if usual is None:
        return
    measured = decay_time(recording)
    if measured.n_neurons < _FEWEST_NEURONS or usual[0] <= measured.median_s <= usual[1]:
        return
    alike = ", ".join(_alike(measured.median_s, recording.frame_rate_hz)) or "none that is known here"
    quartiles = " to ".join(f"{s:.2f}" for s in measured.spread_s)
    cells = "" if cell_type == "unknown" else f" in {cell_type} cells"
    yield Finding(
        "warning", "decay", f"{where}, indicator {recording.indicator}",
        got=f"isolated events that decay to 1/e in {measured.median_s:.2f} s (median of {measured.n_neurons} neurons, "
        f"quartiles {quartiles} s)",
        expected=f"{usual[0]:.2f} to {usual[1]:.2f} s, as with {stated}{cells} at this frame rate",
        fix=f"correct indicator or cell_type: such a decay is that of {alike}. Else look whether ΔF/F was smoothed, or "
        "the frame rate is another",
    )  # fmt: skip


def _alike(seconds: float, frame_rate_hz: float) -> Iterator[str]:
    """Yield the indicators whose decay time this can be."""
    for cells, table in (("", _MEASURED_S), (" in interneurons", _IN_INTERNEURONS_S)):
        for name in table:
            usual = usual_decay_s(name, "pv" if cells else "unknown", frame_rate_hz)
            if usual and usual[0] <= seconds <= usual[1]:
                yield f"{name}{cells}"
