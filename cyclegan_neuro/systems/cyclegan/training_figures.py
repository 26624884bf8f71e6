"""What TensorBoard shows of a CycleGAN in training: both cycles, the population, where the networks look."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import keras
import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation.views import NetworkView, explain
from cyclegan_neuro.evaluation.days.names import METHOD_LABELS
from cyclegan_neuro.evaluation.days.pictures import choose_neurons, cycle_traces, population_maps
from cyclegan_neuro.evaluation.days.translation import ModelTranslator, translate_starts
from cyclegan_neuro.figures.attention import MapPanel, map_grid, relative_to_mean
from cyclegan_neuro.interpret.resolution import to_window
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.views import view_networks
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["training_figures"]

_METHODS = ("grad_cam", "layer_cam", "saliency")
_MASKS = ("attention_gate_1", "attention_gate_2")
_views: WeakKeyDictionary[keras.Model, list[NetworkView]] = WeakKeyDictionary()  # of each trainer, built once


def training_figures(config: Config, prepared: PreparedPair, trainer) -> dict[str, Figure]:
    """Draw one validation window of each day through both cycles, and where the networks look in it.

    Parameters
    ----------
    config : Config
    prepared : PreparedPair
    trainer : CycleGAN
        Its averaged weights are used where it keeps them.

    Returns
    -------
    dict
        Tag → figure: ``cycles/traces``, ``cycles/population``; unless interpretation is switched off
        ``attention/grad_cam``, ``attention/layer_cam``, ``attention/saliency`` and, where the generators have
        attention gates, ``attention/masks``.
    """
    middle = min(len(prepared.x.starts.validation), len(prepared.y.starts.validation)) // 2
    starts = {day: prepared[day].starts.validation[middle : middle + 1] for day in ("x", "y")}
    section = config.evaluation.interpretation
    with trainer.average_weights():
        model = ModelTranslator(trainer.generator_g, trainer.generator_f, prepared)
        example = translate_starts(model, prepared, starts["x"], starts["y"], with_truth=True)
        maps = _explain(trainer, section, prepared, starts) if section.enabled else {}
    neurons = choose_neurons(prepared, example, config.report.n_traces)
    return {
        "cycles/traces": cycle_traces(example, prepared, neurons),
        "cycles/population": population_maps(example, prepared),
        **_attention_figures(prepared, maps),
    }


def _explain(
    trainer, section: InterpretationSection, prepared: PreparedPair, starts: dict[str, np.ndarray]
) -> dict[str, dict[str, np.ndarray]]:
    """Maps of one window, (time, neuron'), by network (``G on X``) and method; neuron' is 1 where none is resolved."""
    if trainer not in _views:
        _views[trainer] = view_networks(trainer, section, prepared)
    maps = {}
    for network in _views[trainer]:
        network.view.refresh()
        day, at = prepared[network.day], (starts[network.day], prepared.window_frames)
        windows, known = day.windows(*at), day.known(*at)
        found = explain(network, windows, section, known)
        offsets = network.centres.offsets(windows, seed=section.seed, known=known)
        maps[f"{network.name} on {network.day.upper()}"] = {
            method: _whole(one, prepared, offsets.get(method, (0.0, 0.0))) for method, one in found.items()
        }
    return maps


def _whole(found: np.ndarray, prepared: PreparedPair, offset: tuple[float, float]) -> np.ndarray:
    n_neurons = 1 if found.shape[2] == 1 else prepared.n_neurons
    return to_window(found, window_frames=prepared.window_frames, n_neurons=n_neurons, offset=offset)[0]


def _attention_figures(prepared: PreparedPair, maps: dict[str, dict[str, np.ndarray]]) -> dict[str, Figure]:
    shared = {
        "extent_x": (0.0, prepared.duration_s),
        "xlabel": "time (s)",
        "ylabel": "neuron (network order)",
        "n_neurons": prepared.n_neurons,
    }
    figures = {}
    for method in _METHODS if maps else ():
        panels = [
            MapPanel(f"{network}: {METHOD_LABELS[method]}", relative_to_mean(found[method]))
            for network, found in maps.items()
        ]
        figures[f"attention/{method}"] = map_grid([panels[:2], panels[2:]] if panels[2:] else [panels], **shared)
    masks = [
        [MapPanel(f"{network}: {METHOD_LABELS[mask]}", found[mask]) for mask in _MASKS]
        for network, found in maps.items()
        if set(_MASKS) <= found.keys()
    ]
    if masks:
        figures["attention/masks"] = map_grid(masks, limits=(0.0, 1.0), label="attention σ", **shared)
    return figures
