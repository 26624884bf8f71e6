"""Configuration of the CycleGAN (Li et al., Tables C.1 and C.2)."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from cyclegan_neuro.configuration.fields import WIDTHS, Contradiction, Section, setting
from cyclegan_neuro.configuration.sections import DataSection, OrderingSection, TrainingSection, WindowsSection
from cyclegan_neuro.evaluation.days.sections import EvaluationSection, ReportSection

__all__ = ["Backbone", "Condition", "Config", "ModelSection", "ObjectiveSection", "critic_updates", "windows_per_step"]

Backbone = Literal[
    "auto",
    "identity",
    "moments",
    "gaussian_ot",
    "temporal_filter",
    "tuning_shift",
    "moments_per_position",
    "moments_per_position_ot",
    "moments_per_position_state",
]
Condition = Literal["position", "speed", "time_since_event"]


class ModelSection(Section):
    """Generators and discriminators."""

    generator: Literal["agresnet", "resnet", "agresnet_1d", "identity"] = setting(
        "agresnet", "Architecture of G and F.", paper="agresnet"
    )
    filters: int = setting(32, "Filters of the first down-sampling block of the generators.", paper=32, **WIDTHS)
    discriminator_filters: int | None = setting(
        None, "The same of the discriminators; as the generators' when absent.", paper=32, **WIDTHS
    )
    growth: Literal[1, 2] = setting(2, "Factor between the filters of successive down-sampling blocks.")
    residual_blocks: int = setting(9, "Residual blocks of a generator.", paper=9, ge=1, le=1000)
    residual_activation: bool = setting(
        False,
        "LeakyReLU and spatial dropout after the second convolution of a residual block too (Figure D.1); without, the "
        "block adds what is normalised, as Zhu et al. 2017 have it.",
        paper=True,
    )
    kernel_size: int = setting(4, "Kernel size of the convolutions.", paper=4, ge=2, le=WIDTHS["le"])
    dropout: float = setting(0.25, "Spatial dropout in the generators.", paper=0.25, ge=0.0, lt=1.0)
    discriminator_dropout: float = setting(0.25, "Spatial dropout in the discriminators.", paper=0.25, ge=0.0, lt=1.0)
    discriminator_noise: float = setting(
        0.0,
        "Standard deviation of Gaussian noise added to what discriminators read (instance noise): they judge "
        "transients rather than the grain, so generators need not forge noise.",
        unit="standard deviations of the day's training windows",
        paper=0.0,
        ge=0.0,
    )
    initializer_std: float = setting(
        0.02,
        "Standard deviation of the normal initialisation; the N(0, 0.02) of the paper, read as in Zhu et al. 2017.",
        paper=0.02,
        gt=0.0,
    )
    coordinate_channels: bool = setting(
        False, "Give the networks two channels with time and neuron position in [-1, 1] (CoordConv).", paper=False
    )
    standardize_inputs: bool = setting(
        False,
        "Bring the scaled day to mean 0 and standard deviation 1 before the first convolution; without it "
        "coordinate channels drown it.",
        paper=False,
    )
    input_skip: bool = setting(
        False,
        "Let the generators learn the change: a gate passes their input on, the network adds to it; near the identity "
        "at the start.",
        paper=False,
    )
    output_bias_at_mean: bool = setting(
        False, "Start the output bias at logit(mean of the training data).", paper=False
    )
    normalisation: Literal["instance", "layer_per_frame", "none"] = setting(
        "instance",
        "Normalisation between convolutions: per channel over a window, which takes out of every feature what is "
        "constant in it; over the channels of each frame, which keeps slow states; or none.",
        paper="instance",
    )
    backbone: Backbone | None = setting(
        None,
        "Simple translator that the generators stand on: they read z-scores, add to what it gives and begin as exactly "
        "that translator. auto takes the one whose tuning is nearest on validation frames (moments, without places), "
        "and identity where that is not 10 % nearer than doing nothing. When absent they make the whole window, as in "
        "the paper.",
    )
    condition: list[Condition] = setting(
        [],
        "Behaviour that the discriminators see beside a window; what recorded and translated windows are compared at.",
    )
    condition_generators: bool = setting(False, "Show it to the generators too.")
    noise_channels: int = setting(
        0,
        "Channels of standard normal noise that G and F read beside every frame: one window has many translations. "
        "0 is one translation, as in the paper.",
        paper=0,
        ge=0,
    )

    @model_validator(mode="after")
    def _nothing_is_without_effect(self):
        if self.condition_generators and not self.condition:
            raise Contradiction(
                "condition_generators", got="true", expected="false without model.condition, where it has no effect",
                fix="name what generators should see in model.condition",
            )  # fmt: skip
        if self.generator == "identity" and (self.backbone or self.condition_generators or self.noise_channels):
            raise Contradiction(
                "generator", got="identity", expected="a network where it has a backbone, sees behaviour, reads noise",
                fix="remove model.backbone, model.condition_generators and model.noise_channels, or choose agresnet_1d",
            )  # fmt: skip
        for name in ("standardize_inputs", "input_skip", "output_bias_at_mean") if self.backbone else ():
            if getattr(self, name):
                raise Contradiction(
                    name, got="true", expected="false with model.backbone, where it has no effect",
                    fix=f"remove model.{name}: z-scores go in, and the backbone passes them on",
                )  # fmt: skip
        return self


class ObjectiveSection(Section):
    """What the networks minimise."""

    name: Literal["gan", "lsgan", "wgangp", "dragan"] = setting("lsgan", "GAN objective (Table C.2).", paper="lsgan")
    lsgan_sigmoid: bool = setting(
        False,
        "LSGAN on scores squashed to [0, 1] (sections 2.2 and D). GAN and DRAGAN squash them in any case, WGANGP's "
        "critic stays unbounded, as its authors have it.",
        paper=True,
    )
    distance: Literal["mae", "mse"] = setting("mae", "Distance of cycle and identity terms.", paper="mae")
    lambda_cycle: float = setting(10.0, "Weight of the cycle-consistency terms.", paper=10.0, ge=0.0)
    lambda_identity: float = setting(5.0, "Weight of the identity terms.", paper=5.0, ge=0.0)
    lambda_change: float = setting(
        0.0,
        "Weight of the distance between what a generator makes of a window and what its backbone does: of the mappings "
        "that discriminators accept it asks for the smallest.",
        paper=0.0,
        ge=0.0,
    )
    lambda_noise: float = setting(
        1.0, "Weight of the noise that is read back from a window and its translation (model.noise_channels).", ge=0.0
    )
    lambda_gp: float = setting(10.0, "Weight of the gradient penalty (WGANGP, DRAGAN).", paper=10.0, ge=0.0)
    dragan_c: float = setting(10.0, "Scale c of DRAGAN's perturbation.", paper=10.0, ge=0.0)
    critic_updates: int | None = setting(
        None,
        "Discriminator updates per generator update; 1, 1, 5, 1 (GAN, LSGAN, WGANGP, DRAGAN) when absent.",
        paper="1, 1, 5, 1",
        ge=1,
    )
    adversarial_weight: float = setting(1.0, "Weight of the adversarial term of the generators.", paper=1.0, gt=0.0)
    history_windows: int = setting(
        0, "Generated windows kept to train the discriminators on past fakes; 0 is off.", paper=0, ge=0
    )


class Config(Section):
    """Everything that defines a CycleGAN run."""

    system: Literal["cyclegan"] = setting("cyclegan", "Name of the system (a folder of systems/).")
    data: DataSection = setting(DataSection, "What goes in.")
    windows: WindowsSection = setting(WindowsSection, "Segmentation, split and scaling.")
    ordering: OrderingSection = setting(OrderingSection, "Order of the neurons.")
    model: ModelSection = setting(ModelSection, "Networks.")
    objective: ObjectiveSection = setting(ObjectiveSection, "Losses.")
    training: TrainingSection = setting(TrainingSection, "Optimisation.")
    evaluation: EvaluationSection = setting(EvaluationSection, "Evaluation.")
    report: ReportSection = setting(ReportSection, "Report.")

    @model_validator(mode="after")
    def _sections_fit_together(self):
        if self.model.condition and self.objective.history_windows:
            raise Contradiction(
                "objective.history_windows", got=f"{self.objective.history_windows}",
                expected="0 with model.condition, since past windows are kept without their behaviour",
                fix="remove one of them",
            )  # fmt: skip
        if self.objective.lambda_change and not self.model.backbone:
            raise Contradiction(
                "objective.lambda_change", got=f"{self.objective.lambda_change:g}",
                expected="0 without model.backbone, since it weighs what is added to it",
                fix="name a backbone (identity passes windows on), or remove objective.lambda_change",
            )  # fmt: skip
        return self


_CRITIC_UPDATES = {"gan": 1, "lsgan": 1, "wgangp": 5, "dragan": 1}  # Table C.1


def critic_updates(config: Config) -> int:
    """Return the discriminator updates per generator update."""
    return config.objective.critic_updates or _CRITIC_UPDATES[config.objective.name]


def windows_per_step(config: Config) -> int:
    """Return the windows of each day that one ``train_step`` consumes."""
    return config.training.batch_size * critic_updates(config)
