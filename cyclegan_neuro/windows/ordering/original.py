"""The order of the recording."""

from __future__ import annotations

from cyclegan_neuro.windows.ordering._base import OrderingTask, identity_order
from cyclegan_neuro.windows.prepared import NeuronOrder

__all__ = ["order"]


def order(task: OrderingTask) -> NeuronOrder:
    """Leave the neurons where they are."""
    return identity_order(task.prepared.n_neurons)
