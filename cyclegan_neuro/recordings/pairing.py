"""Two days as one pair: the same neurons in the same columns, at the same rate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.matching import MatchingSection
from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.checks import require
from cyclegan_neuro.recordings.checks.pairs import check_pair
from cyclegan_neuro.recordings.digest import content_sha256
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.loading import load
from cyclegan_neuro.recordings.matching.ids import Matched, match_ids
from cyclegan_neuro.recordings.matching.table import match_by_table
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.resampling import resample

__all__ = ["Pair", "describe_inputs", "match_neurons", "pair", "read_pair"]

#: Relative difference of rates that is taken as equal: 2 frames in a window of 2,048.
RATE_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Pair:
    """The novice and the expert day, matched.

    Attributes
    ----------
    x, y : Recording
        Column ``i`` is the same neuron in both; the frame rates are equal.
    findings : tuple of Finding
        From the checks of both days (with :func:`read_pair`) and from the matching.
    notes : tuple of str
        What was done: neurons left out, resampling, order assumed.
    """

    x: Recording
    y: Recording
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def mixed(self) -> bool:
        """Whether the days were mixed for a control, as either of them says."""
        return self.x.days_mixed or self.y.days_mixed


def pair(
    x: Recording,
    y: Recording,
    *,
    assume_same_order: bool = False,
    resample_hz: float | None = None,
    dropped_x: Collection[int] = (),
    dropped_y: Collection[int] = (),
    matched: Matched | None = None,
) -> Pair:
    """Bring two recordings to the same neurons, in the order of ``x``, and the same rate.

    Parameters
    ----------
    x, y : Recording
        Novice and expert day.
    assume_same_order : bool
        Match by column: the user knows that the files hold the same neurons in the same order.
        Needed without ``roi_ids``, and with ids that only count columns; with ids that do not agree it overrules them.
    resample_hz : float, optional
        Bring both to this rate.
    dropped_x, dropped_y : collection of int
        Columns of each file to leave out on both days.
    matched : tuple, optional
        What a table says, from :func:`cyclegan_neuro.recordings.matching.table.match_by_table`, in place of ids. Each
        day keeps its own ids.

    Returns
    -------
    Pair

    Raises
    ------
    PairingError
        If ids are missing, repeated or have nothing in common; if the numbers of neurons differ where
        columns are matched; if the rates differ and ``resample_hz`` is not given.

    Examples
    --------
    >>> import numpy as np
    >>> traces = np.zeros((9, 2), np.float32)
    >>> novice = Recording(traces, frame_rate_hz=24.0, roi_ids=("a", "b"))
    >>> expert = Recording(traces, frame_rate_hz=24.0, roi_ids=("c", "b"))
    >>> pair(novice, expert).x.roi_ids
    ('b',)
    """
    columns_x, columns_y, findings, notes = matched or match_neurons(x, y, assume_same_order=assume_same_order)
    kept = ~(np.isin(columns_x, list(dropped_x)) | np.isin(columns_y, list(dropped_y)))
    if not kept.any():
        raise PairingError(
            f"{x.label} and {y.label}",
            got=f"{kept.size} matched neurons, all dropped on one day or the other",
            expected="neurons to keep",
            fix="choose nan: interpolate, dead_neurons: keep or outlying_neurons: keep",
        )
    if not kept.all():
        notes.append(f"{int((~kept).sum())} of {kept.size} matched neurons dropped on both days")
    x, y = x.select_neurons(columns_x[kept]), y.select_neurons(columns_y[kept])
    x, y, rate_notes = _same_rate(x, y, resample_hz)
    return Pair(x, y, tuple(findings), (*notes, *rate_notes))


def read_pair(
    x: RecordingSection,
    y: RecordingSection,
    *,
    base_directory: Path,
    assume_same_order: bool = False,
    matching: MatchingSection | None = None,
    resample_hz: float | None = None,
) -> Pair:
    """Read, check and match two days as the configuration says.

    Neurons that a policy drops on one day are dropped on both, with or without ROI ids.

    Parameters
    ----------
    x, y : RecordingSection
    base_directory : Path
        Directory that relative paths start from.
    assume_same_order, resample_hz
        As in :func:`pair`.
    matching : MatchingSection, optional
        The table that matches the days, in place of ids.

    Returns
    -------
    Pair
        With the findings of both days.

    Raises
    ------
    RecordingError
        If a file cannot be read, or a day or the match has a critical finding.
    PairingError
        As :func:`pair`.
    """
    days = [load(section, base_directory=base_directory) for section in (x, y)]
    findings = [finding for day in days for finding in day.check()]
    require(findings)
    x_day, y_day = (day.recording for day in days)
    table = match_by_table(x_day, y_day, matching, base_directory=base_directory) if matching else None
    matched = pair(
        x_day,
        y_day,
        assume_same_order=assume_same_order,
        resample_hz=resample_hz,
        dropped_x=days[0].dropped,
        dropped_y=days[1].dropped,
        matched=table,
    )
    of_pair = (*matched.findings, *check_pair(matched.x, matched.y))
    require(of_pair)
    notes = (*days[0].notes, *days[1].notes, *matched.notes)
    return Pair(matched.x, matched.y, (*findings, *of_pair), notes)


def describe_inputs(pair: Pair) -> dict:
    """Describe what goes in, ready for JSON; equal descriptions mean equal data.

    Returns
    -------
    dict
        For ``"x"`` and ``"y"``: ``source``, ``subject``, ``session``, ``sha256`` (of the float32 traces),
        ``behaviour_sha256`` by field, ``shape``, ``frame_rate_hz``, ``gaps`` and ``roi_ids``.
    """
    return {"x": _describe(pair.x), "y": _describe(pair.y)}


def _describe(recording: Recording) -> dict:
    return {
        "source": recording.source,
        "subject": recording.subject,
        "session": recording.session,
        "sha256": content_sha256(recording.dff),
        "behaviour_sha256": {name: content_sha256(values) for name, values in recording.behaviour.available().items()},
        "shape": list(recording.dff.shape),
        "frame_rate_hz": float(recording.frame_rate_hz),
        "gaps": [int(gap) for gap in recording.gaps],
        "roi_ids": None if recording.roi_ids is None else list(recording.roi_ids),
    }


def match_neurons(x: Recording, y: Recording, *, assume_same_order: bool) -> Matched:
    """Return the columns of ``x`` that ``y`` has too, ascending, those of ``y`` that match them, findings and notes.

    Raises
    ------
    PairingError
        As :func:`pair`.
    """
    with_ids = x.roi_ids is not None and y.roi_ids is not None
    if with_ids and not (assume_same_order and set(x.roi_ids) != set(y.roi_ids)):
        return match_ids(x, y, same_order=assume_same_order)
    counts = f"{x.label} has {x.n_neurons} neurons, {y.label} {y.n_neurons}"
    if x.n_neurons != y.n_neurons:
        raise PairingError(
            "roi_ids",
            got=counts,
            expected="the same neurons on both days",
            fix="give a neuron match: roi_ids in both files, or a table in data.matching; neurons are never cut off to "
            "fit",
        )
    without = " and ".join(day.label for day in (x, y) if day.roi_ids is None)
    what = "ROI ids that differ" if with_ids else f"no ROI ids on {without}"
    if not assume_same_order:
        raise PairingError(
            "roi_ids",
            got=f"{what} ({counts})",
            expected="roi_ids in both files",
            fix="add roi_ids; or, if you know that the columns are the same neurons in the same order, "
            "set assume_same_order: true (the report will say so)",
        )
    note = f"{what}: the same neurons in the same columns are assumed (assume_same_order: true)"
    finding = Finding(
        "warning",
        "assumed_order",
        f"{x.label} and {y.label}, field roi_ids",
        got=f"{what}; {counts}",
        expected="roi_ids in both files",
        fix="nothing, if the columns are the same neurons in the same order",
    )
    columns = np.arange(x.n_neurons)
    return columns, columns, [finding], [note]


def _same_rate(x: Recording, y: Recording, resample_hz: float | None) -> tuple[Recording, Recording, list[str]]:
    if resample_hz is not None:
        changed = [day for day in (x, y) if not np.isclose(day.frame_rate_hz, resample_hz, rtol=RATE_TOLERANCE)]
        notes = [f"{day.label}: resampled from {day.frame_rate_hz:g} to {resample_hz:g} Hz" for day in changed]
        x, y = (resample(day, resample_hz) if any(day is c for c in changed) else day for day in (x, y))
        return x, y, notes
    rates = f"{x.label} at {x.frame_rate_hz:g} Hz, {y.label} at {y.frame_rate_hz:g} Hz"
    if x.frame_rate_hz == y.frame_rate_hz:
        return x, y, []
    if np.isclose(x.frame_rate_hz, y.frame_rate_hz, rtol=RATE_TOLERANCE):
        return x, y, [f"frame rates taken as equal: {rates}"]
    raise PairingError(
        "frame_rate_hz",
        got=rates,
        expected="one rate for both days",
        fix=f"set data.resample_hz: {min(x.frame_rate_hz, y.frame_rate_hz):g} to resample both",
    )
