"""What TensorBoard shows, from small untrained networks."""

import gc
import weakref
from functools import partial

import keras
import numpy as np

from cyclegan_neuro.interpret.centres import CellCentres
from cyclegan_neuro.interpret.resolution import to_window
from cyclegan_neuro.systems.cyclegan import training_figures as module
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.model import build_cyclegan
from cyclegan_neuro.systems.cyclegan.training_figures import training_figures
from cyclegan_neuro.systems.optimizers import precision

MAPS = {"attention/grad_cam", "attention/layer_cam", "attention/saliency"}
ALWAYS = {"cycles/traces", "cycles/population"}


def config(generator="agresnet", **evaluation):
    model = {"generator": generator, "filters": 4, "residual_blocks": 1, "dropout": 0.0}
    return Config(model=model, evaluation={"interpretation": evaluation}, training={"jit_compile": False},
                  report={"n_traces": 1})  # fmt: skip


def panel(figure, title):
    (axes,) = (axes for axes in figure.axes if axes.get_title(loc="left") == title)
    return axes


def saliency_of_d_x(figures):
    return np.array(panel(figures["attention/saliency"], "D_X on X: saliency").images[0].get_array())


def networks_of(figure):
    titles = (axes.get_title(loc="left") for axes in figure.axes)
    return [title.removesuffix(": saliency") for title in titles if title]


def test_all_networks_are_explained(make_pair):
    prepared, settings = make_pair(truth=True), config("agresnet_1d")
    figures = training_figures(settings, prepared, build_cyclegan(settings, prepared))
    assert figures.keys() == ALWAYS | MAPS | {"attention/masks"}
    assert networks_of(figures["attention/saliency"]) == ["D_X on X", "D_Y on Y", "G on X", "F on Y"]
    assert panel(figures["attention/saliency"], "D_X on X: saliency").images
    assert not panel(figures["attention/layer_cam"], "D_X on X: LayerCAM").images  # neurons are channels


def test_masks_lie_where_the_features_lie_that_they_let_pass(make_pair):
    prepared, settings = make_pair(truth=True), config()
    trainer = build_cyclegan(settings, prepared)
    figure = training_figures(settings, prepared, trainer)["attention/masks"]
    gates = [f"attention_gate_{number}_mask" for number in (1, 2)]
    network = trainer.generator_g
    tapped = keras.Model(network.input, [network.get_layer(name).output for name in gates])
    window = prepared.x.values[48:64][None]
    offsets = CellCentres(network, {1: "down_2", 2: "down_1"}).offsets(window)
    for gate, mask in enumerate(tapped(window[..., None]), start=1):
        drawn = panel(figure, f"G on X: mask AG{gate}").images[0]
        whole = to_window(np.array(mask)[..., 0], window_frames=16, n_neurons=5, offset=offsets[gate])[0]
        np.testing.assert_allclose(drawn.get_array(), whole.T, atol=1e-5)
        assert drawn.get_clim() == (0.0, 1.0)


def test_interpretation_that_is_off_is_not_drawn(make_pair):
    prepared, settings = make_pair(truth=True), config(enabled=False)
    assert training_figures(settings, prepared, build_cyclegan(settings, prepared)).keys() == ALWAYS


def test_views_are_built_once_follow_the_weights_and_go_with_their_trainer(make_pair, monkeypatch):
    prepared, settings = make_pair(truth=True), config("identity")
    built = []
    original = module.view_networks
    monkeypatch.setattr(module, "view_networks", lambda *arguments: built.append(1) or original(*arguments))
    with precision("mixed_bfloat16"):
        trainer = build_cyclegan(settings, prepared)
    draw = partial(training_figures, settings, prepared, trainer)
    figures = draw()
    assert figures.keys() == ALWAYS | MAPS
    assert networks_of(figures["attention/saliency"]) == ["D_X on X", "D_Y on Y"]  # the identity explains nothing
    assert panel(figures["attention/layer_cam"], "D_X on X: LayerCAM").images
    first = saliency_of_d_x(figures)
    np.testing.assert_allclose(saliency_of_d_x(draw()), first, rtol=0, atol=1e-4 * first.max())
    for weight in trainer.discriminator_x.trainable_variables:
        weight.assign(np.random.default_rng(0).normal(size=weight.shape))
    assert not np.allclose(saliency_of_d_x(draw()), first, rtol=0.1)
    assert built == [1]
    gone = weakref.ref(trainer)
    del trainer, draw
    gc.collect()
    assert gone() is None
