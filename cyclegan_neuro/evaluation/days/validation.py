"""What can be compared without truth and without test windows: which translator, which backbone, which setting."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cyclegan_neuro.evaluation.days.baselines.alignments import Alignment
from cyclegan_neuro.evaluation.days.baselines.places import Places, distance_at_places
from cyclegan_neuro.evaluation.days.translation import Frames, Translator
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import window_frame_indices

__all__ = ["nearness", "validation_distances"]


def nearness(prepared: PreparedPair, places: Places | None, alignments: Iterable[Alignment]) -> dict[str, float]:
    """Return how far alignments are from the other day on validation frames; doing nothing has 1.

    In tuning at places, where frames have any (:func:`..baselines.places.distance_at_places`), else in moments of
    windows.
    """
    if places is None or places.bins is None:
        return validation_distances(prepared, alignments)
    return {one.name: distance_at_places(prepared, places, one) for one in alignments}


def validation_distances(
    prepared: PreparedPair, translators: Iterable[Translator], *, batch_size: int = 8
) -> dict[str, float]:
    """Return how far the moments of translated validation windows are from recorded ones; doing nothing has 1.

    Parameters
    ----------
    prepared : PreparedPair
    translators : iterable of Translator
    batch_size : int
        Windows of each day at a time.

    Returns
    -------
    dict
        Translator → distance: means and covariances of all neurons in each quarter of the window, in standard
        deviations of the recorded day, G(x) from y and F(y) from x, each divided by what x has from y, and averaged.

    Notes
    -----
    It is :class:`~cyclegan_neuro.networks.moment_distance.MomentDistance`, which chooses checkpoint ``best`` of a
    CycleGAN, here in ΔF/F, so that translators whose networks see different units can be compared.
    """
    from cyclegan_neuro.networks.moment_distance import MomentDistance

    translators = tuple(translators)
    distances = {one.name: MomentDistance(prepared.window_frames, prepared.n_neurons) for one in translators}
    for x, y, at in _chunks(prepared, batch_size):
        for one in translators:
            g_x, _ = one.to_y(x, y[:0], (at[0], _none(at[1])))
            _, f_y = one.to_x(x[:0], y, (_none(at[0]), at[1]))
            distances[one.name].update_state(*(windows[..., np.newaxis] for windows in (x, y, g_x, f_y)))
    return {name: float(distance.result()) for name, distance in distances.items()}


def _chunks(prepared: PreparedPair, batch_size: int):
    """Yield as many validation windows of x as of y, and their frames."""
    starts = [prepared[day].starts.validation for day in ("x", "y")]
    n_windows = min(map(len, starts))
    for first in range(0, n_windows, batch_size):
        some = [own[first : min(first + batch_size, n_windows)] for own in starts]
        x, y = (prepared.windows_of(day, own) for day, own in zip(("x", "y"), some, strict=True))
        at = [
            Frames(day, window_frame_indices(own, prepared.window_frames))
            for day, own in zip(("x", "y"), some, strict=True)
        ]
        yield x, y, at


def _none(frames: Frames) -> Frames:
    return Frames(frames.day, frames.index[:0])
