"""A small population that follows its stimuli."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def grid():
    """Counts of 12 stimuli, 10 trials, 5 neurons: neurons differ in their rates, and follow the stimulus."""
    rng = np.random.default_rng(2)
    rates = np.array([0.3, 0.6, 1.0, 2.0, 4.0]) * rng.uniform(0.2, 1.8, (12, 1, 5))
    return rng.poisson(np.broadcast_to(rates, (12, 10, 5)))
