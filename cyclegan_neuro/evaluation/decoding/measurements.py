"""Everything that is measured of a representation of trials, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.decoding.across_days import AcrossDays, across_days
from cyclegan_neuro.evaluation.decoding.model import Fit, TrialModel
from cyclegan_neuro.evaluation.decoding.published import Published, measure_published
from cyclegan_neuro.evaluation.decoding.reconstruction import Reconstruction, measure_reconstruction
from cyclegan_neuro.evaluation.decoding.representations import PCA, RAW, Represented, Representer
from cyclegan_neuro.evaluation.decoding.scores import Decoding, measure_decoding
from cyclegan_neuro.evaluation.decoding.sections import DecodingConfig
from cyclegan_neuro.evaluation.decoding.swapping import Generation, measure_generation
from cyclegan_neuro.evaluation.decoding.views import Views, measure_views
from cyclegan_neuro.populations.decoding.disentanglement import Disentanglement, disentanglement
from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.spikes.cache import ResultCache

__all__ = ["Measurements", "chance_of", "measure"]


@dataclass(frozen=True, eq=False)
class Measurements:
    """What the report tells.

    Attributes
    ----------
    name : str
        What the run's method is called.
    prepared : PreparedTrials
    represented : Represented
        All bins, by the run's own model.
    compared : dict of str to str
        Labels of the networks that were trained beside it.
    n_components : int
        Of PCA in the comparisons of decoding: as many as content has dimensions, or the whole where nothing is parted.
    n_seeds : int
        Networks of other seeds on the split of the run.
    decoding : Decoding
    published : Published, optional
        Where directions are decoded on the split of the run.
    reconstruction : Reconstruction, optional
        Where the model has a decoder.
    generation : Generation, optional
        Where the model parts content and style and has a decoder.
    disentanglement : dict of str to Disentanglement
        By label, of the held-out bins of the split of the run; empty where it is not defined.
    across : AcrossDays, optional
        Where there are two days and continuous targets.
    views : Views
    """

    name: str
    prepared: PreparedTrials
    represented: Represented
    compared: dict[str, str]
    n_components: int
    n_seeds: int
    decoding: Decoding
    published: Published | None
    reconstruction: Reconstruction | None
    generation: Generation | None
    disentanglement: dict[str, Disentanglement]
    across: AcrossDays | None
    views: Views

    def metrics(self) -> dict:
        """Return the entries of ``metrics.json``."""
        found: dict[str, Any] = {"decoding": self.decoding.metrics()}
        if self.published is not None:
            found["decoding"]["published_readout"] = self.published.metrics()
        if self.reconstruction is not None:
            found["reconstruction"] = self.reconstruction.metrics()
        if self.generation is not None:
            found["generation"] = self.generation.metrics()
        if self.disentanglement:
            found["disentanglement"] = {
                label: {
                    reading: {"score": score, "chance": float(one.null[reading].mean()), "p": chance_of(one, reading)}
                    for reading, score in one.scores.items()
                }
                for label, one in self.disentanglement.items()
            }
        if self.across is not None:
            found["across_days"] = self.across.metrics()
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the spaces of the held-out bins, and what is known of these, by their path in ``maps.h5``."""
        rows, trials = self.prepared.held_out, self.prepared.trials
        known = {"bin": rows, "trial": trials.trial[rows]}
        known |= {
            name: values[rows]
            for name, values in (("condition", trials.condition), ("time", trials.time))
            if values is not None
        }
        return {f"spaces/{name}": space[rows] for name, space in self.represented.spaces.items()} | {
            f"bins/{name}": values for name, values in known.items()
        }


def measure(
    config: DecodingConfig,
    prepared: PreparedTrials,
    model: TrialModel,
    *,
    fits: Mapping[str, tuple[str, Fit]],
    method: str,
    cache_directory: Path | None = None,
) -> Measurements:
    """Train what is compared, and measure everything; see :func:`~.evaluation.evaluate_trials`.

    Raises
    ------
    ConfigurationError
        Where ``evaluation.compare`` names a method that is not in ``fits``.
    """
    section, cache = config.evaluation, ResultCache(cache_directory)
    methods = _methods(section.compare, fits, method)
    representer = Representer(
        prepared, model, method, fits, seed=config.training.seed, settings=_settings(config), cache=cache
    )
    own = representer.own
    decoding = measure_decoding(prepared, representer, methods, section=section, cache=cache)
    published = generation = None
    if "direction" in decoding.scores:
        generation = measure_generation(prepared, model, own, n_resamples=section.n_resamples, seed=section.seed)
        published = measure_published(prepared, representer, section=section, cache=cache)
    reconstruction = None
    if own.reconstructed is not None:
        made = {key: (representer.label(key), representer.of(key, prepared)) for key in methods}
        n_full = own.full.shape[1]  # PCA with as many as there are neurons would copy everything
        reconstruction = measure_reconstruction(
            prepared,
            made,
            n_components=n_full if n_full < len(prepared.neurons) else representer.n_components,
            n_resamples=section.n_resamples,
            seed=section.seed,
        )
    return Measurements(
        name=representer.label(method),
        prepared=prepared,
        represented=own,
        compared={key: representer.label(key) for key in methods[1:]},
        n_components=representer.n_components,
        n_seeds=section.n_seeds,
        decoding=decoding,
        published=published,
        reconstruction=reconstruction,
        generation=generation,
        disentanglement=_disentangled(prepared, representer, methods, seed=section.seed),
        across=across_days(prepared, model, seed=section.seed, n_resamples=section.n_resamples),
        views=measure_views(prepared, own.spaces | {RAW: prepared.windows()}, seed=section.seed, cache=cache),
    )


def _disentangled(
    prepared: PreparedTrials, representer: Representer, methods: Sequence[str], *, seed: int
) -> dict[str, Disentanglement]:
    """Score whole representations on the split of the run."""
    if not (prepared.decodes("direction") and prepared.decodes("time")):
        return {}
    scored = {
        representer.label(key): disentanglement(representer.of(key, prepared).full, prepared, seed=seed)
        for key in (*methods, PCA, RAW)
    }
    return {label: one for label, one in scored.items() if one is not None}


def chance_of(found: Disentanglement, reading: str) -> float:
    """Return how often cell means that were dealt anew score as much, with the observed score among them."""
    null = found.null[reading]
    return float((np.sum(null >= found.scores[reading]) + 1) / (len(null) + 1))


def _methods(compare: list[str], fits: Mapping[str, tuple[str, Fit]], method: str) -> list[str]:
    """Return what is trained in every fold, the run's own method first."""
    unknown = [key for key in compare if key not in fits]
    if unknown:
        raise ConfigurationError(
            "evaluation.compare", got=", ".join(unknown), expected=f"methods among {', '.join(sorted(fits))}",
            fix="remove it, or correct its name",
        )  # fmt: skip
    return list(dict.fromkeys([method, *compare]))


def _settings(config: DecodingConfig) -> dict[str, Any]:
    """Return all that networks depend on besides data and seed: sections of the system, JSON-ready."""
    rest = ("data", "evaluation", "report")
    sections = {name: value for name, value in vars(config).items() if name not in rest}
    return {name: value.model_dump(mode="json") for name, value in sections.items() if isinstance(value, BaseModel)}
