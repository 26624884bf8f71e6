import math

import pytest

from cyclegan_neuro.compare.statistics import holm, paired, spread


def no_animal(_):
    return ""


def test_a_paired_difference_by_hand():
    # differences -1, -2, -3: mean -2, standard error 1/√3; t(2) has 97.5 % at 4.302653; t = -3.464102, p = 0.074180
    found = paired({1: 4.0, 2: 5.0, 3: 6.0}, {1: 5.0, 2: 7.0, 3: 9.0}, animal=no_animal)
    half = 4.302653 / math.sqrt(3)
    assert found.difference == pytest.approx(-2)
    assert found.ci95 == pytest.approx((-2 - half, -2 + half), abs=1e-6)
    assert found.p == pytest.approx(0.074180, abs=1e-6)
    assert (found.n_pairs, found.n_units, found.lower, found.higher) == (3, 3, 3, 0)
    assert not found.excludes_zero


def test_only_shared_replicates_are_paired():
    found = paired({1: 1.0, 2: 2.0, 9: 100.0}, {1: 0.0, 2: 3.0, 8: -100.0}, animal=no_animal)
    assert (found.difference, found.n_pairs, found.lower, found.higher) == (0.0, 2, 1, 1)
    assert paired({1: 1.0}, {2: 1.0}, animal=no_animal) is None


def test_fewer_than_three_pairs_have_no_interval():
    found = paired({1: 1.0, 2: 2.0}, {1: 0.0, 2: 0.0}, animal=no_animal)
    assert found.ci95 is None
    assert math.isnan(found.p)
    assert not found.excludes_zero


def test_three_animals_are_the_units_of_the_interval():
    first = {("a", 1): 1.0, ("a", 2): 3.0, ("b", 1): 4.0, ("c", 1): 9.0}
    found = paired(first, dict.fromkeys(first, 0.0), animal=lambda key: key[0])
    # means of animals 2, 4, 9: mean 5, sd √13, where the mean over pairs is 4.25
    half = 4.302653 * math.sqrt(13 / 3)
    assert found.difference == pytest.approx(5)
    assert found.ci95 == pytest.approx((5 - half, 5 + half), abs=1e-5)
    assert (found.n_pairs, found.n_units, found.of_animals) == (4, 3, True)


def test_two_animals_are_not_enough_for_units():
    first = {("a", 1): 1.0, ("a", 2): 2.0, ("b", 1): 4.0}
    found = paired(first, dict.fromkeys(first, 0.0), animal=lambda key: key[0])
    assert (found.n_units, found.of_animals) == (3, False)
    assert found.difference == pytest.approx(7 / 3)


def test_equal_differences_have_an_interval_of_no_width():
    found = paired({1: 1.0, 2: 2.0, 3: 3.0}, {1: 0.0, 2: 1.0, 3: 2.0}, animal=no_animal)
    assert (found.ci95, found.p) == ((1.0, 1.0), 0.0)
    same = paired({1: 1.0, 2: 2.0, 3: 3.0}, {1: 1.0, 2: 2.0, 3: 3.0}, animal=no_animal)
    assert (same.ci95, same.p) == ((0.0, 0.0), 1.0)
    assert not same.excludes_zero


def test_spread_of_one_and_of_none():
    assert spread([2.0])[::2] == (2.0, 1)
    assert math.isnan(spread([2.0]).sd)
    assert spread([]).n == 0


def test_holm_by_hand():
    # sorted 0.01·4, 0.02·3, 0.03·2, 0.5·1; never less than the one before
    assert holm([0.02, 0.5, 0.01, 0.03]) == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    corrected = holm([0.02, math.nan])
    assert corrected[0] == 0.02
    assert math.isnan(corrected[1])
