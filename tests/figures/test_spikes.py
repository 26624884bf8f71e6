"""ΔF/F, inferred rate and spikes under each other."""

import numpy as np
import pytest

from cyclegan_neuro.figures.drawing import png_bytes, svg_bytes
from cyclegan_neuro.figures.spikes import InferencePanel, StatisticRow, distribution_grid, inference_grid

RNG = np.random.default_rng(0)


def panel(*, title="n1", spikes=(2, 5, 5), true=None, rate=None):
    counts = np.bincount(spikes, minlength=20) if len(spikes) else np.zeros(20, int)
    rate = np.linspace(0, 8, 20) if rate is None else rate
    return InferencePanel(title, RNG.normal(size=20), rate, counts, "C0", true_spikes=true)


def ticks(axes, label):
    (line,) = (line for line in axes.lines if line.get_label() == label)
    return line


def test_every_signal_has_dff_above_its_rate():
    figure = inference_grid([[panel(title=f"X, n{i}") for i in range(3)] for _ in range(4)], frame_rate_hz=10.0)
    axes = np.array(figure.axes).reshape(8, 3)
    assert [a.get_title(loc="left") for a in axes[0]] == ["X, n0", "X, n1", "X, n2"]
    assert [a.get_ylabel() for a in axes[:, 0]] == ["ΔF/F", "rate (Hz)"] * 4
    assert [a.get_xlabel() for a in axes[-1]] == ["time (s)"] * 3
    assert {a.get_shared_x_axes().joined(a, axes[0, 0]) for a in axes.ravel()} == {True}


def test_spikes_stand_at_their_frames_in_seconds_below_the_rate():
    true = np.bincount([3], minlength=20)
    figure = inference_grid([[panel(true=true)]], frame_rate_hz=10.0)
    upper, lower = figure.axes
    np.testing.assert_allclose(upper.lines[0].get_xdata(), np.arange(20) / 10)
    inferred, known = ticks(lower, "inferred spikes"), ticks(lower, "true spikes")
    np.testing.assert_allclose(inferred.get_xdata(), [0.2, 0.5])
    np.testing.assert_allclose(known.get_xdata(), [0.3])
    assert max(known.get_ydata()) < min(inferred.get_ydata()) < 0
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "inferred rate", "inferred spikes", "true spikes"
    ]  # fmt: skip


def test_without_truth_none_is_named():
    figure = inference_grid([[panel()]], frame_rate_hz=10.0)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["inferred rate", "inferred spikes"]


@pytest.mark.parametrize("true", [None, np.zeros(20, int)])
def test_a_silent_neuron(true):
    figure = inference_grid([[panel(spikes=(), rate=np.zeros(20), true=true)]], frame_rate_hz=10.0)
    assert ticks(figure.axes[1], "inferred spikes").get_xdata().size == 0
    assert png_bytes(figure)


def test_the_figure_repeats():
    chosen = [[panel(), panel(title=r"$\frac{1}$")]]
    assert svg_bytes(inference_grid(chosen, frame_rate_hz=24.0)) == svg_bytes(
        inference_grid(chosen, frame_rate_hz=24.0)
    )


@pytest.mark.parametrize("spread", [0.0, 1e-16, 0.1])
def test_values_that_are_nearly_all_equal_have_bins(spread):
    """Correlations that are equal but for rounding, and one that is not."""
    recorded = np.append(0.5 + spread * np.arange(30), -0.5)
    row = StatisticRow("correlation", [("window 1", recorded, recorded[::-1])], np.ones(4), 1.0, (0.5, 1.5), "C0")
    figure = distribution_grid([row], value_label="correlation", spread_label="KL", units="windows")
    panel = figure.subfigs[0].axes[0]
    shares = [patch.get_data().values for patch in panel.patches]
    assert [float(values.sum()) for values in shares] == [pytest.approx(1.0)] * 2
