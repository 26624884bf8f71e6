"""Whether generated activity teaches a decoder anything (Liu et al. 2021, section 4.2, Figure 4 E and F)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyclegan_neuro.populations.decoding.readouts import Decoded, Readout, decoded_bins, predict
from cyclegan_neuro.populations.trials.trials import Label, PreparedTrials

__all__ = ["augmented_readout"]

SHARES = (0.0, 0.5, 1.0, 2.0)


def augmented_readout(
    windows: np.ndarray, prepared: PreparedTrials, generated: np.ndarray, content: np.ndarray,
    label: Label = "direction", *, seed: int, readout: Readout = "linear", shares: Sequence[float] = SHARES,
) -> dict[float, Decoded]:  # fmt: skip
    """Fit a readout to training bins and generated ones beside them, and decode the held-out bins.

    Parameters
    ----------
    windows : ndarray of float, shape (bin, window)
        Of all bins of ``prepared``.
    generated : ndarray of float, shape (generated bin, window)
        From the content of one training bin and the style of another.
    content : ndarray of int, shape (generated bin,)
        Bins that the content is from: training bins that take part in decoding. Theirs are label and trial.
    seed : int
        Draws generated bins, and inner folds; more bins hold the fewer ones.
    readout : {"linear", "softmax"}
    shares : sequence of float
        How many generated bins, as a share of the training bins. Without any this is ``decode``.

    Returns
    -------
    dict of Decoded
        By share. The gain of one is ``paired(found[share], found[0.0])``.

    Raises
    ------
    RecordingError
        As ``decode``.
    ValueError
        Where content is not from training bins, or fewer bins were generated than the greatest share asks for.

    Notes
    -----
    The regularisation is chosen on recorded bins only; generated ones go with the trial of their content.
    """
    train, held_out = decoded_bins(prepared, label)
    numbers = {share: round(share * len(train)) for share in shares}
    if not np.isin(content, train).all():
        raise ValueError("generated bins must take their content from training bins that take part in decoding")
    if len(generated) < max(numbers.values()):
        raise ValueError(f"{len(generated)} generated bins, {max(numbers.values())} asked for")
    labels, trial, n_labels = prepared.labels(label), prepared.trials.trial, prepared.n_labels(label)
    drawn = np.random.default_rng(seed).permutation(len(generated))
    found = {}
    for share, number in numbers.items():
        bins = np.r_[train, content[drawn[:number]]]
        predicted = predict(
            np.concatenate([windows[train], generated[drawn[:number]]]), labels[bins], trial[bins], windows[held_out],
            label=label, n_labels=n_labels, seed=seed, readout=readout, scored=np.arange(len(bins)) < len(train),
        )  # fmt: skip
        found[share] = Decoded(label, n_labels, held_out, trial[held_out], predicted, labels[held_out])
    return found
