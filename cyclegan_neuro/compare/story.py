"""From runs to an Evaluation: the blocks of the page, its figures and ``comparison.json``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.compare.checks import warnings_of, without_number
from cyclegan_neuro.compare.grouping import Configuration, Grouping
from cyclegan_neuro.compare.measured import Measured, tasks
from cyclegan_neuro.compare.runs import Found
from cyclegan_neuro.compare.scores import ScoreGroup, rival_label
from cyclegan_neuro.compare.summary import MAIN, MISSING, OTHERS, PAIRED, SETTINGS, summarise
from cyclegan_neuro.compare.tables import (
    configuration_table,
    every_number,
    missing_table,
    paired_table,
    rivals_table,
    run_table,
    score_table,
)
from cyclegan_neuro.evaluation.contents import Block, Evaluation, Picture, Table, told_blocks
from cyclegan_neuro.evaluation.wording import plural, tell
from cyclegan_neuro.figures.comparison import MOST_IN_ONE_PANEL, CurveSet, ScorePanel, learning_curves, score_points

__all__ = ["FORMAT", "Comparison"]

FORMAT = "cyclegan_neuro comparison 1"
_LOSSES = (("generator_g", "discriminator_y"), ("generator", "wasserstein"), ("loss",))
_NO_LOSS = ("epoch", "seconds", "windows_per_second", "gradient_norm", "learning_rate", "val_")
_DRAWN_RIVALS = 4
_DPI = 120


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs, how they are grouped, and what is compared.

    Attributes
    ----------
    found : Found
    grouping : Grouping
    groups : tuple of ScoreGroup
    reference : Configuration, optional
        What others are compared with; by default the best of each score.
    """

    found: Found
    grouping: Grouping
    groups: tuple[ScoreGroup, ...]
    reference: Configuration | None = None

    @cached_property
    def measured(self) -> tuple[tuple[ScoreGroup, tuple[Measured, ...]], ...]:
        return tuple((group, tuple(Measured(s, self.grouping) for s in group.scores)) for group in self.groups)

    @cached_property
    def leading(self) -> tuple[Measured, ...]:
        """The one or two scores of the first screen, of the first group that leads."""
        scores = ([each for each in measured if each.score in group.leading] for group, measured in self.measured)
        return tuple(next(filter(None, scores), self.measured[0][1][:1]))

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        return (*without_number(self.leading), *warnings_of(self.grouping))

    def evaluation(self) -> Evaluation:
        """Return what the page shows."""
        blocks = (
            self._main(), self._paired(), self._other_scores(), self._learning(), self._settings(), self._missing(),
            self._numbers(),
        )  # fmt: skip
        summary = summarise(self.found, self.grouping, self.leading, self.warnings, reference=self.reference)
        opening = self._opening()
        opening.figure.set_dpi(_DPI)
        return Evaluation(summary, told_blocks(blocks, dpi=_DPI), self.content(), opening=opening)

    def _opening(self) -> Picture:
        panels = []
        for each in self.leading:
            best = next(iter(each.ranked()), self.grouping.configurations[0])
            strongest = each.strongest(best)
            names = [name for name in ("identity", strongest) if name in each.rivals]
            names += [
                name for name in each.rivals if name in ("best_possible", "noise_floor", "floor", "truth", "data")
            ]
            lines = {
                rival_label(name, best.runs[0].metrics): each.rival_spread(name, [best]).mean
                for name in dict.fromkeys(names[:_DRAWN_RIVALS]) if not self.grouping.other_tests
            }  # fmt: skip
            animals = self.grouping.animal_names or ("",)
            values = {
                one.label: {animal: each.values(one, animal=animal) for animal in animals}
                for one in self.grouping.configurations
            }
            lines = {name: value for name, value in lines.items() if not math.isnan(value)}
            panels.append(ScorePanel(each.score.label, values, lines))
        caption = "A point per run and the mean of each configuration" + (
            ", each on tests of its own: they are not to be compared with each other." if self.grouping.other_tests
            else "; lines: doing nothing, the strongest rival and what can be reached, on the tests of the best one."
        )  # fmt: skip
        return Picture("scores", caption, score_points(panels), "")

    def _main(self) -> Block:
        told = tell(Path(__file__).with_name("main.j2"), n_animals=len(self.grouping.animal_names))
        return Block(MAIN, told["paragraphs"], self._tables(leading=True), how=told["how"])

    def _other_scores(self) -> Block | None:
        tables = self._tables(leading=False)
        return (
            Block(OTHERS, ("Every other score that these runs have, in the same shape.",), tables) if tables else None
        )

    def _tables(self, *, leading: bool) -> tuple[tuple[str, Table], ...]:
        """Return the tables of the group of the first screen, or of all others, each also by animal."""
        tables = []
        for group, measured in self.measured:
            if any(each in self.leading for each in measured) is leading:
                shape = f" The shape of {group.counterpart} of the paper." if group.counterpart else ""
                for animal in ("", *self.grouping.animal_names):
                    whose = f", {animal}" if animal else ", all animals" * bool(self.grouping.animal_names)
                    caption = f"{group.title}{whose}. {group.caption}{shape}"
                    tables.append((caption, score_table(group, measured, self.grouping, animal=animal)))
        return tuple(tables)

    def _paired(self) -> Block | None:
        if len(self.grouping.configurations) < 2:
            return None
        rows = [(group.title, each) for group, measured in self.measured for each in measured]
        if self.grouping.other_tests:
            rows = []  # a difference between configurations would be one between tests
        first, rest = (
            paired_table(slug, [row for row in rows if (row[1] in self.leading) is leads], self.grouping,
                         reference=self.reference)
            for slug, leads in (("paired_leading", True), ("paired", False))
        )  # fmt: skip
        beside = rivals_table(self.leading, self.grouping)
        tables = [
            ("Paired differences in the scores of the first screen.", first),
            ("Each configuration and its strongest rival, on the same tests.", beside), ("In all other scores.", rest),
        ]  # fmt: skip
        told = tell(
            Path(__file__).with_name("paired.j2"), reference=self.reference.label if self.reference else "",
            over=", ".join(self.grouping.over) or "there are none: one run of each",
            other_tests=bool(self.grouping.other_tests), n_comparisons=len(first.rows) + len(rest.rows),
            n_others=len(self.grouping.configurations) - 1,
        )  # fmt: skip
        return Block(PAIRED, told["paragraphs"], tuple(one for one in tables if one[1].rows), how=told["how"])

    def _learning(self) -> Block | None:
        columns = self._columns()
        if not columns:
            return None
        sets = [
            CurveSet(
                name,
                {
                    one.label: [np.array(run.history[name]) for run in one.runs if name in run.history]
                    for one in self.grouping.configurations
                },
            )
            for name in columns
        ]
        caption = "Thin: a run; thick: the mean of a configuration, as far as all its runs go."
        if len(self.grouping.configurations) > MOST_IN_ONE_PANEL:
            caption = f"{columns[0]}; each configuration in its panel, means of the others in grey. {caption}"
        told = (
            "What was logged on validation windows, and losses. Losses of different objectives are different "
            "quantities: only curves of one objective can be compared, and no adversarial loss says how good a network "
            "is.",
        )
        return Block(
            "Learning curves", told, pictures=(Picture("learning_curves", caption, learning_curves(sets), ""),)
        )

    def _columns(self) -> list[str]:
        """Return the columns of the histories to draw: what chose the checkpoint, and one or two losses."""
        known = dict.fromkeys(name for run in self.grouping.runs for name in run.history)
        monitors = {run.metrics.get("weights", {}).get("monitor") for run in self.grouping.runs}
        losses: Sequence[str] = next((pair for pair in _LOSSES if all(name in known for name in pair)), ())
        losses = losses or [name for name in known if not name.startswith(_NO_LOSS)][:1]
        return [*(name for name in known if name in monitors), *losses]

    def _settings(self) -> Block:
        paragraphs = self.warnings or ("Nothing that should be alike differs.",)
        tables = (
            ("Configurations: what tells them apart, and what they took (mean ± standard deviation over runs).",
             configuration_table(self.grouping)),
            ("Every run.", run_table(self.grouping)),
        )  # fmt: skip
        how = (
            "Settings that differ between runs tell configurations apart, unless they are seeds or name an animal (a "
            "preset of the simulator, files of recordings), which are averaged over; --by and --over say otherwise. "
            "Settings of evaluation and report, and those that change nothing that is learned, do neither.",
        )
        return Block(SETTINGS, paragraphs, tables, how=how)

    def _missing(self) -> Block | None:
        if not self.found.missing:
            return None
        told = f"{plural(len(self.found.missing), 'run')} without results; they are in no mean."
        return Block(MISSING, (told,), (("Cells and runs without results.", missing_table(self.found.missing)),))

    def _numbers(self) -> Block:
        table = every_number(self.measured, self.grouping)
        told = (
            "Mean, standard deviation and number of runs of every score, one to a line; at full precision in the CSV."
        )
        return Block("Every number", (told,), (("Every mean; best: of the configurations in that score.", table),))

    def content(self) -> dict[str, Any]:
        """Return ``comparison.json``."""
        grouping = self.grouping
        return {
            "format": FORMAT, "system": grouping.runs[0].system, "by": grouping.by, "over": grouping.over,
            "animals": grouping.animal_names, "reference": self.reference.label if self.reference else None,
            "configurations": [
                {"label": one.label, "settings": one.settings, "runs": [run.name for run in one.runs]}
                for one in grouping.configurations
            ],
            "scores": [
                self._score_content(group, each) for group, measured in self.measured for each in measured
            ],
            "missing": [asdict(one) for one in self.found.missing], "warnings": self.warnings,
        }  # fmt: skip

    def _score_content(self, group: ScoreGroup, each: Measured) -> dict[str, Any]:
        ranked = each.ranked()
        against = self.reference or (ranked[0] if ranked else self.grouping.configurations[0])
        pairs = {one.label: each.paired(one, against) for one in self.grouping.configurations if one is not against}
        ideal = {math.inf: "high", -math.inf: "low"}.get(each.score.ideal, each.score.ideal)
        return {
            "table": group.slug, "path": each.score.path, "label": each.score.label, "better": ideal,
            "best": ranked[0].label if ranked else None,
            "configurations": {one.label: each.spread(one)._asdict() for one in self.grouping.configurations},
            "runs": {name: values.get("model") for name, values in each.of_runs.items()},
            "beside": [
                {"name": name, "tests_of": [one.label for one in part], **each.rival_spread(name, part)._asdict()}
                for part in tasks([each], self.grouping.configurations) for name in each.rivals
            ],
            "paired": {"against": against.label, "of": {label: asdict(p) for label, p in pairs.items() if p}},
        }  # fmt: skip
