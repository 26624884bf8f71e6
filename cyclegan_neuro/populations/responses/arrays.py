"""Responses from arrays: every door to them, files, Neo and Python, leads through here, and every check of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.responses import checks, values
from cyclegan_neuro.populations.responses.responses import Responses
from cyclegan_neuro.populations.trials.labels import listed, numbers, require_length, whole
from cyclegan_neuro.recordings.checks import require
from cyclegan_neuro.recordings.digest import content_sha256
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Origin

__all__ = ["responses_from_arrays"]

_TELLING_SPIKES = 20  # a block with as many is equal to another by chance no more


def responses_from_arrays(
    counts: np.ndarray,
    *,
    bin_s: float,
    stimulus: np.ndarray | None = None,
    trial: np.ndarray | None = None,
    movie: np.ndarray | None = None,
    in_time: bool | None = None,
    day: np.ndarray | None = None,
    max_missing: float = 0.05,
    source: str = "in memory",
    names: dict[str, str] | None = None,
    data_origin: Origin = "recorded",
    findings: Sequence[Finding] = (),
    notes: Sequence[str] = (),
) -> Responses:
    """Check arrays and make responses of them.

    Parameters
    ----------
    counts : ndarray, shape (stimulus, trial, neuron), or (response, neuron) with ``stimulus``
        Spike counts, whole numbers; -1 or NaN where a stimulus was not shown, or a neuron was lost. Further axes
        before these three are stimuli too, in C order.
    bin_s : float
        Duration over which spikes were counted.
    stimulus, trial : ndarray, shape (response,), optional
        Whole numbers from 0; rows of stimulus -1 are left out. Without ``trial`` each response is a trial of its own.
    movie : ndarray, shape (stimulus, height, width), optional
        The frame on the screen in every bin; stimuli are then its bins, in time.
    in_time : bool, optional
        Whether stimuli follow each other in time; when absent, with a movie only.
    day : ndarray of int, shape (stimulus,), optional
        0 or 1, of which day a stimulus is.
    max_missing : float
        Neurons that were lost in more than this share of the responses are left out, and then the responses in which
        another is missing.
    source, names, data_origin, findings, notes
        What messages and reports call the file, and each array, in it; what is known of it already.

    Raises
    ------
    RecordingError
        If an array has the wrong shape or type, or a check finds something critical.

    Notes
    -----
    Without a movie, stimuli that were never shown are left out and the others numbered anew. Of stimuli whose counts
    are the same, number for number, the first is kept: entries of a table that stand for the same presentations.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(1.0, (5, 8, 3))
    >>> responses_from_arrays(counts, bin_s=0.2).counts.shape
    (40, 3)
    """
    fields = ("counts", "stimulus", "trial", "movie")
    where = {name: f"{source}, field {(names or {}).get(name, name)}" for name in fields}
    found, told, known = numbers(counts, where["counts"]), list(notes), list(findings)
    axes = found.shape if stimulus is None else ()
    if stimulus is None:
        grid = _grid(found, told, where["counts"])
        n_stimuli = len(grid)
        used, neurons, missing = values.shown(grid, max_missing, where["counts"])
        known += missing
        if movie is None:
            used[_repeated_entries(grid, told, where["counts"])] = False
        trial, stimulus = np.nonzero(used.T)
        rows = grid[stimulus, trial][:, neurons]
    else:
        rows, stimulus, trial = _from_rows(found, stimulus, trial, where)
        n_stimuli = max(int(stimulus.max()) + 1, 0 if day is None else len(day))
    if movie is not None:
        movie = values.require_movie(numbers(movie, where["movie"]), n_stimuli, axes, where["movie"])
    in_time = movie is not None if in_time is None else in_time
    responses = Responses(
        values.as_counts(rows, bin_s, where["counts"]), stimulus, trial, n_stimuli, float(bin_s), movie=movie,
        in_time=in_time, day=None if day is None else np.asarray(day, np.int64),
        source=source, data_origin=data_origin, notes=tuple(told),
    )  # fmt: skip
    responses = _without_unseen(responses, where["counts"])
    more = [finding for check in checks.CHECKS for finding in check(responses, where)]
    require(more)
    return replace(responses, findings=(*known, *more))


def _grid(counts: np.ndarray, notes: list[str], where: str) -> np.ndarray:
    """Return counts of three axes, (stimulus, trial, neuron)."""
    if counts.ndim < 3 or 0 in counts.shape:
        raise RecordingError(
            where, got=f"shape {counts.shape}", expected="(time or stimulus, trial, neuron)",
            fix="name the field with the counts (fields: {counts: ...}); in Python, (response, neuron) with a stimulus",
        )  # fmt: skip
    grid = counts.reshape(-1, *counts.shape[-2:])
    n_stimuli, n_trials, n_neurons = grid.shape
    if counts.ndim > 3:
        notes.append(f"{where}: axes {counts.shape[:-2]} are taken as {n_stimuli} stimuli, in C order")
    if n_neurons > n_stimuli * n_trials:
        raise RecordingError(
            where, got=f"{n_neurons} neurons and {n_stimuli * n_trials} responses", expected="more responses than "
            "neurons", fix="the axes may be exchanged: (time or stimulus, trial, neuron)",
        )  # fmt: skip
    return grid


def _repeated_entries(grid: np.ndarray, notes: list[str], where: str) -> list[int]:
    """Return the stimuli whose counts are those of an earlier one, of those with enough spikes to tell."""
    seen: set[str] = set()
    again = []
    for number, block in enumerate(grid):
        if np.sum(block, where=block > 0) < _TELLING_SPIKES:
            continue
        key = content_sha256(block)
        if key in seen:
            again.append(number)
        seen.add(key)
    if again:
        notes.append(
            f"{where}: {len(again)} of {len(grid)} stimuli ({listed(again)}) have the counts of an earlier one, number "
            "for number, and are left out"
        )
    return again


def _from_rows(counts: np.ndarray, stimulus: Any, trial: Any, where: dict[str, str]) -> tuple[np.ndarray, ...]:
    if counts.ndim != 2 or 0 in counts.shape:
        raise RecordingError(
            where["counts"], got=f"shape {counts.shape}", expected="(response, neuron), with a stimulus for each",
            fix="give (stimulus, trial, neuron) without stimulus",
        )  # fmt: skip
    given = {"stimulus": stimulus, "trial": np.arange(len(counts)) if trial is None else trial}
    found = {}
    for name, array in given.items():
        fix = f"number {'stimuli' if name == 'stimulus' else 'trials'} from 0"
        found[name] = whole(numbers(array, where[name]), where[name], fix=fix, each="response")
        require_length(found[name], counts, where[name], per_trial=0)
    used = (found["stimulus"] >= 0) & (found["trial"] >= 0)
    if not used.any():
        raise RecordingError(
            where["stimulus"], got="-1 everywhere", expected="stimuli from 0", fix="number them from 0"
        )
    return counts[used], found["stimulus"][used], found["trial"][used]


def _without_unseen(responses: Responses, where: str) -> Responses:
    """Number stimuli anew without those that were never shown; refuse them among the bins of a movie."""
    seen, stimulus = np.unique(responses.stimulus, return_inverse=True)
    n_unseen = responses.n_stimuli - len(seen)
    if not n_unseen:
        return responses
    if responses.movie is not None:
        unseen = np.setdiff1d(np.arange(responses.n_stimuli), seen)
        raise RecordingError(
            where, got=f"no response in {n_unseen} bins of the movie ({listed(unseen)})", expected="some in every bin",
            fix="cut the movie, and the counts, to the bins that were recorded",
        )  # fmt: skip
    return replace(
        responses, stimulus=stimulus.reshape(-1), n_stimuli=len(seen),
        day=None if responses.day is None else responses.day[seen],
        notes=(*responses.notes, f"{n_unseen} of {responses.n_stimuli} stimuli are not used, the others numbered anew"),
    )  # fmt: skip
