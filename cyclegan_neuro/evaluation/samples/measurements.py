"""Everything that is measured of a generator of samples, in one place."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from cyclegan_neuro.evaluation.samples.generated import Generator
from cyclegan_neuro.evaluation.samples.sections import SamplesConfig
from cyclegan_neuro.populations.baselines.dichotomized_gaussian import fit_dichotomized_gaussian
from cyclegan_neuro.populations.baselines.independent import fit_independent
from cyclegan_neuro.populations.baselines.k_pairwise import fit_k_pairwise
from cyclegan_neuro.populations.baselines.stimulus_gaussian import fit_stimulus_gaussian
from cyclegan_neuro.populations.nearest import Memorisation, memorisation
from cyclegan_neuro.populations.packet_counts import PacketShares, packet_shares
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.populations.simulate.configured import simulate
from cyclegan_neuro.populations.simulate.truth import PacketsTruth
from cyclegan_neuro.populations.statistics import (
    NAMES,
    PopulationStatistics,
    StatisticError,
    compare,
    half_against_half,
    population_statistics,
)
from cyclegan_neuro.populations.whole_distribution import WholeDistribution, compare_distributions

__all__ = ["FLOOR", "LABELS", "MODEL", "Measurements", "measure"]

_log = logging.getLogger(__name__)

MODEL, FLOOR = "model", "floor"
"""The generator, and half of the recorded samples against the other, among the models that are compared."""
LABELS = {
    "dichotomized_gaussian": "dichotomized Gaussian",
    "stimulus_gaussian": "dichotomized Gaussian along the stimulus",
    "k_pairwise": "k-pairwise",
    "independent": "independent",
    FLOOR: "recorded, half against half",
    "generated": "generated",
    "held_out": "recorded, held out",
    "training": "training, to another one",
}
"""What baselines, the floor and the sets of samples are called whose nearest training samples are looked for."""
_TRACE_NAMES = {"spike_count": "mean", "time_course_hz": "time course"}
_UNITS = {"spike_count": "spikes/sample", "time_course_hz": "spikes/s"}
_MOST_COMPARED = 8192  # samples whose nearest neighbours are looked for
_MOST_OF_BASELINES = 2048
_EXAMPLES = 4
_MOST_NEURONS = {  # beyond, a fit takes gigabytes
    "dichotomized_gaussian": 200,
    "stimulus_gaussian": 200,
    "k_pairwise": 100,
}


@dataclass(frozen=True, eq=False)
class Measurements:
    """What the report tells.

    Attributes
    ----------
    name : str
        What the generator is called.
    prepared : PreparedSamples
    recorded : PopulationStatistics
        Of all recorded samples.
    statistics : dict of str to PopulationStatistics
        Of the generator (``"model"``) and of each baseline.
    errors : dict of str to dict of str to StatisticError
        The same against ``recorded``; and ``"floor"``, half of the recorded samples against the other.
    generated : ndarray, shape (sample, bin, neuron)
        Spikes or traces (ΔF/F) of the generator.
    baselines : dict of str to object
        Fitted models.
    examples : dict of str to ndarray, shape (sample, bin, neuron)
        The first samples of the generator and of each baseline.
    memorisation : Memorisation or None
        Of spikes.
    packets : PacketShares or None
        Where packets are known.
    whole : WholeDistribution or None
        Section A.1 of Molano-Mazon et al. 2018, where the truth is simulated and samples are short.
    """

    name: str
    prepared: PreparedSamples
    recorded: PopulationStatistics
    statistics: dict[str, PopulationStatistics]
    errors: dict[str, dict[str, StatisticError]]
    generated: np.ndarray
    baselines: dict[str, object]
    examples: dict[str, np.ndarray]
    memorisation: Memorisation | None
    packets: PacketShares | None
    whole: WholeDistribution | None

    def label(self, model: str) -> str:
        """Return what the generator, a baseline or the floor is called."""
        return self.name if model == MODEL else LABELS[model]

    def statistic(self, name: str, *, unit: bool = True) -> str:
        """Return what a statistic is called, with the unit where it has one."""
        spikes = self.prepared.spikes
        label = NAMES[name] if spikes else _TRACE_NAMES.get(name, NAMES[name])
        its_unit = _UNITS.get(name) if spikes else "ΔF/F" * (name in _TRACE_NAMES)
        return f"{label} ({its_unit})" if unit and its_unit else label

    def metrics(self) -> dict:
        """Return the entries of ``metrics.json``."""
        errors = {
            model: {name: asdict(error) for name, error in errors.items()} for model, errors in self.errors.items()
        }
        metrics: dict = {"statistics": errors}
        if self.memorisation is not None:
            one = self.memorisation
            metrics["memorisation"] = {
                "median_distance": {name: nearest.median for name, nearest in one.nearest.items()},
                "copies": {name: nearest.copies for name, nearest in one.nearest.items()},
                "ks_statistic": one.ks_statistic,
            }
        if self.packets is not None:
            shares = self.packets.shares
            metrics["whole_packets"] = {
                "recorded": self.packets.recorded.tolist(),
                "slack_bins": self.packets.slack_bins,
                "share_of_recorded": {name: [asdict(share) for share in found] for name, found in shares.items()},
            }
        if self.whole is not None:
            sides, kept = self.whole.sides, ("plug_in", "miller_madow", "n_samples")
            metrics["whole_distribution"] = {
                "entropy_bits": {
                    name: {field: getattr(side.entropy, field) for field in kept} for name, side in sides.items()
                },
                "seen_in_training": {name: side.seen for name, side in sides.items()},
                "never_in_truth": {name: side.impossible for name, side in sides.items()},
            }
        return metrics


def measure(
    config: SamplesConfig, prepared: PreparedSamples, generate: Generator, *, name: str = "generator"
) -> Measurements:
    """Generate samples, fit the baselines, compare everything with what was recorded.

    Parameters
    ----------
    config : SamplesConfig
    prepared : PreparedSamples
    generate : callable
        See :data:`~cyclegan_neuro.evaluation.samples.generated.Generator`.
    name : str
        What the generator is called.
    """
    section = config.evaluation
    n_samples, seed = section.n_samples or len(prepared.train_apart), section.seed
    _log.info("generating %s samples", f"{n_samples:,}")
    generated = generate(n_samples).values
    recorded = prepared.in_unit(prepared.samples(prepared.every))
    training = prepared.in_unit(prepared.samples(prepared.train_apart))
    baselines = _fit_baselines(config, prepared, training) if prepared.spikes else {}
    samples = {MODEL: generated}
    samples |= {name: one.sample(n_samples, seed=seed) for name, one in baselines.items()}
    if not prepared.spikes and section.baselines.independent:
        samples["independent"] = _mixed_neurons(training, n_samples, seed=seed)
    kind = {"bin_s": prepared.bin_s, "spikes": prepared.spikes}
    reference = population_statistics(recorded, **kind)
    statistics = {name: population_statistics(values, **kind) for name, values in samples.items()}
    errors = {name: compare(found, reference) for name, found in statistics.items()}
    errors[FLOOR] = half_against_half(recorded, **kind, seed=seed)
    return Measurements(
        name=name,
        prepared=prepared,
        recorded=reference,
        statistics=statistics,
        errors=errors,
        generated=generated,
        baselines=baselines,
        examples={name: values[:_EXAMPLES] for name, values in samples.items()},
        memorisation=_memorisation(prepared, training, samples) if prepared.spikes else None,
        packets=_packets(config, prepared, recorded, samples),
        whole=_whole(config, generate, training),
    )


def _fit_baselines(config: SamplesConfig, prepared: PreparedSamples, training: np.ndarray) -> dict[str, Any]:
    section = config.evaluation
    fits: dict[str, Callable[[np.ndarray], Any]] = {
        "dichotomized_gaussian": fit_dichotomized_gaussian,
        "k_pairwise": partial(fit_k_pairwise, seed=section.seed),
        "independent": fit_independent,
    }
    fits = {name: fit for name, fit in fits.items() if getattr(section.baselines, name)}
    if section.baselines.repeat_bins:
        along = {"first_bins": prepared.train_apart, "repeat_bins": section.baselines.repeat_bins}
        fits["stimulus_gaussian"] = partial(fit_stimulus_gaussian, **along)
    found = {}
    for name, fit in fits.items():
        most = _MOST_NEURONS.get(name, training.shape[2])
        if training.shape[2] > most:
            _log.warning("%s: not fitted to %d neurons, at most %d", LABELS[name], training.shape[2], most)
        else:
            _log.info("fitting %s", LABELS[name])
            found[name] = fit(training)
    return found


def _mixed_neurons(samples: np.ndarray, n_samples: int, *, seed: int) -> np.ndarray:
    """Return samples whose neurons come from different recorded samples, so that they share nothing."""
    n_neurons = samples.shape[2]
    picks = np.random.default_rng(seed).integers(len(samples), size=(n_samples, n_neurons))
    return samples[picks, :, np.arange(n_neurons)].transpose(0, 2, 1)


def _memorisation(prepared: PreparedSamples, training: np.ndarray, samples: dict[str, np.ndarray]) -> Memorisation:
    return memorisation(
        samples[MODEL][:_MOST_COMPARED],
        held_out=prepared.samples(prepared.held_out[:_MOST_COMPARED]),
        training=training,
        others={name: values[:_MOST_OF_BASELINES] for name, values in samples.items() if name != MODEL},
    )


def _packets(config: SamplesConfig, prepared: PreparedSamples, recorded: np.ndarray, samples) -> PacketShares | None:
    if not isinstance(prepared.truth, PacketsTruth):
        return None
    simulation = config.data.simulation
    jitter_bins = getattr(simulation, simulation.kind).jitter_bins
    return packet_shares(samples, recorded=recorded, floor=FLOOR, groups=prepared.truth.groups, jitter_bins=jitter_bins)


def _whole(config: SamplesConfig, generate: Generator, training: np.ndarray) -> WholeDistribution | None:
    section = config.evaluation
    n_samples = section.whole_distribution_samples
    if not n_samples:
        return None
    _log.info("comparing the distribution of whole samples (%s simulated)", f"{n_samples:,}")
    simulation = config.data.simulation
    numerical, surrogate = (
        simulate(simulation, seed=simulation.seed + number, n_samples=n_samples).samples for number in (1, 2)
    )
    return compare_distributions(
        generate(n_samples).values, surrogate=surrogate, numerical=numerical, training=training, seed=section.seed
    )
