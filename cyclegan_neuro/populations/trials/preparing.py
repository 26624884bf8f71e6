"""From a file, a recording, a simulation or arrays to trials of which some are held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.populations.trials import checks
from cyclegan_neuro.populations.trials.reading import read_trials
from cyclegan_neuro.populations.trials.sections import TrialsSection
from cyclegan_neuro.populations.trials.smoothing import smoothed
from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials
from cyclegan_neuro.recordings.checks import require
from cyclegan_neuro.recordings.digest import content_sha256

__all__ = ["prepare_trials", "split_trials"]

_LABELS = ("trial", "condition", "time", "speed", "day", "targets")


def prepare_trials(section: TrialsSection) -> PreparedTrials:
    """Read or simulate trials, check them and hold some out.

    Raises
    ------
    RecordingError, PairingError, WindowError
        On input that cannot be used, before anything is written or trained.
    """
    return split_trials(
        smoothed(_trials(section), section.smooth_bins), held_out_fraction=section.held_out_fraction,
        context_bins=section.context_bins, min_speed=section.min_speed, n_times=section.n_times,
    )  # fmt: skip


def _trials(section: TrialsSection) -> Trials:
    if section.source == "simulated":
        from cyclegan_neuro.populations.simulate.reaching import simulate_reaching

        return simulate_reaching(section.simulation)
    if section.source == "recordings":
        from cyclegan_neuro.populations.trials.days import read_days

        return read_days(section)
    return read_trials(section)


def split_trials(
    trials: Trials,
    *,
    held_out_fraction: float = 0.2,
    context_bins: int = 0,
    min_speed: float | None = None,
    n_times: int = 9,
) -> PreparedTrials:
    """Hold out the trials that the file names, of days where it names none the last ones.

    Parameters
    ----------
    trials : Trials
    held_out_fraction : float
        Share of the trials of a day.
    context_bins, min_speed, n_times
        As in :class:`PreparedTrials`; times are at most those of the longest trial.

    Raises
    ------
    RecordingError
        If a finding is critical.
    WindowError
        If a day has a single trial, or no bin is left to decode directions from.
    """
    held_out = _held_out(trials, held_out_fraction)
    if trials.time is not None:
        n_times = min(n_times, int(trials.time.max()) + 1)
    prepared = PreparedTrials(trials, held_out, context_bins, min_speed, n_times)
    _require_fast(prepared)
    findings = (*trials.findings, *checks.split_findings(prepared))
    require(findings)
    return replace(prepared, trials=replace(trials, findings=findings), inputs=_describe(trials, held_out))


def _held_out(trials: Trials, fraction: float) -> np.ndarray:
    days = np.zeros(trials.n_bins, np.int64) if trials.day is None else trials.day
    named = np.zeros(0, np.int64) if trials.held_out is None else trials.held_out
    chosen = []
    for day in np.unique(days):
        numbers = np.unique(trials.trial[days == day])
        if len(numbers) < 2:
            raise WindowError(
                f"{trials.source}, trials", got=f"{len(numbers)} trial on day {'xy'[day]}",
                expected="trials to train with, and at least one that is held out", fix="give more trials",
            )  # fmt: skip
        of_day = np.intersect1d(numbers, named)
        n_train = min(len(numbers) - 1, max(1, int((1.0 - fraction) * len(numbers) + 1e-9)))
        chosen.append(of_day if of_day.size else numbers[n_train:])
    return np.concatenate(chosen).astype(np.int64)


def _require_fast(prepared: PreparedTrials) -> None:
    """Refuse a least speed that the trials do not have, or do not reach."""
    trials, least = prepared.trials, prepared.min_speed
    if least is None:
        return
    if trials.speed is None:
        got, fix = "a least speed without a speed", "name it in data.x.fields: {speed: ...}, or remove data.min_speed"
    elif not all((trials.speed[part] > least).any() for part in (prepared.train, prepared.held_out)):
        got, fix = f"{least:g}; a part has no faster bin", f"set it below {np.nanmax(trials.speed):g}"
    else:
        return
    raise WindowError("data.min_speed", got=got, expected=f"bins of {trials.source} that are faster", fix=fix)


def _describe(trials: Trials, held_out: np.ndarray) -> dict:
    labels = {name: getattr(trials, name) for name in _LABELS}
    return {
        "activity": {
            "source": trials.source,
            "sha256": content_sha256(trials.values),
            "shape": list(trials.values.shape),
            "bin_s": float(trials.bin_s),
            "unit": trials.unit,
            "labels": {name: content_sha256(array) for name, array in labels.items() if array is not None},
            "held_out_trials": held_out.tolist(),
        }
    }
