"""A V1 that watches a movie of smoothed noise: Gabor linear-nonlinear neurons with shared latents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.ndimage import gaussian_filter
from scipy.optimize import brentq
from scipy.special import expit, logit

from cyclegan_neuro.populations.responses.responses import Responses
from cyclegan_neuro.populations.responses.sections import VisualCortexSection
from cyclegan_neuro.populations.simulate.population import require

__all__ = ["VisualCortex", "simulate_visual_cortex"]

_BIN_S = 0.04
_N_FRAMES = 10  # that a neuron sees
_SMOOTHING = (1.0, 2.0, 2.0)  # of the movie: frames, pixels, pixels
_MEAN_RATES = (0.05, 0.2)  # spikes per bin, without latents
_GAINS = (1.5, 2.5)  # log-odds per standard deviation of the drive
_LOADINGS = (1.0, 0.6)  # mean and standard deviation before they are scaled: about one in twenty is negative
_MOST_SCALE = 3.0
_TERMS = 24
_NODES, _WEIGHTS = hermegauss(64)
_HALVINGS = 50
_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class VisualCortex:
    """Neurons that spike with probability ``expit(log_odds[stimulus] + loadings @ z)``, z standard normal.

    The latents z are drawn anew in every bin of every trial, and all neurons share them.

    Attributes
    ----------
    log_odds : ndarray of float64, shape (stimulus, neuron)
        Where all latents are 0.
    loadings : ndarray of float64, shape (neuron, latent)
    rates : ndarray of float64, shape (stimulus, neuron)
        Probability of a spike per bin, averaged over the latents.
    noise_correlation : ndarray of float64, shape (neuron, neuron)
        Of spikes around ``rates``, pooled over the stimuli.
    """

    log_odds: np.ndarray
    loadings: np.ndarray
    rates: np.ndarray
    noise_correlation: np.ndarray
    name: str = "truth"

    def sample(self, stimuli: np.ndarray, *, seed: int) -> np.ndarray:
        """Return spikes, uint8, shape (response, neuron), one independent draw for each entry of ``stimuli``."""
        rng = np.random.default_rng(seed)
        n_neurons, n_latents = self.loadings.shape
        log_odds, loadings = self.log_odds.astype(np.float32), self.loadings.T.astype(np.float32)
        spikes = np.empty((len(stimuli), n_neurons), np.uint8)
        for start in range(0, len(stimuli), _CHUNK):
            shown = stimuli[start : start + _CHUNK]
            latents = rng.standard_normal((len(shown), n_latents), dtype=np.float32)
            uniform = rng.random((len(shown), n_neurons), dtype=np.float32)
            spikes[start : start + _CHUNK] = uniform < expit(log_odds[shown] + latents @ loadings)
        return spikes

    def exceedance(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the probability of a spike, float64, shape (1, stimulus, neuron)."""
        return self.rates[stimuli][None]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what is kept beside a run."""
        return {"rates": self.rates, "noise_correlation": self.noise_correlation, "loadings": self.loadings}


def simulate_visual_cortex(section: VisualCortexSection) -> Responses:
    """Simulate repeats of a movie, and binary responses whose mean noise correlation is the one asked for.

    The movie is white noise, smoothed in space and time. A neuron filters it with a Gabor function (8 to 12 pixels
    per cycle) and over the last 10 frames; the half-rectified result drives its log-odds of a spike.

    Parameters
    ----------
    section : VisualCortexSection

    Returns
    -------
    Responses
        Trial after trial of 40 ms bins; ``truth`` is a :class:`VisualCortex`, which does not depend on ``n_trials``.

    Raises
    ------
    ConfigurationError
        A noise correlation that the latents cannot give.

    Notes
    -----
    Covariances of spikes are exact: the probability of a spike, as a function of the standard normal latent that a
    neuron sees, is a series of Hermite polynomials, and those of two neurons whose latents correlate by r have the
    covariance Σ c_k d_k r^k (Mehler 1866). The scale of all loadings follows from the mean noise correlation.

    References
    ----------
    Ramesh, Atayi & Macke 2019, for sizes: 69 neurons, 750 bins of 40 ms, 120 trials, 27 x 27 pixels, 10 frames.

    Examples
    --------
    >>> responses = simulate_visual_cortex(VisualCortexSection(n_neurons=5, n_bins=40, n_trials=4))
    >>> responses.counts.shape, responses.movie.shape
    ((160, 5), (40, 27, 27))
    """
    screen, neurons, sharing = np.random.default_rng(section.seed).spawn(3)
    movie = gaussian_filter(
        screen.standard_normal((section.n_bins, section.frame_pixels, section.frame_pixels)), _SMOOTHING
    )
    movie = ((movie - movie.mean()) / movie.std()).astype(np.float32)
    truth = _solved(
        _log_odds(_drive(movie, section.n_neurons, neurons), neurons),
        sharing.normal(*_LOADINGS, (section.n_neurons, section.n_latents)),
        section.noise_correlation,
    )
    stimulus = np.tile(np.arange(section.n_bins), section.n_trials)
    return Responses(
        truth.sample(stimulus, seed=section.seed),
        stimulus,
        np.repeat(np.arange(section.n_trials), section.n_bins),
        section.n_bins,
        _BIN_S,
        movie=movie,
        in_time=True,
        source=f"simulated V1 (seed {section.seed})",
        data_origin="simulated",
        truth=truth,
    )


def _drive(movie: np.ndarray, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
    """Return what each neuron's filter makes of the movie, shape (bin, neuron), with standard deviation 1."""
    n_bins, n_pixels, _ = movie.shape
    centre = rng.uniform(n_pixels / 6, 5 * n_pixels / 6, (2, n_neurons))[:, :, None, None]
    angle, phase, wavelength, width, latency = (
        rng.uniform(low, high, (n_neurons, 1, 1))
        for low, high in ((0, np.pi), (0, 2 * np.pi), (8, 12), (1.8, 2.5), (1, 2))
    )
    across, down = np.indices((n_pixels, n_pixels))[:, None] - centre
    wave = np.cos(2 * np.pi * (across * np.cos(angle) + down * np.sin(angle)) / wavelength + phase)
    gabor = wave * np.exp(-(across**2 + down**2) / (2 * width**2))
    by_frame = movie.reshape(n_bins, -1) @ gabor.reshape(n_neurons, -1).T
    drive = np.zeros((n_bins, n_neurons))
    for lag in range(_N_FRAMES):
        seen = by_frame[np.maximum(np.arange(n_bins) - lag, 0)]
        drive += seen * (lag * np.exp(-lag / latency[:, 0, 0]))
    return drive / drive.std(axis=0)


def _log_odds(drive: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return log-odds of a spike with mean rates that are spread over neurons."""
    n_neurons = drive.shape[1]
    stimulated = np.maximum(drive, 0) * rng.uniform(*_GAINS, n_neurons)
    lowest, highest = np.log(_MEAN_RATES)
    mean_rates = np.exp(rng.uniform(lowest, highest, n_neurons))
    low, high = logit(mean_rates) - stimulated.max(axis=0), logit(mean_rates)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = expit(middle + stimulated).mean(axis=0) < mean_rates
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return stimulated + low


def _solved(log_odds: np.ndarray, loadings: np.ndarray, wanted: float) -> VisualCortex:
    """Scale the loadings so that the mean noise correlation is the one wanted."""
    pairs = np.triu_indices(len(loadings), 1)

    def excess(scale: float) -> float:
        return float(_rates_and_noise(log_odds, scale * loadings)[1][pairs].mean()) - wanted

    most = excess(_MOST_SCALE) + wanted if loadings.size else 0.0
    require(
        wanted <= most, "noise_correlation", got=f"{wanted:g}",
        expected=f"at most {most:.2g}, which {loadings.shape[1]} shared latents can give these neurons",
        fix="lower noise_correlation, to 0 without latents, or try another n_latents or seed",
    )  # fmt: skip
    scale = float(brentq(excess, 0.0, _MOST_SCALE, xtol=1e-10)) if wanted else 0.0
    return VisualCortex(log_odds, scale * loadings, *_rates_and_noise(log_odds, scale * loadings))


def _rates_and_noise(log_odds: np.ndarray, loadings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rates, and the noise correlation matrix."""
    n_neurons = len(loadings)
    spread = np.sqrt((loadings**2).sum(axis=1))
    directions = loadings / np.where(spread > 0, spread, 1)[:, None]
    weights, before, now = _WEIGHTS / _WEIGHTS.sum(), np.zeros_like(_NODES), np.ones_like(_NODES)
    polynomials = []
    for k in range(_TERMS + 1):
        polynomials.append(weights * now)
        before, now = now, (_NODES * now - np.sqrt(k) * before) / np.sqrt(k + 1)
    factors = expit(log_odds[..., None] + spread[:, None] * _NODES) @ np.stack(polynomials, axis=1)
    rates = factors[..., 0]
    correlation = directions @ directions.T
    covariance = np.zeros((n_neurons, n_neurons))
    for k in range(_TERMS, 0, -1):
        covariance = (covariance + factors[..., k].T @ factors[..., k] / len(log_odds)) * correlation
    noise = np.sqrt((rates * (1 - rates)).mean(axis=0))
    covariance /= np.outer(noise, noise)
    np.fill_diagonal(covariance, 1)
    return rates, covariance
