"""Sections that systems share: data, windows, ordering, training, evaluation, report."""

from __future__ import annotations

from typing import Literal

from pydantic import PrivateAttr, model_validator

from cyclegan_neuro.configuration.fields import SEEDS, WIDTHS, Contradiction, InputFile, Section, Stretch, setting
from cyclegan_neuro.configuration.matching import MatchingSection

__all__ = [
    "AutoencoderSection",
    "BaselineSection",
    "DataSection",
    "EvaluationSection",
    "IndicatorName",
    "InterpretationSection",
    "LearningKind",
    "LearningSection",
    "OptimisationSection",
    "OrderingSection",
    "RecordingSection",
    "ReportSection",
    "SimulationSection",
    "SpikesSection",
    "TrainingSection",
    "WindowsSection",
    "share_contradiction",
]


class BaselineSection(Section):
    """How ΔF/F is computed from raw fluorescence (docs/data_formats.md)."""

    window_s: float = setting(60.0, "Length of the running window of F0.", unit="s", gt=0.0)
    percentile: float = setting(8.0, "Percentile of the fluorescence in the window that is F0.", unit="%", ge=0, le=100)
    neuropil: float | None = setting(
        None, "Share of the neuropil signal to subtract; 0.7 when absent, where there is such a signal.", ge=0, le=2
    )
    near_zero: Literal["error", "drop"] = setting(
        "error", "Neurons whose F0 comes near to 0 or below it: refuse, or drop (on both days)."
    )
    divide_by: Literal["F0", "noise"] = setting(
        "F0", "noise: for traces without background, which have no F0; the result is not ΔF/F, and the report says so."
    )


class RecordingSection(Section):
    """Where one day's recording lies and how to read it."""

    path: InputFile = setting("", "File or folder that holds the recording; relative to the configuration file.")
    format: str = setting("auto", "Reader: auto, hdf5, npz, mat, ... (found by name in recordings/readers).")
    fields: dict[str, str | None] = setting(
        {},
        "Names in the file, for example {dff: traces/dff, roi_ids: cells}; empty for the project's own layout. "
        "null leaves a field out ({licks: null}).",
    )
    frame_rate_hz: float | None = setting(None, "Frame rate if the file does not hold it.", unit="Hz", gt=0.0)
    transpose: bool | None = setting(
        None,
        "Whether the matrix in the file is (neuron, time); false where it has more neurons than frames all the same, "
        "which is refused otherwise.",
    )
    unit: Literal["fraction", "percent", "raw"] | None = setting(
        None,
        "Unit of ΔF/F in the file; percent is divided by 100, and of raw fluorescence ΔF/F is computed. Left out, what "
        "the file says or a fraction is assumed, and values as large as percent are refused.",
    )
    baseline: BaselineSection | None = setting(
        None, "How ΔF/F is computed where the file holds raw fluorescence; the defaults of this section when absent."
    )
    rois: Literal["accepted", "all"] = setting(
        "accepted", "Regions of interest to read, where the file says which of them are cells."
    )
    min_probability: float | None = setting(
        None, "Read regions that are cells with at least this probability, whatever their label.", ge=0.0, le=1.0
    )
    um_per_pixel: float | None = setting(
        None,
        "Size of a pixel, where the file has ROI centres in pixels; without it they are left out.",
        unit="µm",
        gt=0.0,
    )
    indicator: str = setting(
        "", "Calcium indicator, for example GCaMP6f, if the file does not name it; spike inference depends on it."
    )
    cell_type: str = setting(
        "", "Cell type, where all neurons are of one: excitatory, pv, sst, vip; spike inference depends on it."
    )
    nan: Literal["error", "interpolate", "drop_neuron"] = setting(
        "error", "What to do with NaN: refuse, interpolate runs up to nan_gap_s, or drop the neuron (on both days)."
    )
    nan_gap_s: float = setting(0.5, "Longest NaN run that may be interpolated.", unit="s", gt=0.0)
    dead_neurons: Literal["keep", "drop"] = setting(
        "keep", "Constant neurons: keep at mid-scale or drop (on both days)."
    )
    outlying_neurons: Literal["keep", "drop"] = setting(
        "keep", "Neurons with values far beyond all others (finding outlying): keep, or drop (on both days)."
    )
    _called: str = PrivateAttr("")  # in messages, where that is not the path of the file

    @model_validator(mode="after")
    def _settings_agree(self):
        if self.baseline is not None and self.unit in ("fraction", "percent"):
            raise Contradiction(
                "baseline", got=f"a baseline with unit {self.unit}", expected="raw fluorescence to compute ΔF/F of",
                fix="remove baseline, or set unit: raw",
            )  # fmt: skip
        if self.rois == "all" and self.min_probability is not None:
            raise Contradiction(
                "min_probability", got="rois: all and min_probability", expected="one of the two", fix="remove one"
            )
        return self

    def as_called(self, name: str) -> RecordingSection:
        """Return the section of a day that messages call ``name``."""
        section = self.model_copy()
        section._called = name
        return section


IndicatorName = Literal["gcamp6f", "gcamp6s", "gcamp7f", "gcamp8f", "gcamp8m", "gcamp8s"]
"""Names of :data:`cyclegan_neuro.recordings.calcium.INDICATORS`."""

LearningKind = Literal["tuning", "remapping", "correlations", "gain", "timing", "mixed", "behaviour"]
_LARGEST_SHARE = {"gain": 0.75, "mixed": 0.75}  # the other neurons tell the hidden state on both days


def share_contradiction(kind: LearningKind, share: float | None) -> Contradiction | None:
    """Return what is wrong with a share of changed neurons for this kind of learning, if anything is."""
    if share is None:
        return None
    if kind == "behaviour":
        return Contradiction(
            "share",
            got=f"{share:g}",
            expected="none where learning changes behaviour alone",
            fix="remove share, or choose another kind of learning",
        )
    largest = _LARGEST_SHARE.get(kind, 1.0)
    if share > largest:
        return Contradiction(
            "share",
            got=f"{share:g}",
            expected=f"at most {largest:g} with the kind {kind}, in which other neurons tell the hidden state",
            fix="lower share",
        )
    return None


class LearningSection(Section):
    """What learning changes in the simulated neurons (docs/simulator.md)."""

    kind: LearningKind = setting(
        "tuning",
        "tuning; remapping; correlations at equal tuning; gain by a hidden state; timing; mixed selectivity of place, "
        "speed and hidden state; behaviour: no neuron changes.",
    )
    share: float | None = setting(None, "Share of neurons that learning changes; 0.4 when absent.", ge=0.01, le=1.0)
    drift: float = setting(
        0.0,
        "Drift of every neuron between the days: standard deviation of the change of the logarithm of its strength, "
        "and of the shift of its place field in units of 20 cm.",
        ge=0.0,
        le=1.0,
    )

    @model_validator(mode="after")
    def _share_is_possible(self):
        if wrong := share_contradiction(self.kind, self.share):
            raise wrong
        return self


class SimulationSection(Section):
    """The simulated virtual corridor (the default data set)."""

    preset: Literal["mouse_1", "mouse_2", "mouse_3", "mouse_4"] = setting(
        "mouse_1", "Mouse of Tables A.1 and A.2 whose neurons, laps and durations are simulated."
    )
    seed: int = setting(1, "Seed of the simulation; one seed gives one recording, bit for bit.", ge=0)
    duration_s: float | None = setting(None, "Length of each day; the preset's when absent.", unit="s", gt=0.0)
    n_neurons: int | None = setting(None, "Neurons; the preset's number when absent.", ge=8, le=1500)
    frame_rate_hz: float = setting(24.0, "Frame rate.", unit="Hz", ge=1.0, le=200.0)
    indicator: IndicatorName = setting("gcamp6f", "Calcium indicator whose kernel answers the spikes.")
    learning: LearningSection = setting(LearningSection, "What learning changes.")


class DataSection(Section):
    """What goes in: the novice day x and the expert day y."""

    source: Literal["simulated", "files", "phi"] = setting(
        "simulated",
        "simulated days; two files; or phi: y is the synthetic transformation Φ (Eq. 6) of x.",
    )
    x: RecordingSection | None = setting(None, "Novice day (source files or phi; with phi, absent means simulated).")
    y: RecordingSection | None = setting(None, "Expert day (source files).")
    simulation: SimulationSection = setting(SimulationSection, "Simulated days.")
    phi_seed: int = setting(1, "Seed of the noise η in Φ.", ge=0)
    phi_noise: float = setting(
        0.5, "Weight of the noise η in Φ, drawn once per frame of the recording (the paper: per window).",
        paper=0.5, ge=0.0,
    )  # fmt: skip
    assume_same_order: bool = setting(
        False,
        "Without ROI ids, or with ids that only count columns: the neurons of both files stand in the same columns, "
        "and I know it.",
    )
    matching: MatchingSection | None = setting(
        None, "Table of a registration tool that says which neurons are the same; in place of ROI ids."
    )
    resample_hz: float | None = setting(
        None, "Resample both days to this rate; needed where their rates differ.", unit="Hz", gt=0.0
    )
    shuffle_days: bool = setting(False, "Mix the two days: a control in which nothing distinguishes them.")
    permuted_share: float = setting(
        0.0,
        "Share of neurons whose identities on day y are permuted among themselves: a control that says how much hangs "
        "on the match across days (docs/how_sure.md).",
        ge=0.0,
        le=1.0,
    )
    permuted_seed: int = setting(1, "Seed of this permutation.", ge=0)

    @model_validator(mode="after")
    def _there_are_identities_to_permute(self):
        if self.permuted_share and (self.source == "phi" or self.shuffle_days):
            raise Contradiction(
                "permuted_share", got=f"{self.permuted_share:g}",
                expected="0 where y is Φ(X) or the days are mixed", fix="remove one of these settings",
            )  # fmt: skip
        return self

    @model_validator(mode="after")
    def _neurons_are_matched_once(self):
        if self.matching and (self.assume_same_order or self.source != "files"):
            raise Contradiction(
                "matching", got="a table", expected="none with assume_same_order, or without two files",
                fix="remove data.matching, or set data.source: files and assume_same_order: false",
            )  # fmt: skip
        return self

    @model_validator(mode="after")
    def _files_are_named(self):
        needed, useless = {"simulated": ("", "xy"), "files": ("xy", ""), "phi": ("", "y")}[self.source]
        for day in "xy":
            recording = getattr(self, day)
            if recording is None and day in needed:
                raise Contradiction(
                    day,
                    got="nothing",
                    expected=f"a recording with source '{self.source}'",
                    fix=f"name the file in data.{day}.path",
                )
            if recording is not None and day in useless:
                raise Contradiction(
                    day,
                    got="a recording",
                    expected=f"none with source '{self.source}', where it has no effect",
                    fix=f"set data.source: {'phi or files' if day == 'x' else 'files'}, or remove data.{day}",
                )
            if recording is not None and not recording.path:
                raise Contradiction(
                    f"{day}.path", got="no file name", expected="a recording", fix=f"name the file in data.{day}.path"
                )
        return self


class WindowsSection(Section):
    """Segmentation, split and scaling."""

    window_frames: int = setting(2048, "Length H of a window.", unit="frames", paper=2048, ge=16)
    split: Literal["blocked", "paper"] = setting(
        "blocked",
        "blocked: train, validation and test from separate stretches; paper: windows shuffled (neighbours leak).",
        paper="paper",
    )
    n_train: int = setting(3000, "Training windows.", paper=3000, ge=1)
    n_validation: int = setting(200, "Validation windows.", paper=200, ge=1)
    n_test: int = setting(200, "Test windows.", paper=200, ge=1)
    validation_fraction: float = setting(0.15, "Share of the recording for validation (blocked).", gt=0.0, lt=0.5)
    test_fraction: float = setting(0.15, "Share of the recording for testing (blocked).", gt=0.0, lt=0.5)
    scaling: Literal["day", "neuron"] = setting(
        "day", "Min-max to [0, 1] with one minimum and maximum for all neurons, or one for each.", paper="day"
    )
    share_scaling: bool = setting(
        False, "Both days share minimum and maximum, so that equal ΔF/F looks equal to the networks.", paper=False
    )
    exclude_x: list[Stretch] = setting(
        [], "Stretches [first, last] of the novice day that no window may touch.", unit="frames"
    )
    exclude_y: list[Stretch] = setting([], "The same for the expert day.", unit="frames")

    @model_validator(mode="after")
    def _training_part_remains(self):
        held_out = self.validation_fraction + self.test_fraction
        if held_out >= 0.9:
            raise Contradiction(
                "test_fraction",
                got=f"{self.validation_fraction:g} + {self.test_fraction:g} = {held_out:g} of the recording held out",
                expected="validation_fraction + test_fraction < 0.9",
                fix="lower one of them; 0.15 and 0.15 are usual",
            )
        return self


class AutoencoderSection(Section):
    """The autoencoder that orders neurons by reconstruction error (section 2.3.1)."""

    filters: int = setting(32, "Filters of each block; the bottleneck has a quarter.", paper=32, **WIDTHS)
    epochs: int = setting(20, "Passes over the training windows.", ge=1)
    batch_size: int = setting(8, "Windows per step.", ge=1)
    learning_rate: float = setting(1e-3, "Adam's learning rate.", gt=0.0)


class OrderingSection(Section):
    """The order of the columns, the same for both days."""

    method: Literal["original", "firing_rate", "correlation", "autoencoder", "spatial"] = setting(
        "original", "How neurons are sorted before the networks see them; undone in every output.", paper="autoencoder"
    )
    autoencoder: AutoencoderSection = setting(AutoencoderSection, "Settings of the ordering autoencoder.")


class OptimisationSection(Section):
    """How to train, the same for every system; learning rates are the subclass's."""

    epochs: int = setting(200, "Passes over the training windows.", paper=200, ge=1)
    batch_size: int = setting(1, "Windows per update (over all devices).", ge=1)
    adam_beta_1: float = setting(0.9, "Adam's first decay rate.", ge=0.0, lt=1.0)
    adam_beta_2: float = setting(0.999, "Adam's second decay rate.", ge=0.0, lt=1.0)
    warmup_steps: int = setting(0, "Steps over which the learning rates rise from 0.", unit="steps", paper=0, ge=0)
    decay: Literal["none", "linear", "cosine"] = setting(
        "none", "How the learning rates fall to 0 from decay_start on.", paper="none"
    )
    decay_start: float = setting(0.5, "Share of all steps after which decay begins.", ge=0.0, lt=1.0)
    weight_averaging: float = setting(
        0.0,
        "Decay of the exponential average of generator weights used for evaluation; 0 is off.",
        paper=0.0,
        ge=0.0,
        lt=1.0,
    )
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = setting(
        "auto",
        "Numbers in the networks; auto: mixed_bfloat16 on a GPU that has it (compute capability 8.0 or higher), "
        "mixed_float16 with loss scaling on an older one, float32 on a CPU.",
    )
    jit_compile: Literal["auto"] | bool = setting("auto", "Compile the step with XLA; auto: on one GPU.")
    deterministic: bool = setting(True, "Repeat bit for bit on a CPU with as many threads (op determinism).")
    devices: Literal["auto", "cpu", "one_gpu", "all_gpus", "all_workers"] = setting(
        "auto",
        "auto: all visible GPUs (mirrored), else the CPU; all_workers: those of all processes that TF_CONFIG or the "
        "step of Slurm names (docs/cluster.md), which auto does too where TF_CONFIG names several.",
    )
    seed: int = setting(1234, "Drives initialisation, dropout, data order and noise.", **SEEDS)
    checkpoint_every_epochs: int = setting(1, "Epochs between checkpoints `last`.", unit="epochs", ge=1)
    validate_every_epochs: int = setting(1, "Epochs between validations.", unit="epochs", ge=1)
    figures_every_epochs: int = setting(5, "Epochs between TensorBoard figures; 0 is never.", unit="epochs", ge=0)

    def learning_rate_of(self, name: str) -> float:
        """Return Adam's learning rate of a trainer's optimizer ``name``."""
        raise NotImplementedError


class TrainingSection(OptimisationSection):
    """How to train generators against discriminators."""

    learning_rate_generator: float = setting(1e-4, "Adam's learning rate of the generators.", paper=1e-4, gt=0.0)
    learning_rate_discriminator: float = setting(4e-4, "The same of the discriminators.", paper=4e-4, gt=0.0)

    def learning_rate_of(self, name):
        adversary = name in ("critic", "discriminator")
        return self.learning_rate_discriminator if adversary else self.learning_rate_generator


class SpikesSection(Section):
    """Spikes inferred from recorded and generated ΔF/F, and how they are compared (section 3.2)."""

    enabled: bool = setting(True, "Infer spikes and compare their statistics.")
    models: InputFile | None = setting(
        None, "File or folder of networks for spike inference; the shipped ones (3 to 100 Hz) when absent."
    )
    resample: bool = setting(
        False,
        "For networks of one frame rate (CASCADE's): bring ΔF/F to it where it differs by more than 5 %, and the rates "
        "back.",
    )
    max_windows: int = setting(200, "Test windows of each day that are compared, evenly spread.", ge=4)
    max_neurons: int = setting(
        128,
        "Neurons, drawn with the seed where there are more, of whose pairs and van Rossum distances statistics are; "
        "firing rates are of all.",
        ge=16,
    )
    correlation_bin_s: float = setting(
        0.5, "Bin of the spike trains whose correlations are compared; rounded to whole frames.", unit="s", gt=0.0
    )
    van_rossum: Literal["elephant", "fast"] = setting(
        "elephant",
        "How statistics of the recorded days and the model are computed: by Elephant (minutes), or fast, from counts, "
        "which agrees to 1e-10 and which the quickstart sets.",
    )
    time_constant_s: float = setting(0.5, "Time constant of the van Rossum distance.", unit="s", gt=0.0)
    processes: int | None = setting(None, "Processes that compute statistics; all cores when absent.", ge=1)
    noise_matched: bool = setting(
        True,
        "Where the days' noise levels differ by more than 10 %, compare spikes also after white noise was added to the "
        "quieter day: a difference that vanishes was one of noise.",
    )
    seed: int = setting(0, "Draws the phase of discrete spikes, and the noise that is added.", ge=0)


class InterpretationSection(Section):
    """Where the networks look, and whether that is where the data changed (sections 2.3, 3.1 and 3.2)."""

    enabled: bool = setting(True, "Explain the networks and score the maps where the truth is known.")
    max_windows: int = setting(200, "Test windows of each day that are explained, evenly spread.", ge=2)
    generator_score: Literal["change", "output"] = setting(
        "change",
        "What maps of the generators explain: the mean absolute change in ΔF/F they make to a window, or their mean "
        "absolute output, which is mostly what they pass on.",
        paper="output",
    )
    smooth_samples: int = setting(
        0, "Noisy copies of a window that SmoothGrad averages; 0 takes plain input gradients.", ge=0
    )
    smooth_noise: float = setting(0.1, "Noise of SmoothGrad.", unit="share of the window's range", gt=0.0)
    position_bin_cm: float = setting(1.0, "Bin of positional attention maps.", unit="cm", paper=1.0, gt=0.0)
    before_event_s: float = setting(1.0, "Time before an event in peri-event averages.", unit="s", ge=0.0)
    after_event_s: float = setting(5.0, "Time after an event in peri-event averages.", unit="s", gt=0.0)
    event_bin_s: float = setting(0.2, "Bin of peri-event averages.", unit="s", gt=0.0)
    control: InputFile | None = setting(
        None,
        "Run trained with data.shuffle_days=true and evaluated; maps that it gives as well explain nothing.",
    )
    n_shuffles: int = setting(1000, "Shuffles of the null distributions, and resamplings of the intervals.", ge=20)
    seed: int = setting(0, "Draws shuffles and resamplings.", ge=0)


class EvaluationSection(Section):
    """How a trained run of any system is evaluated."""

    weights: Literal["best", "last"] = setting("best", "Checkpoint to evaluate.")
    batch_size: int = setting(8, "Windows per network call.", ge=1)


class ReportSection(Section):
    """What every report shows."""

    dpi: int = setting(120, "Resolution of bitmap figures.", unit="dots/inch", ge=50)
