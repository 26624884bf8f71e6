"""How sure: how much evidence there is, and every measure beside what it has to beat."""

from __future__ import annotations

import math

from cyclegan_neuro.evaluation.contents import Block, Table
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.names import METRICS, PAIRS, STATISTICS
from cyclegan_neuro.evaluation.days.sections import DaysConfig
from cyclegan_neuro.evaluation.days.spiking.measure import SpikeMeasurements
from cyclegan_neuro.evaluation.days.story.rivals import counted
from cyclegan_neuro.evaluation.days.story.spikes_tables import IN_SENTENCE, mean_kl, translators
from cyclegan_neuro.evaluation.days.story.wording import (
    ALIGNMENTS_ALONE,
    ALIGNMENTS_WITH_PLACE,
    alignments,
    tell,
)
from cyclegan_neuro.evaluation.verdicts import Verdict
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.windows.prepared import Day, PreparedPair
from cyclegan_neuro.windows.segmentation import coverage

__all__ = ["certainty_block", "floors_sentence", "independent", "measures"]

_COLUMNS = (
    "measure (less is better)", "{model}", "doing nothing", "best alignment that sees activity alone",
    "best that uses position, events or time in the window", "floor", "{model} against doing nothing",
    "against activity alone", "against position, events or time", "against the floor",
)  # fmt: skip
_GROUPS = {"changed": "changed neurons", "unchanged": "unchanged neurons", "all": "all neurons"}
_PAIRS = ("y_from_x", "x_from_y")


def certainty_block(
    config: DaysConfig, prepared: PreparedPair, found: Measurements, spikes: SpikeMeasurements | None = None
) -> Block:
    """Tell how much the numbers of the other blocks can carry.

    Parameters
    ----------
    config : DaysConfig
    prepared : PreparedPair
    found : Measurements
    spikes : SpikeMeasurements, optional
        Absent where no spikes were inferred.
    """
    n_x, n_y = (independent(day, prepared.window_frames) for day in (prepared.x, prepared.y))
    rows = tuple(_row(*measure) for measure in measures(found, spikes))
    columns = tuple(column.format(model=found.model) for column in _COLUMNS)
    errors = {label: entry for label, entry, *_ in measures(found, spikes)}
    caption = "Every measure with an answer to compare with, beside what it has to beat."
    known = "phi" if prepared.is_paired else "simulator"
    told = tell(
        "certainty",
        wins=errors and counted(found.model, errors),
        floors=floors_sentence(found, spikes),
        n_x=f"{n_x[0]:,}", n_y=f"{n_y[0]:,}", apart_x=n_x[1], apart_y=f"{n_y[1]:,}",
        seed=config.training.seed,
        known=known if "direct_y" in found.signals else "nothing",
    )  # fmt: skip
    return Block("How sure?", tables=((caption, Table("certainty", columns, rows)),) if rows else (), **told)


def measures(found: Measurements, spikes: SpikeMeasurements | None = None) -> list[tuple]:
    """Return every measure with an answer: name, translator → error (less is better), floor, end of its interval."""
    return [*_signals(found.signals), *_tuning(found.tuning), *(_spikes(spikes) if spikes else ())]


def floors_sentence(found: Measurements, spikes: SpikeMeasurements | None = None) -> str:
    """Count the measures in which the model is within the floor; empty where none is known."""
    within = [row[-1] == "within" for row in (_row(*measure) for measure in measures(found, spikes)) if row[-1]]
    told = f"Of {plural(len(within), 'error')} with a noise floor, as far as parts of one day differ, {sum(within)}"
    return f"{told} {'is' if sum(within) == 1 else 'are'} no larger." if within else ""


def independent(day: Day, window_frames: int) -> tuple[int, int]:
    """Return the number of test windows, and of windows side by side that would hold as many frames."""
    size = {"window_frames": window_frames, "n_frames": day.recording.n_frames}
    return len(day.starts.test), int(coverage(day.starts.test, **size).sum()) // window_frames


def _signals(signals: dict):
    for metric in ("direct_y", "direct_x", "direct_changed_y", "direct_changed_x"):
        if metric in signals:
            entry = {name: numbers["mean"] for name, numbers in signals[metric].items()}
            yield f"{METRICS[metric].label} (ΔF/F)", entry, entry.get("best_possible")


def _tuning(tuning: dict):
    for group, label in _GROUPS.items():
        for direction, translated in (("y", "G(X)"), ("x", "F(Y)")):
            if f"{group}_{direction}" not in tuning:
                continue
            entry = {name: numbers["mae"] for name, numbers in tuning[f"{group}_{direction}"].items()}
            floor = entry.get("training_laps") if group == "all" else entry.get("noise")
            yield f"tuning error of {translated}, {label} (ΔF/F)", entry, floor


def _spikes(found: SpikeMeasurements):
    for statistic in IN_SENTENCE:
        for pair in _PAIRS:
            entry = {name: mean_kl(found, pair, statistic, name) for name in translators(found)}
            floor = found.floors[PAIRS[pair][0]][statistic]
            label = f"{STATISTICS[statistic].label}, {PAIRS[pair].label} (KL, nats)"
            yield label, entry, floor.mean_kl, floor.interval_kl[1]


def _row(label: str, entry: dict[str, float], floor: float | None, highest: float | None = None) -> tuple:
    """One measure; ``highest`` is the end of a floor that has an interval."""
    highest = floor if highest is None else highest
    model = entry["model"]
    groups = (alignments(entry, names) for names in (ALIGNMENTS_ALONE, ALIGNMENTS_WITH_PLACE))
    rivals = (entry["identity"], *(min((entry[name] for name in group), default=None) for group in groups))
    verdicts = (None if other is None else Verdict.of(model, other).value for other in rivals)
    within = None if floor is None or math.isnan(highest) else "within" if model <= highest else "above"
    return (label, model, *rivals, floor, *verdicts, within)
