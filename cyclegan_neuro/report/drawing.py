"""All figures of a report, in processes beside each other where there are cores and figures enough."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pickle import PicklingError

from matplotlib.figure import Figure

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.figures.drawing import DrawnFigure, draw
from cyclegan_neuro.spikes.statistics.parallel import Workers, available_cores

__all__ = ["draw_all"]

_FEWEST = 8  # figures from which on the start of processes pays: a second each, as long as a figure takes
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
    try:
        with Workers(processes) as workers:
            drawn = workers.map(draw, tasks)
    except (ConfigurationError, PicklingError, AttributeError, TypeError) as error:
        _LOG.warning("figures are drawn in one process: %s", error)
        drawn = Workers(1).map(draw, tasks)
    for figure in figures:
        figure.clear()
    return drawn
