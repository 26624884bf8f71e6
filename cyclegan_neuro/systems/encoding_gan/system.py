"""What the encoding model offers to training, report and command line."""

from __future__ import annotations

from pathlib import Path

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.systems.base import System
from cyclegan_neuro.systems.encoding_gan.config import Config

__all__ = ["EncodingGANSystem"]

_LEAST_PIXELS = 7  # of which max-pooling (3 x 3, stride 2) leaves 3, and then 1


class EncodingGANSystem(System):
    """Responses of a population to stimuli, with the variability that its neurons share."""

    name = "encoding_gan"
    title = "Encoding GAN: stimulus in, spikes with their noise correlations out, trained with REBAR"
    citation = (
        "Ramesh, P., Atayi, M., Macke, J. H. (2019). Adversarial Training of Neural Encoding Models on Population "
        "Spike Trains. Conference on Cognitive Computational Neuroscience."
    )
    Config = Config
    divides_batches = False  # an epoch is one compiled loop of updates

    def prepare(self, config, *, run_directory=None):
        from cyclegan_neuro.populations.responses.preparing import prepare_responses

        prepared = prepare_responses(config.data)
        if prepared.condition == "movie" and min(prepared.responses.movie.shape[1:]) < _LEAST_PIXELS:
            height, width = prepared.responses.movie.shape[1:]
            raise ConfigurationError(
                "data.condition", got=f"movie, and frames of {height} x {width} pixels",
                expected=f"{_LEAST_PIXELS} x {_LEAST_PIXELS} at least, which are pooled twice",
                fix="give a movie of more pixels, or set data.condition: identity",
            )  # fmt: skip
        return prepared

    def build(self, config, prepared):
        from cyclegan_neuro.systems.encoding_gan.fitting import build

        return build(config, prepared)

    def steps_per_epoch(self, config, prepared):
        return 1  # an epoch is one compiled step

    def training_stream(self, config, prepared, *, start_step):
        from cyclegan_neuro.systems.encoding_gan.fitting import training_stream

        return training_stream(config, prepared, start_step=start_step)

    def validation_dataset(self, config, prepared):
        from cyclegan_neuro.systems.encoding_gan.fitting import validation_dataset

        return validation_dataset(config, prepared)

    def evaluate(self, config, prepared, trainer, *, cache_directory=None):
        from cyclegan_neuro.evaluation.encoding.evaluation import evaluate_responses
        from cyclegan_neuro.evaluation.methods import Paragraph
        from cyclegan_neuro.systems.encoding_gan.fitting import Encoder

        if not int(trainer.optimizer.iterations):
            raise ConfigurationError(
                "the run", got="a generator that was never updated: it was stopped in training.supervised_epochs",
                expected="one that was trained", fix="continue it: train.py --resume",
            )  # fmt: skip
        facts = {"config": config, "condition": prepared.condition, "updates": int(trainer.optimizer.iterations)}
        with trainer.average_weights():
            return evaluate_responses(
                config,
                prepared,
                Encoder(trainer, trainer.generator, "encoding GAN"),
                rivals={"supervised": Encoder(trainer, trainer.supervised, "supervised")},
                training=Paragraph(Path(__file__).parent / "methods.j2", facts),
                cache_directory=cache_directory,
            )
