"""Raw activity of motor cortex decodes as it was measured with the authors' readout, and with others' classifiers."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from cyclegan_neuro.populations.decoding.paper_readout import follow_readout
from cyclegan_neuro.populations.decoding.readouts import decode
from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials

REACHES = Path(__file__).resolve().parents[4] / "shared" / "data" / "monkey_reaching.h5"
pytestmark = pytest.mark.skipif(not REACHES.exists(), reason="the recorded reaches are not here")


@pytest.fixture(scope="module", params=["chewie_1", "chewie_2", "mihi_1"])
def day(request):
    with h5py.File(REACHES) as file:
        group = file[request.param]
        trials = Trials(
            group["firing_rates"][()], "spikes/s", 0.1, group["trial"][()].astype(np.int64),
            condition=group["direction"][()].astype(np.int64), n_conditions=8,
        )  # fmt: skip
        return request.param, PreparedTrials(trials, np.flatnonzero(group["split_2way"][()] == 2))


def test_published_readout_of_counts(day):
    """Last and best of the authors' readout (PyTorch), a mean over seeds of ours: standard deviations 1 to 3 points."""
    name, prepared = day
    last, best = {
        "chewie_1": ((0.616, 0.801), (0.646, 0.814)),
        "chewie_2": ((0.562, 0.752), (0.623, 0.792)),
        "mihi_1": ((0.645, 0.808), (0.692, 0.853)),
    }[name]
    traces = [follow_readout(prepared.windows() * 0.1, prepared, seed=seed) for seed in range(4)]
    np.testing.assert_allclose(np.mean([trace.last for trace in traces], axis=0), last, atol=0.035)
    np.testing.assert_allclose(np.mean([trace.best for trace in traces], axis=0), best, atol=0.025)


def test_tuned_readouts(day):
    """Softmax regression 0.65, 0.73, 0.68; ridge of penalty 100: 0.62, 0.58, 0.68 and delta 0.80, 0.74, 0.84."""
    name, prepared = day
    softmax, acc, delta = {
        "chewie_1": (0.65, 0.62, 0.80), "chewie_2": (0.73, 0.58, 0.74), "mihi_1": (0.68, 0.68, 0.84)
    }[name]  # fmt: skip
    assert decode(prepared.windows(), prepared, "direction", seed=0, readout="softmax").accuracy == pytest.approx(
        softmax, abs=0.03
    )
    ridge = decode(prepared.windows(), prepared, "direction", seed=0)
    assert (ridge.accuracy, ridge.near_accuracy) == pytest.approx((acc, delta), abs=0.03)
