"""What is wrong with responses, or worth knowing, before a network sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from cyclegan_neuro.populations.responses.responses import PreparedResponses, Responses
from cyclegan_neuro.populations.trials.labels import listed
from cyclegan_neuro.recordings.digest import content_sha256
from cyclegan_neuro.recordings.findings import Finding

__all__ = ["CHECKS", "split_findings"]

#: Durations that spikes are counted over, in seconds.
_PLAUSIBLE_BIN_S = (0.001, 5.0)
_MAX_MEAN_RATE_HZ = 500.0
_TELLING_SPIKES = 20  # a trial with as many is equal to another by chance no more
_FEW_TRIALS = 4


def _bins(responses: Responses, where: Mapping[str, str]) -> Iterator[Finding]:
    """A bin of a duration that nobody counts spikes in, and rates that nobody has seen."""
    low, high = _PLAUSIBLE_BIN_S
    if not low <= responses.bin_s <= high:
        in_ms = responses.bin_s / 1000
        yield Finding(
            "warning", "bin_s", f"{responses.source}, bin_s", got=f"{responses.bin_s:g} s",
            expected=f"{low:g} to {high:g} s", fix=f"did you mean {in_ms:g} (ms)? Set bin_s" if low <= in_ms <= high
            else "set bin_s to the duration over which spikes were counted, in seconds",
        )  # fmt: skip
    rate = np.asarray(responses.counts.mean(axis=0)) / responses.bin_s
    if rate.max() > _MAX_MEAN_RATE_HZ:
        yield Finding(
            "warning", "unit", where["counts"], got=f"up to {rate.max():,.0f} spikes/s (neuron {rate.argmax()})",
            expected=f"mean rates below {_MAX_MEAN_RATE_HZ:g} spikes/s",
            fix="look at bin_s, and whether these are counts: not rates, percent or raw fluorescence",
        )  # fmt: skip


def _silent(responses: Responses, where: Mapping[str, str]) -> Iterator[Finding]:
    """Neurons that never spike."""
    silent = np.flatnonzero(~responses.counts.any(axis=0))
    if silent.size:
        everywhere = silent.size == responses.n_neurons
        yield Finding(
            "critical" if everywhere else "warning", "silent", f"{where['counts']}, neurons {listed(silent)}",
            got=f"no spike ({silent.size} of {responses.n_neurons} neurons)", expected="neurons that sometimes fire",
            fix="name the field with the counts" if everywhere
            else "leave them out of the file: nothing is learned of them, and their correlations are not defined",
        )  # fmt: skip


def _few(responses: Responses, where: Mapping[str, str]) -> Iterator[Finding]:
    """Stimuli without repeats: noise is what differs between repeats."""
    shown = np.unique(np.stack([responses.stimulus, responses.trial]), axis=1)[0]
    n_trials = np.bincount(shown, minlength=responses.n_stimuli)
    once, few = np.flatnonzero(n_trials < 2), np.flatnonzero(n_trials < _FEW_TRIALS)
    if not few.size:
        return
    most = 2 * once.size > responses.n_stimuli
    which, trials = (once, "one trial") if once.size else (few, f"fewer than {_FEW_TRIALS} trials")
    yield Finding(
        "critical" if most else "warning", "few_trials", f"{where['counts']}, stimuli {listed(which)}",
        got=f"{trials} of {which.size} of {responses.n_stimuli} stimuli",
        expected=f"at least {_FEW_TRIALS} trials of each",
        fix="give responses to repeats of the same stimuli: what varies between them is what is modelled" if most
        else "leave these stimuli out, or take their noise correlations with caution",
    )  # fmt: skip


def _axes(responses: Responses, where: Mapping[str, str]) -> Iterator[Finding]:
    """Trials that differ more than neurons do, or more than stimuli do: axes may be exchanged."""
    numbers, trial, n_rows = np.unique(responses.trial, return_inverse=True, return_counts=True)
    if min(len(numbers), responses.n_stimuli, responses.n_neurons) < _FEW_TRIALS or np.median(n_rows) < 2:
        return
    counts = responses.counts.astype(np.float64)
    of_trials, of_neurons = np.bincount(trial.reshape(-1), counts.mean(axis=1)) / n_rows, counts.mean(axis=0)
    by_trial, by_stimulus = _between(counts, trial.reshape(-1)), _between(counts, responses.stimulus)
    got = None
    if of_trials.std() > max(3 * of_neurons.std(), 0.3 * of_trials.mean()):
        got = f"mean counts of trials from {of_trials.min():.3g} to {of_trials.max():.3g}, of neurons from "
        got += f"{of_neurons.min():.3g} to {of_neurons.max():.3g}"
        expected = "(stimulus, trial, neuron): neurons that differ more than trials"
    elif by_trial > 2 * max(by_stimulus, 0.0) and by_trial > 0.02 * counts.var(axis=0).mean():
        share = by_trial / counts.var(axis=0).mean()
        got = f"trials that explain {share:.0%} of the variance, more than stimuli do"
        expected = "(stimulus, trial, neuron): responses that follow the stimulus"
    if got:
        yield Finding("warning", "axes", where["counts"], got=got, expected=expected, fix="look at the order of axes")


def _between(counts: np.ndarray, group: np.ndarray) -> float:
    """Variance between the means of groups, without what chance adds to it, averaged over neurons."""
    n = np.bincount(group)
    used = n > 0
    sums = np.stack([np.bincount(group, column) for column in counts.T], axis=1)[used]
    means = sums / n[used][:, None]
    within = (np.square(counts).sum(axis=0) - (sums**2 / n[used][:, None]).sum(axis=0)) / max(
        1, len(counts) - used.sum()
    )
    return float(np.mean(means.var(axis=0, ddof=1) - within * np.mean(1 / n[used])))


def _twice(responses: Responses, where: Mapping[str, str]) -> Iterator[Finding]:
    """Neurons, or trials, that are the same."""
    counts = responses.counts
    active = np.flatnonzero(counts.any(axis=0) & (counts.std(axis=0) > 0))
    if active.size > 1:
        correlation = np.triu(np.corrcoef(counts[:, active].astype(np.float32), rowvar=False), 1)
        pairs = active[np.argwhere(correlation > 1 - 1e-5)]
        if len(pairs):
            yield Finding(
                "warning", "same_neurons", where["counts"], got=f"a correlation of 1 in {len(pairs)} pairs of neurons "
                f"({', '.join(f'{a} and {b}' for a, b in pairs[:5])})", expected="different neurons",
                fix="leave out duplicates: a unit or region of interest may stand twice in the file",
            )  # fmt: skip
    same, n_told = _same_trials(responses)
    if same:
        yield Finding(
            "critical" if 2 * len(same) > n_told else "warning", "same_trials", where["counts"],
            got=f"the counts of an earlier trial in {len(same)} of {n_told} (trial {same[0][1]} as {same[0][0]})",
            expected="trials that differ: noise is what differs between them", fix="leave these copies out",
        )  # fmt: skip


def _same_trials(responses: Responses) -> tuple[list[tuple[int, int]], int]:
    """Return (earlier, later) trials that are the same, and how many trials have enough spikes to tell."""
    order = np.lexsort((responses.stimulus, responses.trial))
    numbers, starts = np.unique(responses.trial[order], return_index=True)
    seen: dict[str, int] = {}
    same, told = [], 0
    for number, rows in zip(numbers, np.split(order, starts[1:]), strict=True):
        if responses.counts[rows].sum() < _TELLING_SPIKES:
            continue
        told += 1
        key = content_sha256(np.column_stack([responses.stimulus[rows], responses.counts[rows]]))
        earlier = seen.setdefault(key, int(number))
        if earlier != number:
            same.append((earlier, int(number)))
    return same, told


def _movie(responses: Responses, where: Mapping[str, str]) -> Iterator[Finding]:
    """Pixels that never change."""
    if responses.movie is None:
        return
    share = 1 - np.ptp(responses.movie, axis=0).astype(bool).mean()
    if share > 0.1:
        yield Finding(
            "warning", "constant_pixels", where["movie"], got=f"{share:.0%} of pixels that never change",
            expected="a movie that fills the frame", fix="crop it to what was shown: networks train faster",
        )  # fmt: skip


#: Every check of responses as they were given: ``(responses, where)``, with what messages call each field.
CHECKS: tuple[Callable[[Responses, Mapping[str, str]], Iterator[Finding]], ...] = (
    _bins,
    _silent,
    _few,
    _axes,
    _twice,
    _movie,
)


def split_findings(prepared: PreparedResponses, counts: np.ndarray) -> Iterator[Finding]:
    """What is lost of ``counts`` as they were, and neurons that do not vary in training."""
    most, source = prepared.most_count, prepared.responses.source
    fired = np.count_nonzero(counts)
    share = float(np.mean(counts[counts > 0] > most)) if fired else 0.0
    if share > 0:
        enough = min(10, int(np.quantile(counts[counts > 0], 0.95)))
        more = f"; else set data.most_count: {enough}, or count in shorter bins" if enough > most else ""
        yield Finding(
            "warning" if share > 0.1 and more else "info", "clipped", f"{source}, data.most_count",
            got=f"{share:.1%} of the {fired:,} counts above 0 are larger and set to {most}",
            expected=f"counts up to {most}", fix=f"nothing, if whether a neuron fired is modelled{more}",
        )  # fmt: skip
    train = prepared.responses.counts[prepared.train]
    constant = np.flatnonzero((train == train[0]).all(axis=0) & counts.any(axis=0))
    if constant.size:
        yield Finding(
            "warning", "constant", f"{source}, neurons {listed(constant)}",
            got=f"one count in all training responses ({constant.size} of {prepared.responses.n_neurons} neurons)",
            expected="counts that vary", fix="set data.most_count higher, count in shorter bins, or leave them out",
        )  # fmt: skip
