"""The synthetic transformation Φ, a source of Y whose relation to X is known.

Φ acts on a window: ``y = m x + 0.5 η`` (Eq. 6). The mask m depends on the frame
within the window and on the neuron; the noise is drawn once per frame of the
recording, so that overlapping windows agree on it. Neurons are counted in the
order in which the networks see them: the paper orders first and transforms
then, so that the removed corner is one connected piece (Figures C.1 and 3).

Notes
-----
The paper's notation has the noise drawn per window. Drawn per frame, nothing has to be kept
per window, and two windows never disagree on a frame that they share.

References
----------
Li et al., "Neuronal learning analysis using cycle-consistent adversarial
networks" (2021), section 2.3.2, Eq. 6 and Figure C.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["BestPossible", "best_possible", "corner_mask", "phi_noise", "phi_recording", "synthetic_transformation"]

_CHUNK_FRAMES = 1024
_CHUNK_NEURONS = 64


@dataclass(frozen=True, eq=False)
class BestPossible:
    """The smallest mean absolute errors that translators of Φ can have, per window.

    Attributes
    ----------
    direct_y : ndarray of float64, shape (window,)
        Bound of |Y - G(X)|, in the unit of ``dff``.
    direct_x : ndarray of float64, shape (window,)
        Bound of |X - F(Y)|.
    """

    direct_y: np.ndarray
    direct_x: np.ndarray


def corner_mask(window_frames: int, n_neurons: int) -> np.ndarray:
    """Mask m of Eq. 6: 0 where ``t / H < n / W``, else 1.

    With time to the right and neurons downward the zeros fill the lower left corner.

    Parameters
    ----------
    window_frames : int
        H; t counts from 0 to H - 1.
    n_neurons : int
        W; n counts from 0 to W - 1, in the order of the networks.

    Returns
    -------
    mask : ndarray of float32, shape (window_frames, n_neurons)

    Examples
    --------
    >>> corner_mask(4, 2).astype(int).tolist()
    [[1, 0], [1, 0], [1, 1], [1, 1]]
    """
    frames = np.arange(window_frames)[:, None]
    neurons = np.arange(n_neurons)
    return (frames * n_neurons >= neurons * window_frames).astype(np.float32)  # exact, in integers


def phi_noise(dff: np.ndarray, *, weight: float = 0.5, seed: int) -> np.ndarray:
    """Noise term of Eq. 6, ``weight * η``, for every frame of a recording.

    Parameters
    ----------
    dff : ndarray, shape (time, neuron)
        X, whose mean and standard deviation per neuron η has.
    weight : float
        0.5 in the paper.
    seed : int
        One seed gives one noise, bit for bit.

    Returns
    -------
    noise : ndarray of float32, shape (time, neuron)
    """
    mean = dff.mean(axis=0, dtype=np.float64)
    deviation = np.empty_like(mean)
    for first in range(0, dff.shape[1], _CHUNK_NEURONS):  # std makes a float64 copy of what it is given
        columns = slice(first, first + _CHUNK_NEURONS)
        deviation[columns] = dff[:, columns].std(axis=0, dtype=np.float64)
    rng = np.random.default_rng([seed])
    noise = np.empty(dff.shape, np.float32)
    for first in range(0, len(dff), _CHUNK_FRAMES):  # the same numbers as in one draw, without its float64 copies
        chunk = noise[first : first + _CHUNK_FRAMES]
        chunk[...] = weight * (mean + deviation * rng.standard_normal(chunk.shape))
    return noise


def synthetic_transformation(window: np.ndarray, *, mask: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Φ of one window or of a batch of them: ``mask * window + noise`` (Eq. 6).

    Parameters
    ----------
    window, noise : ndarray, shape (..., window_frames, neuron)
        ΔF/F, and the frames of :func:`phi_noise` that belong to it.
    mask : ndarray, shape (window_frames, neuron)
    """
    return mask * window + noise


def phi_recording(
    recording: Recording, *, window_frames: int, weight: float = 0.5, seed: int, columns: np.ndarray | None = None
) -> Recording:
    """Cut a recording into windows, side by side, and transform each with Φ.

    Parameters
    ----------
    recording : Recording
        X.
    window_frames : int
        H. The frames after the last whole window are left out.
    weight, seed
        See :func:`phi_noise`.
    columns : ndarray of int, shape (neuron,), optional
        Columns of the recording from the top of the corner to its bottom, as a
        :class:`~cyclegan_neuro.windows.prepared.NeuronOrder` has them; the recording's own order when absent.

    Returns
    -------
    transformed : Recording
        Y, with a gap after each window, because Φ starts anew there. It has no truth:
        spikes and changes of X do not describe it.

    Raises
    ------
    WindowError
        If the recording is shorter than one window.
    """
    n_windows = recording.n_frames // window_frames if window_frames >= 1 else 0
    if n_windows == 0:
        raise WindowError(
            f"Φ of {recording.source or 'the recording'}",
            got=f"window_frames {window_frames}",
            expected=f"1 to {recording.n_frames} frames, the length of the recording",
            fix="choose a shorter window or a longer recording",
        )
    n_frames = n_windows * window_frames
    shape = (n_windows, window_frames, recording.n_neurons)
    noise = phi_noise(recording.dff, weight=weight, seed=seed)[:n_frames].reshape(shape)
    mask = corner_mask(window_frames, recording.n_neurons)
    if columns is not None:
        mask = mask[:, np.argsort(columns)]
    values = synthetic_transformation(recording.dff[:n_frames].reshape(shape), mask=mask, noise=noise)
    behaviour = {name: values[:n_frames] for name, values in recording.behaviour.available().items()}
    borders = np.arange(1, n_windows) * window_frames - 1
    return replace(
        recording,
        dff=values.reshape(n_frames, -1),
        behaviour=replace(recording.behaviour, **behaviour),
        gaps=np.union1d(recording.gaps[recording.gaps < n_frames - 1], borders).astype(np.int64),
        session="phi",
        data_origin="semi-synthetic" if recording.data_origin == "recorded" else recording.data_origin,
        source=f"Φ (windows of {window_frames} frames, weight {weight:g}, seed {seed}) of {recording.source}",
        truth=None,
    )


def best_possible(dff: np.ndarray, noise: np.ndarray, *, starts: np.ndarray, mask: np.ndarray) -> BestPossible:
    """Errors that no translator of Φ can beat, over given windows.

    With e_n = ``noise[:, n]`` and ``median`` over the recording,

    - G knows X but not the noise; the best guess of an independent number is its median:
      ``mean over t, n of |e_tn - median(e_n)|``;
    - F never sees what the mask removed; not knowing the rest of the recording, its best guess is the
      neuron's median: ``mean over t, n of (1 - m_tn) |x_tn - median(x_n)|``.

    Parameters
    ----------
    dff, noise : ndarray, shape (time, neuron)
        X and :func:`phi_noise` of it.
    starts : ndarray of int, shape (window,)
        First frames of the windows, for example the test windows.
    mask : ndarray, shape (window_frames, neuron)

    Returns
    -------
    BestPossible

    Notes
    -----
    The bound of F counts what the mask left as recovered perfectly, although the noise lies on it too, and
    takes the removed part as unpredictable from the part that is left. The first makes it lower than what
    any F can reach; the second could make it too high for neurons that share much of their signal with
    others. The medians are those of the whole recording: over few and short windows a lucky constant can
    be a little better.
    """
    window_frames = mask.shape[0]
    noise_deviation = np.abs(noise - np.median(noise, axis=0))
    removed_deviation = np.abs(dff - np.median(dff, axis=0))
    removed = 1.0 - mask
    direct_y = [noise_deviation[s : s + window_frames].mean(dtype=np.float64) for s in starts]
    direct_x = [(removed * removed_deviation[s : s + window_frames]).mean(dtype=np.float64) for s in starts]
    return BestPossible(np.asarray(direct_y), np.asarray(direct_x))
