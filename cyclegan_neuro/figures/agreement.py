"""How well pairs of neurons and time courses agree with those recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.curves import Curve
from cyclegan_neuro.figures.style import MUTED, new_figure, styled

__all__ = ["AgreementRow", "agreement_grid"]


@dataclass(frozen=True, eq=False)
class AgreementRow:
    """A day that is made: values that are recorded against several that are made, and curves over lags.

    Attributes
    ----------
    label : str
    recorded : ndarray, shape (pair,)
    made : sequence of (title, ndarray, colour)
        Each (pair,).
    lags_s : ndarray, shape (lag,)
    curves : sequence of Curve
    """

    label: str
    recorded: np.ndarray
    made: Sequence[tuple[str, np.ndarray, str]]
    lags_s: np.ndarray
    curves: Sequence[Curve]


def agreement_grid(rows: Sequence[AgreementRow], *, values: str, curves: str) -> Figure:
    """Draw, per row, one scatter for each of ``made`` and a panel of curves; rows have equally many panels.

    Parameters
    ----------
    rows : sequence of AgreementRow
    values, curves : str
        What is scattered, and the vertical axis of the curves.
    """
    with styled():
        figure = new_figure(3.4 * (len(rows[0].made) + 1), 3.4 * len(rows))
        for part, row in zip(np.ravel(figure.subfigures(len(rows), 1)), rows, strict=True):
            part.suptitle(row.label, x=0.01, ha="left", fontweight="bold")
            *scatters, panel = part.subplots(1, len(row.made) + 1)
            every = np.concatenate([row.recorded, *(made for _, made, _ in row.made)])
            limits = (min(float(every.min()), 0.0) - 0.05, max(float(every.max()), 0.0) + 0.05)
            for axes, (title, made, colour) in zip(scatters, row.made, strict=True):
                axes.plot(limits, limits, color=MUTED, linewidth=1)
                axes.plot(row.recorded, made, ".", color=colour, markersize=3, alpha=0.3, rasterized=True)
                axes.set(title=title, xlabel=f"{values}, recorded", xlim=limits, ylim=limits, aspect="equal")
            scatters[0].set_ylabel(f"{values}, made")
            for curve in row.curves:
                panel.plot(row.lags_s, curve.values, curve.linestyle, color=curve.colour, label=curve.label)
            panel.set(xlabel="lag (s)", ylabel=curves)
            panel.legend()
    return figure
