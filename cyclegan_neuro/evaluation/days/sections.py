"""What an evaluation of two days is told: its own sections, and those that its report speaks of."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import model_validator

from cyclegan_neuro.configuration import sections
from cyclegan_neuro.configuration.fields import Contradiction, Section, setting
from cyclegan_neuro.configuration.matching import MatchingSection
from cyclegan_neuro.configuration.sections import (
    DataSection,
    InterpretationSection,
    OrderingSection,
    RecordingSection,
    SpikesSection,
    TrainingSection,
    WindowsSection,
)

__all__ = ["DaysConfig", "EvaluationSection", "NullPairSection", "ReportSection"]


class NullPairSection(Section):
    """Two sessions of the same neurons between which nothing was learned, with the settings of data.x."""

    x: RecordingSection = setting(RecordingSection, "Earlier session.")
    y: RecordingSection = setting(RecordingSection, "Later session.")
    matching: MatchingSection | None = setting(None, "Table that matches these two; else their ROI ids do.")

    @model_validator(mode="after")
    def _files_are_named(self):
        for day in "xy":
            if not getattr(self, day).path:
                raise Contradiction(
                    f"{day}.path", got="no file name", expected="a recording", fix="name the file of this session"
                )
        return self


class EvaluationSection(sections.EvaluationSection):
    """How a translator of two days is evaluated."""

    weights: Literal["best", "last"] = setting(
        "best",
        "Checkpoint to evaluate; best has the least of what the system monitors on validation windows, which needs no "
        "truth and no pairs (of the CycleGAN: how far means and covariances of translated windows are from recorded).",
    )
    position_bin_cm: float = setting(4.0, "Bin width of position tuning curves.", unit="cm", gt=0.0)
    ot_shrinkage: float | None = setting(
        None,
        "Share of the mean variance added to the covariances of the Gaussian OT baselines; when absent, the one under "
        "which validation frames of both days are most likely.",
        ge=0.0,
        le=1.0,
    )
    null_pairs: list[NullPairSection] = setting(
        [],
        "Pairs of sessions between which nothing was learned: [{x: {path: a.h5}, y: {path: b.h5}}, ...], with the "
        "settings of data.x; what changed between the days is held against what changed between these.",
    )
    other_runs: list[str] = setting(
        [],
        "Directories (relative to where the evaluation starts) of runs of the same configuration but for "
        "training.seed, data.permuted_share or data.permuted_seed, whose mappings this one is compared with.",
    )
    spikes: SpikesSection = setting(SpikesSection, "Spike inference and its statistics.")
    interpretation: InterpretationSection = setting(InterpretationSection, "Where the networks look.")


class ReportSection(sections.ReportSection):
    """What the report shows."""

    n_traces: int = setting(3, "Neurons whose traces are drawn.", ge=1)


class DaysConfig(Protocol):
    """The sections that any system which translates days has, beside those of its networks."""

    data: DataSection
    windows: WindowsSection
    ordering: OrderingSection
    training: TrainingSection
    evaluation: EvaluationSection
    report: ReportSection
