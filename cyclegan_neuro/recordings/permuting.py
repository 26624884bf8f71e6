"""Neurons of the later day under each other's names: how much hangs on the match across days?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.pairing import Pair

__all__ = ["permute_identities", "permuted_columns"]


def permuted_columns(n_neurons: int, *, share: float, seed: int) -> np.ndarray:
    """Return the column of day y that stands in for each: int64, (neuron,).

    The neurons that are drawn stand in a circle, each for the next, so that none of them keeps its identity.

    Examples
    --------
    >>> permuted_columns(6, share=0.5, seed=1)
    array([4, 1, 0, 3, 2, 5])
    >>> permuted_columns(6, share=0.0, seed=1)
    array([0, 1, 2, 3, 4, 5])
    """
    columns = np.arange(n_neurons)
    drawn = np.random.default_rng(seed).permutation(n_neurons)[: round(share * n_neurons)]
    columns[drawn] = np.roll(drawn, 1)
    return columns


def permute_identities(pair: Pair, *, share: float, seed: int) -> Pair:
    """Permute the traces of day y among ``share`` of the neurons; ids, and what they should do on day x, stay.

    Raises
    ------
    PairingError
        If that is fewer than two neurons.
    """
    n = pair.y.n_neurons
    columns = permuted_columns(n, share=share, seed=seed)
    moved = int((columns != np.arange(n)).sum())
    if not share:
        return pair
    if moved < 2:
        raise PairingError(
            "data.permuted_share", got=f"{share:g}, which is {round(share * n)} of {n} neurons",
            expected="two neurons or more, which change places", fix=f"set it to at least {2 / n:.2g}, or to 0",
        )  # fmt: skip
    y, truth = pair.y, pair.y.truth
    if truth is not None:
        truth = replace(truth, spikes=truth.spikes[:, columns])
    y = replace(y, dff=np.ascontiguousarray(y.dff[:, columns]), truth=truth)
    note = (
        f"Control, not an experiment: {moved} of {n} neurons of day y stand under each other's identities "
        f"(data.permuted_share {share:g}, seed {seed})."
    )
    return replace(pair, y=y, notes=(*pair.notes, note))
