"""What is decoded from which representation: cross-validated, paired with others, and scored as published."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, get_args

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.evaluation.decoding.representations import PCA, RAW, Representer
from cyclegan_neuro.evaluation.decoding.sections import EvaluationSection
from cyclegan_neuro.evaluation.verdicts import PairedVerdict
from cyclegan_neuro.populations.decoding.cross_validation import Measure, folds, holm, interval, paired
from cyclegan_neuro.populations.decoding.readouts import Decoded, decode
from cyclegan_neuro.populations.trials.trials import Label, PreparedTrials
from cyclegan_neuro.spikes.cache import ResultCache, content_key

__all__ = ["Beside", "Decoding", "Measured", "Row", "Score", "measure_decoding", "row_name"]

_log = logging.getLogger(__name__)

Row = tuple[str, str]
"""Key of a method, and one of its spaces."""

_LEAST_TRIALS = 10  # of a cross-validation
_ARRAYS = ("bins", "trial", "predicted", "true")


class Measured(NamedTuple):
    """A share of bins with its interval (95 %) over trials."""

    value: float
    low: float
    high: float


class Beside(NamedTuple):
    """A difference of accuracies, paired over trials, its interval (95 %), and p after Holm for all rows."""

    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, eq=False)
class Score:
    """How well a label is decoded from one space.

    Attributes
    ----------
    decoded : Decoded
        Every held-out bin of every fold.
    accuracy, near : Measured
        Exact; within the published tolerance.
    beside : dict of Row to Beside
        This one's accuracy minus that of the run's own representation and of raw activity; of style, of content too.
    """

    decoded: Decoded
    accuracy: Measured
    near: Measured
    beside: dict[Row, Beside] = field(default_factory=dict)

    def verdict(self, other: Row) -> PairedVerdict:
        """Return what the difference to another row amounts to."""
        found = self.beside.get(other)
        return PairedVerdict.UNKNOWN if found is None else PairedVerdict.of(found.difference, found.p)


@dataclass(frozen=True, eq=False)
class Decoding:
    """What is decoded from all representations.

    Attributes
    ----------
    method : str
        Key of the run's own.
    labels : dict of Row to str
        What rows are called, the run's own first.
    n_folds : int
        Of the cross-validation; 0 where the run's split is all.
    scores : dict of Label to dict of Row to Score
    chance : dict of Label to float
        Accuracy of always naming the most frequent label of the tested bins.
    left_out : dict of Label to str
        Why a label is not decoded.
    """

    method: str
    labels: dict[Row, str]
    n_folds: int
    scores: dict[Label, dict[Row, Score]]
    chance: dict[Label, float]
    left_out: dict[Label, str]

    @property
    def own(self) -> Row:
        """The run's whole representation."""
        return self.method, "full"

    @property
    def parted(self) -> bool:
        """Whether the run's model parts content and style."""
        return (self.method, "content") in self.labels

    def best(self, label: Label) -> Row:
        """Return the row with the highest accuracy."""
        return max(self.scores[label], key=lambda row: self.scores[label][row].accuracy.value)

    def metrics(self) -> dict:
        """Return the entry of ``metrics.json``."""
        found: dict = {"folds": self.n_folds, "left_out": self.left_out}
        for label, scores in self.scores.items():
            found[label] = {"chance": self.chance[label]} | {
                row_name(row): {
                    "label": self.labels[row],
                    "n_bins": len(score.decoded.bins),
                    "n_trials": len(np.unique(score.decoded.trial)),
                    "accuracy": score.accuracy._asdict(),
                    "near_accuracy": score.near._asdict(),
                    "difference": {row_name(other): one._asdict() for other, one in score.beside.items()},
                }
                for row, score in scores.items()
            }
        return found


def row_name(row: Row) -> str:
    """Return what ``metrics.json`` calls a row."""
    return "/".join(row)


def measure_decoding(
    prepared: PreparedTrials,
    representer: Representer,
    methods: Sequence[str],
    *,
    section: EvaluationSection,
    cache: ResultCache,
) -> Decoding:
    """Decode direction and time from every space of every method.

    Parameters
    ----------
    prepared : PreparedTrials
        The split of the run, which is all that is tested where ``section.folds`` is 0 or trials are too few.
    representer : Representer
    methods : sequence of str
        Keys, the run's own first; floors follow.
    section : EvaluationSection
    cache : ResultCache
    """
    n_folds = _folds_possible(prepared, section.folds)
    splits = folds(prepared, n_folds, seed=section.seed) if n_folds else [prepared]
    jobs = [(key, split, 0) for key in methods for split in (*splits, prepared)]
    representer.train_ahead(jobs, processes=section.processes)
    spaces: dict[Row, list[np.ndarray]] = {}
    for key in (*methods, PCA, RAW):
        for split in splits:
            for space, features in representer.of(key, split).spaces.items():
                spaces.setdefault((key, space), []).append(features)
    scores: dict[Label, dict[Row, Score]] = {}
    left_out: dict[Label, str] = {}
    for label in get_args(Label):
        if not prepared.decodes(label):
            left_out[label] = f"the trials have no {'condition' if label == 'direction' else 'time'}"
            continue
        _log.info("decoding %s from %d representations", label, len(spaces))
        try:
            decoded = {row: _decode(parts, splits, label, section.seed, cache) for row, parts in spaces.items()}
        except RecordingError as error:
            left_out[label] = str(error)
            continue
        scores[label] = _scored(decoded, representer.method, section)
    return Decoding(
        method=representer.method,
        labels={row: _label(row, representer, spaces) for row in spaces},
        n_folds=n_folds,
        scores=scores,
        chance={label: _chance(next(iter(rows.values())).decoded.true) for label, rows in scores.items()},
        left_out=left_out,
    )


def _folds_possible(prepared: PreparedTrials, n_folds: int) -> int:
    """Return ``n_folds``, or 0 where trials do not suffice for as many."""
    n_trials = len(prepared.trials.numbers)
    if n_folds >= 2 and n_trials >= max(_LEAST_TRIALS, 2 * n_folds):
        return n_folds
    if n_folds:
        _log.warning("%d trials are too few for %d folds: the run's own split is tested", n_trials, n_folds)
    return 0


def _label(row: Row, representer: Representer, rows: Mapping[Row, object]) -> str:
    method, space = row
    return f"{representer.label(method)}: {space}" if (method, "content") in rows else representer.label(method)


def _decode(
    parts: Sequence[np.ndarray], splits: Sequence[PreparedTrials], label: Label, seed: int, cache: ResultCache
) -> Decoded:
    """Decode the held-out bins of all splits, or read them."""

    def compute() -> dict[str, np.ndarray]:
        pairs = zip(parts, splits, strict=True)
        joined = Decoded.joined([decode(part, split, label, seed=seed) for part, split in pairs])
        return {name: getattr(joined, name) for name in _ARRAYS}

    tested = [np.flatnonzero(split.is_held_out & split.decoded(label)) for split in splits]
    trained = [np.flatnonzero(~split.is_held_out & split.decoded(label)) for split in splits]
    first = splits[0]
    key = content_key(*parts, *tested, *trained, first.labels(label), first.trials.trial, label, seed)
    return Decoded(label, first.n_labels(label), **cache.get("decoded", key, compute))


def _scored(decoded: Mapping[Row, Decoded], method: str, section: EvaluationSection) -> dict[Row, Score]:
    draws = {"n_resamples": section.n_resamples, "seed": section.seed}
    compared = {one: [row for row in decoded if row != one] for one in ((method, "full"), (RAW, "full"))}
    if (method, "style") in decoded:  # planned: one comparison, which pays for no other
        compared[method, "content"] = [(method, "style")]
    beside: dict[Row, dict[Row, Beside]] = {row: {} for row in decoded}
    for reference, others in compared.items():
        tests = [paired(decoded[row], decoded[reference], **draws) for row in others]
        if None in tests:  # one trial
            continue
        for row, test, p in zip(others, tests, holm(np.array([test.p for test in tests])), strict=True):
            beside[row][reference] = Beside(test.mean, test.low, test.high, float(p))
    return {
        row: Score(one, _measured(one, "accuracy", draws), _measured(one, "near_accuracy", draws), beside[row])
        for row, one in decoded.items()
    }


def _measured(decoded: Decoded, measure: Measure, draws: dict) -> Measured:
    return Measured(getattr(decoded, measure), *(interval(decoded, measure, **draws) or (np.nan, np.nan)))


def _chance(true: np.ndarray) -> float:
    return float(np.unique(true, return_counts=True)[1].max() / len(true))
