"""Moments in two states of the population that are inferred from it."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.places import Places, statistics_per_place
from cyclegan_neuro.evaluation.days.baselines.states import PlaceMomentsState, _between_two_means
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.windows.prepared import Starts


def test_two_groups_are_parted_between_their_means():
    assert _between_two_means(np.array([0.0, 0.2, 5.0, 0.1, 5.2])) == pytest.approx((0.2 + 5.0) / 2)


def test_a_neuron_that_begins_to_follow_the_state_does_so_in_the_translation(make_pair):
    """Most neurons follow a state on both days, the last one on day y alone: G(x) has it, F(y) has it not."""
    prepared = make_pair()
    rng, days, state, n_frames = np.random.default_rng(3), {}, {}, 2000
    starts = Starts(np.arange(0, n_frames - 16, 8), np.array([48]), np.array([64]))
    for day in ("x", "y"):
        state[day] = np.arange(n_frames) // 40 % 2 == (day == "y")
        follows = np.ones(prepared.n_neurons)
        follows[-1] = day == "y"
        dff = (0.3 * rng.standard_normal((n_frames, len(follows))) + 2.0 * state[day][:, None] * follows).astype(
            np.float32
        )
        days[day] = replace(prepared[day], recording=replace(prepared[day].recording, dff=dff), starts=starts)
    prepared = replace(prepared, **days)
    places = Places("position", 1, {day: np.zeros(n_frames, int) for day in ("x", "y")})
    found = PlaceMomentsState.fit(prepared, places, *statistics_per_place(prepared, places))
    assert found.name == "position_moments_state"
    for move, source, gained in ((found.forward, "x", 2.0), (found.backward, "y", 0.0)):
        frames = Frames(source, np.arange(n_frames)[None])
        made = move(prepared[source].recording.dff[None], frames)[0]
        apart = made[state[source]].mean(axis=0) - made[~state[source]].mean(axis=0)
        np.testing.assert_allclose(apart[:-1], 2.0, atol=0.2)
        assert apart[-1] == pytest.approx(gained, abs=0.3)
