"""Where trials come from, and which are held out."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import model_validator

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import Contradiction, InputFile, Section, setting

__all__ = ["DEFAULT_FIELDS", "ReachingSection", "TrialFileSection", "TrialsSection", "require_file"]

_RATES = {
    "values": ("firing_rates", "spike_rate", "rates"),
    "trial": ("trial",),
    "condition": ("direction", "condition"),
    "time": ("time_in_trial",),
    "time_s": ("time_s",),
    "speed": ("speed", "velocity"),
    "targets": ("targets", "emg"),
    "held_out": ("held_out", "split_2way"),
}
_TABLE = "intervals/trials"
_SPIKE_TIMES = {
    "spike_times": ("units/spike_times",),
    "spike_times_index": ("units/spike_times_index",),
    "start_time": (f"{_TABLE}/start_time",),
    "stop_time": (f"{_TABLE}/stop_time",),
    "condition": (f"{_TABLE}/condition", f"{_TABLE}/direction"),
    "held_out": (f"{_TABLE}/held_out",),
}
DEFAULT_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {"rates": _RATES, "spike_times": _SPIKE_TIMES}
"""Source → what can be read from its files → names that are looked for, in this order."""


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
        "Names in the group, '' to leave one out: values (bin, neuron), trial, condition, time, time_s, speed, targets "
        "(bin, target), held_out (trial); source spike_times: spike_times, spike_times_index, start_time, stop_time, "
        "condition, held_out (trial).",
    )
    bin_s: float | None = setting(
        None, "Duration of a bin; of rates the attribute bin_s of the group when absent.", unit="s", gt=0.0
    )


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
    smooth_bins: float = setting(
        0.0, "Standard deviation of a Gaussian that smooths activity and targets within trials, to both sides.",
        unit="bins", ge=0.0,
    )  # fmt: skip
    n_conditions: int = setting(8, "Directions, or places along the track, at equal distances on a circle.", ge=2)
    min_speed: float | None = setting(None, "Decode directions from faster bins only; unit of the file.", ge=0.0)
    n_times: int = setting(9, "Decode times from the first bins of each trial, as many.", unit="bins", paper=9, ge=2)
    context_bins: int = setting(0, "Bins before and after each that networks and decoders see with it.", ge=0, le=20)
    held_out_fraction: float = setting(
        0.2, "Share of trials that are held out, the last ones; those that the file names when it names any.",
        paper=0.2, gt=0.0, lt=0.9,
    )  # fmt: skip

    @model_validator(mode="after")
    def _fields_fit_the_source(self):
        needed = {"rates": "x", "spike_times": "x", "recordings": "recordings"}.get(self.source)
        if needed and getattr(self, needed) is None:
            raise Contradiction(
                needed, got="nothing", expected=f"a value with source '{self.source}'", fix=f"set data.{needed}"
            )
        for name, sources in (("x", DEFAULT_FIELDS), ("y", DEFAULT_FIELDS), ("recordings", ("recordings",))):
            if self.source not in sources and getattr(self, name) is not None:
                raise Contradiction(
                    name,
                    got="a value",
                    expected=f"none with source '{self.source}', where it has no effect",
                    fix=f"remove data.{name}, or set data.source: {' or '.join(sources)}",
                )
        for name, file in (("x", self.x), ("y", self.y)):
            if file is not None:
                require_file(name, file, DEFAULT_FIELDS[self.source])
                if self.source == "spike_times" and file.bin_s is None:
                    raise Contradiction(
                        f"{name}.bin_s", got="nothing", expected="the duration of bins that spike times are counted in",
                        fix=f"set data.{name}.bin_s, for example 0.1",
                    )  # fmt: skip
        return self


def require_file(name: str, file: Any, known: Mapping[str, object]) -> None:
    """Refuse, in a validator, a section of a file (``path``, ``fields``) without a name, or with unknown fields."""
    if not file.path:
        raise Contradiction(
            f"{name}.path", got="no file name", expected="a file", fix=f"name the file in data.{name}.path"
        )
    unknown = next((field for field in file.fields if field not in known), None)
    if unknown is not None:
        near = get_close_matches(unknown, known, n=1)
        raise Contradiction(
            f"{name}.fields", got=f"the key '{unknown}'", expected=f"keys of {', '.join(known)}",
            fix=f"did you mean '{near[0]}'?" if near else f"remove it from data.{name}.fields",
        )  # fmt: skip
