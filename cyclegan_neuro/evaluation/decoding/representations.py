"""Representations of every bin by every model that is compared, in every fold; what was trained is kept."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from cyclegan_neuro.evaluation.decoding.floors import RawActivity, fit_components
from cyclegan_neuro.evaluation.decoding.model import Fit, TrialModel
from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.quiet import import_tensorflow_quietly
from cyclegan_neuro.spikes.cache import ResultCache, content_key
from cyclegan_neuro.spikes.statistics.parallel import Workers

__all__ = ["PCA", "RAW", "Represented", "Representer", "represent"]

_log = logging.getLogger(__name__)

RAW, PCA = "raw", "pca"
"""Keys of what needs no network."""


@dataclass(frozen=True, eq=False)
class Represented:
    """What a model makes of every bin of the trials.

    Attributes
    ----------
    full : ndarray of float32, shape (bin, dimension)
    n_content : int
        Dimensions of ``full`` that are content, the first ones; the others are style. 0 where nothing is parted.
    reconstructed : ndarray of float32, shape (bin, neuron), optional
        Of the neurons that vary, in the unit of the trials.
    """

    full: np.ndarray
    n_content: int = 0
    reconstructed: np.ndarray | None = None

    @property
    def spaces(self) -> dict[str, np.ndarray]:
        """``full``, and ``content`` and ``style`` where they are parted."""
        if not self.n_content:
            return {"full": self.full}
        return {"full": self.full, "content": self.full[:, : self.n_content], "style": self.full[:, self.n_content :]}


def represent(model: TrialModel, prepared: PreparedTrials) -> Represented:
    """Return what ``model`` makes of all bins."""
    spaces = model.spaces(prepared.windows())
    full = np.asarray(spaces["full"], np.float32)
    n_content = spaces["content"].shape[1] if "content" in spaces else 0
    return Represented(full, n_content, bins_of(model.reconstruct(full), prepared))


def bins_of(windows: np.ndarray | None, prepared: PreparedTrials) -> np.ndarray | None:
    """Return the bins in the middle of windows, float32, shape (bin, neuron)."""
    if windows is None:
        return None
    context = prepared.context_bins
    return np.asarray(windows, np.float32).reshape(len(windows), 2 * context + 1, -1)[:, context]


class Representer:
    """Trains what is compared, or reads what an earlier evaluation trained.

    Parameters
    ----------
    prepared : PreparedTrials
        The split of the run.
    model : TrialModel
        The run's own, trained on that split with ``seed``.
    method : str
        Its key.
    fits : mapping of str to (str, Fit)
        How networks are trained, by functions that another process can be given; floors are added.
    seed : int
    settings : dict
        JSON-ready: all that networks depend on besides data and seed.
    cache : ResultCache
    """

    def __init__(
        self,
        prepared: PreparedTrials,
        model: TrialModel,
        method: str,
        fits: Mapping[str, tuple[str, Fit]],
        *,
        seed: int,
        settings: dict[str, Any],
        cache: ResultCache,
    ):
        self._own, self._prepared, self.method, self._seed = represent(model, prepared), prepared, method, seed
        self.n_components = self._own.n_content or self._own.full.shape[1]
        self._floors = {RAW: lambda split: RawActivity(), PCA: lambda split: fit_components(split, self.n_components)}
        self._fits, self._settings, self._cache = fits, settings, cache

    def label(self, key: str) -> str:
        """Return what a method is called."""
        floors = {RAW: "raw activity", PCA: f"PCA ({self.n_components})"}
        return floors[key] if key in floors else self._fits[key][0]

    @property
    def own(self) -> Represented:
        """The bins as the run's own model represents them."""
        return self._own

    def seeded(self, number: int) -> Represented:
        """Return the bins by the run's method on its split with another seed; 0 is the run's own model."""
        return self.of(self.method, self._prepared, number)

    def of(self, key: str, split: PreparedTrials, number: int = 0) -> Represented:
        """Return all bins by the method ``key``, fitted to training trials of ``split``, its seed ``number`` higher."""
        if key in self._floors:
            return represent(self._floors[key](split), split)
        if key == self.method and split is self._prepared and not number:
            return self._own
        seed = self._seed + number
        kept = self._cache.get("representation", self._key(key, split, seed), lambda: self._train(key, split, seed))
        return Represented(kept["full"], int(kept["n_content"]), kept.get("reconstructed"))

    def _key(self, key: str, split: PreparedTrials, seed: int) -> str:
        trials = split.trials
        labels = [trials.trial, trials.condition, trials.time, trials.speed, split.held_out_trials]
        given = [array for array in labels if array is not None]
        rest = [key, seed, self._settings, split.context_bins, split.min_speed, split.n_times]
        return content_key(split.windows(), *given, *rest)

    def train_ahead(self, jobs: Iterable[tuple[str, PreparedTrials, int]], *, processes: int | None) -> None:
        """Train what :meth:`of` will be asked for, ``(key, split, number)``, and is not kept yet.

        Each network is trained by one process on one core: small ones gain little from a second.
        """
        networks = ((key, split, number) for key, split, number in jobs if key not in self._floors)
        others = [job for job in networks if job[0] != self.method or job[1] is not self._prepared or job[2]]
        names = [self._key(key, split, self._seed + number) for key, split, number in others]
        missing = {
            name: (self._fits[key][1], split, self._seed + number)
            for name, (key, split, number) in zip(names, others, strict=True)
            if not self._cache.holds("representation", name)
        }
        with Workers(processes, first=import_tensorflow_quietly) as workers:
            step = workers.processes
            for first in range(0, len(missing), step):  # what is done stays done if the rest is interrupted
                part = dict(islice(missing.items(), first, first + step))
                _log.info("training networks %d to %d of %d", first + 1, first + len(part), len(missing))
                for name, arrays in zip(part, workers.map(_trained, part.values()), strict=True):
                    self._cache.get("representation", name, arrays.copy)

    def _train(self, key: str, split: PreparedTrials, seed: int) -> dict[str, np.ndarray]:
        label, fit = self._fits[key]
        _log.info("training %s on %d trials (seed %d)", label, len(np.unique(split.trials.trial[split.train])), seed)
        return _trained(fit, split, seed)


def _trained(fit: Fit, split: PreparedTrials, seed: int) -> dict[str, np.ndarray]:
    made = represent(fit(split, seed), split)
    arrays = {"full": made.full, "n_content": np.array(made.n_content)}
    return arrays if made.reconstructed is None else arrays | {"reconstructed": made.reconstructed}
