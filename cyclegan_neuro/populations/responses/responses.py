"""Responses of a population to stimuli that were shown again and again, and the split of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Origin

__all__ = ["PreparedResponses", "Responses"]


@dataclass(frozen=True, eq=False)
class Responses:
    """Spike counts of a population, each row with the stimulus during which they fell.

    A stimulus is a bin of a movie, an image, or a place in a corridor; it need not be shown equally often.

    Attributes
    ----------
    counts : ndarray of uint8, shape (response, neuron)
    stimulus : ndarray of int64, shape (response,)
        0 to ``n_stimuli`` - 1.
    trial : ndarray of int64, shape (response,)
        Repeat of the movie, or presentation; responses of one repeat share it.
    n_stimuli : int
    bin_s : float
        Duration in seconds over which spikes were counted.
    movie : ndarray of float32, shape (stimulus, height, width), optional
        The frame on the screen in every bin of the movie.
    in_time : bool
        Whether stimuli are the bins of a movie or of a trial, one after the other.
    day : ndarray of int64, shape (stimulus,), optional
        0 or 1 where two days of the same neurons are given; no stimulus belongs to both.
    source : str
    data_origin : {"recorded", "simulated", "semi-synthetic", "translated"}
    truth : object, optional
        The simulator, an :class:`~cyclegan_neuro.evaluation.encoding.model.EncodingModel` with ``arrays()``.
    findings : tuple of Finding
    notes : tuple of str
    """

    counts: np.ndarray
    stimulus: np.ndarray
    trial: np.ndarray
    n_stimuli: int
    bin_s: float
    movie: np.ndarray | None = None
    in_time: bool = False
    day: np.ndarray | None = None
    source: str = ""
    data_origin: Origin = "recorded"
    truth: Any = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def n_responses(self) -> int:
        return self.counts.shape[0]

    @property
    def n_neurons(self) -> int:
        return self.counts.shape[1]

    @property
    def n_days(self) -> int:
        return 1 if self.day is None else 2


@dataclass(frozen=True, eq=False)
class PreparedResponses:
    """Responses of which some are held out, as networks and evaluations take them.

    Attributes
    ----------
    responses : Responses
        ``counts`` are at most ``most_count``; binary where that is 1.
    condition : {"movie", "identity"}
        What networks see: frames of the movie, or which stimulus it is. With the movie, the last stimuli are held out,
        with the identity, some of the trials of every stimulus.
    train, held_out : ndarray of int64, shape (n,)
        Rows of ``responses``; nothing is fitted to those held out.
    most_count : int
        Largest count that models give.
    n_frames : int
        Frames of the movie that networks see, the current one last; before the first bin stands the first frame.
    inputs : dict
        JSON-ready; equal dictionaries mean equal data.
    """

    responses: Responses
    condition: Literal["movie", "identity"]
    train: np.ndarray
    held_out: np.ndarray
    most_count: int = 1
    n_frames: int = 10
    inputs: dict = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.responses.findings

    @property
    def train_stimuli(self) -> np.ndarray:
        """Stimuli of the training rows, int64, rising."""
        return np.unique(self.responses.stimulus[self.train])

    @property
    def held_out_stimuli(self) -> np.ndarray:
        """Stimuli of the rows held out, int64, rising; the training stimuli again where trials are held out."""
        return np.unique(self.responses.stimulus[self.held_out])

    def movie_frames(self) -> np.ndarray:
        """Return the movie as networks see it, float32, shape (stimulus, height, width).

        Mean 0 and standard deviation 1 over the pixels of the training stimuli; 0 where these are all the same.
        """
        movie = self.responses.movie
        shown = movie[self.train_stimuli]
        return ((movie - shown.mean()) / (shown.std() or 1.0)).astype(np.float32)

    def frame_index(self) -> np.ndarray:
        """Return which frames networks see with every stimulus, int64, shape (stimulus, n_frames)."""
        lags = np.arange(1 - self.n_frames, 1)
        return np.maximum(np.arange(self.responses.n_stimuli)[:, None] + lags, 0)
