"""From a simulation, a file, recordings or arrays to responses of which some are held out."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from cyclegan_neuro.errors import ConfigurationError, WindowError
from cyclegan_neuro.populations.responses import checks
from cyclegan_neuro.populations.responses.reading import read_responses
from cyclegan_neuro.populations.responses.responses import PreparedResponses, Responses
from cyclegan_neuro.populations.responses.sections import ResponsesSection
from cyclegan_neuro.recordings.digest import content_sha256

__all__ = ["prepare_responses", "split_responses"]

_MOVIE_FRACTION = 2 / 15  # the paper's 100 of 750 bins
_IDENTITY_FRACTION = 0.5
_CONTENT = ("counts", "stimulus", "trial", "movie", "day")


def prepare_responses(section: ResponsesSection) -> PreparedResponses:
    """Read or simulate responses, check them and hold some out.

    Raises
    ------
    ConfigurationError, RecordingError, PairingError, WindowError
        On input that cannot be used, before anything is written or trained.
    """
    return split_responses(
        _responses(section), condition=section.condition, held_out_fraction=section.held_out_fraction,
        most_count=section.most_count, n_frames=section.n_frames,
    )  # fmt: skip


def _responses(section: ResponsesSection) -> Responses:
    if section.source == "simulated":
        from cyclegan_neuro.populations.simulate.visual_cortex import simulate_visual_cortex

        return simulate_visual_cortex(section.simulation)
    if section.source == "recordings":
        from cyclegan_neuro.populations.responses.days import read_days

        return read_days(section)
    return read_responses(section)


def split_responses(
    responses: Responses,
    *,
    condition: Literal["movie", "identity"] = "movie",
    held_out_fraction: float | None = None,
    most_count: int = 1,
    n_frames: int = 10,
) -> PreparedResponses:
    """Hold out the last bins of the movie, or trials of every stimulus.

    Parameters
    ----------
    responses : Responses
    condition : {"movie", "identity"}
        With the identity the trials held out of a stimulus lie evenly between the others, of half of them every second
        one, so that drift is the same in both parts.
    held_out_fraction : float, optional
        Share of the stimuli (2/15 when absent) or of the trials of each stimulus (1/2 when absent).
    most_count : int
        Larger counts are set to this one.
    n_frames : int
        As in :class:`PreparedResponses`.

    Raises
    ------
    ConfigurationError
        If there is no movie to see, or several frames of one whose frames do not follow each other.
    WindowError
        If there is one neuron, a part would be empty, or no stimulus would be seen twice in a part of its trials.
    """
    if condition == "movie" and responses.movie is None:
        raise ConfigurationError(
            "data.condition", got=f"movie, and {responses.source} has none", expected="frames of a movie, or identity",
            fix="set data.condition: identity, or name the movie (data.file.fields: {movie: ...})",
        )  # fmt: skip
    if condition == "movie" and n_frames > 1 and not responses.in_time:
        raise ConfigurationError(
            "data.n_frames", got=f"{n_frames}, and stimuli of {responses.source} do not follow each other in time",
            expected="1, the image that was shown", fix="set data.n_frames: 1",
        )  # fmt: skip
    hold_out = _last_stimuli if condition == "movie" else _spread_trials
    default = _MOVIE_FRACTION if condition == "movie" else _IDENTITY_FRACTION
    is_held_out = hold_out(responses, default if held_out_fraction is None else held_out_fraction)
    train, held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
    if not (train.size and held_out.size):
        raise WindowError(
            f"{responses.source}, {'bins of the movie' if condition == 'movie' else 'trials'}",
            got=f"{train.size:,} responses to train with and {held_out.size:,} that are held out",
            expected="some in both parts", fix="show every stimulus at least twice, or use data.condition: movie with "
            "a movie of several bins",
        )  # fmt: skip
    if responses.n_neurons < 2:
        raise WindowError(
            f"{responses.source}, neurons", got="1", expected="at least 2: noise correlations are of pairs",
            fix="give the neurons that were recorded together",
        )  # fmt: skip
    if condition == "identity":
        _require_repeats(responses, train, held_out)
    seen = replace(responses, counts=np.minimum(responses.counts, most_count).astype(np.uint8))
    prepared = PreparedResponses(
        seen, condition, train, held_out, most_count, n_frames, inputs=_describe(seen, condition, held_out)
    )
    findings = (*responses.findings, *checks.split_findings(prepared, responses.counts))
    return replace(prepared, responses=replace(seen, findings=findings))


def _last_stimuli(responses: Responses, fraction: float) -> np.ndarray:
    n_stimuli = responses.n_stimuli
    n_held_out = min(n_stimuli - 1, max(1, round(fraction * n_stimuli)))
    return responses.stimulus >= n_stimuli - n_held_out


def _spread_trials(responses: Responses, fraction: float) -> np.ndarray:
    """Of n trials of a stimulus hold out m, one to train with left at least; all responses of a trial go together."""
    pairs = np.stack([responses.stimulus, responses.trial], axis=1)
    shown, which = np.unique(pairs, axis=0, return_inverse=True)
    _, first, n_trials = np.unique(shown[:, 0], return_index=True, return_counts=True)
    n_held_out = np.minimum(n_trials - 1, np.maximum(1, np.floor(fraction * n_trials + 1e-9).astype(np.int64)))
    m, n = np.repeat(n_held_out, n_trials), np.repeat(n_trials, n_trials)
    rank = np.arange(len(shown)) - np.repeat(first, n_trials)
    # m steps of a staircase over n trials, its first half as long: the middle one for m = 1
    return ((2 * (rank + 1) * m + n) // (2 * n) > (2 * rank * m + n) // (2 * n))[which.reshape(-1)]


def _require_repeats(responses: Responses, train: np.ndarray, held_out: np.ndarray) -> None:
    """Refuse a part without a stimulus that is seen twice: it has no noise correlations."""
    for name, rows in (("to train with", train), ("that are held out", held_out)):
        if np.bincount(responses.stimulus[rows]).max() < 2:
            raise WindowError(
                f"{responses.source}, trials", got=f"one response to every stimulus among the {len(rows):,} {name}",
                expected="two at least, between which they differ by noise",
                fix="show every stimulus four times or more, or set data.held_out_fraction nearer to 0.5",
            )  # fmt: skip


def _describe(responses: Responses, condition: str, held_out: np.ndarray) -> dict:
    content = {name: getattr(responses, name) for name in _CONTENT}
    return {
        "responses": {
            "source": responses.source,
            "shape": list(responses.counts.shape),
            "n_stimuli": responses.n_stimuli,
            "bin_s": float(responses.bin_s),
            "sha256": {name: content_sha256(array) for name, array in content.items() if array is not None},
            "condition": condition,
            "held_out": {"n": len(held_out), "sha256": content_sha256(held_out)},
        }
    }
