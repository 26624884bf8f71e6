"""What Spike-GAN offers to training, report and command line."""

from __future__ import annotations

from cyclegan_neuro.systems.base import System
from cyclegan_neuro.systems.spike_gan.config import Config

__all__ = ["SpikeGANSystem"]


class SpikeGANSystem(System):
    """Population spike trains from noise."""

    name = "spike_gan"
    title = "Spike-GAN: realistic activity of a population of neurons from noise"
    citation = (
        "Molano-Mazon, M., Onken, A., Piasini, E., Panzeri, S. (2018). Synthesizing realistic neural population "
        "activity patterns using generative adversarial networks. ICLR."
    )
    Config = Config

    def prepare(self, config, *, run_directory=None):
        from cyclegan_neuro.systems.spike_gan.data import prepare

        return prepare(config)

    def build(self, config, prepared):
        from cyclegan_neuro.systems.spike_gan.model import build_spike_gan

        return build_spike_gan(config, prepared)

    def steps_per_epoch(self, config, prepared):
        from cyclegan_neuro.systems.spike_gan.data import steps_per_epoch

        return steps_per_epoch(config, prepared)

    def training_stream(self, config, prepared, *, start_step):
        from cyclegan_neuro.systems.spike_gan.data import training_stream

        return training_stream(config, prepared, start_step=start_step)

    def validation_dataset(self, config, prepared):
        from cyclegan_neuro.populations.streams import held_out_batches

        return held_out_batches(prepared, batch_size=config.evaluation.batch_size)

    def training_figures(self, config, prepared, trainer):
        from cyclegan_neuro.evaluation.samples.pictures import training_figures
        from cyclegan_neuro.systems.spike_gan.generation import generator_of

        with trainer.average_weights():
            return training_figures(prepared, generator_of(config, prepared, trainer), name="Spike-GAN")

    def evaluate(self, config, prepared, trainer, *, cache_directory=None):
        from cyclegan_neuro.systems.spike_gan.evaluation import evaluate_spike_gan

        return evaluate_spike_gan(config, prepared, trainer)

    def sample(self, config, prepared, trainer, *, n_samples, seed):
        from cyclegan_neuro.systems.spike_gan.generation import generate_samples

        return generate_samples(
            trainer.generator, prepared, n_samples, seed=seed, batch_size=config.evaluation.batch_size
        )
