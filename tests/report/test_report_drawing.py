"""All figures of a report: the same in whatever process."""

import gc

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from cyclegan_neuro.figures.heatmaps import heat_maps
from cyclegan_neuro.report.drawing import draw_all

NOISE = np.random.default_rng(0).random((30, 40))


def curve(colour="C0"):
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, 1], [1, 0], color=colour)
    return figure


def heat():
    return heat_maps([[("X", NOISE)]], limits=(0.0, 1.0), extent_x=(0.0, 1.0), xlabel="time (s)")


def test_processes_draw_the_same_bytes():
    figures, threshold = [[heat(), curve(), curve("C1")] for _ in range(2)], gc.get_threshold()
    assert draw_all(figures[0], processes=2) == draw_all(figures[1], processes=1)
    assert not any(figure.axes for both in figures for figure in both)
    assert gc.get_threshold() == threshold


def test_a_figure_that_cannot_be_sent_is_drawn_here(caplog):
    figures = [curve(), curve("C1")]
    figures[0].axes[0].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    assert [one.png[:4] for one in draw_all(figures, processes=2)] == [b"\x89PNG"] * 2
    assert "figures are drawn in one process" in caplog.text
