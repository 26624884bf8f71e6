"""Configuration of Spike-GAN (Molano-Mazon et al. 2018)."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import WIDTHS, Contradiction, Section, setting
from cyclegan_neuro.configuration.sections import ReportSection
from cyclegan_neuro.evaluation.samples import sections as samples
from cyclegan_neuro.evaluation.samples.sections import require_fitting_data
from cyclegan_neuro.populations.sections import DataSection

__all__ = [
    "Config", "EvaluationSection", "ImportanceSection", "ModelSection", "ObjectiveSection", "TrainingSection",
]  # fmt: skip


class ModelSection(Section):
    """Generator and critic."""

    architecture: Literal["semi_convolutional", "mlp"] = setting(
        "semi_convolutional", "Convolutions over time with neurons as channels, or fully connected (MLP-GAN).",
        paper="semi_convolutional",
    )  # fmt: skip
    features: int = setting(
        256, "Features of the first convolution; the second has twice as many. The published code has 128 since 2018.",
        paper=256, **WIDTHS,
    )  # fmt: skip
    kernel_bins: int = setting(5, "Length of the filters, as in the published code.", unit="bins", ge=1)
    noise: Literal["normal", "uniform"] = setting(
        "normal", "What the generator starts from: standard normal numbers, as in the published code, or uniform ones "
        "between -1 and 1.", paper="uniform",
    )  # fmt: skip
    noise_size: int = setting(128, "Numbers that the generator starts from.", paper=128, **WIDTHS)
    weight_sd: float | None = setting(
        None, "Standard deviation of normal initial weights; Glorot's uniform ones when absent.", paper=0.02, gt=0.0
    )
    mlp_layers: int = setting(4, "Hidden layers (architecture mlp).", paper=4, ge=1, le=1000)
    mlp_units: int = setting(490, "Units of a hidden layer (architecture mlp).", paper=490, **WIDTHS)
    output_bias_at_mean: bool = setting(
        False, "Start the output at the neurons' mean activity instead of one half.", paper=False
    )
    draw_spikes: bool = setting(
        False,
        "Let the critic read spikes drawn from the generated probabilities, with straight-through gradients; without "
        "it the generator must place every spike itself.",
        paper=False,
    )
    border_bins: int = setting(
        0, "Bins that are generated beyond both ends and cut off, so that padding does not reach the sample.",
        unit="bins", paper=0, ge=0,
    )  # fmt: skip

    @model_validator(mode="after")
    def _border_has_convolutions(self):
        if self.border_bins and self.architecture == "mlp":
            raise Contradiction(
                "border_bins",
                got=f"{self.border_bins} with architecture 'mlp'",
                expected="0: without convolutions there is no padding",
                fix="remove model.border_bins",
            )
        return self


class ObjectiveSection(Section):
    """WGAN-GP."""

    lambda_gp: float = setting(10.0, "Weight of the gradient penalty.", paper=10.0, ge=0.0)
    critic_updates: int = setting(5, "Critic updates per generator update.", paper=5, ge=1)


class TrainingSection(sections.TrainingSection):
    """How to train."""

    epochs: int = setting(1000, "Epochs; see generator_updates.", ge=1)
    generator_updates: int | None = setting(
        None, "Generator updates of an epoch; as many as one pass over the training samples takes when absent.", ge=1
    )
    batch_size: int = setting(64, "Samples per update (over all devices).", paper=64, ge=1)
    learning_rate_generator: float = setting(1e-4, "Adam's learning rate of the generator.", paper=1e-4, gt=0.0)
    learning_rate_discriminator: float = setting(1e-4, "The same of the critic.", paper=1e-4, gt=0.0)
    adam_beta_1: float = setting(0.0, "Adam's first decay rate.", paper=0.0, ge=0.0, lt=1.0)
    adam_beta_2: float = setting(0.9, "Adam's second decay rate.", paper=0.9, ge=0.0, lt=1.0)


class ImportanceSection(Section):
    """Which spikes the critic finds important (section 3.3)."""

    enabled: bool = setting(True, "Compute importance maps of test samples.")
    n_samples: int = setting(200, "Samples that are explained.", paper=200, ge=1)
    window_bins: int = setting(8, "Window in which the spikes of a neuron are shuffled.", unit="bins", paper=8, ge=2)
    step_bins: int = setting(2, "Bins between windows.", unit="bins", paper=2, ge=1)
    n_shuffles: int = setting(5, "Shuffles of a window.", ge=1)
    coordination_steps: int = setting(
        400,
        "Steps, of critic_updates each, in which a second critic learns to tell recorded samples from ones that take "
        "each neuron from another sample: it sees what neurons do together, and nothing else; 0 is off.",
        ge=0,
    )


class EvaluationSection(samples.EvaluationSection):
    """How a trained run is evaluated."""

    importance: ImportanceSection = setting(ImportanceSection, "Importance maps.")


class Config(Section):
    """Everything that defines a Spike-GAN run."""

    system: Literal["spike_gan"] = setting("spike_gan", "Name of the system (a folder of systems/).")
    data: DataSection = setting(DataSection, "What goes in.")
    model: ModelSection = setting(ModelSection, "Networks.")
    objective: ObjectiveSection = setting(ObjectiveSection, "Losses.")
    training: TrainingSection = setting(TrainingSection, "Optimisation.")
    evaluation: EvaluationSection = setting(EvaluationSection, "Evaluation.")
    report: ReportSection = setting(ReportSection, "Report.")

    @model_validator(mode="after")
    def _sections_go_together(self):
        if self.model.draw_spikes and self.data.source == "recording":
            raise Contradiction(
                "model.draw_spikes",
                got="true with data.source 'recording'",
                expected="false: traces have no spikes to draw",
                fix="remove model.draw_spikes",
            )
        require_fitting_data(self)
        return self
