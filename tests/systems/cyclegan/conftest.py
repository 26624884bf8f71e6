"""Small prepared days and stand-ins for trained networks."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.recordings.recording import Behaviour, Recording, Truth
from cyclegan_neuro.recordings.simulate.phi import corner_mask
from cyclegan_neuro.windows import scaling
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair, Scaling, Starts, WindowTransform

FRAMES, NEURONS, HEIGHT = 96, 5, 16


def _recording(rng, *, name, truth, position):
    dff = rng.normal(0.1, 0.2, (FRAMES, NEURONS)).astype(np.float32)
    other = dff.copy()
    other[:, :2] += 0.5
    zeros = np.zeros((FRAMES, NEURONS), np.uint8)
    nothing = np.full(NEURONS, np.nan, np.float32)
    known = Truth(
        spikes=zeros, changed=np.arange(NEURONS) < 2, change=np.array(["moved"] * 2 + ["none"] * 3),
        field_before_cm=nothing, field_after_cm=nothing, other_day_dff=other, other_day_spikes=zeros,
    )  # fmt: skip
    return Recording(
        dff=dff,
        frame_rate_hz=8.0,
        roi_ids=tuple(f"n{i}" for i in range(NEURONS)),
        behaviour=Behaviour(position_cm=np.float32(np.arange(FRAMES) % 12 * 10)) if position else Behaviour(),
        session=name,
        source="simulated" if truth else "file",
        truth=known if truth else None,
    )


@pytest.fixture
def make_pair():
    """Return a function that prepares two small random days, with truth, positions or Φ as asked."""

    def make(*, truth=False, position=False, phi=False, columns=(3, 0, 4, 2, 1), n_test_y=3):
        rng = np.random.default_rng(0)
        x, y = (_recording(rng, name=name, truth=truth, position=position) for name in ("novice", "expert"))
        columns = np.array(columns)
        starts = Starts(np.arange(0, 33, 4), np.array([48]), np.array([64, 72, 80]))
        starts_y = starts if phi else Starts(starts.train, starts.validation, np.array([65, 71, 79])[:n_test_y])
        limits_x = Scaling(np.full(NEURONS, -1.0, np.float32), np.linspace(1, 2, NEURONS, dtype=np.float32))
        limits_y = Scaling(np.full(NEURONS, -0.5, np.float32), np.linspace(2, 3, NEURONS, dtype=np.float32))
        day_x = Day(x, scaling.apply(x.dff, limits_x)[:, columns], starts, limits_x)
        if phi:
            noise = rng.normal(0.05, 0.1, (FRAMES, NEURONS)).astype(np.float32)
            plain = scaling.scale_transform(WindowTransform(corner_mask(HEIGHT, NEURONS), noise), limits_y)
            ordered = WindowTransform(plain.mask[:, columns], plain.offset[:, columns])
            day_y = Day(x, (x.dff * scaling.gain(limits_y))[:, columns], starts, limits_y, ordered)
        else:
            day_y = Day(y, scaling.apply(y.dff, limits_y)[:, columns], starts_y, limits_y)
        return PreparedPair(day_x, day_y, HEIGHT, NeuronOrder("demo", columns))

    return make


@pytest.fixture
def make_trainer():
    """Return a function that wraps two callables on network windows as a trained CycleGAN."""

    def make(g=lambda windows, training: windows, f=lambda windows, training: windows):
        optimizer = SimpleNamespace(iterations=12)
        return SimpleNamespace(generator_g=g, generator_f=f, average_weights=nullcontext, optimizer=optimizer)

    return make
