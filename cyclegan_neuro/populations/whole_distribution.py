"""The whole distribution of small populations: every sample is a word (Molano-Mazon et al. 2018, section A.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import RecordingError, WindowError

__all__ = ["MOST_BITS", "Entropy", "Side", "WholeDistribution", "WordCounts", "compare_distributions", "word_counts"]

MOST_BITS = 62


@dataclass(frozen=True, eq=False)
class WordCounts:
    """The different samples of a set, and how often each occurs.

    Attributes
    ----------
    words : ndarray of int64, shape (word,), ascending
        A sample's bits; bit ``bin * neurons + neuron`` is the spike there.
    counts : ndarray of int64, shape (word,)
    """

    words: np.ndarray
    counts: np.ndarray

    @property
    def n_samples(self) -> int:
        return int(self.counts.sum())

    def share_in(self, other: WordCounts) -> float:
        """Share of the samples that occur in another set."""
        return float(self.counts[np.isin(self.words, other.words)].sum() / self.n_samples)

    def probability_of(self, words: np.ndarray) -> np.ndarray:
        """How often each word occurs, over the number of samples; float64, shape of ``words``."""
        at = np.minimum(np.searchsorted(self.words, words), self.words.size - 1)
        return np.where(self.words[at] == words, self.counts[at], 0) / self.n_samples


@dataclass(frozen=True)
class Entropy:
    """Entropy of a set of samples, in bits.

    Attributes
    ----------
    plug_in : float
        Of the observed frequencies; too low, the more so the fewer samples there are.
    miller_madow : float
        With the first-order correction: (words - 1) / (2 n ln 2) more. Still too low where many words are missing.
    n_samples, n_words : int
        How many samples, and how many different ones.
    """

    plug_in: float
    miller_madow: float
    n_samples: int
    n_words: int


@dataclass(frozen=True)
class Side:
    """Generated samples, or fresh ones of the model that made the training data (the surrogate).

    Attributes
    ----------
    entropy : Entropy
        From as many samples as the other side has: the larger set was drawn down to the size of the smaller.
    seen : float
        Share of the samples that occur in the training set.
    impossible : float
        Share of the samples that never occur in the numerical truth; for the surrogate that is what its finite size
        alone causes.
    """

    entropy: Entropy
    seen: float
    impossible: float


@dataclass(frozen=True, eq=False)
class WholeDistribution:
    """Generated samples beside the surrogate.

    Attributes
    ----------
    sides : dict of str to Side
        ``"generated"`` and ``"surrogate"``.
    words : ndarray of int64, shape (word,)
        Every word that occurs in the numerical truth or among the generated samples.
    numerical_probability, generated_probability : ndarray of float64, shape (word,)
        Their frequencies in both, for a scatter plot; 0 where a word does not occur.
    """

    sides: dict[str, Side]
    words: np.ndarray
    numerical_probability: np.ndarray
    generated_probability: np.ndarray


def word_counts(samples: np.ndarray) -> WordCounts:
    """Count how often each different sample occurs.

    Parameters
    ----------
    samples : ndarray of 0 and 1, shape (sample, bin, neuron)

    Raises
    ------
    WindowError
        Where bins times neurons exceed 62.
    RecordingError
        Without samples, or with other numbers than 0 and 1.

    Examples
    --------
    >>> found = word_counts(np.array([[[0, 1]], [[1, 1]], [[0, 1]]]))
    >>> found.words.tolist(), found.counts.tolist()
    ([2, 3], [2, 1])
    """
    _, n_bins, n_neurons = samples.shape
    if n_bins * n_neurons > MOST_BITS:
        raise WindowError(
            "words of the whole distribution",
            got=f"{n_bins} bins of {n_neurons} neurons, {n_bins * n_neurons} bits",
            expected=f"at most {MOST_BITS} bits",
            fix="take fewer neurons or shorter samples",
        )
    if not len(samples) or not ((samples == 0) | (samples == 1)).all():
        raise RecordingError(
            "words of the whole distribution",
            got="other numbers than 0 and 1" if len(samples) else "no samples",
            expected="samples of 0 and 1",
            fix="draw spikes from probabilities first",
        )
    packed = np.packbits(samples.reshape(len(samples), -1).astype(np.uint8), axis=1, bitorder="little")
    bytes_ = np.zeros((len(samples), 8), np.uint8)
    bytes_[:, : packed.shape[1]] = packed
    return WordCounts(*np.unique(bytes_.view("<i8").ravel().astype(np.int64), return_counts=True))


def entropy(samples: WordCounts) -> Entropy:
    """Entropy of a set of samples, in bits.

    References
    ----------
    Miller 1955, "Note on the bias of information estimates".

    Examples
    --------
    >>> entropy(WordCounts(np.array([0, 1, 2]), np.array([2, 1, 1]))).plug_in
    1.5
    """
    probabilities = samples.counts / samples.n_samples
    plug_in = float(-np.sum(probabilities * np.log2(probabilities)))
    correction = (samples.words.size - 1) / (2 * samples.n_samples * np.log(2))
    return Entropy(plug_in, plug_in + float(correction), n_samples=samples.n_samples, n_words=samples.words.size)


def compare_distributions(
    generated: np.ndarray, *, surrogate: np.ndarray, numerical: np.ndarray, training: np.ndarray, seed: int
) -> WholeDistribution:
    """Compare the probability of every word among generated samples with what it should be.

    Parameters
    ----------
    generated : ndarray of 0 and 1, shape (sample, bin, neuron)
    surrogate : ndarray, shape (sample, bin, neuron)
        Fresh samples of the model of the training data: what a perfect generator would give.
    numerical : ndarray, shape (sample, bin, neuron)
        Many samples of that model, other ones than ``surrogate``, that stand for the true probabilities.
    training : ndarray, shape (sample, bin, neuron)
    seed : int
        For drawing the larger of ``generated`` and ``surrogate`` down to the size of the smaller, without replacement;
        only the entropies need it, because their bias depends on the number of samples.

    Raises
    ------
    WindowError, RecordingError
        As :func:`word_counts`, and where the sets have different bins or neurons.

    References
    ----------
    Molano-Mazon et al. 2018, section A.1 and Figure S1.
    """
    sets = {"surrogate": surrogate, "numerical": numerical, "training": training}
    for name, samples in sets.items():
        if samples.shape[1:] != generated.shape[1:]:
            raise RecordingError(
                f"{name} samples", got=f"bins and neurons {samples.shape[1:]}", expected=f"{generated.shape[1:]}",
                fix="make all sets with the same bins and neurons",
            )  # fmt: skip
    counts = {name: word_counts(samples) for name, samples in {"generated": generated, **sets}.items()}
    n_matched = min(len(generated), len(surrogate))
    words = np.union1d(counts["generated"].words, counts["numerical"].words)
    sides = {
        name: Side(
            entropy(_drawn_down(counts[name], n_matched, seed)),
            seen=counts[name].share_in(counts["training"]),
            impossible=1 - counts[name].share_in(counts["numerical"]),
        )
        for name in ("generated", "surrogate")
    }
    return WholeDistribution(
        sides,
        words=words,
        numerical_probability=counts["numerical"].probability_of(words),
        generated_probability=counts["generated"].probability_of(words),
    )


def _drawn_down(samples: WordCounts, n_samples: int, seed: int) -> WordCounts:
    """Draw samples without replacement; all of them, where there are no more."""
    if samples.n_samples == n_samples:
        return samples
    chosen = np.random.default_rng(seed).choice(samples.n_samples, n_samples, replace=False)
    return WordCounts(*np.unique(np.repeat(samples.words, samples.counts)[chosen], return_counts=True))
