"""Orders of the neurons: one module per method, found by name.

Networks with two-dimensional convolutions see neurons as a spatial axis, so it matters which
neurons are neighbours. A method is a module here with a function ``order(task) -> NeuronOrder``.

References
----------
Li et al., "Neuronal learning analysis using cycle-consistent adversarial networks" (2021), section 2.3.1 and
Figure E.1.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from cyclegan_neuro.configuration.sections import OrderingSection
from cyclegan_neuro.windows.ordering._base import OrderingTask, identity_order, load_order, save_order
from cyclegan_neuro.windows.prepared import NeuronOrder, PreparedPair

__all__ = ["OrderingTask", "identity_order", "load_order", "names", "order_neurons", "save_order"]


def names() -> list[str]:
    """Return the names of all methods (the modules of this folder)."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def order_neurons(
    prepared: PreparedPair, *, section: OrderingSection, seed: int, log_directory: Path | None = None
) -> NeuronOrder:
    """Order the neurons by the configured method.

    Parameters
    ----------
    prepared : PreparedPair
        Days as recorded, scaled, in the user's neuron order; both are x where y will be Φ(X).
    section : OrderingSection
    seed : int
        Of methods that learn.
    log_directory : Path, optional
        Where they write TensorBoard curves.

    Returns
    -------
    NeuronOrder

    Raises
    ------
    WindowError
        If the recordings lack what the method needs.
    """
    module = importlib.import_module(f"{__name__}.{section.method}")
    return module.order(OrderingTask(prepared, section, seed, log_directory))
