"""Generated bins that follow the code help, those that do not hurt, and none at all is ``decode``."""

import numpy as np
import pytest

from cyclegan_neuro.populations.decoding.generation import augmented_readout
from cyclegan_neuro.populations.decoding.readouts import decode


@pytest.fixture
def swapped(make_prepared):
    """Noisy trials, and windows that the simulator's own code generates for the direction of training bins."""
    prepared = make_prepared(n_trials=40, n_conditions=8, noise=1.5, held_out=28)
    content = np.random.default_rng(1).choice(prepared.train, 200)
    angle = 2 * np.pi * prepared.trials.condition[content] / 8
    rest = np.random.default_rng(2).normal(0, 0.5, (200, 6))
    return prepared, np.c_[np.cos(angle), np.sin(angle), np.zeros((200, 4))] + rest, content


def test_none_generated_is_decode(swapped):
    prepared, generated, content = swapped
    found = augmented_readout(prepared.windows(), prepared, generated, content, seed=3)
    assert list(found) == [0.0, 0.5, 1.0, 2.0]
    alone = decode(prepared.windows(), prepared, "direction", seed=3)
    np.testing.assert_array_equal(found[0.0].predicted, alone.predicted)
    np.testing.assert_array_equal(found[2.0].bins, alone.bins)


@pytest.mark.parametrize("readout", ["linear", "softmax"])
def test_generated_bins_count(swapped, readout):
    prepared, generated, content = swapped
    good = augmented_readout(prepared.windows(), prepared, generated, content, seed=0, readout=readout, shares=(0, 3))
    assert np.cos(good[3].error).mean() > np.cos(good[0].error).mean()
    bad = augmented_readout(
        prepared.windows(), prepared, -20 * generated, content, seed=0, shares=(3,), readout=readout
    )
    assert np.cos(bad[3].error).mean() < np.cos(good[0].error).mean()


def test_generated_bins_that_cannot_be_used(swapped):
    prepared, generated, content = swapped
    with pytest.raises(ValueError, match="content from training bins"):
        augmented_readout(prepared.windows(), prepared, generated[:1], prepared.held_out[:1], seed=0, shares=(0,))
    with pytest.raises(ValueError, match="100 generated bins, 120 asked for"):
        augmented_readout(prepared.windows(), prepared, generated[:100], content[:100], seed=0)
