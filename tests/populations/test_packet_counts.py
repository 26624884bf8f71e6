"""Whole packets counted by hand; what a Gaussian with the right correlations makes of them."""

import numpy as np
import pytest

from cyclegan_neuro.populations.baselines.dichotomized_gaussian import fit_dichotomized_gaussian
from cyclegan_neuro.populations.packet_counts import count_packets, packet_shares, share_of
from cyclegan_neuro.populations.sections import PacketsSection
from cyclegan_neuro.populations.simulate.packets import simulate_packets

GROUPS = np.array([[2, 0, 1]])


def test_a_packet_counts_where_all_of_its_spikes_are_in_place():
    whole, late = np.zeros((2, 1, 9, 3), np.uint8)
    whole[0, [0, 1, 2, 6, 7, 8], [2, 0, 1, 2, 0, 1]] = 1  # twice, to the last bin
    late[0, [0, 1, 3], [2, 0, 1]] = 1  # the last spike comes a bin later
    assert count_packets(whole, GROUPS).tolist() == [2]
    assert count_packets(late, GROUPS).tolist() == [0]
    assert count_packets(late, GROUPS, slack_bins=1).tolist() == [1]
    assert count_packets(whole, GROUPS, slack_bins=1).tolist() == [2]  # neighbouring bins count once
    assert count_packets(np.zeros((3, 6, 3), np.uint8), GROUPS).tolist() == [0]


def test_simulated_packets_are_found_as_often_as_they_were_put_there():
    simulated = simulate_packets(PacketsSection(n_samples=300), seed=1)
    wanted = np.bincount(simulated.truth.onsets[:, 1], minlength=4)
    assert count_packets(simulated.samples, simulated.truth.groups).tolist() == wanted.tolist()


def test_jittered_packets_are_found_with_slack():
    simulated = simulate_packets(PacketsSection(n_samples=300, jitter_bins=0.5), seed=1)
    wanted = np.bincount(simulated.truth.onsets[:, 1], minlength=4)
    assert (count_packets(simulated.samples, simulated.truth.groups) < 0.2 * wanted).all()
    found = count_packets(simulated.samples, simulated.truth.groups, slack_bins=1)
    np.testing.assert_allclose(found, wanted, rtol=0.05)


def test_shares_and_their_intervals():
    """Against the exact interval of a Poisson rate where the other one is known well."""
    one, nothing, unknown, _ = share_of(np.array([20, 0, 3]), 100, np.array([10**6, 10**6, 0]), 10**5)
    assert one.value == pytest.approx(0.02, rel=1e-6)
    assert (one.low, one.high) == pytest.approx((0.01222, 0.03089), rel=1e-3)  # chi-square tables: 12.22, 30.89
    assert (nothing.value, nothing.low) == (0.0, 0.0)
    assert nothing.high == pytest.approx(3.689e-3, rel=1e-3)
    assert np.isnan([unknown.value, unknown.low, unknown.high]).all()


def test_correlations_of_pairs_do_not_make_whole_packets():
    """The share falls with every spike that has to be in place: three of eight do not tell the models apart."""
    simulated = simulate_packets(PacketsSection(n_samples=1500, n_bins=24, n_neurons=8, rate=0.05), seed=1)
    samples = simulated.samples
    drawn = fit_dichotomized_gaussian(samples).sample(1500, seed=0)
    options = {"recorded": samples, "floor": "halves", "jitter_bins": 0.0}
    whole = packet_shares({"gaussian": drawn}, groups=simulated.truth.groups, **options).shares
    part = packet_shares({"gaussian": drawn}, groups=simulated.truth.groups[:, :3], **options).shares
    assert whole["gaussian"][-1].high < 0.6 < 0.7 < part["gaussian"][-1].low
    assert whole["halves"][-1].low < 1 < whole["halves"][-1].high
