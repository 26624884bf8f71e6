"""Where responses to repeated stimuli come from, and which are held out."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import Contradiction, InputFile, Section, setting
from cyclegan_neuro.populations.trials.sections import require_file

__all__ = ["DEFAULT_FIELDS", "ResponseFileSection", "ResponsesSection", "VisualCortexSection"]

_TABLES = ("intervals/presentations", "intervals/trials")
_MOVIE = ("movie", "frames")
DEFAULT_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "counts": {"counts": ("counts", "spike_counts"), "movie": _MOVIE},
    "spike_times": {
        "spike_times": ("units/spike_times",),
        "spike_times_index": ("units/spike_times_index",),
        "start_time": tuple(f"{table}/start_time" for table in _TABLES),
        "stop_time": tuple(f"{table}/stop_time" for table in _TABLES),
        "stimulus": tuple(f"{t}/{name}" for t in _TABLES for name in ("stimulus", "stimulus_id", "stimulus_name")),
        "movie": _MOVIE,
    },
}
"""Source → what can be read from its files → names that are looked for, in this order."""


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
        "(time, height, width); source spike_times: spike_times, spike_times_index, start_time, stop_time, stimulus, "
        "movie.",
    )
    bin_s: float | None = setting(
        None, "Duration of a bin; of counts the attribute bin_s of the group when absent; of spike times, each "
        "presentation is one bin when absent.", unit="s", gt=0.0,
    )  # fmt: skip
    max_missing: float = setting(
        0.05, "Neurons that are missing (-1) in more than this share of the responses are left out, and then the "
        "responses in which another is (source counts).", ge=0.0, lt=1.0,
    )  # fmt: skip


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
    bin_s: float = setting(0.4, "Bins of events (source recordings).", unit="s", gt=0.0)
    n_places: int = setting(20, "Equal parts of the corridor, the stimuli of a day (source recordings).", ge=2)
    min_speed: float | None = setting(
        None, "Leave out bins that are not faster (source recordings).", unit="cm/s", ge=0.0
    )
    condition: Literal["movie", "identity"] = setting(
        "movie", "What networks see of a stimulus: frames of the movie, or which one it is.", paper="movie"
    )
    n_frames: int = setting(10, "Frames that networks see, the current one last.", paper=10, ge=1, le=50)
    most_count: int = setting(1, "Larger counts are set to this one; 1 is binary.", paper=1, ge=1, le=10)
    held_out_fraction: float | None = setting(
        None, "Share held out; with the movie the last bins, 100 of 750 when absent, with the identity trials of every "
        "stimulus, half of them when absent.", gt=0.0, lt=0.9,
    )  # fmt: skip

    @model_validator(mode="after")
    def _fields_fit_the_source(self):
        of_files, of_recordings = ("counts", "spike_times"), ("recordings",)
        for name, sources in (("file", of_files), ("recordings", of_recordings)):
            if self.source in sources and getattr(self, name) is None:
                raise Contradiction(
                    name, got="nothing", expected=f"a value with source '{self.source}'", fix=f"set data.{name}"
                )
            self._require_default(self, name, sources)
        for name in ("bin_s", "n_places", "min_speed"):
            self._require_default(self, name, of_recordings)
        self._require_default(self, "simulation", ("simulated",))
        if self.file is not None:
            require_file("file", self.file, DEFAULT_FIELDS[self.source])
            self._require_default(self.file, "max_missing", ("counts",), within="file.")
        if self.source == "recordings" and self.condition == "movie":
            raise Contradiction(
                "condition", got="movie", expected="identity with source 'recordings', where there is no movie",
                fix="set data.condition: identity: networks see which place it is",
            )  # fmt: skip
        return self

    def _require_default(self, section: Section, name: str, sources: tuple[str, ...], within: str = "") -> None:
        """Refuse another value than the default where the source makes no use of it."""
        field, value = type(section).model_fields[name], getattr(section, name)
        default = field.get_default(call_default_factory=True)
        if self.source in sources or value == default:
            return
        numbers = isinstance(value, int | float) and default is not None
        got, expected = (f"{value:g}", f"{default:g}") if numbers else ("a value", "none")
        raise Contradiction(
            f"{within}{name}", got=got, expected=f"{expected} with source '{self.source}', where it has no effect",
            fix=f"remove data.{within}{name}, or set data.source: {' or '.join(sources)}",
        )  # fmt: skip
