"""What a generator changes is measured in ΔF/F: each day is scaled by its own minimum and maximum."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation.measure import choose_coordinate, map_networks
from cyclegan_neuro.interpret.scores import auroc
from cyclegan_neuro.systems.cyclegan.views import view_networks
from cyclegan_neuro.windows import scaling

COVERED = np.arange(96) < 60
GENERATORS = (("G", "x", "y"), ("F", "y", "x"))


def pair_scaled(pair, mode):
    """The pair with each day's own scaling; day y is brighter, its neurons each by another factor."""
    factors = np.linspace(1.2, 3.0, 5, dtype=np.float32)
    days = {}
    for name, factor in (("x", np.float32(1)), ("y", factors)):
        recording = pair[name].recording
        truth = replace(recording.truth, other_day_dff=recording.truth.other_day_dff * factor)
        recording = replace(recording, dff=recording.dff * factor, truth=truth)
        limits = scaling.fit(recording.dff, covered=COVERED, mode=mode)
        values = scaling.apply(recording.dff, limits)[:, pair.order.columns]
        days[name] = replace(pair[name], recording=recording, scaling=limits, values=values)
    return replace(pair, **days)


def generator(pair, source, target, added_dff):
    """The network, from one day's scale to the other's, that adds ``added_dff`` (neuron,) to a window."""
    before, after = (pair[day].scaling for day in (source, target))
    extent = after.maximum - after.minimum
    gain = (before.maximum - before.minimum) / extent
    shift = (before.minimum - after.minimum + added_dff) / extent
    gain, shift = (values[pair.order.columns][:, None] for values in (gain, shift))
    inputs = keras.Input((16, 5, 1))
    return keras.Model(inputs, keras.layers.Rescaling(gain, shift, name="residual_1")(inputs))


def discriminator():
    """One that passes on what it sees; here generators are looked at."""
    inputs = tensor = keras.Input((16, 5, 1))
    for name in ("down_2", "down_3"):
        tensor = keras.layers.Identity(name=name)(tensor)
    return keras.Model(inputs, tensor)


@pytest.fixture(params=["day", "neuron"])
def pair(request, make_pair):
    """Two days that share no scaling."""
    return pair_scaled(make_pair(truth=True, position=True), request.param)


def maps_of(pair, added_dff, **settings):
    generators = {f"generator_{name.lower()}": generator(pair, *days, added_dff) for name, *days in GENERATORS}
    trainer = SimpleNamespace(discriminator_x=discriminator(), discriminator_y=discriminator(), **generators)
    section = InterpretationSection(position_bin_cm=10.0, **settings)

    def views(**exchange):
        return [] if exchange else view_networks(trainer, section, pair)

    return map_networks(section, pair, views, coordinate=choose_coordinate(section, pair))[0]


@pytest.mark.parametrize("score", ["change", "output"])
def test_a_generator_that_leaves_dff_alone_changes_nothing(pair, score):
    maps = maps_of(pair, np.zeros(5), generator_score=score)
    for name, source, _ in GENERATORS:
        brightest = np.abs(pair[source].recording.dff).max()
        np.testing.assert_allclose(maps[name]["change"].place, 0, atol=1e-6 * brightest)


def test_a_perfect_generator_changes_what_learning_changed_and_nothing_else(pair):
    """Learning added 0.5 to the first two of five neurons."""
    changed = pair.x.recording.truth.changed
    maps = maps_of(pair, 0.5 * changed)
    for name, _, _ in GENERATORS:
        found = maps[name]["change"]
        np.testing.assert_allclose(found.place, np.broadcast_to(0.5 * changed, (16, 5)), atol=1e-5)
        assert auroc(found.neurons, changed) == 1.0


def test_the_score_whose_gradient_is_taken_is_the_change_in_dff(pair):
    """Of 16 x 5 cells each changes by 0.5, and a step of the scaled input changes none: gain and extent cancel."""
    maps = maps_of(pair, np.full(5, 0.5))
    for name, _, _ in GENERATORS:
        np.testing.assert_allclose(maps[name]["saliency"].place, 0, atol=1e-7)
