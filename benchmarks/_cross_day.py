"""Two days of motor cortex, a decoder of EMG that was fitted on the first, and what it makes of aligned activity."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _common import ROOT
from scipy.spatial.distance import cdist
from scipy.special import softmax

from cyclegan_neuro.configuration.sections import DataSection, OrderingSection, WindowsSection
from cyclegan_neuro.evaluation.days.baselines.alignments import Alignment
from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments, chunks, moments_of_days
from cyclegan_neuro.evaluation.days.translation import Translator
from cyclegan_neuro.evaluation.days.whole_days import translate_recording
from cyclegan_neuro.evaluation.decoding.day_decoders import DayDecoder, DaySplit, lagged, r2_of_trials
from cyclegan_neuro.populations.trials.preparing import prepare_trials
from cyclegan_neuro.populations.trials.sections import TrialsSection
from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.windows.prepare import prepare_pair
from cyclegan_neuro.windows.prepared import PreparedPair

RECORDING = ROOT.parent / "shared" / "data" / "monkey_cross_day_emg.h5"
STRETCH_BINS = 200
"""Bins of continuous time, 10 s."""
UNIT = 100.0
"""Spikes/s that are 1 in the recordings: rates are then of the size of ΔF/F."""

_SMOOTH_BINS, _BEFORE, _PENALTY = 2.0, 3, 100.0
_VALIDATION, _HELD_OUT = 0.15, 0.25
_MOST_BINS = 3000  # that energy distances are taken over, evenly spread
_TRANSPORTED, _ITERATIONS = 1000, 200
_PENALTIES = (0.01, 0.03, 0.1)  # of the median cost


@dataclass(frozen=True, eq=False)
class EmgDays:
    """Day 0 (x) and a later day (y) of the same channels, and day 0's decoder.

    Attributes
    ----------
    split : DaySplit
        Muscles in units of each day, smoothed as the rates; the last quarter of each day is held out.
    rates : ndarray of float64, shape (bin, channel)
        Of both days in spikes/s, smoothed; channels that vary on both.
    decoder, retrained : DayDecoder
        Fitted to the first three quarters of day 0, and of the later day.
    recordings : tuple of Recording
        The rates in units of ``UNIT``; time is continuous within stretches of 10 s.
    """

    split: DaySplit
    rates: np.ndarray
    decoder: DayDecoder
    retrained: DayDecoder
    recordings: tuple[Recording, Recording]

    @classmethod
    def read(cls, path: Path, *, n_resamples: int = 2000) -> EmgDays:
        """Read the days and fit both decoders."""
        groups = {"x": "day_0", "y": "day_16"}
        days = {key: {"path": str(path), "group": group, "bin_s": 0.05} for key, group in groups.items()}
        section = {"source": "rates", **days, "smooth_bins": _SMOOTH_BINS, "held_out_fraction": _HELD_OUT}
        return cls.of(prepare_trials(TrialsSection.model_validate(section)), n_resamples=n_resamples)

    @classmethod
    def of(cls, prepared: PreparedTrials, *, n_resamples: int = 2000) -> EmgDays:
        """Fit both decoders to trials of two days with targets."""
        split = DaySplit.of(prepared, np.random.default_rng(0), n_resamples)
        rates = prepared.trials.values[:, prepared.neurons].astype(np.float64)
        recordings = []
        for day in (0, 1):
            rows = prepared.trials.day == day
            gaps = np.flatnonzero(np.diff(prepared.trials.trial[rows]))
            dff = (rates[rows] / UNIT).astype(np.float32)
            ids = tuple(f"channel {column}" for column in prepared.neurons)
            recordings.append(Recording(dff, 1 / prepared.trials.bin_s, roi_ids=ids, gaps=gaps, session=f"day {day}"))
        decoders = [_ridge(rates, split, day) for day in (0, 1)]
        return cls(split, rates, *decoders, tuple(recordings))

    def pair(self, window_frames: int) -> PreparedPair:
        """Cut both days in windows: training, then validation, then the last quarter, which nothing is fitted to."""
        held_out = max(len(bins) / day.n_frames for bins, day in zip(self.split.held_out, self.recordings, strict=True))
        every = max(day.n_frames for day in self.recordings)
        windows = WindowsSection(
            window_frames=window_frames, n_train=every, n_validation=every, n_test=every,
            validation_fraction=_VALIDATION, test_fraction=held_out,
        )  # fmt: skip
        return prepare_pair(*self.recordings, data=DataSection(), windows=windows, ordering=OrderingSection(), seed=0)

    def aligned(self, translator: Translator, pair: PreparedPair) -> np.ndarray:
        """Return rates (bin, channel) of both days with the later one brought to day 0."""
        moved = translate_recording(translator, pair, pair.y.recording, to="x", by=translator.name, batch_size=256)
        return np.concatenate([self.rates[: pair.x.recording.n_frames], UNIT * moved.dff.astype(np.float64)])

    # -- with the later day's EMG -------------------------------------------------------------------

    def r2(self, rates: np.ndarray, *, day: int = 1, decoder: DayDecoder | None = None) -> np.ndarray:
        """Return R² of the held-out quarter, then of its resampled stretches, shape (1 + resampling,)."""
        bins = self.split.held_out[day]
        predicted = (decoder or self.decoder).predict(rates, bins)
        true, trial = self.split.units[day][bins], self.split.trials.trial[bins]
        r2, resampled = r2_of_trials(true, predicted, trial, draws=self.split.draws[day])
        return np.r_[r2, resampled]

    # -- without it ---------------------------------------------------------------------------------

    def criteria(self, rates: np.ndarray) -> dict[str, float]:
        """Compare day 0's decoder on aligned validation bins with its outputs on training bins of day 0.

        Returns
        -------
        dict of str to float
            ``energy``: energy distance of the outputs; ``covariance``: norm of the difference of their covariances over
            that of day 0's.
        """
        bins = self.split.train[1]
        found = self.decoder.predict(rates, bins[int((1 - _VALIDATION / (1 - _HELD_OUT)) * len(bins)) :])
        own = self.decoder.predict(self.rates, self.split.train[0])
        covariances = [np.cov(outputs.T) for outputs in (found, own)]
        covariance = np.linalg.norm(covariances[0] - covariances[1]) / np.linalg.norm(covariances[1])
        return {"energy": energy_distance(found, own), "covariance": float(covariance)}


@dataclass(frozen=True, eq=False)
class Sinkhorn(Alignment):
    """Optimal transport of bins of y to bins of x with an entropic penalty; needs POT.

    Attributes
    ----------
    penalty : float
        Weight of the entropy, in units of squared z-scores.
    target, potential : ndarray of float64, shape (sample, neuron) and (sample,)
        Training bins of x as z-scores, and the logarithm of their scaling. Any bin of y goes to their mean, weighted
        by exp(potential - squared distance / penalty).
    x, y : Moments

    References
    ----------
    Cuturi, Sinkhorn distances: lightspeed computation of optimal transport (NeurIPS 2013).
    """

    penalty: float
    target: np.ndarray
    potential: np.ndarray
    x: Moments
    y: Moments
    name = "entropic_ot"

    @classmethod
    def fit_all(cls, pair: PreparedPair) -> list[Sinkhorn]:
        """Fit one for each penalty, to evenly spread training bins.

        Raises
        ------
        ImportError
            Without POT.
        """
        for library in ("TENSORFLOW", "PYTORCH", "JAX", "CUPY"):  # which POT else imports, for 10 s
            os.environ.setdefault(f"POT_BACKEND_DISABLE_{library}", "1")
        import ot

        moments = dict(zip("xy", moments_of_days(pair), strict=True))
        target, source = (
            (_spread(np.concatenate([dff[0] for dff, _ in chunks(pair, day)]), _TRANSPORTED) - of_day.mean) / of_day.std
            for day, of_day in moments.items()
        )
        cost = cdist(source, target, "sqeuclidean")
        weights, found = [np.full(n, 1 / n) for n in cost.shape], []
        for penalty in np.median(cost) * np.array(_PENALTIES):
            _, log = ot.sinkhorn(
                *weights, cost, penalty, method="sinkhorn_log", numItermax=_ITERATIONS, warn=False, log=True
            )
            found.append(cls(penalty, target, log["log_v"], **moments))
        return found

    def move(self, windows, to, frames):
        if to == "y" or not len(windows):
            return windows  # fitted in one direction, the one that is decoded
        rows = (windows.reshape(-1, windows.shape[-1]) - self.y.mean) / self.y.std
        weights = softmax(self.potential - cdist(rows, self.target, "sqeuclidean") / self.penalty, axis=1)
        return (weights @ self.target * self.x.std + self.x.mean).astype(np.float32).reshape(windows.shape)


def _ridge(rates: np.ndarray, split: DaySplit, day: int) -> DayDecoder:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    bins = split.train[day]
    ridge = make_pipeline(StandardScaler(), Ridge(alpha=_PENALTY))
    ridge.fit(lagged(rates, split.trials, bins, before=_BEFORE), split.units[day][bins])
    return DayDecoder(ridge, split.trials, before=_BEFORE, context=0)


def energy_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return 2 E|a - b| - E|a - a'| - E|b - b'| of samples (sample, variable), of at most 3,000 evenly spread ones."""
    a, b = (_spread(sample, _MOST_BINS) for sample in (first, second))
    return float(2 * cdist(a, b).mean() - cdist(a, a).mean() - cdist(b, b).mean())


def _spread(sample: np.ndarray, most: int) -> np.ndarray:
    return sample[np.linspace(0, len(sample) - 1, min(len(sample), most)).astype(int)]
