"""Do maps depend on what a network learned? (Adebayo et al. 2018)

A map that a network with random weights, or one trained where there was nothing to tell apart,
gives as well, explains the data or the architecture but not what was learned.
"""

from __future__ import annotations

import keras

__all__ = ["untrained"]


def untrained(network: keras.Model) -> keras.Model:
    """Return the same network with fresh initial weights.

    References
    ----------
    Adebayo et al. 2018, "Sanity checks for saliency maps", section 3 (model parameter randomisation).
    """
    return keras.models.clone_model(network)
