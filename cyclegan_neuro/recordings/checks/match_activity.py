"""Does the activity speak against the match: is each neuron, by its correlations with the others, the same one?

A cell that is the same on both days keeps much of how it correlates with the rest of the population; the cell that a
wrong match puts in its place does not. For neuron i of day x and every neuron k of day y, the correlations of i with
all others on day x are compared with those of k with the same others on day y. How many other neurons k are as similar
to i as its own match (its rivals) is uniform where the match is wrong, and near 0 where it is right and the
correlations were kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.recordings.checks.values import neurons_text
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.frames import segments
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["MatchEvidence", "contradicted", "match_evidence"]

#: Share of rivals from which on a neuron contradicts its match; benchmarks/match_contradicted.py chose it.
CONTRADICTED = 0.5
#: Share of rivals between the halves of a day up to which a neuron can be recognised at all.
RECOGNISED = 0.05
#: Share of the neurons that are not recognised across days, up to which single neurons are named.
MAX_UNSUPPORTED = 0.15
_LEAST_RECOGNISABLE = 10
_BIN_S = 0.5
_BLOCK_S = 30.0
_LEAST_NEURONS, _MOST_NEURONS = 10, 2000
_LEAST_BINS = 200
_PLACES = 20


@dataclass(frozen=True, eq=False)
class MatchEvidence:
    """How well matched neurons are recognised by their activity.

    Attributes
    ----------
    columns : ndarray of int64, shape (neuron,)
        Columns of the pair that were looked at: those that vary on both days, 2,000 at most.
    rivals : ndarray of float64, shape (neuron,)
        Share of the other neurons whose correlations resemble this one's as much as those of its match do.
    within_x, within_y : ndarray of float64, shape (neuron,)
        The same between two halves (alternating stretches of 30 s) of one day: what a right match can reach.
    tuning : ndarray of float64, shape (neuron,), optional
        Rivals by the mean activity at 20 places, where the position is known on both days.
    permuted : ndarray of float64, shape (permutation,)
        Mean of ``rivals`` for matches that were permuted.
    """

    columns: np.ndarray
    rivals: np.ndarray
    within_x: np.ndarray
    within_y: np.ndarray
    tuning: np.ndarray | None
    permuted: np.ndarray

    @property
    def recognisable(self) -> np.ndarray:
        """Neurons that both days' halves recognise, bool (neuron,): of the others nothing can be said."""
        return (self.within_x <= RECOGNISED) & (self.within_y <= RECOGNISED)

    @property
    def unsupported(self) -> float:
        """Share of the recognisable neurons that are not recognised across days: wrongly matched, or changed.

        Rivals of these are uniform, so that half of them lie above 0.5, where hardly any others do.
        """
        known = self.recognisable
        return float(min(1.0, 2 * np.mean(self.rivals[known] > 0.5))) if known.any() else np.nan

    @property
    def contradicted(self) -> np.ndarray:
        """Columns of the pair whose match the activity contradicts; none where too many neurons changed to tell."""
        if not self.unsupported <= MAX_UNSUPPORTED or self.recognisable.sum() < _LEAST_RECOGNISABLE:
            return self.columns[:0]
        return self.columns[self.recognisable & (self.rivals > CONTRADICTED)]

    @property
    def below_permuted(self) -> float:
        """By how many standard deviations of permuted matches the rivals are fewer than with those."""
        return float((self.permuted.mean() - self.rivals.mean()) / max(self.permuted.std(), 1e-12))

    @property
    def supported(self) -> bool:
        """Whether the match as a whole is clearly better than permuted ones."""
        return self.below_permuted > 3

    @property
    def unlike(self) -> bool:
        """Whether the match does as permuted ones do, though each day's halves recognise its neurons."""
        return self.below_permuted < 2 and max(self.within_x.mean(), self.within_y.mean()) < self.permuted.min()


def match_evidence(x: Recording, y: Recording, *, permutations: int = 19) -> MatchEvidence | None:
    """Compare the correlations of matched neurons with the rest of the population.

    Parameters
    ----------
    x, y : Recording
        The same neurons in the same columns, at the same rate.
    permutations : int
        Permuted matches that this one is held against.

    Returns
    -------
    MatchEvidence or None
        None with fewer than 10 neurons that vary or 100 s of either day.

    Notes
    -----
    Correlations are those of means over 0.5 s; from each column the mean over neurons is taken off, which leaves what
    tells neurons apart. A neuron's own column and its rival's are left out of every comparison. Needs a few matrix
    products of (neuron, neuron), seconds for 1,000 neurons.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> loadings = rng.normal(size=(5, 40))
    >>> x, y = (Recording((rng.normal(size=(9000, 5)) @ loadings).astype(np.float32), 20.0) for _ in range(2))
    >>> bool(match_evidence(x, y).rivals.max() < 0.1)
    True
    """
    columns = np.flatnonzero((np.ptp(x.dff, axis=0) > 0) & (np.ptp(y.dff, axis=0) > 0))
    columns = columns[np.linspace(0, len(columns) - 1, min(len(columns), _MOST_NEURONS)).astype(int)]
    binned = [_binned(day, columns) for day in (x, y)]
    if len(columns) < _LEAST_NEURONS or min(len(values) for values in binned) < _LEAST_BINS:
        return None
    profiles = [_profiles(values) for values in binned]
    within = [_rivals(_similarity(*map(_profiles, _halves(values)))) for values in binned]
    maps = _maps(x, y, columns)
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(columns)) for _ in range(permutations)]
    permuted = [_rivals(_similarity(profiles[0], profiles[1][np.ix_(p, p)])).mean() for p in orders]
    return MatchEvidence(
        columns,
        _rivals(_similarity(*profiles)),
        within[0],
        within[1],
        None if maps is None else _rivals(maps[0] @ maps[1].T),
        np.array(permuted),
    )


def contradicted(x: Recording, y: Recording) -> Iterator[Finding]:
    """What the activity says of a match, as findings; see :func:`match_evidence`."""
    evidence, where = match_evidence(x, y), f"{x.label} and {y.label}"
    if evidence is None:
        return
    spread = f"{100 * evidence.permuted.mean():.0f} ± {100 * evidence.permuted.std():.0f} %"
    expected = f"fewer than with permuted matches ({spread})"
    got = (
        f"{100 * evidence.rivals.mean():.0f} % of the other neurons resemble a neuron, by correlations with the "
        f"population, as much as its match does (between halves of a day {100 * evidence.within_x.mean():.0f} and "
        f"{100 * evidence.within_y.mean():.0f} %"
    )
    got += (
        ")" if evidence.tuning is None else f"; by position tuning, across days, {100 * evidence.tuning.mean():.0f} %)"
    )
    if evidence.supported:
        yield Finding("info", "match_activity", where, got, expected, fix="nothing to do")
    elif evidence.unlike:
        fix = (
            "look at the match: nothing in the activity speaks for it, though neurons can be told apart within each "
            "day. Either it is wrong, or correlations changed altogether between the days"
        )
        yield Finding("warning", "match_unsupported", where, got, expected, fix)
    else:
        fix = "nothing: these days are too short, too uncorrelated or too different for the activity to tell"
        yield Finding("info", "match_activity", where, got, expected, fix)
    if evidence.contradicted.size and evidence.supported:
        yield _named(evidence, x, where)


def _named(evidence: MatchEvidence, x: Recording, where: str) -> Finding:
    known = int(evidence.recognisable.sum())
    return Finding(
        "warning",
        "match_contradicted",
        f"{where}, {neurons_text(x, evidence.contradicted)}",
        got=f"{evidence.contradicted.size} of {known} neurons that each day recognises in itself, whose match is "
        f"less like them than more than {100 * CONTRADICTED:.0f} % of the other neurons are",
        expected=f"a match that most neurons are less like, as about {100 * (1 - evidence.unsupported):.0f} % have",
        fix="look at their footprints on both days: the match may be wrong, or the neuron may have changed. The "
        "activity cannot tell which",
    )


def _binned(day: Recording, columns: np.ndarray) -> np.ndarray:
    """Return means over bins of 0.5 s that cross no gap, float64 (bin, neuron)."""
    width = max(1, round(_BIN_S * day.frame_rate_hz))
    parts = []
    for start, stop in segments(day.n_frames, day.gaps):
        bins = (stop - start) // width
        block = day.dff[start : start + bins * width, columns]
        parts.append(block.reshape(bins, width, len(columns)).mean(axis=1, dtype=np.float64))
    return np.concatenate(parts)


def _halves(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    second = (np.arange(len(values)) // round(_BLOCK_S / _BIN_S)) % 2 == 1
    return values[~second], values[second]


def _profiles(values: np.ndarray) -> np.ndarray:
    """Return every neuron's correlations with the others, less their mean over neurons; 0 with itself."""
    centred = values - values.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    centred /= np.where(norms > 0, norms, 1.0)
    profiles = centred.T @ centred
    np.fill_diagonal(profiles, 0.0)
    profiles -= profiles.sum(axis=0) / (len(profiles) - 1)
    np.fill_diagonal(profiles, 0.0)
    return profiles


def _similarity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return Pearson's r of row i of ``a`` and row k of ``b`` over the columns that are neither i nor k."""
    count = len(a) - 2 + np.eye(len(a))
    sum_a, sum_b = _without(a), _without(b).T
    covariance = a @ b.T - sum_a * sum_b / count  # entries i of a and k of b are 0, so the product leaves them out
    variance_a = _without(a**2) - sum_a**2 / count
    variance_b = _without(b**2).T - sum_b**2 / count
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(covariance / np.sqrt(variance_a * variance_b))


def _without(rows: np.ndarray) -> np.ndarray:
    """Return the sum of row i without column k; the diagonal is 0."""
    return rows.sum(axis=1, keepdims=True) - rows


def _rivals(similarity: np.ndarray) -> np.ndarray:
    """Return the share of other neurons that are as similar as the match, the mean of both directions.

    Similarities are first brought to the same mean and spread in every row and every column: some neurons resemble all.
    """
    rows, columns = (_standardised(similarity, axis) for axis in (1, 0))
    scores = rows + columns
    own = scores.diagonal()
    others = len(scores) - 1
    return ((scores >= own[:, None]).sum(axis=1) + (scores >= own[None]).sum(axis=0) - 2) / (2 * others)


def _standardised(similarity: np.ndarray, axis: int) -> np.ndarray:
    """Return z-scores along an axis, by mean and standard deviation of the entries off the diagonal."""
    own, others = similarity.diagonal(), len(similarity) - 1
    mean = (similarity.sum(axis=axis) - own) / others
    square = ((similarity**2).sum(axis=axis) - own**2) / others
    spread = np.sqrt(np.maximum(square - mean**2, 1e-12))
    return (similarity - np.expand_dims(mean, axis)) / np.expand_dims(spread, axis)


def _maps(x: Recording, y: Recording, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return each neuron's mean activity at places that both days reached, centred, of norm 1: (neuron, place)."""
    positions = [day.behaviour.position_cm for day in (x, y)]
    if any(position is None or not np.isfinite(position).any() for position in positions):
        return None
    low, high = (f([f(p[np.isfinite(p)]) for p in positions]) for f in (min, max))
    if not high > low:
        return None
    edges = np.linspace(low, high, _PLACES + 1)[1:-1]
    means, visited = [], np.ones(_PLACES, bool)
    for day, position in zip((x, y), positions, strict=True):
        place = np.where(np.isfinite(position), np.searchsorted(edges, position, side="right"), -1)
        frames = [np.flatnonzero(place == number) for number in range(_PLACES)]
        means.append(np.stack([day.dff[at].sum(axis=0)[columns] / max(1, at.size) for at in frames], axis=1))
        visited &= np.array([at.size > 0 for at in frames])
    if visited.sum() < 3:
        return None
    centred = [mean[:, visited] - mean[:, visited].mean(axis=1, keepdims=True) for mean in means]
    first, second = (one / np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-12) for one in centred)
    return first, second
