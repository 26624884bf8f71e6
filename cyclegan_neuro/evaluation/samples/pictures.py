"""Figures of the report and of TensorBoard: statistics, examples, nearest samples, the whole distribution."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.samples.generated import Generator
from cyclegan_neuro.evaluation.samples.measurements import LABELS, MODEL, Measurements
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, MUTED, TRUTH, new_figure, plain_logarithms, styled
from cyclegan_neuro.populations.baselines.k_pairwise import KPairwise
from cyclegan_neuro.populations.nearest import Memorisation, NearestSamples
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.populations.statistics import PopulationStatistics, population_statistics
from cyclegan_neuro.populations.whole_distribution import WholeDistribution
from cyclegan_neuro.windows.segmentation import spaced

__all__ = [
    "convergence", "distances", "examples", "nearest_examples", "statistics_grid", "training_figures",
    "whole_distribution",
]  # fmt: skip

_COLOURS = {
    MODEL: DAY_Y,
    "dichotomized_gaussian": DAY_X,
    "stimulus_gaussian": "#CC79A7",
    "k_pairwise": "#009E73",
    "independent": MUTED,
}
_ORDER = ("independent", "k_pairwise", "stimulus_gaussian", "dichotomized_gaussian", MODEL)  # MODEL is on top
_MOST_POINTS = 4000
_MOST_IN_A_ROW = 4
_MOST_SAMPLES = 2048  # while a network trains
_SHOWN = 4


def statistics_grid(
    recorded: PopulationStatistics, statistics: dict[str, PopulationStatistics], prepared: PreparedSamples, *, name: str
) -> Figure:
    """Draw the six statistics of every model against those of the recorded activity (Figures 2 and 3).

    Parameters
    ----------
    recorded : PopulationStatistics
    statistics : dict of str to PopulationStatistics
        By model, as of :class:`Measurements`.
    prepared : PreparedSamples
        Its bin gives the axes of time.
    name : str
        What the generator is called.
    """
    unit = "spikes per sample" if prepared.spikes else "ΔF/F"
    squared = "spikes²/bin²" if prepared.spikes else "(ΔF/F)²"
    models = [name for name in _ORDER if name in statistics]
    with styled():
        figure = new_figure(13.0, 8.4)
        axes = figure.subplots(2, 3)
        for axis, field, title, axis_unit in (
            (axes[0, 0], "spike_count", "spike count" if prepared.spikes else "mean", unit),
            (axes[0, 1], "covariance", "covariance", squared),
            (axes[0, 2], "lag_covariance", "lag-covariance (1 bin)", squared),
        ):
            _scatter(axis, recorded, statistics, models, field)
            axis.set(title=title, xlabel=f"recorded ({axis_unit})", ylabel="generated")
        _counts_or_spread(axes[1, 0], recorded, statistics, models)
        _time_course(axes[1, 1], recorded, statistics, models, prepared)
        named = {one: name if one == MODEL else LABELS[one] for one in models}
        _autocorrelogram(axes[1, 2], recorded, statistics, named, prepared)
        handles, labels = axes[1, 2].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=_MOST_IN_A_ROW)
    return figure


def _scatter(axis: Axes, recorded, statistics, models, field: str) -> None:
    x = getattr(recorded, field)
    shown = np.linspace(0, len(x) - 1, min(len(x), _MOST_POINTS)).astype(int)
    for name in models:
        y = getattr(statistics[name], field)
        axis.plot(
            x[shown], y[shown], ".", color=_COLOURS[name], markersize=3 if len(shown) > 200 else 6, rasterized=True
        )
    ends = [min(x.min(), 0.0), x.max()]
    axis.plot(ends, ends, color=TRUTH, linewidth=0.8)
    axis.locator_params(nbins=4)


def _counts_or_spread(axis: Axes, recorded, statistics, models) -> None:
    if not recorded.k_statistic.size:
        axis.set_axis_off()
        return
    last = int(np.flatnonzero(recorded.k_statistic)[-1]) + 2
    for name in models:
        axis.plot(statistics[name].k_statistic[:last], color=_COLOURS[name])
    axis.plot(recorded.k_statistic[:last], "o", color=TRUTH, markersize=3)
    axis.set(title="k-statistic", xlabel="active neurons k", ylabel="probability", yscale="log")
    plain_logarithms(axis.yaxis)


def _time_course(axis: Axes, recorded, statistics, models, prepared: PreparedSamples) -> None:
    time_s = (np.arange(prepared.n_bins) + 0.5) * prepared.bin_s
    for name in models:
        axis.plot(time_s, statistics[name].time_course_hz.mean(axis=1), color=_COLOURS[name])
    axis.plot(time_s, recorded.time_course_hz.mean(axis=1), color=TRUTH, linewidth=1.0)
    unit = "rate (spikes/s)" if prepared.spikes else "ΔF/F"
    axis.set(title="time course, mean over neurons", xlabel="time in the sample (s)", ylabel=unit)
    axis.set_ylim(bottom=0.0 if prepared.spikes else None)


def _autocorrelogram(axis: Axes, recorded, statistics, labels: dict[str, str], prepared: PreparedSamples) -> None:
    n_lags = len(recorded.autocorrelogram) // 2
    lags_ms = np.arange(-n_lags, n_lags + 1) * prepared.bin_s * 1000
    beside = lags_ms != 0  # the centre is 0 by definition
    for name, text in labels.items():
        values = np.where(beside, statistics[name].autocorrelogram, np.nan)
        axis.plot(lags_ms, values, color=_COLOURS[name], label=text)
    axis.plot(
        lags_ms, np.where(beside, recorded.autocorrelogram, np.nan), "o", color=TRUTH, markersize=4, label="recorded"
    )
    axis.set(title="autocorrelogram", xlabel="lag (ms)", ylabel="share of the peak")
    axis.set_ylim(bottom=0.0 if prepared.spikes else None)


def examples(recorded: np.ndarray, generated: np.ndarray, prepared: PreparedSamples, *, n: int = 4) -> Figure:
    """Draw recorded samples over generated ones: spikes as marks, traces as images."""
    with styled():
        figure = new_figure(13.0, 6.0)
        axes = figure.subplots(2, n, sharex=True, sharey=True, squeeze=False)
        limits = None if prepared.spikes else np.percentile(recorded, [1, 99])
        for row, (name, samples) in enumerate((("recorded", recorded), ("generated", generated))):
            for number, axis in enumerate(axes[row]):
                _sample(axis, samples[number], prepared, limits)
                if row == 1:
                    axis.set_xlabel("time (s)")
            axes[row, 0].set_ylabel(f"{name}\nneuron")
    return figure


def _sample(axis: Axes, sample: np.ndarray, prepared: PreparedSamples, limits=None, colour: str = TRUTH) -> None:
    n_bins, n_neurons = sample.shape
    if limits is not None:
        extent = (0, n_bins * prepared.bin_s, n_neurons - 0.5, -0.5)
        axis.imshow(sample.T, aspect="auto", vmin=limits[0], vmax=limits[1], extent=extent, cmap="viridis")
        return
    bins, neurons = np.nonzero(sample)
    axis.plot((bins + 0.5) * prepared.bin_s, neurons, "|", color=colour, markersize=max(2, 150 / n_neurons))
    axis.set(xlim=(0, n_bins * prepared.bin_s), ylim=(n_neurons - 0.5, -0.5))


def nearest_examples(measured: Measurements) -> Figure:
    """Draw the first samples of each model over the training samples that are nearest to them (Figure S5)."""
    prepared, groups = measured.prepared, _nearest_groups(measured)
    n, colours = max(len(samples) for samples, _ in groups.values()), {"generated": DAY_Y, "training": TRUTH} | _COLOURS
    with styled():
        figure = new_figure(13.0, 3.8 * len(groups))
        axes = figure.subplots(2 * len(groups), n, sharex=True, sharey=True, squeeze=False)
        for number, (name, (samples, nearest)) in enumerate(groups.items()):
            above, below = axes[2 * number : 2 * number + 2]
            found = prepared.samples(prepared.train_apart[nearest.index[: len(samples)]])
            for column, sample in enumerate(samples):
                _sample(above[column], sample, prepared, colour=colours[name])
                _sample(below[column], found[column], prepared)
                above[column].set_title(f"{nearest.distance[column]} places differ")
            above[0].set_ylabel(f"{LABELS[name]}\nneuron")
            below[0].set_ylabel("nearest in training\nneuron")
        for axis in axes[-1]:
            axis.set_xlabel("time (s)")
    return figure


def _nearest_groups(measured: Measurements) -> dict[str, tuple[np.ndarray, NearestSamples]]:
    """The published groups: generated samples, two baselines where they were fitted, training samples."""
    found, generated = measured.memorisation.nearest, measured.examples[MODEL]
    training = measured.prepared.samples(measured.prepared.train_apart[: len(generated)])
    samples = measured.examples | {"generated": generated, "training": training}
    names = ("generated", "k_pairwise", "dichotomized_gaussian", "training")
    return {name: (samples[name], found[name]) for name in names if name in found}


def distances(found: Memorisation) -> Figure:
    """Draw how far samples are from the nearest training sample."""
    colours = {"generated": DAY_Y, "held_out": TRUTH, "training": MUTED}
    with styled():
        figure = new_figure(8.0, 4.0)
        axis = figure.subplots()
        edges = np.arange(0, max(int(found.nearest[name].distance.max()) for name in colours) + 2) - 0.5
        if len(edges) > 60:
            edges = np.linspace(-0.5, edges[-1], 60)
        for name, colour in colours.items():
            values = found.nearest[name].distance
            axis.hist(
                values, edges, weights=np.full(len(values), 1 / len(values)), histtype="step", color=colour,
                label=LABELS[name], linewidth=1.6,
            )  # fmt: skip
        axis.set(xlabel="places that differ from the nearest training sample", ylabel="share of the samples")
        axis.legend()
    return figure


def convergence(model: KPairwise) -> Figure:
    """Draw the errors of the k-pairwise fit over its steps."""
    with styled():
        figure = new_figure(8.0, 4.0)
        axis = figure.subplots()
        steps = np.arange(1, len(model.rms) + 1)
        names = ("rates", "pairs", "number of active neurons")
        for column, (name, colour) in enumerate(zip(names, (DAY_X, DAY_Y, TRUTH), strict=True)):
            axis.plot(steps, model.rms[:, column], color=colour, label=name)
        axis.axhline(1.0, color=MUTED, linewidth=0.8)
        axis.set(xlabel="step", ylabel="error (standard errors)", yscale="log")
        plain_logarithms(axis.yaxis)
        axis.legend()
    return figure


def whole_distribution(found: WholeDistribution) -> Figure:
    """Draw the probability of every word among generated samples against the true one (Figure S1)."""
    both = (found.numerical_probability > 0) & (found.generated_probability > 0)
    with styled():
        figure = new_figure(6.5, 6.0)
        axis = figure.subplots()
        true, generated = found.numerical_probability, found.generated_probability
        axis.plot(true[both], generated[both], ".", color=DAY_Y, markersize=2, rasterized=True)
        ends = [true[true > 0].min(), true.max()]  # even where no generated word is among them
        axis.plot(ends, ends, color=TRUTH, linewidth=0.8)
        axis.set(xscale="log", yscale="log", xlabel="true probability", ylabel="probability when generated")
        for direction in (axis.xaxis, axis.yaxis):
            plain_logarithms(direction)
    return figure


def training_figures(prepared: PreparedSamples, generate: Generator, *, name: str) -> dict[str, Figure]:
    """Draw what TensorBoard shows: generated samples beside held-out ones, and the six statistics.

    Returns
    -------
    dict
        Tag → figure: ``samples/examples``, ``samples/statistics``.
    """
    recorded = prepared.in_unit(prepared.samples(spaced(prepared.every, _MOST_SAMPLES)))
    generated = generate(len(recorded)).values
    kind = {"bin_s": prepared.bin_s, "spikes": prepared.spikes}
    statistics = {MODEL: population_statistics(generated, **kind)}
    held_out = prepared.in_unit(prepared.samples(prepared.held_out[:_SHOWN]))
    grid = statistics_grid(population_statistics(recorded, **kind), statistics, prepared, name=name)
    return {
        "samples/examples": examples(held_out, generated, prepared, n=len(held_out)),
        "samples/statistics": grid,
    }
