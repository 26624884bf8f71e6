"""Which layer, which score and which day each of the four networks is explained with."""

from __future__ import annotations

from types import MappingProxyType

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation.views import NetworkView
from cyclegan_neuro.interpret.centres import CellCentres
from cyclegan_neuro.interpret.views import View
from cyclegan_neuro.windows.prepared import NeuronOrder, PreparedPair
from cyclegan_neuro.windows.scaling import Scaling

__all__ = ["MASKS", "view_networks"]

MASKS = ("attention_gate_1_mask", "attention_gate_2_mask", "input_gate")
_DISCRIMINATOR_LAYERS = {"grad_cam_layer": "down_3", "layer_cam_layer": "down_2"}
_GATED = {"attention_gate_1": "down_2", "attention_gate_2": "down_1"}  # mask → the features that it lets pass
_SCORES = {"output": "absolute", "change": "change"}


def view_networks(
    trainer, section: InterpretationSection, prepared: PreparedPair, *, exchange=lambda network: network
) -> list[NetworkView]:
    """Return the views of all networks that can be explained, discriminators first.

    Parameters
    ----------
    trainer : CycleGAN
    section : InterpretationSection
    prepared : PreparedPair
        Holds the scalings in which a generator reads and writes.
    exchange : callable
        Applied to each network first: another network of the same architecture, for controls.

    Notes
    -----
    Grad-CAM looks at the last down-sampling block of a discriminator, as in the paper, and LayerCAM at the one
    before, which resolves twice as much (score: mean over patches of "looks recorded"). Both look at the last
    residual block of a generator (score: see ``generator_score``).
    The identity in place of generators has nothing to explain.
    """
    views = []
    for name, day, network in (("D_X", "x", trainer.discriminator_x), ("D_Y", "y", trainer.discriminator_y)):
        views.append(_network_view(name, day, View(exchange(network), **_DISCRIMINATOR_LAYERS), _DISCRIMINATOR_LAYERS))
    to_y = tuple(_in_network_order(day.scaling, prepared.order) for day in (prepared.x, prepared.y))
    generators = (("G", "x", trainer.generator_g, to_y), ("F", "y", trainer.generator_f, to_y[::-1]))
    for name, day, network, scalings in generators:
        layers = {layer.name for layer in network.layers}
        blocks = [int(layer.removeprefix("residual_")) for layer in layers if _is_residual(layer)]
        if blocks:
            looked_at = dict.fromkeys(_DISCRIMINATOR_LAYERS, f"residual_{max(blocks)}")
            view = View(
                exchange(network),
                **looked_at,
                masks=[mask for mask in MASKS if mask in layers],
                score=_SCORES[section.generator_score],
                scalings=scalings,
            )
            gated = {mask: layer for mask, layer in _GATED.items() if f"{mask}_mask" in layers}
            views.append(_network_view(name, day, view, looked_at, gated))
    return views


def _network_view(name: str, day, view: View, looked_at: dict[str, str], gated=MappingProxyType({})) -> NetworkView:
    layers = {method.removesuffix("_layer"): layer for method, layer in looked_at.items()} | dict(gated)
    return NetworkView(name, day, view, CellCentres(view.network, layers))


def _in_network_order(scaling: Scaling, order: NeuronOrder) -> Scaling:
    return Scaling(scaling.minimum[..., order.columns], scaling.maximum[..., order.columns], scaling.constant)


def _is_residual(layer: str) -> bool:
    return layer.startswith("residual_") and layer.removeprefix("residual_").isdigit()
