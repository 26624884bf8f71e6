"""Sessions on a track of ten places, with what the animal does chosen apart from what neurons do."""

import numpy as np
import pytest

from cyclegan_neuro.recordings.recording import Behaviour, Recording

PLACES, NEURONS = 10, 30


@pytest.fixture(scope="session")
def fields():
    """Place fields, (place, neuron)."""
    centres = np.arange(NEURONS) % PLACES
    return 0.5 * np.exp(-0.5 * ((np.arange(PLACES)[:, None] - centres) / 1.5) ** 2)


@pytest.fixture(scope="session")
def make_session():
    """Return a function that simulates a session at 8 Hz; ``stay`` frames at each place, more at the last ones."""

    def make(curves, seed, *, laps=24, stay=3, noise=0.1, position=True, name="a"):
        rng = np.random.default_rng(seed)
        counts = stay + rng.integers(0, 2, (laps, PLACES)) + stay * (np.arange(PLACES) > 6)
        place = np.repeat(np.tile(np.arange(PLACES), laps), counts.ravel())
        lap = np.repeat(np.arange(laps), counts.sum(axis=1))
        gain = np.exp(0.3 * rng.standard_normal((laps, curves.shape[1])))
        shared = rng.standard_normal((len(place), 1)) * (np.arange(curves.shape[1]) % 2)
        dff = curves[place] * gain[lap] + noise * (rng.standard_normal((len(place), curves.shape[1])) + shared)
        behaviour = Behaviour(position_cm=np.float32(10.0 * place + 5), trial=lap.astype(np.int32))
        return Recording(
            dff.astype(np.float32), 8.0, roi_ids=tuple(f"n{i}" for i in range(curves.shape[1])),
            behaviour=behaviour if position else Behaviour(), session=name,
        )  # fmt: skip

    return make
