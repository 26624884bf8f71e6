"""A tiny training on simulated ground truth."""

import numpy as np
import pytest
from inference_fakes import simulated_cell

from cyclegan_neuro.spikes.accuracy import cell_accuracy
from cyclegan_neuro.spikes.ground_truth.examples import resample, smooth_target
from cyclegan_neuro.spikes.inference.rate_models import Architecture, RateModels
from cyclegan_neuro.spikes.inference.rates import infer_rates
from cyclegan_neuro.spikes.inference.training.fit import fit_network
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings
from cyclegan_neuro.spikes.inference.training.stretches import cut_stretches

TINY = Architecture(widths=(9, 5, 3), filters=(6, 6, 6), units=4, window_frames=32, before_frames=16)
SETTINGS = TrainingSettings(
    frame_rate_hz=30.0, noise_levels=(1,), ensemble_size=1, epochs=8, batch_size=4, stretch_frames=64,
    learning_rate=5e-3, architecture=TINY,
)  # fmt: skip


@pytest.fixture(scope="module")
def stretches():
    return cut_stretches([simulated_cell("DS", "cell", seed=seed) for seed in range(4)], SETTINGS, 1)


@pytest.fixture(scope="module")
def trained(stretches, tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("tensorboard")
    return *fit_network(stretches, SETTINGS, level=1, member=0, log_dir=log_dir), log_dir


def test_the_loss_falls_below_that_of_a_constant(trained, stretches):
    _, loss, _ = trained
    assert loss < 0.5 * stretches.target.var()


def test_it_infers_a_trace_that_it_did_not_see(trained):
    weights, _, _ = trained
    models = RateModels(
        frame_rate_hz=30.0, smoothing_s=0.05, causal=False, window_frames=32, before_frames=16,
        noise_levels={1: (weights,)},
    )  # fmt: skip
    dff, counts = resample(simulated_cell("DS", "other", seed=99).segments[0], 30.0)
    found = infer_rates(dff[:, None], frame_rate_hz=30.0, models=models)
    segment = (found.rates_hz[:, 0], smooth_target(counts, 30.0, 0.05) * 30.0, found.valid)
    result = cell_accuracy([segment], frame_rate_hz=30.0)
    assert result.correlation > 0.7
    assert abs(result.bias) < 0.4  # rates, not tenths of them


def test_tensorboard_gets_the_loss(trained):
    *_, log_dir = trained
    assert [path.name.startswith("events.out") for path in (log_dir / "train").iterdir()] == [True]


def test_one_seed_gives_the_same_network(trained, stretches):
    weights, loss, _ = trained
    again, loss_again = fit_network(stretches, SETTINGS, level=1, member=0)
    assert loss_again == loss
    for new, old in zip((*again.kernels, *again.biases), (*weights.kernels, *weights.biases), strict=True):
        np.testing.assert_array_equal(new, old)


def test_every_level_and_member_begins_elsewhere(stretches, monkeypatch):
    seeds = set()

    def stop(architecture, *, seed):
        seeds.add(seed)
        raise InterruptedError

    monkeypatch.setattr("cyclegan_neuro.spikes.inference.training.fit.build_network", stop)
    for level, member in ((1, 0), (1, 1), (2, 0)):
        with pytest.raises(InterruptedError):
            fit_network(stretches, SETTINGS, level=level, member=member)
    assert len(seeds) == 3
