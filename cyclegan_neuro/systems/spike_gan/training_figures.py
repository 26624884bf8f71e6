"""What TensorBoard shows of a Spike-GAN in training: samples and statistics."""

from __future__ import annotations

from matplotlib.figure import Figure

from cyclegan_neuro.populations.statistics import population_statistics
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.generation import generate_samples
from cyclegan_neuro.systems.spike_gan.pictures import examples, statistics_grid
from cyclegan_neuro.systems.spike_gan.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.wording import MODEL
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["training_figures"]

_MOST_SAMPLES = 2048
_SHOWN = 4


def training_figures(config: Config, prepared: PreparedSamples, trainer) -> dict[str, Figure]:
    """Draw generated samples beside held-out ones, and the six statistics.

    Parameters
    ----------
    config : Config
    prepared : PreparedSamples
    trainer : SpikeGAN
        Its averaged weights are used where it keeps them.

    Returns
    -------
    dict
        Tag → figure: ``samples/examples``, ``samples/statistics``.
    """
    starts = spaced(prepared.every, _MOST_SAMPLES)
    recorded = prepared.in_unit(prepared.samples(starts))
    with trainer.average_weights():
        generated = generate_samples(
            trainer.generator,
            prepared,
            len(recorded),
            seed=config.evaluation.seed,
            batch_size=config.evaluation.batch_size,
        ).values
    kind = {"bin_s": prepared.bin_s, "spikes": prepared.spikes}
    statistics = {MODEL: population_statistics(generated, **kind)}
    held_out = prepared.in_unit(prepared.samples(prepared.held_out[:_SHOWN]))
    return {
        "samples/examples": examples(held_out, generated, prepared, n=len(held_out)),
        "samples/statistics": statistics_grid(population_statistics(recorded, **kind), statistics, prepared),
    }
