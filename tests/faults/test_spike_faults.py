"""Faults that users meet when spikes are inferred and compared."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError, UserError
from cyclegan_neuro.spikes.comparison import compare_firing_rates
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.inference.rates import infer_rates
from cyclegan_neuro.spikes.inference.spike_network import Architecture
from cyclegan_neuro.spikes.statistics.correlation import correlations
from cyclegan_neuro.spikes.statistics.van_rossum import distances
from cyclegan_neuro.spikes.trains import neo_train, neo_trains

DFF = np.random.default_rng(0).normal(0, 0.05, (200, 2)).astype(np.float32)


def test_no_networks_for_this_frame_rate():
    with pytest.raises(UserError) as caught:
        infer_rates(DFF, frame_rate_hz=1.5)
    message = str(caught.value)
    assert message.startswith("frame rate: got 1.5 Hz, expected 3 to 100 Hz, for which the networks are. Fix: average")
    assert "spikes cannot be told from a slower one" in message


def test_borders_are_masked_and_counted_and_hold_no_nan():
    inferred = infer_rates(DFF, frame_rate_hz=24.0)
    assert np.isfinite(inferred.rates_hz).all()
    reach = Architecture().reach_frames(24.0)
    np.testing.assert_array_equal(np.flatnonzero(inferred.valid), np.arange(reach, 200 - reach))
    assert not inferred.rates_hz[~inferred.valid].any()


def test_noisier_than_any_training_is_read_as_the_noisiest():
    inferred = infer_rates(DFF * 20, frame_rate_hz=24.0)
    assert (inferred.noise_levels > 10.5).all()
    assert inferred.network_levels.tolist() == [10.0, 10.0]


def test_silent_neurons_are_in_no_mean():
    counts = np.random.default_rng(1).poisson(0.2, (6, 48, 3)).astype(np.uint8)
    counts[..., 1] = 0
    spikes = SpikeCounts(counts, 24.0)
    np.testing.assert_array_equal(np.isnan(correlations(spikes, bin_s=0.25)), np.tile([True, False, True], (6, 1)))
    rates = counts.mean(axis=1) * 24.0
    comparison = compare_firing_rates(rates, rates + 1.0)
    assert comparison.silent_recorded == (1,)
    assert np.isnan(comparison.wasserstein[1])
    assert comparison.to_json()["wasserstein"] == {"mean": pytest.approx(1.0), "std": pytest.approx(0.0), "n": 2,
                                                   "ci95": pytest.approx([1.0, 1.0])}  # fmt: skip


def test_unsorted_spikes_are_sorted():
    train = neo_train([1.5, 0.25, 0.75], t_stop_s=2.0)
    assert train.magnitude.tolist() == [0.25, 0.75, 1.5]
    assert (float(train.t_start), float(train.t_stop), str(train.units.dimensionality)) == (0.0, 2.0, "s")


@pytest.mark.parametrize(
    ("times_s", "got"),
    [
        ([0.5, 85.4, 90.0], "2 of 3 outside, the first is 85.4 s"),
        ([-0.1, 0.5], "1 of 2 outside, the first is -0.1 s"),
        ([0.5, np.inf], "1 of 2 outside, the first is inf s"),
    ],
)
def test_spikes_beyond_the_ends(times_s, got):
    with pytest.raises(RecordingError) as caught:
        neo_train(times_s, t_stop_s=2048 / 24)
    assert str(caught.value) == (
        f"spike times: got {got}, expected times in seconds between 0 and 85.3333 s. "
        "Fix: check the unit and the start of the recording, or leave these spikes out"
    )


def test_spikes_of_counts_end_with_the_recording():
    counts = np.zeros((2048, 1), np.uint8)
    counts[[0, -1]] = 3
    (train,) = neo_trains(counts, frame_rate_hz=24.0)
    assert float(train.t_stop) == pytest.approx(2048 / 24)
    assert (np.diff(train.magnitude) > 0).all()
    assert train.magnitude[-1] < 2048 / 24


def test_spikes_of_other_lengths_are_not_compared():
    first, second = (SpikeCounts(np.ones((2, n, 1), np.uint8), 24.0) for n in (48, 49))
    with pytest.raises(
        RecordingError, match=r"got 1 neurons x 48 frames at 24 Hz, and 1 x 49 at 24 Hz, expected the same"
    ):
        distances(first, second)
