"""Figures of inferred spikes: what is drawn is what was given."""

import numpy as np

from cyclegan_neuro.figures.drawing import png_bytes
from cyclegan_neuro.figures.inferred import InferredTrace, inferred_traces, noise_histogram, rate_figure


def a_trace(n_frames=60):
    rates = np.r_[np.full(10, np.nan), np.linspace(0, 5, n_frames - 10)]
    return InferredTrace(
        "neuron a$b$", 100.0, 30.0, np.linspace(0, 1, n_frames), rates, np.array([101.0]), np.array([101.5])
    )


def test_trace_and_rate_share_the_clock_of_the_recording():
    figure = inferred_traces([a_trace(), a_trace()])
    above, below, *others = figure.axes
    assert len(others) == 2
    for panel, values in ((above, a_trace().dff), (below, a_trace().rates_hz)):
        time_s, drawn = panel.lines[0].get_data()
        np.testing.assert_array_equal(drawn, values)
        np.testing.assert_allclose(time_s[[0, -1]], 100 + np.array([0.5, 59.5]) / 30)
    assert above.get_shared_x_axes().joined(above, below)
    assert below.collections[0].get_segments()[0][0, 0] == 101.0
    assert above.lines[1].get_xdata()[0] == 101.5
    png_bytes(figure)


def test_levels_of_networks_stand_in_the_histogram_of_noise():
    axes = noise_histogram(np.array([0.9, 1.1, 2.4]), range(1, 9)).axes[0]
    assert [line.get_xdata()[0] for line in axes.lines] == [1, 2, 3]
    assert sum(patch.get_height() for patch in axes.patches) == 3


def test_rates_have_their_intervals_and_silent_neurons_a_linear_axis():
    rates = np.array([2.0, 0.5, 40.0])
    histogram, ordered = rate_figure(rates, np.stack([rates / 2, rates * 2], axis=1)).axes
    assert (histogram.get_xscale(), ordered.get_yscale()) == ("log", "log")
    np.testing.assert_array_equal(ordered.lines[0].get_ydata(), [0.5, 2, 40])
    np.testing.assert_allclose([s[:, 1] for s in ordered.collections[0].get_segments()], [[0.25, 1], [1, 4], [20, 80]])
    (alone,) = rate_figure(np.array([0.0, 0.5, 40.0]), None).axes
    assert alone.get_xscale() == "linear"
    assert sum(patch.get_height() for patch in alone.patches) == 3
    for nothing in (np.zeros(3), np.full(2, 1.0)):
        png_bytes(rate_figure(nothing, None))
