"""Where trials come from, and which are held out."""

from __future__ import annotations

from typing import Literal

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import InputFile, Section, setting

__all__ = ["ReachingSection", "TrialFileSection", "TrialsSection"]


class ReachingSection(Section):
    """The synthetic reaching set (Liu et al. 2021, section 4.1): four clusters, a RealNVP, Poisson spikes."""

    n_sequences: int = setting(250, "Sequences of each cluster.", ge=5)
    sequence_bins: int = setting(4, "Points of a sequence, in clockwise order.", paper=4, unit="bins", ge=2)
    n_neurons: int = setting(100, "Neurons.", paper=100, ge=2)
    spread: Literal["paper", "code"] = setting(
        "paper", "Clusters that touch, each a quarter of the circle, as printed; or an eighth with gaps between, as in "
        "the published code.", paper="paper",
    )  # fmt: skip
    seed: int = setting(1, "Seed of points, RealNVP and spikes.", ge=0)


class TrialFileSection(Section):
    """A file of one day: bins with trial, condition and time, or spike times with a table of trials."""

    path: InputFile | None = setting(None, "HDF5, NWB, .npz or .mat file.")
    group: str = setting("", "Group of the file with the fields, for example chewie_1; the file itself when empty.")
    fields: dict[str, str] = setting(
        {},
        "Names in the group: values (bin, neuron), trial, condition, time, speed, targets (bin, target), held_out "
        "(trial); source spike_times: spike_times, spike_times_index, start_time, stop_time, condition.",
    )
    bin_s: float | None = setting(None, "Duration of a bin.", unit="s", gt=0.0)


class TrialsSection(Section):
    """What goes in: trials of a population, or two days of it."""

    source: Literal["simulated", "rates", "spike_times", "recordings"] = setting(
        "simulated",
        "simulated: the synthetic reaching set; rates: firing rates (spikes/s) in bins; spike_times: of units with a "
        "table of trials, as in NWB, counted in bins; recordings: ΔF/F of two days, laps as trials.",
    )
    x: TrialFileSection | None = setting(None, "The file (sources rates, spike_times).")
    y: TrialFileSection | None = setting(None, "A second day of the same neurons, in the same columns.")
    simulation: ReachingSection = setting(ReachingSection, "Simulated trials (source simulated).")
    recordings: sections.DataSection | None = setting(None, "Two days of ΔF/F (source recordings).")
    bin_s: float = setting(0.25, "Bins of ΔF/F, means over frames (source recordings).", unit="s", gt=0.0)
    n_conditions: int = setting(8, "Directions, or places along the track, at equal distances on a circle.", ge=2)
    min_speed: float | None = setting(None, "Decode directions from faster bins only; unit of the file.", ge=0.0)
    n_times: int = setting(9, "Decode times from the first bins of each trial, as many.", unit="bins", paper=9, ge=2)
    context_bins: int = setting(0, "Bins before and after each that networks and decoders see with it.", ge=0, le=20)
    held_out_fraction: float = setting(
        0.2, "Share of trials that are held out, the last ones; those that the file names when it names any.",
        paper=0.2, gt=0.0, lt=0.9,
    )  # fmt: skip
