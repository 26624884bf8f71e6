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
    compared,
)
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.windows.prepared import Day, PreparedPair
from cyclegan_neuro.windows.segmentation import coverage

__all__ = ["certainty_block"]

_COLUMNS = (
    "measure (less is better)", "CycleGAN", "doing nothing", "best alignment that sees activity alone",
    "best that uses position, events or time in the window", "floor", "CycleGAN against doing nothing",
    "against the first", "against the second", "against the floor",
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
    measures = (*_signals(found.signals), *_tuning(found.tuning), *(_spikes(spikes) if spikes else ()))
    rows = tuple(_row(*measure) for measure in measures)
    caption = (
        "Every measure with an answer to compare with, beside what it has to beat. Floor: what no translator can beat "
        "(signals of Φ), or what parts of a recording differ by (tuning of unchanged neurons in even and odd laps, of "
        "all neurons in test and training laps of the day compared with; for spikes the mean of several pairs of "
        "parts, and 'within' goes up to the end of its interval). A difference below 1 % is called none; 'better' says "
        "nothing about chance. Where learning changed nothing, doing nothing is right, and the floor is what counts."
    )
    tables = ((caption, Table("certainty", _COLUMNS, rows)),) if rows else ()
    paragraphs = [_evidence(prepared), _one_run(config), _answer(prepared, found)]
    if measures:
        errors = {label: entry for label, entry, *_ in measures}
        paragraphs.append(counted(errors))
    return Block("How sure?", tuple(paragraphs), tables)


def _evidence(prepared: PreparedPair) -> str:
    (n_x, apart_x), (n_y, apart_y) = (_independent(day, prepared.window_frames) for day in (prepared.x, prepared.y))
    return (
        f"Test windows overlap: the {n_x:,} of x hold as many frames as {plural(apart_x, 'window')} side by side, the "
        f"{n_y:,} of y as many as {apart_y:,}. There is no more independent evidence than that."
    )


def _independent(day: Day, window_frames: int) -> tuple[int, int]:
    """The number of test windows, and of windows side by side that would hold as many frames."""
    size = {"window_frames": window_frames, "n_frames": day.recording.n_frames}
    return len(day.starts.test), int(coverage(day.starts.test, **size).sum()) // window_frames


def _one_run(config: DaysConfig) -> str:
    return (
        f"All numbers are those of one training run (seed {config.training.seed}) on one pair of days. How much they "
        "would change with another seed, or another animal, cannot be told from this report: train again with another "
        "training.seed and compare."
    )


def _answer(prepared: PreparedPair, found: Measurements) -> str:
    if "direct_y" not in found.signals:
        return (
            "What these neurons would have done on the other day is not known. Agreement with the statistics of the "
            "other day is necessary for a right translation, and not sufficient."
        )
    what = "Φ is known" if prepared.is_paired else "the simulator knows the answer"
    return (
        f"Because {what}, translations could be compared with it window by window. How well the same networks do on a "
        "recording without an answer does not follow from that."
    )


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
    verdicts = (None if other is None else _verdict(model, other) for other in rivals)
    within = None if floor is None or math.isnan(highest) else "within" if model <= highest else "above"
    return (label, model, *rivals, floor, *verdicts, within)


def _verdict(value: float, other: float) -> str:
    return compared(value, other).removesuffix(" than").removesuffix(" with")
