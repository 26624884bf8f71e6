"""Two days of ΔF/F as responses: binary events per bin, places in the corridor as stimuli, laps as trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyclegan_neuro.errors import RecordingError, WindowError
from cyclegan_neuro.populations.responses.arrays import responses_from_arrays
from cyclegan_neuro.populations.responses.onsets import event_onsets, holds_events
from cyclegan_neuro.populations.responses.responses import Responses
from cyclegan_neuro.populations.responses.sections import ResponsesSection
from cyclegan_neuro.populations.trials.days import require_two_days, trials_of_days
from cyclegan_neuro.populations.trials.trials import Trials
from cyclegan_neuro.recordings.pairing import Pair
from cyclegan_neuro.windows.days import configured_days

__all__ = ["read_days", "responses_of_days"]


def read_days(section: ResponsesSection) -> Responses:
    """Read two days of ΔF/F as a translator of days does: checked, matched, at one rate; events become responses.

    Raises
    ------
    ConfigurationError
        If the days are transformed or mixed.
    RecordingError, PairingError, WindowError
        On recordings that cannot be used.
    """
    require_two_days(section.recordings)
    return responses_of_days(
        configured_days(section.recordings), bin_s=section.bin_s, n_places=section.n_places, min_speed=section.min_speed
    )


def responses_of_days(
    days: Pair, *, bin_s: float = 0.4, n_places: int = 20, min_speed: float | None = None
) -> Responses:
    """Count events of both days in bins, each with the place in the corridor.

    Parameters
    ----------
    days : Pair
    bin_s : float
        Rounded to whole frames, at least one.
    n_places : int
        Equal parts of the corridor.
    min_speed : float, optional
        Bins that are not faster are left out; cm/s.

    Returns
    -------
    Responses
        Stimulus ``n_places * day + place``, numbered without the places where the animal never was; trials are laps, as
        :func:`~cyclegan_neuro.populations.trials.days.trials_of_days` cuts them, those of day y numbered on. A lap has
        several responses to a place where the animal lingers.

    Raises
    ------
    RecordingError
        If no position is known, or a check finds something critical.
    WindowError
        If a least speed is asked for and none is known, or none is reached on a day.
    """
    x, y = (replace(day, dff=event_onsets(day).astype(np.float32)) for day in (days.x, days.y))
    events = replace(days, x=x, y=y)
    trials = trials_of_days(events, bin_s=bin_s, n_conditions=n_places)
    if trials.condition is None:
        raise RecordingError(
            trials.source, got="no position", expected="the stimulus of every frame: the position in the corridor "
            "(behaviour.position_cm), on both days", fix="name it in data.recordings.x.fields and y.fields; of other "
            "stimuli give counts (data.source: counts) or spike times",
        )  # fmt: skip
    used = (trials.condition >= 0) & _fast(trials, min_speed)
    frames = round(trials.bin_s * days.x.frame_rate_hz)
    slow = f" or not faster than {min_speed:g} cm/s" if min_speed is not None else ""
    notes = [
        *trials.notes,
        f"{int((~used).sum()):,} of {trials.n_bins:,} bins are left out: place unknown{slow}",
        f"{int(np.sum(trials.values[used]) * frames + 0.5):,} events: rises of ΔF/F beyond 3 SD of the noise",
    ]
    for day in (days.x, days.y):
        if n_events := int(holds_events(day).sum()):
            notes.append(f"{day.label}: {n_events} traces hold events already (0 in most frames): frames above 0 count")
    return responses_from_arrays(
        np.rint(trials.values[used] * frames).astype(np.int64), bin_s=trials.bin_s,
        stimulus=n_places * trials.day[used] + trials.condition[used], trial=trials.trial[used],
        day=np.repeat([0, 1], n_places), source=trials.source, names={"counts": "events"},
        data_origin=trials.data_origin, findings=trials.findings, notes=notes,
    )  # fmt: skip


def _fast(trials: Trials, least: float | None) -> np.ndarray:
    if least is None:
        return np.ones(trials.n_bins, bool)
    if trials.speed is None:
        got, fix = "a least speed without a speed", "name speed_cm_s of both days, or remove data.min_speed"
    else:
        fast = trials.speed > least
        if all(fast[trials.day == day].any() for day in (0, 1)):
            return fast
        got, fix = f"{least:g}; a day has no faster bin", f"set it below {np.nanmax(trials.speed):g}"
    raise WindowError("data.min_speed", got=got, expected=f"bins of {trials.source} that are faster", fix=fix)
