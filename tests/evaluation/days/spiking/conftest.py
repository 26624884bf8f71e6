"""Two short days with known spikes, cut as training cuts them, and stand-ins for the networks of inference."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from inference_fakes import random_networks as networks_of_nobody

from cyclegan_neuro.configuration.sections import DataSection, OrderingSection, SpikesSection, WindowsSection
from cyclegan_neuro.evaluation.days.spiking.recorder import SpikeRecorder
from cyclegan_neuro.recordings.calcium import gcamp6_kernel
from cyclegan_neuro.recordings.recording import Recording, Truth
from cyclegan_neuro.spikes.cache import ResultCache
from cyclegan_neuro.spikes.inference import models, rates
from cyclegan_neuro.spikes.inference.rates import InferredRates, WindowRates
from cyclegan_neuro.spikes.inference.storage import save_networks
from cyclegan_neuro.windows.prepare import prepare_pair
from cyclegan_neuro.windows.prepared import NeuronOrder
from cyclegan_neuro.windows.scaling import Scaling

RATE_HZ, HEIGHT, FRAMES = 24.0, 128, 1000


def simulated_day(seed, *, n_neurons=6, silent=(), truth=True, rate_hz=RATE_HZ, gaps=(), noise=0.05):
    """A day of Poisson spikes at 1 to 3 Hz; silent neurons have noise alone."""
    rng = np.random.default_rng(seed)
    spikes = rng.poisson(rng.uniform(1, 3, n_neurons) / rate_hz, (FRAMES, n_neurons)).astype(np.uint8)
    spikes[:, list(silent)] = 0
    clean = np.stack([np.convolve(s, gcamp6_kernel(rate_hz))[:FRAMES] for s in spikes.T], axis=1)
    dff = (clean + rng.normal(0, noise, clean.shape)).astype(np.float32)
    dff[:, list(silent)] = -np.abs(dff[:, list(silent)])  # the stand-in networks hear no negative ΔF/F
    unknown = np.full(n_neurons, np.nan, np.float32)
    known = Truth(
        spikes=spikes, changed=np.arange(n_neurons) < 2, change=np.where(np.arange(n_neurons) < 2, "moved", "none"),
        field_before_cm=unknown, field_after_cm=unknown, other_day_dff=dff, other_day_spikes=spikes,
    )  # fmt: skip
    return Recording(
        dff, rate_hz, gaps=np.array(gaps, np.int64), session=f"day {seed}", source="simulated" if truth else "file",
        truth=known if truth else None,
    )  # fmt: skip


@pytest.fixture
def make_days():
    """Return a function that prepares two days; scaling from 0 to 1 makes an identity generator exact to the bit."""

    def make(*, split="blocked", n_test=8, window_frames=HEIGHT, exclude=(), phi=False, y=None, **day):
        windows = WindowsSection(
            window_frames=window_frames, split=split, n_train=20, n_validation=4, n_test=n_test,
            validation_fraction=0.2, test_fraction=0.3, exclude_x=list(exclude), exclude_y=list(exclude),
        )  # fmt: skip
        x, expert = simulated_day(1, **day), None if phi else simulated_day(**{"seed": 2, **day, **(y or {})})
        prepared = prepare_pair(x, expert, data=DataSection(), windows=windows, ordering=OrderingSection(), seed=3)
        if phi:
            return prepared
        columns = np.random.default_rng(0).permutation(prepared.n_neurons)
        limits = Scaling(np.zeros(len(columns), np.float32), np.ones(len(columns), np.float32))
        days = [replace(d, values=d.recording.dff[:, columns], scaling=limits) for d in (prepared.x, prepared.y)]
        return replace(prepared, x=days[0], y=days[1], order=NeuronOrder("shuffled", columns))

    return make


@pytest.fixture(scope="session")
def random_networks(tmp_path_factory):
    """The file of a network that nobody trained: it reads 10 frames before and after each at 24 Hz, and hears them."""
    return str(save_networks(tmp_path_factory.mktemp("models") / "spike_networks.h5", networks_of_nobody(1)))


@pytest.fixture(autouse=True)
def shipped_networks(random_networks, monkeypatch):
    """What is tested here is not the networks: small ones stand where the shipped ones are looked for."""
    monkeypatch.setattr(models, "_SHIPPED", Path(random_networks))


@pytest.fixture
def make_recorder():
    """Return a function that makes a recorder, in one process."""

    def make(prepared, *, cache=None, **section):
        section = SpikesSection(**{"processes": 1, "van_rossum": "fast"} | section)
        return SpikeRecorder(section, prepared, ResultCache(cache))

    return make


@pytest.fixture
def stand_in_networks(monkeypatch):
    """Replace inference by a rate that follows ΔF/F and the noise level; return the shapes that it was asked for."""
    asked = SimpleNamespace(windows=[], frames=[])

    def found(dff, levels, inference):
        chosen = inference.levels(levels)
        return (np.clip(dff, 0, None) * 10 * (1 + 0.1 * chosen)).astype(np.float32), chosen

    def infer_windows(windows, *, frame_rate_hz, models, levels):
        asked.windows.append(windows.shape)
        n_frames = windows.shape[1]
        inside = models.reachable(n_frames)
        values, chosen = found(windows[:, inside], levels, models)
        return WindowRates(values, inside.start, n_frames - values.shape[1], levels, chosen, frame_rate_hz)

    def infer_rates(dff, *, frame_rate_hz, models, gaps, levels):
        asked.frames.append(dff.shape)
        values, chosen = found(dff, levels, models)
        return InferredRates(values, np.ones(len(dff), bool), levels, chosen, frame_rate_hz)

    monkeypatch.setattr(rates, "infer_windows", infer_windows)
    monkeypatch.setattr(rates, "infer_rates", infer_rates)
    return asked
