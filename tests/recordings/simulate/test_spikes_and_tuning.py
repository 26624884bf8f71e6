"""Spike counts, tuning and learning, part by part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from cyclegan_neuro.recordings.recording import Behaviour
from cyclegan_neuro.recordings.simulate.learning import SHARES, learn
from cyclegan_neuro.recordings.simulate.streams import PURPOSES, neuron_generators, poisson_counts, purpose_streams
from cyclegan_neuro.recordings.simulate.tuning import Context, Tuning, draw_tuning, firing_rate_hz


@given(seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_counts_are_those_of_the_inverse_distribution_function(seed):
    rng = np.random.default_rng(seed)
    expected, uniform = rng.gamma(0.5, 2.0, (50, 4)), rng.random((50, 4))
    np.testing.assert_array_equal(poisson_counts(expected, uniform=uniform), poisson.ppf(uniform, expected))


def test_more_expected_spikes_never_give_fewer():
    uniform = np.random.default_rng(1).random((1000, 1))
    few, many = (poisson_counts(np.full((1000, 1), rate), uniform=uniform) for rate in (0.2, 0.9))
    assert (many >= few).all()
    assert many.mean() == pytest.approx(0.9, abs=0.1)


def test_no_expected_spikes_give_none_and_endless_ones_end():
    assert poisson_counts(np.zeros((3, 1)), uniform=np.full((3, 1), 0.999)).sum() == 0
    assert poisson_counts(np.full((1, 1), 400.0), uniform=np.full((1, 1), 0.5)).item() == 255


def one_neuron(**values):
    names = (
        "background_hz",
        "field_cm",
        "field_width_cm",
        "field_gain_hz",
        "zone_gain_hz",
        "running_gain_hz",
        "speed_slope",
        "state_loading",
        "private_loading",
    )
    zeros = dict.fromkeys(names, 0.0) | {"field_width_cm": 10.0}
    return Tuning(**{k: np.array([v]) for k, v in (zeros | values).items()})


def context(position, speed, *, state=0.0, shift=0.0, gain=1.0):
    n = len(position)
    return Context(
        Behaviour(
            position_cm=np.array(position, np.float32),
            speed_cm_s=np.array(speed, np.float32),
            trial=np.zeros(n, np.int32),
        ),
        state=np.full(n, state),
        private=np.zeros((n, 1)),
        lap_gain=np.full((1, 1), gain),
        lap_shift_cm=np.full((1, 1), shift),
    )


def test_firing_rate_by_hand():
    place = one_neuron(background_hz=1.0, field_cm=50.0, field_gain_hz=8.0, speed_slope=0.5)
    at_centre, one_width_off = firing_rate_hz(place, context([50.0, 60.0], [30.0, 30.0]))[:, 0]
    assert at_centre == pytest.approx(9.0)
    assert one_width_off == pytest.approx(1.0 + 8.0 * np.exp(-0.5))
    assert firing_rate_hz(place, context([50.0], [60.0])).item() == pytest.approx(1.0 + 8.0 * 1.5)
    assert firing_rate_hz(place, context([50.0], [30.0], gain=0.25)).item() == pytest.approx(3.0)
    assert firing_rate_hz(place, context([53.0], [30.0], shift=3.0)).item() == pytest.approx(9.0)
    zone = one_neuron(zone_gain_hz=4.0, running_gain_hz=2.0)
    assert firing_rate_hz(zone, context([130.0], [15.0])).item() == pytest.approx(1.0 + 4.0)
    state = one_neuron(background_hz=2.0, state_loading=0.5)
    assert firing_rate_hz(state, context([0.0], [0.0], state=1.0)).item() == pytest.approx(2.0 * np.exp(0.375))


@given(n_neurons=st.integers(8, 400), seed=st.integers(0, 100))
@settings(deadline=None, max_examples=30)
def test_learning_leaves_the_others_exactly_as_they_were(n_neurons, seed):
    before = draw_tuning(n_neurons, rng=np.random.default_rng([seed, 1]))
    after, change = learn(before, rng=np.random.default_rng([seed, 2]))
    stays = change == "none"
    for name in Tuning.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(before, name)[stays], getattr(after, name)[stays])
    assert set(change) <= {"none", *SHARES}
    assert 0.2 < 1 - stays.mean() < 0.6
    assert (after.background_hz == before.background_hz).all()


def test_streams_are_independent_of_each_other_and_of_the_other_neurons():
    streams = purpose_streams(1, 2)
    numbers = [np.random.default_rng(streams[p]).random() for p in PURPOSES]
    assert len(set(numbers)) == len(PURPOSES)
    alone = neuron_generators(streams["novice_spikes"], range(5, 6))[0].random()
    together = neuron_generators(streams["novice_spikes"], range(0, 10))[5].random()
    assert alone == together
