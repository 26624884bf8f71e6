"""Two days beside days without learning."""

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.null.compare import against_halves, against_pairs, laps_of_pairs
from cyclegan_neuro.evaluation.days.null.laps import Visits, laps_of, visits
from cyclegan_neuro.recordings.recording import Behaviour, Recording

HOW = {"used": None, "section": InterpretationSection(), "bin_cm": 10.0}


def test_visits_are_cut_to_as_many_frames():
    """Four frames at place 0, one at place 1: of at most two, the second and the fourth are kept, evenly spread."""
    at = Visits(np.zeros(5, int), np.array([0, 0, 0, 0, 1]), 2)
    assert at.frames_per_visit.tolist() == [4, 1]
    assert at.limited(np.array([2.0, 2.0])).tolist() == [False, True, False, True, True]


def test_a_day_by_lap():
    """Two laps over two places at equal speed; the second lap skips a place."""
    dff = np.array([[1.0], [3.0], [5.0], [9.0]], np.float32)
    behaviour = Behaviour(position_cm=np.float32([5, 5, 15, 5]), trial=np.int32([0, 0, 0, 1]))
    day = Recording(dff, 2.0, behaviour=behaviour)
    at = visits(day, behaviour.position_cm, np.array([0.0, 10.0, 20.0]), np.ones(4, bool))
    found = laps_of(day, at, np.array([9.0, 9.0]))
    assert found.means[..., 0].tolist() == [[2.0, 5.0], [9.0, 0.0]]
    assert found.visited.tolist() == [[True, True], [True, False]]


def test_without_places_stretches_of_ten_seconds_stand_for_laps():
    """25 s at 2 Hz with a gap after frame 9: no whole stretch before it, two after it."""
    day = Recording(np.zeros((50, 1), np.float32), 2.0, gaps=np.array([9]))
    assert visits(day, None, None, np.ones(50, bool)).lap.tolist() == [-1] * 10 + [0] * 20 + [1] * 20


@pytest.fixture(scope="module")
def drifting(fields, make_session):
    """Twelve sessions; every field is scaled anew in each, and the animal behaves differently."""
    rng = np.random.default_rng(5)
    curves = [fields * np.exp(0.15 * rng.standard_normal(fields.shape[1])) for _ in range(12)]
    return [make_session(c, seed, laps=20 + 4 * (seed % 3), stay=2 + seed % 2) for seed, c in enumerate(curves)]


def changed(day, neurons, make_session, fields):
    """A session in which the fields of some neurons lie elsewhere."""
    curves = fields.copy()
    curves[:, neurons] = np.roll(curves[:, neurons], 4, axis=0)
    return make_session(curves, day, laps=24)


def test_drift_alone_is_no_discovery(drifting):
    pairs = list(zip(drifting[::2], drifting[1::2], strict=True))
    found = against_pairs(laps_of_pairs(pairs, **HOW), own=False, seed=0)
    assert found.laps == 10  # half of the shortest day
    for change in found.changes.values():
        assert change.found.sum() == 0
        assert change.share.beyond is False
        assert change.least_p == 1 / (5 * 30 + 1)


def test_moved_fields_are_more_than_drift(drifting, make_session, fields):
    moved = np.arange(12)
    pairs = [(drifting[0], changed(9, moved, make_session, fields))]
    pairs += list(zip(drifting[::2], drifting[1::2], strict=True))[1:]
    found = against_pairs(laps_of_pairs(pairs, **HOW), own=False, seed=0)
    for kind in ("tuning", "shape"):
        change = found.changes[kind]
        assert change.found[moved].all()
        assert change.found.sum() <= 14
        assert change.share.beyond
        inside = (change.bounds[0] <= change.effect) & (change.effect <= change.bounds[1])
        assert inside.all()
        assert (change.bounds[0, moved] > 0).all()
    assert found.changes["shape"].likeness(np.isin(np.arange(30), moved).astype(float))[0] > 0.7
    assert (found.places["q"][:, moved] <= 0.05).any(axis=0).mean() > 0.8
    assert (found.places["q"][:, 12:] <= 0.05).mean() < 0.05


def test_behaviour_alone_is_no_change(fields, make_session):
    """The animal stays three times as long, everywhere and most at the end: against pairs in which it does not."""
    pairs = [(make_session(fields, 1, stay=2), make_session(fields, 2, stay=6))]
    pairs += [(make_session(fields, seed, stay=2), make_session(fields, seed + 1, stay=2)) for seed in (3, 5, 7)]
    found = against_pairs(laps_of_pairs(pairs, **HOW), own=False, seed=0)
    for change in found.changes.values():
        assert change.found.sum() == 0
        assert np.mean(change.p <= 0.05) <= 0.15


def test_correlations_without_places(fields, make_session):
    """Neurons 1, 3, 5, ... share noise; on the second day of the asked pair they do not."""
    day = make_session(0 * fields, 1, laps=60, position=False)
    alone = make_session(0 * fields, 2, laps=60, position=False, noise=0.1)
    rng = np.random.default_rng(0)
    alone.dff[:] = 0.14 * rng.standard_normal(alone.dff.shape)
    null = [make_session(0 * fields, seed, laps=60, position=False) for seed in range(3, 9)]
    laps = laps_of_pairs([(day, alone), *zip(null[::2], null[1::2], strict=True)], **HOW)
    assert laps.places == "none"
    found = against_pairs(laps, own=False, seed=0)
    assert set(found.changes) == {"activity", "correlations"}
    assert found.places is None
    assert found.changes["correlations"].found[1::2].mean() > 0.9
    assert found.changes["activity"].found.sum() == 0


def test_halves_of_a_day_are_the_weakest_null(drifting, make_session, fields):
    """What drifts from day to day is more than what differs between halves: that is why it is the weakest."""
    still = (make_session(fields, 21), make_session(fields, 22))
    unchanged = against_halves(laps_of_pairs([still], **HOW), seed=0)
    assert not any(change.found.any() for change in unchanged.changes.values())
    moved = (still[0], changed(9, np.arange(12), make_session, fields))
    found = against_halves(laps_of_pairs([moved], **HOW), seed=0).changes["shape"]
    assert found.found[:12].all()
    assert found.share.beyond is None  # two halves are too few to tell


def test_too_few_laps(fields, make_session):
    short, long = make_session(fields, 1, laps=5), make_session(fields, 2)
    assert against_pairs(laps_of_pairs([(long, short), (long, long)], **HOW), own=False, seed=0) is None
    assert against_halves(laps_of_pairs([(long, make_session(fields, 1, laps=11))], **HOW), seed=0) is None
