"""Distances counted by hand and against all pairs; copies are found, fresh samples look like held-out ones."""

from pathlib import Path

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.nearest import memorisation, nearest_samples

RETINA = Path(__file__).resolve().parents[3] / "shared" / "data" / "spike_gan_retina.h5"


def draw(n, seed, rate=0.2):
    return (np.random.default_rng(seed).random((n, 5, 4)) < rate).astype(np.uint8)


def test_by_hand():
    """Query 1111 differs from 0000 in 4, from 1100 in 2, from 0111 in 1; query 0000 is there."""
    references = np.array([[0, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 1]]).reshape(3, 2, 2)
    queries = np.array([[1, 1, 1, 1], [0, 0, 0, 0]]).reshape(2, 2, 2)
    found = nearest_samples(queries, references)
    assert found.index.tolist() == [2, 0]
    assert found.distance.tolist() == [1, 0]
    others = nearest_samples(references, references, but_itself=True)
    assert others.index.tolist() == [1, 0, 0]  # of 3 and 3 the first
    assert others.distance.tolist() == [2, 2, 3]


@pytest.mark.parametrize("chunk", [1, 7, 1024])
@pytest.mark.parametrize("but_itself", [False, True])
def test_against_all_pairs(chunk, but_itself):
    queries = draw(50, 0)
    references = queries if but_itself else draw(30, 1)
    differing = (queries[:, None] != references[None]).sum(axis=(2, 3))
    if but_itself:
        differing[np.diag_indices(50)] = 1000
    found = nearest_samples(queries, references, but_itself=but_itself, chunk=chunk)
    np.testing.assert_array_equal(found.index, differing.argmin(axis=1))
    np.testing.assert_array_equal(found.distance, differing.min(axis=1))


def test_a_sample_twice_is_its_own_copy():
    samples = np.concatenate([draw(3, 0), draw(3, 0)])
    found = nearest_samples(samples, samples, but_itself=True)
    assert found.distance.tolist() == [0] * 6
    assert found.index.tolist() == [3, 4, 5, 0, 1, 2]


def test_samples_that_do_not_fit():
    with pytest.raises(RecordingError, match=r"samples to compare: got shapes \(2, 5, 4\) and \(2, 4, 5\)"):
        nearest_samples(draw(2, 0), draw(2, 0).reshape(2, 4, 5))
    with pytest.raises(RecordingError, match="at least 0 and 2 samples"):
        nearest_samples(draw(1, 0), draw(1, 0), but_itself=True)
    with pytest.raises(RecordingError, match="at least 1 and 2 samples"):
        memorisation(draw(0, 0), held_out=draw(5, 1), training=draw(5, 2))


def test_memorised_samples_show():
    training = draw(400, 0, rate=0.4)
    generated = np.concatenate([training[100:180], draw(20, 1, rate=0.4)])
    others = {"another model": training[:7]}
    found = memorisation(generated, held_out=draw(100, 2, rate=0.4), training=training, others=others)
    nearest = found.nearest
    assert {name: one.copies for name, one in nearest.items()} == {
        "generated": 80, "held_out": 0, "training": 0, "another model": 7,
    }  # fmt: skip
    np.testing.assert_array_equal(nearest["generated"].index[:80], np.arange(100, 180))
    assert nearest["generated"].median == 0
    assert nearest["held_out"].median == np.median(nearest["held_out"].distance) > 1
    assert found.ks_statistic >= 0.8


def test_fresh_samples_look_like_held_out_ones():
    found = memorisation(draw(300, 1), held_out=draw(200, 2), training=draw(400, 0))
    assert {name: one.distance.shape for name, one in found.nearest.items()} == {
        "generated": (300,), "held_out": (200,), "training": (400,),
    }  # fmt: skip
    assert len({one.median for one in found.nearest.values()}) == 1
    assert found.ks_statistic < 0.12


@pytest.mark.skipif(not RETINA.exists(), reason="the recording is not here")
def test_recorded_samples_are_their_own_copies():
    import h5py

    with h5py.File(RETINA) as file:
        samples = file["samples/original"][:400].transpose(0, 2, 1)
    found = memorisation(samples[:50], held_out=samples[300:], training=samples[:300])
    assert found.nearest["generated"].copies == 50
    assert found.nearest["held_out"].median > 0
