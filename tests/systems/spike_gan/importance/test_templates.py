"""Averages around packets by hand; packets found again where they were put."""

import numpy as np
import pytest

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.systems.spike_gan.importance.templates import average_aligned, find_packets, template_correlation

PACKET = np.array([[1.0, 0, 0, 0], [0, 0, 1.0, 0], [0, 0.5, 0, 0]])


def maps_with_packets(first_bins, *, noise=0.0, n_bins=20):
    rng = np.random.default_rng(1)
    maps = noise * rng.random((len(first_bins), n_bins, PACKET.shape[1]))
    for each, first in zip(maps, first_bins, strict=True):
        each[first : first + len(PACKET)] += PACKET
    return maps


def test_average_by_hand():
    """Packet 0 at bins 0 and 2; packet 1 and a packet that leaves the sample do not count."""
    maps = np.arange(10.0).reshape(1, 5, 2)
    onsets = np.array([[0, 0, 0], [0, 0, 2], [0, 1, 1], [0, 0, 4], [0, 0, -1]])
    np.testing.assert_array_equal(average_aligned(maps, onsets, packet=0, packet_bins=2), [[2, 3], [4, 5]])


def test_average_without_the_packet():
    assert np.isnan(average_aligned(np.zeros((1, 5, 2)), np.array([[0, 0, 0]]), packet=3, packet_bins=2)).all()


def test_template_correlation():
    rng = np.random.default_rng(0)
    average, template = rng.random((4, 3)), rng.random((4, 3)) < 0.3
    expected = np.corrcoef(average.ravel(), template.ravel())[0, 1]
    assert template_correlation(average, template) == pytest.approx(expected, abs=1e-12)
    assert template_correlation(-3 * PACKET + 7, PACKET) == pytest.approx(-1)
    assert np.isnan(template_correlation(np.ones((4, 3)), template))


@pytest.mark.parametrize("noise", [0.0, 0.15])
def test_packets_are_found_where_they_are(noise):
    first_bins = [0, 5, 17, 9, 9, 12, 3]
    template, found = find_packets(maps_with_packets(first_bins, noise=noise), packet_bins=3)
    np.testing.assert_array_equal(found, first_bins)
    assert template_correlation(template, PACKET) > 0.98


def test_a_start_off_the_packet_moves_onto_it():
    """In the first sample, the strongest, a lone event right before the packet draws the first template away."""
    maps = maps_with_packets([6, 2, 10, 12, 5, 9])
    maps[0, 4, 3] = 2.0
    _, found = find_packets(maps, packet_bins=3)
    np.testing.assert_array_equal(found[1:], [2, 10, 12, 5, 9])


def test_same_maps_same_packets():
    maps = maps_with_packets([4, 8, 2], noise=0.5).astype(np.float32)
    first, second = (find_packets(maps, packet_bins=3) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_maps_without_importance_have_an_empty_template():
    template, _ = find_packets(np.zeros((3, 6, 2)), packet_bins=6)
    assert not template.any()


@pytest.mark.parametrize("packet_bins", [0, 7])
def test_packets_longer_than_samples(packet_bins):
    with pytest.raises(WindowError, match=f"packet_bins: got {packet_bins} bins, expected 1 to 6"):
        find_packets(np.zeros((3, 6, 2)), packet_bins=packet_bins)
