"""What is wrong with trials, or worth knowing, before a network sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from cyclegan_neuro.populations.trials.labels import listed
from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials
from cyclegan_neuro.recordings.findings import Finding

__all__ = ["CHECKS", "split_findings"]

#: Bins that populations are counted in, in seconds.
_PLAUSIBLE_BIN_S = (0.001, 2.0)
_MAX_RATE_HZ = 2000.0
_SMALL_RATE_HZ = 5.0


def _bins(trials: Trials, where: Mapping[str, str]) -> Iterator[Finding]:
    """A bin of a duration that nobody counts spikes in."""
    low, high = _PLAUSIBLE_BIN_S
    if low <= trials.bin_s <= high:
        return
    near = [
        f"{v:g} ({why})" for v, why in ((trials.bin_s / 1000, "ms"), (1 / trials.bin_s, "bins/s")) if low <= v <= high
    ]
    yield Finding(
        "critical", "bin_s", f"{trials.source}, bin_s", got=f"{trials.bin_s:g} s", expected=f"{low:g} to {high:g} s",
        fix=f"did you mean {' or '.join(near)}? Set bin_s" if near else "set bin_s to the duration of a bin",
    )  # fmt: skip


def _not_rates(trials: Trials, where: Mapping[str, str]) -> Iterator[Finding]:
    """Values that firing rates cannot be."""
    values = trials.values
    missing, negative = ~np.isfinite(values), values < 0
    for code, wrong, fix in (
        ("not_finite", missing, "leave these bins out of the file; they are not mended"),
        ("negative", negative, "ΔF/F: set data.source: recordings; z-scores: give the rates before they were scored"),
    ):
        if wrong.any():
            columns = np.flatnonzero(wrong.any(axis=0))
            yield Finding(
                "critical", code, f"{where['values']}, neurons {listed(columns)}",
                got=f"{int(wrong.sum()):,} values such as {values[wrong][0]:g}",
                expected="firing rates, from 0 spikes/s on", fix=fix,
            )  # fmt: skip


def _unit(trials: Trials, where: Mapping[str, str]) -> Iterator[Finding]:
    """Rates in another unit: the Poisson loss takes spikes/s; of counts per bin it learns less."""
    values = trials.values[np.isfinite(trials.values) & (trials.values > 0)].astype(np.float64)
    if not values.size:
        return
    of_counts = np.abs(values * trials.bin_s - np.round(values * trials.bin_s)).max() < 1e-3
    step = int(np.gcd.reduce(values.astype(np.int64))) if (values % 1 == 0).all() else 0
    fix = f"divide counts by bin_s: {1 / trials.bin_s:g} spikes/s a spike"
    got = None
    if step == 1 and not of_counts:
        got = f"whole numbers up to {values.max():g}: looks like spike counts per bin"
    elif step > 1 and not of_counts:
        got, fix = f"multiples of {step}: looks like counts in bins of {1 / step:g} s", f"set bin_s: {1 / step:g}"
    elif not of_counts and values.max() < _SMALL_RATE_HZ:
        got = f"fractions up to {values.max():.3g}: looks like ΔF/F, or like probabilities per bin"
        fix = "ΔF/F: set data.source: recordings; spikes per bin: divide by bin_s"
    elif values.max() > _MAX_RATE_HZ:
        got, fix = f"up to {values.max():,.0f} spikes/s, more than neurons fire", "look at the unit, and at bin_s"
    if got:
        expected = f"spikes/s in bins of {trials.bin_s:g} s"
        yield Finding("warning", "unit", where["values"], got=got, expected=expected, fix=fix)


def _order(trials: Trials, where: Mapping[str, str]) -> Iterator[Finding]:
    """Trials that come again, or fall."""
    falls = np.flatnonzero(np.diff(trials.trial) < 0) + 1
    if not falls.size:
        return
    starts = np.flatnonzero(np.r_[True, np.diff(trials.trial) != 0])
    numbers, times = np.unique(trials.trial[starts], return_counts=True)
    again = numbers[times > 1]
    yield Finding(
        "critical", "trial_order", where["trial"],
        got=f"trials {listed(again)} that come again later" if again.size
        else f"trial {trials.trial[falls[0]]} after {trials.trial[falls[0] - 1]}, in bin {falls[0]:,}",
        expected="all bins of a trial one after the other, and numbers that rise",
        fix="number trials in the order of recording, on through sessions that follow one another",
    )  # fmt: skip


def _conditions(trials: Trials, where: Mapping[str, str]) -> Iterator[Finding]:
    """A condition that changes within few trials: a label that slipped. Places along a track change in most."""
    if trials.condition is None:
        return
    changes = (np.diff(trials.condition) != 0) & (np.diff(trials.trial) == 0)
    several = np.unique(trials.trial[1:][changes])
    if 0 < several.size < 0.5 * trials.numbers.size:
        seen = np.unique(trials.condition[trials.trial == several[0]])
        yield Finding(
            "critical", "several_conditions", where["condition"],
            got=f"{several.size} of {trials.numbers.size} trials with several conditions (trial {several[0]}: "
            f"{listed(seen)})", expected="one condition in a trial, or places that change in most trials",
            fix="look whether trial and condition are of the same binning, and shifted by a bin",
        )  # fmt: skip
    without = int((trials.condition < 0).sum())
    if without:
        yield Finding(
            "info", "no_condition", where["condition"], got=f"none (-1, NaN) in {without:,} of {trials.n_bins:,} bins",
            expected="a condition", fix="nothing: they are trained with, and left out where conditions are decoded",
        )  # fmt: skip


def _times(trials: Trials, where: Mapping[str, str]) -> Iterator[Finding]:
    """Times that do not rise within a trial; trials of a single bin."""
    if trials.time is not None:
        wrong = np.flatnonzero((np.diff(trials.time) <= 0) & (np.diff(trials.trial) == 0))
        if wrong.size:
            yield Finding(
                "critical", "time_order", where["time"],
                got=f"time {trials.time[wrong[0] + 1]} after {trials.time[wrong[0]]} in trial {trials.trial[wrong[0]]}",
                expected="times that rise within a trial", fix="give the index of each bin in its trial, from 0",
            )  # fmt: skip
    numbers, lengths = np.unique(trials.trial, return_counts=True)
    single = numbers[lengths == 1]
    if single.size:
        yield Finding(
            "info", "single_bin", where["trial"], got=f"a single bin in {single.size} trials ({listed(single)})",
            expected="several: a bin without neighbours in its trial is paired with itself",
            fix="nothing, if these trials were as short",
        )  # fmt: skip


def _targets(trials: Trials, where: Mapping[str, str]) -> Iterator[Finding]:
    """Targets that are missing somewhere."""
    if trials.targets is None or np.isfinite(trials.targets).all():
        return
    wrong = ~np.isfinite(trials.targets)
    names = ", ".join(name for name, column in zip(trials.target_names, wrong.T, strict=True) if column.any())
    yield Finding(
        "critical", "targets", f"{where['targets']} ({names})", got=f"{int(wrong.sum()):,} NaN or infinite values",
        expected="a number in every bin", fix="leave these bins or these targets out of the file",
    )  # fmt: skip


#: Every check of trials as they were given: ``(trials, where)``, with what messages call each field.
CHECKS: tuple[Callable[[Trials, Mapping[str, str]], Iterator[Finding]], ...] = (
    _bins,
    _not_rates,
    _unit,
    _order,
    _conditions,
    _times,
    _targets,
)


def split_findings(prepared: PreparedTrials) -> Iterator[Finding]:
    """What training trials lack: neurons that vary, trials of a condition."""
    trials = prepared.trials
    constant = np.setdiff1d(np.arange(trials.n_neurons), prepared.neurons)
    if constant.size:
        everywhere = constant.size == trials.n_neurons
        yield Finding(
            "critical" if everywhere else "info", "constant", f"{trials.source}, neurons {listed(constant)}",
            got=f"one value in all training trials ({constant.size} of {trials.n_neurons} neurons)",
            expected="activity that varies, on every day",
            fix="name the field with the activity" if everywhere else "nothing: networks and decoders do not see them",
        )  # fmt: skip
    if trials.condition is None:
        return
    train = prepared.train
    pairs = np.unique(np.stack([trials.condition[train], trials.trial[train]]), axis=1)[0]
    counts = np.bincount(pairs[pairs >= 0], minlength=trials.n_conditions)
    few = np.flatnonzero(counts < 2)
    if few.size:
        yield Finding(
            "warning", "few_trials", f"{trials.source}, conditions {listed(few)}",
            got=f"{listed(counts[few])} training trials", expected="at least 2 of each condition: one is not compared",
            fix="hold out fewer trials, or set data.n_conditions to the conditions that there are",
        )  # fmt: skip
