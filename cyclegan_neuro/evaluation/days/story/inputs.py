"""What went in: both days, the checks, the split, the scaling and the order of the neurons."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np

from cyclegan_neuro.configuration.sections import OrderingSection
from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.evaluation.contents import Block, Picture, Table
from cyclegan_neuro.evaluation.days.pictures import activity_overview, order_figure
from cyclegan_neuro.evaluation.days.sections import DaysConfig
from cyclegan_neuro.evaluation.days.story.wording import is_mixed, tell
from cyclegan_neuro.evaluation.wording import findings_table, percent, plural
from cyclegan_neuro.recordings.events import trial_durations_s
from cyclegan_neuro.recordings.recording import Origin, Recording
from cyclegan_neuro.windows.ordering import order_neurons
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair
from cyclegan_neuro.windows.segmentation import coverage

__all__ = ["inputs_block", "order_block", "origin_sentence", "shared_frames"]

_COMPARED = ("original", "firing_rate", "correlation", "spatial")
_MOST_COMPARED = 2000  # neurons; the time of some orders grows with their square
_TRIALS = ("day", "neurons", "duration (s)", "trials", "mean duration of a trial (s)", "licks", "rewards", "events")
_PARTS = ("train", "validation", "test")
_WHAT: dict[Origin, str] = {
    "recorded": "Recorded data",
    "simulated": "Simulated data, not measured in an animal",
    "semi-synthetic": "Semi-synthetic data, part of which was not measured in an animal",
    "translated": "Translated data, made by a network and not measured in an animal",
}
_ORDERS = {
    "original": "the order of the recording",
    "firing_rate": "descending estimated activity",
    "correlation": "descending mean pairwise correlation",
    "autoencoder": "ascending error with which an autoencoder reconstructs validation windows (section 2.3.1 of the "
    "paper)",
    "spatial": "a path through the ROI coordinates",
}


def origin_sentence(prepared: PreparedPair) -> str:
    """Say in one sentence what kind of data this is."""
    x, y = _origins(prepared)
    what = _WHAT[x] if prepared.is_paired or x == y else f"Data of two kinds, x {x} and y {y}"
    if prepared.is_paired:
        days = f"x is {prepared.x.recording.label}, y is its synthetic transformation Φ (Eq. 6)"
    else:
        days = f"x is {prepared.x.recording.label}, y is {prepared.y.recording.label}"
    return f"{what}: {days}; {plural(prepared.n_neurons, 'neuron')}."


def shared_frames(day: Day, window_frames: int) -> float:
    """Return the share of the frames of test windows that are frames of training windows too."""
    size = {"window_frames": window_frames, "n_frames": day.recording.n_frames}
    return float(np.mean(coverage(day.starts.train, **size)[coverage(day.starts.test, **size)]))


def inputs_block(config: DaysConfig, prepared: PreparedPair) -> Block:
    """Tell what the networks were given."""
    tables, section = [("The two days.", _days_table(prepared))], config.windows
    trials, findings = _trial_table(prepared), findings_table(prepared.findings)
    if trials is not None:
        tables.append(("What the animal did on each day (as Tables A.1 and A.2 of the paper).", trials))
    if findings.rows:
        tables.append(("What the checks had to say about the data, the most serious first.", findings))
    shares = [shared_frames(day, prepared.window_frames) for day in (prepared.x, prepared.y)]
    told = tell(
        "inputs", origin=origin_sentence(prepared), notes=prepared.notes, findings=bool(findings.rows),
        shares=[percent(share) for share in shares] if any(shares) else None, split=section.split,
        scaling=section.scaling, shared=section.share_scaling, z_scores=prepared.x.scaling.to_z_scores,
    )  # fmt: skip
    start_s = prepared.x.starts.test[0] / prepared.frame_rate_hz
    caption = (
        f"The beginning of the test part of both days (x from {start_s:.0f} s on): position where it is known, and the "
        "most active neurons."
    )
    picture = Picture("recorded_days", caption, activity_overview(prepared), counterpart="")
    return Block("What went in", tables=tuple(tables), pictures=(picture,), **told)


def _origins(prepared: PreparedPair) -> tuple[Origin, Origin]:
    """What kinds of data x and y are; Φ of measured data was measured in part only."""
    x, y = prepared.x.recording.data_origin, prepared.y.recording.data_origin
    if prepared.is_paired and x == "recorded":
        y = "semi-synthetic"
    return x, y


def _days_table(prepared: PreparedPair) -> Table:
    days = (prepared.x, prepared.y)
    recordings = [day.recording for day in days]
    goals = ("scaled to 0", "scaled to 1")
    if prepared.x.scaling.to_z_scores:
        goals = ("mean, z-score 0", "a standard deviation above it, z-score 1")
    rows = [
        ("origin", *_origins(prepared)),
        ("subject", *(r.subject or None for r in recordings)),
        ("session", *(r.session or None for r in recordings)),
        ("source", *(r.source or None for r in recordings)),
        ("frames", *(r.n_frames for r in recordings)),
        ("duration (s)", *(r.duration_s for r in recordings)),
        ("frame rate (Hz)", *(r.frame_rate_hz for r in recordings)),
        ("neurons", *(r.n_neurons for r in recordings)),
        ("gaps in time", *(len(r.gaps) for r in recordings)),
        ("behaviour", *(", ".join(r.behaviour.available()) or None for r in recordings)),
        ("ROI coordinates", *("known" if r.roi_xy_um is not None else "unknown" for r in recordings)),
        *((f"{part} windows", *(len(getattr(d.starts, part)) for d in days)) for part in _PARTS),
        ("frames per window", prepared.window_frames, prepared.window_frames),
        (f"{goals[0]}, lowest (ΔF/F)", *(float(d.scaling.minimum.min()) for d in days)),
        (f"{goals[1]}, highest (ΔF/F)", *(float(d.scaling.maximum.max()) for d in days)),
    ]
    sides = ("mixed", "mixed") if is_mixed(prepared) else ("before learning", "after learning")
    return Table("days", ("", *(f"{day} ({side})" for day, side in zip("xy", sides, strict=True))), tuple(rows))


def _trial_table(prepared: PreparedPair) -> Table | None:
    """Trials, licks, rewards and events as far as they are known; None where nothing is, or days are mixed."""
    days = {"x": prepared.x.recording}
    if not prepared.is_paired:  # Φ changes no behaviour
        days["y"] = prepared.y.recording
    rows = [(day, recording.n_neurons, recording.duration_s, *_trials(recording)) for day, recording in days.items()]
    known = [column for column in range(3, len(_TRIALS)) if any(row[column] is not None for row in rows)]
    if not known or is_mixed(prepared):
        return None
    kept = (0, 1, 2, *known)
    return Table("trials", tuple(_TRIALS[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def _trials(recording: Recording) -> tuple[int | float | None, ...]:
    durations_s, behaviour = trial_durations_s(recording), recording.behaviour
    counts = (behaviour.licks, behaviour.rewards, behaviour.events)
    return (
        *((None, None) if durations_s is None else (len(durations_s), float(durations_s.mean()))),
        *(None if count is None else int(count.sum(dtype=np.int64)) for count in counts),
    )


def order_block(prepared: PreparedPair) -> Block:
    """Tell in which order the networks saw the neurons."""
    order = prepared.order
    text = f"The networks saw the neurons in {_ORDERS.get(order.method, order.method)} (ordering '{order.method}')."
    orders = _orders(prepared)
    if "autoencoder" not in orders:
        text += " That of an autoencoder is not shown beside it: it is trained only where it is the method of a run."
    caption = (
        f"The neurons from the first rank to the last in the order of the run ('{order.method}', with what was sorted) "
        "and in those of the other methods (as Table E.1 of the paper), learned from the days as recorded, of x alone "
        "where y is Φ(X)."
    )
    pictures: tuple[Picture, ...] = ()
    figure = order_figure(prepared, orders)
    if figure is not None:
        drawn = "Rank of every neuron over the ROI coordinates in each order, and the sorted score, where known."
        pictures = (Picture("neuron_order", drawn, figure, counterpart="Figure E.1"),)
    return Block("Order of the neurons", (text,), ((caption, _order_table(prepared, orders)),), pictures)


def _orders(prepared: PreparedPair) -> dict[str, NeuronOrder]:
    """The order of the run first, then those of the other methods that need no training and have what they need."""
    recorded = replace(prepared, y=prepared.x) if prepared.is_paired else prepared
    orders = {prepared.order.method: prepared.order}
    for method in _COMPARED if prepared.n_neurons <= _MOST_COMPARED else ():
        if method not in orders:
            with contextlib.suppress(WindowError):  # coordinates that are not known
                orders[method] = order_neurons(recorded, section=OrderingSection(method=method), seed=0)
    return orders


def _order_table(prepared: PreparedPair, orders: dict[str, NeuronOrder]) -> Table:
    names, score = prepared.neuron_names, prepared.order.score
    methods = [method for method in orders if method != prepared.order.method]
    rows = tuple(
        (
            rank + 1, names[own], *([] if score is None else [float(score[own])]),
            *(names[orders[method].columns[rank]] for method in methods),
        )
        for rank, own in enumerate(prepared.order.columns)
    )  # fmt: skip
    return Table("neuron_order", ("rank", prepared.order.method, *([] if score is None else ["score"]), *methods), rows)
