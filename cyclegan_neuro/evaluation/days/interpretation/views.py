"""A network, the day that it is shown, and all maps of some windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.interpret.centres import CellCentres
from cyclegan_neuro.interpret.views import Explanation, View

__all__ = ["NetworkView", "explain"]


@dataclass(frozen=True, eq=False)
class NetworkView:
    """One of D_X, D_Y, G, F and the day whose windows it is shown.

    Attributes
    ----------
    name : {"D_X", "D_Y", "G", "F"}
    day : {"x", "y"}
        The day that a discriminator learned to recognise, or that a generator translates.
    view : View
    centres : CellCentres
        Of the methods whose maps are those of inner layers. A mask lies where the features lie that it lets pass,
        wherever it takes its evidence from.
    """

    name: str
    day: Literal["x", "y"]
    view: View
    centres: CellCentres

    @property
    def is_generator(self) -> bool:
        return self.name in ("G", "F")


def explain(
    network: NetworkView,
    windows: np.ndarray,
    section: InterpretationSection,
    known: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> dict[str, np.ndarray]:
    """Return all maps of some windows by method.

    Parameters
    ----------
    network : NetworkView
    windows : ndarray of float32, shape (window, time, neuron)
        Scaled and ordered.
    section : InterpretationSection
    known : mapping of str to ndarray
        Of :meth:`~cyclegan_neuro.windows.prepared.Day.known`.

    Returns
    -------
    dict of str to ndarray of float32, shape (window, time', neuron')
        ``grad_cam``; ``layer_cam``; ``saliency``, the absolute input gradient (SmoothGrad with
        ``smooth_samples``); ``gradient_input``, the absolute product of gradient and deviation from the
        neuron's mean in the window; of generators also ``attention_gate_1`` and ``attention_gate_2`` (σ),
        ``input_gate`` (1 - σ: where the input is not passed on) and ``change``, |G(x) - x| in ΔF/F.
    """
    view = network.view
    found = view.explain(windows, known)
    deviation = windows - windows.mean(axis=1, keepdims=True)
    maps = {
        "grad_cam": found.grad_cam,
        "layer_cam": found.layer_cam,
        "saliency": _saliency(view, windows, known, found, section),
        "gradient_input": np.abs(found.gradient * deviation),
    }
    for name, mask in found.masks.items():
        if name == "input_gate":
            maps["input_gate"] = 1.0 - mask.reshape(windows.shape)
        else:
            maps[name.removesuffix("_mask")] = mask
    if found.change is not None:
        maps["change"] = np.abs(found.change)
    return maps


def _saliency(
    view: View, windows: np.ndarray, known: Mapping[str, np.ndarray], found: Explanation, section: InterpretationSection
) -> np.ndarray:
    if not section.smooth_samples:
        return np.abs(found.gradient)
    how = {"samples": section.smooth_samples, "noise": section.smooth_noise, "seed": section.seed}
    return view.smooth_grad(windows, known, **how)
