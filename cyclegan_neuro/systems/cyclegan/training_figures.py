"""What TensorBoard shows of a CycleGAN in training: both cycles, the population, attention masks."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import keras
import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.heatmaps import heat_maps
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.pictures import choose_neurons, cycle_traces, population_maps
from cyclegan_neuro.systems.cyclegan.translation import ModelTranslator, translate_starts
from cyclegan_neuro.windows.cutting import windows_of
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["attention_masks", "training_figures"]

_MASK_LAYERS = ("attention_gate_1_mask", "attention_gate_2_mask")
_views: WeakKeyDictionary[keras.Model, keras.Model] = WeakKeyDictionary()  # a view of each generator, built once


def training_figures(config: Config, prepared: PreparedPair, trainer) -> dict[str, Figure]:
    """Draw one validation window of each day through both cycles.

    Parameters
    ----------
    config : Config
    prepared : PreparedPair
    trainer : CycleGAN
        Its averaged weights are used where it keeps them.

    Returns
    -------
    dict
        Tag → figure: ``cycles/traces``, ``cycles/population`` and, where the generators have
        attention gates, ``attention/masks``.
    """
    middle = min(len(prepared.x.starts.validation), len(prepared.y.starts.validation)) // 2
    x_starts, y_starts = (day.starts.validation[middle : middle + 1] for day in (prepared.x, prepared.y))
    with trainer.average_weights():
        model = ModelTranslator(trainer.generator_g, trainer.generator_f, prepared)
        example = translate_starts(model, prepared, x_starts, y_starts, with_truth=True)
        masks = [
            (f"{name}: ", attention_masks(generator, windows_of(day, starts, prepared.window_frames)))
            for name, generator, day, starts in (
                ("G on X", trainer.generator_g, prepared.x, x_starts),
                ("F on Y", trainer.generator_f, prepared.y, y_starts),
            )
        ]
    neurons = choose_neurons(prepared, example, config.report.n_traces)
    figures = {
        "cycles/traces": cycle_traces(example, prepared, neurons),
        "cycles/population": population_maps(example, prepared),
    }
    if masks[0][1]:
        figures["attention/masks"] = heat_maps(
            [[(f"{title}AG{gate}", mask[0]) for gate, mask in enumerate(found, start=1)] for title, found in masks],
            limits=(0.0, 1.0),
            extent_x=(0.0, prepared.window_frames / prepared.x.recording.frame_rate_hz),
            xlabel="time (s)",
            colour_label="attention σ",
            n_neurons=prepared.n_neurons,
        )
    return figures


def attention_masks(generator: keras.Model, windows: np.ndarray) -> list[np.ndarray]:
    """Return the attention masks σ of a generator, first gate first; empty if it has none.

    Parameters
    ----------
    generator : keras.Model
        Functional.
    windows : ndarray of float32, shape (window, time, neuron)
        Scaled and ordered.

    Returns
    -------
    list of ndarray of float32, shape (window, time', neuron')
        In [0, 1], at the resolution of the gate; neuron' is 1 where neurons are channels.
    """
    if not set(_MASK_LAYERS) <= {layer.name for layer in generator.layers}:
        return []
    if generator not in _views:
        _views[generator] = keras.Model(generator.input, [generator.get_layer(name).output for name in _MASK_LAYERS])
    masks = _views[generator](windows[..., None], training=False)
    masks = [keras.ops.convert_to_numpy(keras.ops.cast(mask, "float32")) for mask in masks]
    return [mask.reshape(*mask.shape[:2], -1) for mask in masks]
