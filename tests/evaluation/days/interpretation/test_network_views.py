"""What each network is explained with, and what is made of an explanation."""

from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation.views import NetworkView, explain
from cyclegan_neuro.interpret.views import Explanation
from cyclegan_neuro.systems.cyclegan import views
from cyclegan_neuro.systems.cyclegan.views import view_networks
from cyclegan_neuro.windows.prepared import NeuronOrder
from cyclegan_neuro.windows.scaling import Scaling


class RecordedView:
    """Notes what a view is asked for."""

    def __init__(self, network, **options):
        self.network, self.options = network, options


@pytest.fixture
def recorded(monkeypatch):
    monkeypatch.setattr(views, "View", RecordedView)


ORDER = np.array([2, 0, 1])
PREPARED = SimpleNamespace(
    x=SimpleNamespace(scaling=Scaling(np.array([0.0, 1, 2]), np.array([3.0, 4, 5]))),
    y=SimpleNamespace(scaling=Scaling(np.array([0.5, 1.5, 2.5]), np.array([6.0, 7, 8]))),
    order=NeuronOrder("demo", ORDER),
)


def trainer_with(*layers):
    generator = SimpleNamespace(layers=[SimpleNamespace(name=name) for name in layers])
    return SimpleNamespace(discriminator_x="D_X", discriminator_y="D_Y", generator_g=generator, generator_f=generator)


RESNET = ("down_1", *(f"residual_{i}" for i in range(1, 11)), "residual_10_norm_2", "residual_extra", "output")


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(("setting", "score"), [("change", "change"), ("output", "absolute")])
def test_layers_scores_and_days_of_the_four_networks(setting, score):
    trainer = trainer_with(*RESNET, "attention_gate_2_mask", "attention_gate_1_mask", "input_gate")
    found = view_networks(trainer, InterpretationSection(generator_score=setting), PREPARED)
    discriminator = {"grad_cam_layer": "down_3", "layer_cam_layer": "down_2"}
    generator = {
        "grad_cam_layer": "residual_10", "layer_cam_layer": "residual_10", "score": score,
        "masks": ["attention_gate_1_mask", "attention_gate_2_mask", "input_gate"],
    }  # fmt: skip
    scalings = [one.view.options.pop("scalings", None) for one in found]
    assert [(one.name, one.day, one.is_generator, one.view.options) for one in found] == [
        ("D_X", "x", False, discriminator),
        ("D_Y", "y", False, discriminator),
        ("G", "x", True, generator),
        ("F", "y", True, generator),
    ]
    assert [one.view.network for one in found[:2]] == ["D_X", "D_Y"]
    assert scalings[:2] == [None, None]
    for (before, after), name in zip(scalings[2:], ("G", "F"), strict=True):  # in the order of the networks
        assert before.minimum.tolist() == ([2, 0, 1] if name == "G" else [2.5, 0.5, 1.5])
        assert after.maximum.tolist() == ([8, 6, 7] if name == "G" else [5, 3, 4])


@pytest.mark.usefixtures("recorded")
def test_networks_without_gates_have_no_masks_and_the_identity_no_view():
    assert view_networks(trainer_with(*RESNET), InterpretationSection(), PREPARED)[2].view.options["masks"] == []
    found = view_networks(trainer_with("window", "output"), InterpretationSection(), PREPARED)
    assert [one.name for one in found] == ["D_X", "D_Y"]


@pytest.mark.usefixtures("recorded")
def test_every_network_can_be_exchanged_for_another_one():
    exchange = {"exchange": lambda network: [network]}
    found = view_networks(trainer_with(*RESNET), InterpretationSection(), PREPARED, **exchange)
    assert [len(one.view.network) for one in found] == [1, 1, 1, 1]
    assert found[0].view.network == ["D_X"]


WINDOWS = np.array([[[1.0, 2.0], [3.0, 6.0]]], np.float32)
FOUND = Explanation(
    grad_cam=np.full((1, 1, 1), 7.0),
    gradient=np.array([[[-1.0, 2.0], [3.0, -4.0]]]),
    layer_cam=np.full((1, 1, 2), 5.0),
    masks={
        "attention_gate_1_mask": np.array([[[0.25, 0.5]]]),
        "input_gate": np.array([[[0.75, 1.0], [0.0, 0.5]]]),
    },
    change=np.array([[[0.5, 0.0], [-2.0, 1.0]]]),
)


class FoundView:
    def explain(self, windows, known):
        return FOUND

    def smooth_grad(self, windows, known, **options):
        return options


def test_maps_of_a_generator_by_hand():
    """Deviations from the neurons' means 2 and 4 are -1 and -2, then 1 and 2."""
    maps = explain(NetworkView("G", "x", FoundView(), None), WINDOWS, InterpretationSection())
    expected = {
        "grad_cam": FOUND.grad_cam,
        "layer_cam": FOUND.layer_cam,
        "saliency": [[[1, 2], [3, 4]]],
        "gradient_input": [[[1, 4], [3, 8]]],
        "attention_gate_1": [[[0.25, 0.5]]],
        "input_gate": [[[0.25, 0], [1, 0.5]]],
        "change": [[[0.5, 0], [2, 1]]],
    }
    assert maps.keys() == expected.keys()
    for method, values in expected.items():
        np.testing.assert_array_equal(maps[method], values)


def test_saliency_is_smooth_grad_where_copies_are_asked_for():
    section = InterpretationSection(smooth_samples=3, smooth_noise=0.2, seed=9)
    maps = explain(NetworkView("D_X", "x", FoundView(), None), WINDOWS, section)
    assert maps["saliency"] == {"samples": 3, "noise": 0.2, "seed": 9}
