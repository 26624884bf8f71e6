"""A tiny training on simulated ground truth, at two frame rates."""

import numpy as np
import pytest
from inference_fakes import SMALL, simulated_cell

from cyclegan_neuro.spikes.accuracy import cell_accuracy
from cyclegan_neuro.spikes.ground_truth.examples import resample, smooth_target
from cyclegan_neuro.spikes.inference.codes import CODES
from cyclegan_neuro.spikes.inference.rates import infer_rates
from cyclegan_neuro.spikes.inference.spike_networks import SpikeNetworks
from cyclegan_neuro.spikes.inference.training import fit
from cyclegan_neuro.spikes.inference.training.fit import fit_network
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

SETTINGS = TrainingSettings(
    frame_rates_hz=(15.0, 30.0), updates=100, frames_per_update=2048, learning_rate=2e-2, architecture=SMALL
)


@pytest.fixture(scope="module")
def cells():
    return [simulated_cell("DS-GCaMP6f", "cell", seed=seed) for seed in range(4)]


@pytest.fixture(scope="module")
def trained(cells, tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("tensorboard")
    return *fit_network(cells, SETTINGS, member=0, log_dir=log_dir), log_dir


@pytest.mark.parametrize("frame_rate_hz", [15.0, 30.0, 22.0])
def test_it_infers_a_trace_that_it_did_not_see(trained, frame_rate_hz):
    """Also at a rate that no batch had."""
    networks = SpikeNetworks(members=(trained[0],), architecture=SMALL)
    dff, counts = resample(simulated_cell("DS-GCaMP6f", "other", seed=99).segments[0], frame_rate_hz)
    found = infer_rates(dff[:, None], frame_rate_hz=frame_rate_hz, models=networks, indicator="GCaMP6f")
    truth = smooth_target(counts, frame_rate_hz, 0.1) * frame_rate_hz
    result = cell_accuracy([(found.rates_hz[:, 0], truth, found.valid)], frame_rate_hz=frame_rate_hz)
    assert result.correlation > 0.6
    assert abs(result.bias) < 0.5  # rates, not tenths of them


def test_what_no_recording_had_is_not_learned(trained):
    """Networks that are told of an indicator that they never saw do as if nothing was told."""
    weights, *_ = trained
    known = [2 + CODES.index(name) for name in ("gcamp6", "gcamp6f")]
    for name in ("first", "second", "around"):
        for part in ("scale", "shift"):
            rows = weights[f"{name}_{part}"]
            assert not np.delete(rows, [0, 1, *known], axis=0).any()
            assert rows[[0, 1, *known]].any(axis=1).all()


def test_the_loss_falls_below_that_of_a_constant_and_tensorboard_gets_it(trained, cells):
    _, loss, log_dir = trained
    variances = []
    for rate, sigma in ((15.0, 0.1), (30.0, 0.05)):
        counts = np.concatenate([resample(cell.segments[0], rate)[1] for cell in cells])
        variances.append(np.var(smooth_target(counts, rate, sigma) * rate))
    assert 0 < loss < 0.6 * np.mean(variances)
    assert [path.name.startswith("events.out") for path in log_dir.iterdir()] == [True]


def test_one_seed_gives_the_same_network(trained, cells):
    weights, loss, _ = trained
    again, loss_again = fit_network(cells, SETTINGS, member=0)
    assert loss_again == loss
    assert {name: array.tobytes() for name, array in again.items()} == {
        name: array.tobytes() for name, array in weights.items()
    }


def test_every_member_begins_elsewhere(cells, monkeypatch):
    drawn = set()

    def stop(architecture, rng):
        drawn.add(rng.random())
        raise InterruptedError

    monkeypatch.setattr(fit, "initial_weights", stop)
    for seed, member in ((0, 0), (0, 1), (1, 0)):
        with pytest.raises(InterruptedError):
            fit_network(cells, TrainingSettings(seed=seed, architecture=SMALL), member=member)
    assert len(drawn) == 3
