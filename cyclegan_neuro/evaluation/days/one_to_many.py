"""Samples of a translation: how far they spread, and whether what would have been lies among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from cyclegan_neuro.evaluation.days.baselines.places import Places
from cyclegan_neuro.evaluation.days.beyond.parts import FIELDS, FrameCollector, Part, part_of, residuals
from cyclegan_neuro.evaluation.days.names import SIGNALS
from cyclegan_neuro.evaluation.days.translation import Frames, Translator
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import window_frame_indices

__all__ = ["N_SAMPLES", "Example", "PlaceResiduals", "Samples", "measure_samples", "sample_scores"]

N_SAMPLES = 20
_BAND = (0.05, 0.95)
_SNIPPET_S = 1.0  # of residuals: about as long as a transient
_SHOWN, _SHOWN_S = 3, 30.0

Draw = Callable[[int], Translator]
"""Gives the translator whose noise has a number."""


@dataclass(frozen=True, eq=False)
class Example:
    """A stretch of the test part of day x: ``recorded``, ``low``, ``high`` and ``truth`` (time, neuron) in ΔF/F.

    ``truth`` is absent where it is not known; ``neurons`` are user columns, ``start_s`` is the time of the first frame.
    """

    neurons: np.ndarray
    start_s: float
    recorded: np.ndarray
    low: np.ndarray
    high: np.ndarray
    truth: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Samples:
    """What samples of the model and of a sceptic say.

    Attributes
    ----------
    scores : dict
        Day that is made → ``model``, ``alignment_alone``, ``alignment_residuals`` or ``place_residuals`` → score.
    best : str
        The alignment that is nearest on validation frames.
    neurons : {"changed", "all"}
        That the scores are of.
    spread : dict of str to ndarray of float32, shape (frame, neuron)
        Day → standard deviation of the model's samples in ΔF/F, of all neurons.
    frames : dict of str to ndarray of int64, shape (frame,)
        Day that is made → frames of the other day.
    example : Example
    """

    scores: dict[str, dict[str, dict[str, float]]]
    best: str
    neurons: str
    spread: dict[str, np.ndarray]
    frames: dict[str, np.ndarray]
    example: Example

    def to_json(self) -> dict:
        """Return ``samples`` of ``metrics.json``."""
        told = {"n_samples": N_SAMPLES, "neurons": self.neurons, "alignment": self.best}
        return told | {f"to_{day}": own for day, own in self.scores.items()}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return spread and frames by their path in ``maps.h5``."""
        parts = {"spread": self.spread, "frames": self.frames}
        return {f"samples/to_{day}/{name}": own[day] for name, own in parts.items() for day in own}


def measure_samples(
    prepared: PreparedPair, places: Places | None, draw: Draw, best: Translator, *, batch_size: int
) -> Samples:
    """Draw 20 translations of the test parts and score them beside a sceptic's.

    Parameters
    ----------
    prepared : PreparedPair
        Long enough for :class:`~cyclegan_neuro.evaluation.days.beyond.scores.BeyondTuning`.
    places : Places, optional
    draw : callable
    best : Translator
        Alignment that the sceptic adds residuals to.
    batch_size : int

    Notes
    -----
    The sceptic draws residuals of the training frames of the day that is made, one second at a time, each where it
    begins at the same place, for all neurons together, and adds them to what the best alignment makes of the frames
    (``alignment_residuals``), or to the mean of that day at their places, blind to the frames (``place_residuals``).
    """
    tests = {day: part_of(prepared, places, day, prepared[day].starts.test) for day in FIELDS}
    changed = prepared.changed
    chosen = np.flatnonzero(changed) if changed is not None and changed.any() else np.arange(prepared.n_neurons)
    drawn = [_made(draw(number), prepared, tests, batch_size) for number in range(N_SAMPLES)]
    aligned, scores, spread = _made(best, prepared, tests, batch_size), {}, {}
    for day, field in FIELDS.items():
        part = tests[SIGNALS[field].source]
        own, truth = np.stack([one[field] for one in drawn]), _truth(prepared, part)
        spread[day] = own.std(axis=0, ddof=1)
        sceptic = PlaceResiduals(prepared, places, day)
        noise = np.stack([sceptic.draw(part, np.random.default_rng([number, 1])) for number in range(N_SAMPLES)])
        rivals = {
            "model": own, "alignment_alone": aligned[field][None], "alignment_residuals": aligned[field] + noise,
            "place_residuals": sceptic.means(part) + noise,
        }  # fmt: skip
        recorded = tests[day], prepared[day].recording.dff[tests[day].frames]
        goal = residuals(*(recorded if truth is None else (part, truth))).values[:, chosen].var()
        scores[day] = {
            name: sample_scores(values[..., chosen], part, None if truth is None else truth[:, chosen], goal)
            for name, values in rivals.items()
        }
    return Samples(
        scores, best.name, "changed" if changed is not None and changed.any() else "all", spread,
        {day: tests[SIGNALS[field].source].frames for day, field in FIELDS.items()},
        _example(prepared, tests["x"], np.stack([one["g_x"] for one in drawn]), chosen),
    )  # fmt: skip


def sample_scores(samples: np.ndarray, part: Part, truth: np.ndarray | None, goal: float) -> dict[str, float]:
    """Score samples of the frames of a part.

    Parameters
    ----------
    samples : ndarray, shape (sample, row, neuron)
    part : Part
    truth : ndarray, shape (row, neuron), optional
        What would have been.
    goal : float
        Variance that residuals around the mean at each place should have.

    Returns
    -------
    dict
        ``spread`` (standard deviation), ``band_width`` (5 to 95 %), ``variance_ratio`` (of residuals, to ``goal``);
        with truth ``coverage`` and ``crps``, the mean absolute error where there is one sample. Widths and errors are
        in ΔF/F.

    Notes
    -----
    The ends of a band are taken so that a truth which is drawn as the samples are lies within 20 of them in 90 %.

    References
    ----------
    Gneiting & Raftery 2007, "Strictly proper scoring rules".
    """
    n = len(samples)
    low, high = np.quantile(samples, _BAND, axis=0, method="weibull")
    variance = np.mean([residuals(part, one).values.var() for one in samples])
    scores = {
        "spread": float(samples.std(axis=0, ddof=min(1, n - 1)).mean()),
        "band_width": float((high - low).mean()),
        "variance_ratio": float(variance / goal),
    }
    if truth is None:
        return scores
    ranks = (2 * np.arange(n) - n + 1)[:, None, None]
    apart = (ranks * np.sort(samples, axis=0)).sum(axis=0) / max(n * (n - 1), 1)  # half the mean |difference| of two
    crps = np.abs(samples - truth).mean(axis=0) - apart
    return scores | {"coverage": float(((truth >= low) & (truth <= high)).mean()), "crps": float(crps.mean())}


class PlaceResiduals:
    """Residuals of the training frames of a day around its mean at each place, one second at a time.

    Parameters
    ----------
    prepared : PreparedPair
    places : Places, optional
    day : {"x", "y"}
    """

    def __init__(self, prepared: PreparedPair, places: Places | None, day: str):
        part = part_of(prepared, places, day, prepared[day].starts.train)
        dff = prepared[day].recording.dff[part.frames]
        self._values = residuals(part, dff).values
        self._means = np.tile(dff.mean(axis=0), (1 if places is None else places.n + 1, 1))
        self._means[part.at] = dff - self._values
        self._n_frames = max(1, round(_SNIPPET_S * prepared.frame_rate_hz))
        first = part.delayed(self._n_frames - 1) - (self._n_frames - 1)
        self._first = {place: first[part.at[first] == place] for place in np.unique(part.at[first])}
        self._anywhere = first

    def means(self, part: Part) -> np.ndarray:
        """Return the mean of the day at the places of a part, (row, neuron) in ΔF/F."""
        return self._means[part.at]

    def draw(self, part: Part, rng: np.random.Generator) -> np.ndarray:
        """Return residuals for the rows of a part, (row, neuron) in ΔF/F."""
        drawn = np.empty((len(part.frames), self._values.shape[1]), np.float32)
        for start, stop in part.pieces:
            for row in range(start, stop, self._n_frames):
                first = rng.choice(self._first.get(part.at[row], self._anywhere))
                end = min(row + self._n_frames, stop)
                drawn[row:end] = self._values[first : first + end - row]
        return drawn


def _made(one: Translator, prepared: PreparedPair, tests: dict[str, Part], batch_size: int) -> dict[str, np.ndarray]:
    """Test frames as a translator makes them: ``g_x`` and ``f_y`` (row, neuron), float32."""
    collected = FrameCollector(prepared, tests)
    for (x_starts, x, of_x), (y_starts, y, of_y) in _batches(prepared, batch_size):
        g_x, _ = one.to_y(x, y[:0], (of_x, Frames("y", of_y.index[:0])))
        _, f_y = one.to_x(x[:0], y, (Frames("x", of_x.index[:0]), of_y))
        collected.add(SimpleNamespace(x_starts=x_starts, y_starts=y_starts, g_x=g_x, f_y=f_y))
    return collected.made


def _batches(prepared: PreparedPair, batch_size: int) -> Iterator:
    starts = [prepared[day].starts.test for day in "xy"]
    for first in range(0, max(map(len, starts)), batch_size):
        some = [own[first : first + batch_size] for own in starts]
        yield [
            (own, prepared.windows_of(day, own), Frames(day, window_frame_indices(own, prepared.window_frames)))
            for day, own in zip("xy", some, strict=True)
        ]


def _truth(prepared: PreparedPair, part: Part) -> np.ndarray | None:
    return prepared[part.day].recording.truth.other_day_dff[part.frames] if prepared.truth_is_known else None


def _example(prepared: PreparedPair, part: Part, samples: np.ndarray, chosen: np.ndarray) -> Example:
    """The neurons that G moves most, of those that are scored, over the longest piece of the test part."""
    recorded, truth = prepared["x"].recording.dff[part.frames], _truth(prepared, part)
    moved = np.abs(samples.mean(axis=0) - recorded)[:, chosen].mean(axis=0)
    neurons = chosen[np.argsort(moved, kind="stable")[::-1][:_SHOWN]]
    start, stop = max(part.pieces, key=lambda piece: piece[1] - piece[0])
    rows = slice(start, min(stop, start + round(_SHOWN_S * prepared.frame_rate_hz)))
    low, high = np.quantile(samples[:, rows][..., neurons], _BAND, axis=0, method="weibull")
    start_s = float(part.frames[start] / prepared.frame_rate_hz)
    return Example(
        neurons, start_s, recorded[rows, neurons], low, high, None if truth is None else truth[rows, neurons]
    )
