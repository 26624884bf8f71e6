"""Directions decoded as published, by networks of several seeds on the split of the run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.decoding.representations import RAW, Representer
from cyclegan_neuro.evaluation.decoding.scores import Row, row_name
from cyclegan_neuro.evaluation.decoding.sections import EvaluationSection
from cyclegan_neuro.populations.decoding.paper_readout import follow_readout
from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.spikes.cache import ResultCache, content_key

__all__ = ["Published", "measure_published"]


@dataclass(frozen=True, eq=False)
class Published:
    """Directions decoded on the split of the run as published.

    Attributes
    ----------
    rows : dict of Row to ndarray, shape (network, 4)
        acc and delta-acc after the last epoch, and the best of all epochs, which is chosen on the test set.
    n_networks : int
        Of the run's method: its own, and those with other seeds.
    """

    rows: dict[Row, np.ndarray]
    n_networks: int

    def metrics(self) -> dict:
        """Return mean and standard deviation over networks (of raw activity: over readouts) as ``metrics.json`` has."""
        names = ("last_acc", "last_delta_acc", "best_acc", "best_delta_acc")
        return {
            row_name(row): {
                name: {"mean": values.mean(), "sd": values.std(ddof=1) if len(values) > 1 else None, "n": len(values)}
                for name, values in zip(names, found.T, strict=True)
            }
            for row, found in self.rows.items()
        }


def measure_published(
    prepared: PreparedTrials, representer: Representer, *, section: EvaluationSection, cache: ResultCache
) -> Published:
    """Score the run's network, those of other seeds and spike counts by the published readout on the run's split."""
    seeds, rows = range(section.n_seeds + 1), dict[Row, list[tuple[float, ...]]]()
    jobs = [(representer.method, prepared, number) for number in seeds]
    representer.train_ahead(jobs, processes=section.processes)
    for number in seeds:
        spaces = {(representer.method, name): one for name, one in representer.seeded(number).spaces.items()}
        spaces[RAW, "full"] = _counts(prepared)
        for row, features in spaces.items():
            rows.setdefault(row, []).append(_followed(features, prepared, number, cache))
    return Published({row: np.array(found) for row, found in rows.items()}, len(seeds))


def _counts(prepared: PreparedTrials) -> np.ndarray:
    """Return windows in spikes per bin, on which the published learning rate settles; ΔF/F as it is."""
    trials = prepared.trials
    return prepared.windows() * np.float32(trials.bin_s if trials.unit == "spikes/s" else 1.0)


def _followed(features: np.ndarray, prepared: PreparedTrials, seed: int, cache: ResultCache) -> tuple[float, ...]:
    def compute() -> dict[str, np.ndarray]:
        trace = follow_readout(features, prepared, seed=seed)
        return {"scores": np.array([*trace.last, *trace.best])}

    key = content_key(
        features, prepared.held_out_trials, prepared.decoded("direction"), prepared.trials.condition, seed
    )
    return tuple(cache.get("published", key, compute)["scores"])
