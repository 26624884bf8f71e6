from itertools import combinations

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.beyond.parts import Part
from cyclegan_neuro.evaluation.days.identifiability.agreement import Change, agree, change_of

CELLS = 30


def part(places):
    return Part("x", np.arange(len(places)), np.array(places), np.zeros(len(places), np.int64), ())


def change(rng, shared, noise):
    values = [own + noise * rng.normal(size=own.shape) for own in shared]
    return Change(*values)


@pytest.fixture
def shared():
    rng = np.random.default_rng(0)
    return [rng.normal(size=size) for size in ((20, CELLS), (200, CELLS), (1, CELLS))]


NOTHING = Change(*(np.zeros((n, CELLS)) for n in (20, 200, 1)))


def test_change_in_standard_deviations_by_place():
    """Ten frames each at two places; the dead neuron (0) counts as unchanged."""
    recorded = np.zeros((20, 2))
    made = np.column_stack([np.tile([1.0, 3.0], 10) + np.repeat([0.0, 4.0], 10), np.ones(20)])
    found = change_of(part(np.repeat([0, 1], 10)), made, recorded, np.array([2.0, 0.0]))
    assert found.places.tolist() == [[1.0, 0.0], [3.0, 0.0]]
    assert found.within[:4, 0].tolist() == [-0.5, 0.5, -0.5, 0.5]
    assert found.size.tolist() == [[2.0, 0.0]]


def test_runs_that_share_as_much_as_they_differ_correlate_by_half(shared):
    rng = np.random.default_rng(1)
    runs = {str(n): change(rng, shared, 1.0) for n in range(3)}
    found = agree(runs, ("position_shift", NOTHING), truth=Change(*shared), permuted={})
    assert len(found.between["places"]) == 3
    assert found.between["places"] == pytest.approx([0.5] * 3, abs=0.1)
    assert found.between["within"] == pytest.approx([0.5] * 3, abs=0.05)
    assert np.isnan(found.with_alignment["places"]).all()  # which does not move anything
    assert found.rest == found.between
    assert found.errors["within"]["runs"] == pytest.approx([1.0] * 3, abs=0.05)
    assert found.errors["within"]["mean"] == pytest.approx(1 / np.sqrt(3), abs=0.05)
    assert found.errors["within"]["alignment"] == 1.0
    assert found.matches == []


def test_runs_that_only_repeat_their_alignment_add_nothing_that_agrees(shared):
    rng = np.random.default_rng(2)
    runs = {str(n): change(rng, shared, 0.5) for n in range(3)}
    found = agree(runs, ("position_shift", Change(*shared)), truth=None, permuted={})
    assert min(found.between["places"]) > 0.7
    assert found.rest["places"] == pytest.approx([0.0] * 3, abs=0.15)
    assert found.rest["within"] == pytest.approx([0.0] * 3, abs=0.05)
    assert found.with_alignment["places"] == pytest.approx([np.sqrt(0.8)] * 3, abs=0.05)
    assert found.errors == {}


def test_only_neurons_that_kept_their_identity_in_all_permuted_runs_are_compared(shared):
    rng = np.random.default_rng(3)
    runs = {str(n): change(rng, shared, 0.1) for n in range(2)}
    kept = [np.arange(CELLS) != 4, np.arange(CELLS) != 7]
    permuted = []
    for mask in kept:
        other = change(rng, shared, 0.1)
        other.places[:, ~mask] = 1e3
        permuted.append((other, mask))
    permuted[0][0].places[:, 7], permuted[1][0].places[:, 4] = 1e3, 1e3
    (found,) = agree(runs, ("position_shift", NOTHING), truth=None, permuted={0.1: permuted}).matches
    assert (found.share, found.n) == (0.1, CELLS - 2)
    assert len(found.with_runs["places"]) == 4
    assert min(found.with_runs["places"]) > 0.9
    assert found.between["places"] == pytest.approx(
        [np.corrcoef(*(one.places[:, kept[0] & kept[1]].ravel() for one in pair))[0, 1]
         for pair in combinations(runs.values(), 2)]
    )  # fmt: skip
