"""Where the activity of a population comes from: a file, a recording or a simulation."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from cyclegan_neuro.configuration.fields import Contradiction, InputFile, Section, setting
from cyclegan_neuro.configuration.sections import RecordingSection

__all__ = ["FILE_SOURCES", "DataSection", "PacketsSection", "PairsSection", "SimulationSection", "StimuliSection"]


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


FILE_SOURCES = ("samples", "continuous", "spike_times")
_SOURCES_OF = {
    "path": FILE_SOURCES,
    "field": FILE_SOURCES,
    "bin_s": ("simulated", *FILE_SOURCES),
    "window_bins": ("continuous", "spike_times", "recording"),
    "stride_bins": ("continuous", "spike_times", "recording"),
    "recording": ("recording",),
}
"""Sources with which a field of the data has an effect."""


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
        given = {name for name in _SOURCES_OF if getattr(self, name) not in (None, "")}
        needed = {"recording": ["recording"], "simulated": []}.get(self.source, ["path", "bin_s"])
        for name in needed:
            if name not in given:
                raise Contradiction(
                    name, got="nothing", expected=f"a value with source '{self.source}'", fix=f"set data.{name}"
                )
        for name, sources in _SOURCES_OF.items():
            if self.source not in sources and getattr(self, name) is not None:
                raise Contradiction(
                    name,
                    got="a value",
                    expected=f"none with source '{self.source}', where it has no effect",
                    fix=f"remove data.{name}, or change data.source",
                )
        if self.source == "samples" and "field" not in given:
            raise Contradiction(
                "field", got="nothing", expected="a data set of the file", fix="set data.field, for example samples"
            )
        return self
