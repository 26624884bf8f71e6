"""What the CycleGAN offers to training, report and command line."""

from __future__ import annotations

from cyclegan_neuro.systems.base import System
from cyclegan_neuro.systems.cyclegan.config import Config

__all__ = ["CycleGANSystem"]


class CycleGANSystem(System):
    """Unpaired translation between novice and expert activity."""

    name = "cyclegan"
    title = "CycleGAN between the activity before and after learning"
    citation = (
        "Li, B. M., Amvrosiadis, T., Rochefort, N., Onken, A. (2021). "
        "Neuronal learning analysis using cycle-consistent adversarial networks."
    )
    Config = Config

    def prepare(self, config, *, run_directory=None):
        from cyclegan_neuro.systems.cyclegan.data import prepare

        return prepare(config, run_directory=run_directory)

    def build(self, config, prepared):
        from cyclegan_neuro.systems.cyclegan.model import build_cyclegan

        return build_cyclegan(config, prepared)

    def steps_per_epoch(self, config, prepared):
        from cyclegan_neuro.systems.cyclegan.data import windows_per_step
        from cyclegan_neuro.windows.pipeline import steps_per_epoch

        return steps_per_epoch(prepared, windows_per_step(config))

    def training_stream(self, config, prepared, *, start_step):
        from cyclegan_neuro.systems.cyclegan.data import windows_per_step
        from cyclegan_neuro.windows.pipeline import training_stream

        return training_stream(
            prepared,
            batch_size=windows_per_step(config),
            n_steps_per_epoch=self.steps_per_epoch(config, prepared),
            seed=config.training.seed,
            start_step=start_step,
        )

    def validation_dataset(self, config, prepared):
        from cyclegan_neuro.windows.pipeline import batches

        return batches(prepared, which="validation", batch_size=config.training.batch_size)

    def training_figures(self, config, prepared, trainer):
        from cyclegan_neuro.systems.cyclegan.training_figures import training_figures

        return training_figures(config, prepared, trainer)

    def translate(self, config, prepared, trainer, recording, *, to):
        from cyclegan_neuro.evaluation.days.translation import ModelTranslator
        from cyclegan_neuro.evaluation.days.whole_days import translate_recording

        model = ModelTranslator(trainer.generator_g, trainer.generator_f, prepared)
        return translate_recording(model, prepared, recording, to=to, batch_size=config.evaluation.batch_size)

    def evaluate(self, config, prepared, trainer, *, cache_directory=None):
        from cyclegan_neuro.systems.cyclegan.evaluation import evaluate_cyclegan

        return evaluate_cyclegan(config, prepared, trainer, cache_directory=cache_directory)
