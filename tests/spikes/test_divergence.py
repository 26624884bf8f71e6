"""Divergences of known histograms and distributions, what they cannot exceed, and intervals."""

import numpy as np
import pytest

from cyclegan_neuro.spikes.divergence import bootstrap_ci, histograms, kl_ceiling, kl_divergence, wasserstein


def test_kl_of_known_histograms():
    # quartiles 1.75 and 5.25, width 2 x 3.5 / 8^(1/3) = 3.5: two bins, and an open one for the 9
    recorded, generated = np.arange(8.0), np.array([0.0, 1.0, 9.0])
    n_recorded, n_generated, edges = histograms(recorded, generated)
    assert (n_recorded.tolist(), n_generated.tolist(), edges.tolist()) == ([4, 4, 0], [2, 0, 1], [0, 3.5, 7, np.inf])
    p, q = np.array([5, 5, 1]) / 11, np.array([3, 1, 2]) / 6
    by_hand = sum(a * np.log(a / b) for a, b in zip(p, q, strict=True))
    assert kl_divergence(recorded, generated) == pytest.approx(by_hand, rel=1e-12)


def test_bins_are_open_on_both_sides_only_where_values_are():
    recorded = np.arange(8.0)
    assert histograms(recorded, np.array([-3.0, 7.0]))[1].tolist() == [1, 0, 1]
    assert histograms(recorded, np.array([-3.0, 70.0, 71.0]))[1].tolist() == [1, 0, 0, 2]


def test_equal_samples_do_not_diverge():
    values = np.random.default_rng(1).normal(size=300)
    assert kl_divergence(values, values[::-1]) == 0.0


def test_the_distance_of_what_lies_outside_does_not_make_it_smaller():
    rng = np.random.default_rng(2)
    recorded, generated = rng.normal(size=200), rng.normal(size=200)
    near, far = (kl_divergence(recorded, generated + shift) for shift in (50.0, 5e6))
    assert near == far > 2.5


def test_constant_recorded_values():
    constant = np.full(20, 0.3)
    assert kl_divergence(constant, constant) == 0.0
    # p = (21, 1) / 22, q = (1, 21) / 22
    assert kl_divergence(constant, constant + 1e-9) == pytest.approx(20 / 22 * np.log(21), rel=1e-12)


def test_equal_quartiles_take_the_width_from_the_standard_deviation():
    recorded = np.array([0.0] * 60 + [1.0] * 3 + [-1.0])
    width = 3.49 * recorded.std() / 4.0
    assert len(histograms(recorded, recorded)[2]) - 1 == np.ceil(2.0 / width)


def test_bins_are_no_more_than_values():
    recorded = np.array([0.0, 1e-9, 2e-9, 3e-9, 1e9])
    assert len(histograms(recorded, recorded)[0]) <= 5


@pytest.mark.parametrize(
    ("n", "mean", "scale", "true", "bias"),
    [
        (100, 0.0, 1.0, 0.0, 0.076),
        (200, 0.0, 1.0, 0.0, 0.054),
        (200, 0.5, 1.0, 0.125, 0.030),
        (200, 1.0, 1.0, 0.5, -0.053),
        (200, 2.0, 1.0, 2.0, -0.612),
        (200, 0.0, 2.0, np.log(2.0) - 3 / 8, 0.006),
        (20_000, 0.5, 1.0, 0.125, 0.0),
    ],
)
def test_bias_for_normal_distributions_is_what_the_docs_say(n, mean, scale, true, bias):
    rng = np.random.default_rng(3)
    repeats = 300 if n < 1000 else 10
    values = [kl_divergence(rng.normal(size=n), rng.normal(mean, scale, n)) for _ in range(repeats)]
    error = np.std(values) / np.sqrt(repeats)
    assert np.mean(values) - true == pytest.approx(bias, abs=4 * error + 5e-4)


@pytest.mark.parametrize(("recorded", "generated"), [([], [1.0]), ([1.0], []), ([np.nan], [1.0]), ([1.0], [np.inf])])
def test_nothing_and_nan_have_no_divergence(recorded, generated):
    with pytest.raises(ValueError, match="need finite values on both sides"):
        kl_divergence(np.array(recorded), np.array(generated))


def test_wasserstein_by_hand():
    # sorted: 0 -> 1, 2 -> 2, 4 -> 6
    assert wasserstein(np.array([4.0, 0.0, 2.0]), np.array([1.0, 6.0, 2.0])) == pytest.approx(1.0)


@pytest.mark.parametrize("n_generated", [1, 30, 200])
def test_no_sample_diverges_more_than_the_ceiling(n_generated):
    rng = np.random.default_rng(5)
    recorded = rng.gamma(2.0, 1.0, 200)
    ceiling = kl_ceiling(recorded, n_generated)
    worst = [np.full(n_generated, 1e6), np.full(n_generated, -1e6), np.full(n_generated, recorded.max())]
    others = [rng.gamma(k, 1.0, n_generated) for k in (1.0, 2.0, 8.0, 60.0)] + [np.linspace(-9, 99, n_generated)]
    found = [kl_divergence(recorded, generated) for generated in (*worst, *others)]
    assert max(found) == pytest.approx(ceiling)
    assert found[:2] == [pytest.approx(ceiling)] * 2


@pytest.mark.parametrize(("n", "expected"), [(100, 2.6), (200, 3.1), (1000, 4.15)])
def test_the_ceiling_of_normal_values_is_what_the_docs_say(n, expected):
    rng = np.random.default_rng(6)
    assert np.mean([kl_ceiling(rng.normal(size=n), n) for _ in range(50)]) == pytest.approx(expected, abs=0.05)


def test_interval_of_a_mean():
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    low, high = bootstrap_ci(values)
    half = 1.96 * values.std() / np.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)
    assert bootstrap_ci(values) == (low, high)


def test_interval_of_too_few_values():
    assert bootstrap_ci(np.array([1.0])) is None
    assert bootstrap_ci(np.array([])) is None


def test_the_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(4)
    intervals = [bootstrap_ci(rng.normal(size=40)) for _ in range(200)]
    covered = np.mean([low <= 0.0 <= high for low, high in intervals])
    assert 0.88 <= covered <= 0.98
