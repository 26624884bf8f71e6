"""One pass over the test windows, with networks that treat every cell alike."""

from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.interpretation import measure
from cyclegan_neuro.evaluation.days.interpretation.measure import choose_coordinate, map_networks
from cyclegan_neuro.evaluation.days.interpretation.views import NetworkView
from cyclegan_neuro.systems.cyclegan.views import view_networks

ARRAYS = ("neurons", "place", "positional")
METHODS = {"grad_cam", "layer_cam", "saliency", "gradient_input"}
OF_GENERATORS = METHODS | {"attention_gate_1", "input_gate", "change"}


def maps_of(pair, trainer, section, *, control=False):
    """Maps of the trainer's networks and, with ``control``, of untrained ones, which take as long."""

    def views(**exchange):
        return view_networks(trainer, section, pair, **exchange) if control or not exchange else []

    with trainer.average_weights():
        return map_networks(section, pair, views, coordinate=choose_coordinate(section, pair))


def assert_same_maps(found, expected, *, share):
    """To a ``share`` of the largest value of each map: float32 sums depend on the order in which they are taken."""
    assert {network: set(methods) for network, methods in found.items()} == {
        network: set(methods) for network, methods in expected.items()
    }
    for network, methods in expected.items():
        for method, one in methods.items():
            for name in ARRAYS:
                ours, theirs = getattr(found[network][method], name), getattr(one, name)
                tolerance = {"rtol": 0, "atol": share * np.nanmax(np.abs(theirs))}
                np.testing.assert_allclose(ours, theirs, err_msg=f"{network} {method} {name}", **tolerance)


@pytest.fixture
def scaled(pointwise_trainer):
    """A trainer whose weights are twice the initial ones."""
    trainer = pointwise_trainer()
    for network in (trainer.generator_g, trainer.generator_f, trainer.discriminator_x, trainer.discriminator_y):
        network.set_weights([2 * weights for weights in network.get_weights()])
    return trainer


def test_maps_are_in_the_users_order(make_pair, pointwise_trainer, section):
    trainer, orders = pointwise_trainer(), [(0, 1, 2, 3, 4), (3, 0, 4, 2, 1)]
    plain, ordered = (maps_of(make_pair(position=True, columns=order), trainer, section)[0] for order in orders)
    assert_same_maps(ordered, plain, share=1e-3)
    assert {network: set(methods) for network, methods in plain.items()} == {
        "D_X": METHODS, "D_Y": METHODS, "G": OF_GENERATORS, "F": OF_GENERATORS,
    }  # fmt: skip
    example = plain["D_X"]["saliency"].example
    np.testing.assert_allclose(ordered["D_X"]["saliency"].example, example[:, [3, 0, 4, 2, 1]], rtol=1e-3)
    assert not np.allclose(plain["D_X"]["saliency"].neurons[0], plain["D_X"]["saliency"].neurons[1:], rtol=1e-3)


def test_a_mask_is_averaged_over_the_windows_of_its_day(make_pair, pointwise_trainer, section):
    pair, trainer = make_pair(position=True), pointwise_trainer()
    found, _ = maps_of(pair, trainer, section)
    for name, day, network in (("G", pair.x, trainer.generator_g), ("F", pair.y, trainer.generator_f)):
        windows = day.windows(day.starts.test, 16)
        gate = keras.Model(network.input, network.get_layer("input_gate").output)(windows[..., None]).numpy()[..., 0]
        expected = (1 - gate).mean(axis=0)[:, pair.order.inverse]
        np.testing.assert_allclose(found[name]["input_gate"].place, expected, rtol=1e-4)
        np.testing.assert_allclose(found[name]["input_gate"].neurons, expected.mean(axis=0), rtol=1e-4)
        np.testing.assert_allclose(found[name]["input_gate"].example, 1 - gate[1], rtol=1e-4)
        assert found[name]["input_gate"].positional.shape == (11, 5)


def test_averaged_weights_are_used_and_put_back_and_the_control_has_initial_ones(
    make_pair, pointwise_trainer, scaled, section
):
    """The trainer's average is twice its initial weights; so are the weights of the other trainer."""
    trainer = pointwise_trainer()
    networks = (trainer.generator_g, trainer.generator_f, trainer.discriminator_x, trainer.discriminator_y)

    @contextmanager
    def average_weights():
        kept = [network.get_weights() for network in networks]
        for network, weights in zip(networks, kept, strict=True):
            network.set_weights([2 * values for values in weights])
        yield
        for network, weights in zip(networks, kept, strict=True):
            network.set_weights(weights)

    trainer.average_weights = average_weights
    pair, before = make_pair(position=True), trainer.generator_g.get_weights()
    averaged, _ = maps_of(pair, trainer, section)
    doubled, untrained = maps_of(pair, scaled, section, control=True)
    assert_same_maps(averaged, doubled, share=1e-4)
    for now, then in zip(trainer.generator_g.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)

    trainer.average_weights = nullcontext
    initial, _ = maps_of(pair, trainer, section)
    assert_same_maps(untrained, initial, share=1e-4)
    assert not np.allclose(doubled["D_X"]["saliency"].place, initial["D_X"]["saliency"].place, rtol=0.05)


@pytest.mark.parametrize(("max_windows", "n_trained", "n_untrained"), [(200, 3, 2), (2, 2, 2)])
def test_windows_are_explained_in_chunks_and_untrained_networks_on_fewer(
    make_pair, section, monkeypatch, max_windows, n_trained, n_untrained
):
    nowhere = SimpleNamespace(offsets=lambda windows, seed, known: {})
    networks = [NetworkView("D_X", "x", None, nowhere), NetworkView("F", "y", None, nowhere)]
    calls = []

    def explain(network, windows, section, known):
        calls.append((network.name, len(windows)))
        return {"flat": np.ones_like(windows)}

    monkeypatch.setattr(measure, "explain", explain)
    monkeypatch.setattr(measure, "_CELLS_PER_CALL", 2 * 16 * 5)
    monkeypatch.setattr(measure, "_UNTRAINED_WINDOWS", 2)
    section = section.model_copy(update={"max_windows": max_windows})
    pair = make_pair(position=True)
    found = map_networks(section, pair, lambda **_: networks, coordinate=choose_coordinate(section, pair))
    for network in ("D_X", "F"):
        sizes = [size for name, size in calls if name == network]
        assert sum(sizes) == n_trained + n_untrained
        assert max(sizes) <= 2
    np.testing.assert_array_equal(found[0]["F"]["flat"].neurons, np.ones(5))
