"""What arrays must hold before they are responses: whole counts, a movie of as many frames as bins."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.trials.labels import listed
from cyclegan_neuro.recordings.findings import Finding

__all__ = ["as_counts", "require_movie", "shown"]

_MOST = 255  # uint8


def shown(grid: np.ndarray, max_missing: float, where: str) -> tuple[np.ndarray, np.ndarray, list[Finding]]:
    """Return which responses are used, bool, shape (stimulus, trial), which neurons, int64, and what is left out.

    A response in which all neurons are -1 or NaN was not shown. Neurons that are missing in more than ``max_missing``
    of the others were lost and are left out, and then the responses in which another neuron is missing.

    Raises
    ------
    RecordingError
        If the axes are exchanged, or nothing is left.
    """
    missing = np.isnan(grid) | (grid == -1)
    given = ~missing.all(axis=2)
    if not given.any():
        raise RecordingError(where, got="-1 or NaN everywhere", expected="counts", fix="name the field with the counts")
    if not missing[given].any():
        return given, np.arange(grid.shape[2]), []
    if (missing.any(axis=1) == missing.all(axis=1)).all():
        raise RecordingError(
            where, got="-1 or NaN in some neurons, in all trials of a stimulus alike",
            expected="-1 or NaN in all neurons where a stimulus was not shown",
            fix="the axes may be exchanged: (stimulus, trial, neuron); else leave these neurons out",
        )  # fmt: skip
    lost = missing[given].mean(axis=0)
    kept, out = np.flatnonzero(lost <= max_missing), np.flatnonzero(lost > max_missing)
    used = given & ~missing[..., kept].any(axis=2)
    if not (kept.size and used.any()):
        raise RecordingError(
            where, got=f"-1 or NaN in {lost.min():.0%} to {lost.max():.0%} of the responses of every neuron",
            expected=f"neurons that are missing in at most {max_missing:.0%}", fix="set data.file.max_missing higher",
        )  # fmt: skip
    n_out, n_given = int(given.sum() - used.sum()), int(given.sum())
    return used, kept, [Finding(
        "warning", "missing", f"{where}, neurons {listed(out)}" if out.size else where,
        got=f"-1 or NaN in more than {max_missing:.0%} of the responses of {out.size} of {lost.size} neurons; of the "
        f"others, one or more in {n_out:,} of {n_given:,} responses", expected="the same neurons in all responses",
        fix="nothing: these neurons and responses are left out; data.file.max_missing trades one for the other",
    )]  # fmt: skip


def as_counts(rows: np.ndarray, bin_s: float, where: str) -> np.ndarray:
    """Return counts as uint8.

    Raises
    ------
    RecordingError
        If they are other than whole numbers from 0 to 255, or multiples of one number: rates, ΔF/F, percent.
    """
    with np.errstate(invalid="ignore"):
        wrong = ~np.isfinite(rows) | (rows < 0) | (np.mod(rows, 1) != 0)
    fired = rows[~wrong & (rows > 0)]
    step = int(np.gcd.reduce(fired.astype(np.int64))) if fired.size else 1
    got = None
    if wrong.any():
        got, fix = f"{int(wrong.sum()):,} values such as {rows[wrong][0]:.6g}", _mend(rows[np.isfinite(rows)], bin_s)
    elif step > 1 and fired.size >= 20:
        got = f"multiples of {step}: looks like rates (spikes/s, percent) or a mask"
        fix = f"divide by {step}"
    elif fired.size and fired.max() > _MOST:
        got, fix = f"counts up to {fired.max():,.0f}", "look at the unit; count spikes in shorter bins"
    if got:
        raise RecordingError(where, got=got, expected=f"spike counts, whole numbers from 0 to {_MOST}", fix=fix)
    return rows.astype(np.uint8)


def _mend(finite: np.ndarray, bin_s: float) -> str:
    """Say what fractions or negative values may be."""
    in_bins = finite.astype(np.float64) * bin_s
    if finite.size and finite.min() >= 0 and np.abs(in_bins - np.round(in_bins)).max() < 1e-3:
        return f"these are spikes/s: multiply by bin_s ({bin_s:g} s)"
    if finite.size and finite.min() < 0 and (np.mod(finite, 1) == 0).all():
        return "write -1 for all neurons where a stimulus was not shown; z-scores and ΔF/F are no counts"
    return (
        "rates: multiply by bin_s, before any smoothing; ΔF/F: set data.source: recordings; NaN: leave these bins out"
    )


def require_movie(movie: np.ndarray, n_stimuli: int, shape: tuple[int, ...], where: str) -> np.ndarray:
    """Return the movie as float32, shape (stimulus, height, width).

    Parameters
    ----------
    movie : ndarray
    n_stimuli : int
        Bins that counts were given of.
    shape : tuple of int
        Of the counts, where they were given as (stimulus, trial, neuron).
    where : str

    Raises
    ------
    RecordingError
        If it has another shape, is not finite, or shows nothing that changes.
    """
    expected = f"({n_stimuli}, height, width), a frame for every bin"
    if movie.ndim != 3 or 0 in movie.shape or len(movie) != n_stimuli:
        raise RecordingError(
            where, got=f"shape {movie.shape}", expected=expected, fix=_orientation(movie.shape, n_stimuli, shape)
        )
    wrong = ~np.isfinite(movie)
    if wrong.any():
        frames = np.flatnonzero(wrong.any(axis=(1, 2)))
        raise RecordingError(
            where, got=f"{int(wrong.sum()):,} NaN or infinite pixels, the first in frame {frames[0]}",
            expected="numbers", fix="write the grey level of the screen there",
        )  # fmt: skip
    if not np.ptp(movie, axis=0).any():
        raise RecordingError(
            where, got="the same frame all the time", expected="pixels that change", fix="name the field with the movie"
        )
    return movie.astype(np.float32)


def _orientation(movie: tuple[int, ...], n_stimuli: int, counts: tuple[int, ...]) -> str:
    """Say how a movie of another shape may be mended."""
    if len(movie) == 4 and n_stimuli == movie[0]:
        return "average the colours: movie.mean(axis=-1)"
    if len(movie) != 3:
        return "give one grey level for each pixel: (time, height, width)"
    if n_stimuli in movie:
        axis = movie.index(n_stimuli)
        return f"put time first: np.moveaxis(movie, {axis}, 0)"
    if movie[0] in counts:
        return f"put time first in the counts: np.moveaxis(counts, {counts.index(movie[0])}, 0)"
    if movie[0] > n_stimuli and movie[0] % n_stimuli == 0:
        return f"give the frame of every bin: movie[:: {movie[0] // n_stimuli}], or count in bins of one frame"
    return "count in bins of one frame, or repeat frames that last several bins; cut what was not shown"
