"""Responses from presentations of stimuli that may last several bins: of a table, or Neo segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.responses.arrays import responses_from_arrays
from cyclegan_neuro.populations.responses.responses import Responses
from cyclegan_neuro.populations.segments import count_segments, durations_s, per_segment, segments_of
from cyclegan_neuro.populations.spike_tables import one_bin_s
from cyclegan_neuro.populations.trials.labels import listed, numbers, whole

__all__ = ["require_bin_or_stimulus", "responses_from_neo", "responses_from_presentations"]

_NO_STIMULUS = ("", "-1", "nan", "None", "N/A")


def responses_from_presentations(
    counts: Sequence[np.ndarray], stimulus: Sequence | None, *, bin_s: float, movie: np.ndarray | None = None, **options
) -> Responses:
    """Make responses of presentations of stimuli that may last several bins.

    Parameters
    ----------
    counts : sequence of ndarray, shape (bin, neuron)
        One for each presentation, in the order of recording; each is a trial.
    stimulus : sequence of numbers or names, shape (presentation,), optional
        Absent where all show the same movie; -1, NaN, or an empty name where nothing is shown.
    bin_s : float
    movie : ndarray, shape (stimulus, height, width), optional
        With presentations of one bin, ``stimulus`` is the number of its frame.
    **options
        Of :func:`responses_from_arrays`.

    Returns
    -------
    Responses
        A stimulus is a bin of what is shown; those of the second name follow those of the first, in order of names.

    Raises
    ------
    RecordingError
        As :func:`responses_from_arrays`.
    """
    where = f"{options.get('source', 'in memory')}, field {(options.get('names') or {}).get('stimulus', 'stimulus')}"
    known, kinds, kind = _kinds(np.zeros(len(counts), np.int64) if stimulus is None else np.asarray(stimulus), where)
    used = [part for part, use in zip(counts, known, strict=True) if use]
    lengths = np.array([len(part) for part in used])
    if stimulus is None and lengths.min() < 0.5 * np.median(lengths):
        raise RecordingError(
            where, got=f"no stimulus, and trials of {lengths.min()} to {lengths.max()} bins", expected="repeats of one "
            "movie, or a stimulus for each trial", fix="name the stimulus of each, or leave out trials that were cut",
        )  # fmt: skip
    # of presentations that differ by a bin, the length that at least half of them have
    n_bins = np.array([np.sort(lengths[kind == k])[(np.sum(kind == k) - 1) // 2] for k in range(len(kinds))])
    of_images = movie is not None and n_bins.max() == 1 and stimulus is not None
    first = _image_numbers(kinds, len(movie), where) if of_images else np.cumsum(n_bins) - n_bins
    parts = [part[: n_bins[k]] for part, k in zip(used, kind, strict=True)]
    rows = np.concatenate([first[k] + np.arange(len(part)) for part, k in zip(parts, kind, strict=True)])
    trial = np.repeat(np.flatnonzero(known), [len(part) for part in parts])
    notes = [*options.pop("notes", ()), *_told(kinds, n_bins, known, stimulus)]
    return responses_from_arrays(
        np.concatenate(parts), bin_s=bin_s, stimulus=rows, trial=trial, movie=movie, in_time=bool(n_bins.max() > 1),
        notes=notes, **options,
    )  # fmt: skip


def _kinds(stimulus: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which presentations show something, what there is to show, in order, and which of it each shows."""
    given = stimulus if stimulus.dtype.kind in "biufSU" else stimulus.astype(str)
    text = given.dtype.kind in "SU"
    known = ~np.isin(given, _NO_STIMULUS) if text else np.isfinite(given) & (given != -1)
    if not known.any():
        raise RecordingError(where, got="no stimulus", expected="a number or a name for each", fix="name the column")
    return known, *np.unique(given[known], return_inverse=True)


def _image_numbers(kinds: np.ndarray, n_images: int, where: str) -> np.ndarray:
    fix = "give the number of the frame in the movie, from 0"
    first = whole(numbers(kinds, where), where, fix=fix, least=0, each="presentation")
    if first[-1] >= n_images:
        expected = f"whole numbers below {n_images}, the frames of the movie"
        raise RecordingError(where, got=listed(first), expected=expected, fix=fix)
    return first


def _told(kinds: np.ndarray, n_bins: np.ndarray, known: np.ndarray, stimulus: Sequence | None) -> list[str]:
    told = [f"{int(known.sum())} presentations of {len(kinds)} stimuli of {listed(np.unique(n_bins))} bins"]
    if stimulus is None:
        told.append("no stimulus is named: every trial is taken to show the same movie")
    elif kinds.dtype.kind in "SU":
        told.append(
            f"stimuli in the order of their names: {', '.join(map(str, kinds[:8]))}{', ...' * (len(kinds) > 8)}"
        )
    if not known.all():
        told.append(f"{int((~known).sum())} presentations without a stimulus are left out")
    return told


def responses_from_neo(
    block: Any, *, bin_s: float | None = None, stimulus: Any = None, movie: np.ndarray | None = None
) -> Responses:
    """Count spikes in bins: each Neo segment is a presentation, each of its spike trains a neuron.

    Parameters
    ----------
    block : neo.Block, or sequence of neo.Block or neo.Segment
        The same neurons in the same order in every segment.
    bin_s : float, optional
        A last bin that is not whole is left out; when absent each segment is one bin, as long as the shortest one.
    stimulus : str or sequence, optional
        Annotation of the segments, or one number or name for each; see :func:`responses_from_presentations`.
    movie : ndarray, shape (stimulus, height, width), optional

    Raises
    ------
    RecordingError
        If segments do not go together, there is neither a bin nor a stimulus, or a check finds something critical.
    """
    segments = segments_of(block)
    require_bin_or_stimulus(bin_s, stimulus, "Neo segments", fix="give bin_s, or the stimulus of each segment")
    one_each = bin_s is None
    if bin_s is None:
        bin_s = one_bin_s(durations_s(segments), "Neo segments")
    counts = [part[:1] if one_each else part for part in count_segments(segments, bin_s=bin_s)]
    named = per_segment(stimulus, segments, "stimulus")
    return responses_from_presentations(counts, named, bin_s=bin_s, movie=movie, source="Neo segments")


def require_bin_or_stimulus(bin_s: float | None, stimulus: Any, where: str, *, fix: str) -> None:
    """Refuse presentations of which nothing is known: neither bins of one movie nor stimuli."""
    if bin_s is None and stimulus is None:
        raise RecordingError(
            where, got="neither a bin nor stimuli", expected="the bin of a movie that every trial shows, or the "
            "stimulus of every presentation", fix=fix,
        )  # fmt: skip
