"""Whether spike times are seconds of one session: rates, intervals between spikes, and where the spikes begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cyclegan_neuro.recordings.findings import Finding

__all__ = ["MOST_HZ", "from_their_start", "rates", "spike_clock"]

#: Mean rates that neurons reach, and that the median of a population does, in spikes/s.
MOST_HZ, _MOST_MEDIAN_HZ = 500.0, 300.0
_LEAST_HZ = 0.01  # of the fastest neuron
_ENOUGH = 50  # spikes, or intervals between them
#: Spikes in milliseconds: a session of days, rare spikes, and no two near each other.
_LONG_S, _RARE_HZ, _APART_S = 8 * 3600.0, 0.1, 0.5
_LATE_S, _LATE_INTERVALS, _LATE_SHARE = 10.0, 20.0, 0.1


def spike_clock(units_s: Sequence[np.ndarray], where: str) -> Iterator[Finding]:
    """Spike times that are not seconds, and sessions that do not begin at 0 or stand still.

    Parameters
    ----------
    units_s : sequence of ndarray, shape (spike,), one per neuron
    where : str
        How findings call them.
    """
    every = np.sort(np.concatenate(units_s)) if len(units_s) else np.zeros(0)
    if len(every) < _ENOUGH or every[0] == every[-1]:
        return
    span, of_units = float(every[-1] - every[0]), np.array([len(unit) for unit in units_s if len(unit)])
    hz = of_units / span
    apart = np.concatenate([np.diff(np.sort(unit)) for unit in units_s])
    near = float(np.percentile(apart, 1)) if len(apart) >= _ENOUGH else 0.0
    got = f"{len(every):,} spikes in {span:,.6g} s, median rate {np.median(hz):.3g} spikes/s"
    if np.all(every == np.round(every)):
        fix = "divide by 1,000 if these are milliseconds, by the sampling rate if they are samples"
        got, expected = f"whole numbers, from {every[0]:.0f} to {every[-1]:.0f}", "seconds"
        yield Finding("critical", "spike_unit", where, got, expected, fix)
    elif span > _LONG_S and np.median(hz) < _RARE_HZ and near > _APART_S:
        got += f", and 99 % of the intervals between spikes of a neuron above {near:.3g} s"
        fix = "divide by 1,000: these look like milliseconds"
        yield Finding("critical", "spike_unit", where, got, "seconds", fix)
    elif np.median(hz) > _MOST_MEDIAN_HZ:
        fix = "multiply by 60 if these are minutes, by 3,600 if they are hours"
        yield Finding("critical", "spike_unit", where, got, "seconds", fix)
    else:
        yield from rates(hz, where)


def rates(hz: np.ndarray, where: str) -> Iterator[Finding]:
    """Mean rates (neuron,) in spikes/s that no population has."""
    if not hz.size or not hz.max() > 0 or _LEAST_HZ <= hz.max() <= MOST_HZ:
        return
    yield Finding(
        "warning", "spike_rates", where,
        got=f"at most {hz.max():,.3g} spikes/s (neuron {hz.argmax()}), median {np.median(hz):,.3g}",
        expected=f"{_LEAST_HZ:g} to {MOST_HZ:g} spikes/s in the fastest neuron",
        fix="look at the unit of spike times, and at data.bin_s",
    )  # fmt: skip


def from_their_start(units_s: list[np.ndarray], bin_s: float, where: str) -> tuple[list[np.ndarray], list[Finding]]:
    """Count times from the bin of the first spike where all neurons are silent long before it, and say so.

    Examples
    --------
    >>> units = [1000 + np.arange(200) / 10, 1003 + np.arange(90) / 7]
    >>> moved, findings = from_their_start(units, 0.02, "units")
    >>> float(moved[0][0]), findings[0].got
    (0.0, 'no spike before 1,000 s')
    """
    every = np.concatenate(units_s) if len(units_s) else np.zeros(0)
    first, span = (float(every.min()), float(np.ptp(every))) if len(every) else (0.0, 0.0)
    if first <= max(_LATE_S, _LATE_INTERVALS * span / max(len(every), 1), _LATE_SHARE * span):
        return units_s, []
    start_s = float(np.floor(first / bin_s + 1e-9) * bin_s)
    finding = Finding(
        "warning", "late_start", where, got=f"no spike before {first:,.6g} s", expected="a session that begins at 0",
        fix="nothing, if it began there: bins are counted from there on. If it began at 0, write obs_intervals",
    )  # fmt: skip
    return [unit - start_s for unit in units_s], [finding]
