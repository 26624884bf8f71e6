"""Residuals of made-up populations."""

from itertools import pairwise

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.beyond.parts import N_BLOCKS, Part, Signal


@pytest.fixture(scope="session")
def signal_of():
    """Return a function that wraps (row, neuron) as residuals of a part that is continuous within each block."""

    def signal_of(values, at=None):
        n = len(values)
        block = np.arange(n) * N_BLOCKS // n
        borders = np.searchsorted(block, np.arange(N_BLOCKS + 1)).tolist()
        at = np.zeros(n, np.int64) if at is None else at
        part = Part("y", np.arange(n), at, block, tuple(pairwise(borders)))
        return Signal(part, np.asarray(values, np.float32))

    return signal_of
