"""Words, entropies and shares counted by hand, and limits that are known."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError, WindowError
from cyclegan_neuro.populations.whole_distribution import (
    WordCounts,
    compare_distributions,
    entropy,
    word_counts,
)


def samples_of(words, *, n_bins=1, n_neurons=2):
    """Samples whose bits are the words."""
    bits = np.asarray(words, np.int64)[:, None] >> np.arange(n_bins * n_neurons) & 1
    return bits.reshape(len(words), n_bins, n_neurons).astype(np.uint8)


def test_words_by_hand():
    """Bit of bin 1, neuron 0 of three neurons: 3."""
    samples = np.zeros((3, 2, 3), np.uint8)
    samples[0, 1, 0] = samples[2, 1, 0] = 1
    found = word_counts(samples)
    assert found.words.tolist() == [0, 8]
    assert found.counts.tolist() == [1, 2]
    assert found.n_samples == 3


@pytest.mark.parametrize("shape", [(31, 2), (7, 3), (8, 1), (1, 9)])
def test_different_samples_have_different_words(shape):
    """Each bit alone, all and none."""
    n_bits = shape[0] * shape[1]
    samples = np.concatenate([np.eye(n_bits), np.ones((1, n_bits)), np.zeros((1, n_bits))]).reshape(-1, *shape)
    found = word_counts(samples)
    expected = sorted([*(2**bit for bit in range(n_bits)), 2**n_bits - 1, 0])
    assert found.words.tolist() == expected
    assert found.words.dtype == np.int64


@pytest.mark.parametrize("dtype", [bool, np.float32, np.int64])
def test_words_of_any_type(dtype):
    samples = samples_of([3, 0, 3, 2])
    np.testing.assert_array_equal(word_counts(samples.astype(dtype)).words, [0, 2, 3])


def test_samples_without_words():
    with pytest.raises(WindowError, match="got 21 bins of 3 neurons, 63 bits, expected at most 62 bits"):
        word_counts(np.zeros((1, 21, 3)))
    with pytest.raises(RecordingError, match="got other numbers than 0 and 1"):
        word_counts(np.array([[[0.3, 1.0]]]))
    with pytest.raises(RecordingError, match="got no samples"):
        word_counts(np.zeros((0, 2, 2)))


def test_entropy_by_hand():
    """Frequencies 1/2, 1/4, 1/4: 1.5 bits; three words in four samples: 2 / (8 ln 2) more."""
    found = entropy(word_counts(samples_of([0, 0, 1, 3])))
    assert found.plug_in == 1.5
    assert found.miller_madow == pytest.approx(1.5 + 0.25 / np.log(2), abs=1e-12)
    assert (found.n_samples, found.n_words) == (4, 3)
    assert entropy(word_counts(samples_of([2, 2]))).miller_madow == 0


def test_correction_comes_nearer_the_truth():
    """Eight fair bits, 2,000 samples: 8 bits."""
    samples = np.random.default_rng(0).integers(0, 2, (2000, 4, 2))
    found = entropy(word_counts(samples))
    assert 8 - found.plug_in > 0.05
    assert found.miller_madow == pytest.approx(8, abs=0.015)


def test_shares_and_probabilities_by_hand():
    counts = WordCounts(np.array([0, 5, 9]), np.array([1, 2, 5]))
    assert counts.share_in(WordCounts(np.array([5, 7]), np.array([3, 1]))) == 0.25
    np.testing.assert_array_equal(counts.probability_of(np.array([9, 10, 0, -1, 5])), [0.625, 0, 0.125, 0, 0.25])


def test_comparison_by_hand():
    """Generated 0 0 1 2, surrogate 0 1 1 3 (both four), true 0 0 1 3 and never 2, trained on 0 and 3."""
    found = compare_distributions(
        samples_of([0, 0, 1, 2]),
        surrogate=samples_of([0, 1, 1, 3]),
        numerical=samples_of([0, 0, 1, 1, 1, 0, 0, 3]),
        training=samples_of([0, 3, 3]),
        seed=0,
    )
    assert found.sides["generated"].entropy.plug_in == found.sides["surrogate"].entropy.plug_in == 1.5
    assert (found.sides["generated"].seen, found.sides["surrogate"].seen) == (0.5, 0.5)
    assert (found.sides["generated"].impossible, found.sides["surrogate"].impossible) == (0.25, 0)
    np.testing.assert_array_equal(found.words, [0, 1, 2, 3])
    np.testing.assert_array_equal(found.numerical_probability, [0.5, 0.375, 0, 0.125])
    np.testing.assert_array_equal(found.generated_probability, [0.5, 0.25, 0.25, 0])


def test_entropies_are_of_equally_many_samples():
    """The same model with ten times the samples has a larger plug-in entropy; drawn down it has not."""
    rng = np.random.default_rng(1)
    few, many, true, training = (rng.random((n, 6, 2)) < 0.4 for n in (500, 5000, 20000, 500))
    assert entropy(word_counts(many)).plug_in - entropy(word_counts(few)).plug_in > 0.5
    pair = {"numerical": true, "training": training, "seed": 3}
    found = compare_distributions(few, surrogate=many, **pair)
    one, other = (found.sides[name].entropy for name in ("generated", "surrogate"))
    assert one.n_samples == other.n_samples == 500
    assert one.plug_in == entropy(word_counts(few)).plug_in
    assert other.plug_in == pytest.approx(one.plug_in, abs=0.1)
    assert compare_distributions(many, surrogate=few, **pair).sides["generated"].entropy == other
    again = compare_distributions(few, surrogate=many, **{**pair, "seed": 4})
    assert again.sides["surrogate"].entropy != other
    assert found.numerical_probability.sum() == pytest.approx(1)
    assert found.generated_probability.sum() == pytest.approx(1)


def test_sets_of_different_shape():
    fine = samples_of([0, 1])
    with pytest.raises(RecordingError, match=r"training samples: got bins and neurons \(2, 1\), expected \(1, 2\)"):
        compare_distributions(fine, surrogate=fine, numerical=fine, training=fine.reshape(2, 2, 1), seed=0)


def test_drawn_down_without_replacement():
    """Of 200 different samples any 100 are different: log2(100) bits."""
    every = samples_of(np.arange(200), n_bins=4)
    few = every[:100]
    found = compare_distributions(few, surrogate=every, numerical=every, training=few, seed=0)
    assert found.sides["surrogate"].entropy.n_words == 100
    assert found.sides["surrogate"].entropy.plug_in == pytest.approx(np.log2(100))
    assert (found.sides["generated"].seen, found.sides["surrogate"].seen) == (1, 0.5)
