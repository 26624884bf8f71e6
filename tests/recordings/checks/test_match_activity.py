"""A match that the activity contradicts is named; a right one, and one of which nothing can be said, are not."""

import numpy as np
import pytest

from cyclegan_neuro.recordings.checks.match_activity import _similarity, contradicted, match_evidence
from cyclegan_neuro.recordings.recording import Behaviour, Recording

N = 60


def day(loadings, seed, *, n_frames=9000, noise=0.5, position=False):
    rng = np.random.default_rng(seed)
    dff = rng.normal(size=(n_frames, len(loadings))) @ loadings + noise * rng.normal(size=(n_frames, loadings.shape[1]))
    behaviour = Behaviour(position_cm=np.arange(n_frames, dtype=np.float32) % 160) if position else Behaviour()
    return Recording(dff.astype(np.float32), 20.0, behaviour=behaviour, subject="m", session=f"day {seed}")


@pytest.fixture(scope="module")
def loadings():
    return np.random.default_rng(0).normal(size=(10, N))


def codes(x, y):
    return {finding.code: finding for finding in contradicted(x, y)}


def test_a_right_match_is_supported(loadings):
    x, y = day(loadings, 1), day(loadings, 2)
    evidence = match_evidence(x, y)
    assert evidence.rivals.max() < 0.05
    assert evidence.unsupported == 0
    assert 0.4 < evidence.permuted.mean() < 0.6
    found = codes(x, y)
    assert list(found) == ["match_activity"]
    assert found["match_activity"].severity == "info"


def test_exchanged_neurons_are_named(loadings):
    order = np.arange(N)
    order[[5, 20, 41]] = order[[20, 41, 5]]
    found = codes(day(loadings, 1), day(loadings, 2).select_neurons(order))["match_contradicted"]
    named = set(found.where.rpartition("neurons ")[2].split(", "))
    assert named <= {"5", "20", "41"}
    assert len(named) >= 2
    assert f"{len(named)} of {N} neurons that each day recognises in itself" in found.got
    assert "The activity cannot tell which" in found.fix


def test_a_wrong_match_of_all_is_told_without_names(loadings):
    order = np.roll(np.arange(N), 1)  # one off
    found = codes(day(loadings, 1), day(loadings, 2).select_neurons(order))
    assert list(found) == ["match_unsupported"]
    assert found["match_unsupported"].severity == "warning"


def test_neurons_that_change_are_no_wrong_matches(loadings):
    """With 40 % of the neurons changed nothing single can be said, and is not."""
    other = loadings.copy()
    other[:, :24] = np.random.default_rng(7).normal(size=(10, 24))
    x, y = day(loadings, 1), day(other, 2)
    assert 0.2 < match_evidence(x, y).unsupported < 0.6
    assert list(codes(x, y)) == ["match_activity"]


def test_independent_neurons_cannot_be_told_apart():
    rng = np.random.default_rng(0)
    x, y = (Recording(rng.normal(size=(9000, N)).astype(np.float32), 20.0) for _ in range(2))
    assert list(codes(x, y)) == ["match_activity"]
    assert "too uncorrelated" in codes(x, y)["match_activity"].fix


def test_short_or_small_days_say_nothing(loadings):
    assert match_evidence(day(loadings, 1, n_frames=1000), day(loadings, 2, n_frames=1000)) is None
    assert match_evidence(day(loadings[:, :9], 1), day(loadings[:, :9], 2)) is None


def test_constant_neurons_are_left_out(loadings):
    x, y = day(loadings, 1), day(loadings, 2)
    x.dff[:, 7] = 0
    evidence = match_evidence(x, y)
    np.testing.assert_array_equal(evidence.columns, np.delete(np.arange(N), 7))
    assert np.isfinite(evidence.rivals).all()


def test_tuning_where_the_position_is_known(loadings):
    x, y = (day(loadings, seed, position=True) for seed in (1, 2))
    fields = np.cos(2 * np.pi * (x.behaviour.position_cm[:, None] / 160 - np.arange(N) / N))
    x.dff[:], y.dff[:] = x.dff + fields, y.dff + fields
    assert match_evidence(x, y).tuning.mean() < 0.1
    assert "by position tuning, across days," in codes(x, y)["match_activity"].got
    assert match_evidence(day(loadings, 1), day(loadings, 2)).tuning is None


def test_similarity_leaves_out_both_own_columns():
    a, b = np.random.default_rng(0).normal(size=(2, 6, 6))
    np.fill_diagonal(a, 0), np.fill_diagonal(b, 0)
    for i in range(6):
        for k in range(6):
            columns = [j for j in range(6) if j not in (i, k)]
            assert _similarity(a, b)[i, k] == pytest.approx(np.corrcoef(a[i, columns], b[k, columns])[0, 1])
