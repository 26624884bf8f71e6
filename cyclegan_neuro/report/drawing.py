"""All figures of a report, in processes beside each other where there are cores and figures enough."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pickle import PicklingError

from matplotlib.figure import Figure

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.figures.drawing import DrawnFigure, draw, release
from cyclegan_neuro.spikes.statistics.parallel import Workers, available_cores

__all__ = ["draw_all"]

_FEWEST = 8  # figures from which on the start of processes pays: a second each, as long as a figure takes
_SELDOM = 100_000  # new objects between two searches for garbage; a figure has as many, and all are in use
_LOG = logging.getLogger(__name__)


def draw_all(figures: Sequence[Figure], *, processes: int | None = None) -> list[DrawnFigure]:
    """Draw figures and release their memory; the bytes do not depend on the number of processes.

    Parameters
    ----------
    figures : sequence of Figure
    processes : int, optional
        By default the available cores, and one where there are few figures: then all are drawn in this process, as
        they are where processes cannot live, or a figure cannot be sent to one.
    """
    if processes is None:
        processes = min(available_cores(), len(figures) // (_FEWEST // 2)) if len(figures) >= _FEWEST else 1
    tasks = [(figure,) for figure in figures]
    with _collecting_seldom():
        try:
            with Workers(processes, first=partial(gc.set_threshold, _SELDOM)) as workers:
                drawn = workers.map(draw, tasks)
        except (ConfigurationError, PicklingError, AttributeError, TypeError) as error:
            _LOG.warning("figures are drawn in one process: %s", error)
            drawn = Workers(1).map(draw, tasks)
        for figure in figures:
            release(figure)
    return drawn


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Look for garbage seldom within the block: most of the time that it takes to send figures goes into that."""
    before = gc.get_threshold()
    gc.set_threshold(_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
