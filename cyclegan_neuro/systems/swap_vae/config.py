"""Configuration of Swap-VAE (Liu et al. 2021) and of the methods that are compared with it."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import model_validator

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import WIDTHS, Contradiction, Section, setting
from cyclegan_neuro.configuration.sections import ReportSection
from cyclegan_neuro.evaluation.decoding import sections as decoding
from cyclegan_neuro.populations.trials.sections import TrialsSection

__all__ = ["LABELS", "Config", "Method", "ModelSection", "ObjectiveSection", "TrainingSection", "ViewsSection"]

Method = Literal[
    "swap_vae", "vae", "beta_vae", "supervised_direction", "supervised_time", "byol", "myow", "pi_vae"
]  # fmt: skip
LABELS: dict[str, str] = {
    "swap_vae": "Swap-VAE",
    "vae": "VAE",
    "beta_vae": "β-VAE",
    "supervised_direction": "supervised, direction",
    "supervised_time": "supervised, time",
    "byol": "BYOL",
    "myow": "MYOW",
    "pi_vae": "pi-VAE",
}
"""What methods are called, by their name in the configuration."""


class ModelSection(Section):
    """Encoder and decoder."""

    hidden: int = setting(128, "Units of the second hidden layer; the first has one per neuron.", paper=128, **WIDTHS)
    content_size: int = setting(64, "Dimensions of the content space.", paper=64, **WIDTHS)
    style_size: int = setting(64, "Dimensions of the style space.", paper=64, ge=0, le=WIDTHS["le"])
    likelihood: Literal["auto", "poisson", "gaussian"] = setting(
        "auto", "Of activity given the latents; auto: Poisson for firing rates, Gaussian for ΔF/F.", paper="poisson"
    )
    output_bias_at_mean: bool = setting(
        False, "Start the decoder's output at the mean of the training bins, which it else takes long to reach."
    )
    pi_vae_size: int = setting(4, "Latent dimensions of pi-VAE.", ge=2)


class ViewsSection(Section):
    """Two views of a bin (section 4.2): its neighbours in time, with neurons left out."""

    max_lag_bins: int = setting(
        5,
        "A view is a bin of the same trial at most so far away, in the order of the bins.",
        unit="bins",
        paper=5,
        ge=0,
    )
    dropout: float = setting(
        0.0, "Share of neurons that are left out of a view, drawn between 0 and this. The paper says p = 0.6; the "
        "published code draws it so, and its script leaves none out.", paper=0.6, ge=0.0, lt=1.0,
    )  # fmt: skip
    dropout_mask: Literal["own", "shared"] = setting("own", "Each view leaves out its own neurons, or both the same.")


class ObjectiveSection(Section):
    """What is minimised (Eqs. 2 and 3)."""

    method: Method = setting("swap_vae", "Swap-VAE, or what it is compared with.")
    original: float = setting(1.0, "Weight of the reconstruction from a view's own content (Eq. 2).", paper=1.0, ge=0.0)
    swapped: float = setting(
        1.0, "Weight of the reconstruction from the other view's content (BlockSwap, Eq. 3).", paper=1.0, ge=0.0
    )
    alignment: float = setting(
        1.0, "Weight α of the alignment of contents; the other terms are means over the views, in Eqs. 2 and 3 sums.",
        ge=0.0,
    )  # fmt: skip
    beta: float = setting(10.0, "Weight β of the KL divergence of the style space; of β-VAE, of its latents.", ge=0.0)
    supervised_dropout: float = setting(
        0.6, "Share of neurons that supervised networks do without, drawn between 0 and this for every bin: they else "
        "learn the training bins by heart.", ge=0.0, lt=1.0,
    )  # fmt: skip
    momentum: float = setting(0.98, "Of the target network (BYOL, MYOW).", ge=0.0, lt=1.0)
    neighbours: int = setting(5, "Nearest neighbours that a mined view is drawn from (MYOW).", ge=1, le=512)
    mined: float = setting(0.5, "Weight of mined views (MYOW).", ge=0.0)

    @model_validator(mode="after")
    def _something_is_reconstructed(self):
        if self.method == "swap_vae" and not self.original + self.swapped:
            raise Contradiction(
                "swapped",
                got="0, and objective.original 0",
                expected="one of them above 0: without a reconstruction nothing is learned of the activity",
                fix="set objective.swapped=1",
            )
        return self


class TrainingSection(sections.OptimisationSection):
    """How to train."""

    epochs: int = setting(45, "Epochs, of passes_per_epoch each.", ge=1)
    passes_per_epoch: int = setting(
        5, "Passes over the training bins in an epoch, which is one compiled step.", ge=1
    )  # fmt: skip
    batch_size: int = setting(256, "Bins per update; all of them where there are fewer.", ge=2)
    learning_rate: float = setting(5e-4, "Adam's learning rate.", paper=5e-4, gt=0.0)
    jit_compile: Literal["auto"] | bool = setting(
        True, "Compile the epoch with XLA, which halves the time on a CPU; auto: on one GPU."
    )
    checkpoint_every_epochs: int = setting(5, "Epochs between checkpoints `last`.", unit="epochs", ge=1)
    validate_every_epochs: int = setting(5, "Epochs between validations.", unit="epochs", ge=1)
    figures_every_epochs: int = setting(15, "Epochs between TensorBoard figures; 0 is never.", unit="epochs", ge=0)

    def learning_rate_of(self, name):
        return self.learning_rate

    def bins_per_update(self, n_bins: int) -> int:
        """Return the bins of an update where there are ``n_bins`` for training."""
        return min(self.batch_size, n_bins)


class Config(Section):
    """Everything that defines a Swap-VAE run."""

    system: Literal["swap_vae"] = setting("swap_vae", "Name of the system (a folder of systems/).")
    data: TrialsSection = setting(TrialsSection, "What goes in.")
    model: ModelSection = setting(ModelSection, "Networks.")
    views: ViewsSection = setting(ViewsSection, "Views that are aligned.")
    objective: ObjectiveSection = setting(ObjectiveSection, "Losses.")
    training: TrainingSection = setting(TrainingSection, "Optimisation.")
    evaluation: decoding.EvaluationSection = setting(decoding.EvaluationSection, "Evaluation.")
    report: ReportSection = setting(ReportSection, "Report.")

    @model_validator(mode="after")
    def _methods_exist(self):
        for method in self.evaluation.compare:
            if method not in get_args(Method):
                raise Contradiction(
                    "evaluation.compare",
                    got=f"'{method}'",
                    expected=f"names among {', '.join(get_args(Method))}",
                    fix="correct or remove it",
                )
        return self
