"""How well a map agrees with another at every turn of the track, and how well runs agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.curves import Curve
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, MUTED, new_figure, styled

__all__ = ["certainty_figure"]

Spread = tuple[str, Sequence[float]]
"""A name and one value per pair of runs."""


def certainty_figure(
    shifts_cm: np.ndarray, curves: Sequence[Curve], null: tuple[float, float] | None, groups: Sequence[Spread]
) -> Figure:
    """Draw correlations over shifts with the range of permuted cells, and the correlations between runs.

    Parameters
    ----------
    shifts_cm : ndarray, shape (shift,)
    curves : sequence of Curve
        Over shifts; no panel without.
    null : tuple of float, optional
        Low and high, a grey band.
    groups : sequence of (str, sequence of float)
        Rows of dots; no panel without.
    """
    widths = [width for width, drawn in ((5.2, curves), (6.8, groups)) if drawn]
    with styled():
        figure = new_figure(sum(widths), max(4.2, 0.42 * len(groups) + 1.2))
        panels = list(figure.subplots(1, len(widths), squeeze=False, width_ratios=widths)[0])
        if curves:
            panel = panels.pop(0)
            if null is not None:
                panel.axhspan(*null, color=MUTED, alpha=0.3, linewidth=0, label="cells permuted, 95 %")
            for curve in curves:
                panel.plot(shifts_cm, curve.values, curve.linestyle, color=curve.colour, label=curve.label)
            panel.axvline(0, color=MUTED, linewidth=0.8)
            panel.set(xlabel="shift along the track (cm)", ylabel="r with day y")
            panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2)
        if groups:
            panel = panels.pop(0)
            for row, (_, values) in enumerate(groups):
                panel.plot(values, np.full(len(values), row), "o", color=DAY_X, alpha=0.5, markersize=6)
                panel.plot(np.mean(values), row, "|", color=DAY_Y, markersize=16, markeredgewidth=2.5)
            panel.axvline(0, color=MUTED, linewidth=0.8)
            panel.set_yticks(range(len(groups)), [name for name, _ in groups])
            panel.set(
                xlabel="r of the change", xlim=(min(-0.1, *panel.get_xlim()), 1.02), ylim=(len(groups) - 0.5, -0.5)
            )
    return figure
