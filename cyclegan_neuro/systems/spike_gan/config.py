"""Configuration of Spike-GAN (Molano-Mazon et al. 2018)."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import Contradiction, InputFile, Section, setting
from cyclegan_neuro.configuration.sections import RecordingSection, ReportSection

__all__ = [
    "Config", "DataSection", "EvaluationSection", "ImportanceSection", "ModelSection", "ObjectiveSection",
    "PacketsSection", "PairsSection", "SimulationSection", "StimuliSection", "TrainingSection",
]  # fmt: skip


class PairsSection(Section):
    """Groups of correlated neurons with relative refractoriness (section 3.1)."""

    n_samples: int = setting(8192, "Samples.", paper=8192, ge=2)
    n_bins: int = setting(128, "Bins of a sample.", unit="bins", paper=128, ge=2)
    n_neurons: int = setting(16, "Neurons.", paper=16, ge=2)
    group_size: int = setting(2, "Neurons that are correlated with each other.", paper=2, ge=2)
    rate: float = setting(
        0.1, "Mean rate that samples reach; groups lie around it, see spread.", unit="spikes/bin", paper=0.1,
        gt=0.0, lt=1.0,
    )  # fmt: skip
    correlation: float = setting(0.3, "Mean correlation within a bin; groups lie around it.", paper=0.3, gt=0.0, lt=1.0)
    spread: float = setting(0.5, "How far groups may lie from the mean, as a share of it.", ge=0.0, lt=1.0)
    refractory_bins: float = setting(2.0, "Length of the relative refractory period.", unit="bins", paper=2.0, gt=0.0)


class PacketsSection(Section):
    """Packets, in which neurons fire in sequence, on a background (section 3.3, Figure 4)."""

    n_samples: int = setting(8192, "Samples.", paper=8192, ge=2)
    n_bins: int = setting(64, "Bins of a sample.", unit="bins", paper=64, ge=2)
    n_neurons: int = setting(32, "Neurons.", paper=32, ge=2)
    packet_neurons: int = setting(8, "Neurons of a packet.", paper=8, ge=2)
    packet_probability: float = setting(0.1, "Probability that a packet starts in a bin.", paper=0.1, gt=0.0, lt=1.0)
    rate: float = setting(
        0.1, "Mean background rate; neurons lie within 50 % of it.", unit="spikes/bin", gt=0.0, lt=1.0
    )
    refractory_bins: float = setting(2.0, "Length of the background's relative refractory period.", unit="bins", gt=0.0)
    jitter_bins: float = setting(0.0, "Standard deviation of spikes in a packet.", unit="bins", paper=0.0, ge=0.0)


class StimuliSection(Section):
    """Two stimuli that evoke two packets with shared neurons (section A.2, Figures S2, S9 and S10)."""

    n_samples: int = setting(4096, "Samples.", paper=4096, ge=2)
    n_bins: int = setting(32, "Bins of a sample.", unit="bins", ge=2)
    n_neurons: int = setting(32, "Neurons.", ge=2)
    packet_neurons: int = setting(18, "Neurons of a packet.", paper=18, ge=2)
    rate: float = setting(
        0.05, "Mean background rate; neurons lie within 50 % of it.", unit="spikes/bin", gt=0.0, lt=1.0
    )
    refractory_bins: float = setting(2.0, "Length of the background's relative refractory period.", unit="bins", gt=0.0)
    jitter_bins: float = setting(0.0, "Standard deviation of spikes in a packet.", unit="bins", paper=0.0, ge=0.0)


class SimulationSection(Section):
    """A simulated population with known truth."""

    kind: Literal["pairs", "packets", "stimuli"] = setting("pairs", "Which population; its own section says more.")
    seed: int = setting(1, "Seed of the simulation; one seed gives the same samples, bit for bit.", ge=0)
    pairs: PairsSection = setting(PairsSection, "Correlated groups (kind pairs).")
    packets: PacketsSection = setting(PacketsSection, "Packets (kind packets).")
    stimuli: StimuliSection = setting(StimuliSection, "Two stimuli (kind stimuli).")


_MOST_PLACES = 62  # bits of a word that is counted
_FILE_SOURCES = ("samples", "continuous", "spike_times")


class DataSection(Section):
    """What goes in: activity of a population in bins."""

    source: Literal["simulated", "samples", "continuous", "spike_times", "recording"] = setting(
        "simulated",
        "simulated; samples: a matrix (sample, neuron, bin) of 0 and 1; continuous: (bin, neuron) of 0 and 1; "
        "spike_times: of units, as in NWB; recording: ΔF/F traces, which are generated as they are, without spikes.",
    )
    path: InputFile | None = setting(None, "HDF5 or NWB file (sources samples, continuous, spike_times).")
    field: str | None = setting(
        None, "Data set in the file, for example samples/original; of spike times the group, units when absent."
    )
    bin_s: float | None = setting(
        None, "Duration of a bin; 1 ms when simulated; spike times are counted in bins of it.", unit="s", gt=0.0
    )
    window_bins: int | None = setting(
        None, "Bins of a sample that is cut from continuous activity; 32 when absent.", unit="bins", ge=4
    )
    stride_bins: int | None = setting(
        None, "Bins between the starts of training samples; window_bins when absent (no overlap).", unit="bins", ge=1
    )
    n_train: int | None = setting(
        None, "Training samples, the first ones; 90 % of the data when absent.",
        ge=1,
    )  # fmt: skip
    several_spikes: Literal["error", "one"] = setting(
        "error", "Bins with more than one spike: refuse, or count as one."
    )
    simulation: SimulationSection = setting(SimulationSection, "Simulated population (source simulated).")
    recording: RecordingSection | None = setting(None, "Recording of ΔF/F (source recording).")

    @model_validator(mode="after")
    def _fields_fit_the_source(self):
        needs = {
            "path": self.source in _FILE_SOURCES,
            "bin_s": self.source in _FILE_SOURCES,
            "recording": self.source == "recording",
        }
        for name, needed in needs.items():
            if needed and getattr(self, name) in (None, ""):
                raise Contradiction(
                    name, got="nothing", expected=f"a value with source '{self.source}'", fix=f"set data.{name}"
                )
        useless = {
            "path": self.source not in _FILE_SOURCES,
            "field": self.source not in _FILE_SOURCES,
            "bin_s": self.source == "recording",
            "window_bins": self.source in ("simulated", "samples"),
            "stride_bins": self.source in ("simulated", "samples"),
            "recording": self.source != "recording",
        }
        for name, has_no_effect in useless.items():
            if has_no_effect and getattr(self, name) is not None:
                raise Contradiction(
                    name,
                    got="a value",
                    expected=f"none with source '{self.source}', where it has no effect",
                    fix=f"remove data.{name}, or change data.source",
                )
        if self.source == "samples" and not self.field:
            raise Contradiction(
                "field", got="nothing", expected="a data set of the file", fix="set data.field, for example samples"
            )
        return self


class ModelSection(Section):
    """Generator and critic."""

    architecture: Literal["semi_convolutional", "mlp"] = setting(
        "semi_convolutional", "Convolutions over time with neurons as channels, or fully connected (MLP-GAN).",
        paper="semi_convolutional",
    )  # fmt: skip
    features: int = setting(
        256, "Features of the first convolution; the second has twice as many. The published code has 128 since 2018.",
        paper=256, ge=1,
    )  # fmt: skip
    kernel_bins: int = setting(5, "Length of the filters, as in the published code.", unit="bins", ge=1)
    noise: Literal["normal", "uniform"] = setting(
        "normal", "What the generator starts from: standard normal numbers, as in the published code, or uniform ones "
        "between -1 and 1.", paper="uniform",
    )  # fmt: skip
    noise_size: int = setting(128, "Numbers that the generator starts from.", paper=128, ge=1)
    weight_sd: float | None = setting(
        None, "Standard deviation of normal initial weights; Glorot's uniform ones when absent.", paper=0.02, gt=0.0
    )
    mlp_layers: int = setting(4, "Hidden layers (architecture mlp).", paper=4, ge=1)
    mlp_units: int = setting(490, "Units of a hidden layer (architecture mlp).", paper=490, ge=1)
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


class BaselinesSection(Section):
    """Models that are fitted beside the network."""

    independent: bool = setting(True, "Independent neurons with their rates.")
    dichotomized_gaussian: bool = setting(True, "Dichotomized Gaussian with correlations over time lags.")
    k_pairwise: bool = setting(True, "k-pairwise maximum-entropy model.")
    repeat_bins: int | None = setting(
        None,
        "Bins after which a stimulus that was shown again and again begins anew, counted from the first bin of the "
        "data (samples of a file then follow each other): a dichotomized Gaussian whose rates follow it is fitted too.",
        unit="bins",
        ge=2,
    )


class EvaluationSection(sections.EvaluationSection):
    """How a trained run is evaluated."""

    weights: Literal["best", "last"] = setting("last", "Checkpoint to evaluate.")
    batch_size: int = setting(512, "Samples per network call.", ge=1)
    n_samples: int | None = setting(
        None, "Generated samples that are compared; as many as training samples that do not overlap when absent.", ge=2
    )
    seed: int = setting(0, "Draws noise, spikes, halves and shuffles.", ge=0)
    baselines: BaselinesSection = setting(BaselinesSection, "Models fitted beside the network.")
    importance: ImportanceSection = setting(ImportanceSection, "Importance maps.")
    whole_distribution_samples: int = setting(
        0,
        "Samples that stand for the true distribution of words, and as many generated ones and of a surrogate "
        "(section A.1); 0 is off.",
        paper=2_000_000,
        ge=0,
    )


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
        if self.evaluation.baselines.repeat_bins and self.data.source not in _FILE_SOURCES:
            raise Contradiction(
                "evaluation.baselines.repeat_bins",
                got=f"{self.evaluation.baselines.repeat_bins} with data.source '{self.data.source}'",
                expected=f"none, or spikes from a file (data.source {', '.join(_FILE_SOURCES)})",
                fix="remove evaluation.baselines.repeat_bins",
            )
        if self.evaluation.whole_distribution_samples:
            self._require_countable_samples()
        return self

    def _require_countable_samples(self) -> None:
        simulation = self.data.simulation
        section = getattr(simulation, simulation.kind)
        n_places = section.n_bins * section.n_neurons
        if self.data.source != "simulated" or n_places > _MOST_PLACES:
            what = f"source '{self.data.source}'" if self.data.source != "simulated" else f"{n_places} places"
            raise Contradiction(
                "evaluation.whole_distribution_samples",
                got=f"{self.evaluation.whole_distribution_samples:,} with samples of {what}",
                expected=f"0, or a simulated population with at most {_MOST_PLACES} places (bins times neurons)",
                fix="see configs/spike_gan/whole_distribution.yaml, or remove it",
            )
