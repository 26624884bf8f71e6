"""Where responses to repeated stimuli come from, and which are held out."""

from __future__ import annotations

from typing import Literal

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import InputFile, Section, setting

__all__ = ["ResponseFileSection", "ResponsesSection", "VisualCortexSection"]


class VisualCortexSection(Section):
    """A simulated V1: linear-nonlinear Gabor units on a movie of smoothed noise, with shared latents."""

    n_neurons: int = setting(69, "Neurons.", paper=69, ge=2)
    n_bins: int = setting(750, "Bins of the movie, one frame each.", unit="bins", paper=750, ge=20)
    n_trials: int = setting(120, "Repeats of the movie.", paper=120, ge=4)
    frame_pixels: int = setting(27, "Height and width of a frame.", unit="pixels", paper=27, ge=9)
    n_latents: int = setting(2, "Gaussian latents per bin and trial that all neurons share.", ge=0)
    noise_correlation: float = setting(0.07, "Mean noise correlation that is solved for.", ge=0.0, lt=0.5)
    seed: int = setting(1, "Seed of movie, neurons and spikes.", ge=0)


class ResponseFileSection(Section):
    """A file with responses: counts, or spike times with a table of trials."""

    path: InputFile | None = setting(None, "HDF5, NWB, .npz or .mat file.")
    group: str = setting("", "Group of the file with the fields; the file itself when empty.")
    fields: dict[str, str] = setting(
        {},
        "Names in the group, '' to leave one out: counts (time or stimulus, trial, neuron), -1 where not shown; movie "
        "(time, height, width); source spike_times: spike_times, spike_times_index, start_time, stop_time, stimulus.",
    )
    bin_s: float | None = setting(
        None, "Duration of a bin; of counts the attribute bin_s of the group when absent.", unit="s", gt=0.0
    )


class ResponsesSection(Section):
    """What goes in: responses of a population to repeated stimuli."""

    source: Literal["simulated", "counts", "spike_times", "recordings"] = setting(
        "simulated",
        "simulated: a V1; counts: spike counts per bin and trial; spike_times: of units with a table of trials, as in "
        "NWB, counted in bins; recordings: two days of ΔF/F, its events in bins along the corridor.",
    )
    file: ResponseFileSection | None = setting(None, "The file (sources counts, spike_times).")
    simulation: VisualCortexSection = setting(VisualCortexSection, "Simulated V1 (source simulated).")
    recordings: sections.DataSection | None = setting(None, "Two days of ΔF/F (source recordings).")
    condition: Literal["movie", "identity"] = setting(
        "movie", "What networks see of a stimulus: frames of the movie, or which one it is.", paper="movie"
    )
    n_frames: int = setting(10, "Frames that networks see, the current one last.", paper=10, ge=1, le=50)
    most_count: int = setting(1, "Larger counts are set to this one; 1 is binary.", paper=1, ge=1, le=10)
    held_out_fraction: float | None = setting(
        None, "Share held out; with the movie the last bins, 100 of 750 when absent, with the identity trials of every "
        "stimulus, half of them when absent.", gt=0.0, lt=0.9,
    )  # fmt: skip
