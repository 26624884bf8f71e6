"""One traced graph for networks that are built alike."""

import keras
import numpy as np
import pytest

from cyclegan_neuro.interpret.passes import Pass
from cyclegan_neuro.interpret.views import View, untrained
from cyclegan_neuro.windows.scaling import Scaling

LIMITS = np.linspace(0.0, 1.0, 12, dtype=np.float32)
X, Y = Scaling(LIMITS - 1, LIMITS + 1), Scaling(-LIMITS, 2 * LIMITS + 0.5)
METHODS = ("grad_cam", "gradient", "layer_cam", "change")


def view_of(network, scalings=(X, Y), layer="residual"):
    return View(network, grad_cam_layer=layer, layer_cam_layer=layer, score="change", scalings=scalings)


@pytest.fixture
def traced(monkeypatch):
    """Networks that are traced from now on; nothing that was traced before is used."""
    found, init = [], Pass.__init__

    def noted(self, network, *rest):
        found.append(network)
        init(self, network, *rest)

    monkeypatch.setattr(Pass, "__init__", noted)
    monkeypatch.setattr(Pass, "_alive", type(Pass._alive)())
    return found


def test_networks_built_alike_share_a_graph_and_keep_their_weights_and_scalings(build_network, windows, traced):
    g, f = build_network(seed=1), build_network(seed=2)
    alone = []
    for given in ((g,), (f, (Y, X))):
        alone.append(view_of(*given).explain(windows))
        Pass._alive.clear()
    traced.clear()
    views = [view_of(g), view_of(f, (Y, X)), view_of(untrained(f), (Y, X))]
    assert traced == [g]
    of_g, of_f, fresh = (view.explain(windows) for view in views)
    for method in METHODS:
        for found, expected in ((of_g, alone[0]), (of_f, alone[1]), (fresh, alone[1])):
            np.testing.assert_array_equal(getattr(found, method), getattr(expected, method))
        assert not np.allclose(getattr(of_g, method), getattr(of_f, method))


def test_what_differs_in_more_than_weights_is_traced_anew(build_network, traced):
    network = build_network()
    bent = [network_with_slope(network, slope) for slope in (0.2, 0.4)]
    views = [view_of(network), view_of(network, layer="down"), *map(view_of, (build_network(1), *bent, network))]
    assert len(views) == 6
    assert len(traced) == 5


def network_with_slope(network, slope):
    def bent(layer):
        config = layer.get_config()
        return layer.__class__.from_config(config | ({"negative_slope": slope} if "negative_slope" in config else {}))

    return keras.models.clone_model(network, clone_function=bent)
