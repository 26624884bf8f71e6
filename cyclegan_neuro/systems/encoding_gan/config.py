"""Configuration of the adversarial encoding model (Ramesh, Atayi & Macke 2019)."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import WIDTHS, Contradiction, Section, setting
from cyclegan_neuro.configuration.sections import ReportSection
from cyclegan_neuro.evaluation.encoding import sections as encoding
from cyclegan_neuro.populations.responses.sections import ResponsesSection

__all__ = ["Config", "ModelSection", "ObjectiveSection", "TrainingSection"]


class ModelSection(Section):
    """Generator and discriminator (Figures 1 and 2)."""

    filters: list[int] = setting([16, 32], "Filters of the two convolutional layers.", paper=[16, 32])
    kernel_size: int = setting(7, "Height and width of the filters.", unit="pixels", paper=7, ge=1)
    hidden: list[int] = setting([64, 64], "Units of the two dense layers where stimuli are known by identity.")
    dropout: float = setting(
        0.5, "Units of the second layer that the supervised network goes without in training, against overfitting.",
        ge=0.0, lt=1.0,
    )  # fmt: skip
    noise_sources: list[int] = setting(
        [1, 1, 0], "Independent N(0, 1) variables per response that the units of the first layer, those of the second, "
        "and the neurons share, each with weights of its own.", paper=[1, 1, 0],
    )  # fmt: skip
    noise_scale: float = setting(0.1, "Standard deviation of the noise weights before training.", gt=0.0)
    noise_gain: float = setting(
        30.0, "Factor of the learning rate of noise weights: they are few, and have further to go.", gt=0.0
    )
    embedding: Literal["learned", "supervised"] = setting(
        "supervised", "What the discriminator sees of a stimulus: an embedding that it learns, by a network like the "
        "generator's, or the logits of the supervised network.", paper="learned",
    )  # fmt: skip
    discriminator_layers: int = setting(5, "Dense ReLU layers of the discriminator.", paper=5, ge=1, le=1000)
    discriminator_units: int = setting(128, "Units of each.", **WIDTHS)
    hidden_neurons: float = setting(
        0.0, "Share of the neurons, others in every response, that the discriminator does not see in training: of few "
        "responses it else learns by heart which were recorded.", ge=0.0, lt=1.0,
    )  # fmt: skip
    logit_gain: float = setting(
        10.0, "Factor of the discriminator's logit, which spectral normalisation keeps small.", gt=0.0
    )

    @model_validator(mode="after")
    def _layers_are_counted(self):
        for name, length, least in (("filters", 2, 1), ("hidden", 2, 1), ("noise_sources", 3, 0)):
            values, most = getattr(self, name), WIDTHS["le"]
            if len(values) != length or min(values) < least or max(values) > most:
                raise Contradiction(
                    name, got=str(values), expected=f"{length} whole numbers from {least} to {most}",
                    fix=f"set model.{name}: {type(self).model_fields[name].get_default(call_default_factory=True)}",
                )  # fmt: skip
        return self


class ObjectiveSection(Section):
    """What is minimised (Eq. 3), and how its gradient is estimated (Eqs. 4 and 5)."""

    loss: Literal["non_saturating", "minimax"] = setting(
        "non_saturating", "The generator's: -log D, or log(1 - D) as in Eq. 3.", paper="minimax"
    )
    estimator: Literal["rebar", "reinforce", "reinforce_loo", "concrete", "straight_through"] = setting(
        "rebar", "Of gradients through discrete samples; concrete and straight_through are biased.", paper="rebar"
    )
    temperature: float = setting(0.5, "Temperature λ of relaxed samples (rebar, concrete).", gt=0.0)
    eta: float = setting(1.0, "Weight η of the control variate (rebar).", ge=0.0)
    learn_control: bool = setting(
        False, "Learn the temperature, and an η for every weight tensor, on the squared gradient (rebar), from the "
        "values above on."
    )  # fmt: skip

    @model_validator(mode="after")
    def _estimators_use_what_is_set(self):
        for name, users in (("temperature", ("rebar", "concrete")), ("eta", ("rebar",))):
            value, default = getattr(self, name), type(self).model_fields[name].default
            if self.estimator not in users and value != default:
                raise Contradiction(
                    name, got=f"{value:g} with estimator '{self.estimator}'",
                    expected=f"{default:g}: it has an effect with {' and '.join(users)} alone",
                    fix=f"remove objective.{name}",
                )  # fmt: skip
        if self.learn_control and self.estimator != "rebar":
            raise Contradiction(
                "learn_control", got=f"true with estimator '{self.estimator}'", expected="estimator 'rebar'",
                fix="set objective.learn_control=false",
            )  # fmt: skip
        return self


class TrainingSection(sections.TrainingSection):
    """How to train."""

    epochs: int = setting(40, "Epochs, those of the supervised network among them.", ge=2)
    updates_per_epoch: int = setting(100, "Updates of the generator in an epoch, which is one compiled call.", ge=1)
    supervised_epochs: int = setting(
        8, "The first epochs train the supervised network, without noise, that the generator is compared with.", ge=1
    )
    warm_start: bool = setting(True, "The generator starts as the supervised network.")
    discriminator_updates: int = setting(2, "Updates of the discriminator for one of the generator.", paper=2, ge=1)
    batch_size: int = setting(200, "Responses per update.", paper=50, ge=2)
    trials_per_stimulus: int = setting(
        8, "Responses to the same stimulus in a batch, which share what networks compute of it.", ge=1
    )
    learning_rate_generator: float = setting(3e-5, "Adam's learning rate of the generator.", paper=1e-4, gt=0.0)
    learning_rate_discriminator: float = setting(1e-3, "The same of the discriminator.", paper=1e-4, gt=0.0)
    learning_rate_supervised: float = setting(1e-3, "The same of the supervised network.", gt=0.0)
    adam_beta_1: float = setting(0.5, "Adam's first decay rate.", paper=0.9, ge=0.0, lt=1.0)
    weight_averaging: float = setting(
        0.998, "Decay of the exponential average of generator weights used for evaluation; 0 is off.",
        ge=0.0, lt=1.0,
    )  # fmt: skip
    gradient_clip_norm: float = setting(1.0, "Largest norm of the generator's gradient, over all its weights.", gt=0.0)
    checkpoint_every_epochs: int = setting(4, "Epochs between checkpoints `last`.", unit="epochs", ge=1)
    validate_every_epochs: int = setting(4, "Epochs between validations.", unit="epochs", ge=1)
    figures_every_epochs: int = setting(0, "Epochs between TensorBoard figures; 0 is never.", unit="epochs", ge=0)

    def learning_rate_of(self, name):
        return self.learning_rate_supervised if name == "supervised" else super().learning_rate_of(name)

    @property
    def stimuli_per_update(self) -> int:
        """Stimuli in a batch."""
        return self.batch_size // self.trials_per_stimulus

    @model_validator(mode="after")
    def _batches_and_epochs_divide(self):
        if self.batch_size % self.trials_per_stimulus:
            raise Contradiction(
                "trials_per_stimulus", got=f"{self.trials_per_stimulus} with a batch of {self.batch_size}",
                expected="a divisor of training.batch_size", fix="set training.trials_per_stimulus=1",
            )  # fmt: skip
        if self.supervised_epochs >= self.epochs:
            raise Contradiction(
                "supervised_epochs", got=f"{self.supervised_epochs} of {self.epochs} epochs",
                expected="fewer: the others train the generator", fix="raise training.epochs",
            )  # fmt: skip
        return self


class Config(Section):
    """Everything that defines a run of the encoding model."""

    system: Literal["encoding_gan"] = setting("encoding_gan", "Name of the system (a folder of systems/).")
    data: ResponsesSection = setting(ResponsesSection, "What goes in.")
    model: ModelSection = setting(ModelSection, "Networks.")
    objective: ObjectiveSection = setting(ObjectiveSection, "Losses.")
    training: TrainingSection = setting(TrainingSection, "Optimisation.")
    evaluation: encoding.EvaluationSection = setting(encoding.EvaluationSection, "Evaluation.")
    report: ReportSection = setting(ReportSection, "Report.")

    @model_validator(mode="after")
    def _convolutions_see_a_movie(self):
        for name in ("filters", "kernel_size") if self.data.condition == "identity" else ():
            value, default = getattr(self.model, name), ModelSection().model_dump()[name]
            if value != default:
                raise Contradiction(
                    f"model.{name}", got=str(value),
                    expected=f"{default} with data.condition 'identity', where there are no convolutions",
                    fix=f"remove model.{name}; model.hidden sets the size of these networks",
                )  # fmt: skip
        return self
