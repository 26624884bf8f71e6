"""Residuals of made-up populations, and days in which a hidden state, not tuning, is what learning changed."""

from itertools import pairwise

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days import measurements
from cyclegan_neuro.evaluation.days.baselines.alignments import Identity
from cyclegan_neuro.evaluation.days.beyond.parts import N_BLOCKS, Part, Signal
from cyclegan_neuro.evaluation.days.sections import EvaluationSection
from cyclegan_neuro.recordings.recording import Behaviour, Recording, Truth
from cyclegan_neuro.windows import scaling
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair, Starts
from cyclegan_neuro.windows.scaling import Scaling

FRAMES, NEURONS, HEIGHT = 2400, 8, 64


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


@pytest.fixture(scope="session")
def state_pair():
    """Two days of 300 s, 8 Hz: a hidden state moves neurons 4 to 7 on both, neurons 0 to 3 on day y only."""
    rng = np.random.default_rng(0)
    return PreparedPair(*(_day(rng, name) for name in ("novice", "expert")), HEIGHT, NeuronOrder("demo", np.arange(8)))


class Right(Identity):
    """Gives what the simulator knows."""

    name, label = "model", "network"

    def __init__(self, prepared):
        self._truth = {day: prepared[day].recording.truth.other_day_dff for day in "xy"}

    def move(self, windows, to, frames):
        return windows if frames.day == to else self._truth[frames.day][frames.index]


@pytest.fixture(scope="session")
def measured(state_pair):
    """What is found of a model that is right, beside doing nothing: more baselines would cost a second each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurements, "fit_baselines", lambda section, prepared, places: (Identity(),))
        return measurements.measure(EvaluationSection(), state_pair, Right(state_pair))


def _day(rng, name):
    state = np.repeat(rng.permutation(np.arange(FRAMES // 20) % 2), 20)
    tuned = np.sin(np.arange(FRAMES) % 48 / 48 * 2 * np.pi)[:, None] * np.linspace(0.1, 0.4, NEURONS)
    alone = tuned + rng.normal(0, 0.2, (FRAMES, NEURONS))
    moved = np.linspace(0.5, 1.0, NEURONS) * state[:, None]
    novice = alone + np.where(np.arange(NEURONS) < 4, 0.0, moved)
    days = [values.astype(np.float32) for values in (novice, alone + moved)]
    own, other = days if name == "novice" else days[::-1]
    spikes, unknown = np.zeros(own.shape, np.uint8), np.full(NEURONS, np.nan, np.float32)
    changed = np.arange(NEURONS) < 4
    change = np.where(changed, "strengthened", "none")
    truth = Truth(spikes, changed, change, unknown, unknown, other, spikes, state=state.astype(np.uint8))
    recording = Recording(
        dff=own,
        frame_rate_hz=8.0,
        roi_ids=tuple(f"n{i}" for i in range(NEURONS)),
        behaviour=Behaviour(position_cm=np.float32(np.arange(FRAMES) % 48 * 4)),
        session=name,
        source="file",
        data_origin="simulated",
        truth=truth,
    )
    starts = Starts(
        np.arange(0, 1300, 16), np.arange(1400, 1500, 16), np.arange(1600, 2337, 32), ((0, 1380), (1400, 2400))
    )
    limits = Scaling(np.full(NEURONS, -1.0, np.float32), np.full(NEURONS, 2.0, np.float32))
    return Day(recording, scaling.apply(own, limits), starts, limits)
