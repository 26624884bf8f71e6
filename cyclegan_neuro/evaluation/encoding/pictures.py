"""Figures of the report: noise correlations at a glance, rasters, scatters, matrices, histograms, PSTHs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cyclegan_neuro.evaluation.encoding.measurements import (
    COPULA,
    COPULA_PSTH,
    DAYS,
    INDEPENDENT,
    MODEL,
    SUPERVISED,
    Measurements,
)
from cyclegan_neuro.evaluation.encoding.parts import DATA, Part
from cyclegan_neuro.evaluation.encoding.scores import Agreement, Estimate
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, MUTED, TRUTH, new_figure, styled

__all__ = ["change", "correlations", "matrices", "opening", "psths", "rasters", "statistics"]

_COLOURS = {
    DATA: TRUTH, MODEL: DAY_Y, SUPERVISED: DAY_X, COPULA: "#009E73", COPULA_PSTH: "#CC79A7", INDEPENDENT: "#56B4E9"
}  # fmt: skip
_DIVERGING = "RdBu_r"
_SHOWN_STIMULI, _SHOWN_TRIALS, _SHOWN_NEURONS = 100, 40, 4


def _colour(key: str) -> str:
    return _COLOURS.get(key, "#E69F00")


def _compared(part: Part) -> list[str]:
    """The run's model, the supervised one and the copulas: as many as one figure holds."""
    return [key for key in (MODEL, SUPERVISED, COPULA, COPULA_PSTH) if key in part.scores]


def opening(found: Measurements) -> Figure:
    """Draw noise correlations of three models against the reference, and how near each model is."""
    (_, part), *_ = found.leading.items()
    shown = [key for key in (SUPERVISED, COPULA if COPULA in part.scores else COPULA_PSTH, MODEL) if key in part.scores]
    with styled():
        figure = new_figure(13.0, 4.6)
        *panels, dots = figure.subplots(1, len(shown) + 1, width_ratios=(*[1.0] * len(shown), 1.1))
        limits = _limits([part.reference.noise_correlation, *(part.statistics[k].noise_correlation for k in shown)])
        for axis, key in zip(panels, shown, strict=True):
            _pairs(axis, part.reference.noise_correlation, part.statistics[key].noise_correlation, key, limits)
            axis.set_title(f"{_wrapped(found.labels[key])}\n{_score(part.scores[key].noise)}", fontsize=12)
        panels[0].set_ylabel("noise correlation, model")
        panels[len(panels) // 2].set_xlabel(f"noise correlation, {part.against.value}")
        _dots(dots, found, part, {key: one.noise.rmse for key, one in part.scores.items()})
        dots.set(xlabel="error (RMSE)", xlim=(0, None))
        dots.locator_params(axis="x", nbins=4)
    return figure


def change(found: Measurements) -> Figure:
    """Draw mean noise correlations of both days, and the change of every pair in models against the recording."""
    one, part = found.change, found.parts["held_out", 0]
    shown = [DATA, MODEL, COPULA if COPULA in one.scores else COPULA_PSTH]
    with styled():
        figure = new_figure(13.0, 4.6)
        means, *panels, dots = figure.subplots(1, len(shown) + 2, width_ratios=(0.8, *[1.0] * len(shown), 1.1))
        values = np.array(one.mean)
        means.errorbar((0, 1), values[:, 0], (values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]),
                       fmt="o-", color=TRUTH, capsize=4, label=_recorded(found))  # fmt: skip
        for key in (MODEL, SUPERVISED):
            if key in one.scores:
                parts = [found.parts["held_out", day].scores[key].noise.mean.value for day in (0, 1)]
                means.plot(
                    (0, 1), parts, "o--", color=_colour(key), fillstyle="none", label=_wrapped(found.labels[key])
                )
        means.set_xticks((0, 1), [f"day {day}" for day in DAYS])
        means.set(ylabel="mean noise correlation", xlim=(-0.4, 1.4))
        means.legend(loc="upper center", bbox_to_anchor=(0.4, -0.08), fontsize=10)
        limits = _limits([one.matrices["reference"], one.matrices[DATA], one.matrices[MODEL]])
        for axis, key in zip(panels, shown, strict=True):
            _pairs(axis, one.matrices["reference"], one.matrices[key], key, limits)
            axis.set_title(f"{_wrapped(found.label(key, part), width=20)}\n{_score(one.scores[key])}", fontsize=12)
        panels[0].set_ylabel("change from day x to day y")
        panels[1].set_xlabel("change of noise correlation, held-out trials")
        _dots(dots, found, part, {key: score.r for key, score in one.scores.items()})
        dots.axvline(0, color=MUTED, linewidth=0.8)
        dots.set(xlabel="r of the change", xlim=(None, 1.02))
    return figure


def _dots(axis: Axes, found: Measurements, part: Part, estimates: dict[str, Estimate]) -> None:
    """Draw an estimate of every model with its interval; the recording's own as a line with a band."""
    ceiling = estimates[DATA]
    rows = [MODEL, *(key for key in estimates if key not in (MODEL, DATA))]
    for height, key in enumerate(rows):
        value, low, high = estimates[key]
        axis.plot([low, high], [height, height], color=_colour(key))
        axis.plot(value, height, "o", color=_colour(key), markersize=7)
    axis.axvline(ceiling.value, color=TRUTH, linestyle="--", linewidth=1.2, label=found.label(DATA, part))
    axis.axvspan(ceiling.low, ceiling.high, color=MUTED, alpha=0.25, linewidth=0)
    axis.set_yticks(range(len(rows)), [_wrapped(found.labels[key]) for key in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0, labelsize=11)
    axis.legend(loc="lower center", bbox_to_anchor=(0.3, 1.0))


def _wrapped(text: str, *, width: int = 22) -> str:
    return "\n".join(textwrap.wrap(text, width))


def _score(found: Agreement) -> str:
    return f"r {found.r.value:.3f}, slope {found.slope.value:.2f}"


def _limits(values: Sequence[np.ndarray]) -> tuple[float, float]:
    """Return limits of a scatter of pairs: all values of the upper triangles."""
    known = np.concatenate([one[np.triu_indices(len(one), 1)] for one in values])
    low, high = np.nanmin(known), np.nanmax(known)
    room = 0.05 * (high - low) or 0.1
    return min(low, 0.0) - room, max(high, 0.0) + room


def _pairs(axis: Axes, x: np.ndarray, y: np.ndarray, key: str, limits: tuple[float, float]) -> None:
    """Draw values of pairs, or of neurons, against the reference, with the line on which they should lie."""
    if x.ndim == 2:
        pairs = np.triu_indices(len(x), 1)
        x, y = x[pairs], y[pairs]
    axis.plot(limits, limits, color=TRUTH, linewidth=0.8)
    axis.plot(x, y, ".", color=_colour(key), markersize=3 if len(x) > 500 else 5, alpha=0.6, rasterized=True)
    axis.set(xlim=limits, ylim=limits)
    axis.set_aspect("equal")
    axis.locator_params(nbins=5)


def statistics(found: Measurements, part: Part) -> Figure:
    """Draw firing rates, total correlations and the population-count histogram (Figure 4 B)."""
    shown = [key for key in (DATA, SUPERVISED, COPULA, MODEL) if key in part.scores and _tells(part, key)]
    with styled():
        figure = new_figure(13.0, 4.8)
        rates, totals, histogram = figure.subplots(1, 3)
        values = [one.rates for one in (part.reference, *(part.statistics[key] for key in shown))]
        _all_pairs(rates, part, shown, "rates", (0.0, 1.05 * float(np.max(values))))
        rates.set(title="firing rate", xlabel=f"{part.against.value} (spikes per bin)", ylabel="model")
        matrices = [one.total_correlation for one in (part.reference, part.statistics[MODEL])]
        _all_pairs(totals, part, shown, "total_correlation", _limits(matrices))
        totals.set(title="total correlation", xlabel=part.against.value, ylabel="model")
        histogram.plot(part.reference.count_histogram, "o", color=TRUTH, label=part.against.value)
        for key in shown:
            style = ":" if key == DATA else "-"
            histogram.plot(
                part.statistics[key].count_histogram, style, color=_colour(key), label=found.label(key, part)
            )
        last = np.flatnonzero(part.reference.count_histogram > 1e-4)[-1]
        histogram.set(title="population count", xlabel="spikes of all neurons in a bin", ylabel="share of responses",
                      xlim=(-0.5, last + 1.5))  # fmt: skip
        _whole(histogram.xaxis)
        figure.legend(*histogram.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return figure


def _tells(part: Part, key: str) -> bool:
    """Whether a row is more than the reference itself."""
    return part.statistics[key] is not part.reference


def _all_pairs(axis: Axes, part: Part, shown: Sequence[str], field: str, limits: tuple[float, float]) -> None:
    for key in shown:
        _pairs(axis, getattr(part.reference, field), getattr(part.statistics[key], field), key, limits)


def correlations(found: Measurements, part: Part) -> Figure:
    """Draw noise correlations of every model, and of the recording's own trials, against the reference."""
    shown = [key for key in part.scores if _tells(part, key)]
    n_columns = min(3, len(shown))
    n_rows = -(-len(shown) // n_columns)
    with styled():
        figure = new_figure(13.0, 4.4 * n_rows)
        axes = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False).ravel()
        limits = _limits([part.reference.noise_correlation, *(part.statistics[k].noise_correlation for k in shown)])
        for axis, key in zip(axes, shown, strict=False):
            _pairs(axis, part.reference.noise_correlation, part.statistics[key].noise_correlation, key, limits)
            axis.set_title(f"{found.label(key, part)}\n{_score(part.scores[key].noise)}", fontsize=12)
        for axis in axes[len(shown) :]:
            axis.set_axis_off()
        figure.supxlabel(f"noise correlation, {part.against.value}")
        figure.supylabel("noise correlation, model")
    return figure


def matrices(found: Measurements, part: Part) -> Figure:
    """Draw noise-correlation matrices side by side (Figure 4 C), neurons in the order of the strongest component."""
    shown = {part.against.value: part.reference.noise_correlation}
    shown |= {found.labels[key]: part.statistics[key].noise_correlation for key in _compared(part)[:3]}
    known = np.nan_to_num(part.reference.noise_correlation)
    order = np.argsort(np.linalg.eigh(known)[1][:, -1], kind="stable")
    top = float(np.nanpercentile(np.abs(known[np.triu_indices(len(known), 1)]), 99)) or 0.1
    with styled():
        figure = new_figure(13.0, 4.2)
        axes = figure.subplots(1, len(shown), sharey=True)
        for axis, (title, matrix) in zip(axes, shown.items(), strict=True):
            ordered = matrix[np.ix_(order, order)].copy()
            np.fill_diagonal(ordered, np.nan)
            image = axis.imshow(ordered, cmap=_DIVERGING, vmin=-top, vmax=top)
            axis.set_title(_wrapped(title), fontsize=12)
            axis.set(xticks=[], yticks=[], xlabel="neuron")
        axes[0].set_ylabel("neuron")
        figure.colorbar(image, ax=axes.tolist(), label="noise correlation", extend="both", fraction=0.03, pad=0.01)
    return figure


def rasters(found: Measurements, part: Part) -> Figure:
    """Draw the same stretch of stimuli in one trial of all neurons, and in many trials of one (Figure 4 A)."""
    responses = found.prepared.responses
    shown = [key for key in (DATA, MODEL, SUPERVISED) if key in part.scores]
    stimuli = part.stimuli[:_SHOWN_STIMULI]
    neuron = int(np.argmax(part.reference.psth.var(axis=0)))
    with styled():
        figure = new_figure(13.0, 6.4)
        axes = figure.subplots(2, len(shown), sharex=True, sharey="row", height_ratios=(1.2, 1))
        for column, key in enumerate(shown):
            above, below = axes[:, column]
            grid = _by_presentation(part.counts[key], part.stimulus, stimuli)
            _raster(above, grid[0].T, TRUTH if key == DATA else _colour(key))
            _raster(below, grid[:_SHOWN_TRIALS, :, neuron], TRUTH if key == DATA else _colour(key))
            above.set_title(_recorded(found) if key == DATA else found.labels[key])
            below.set_xlabel("bin" if responses.in_time else "stimulus")
        axes[0, 0].set_ylabel("neuron, one trial")
        axes[1, 0].set_ylabel(f"trial, neuron {neuron + 1}")
    return figure


def _recorded(found: Measurements) -> str:
    return "recorded" if found.prepared.responses.data_origin == "recorded" else "the data"


def _by_presentation(counts: np.ndarray, stimulus: np.ndarray, stimuli: np.ndarray) -> np.ndarray:
    """Return the first responses to each stimulus, shape (presentation, stimulus, neuron); as many as all have."""
    rows = [np.flatnonzero(stimulus == one) for one in stimuli]
    n = min(len(one) for one in rows)
    return counts[np.stack([one[:n] for one in rows], axis=1)]


def _raster(axis: Axes, counts: np.ndarray, colour: str) -> None:
    """Draw a mark where there is a spike, darker where there are more; shape (row, column)."""
    rows, columns = np.nonzero(counts)
    if rows.size:  # Matplotlib takes no empty alpha
        shade = 0.3 + 0.7 * counts[rows, columns] / counts.max()
        axis.scatter(columns + 1, rows + 1, marker="|", c=colour, alpha=shade, s=max(6, 1200 / len(counts)),
                     linewidths=1.0, rasterized=True)  # fmt: skip
    axis.set(xlim=(0, counts.shape[1] + 1), ylim=(len(counts) + 0.5, 0.5))
    _whole(axis.yaxis)


def _whole(axis: Axis) -> None:
    axis.set_major_locator(MaxNLocator(6, integer=True))


def psths(found: Measurements, part: Part) -> Figure:
    """Draw PSTHs of the neurons that follow the stimuli most: over time, or against the reference without time."""
    responses = found.prepared.responses
    data, row = part.statistics[DATA], np.searchsorted(part.stimuli, part.stimulus)
    neurons = np.argsort(-part.reference.psth.var(axis=0), kind="stable")[:_SHOWN_NEURONS]
    shown = [key for key in (SUPERVISED, MODEL) if key in part.scores]
    with styled():
        figure = new_figure(13.0, 6.0 if responses.in_time else 4.2)
        shape = (-(-len(neurons) // 2), 2) if responses.in_time else (1, len(neurons))
        axes = figure.subplots(*shape, squeeze=False)
        for axis, neuron in zip(axes.ravel(), neurons, strict=False):
            if responses.in_time:
                counts = part.counts[DATA][:, neuron].astype(float)
                n = np.bincount(row)
                spread = np.sqrt(np.bincount(row, (counts - data.psth[row, neuron]) ** 2) / np.maximum(n - 1, 1) / n)
                time_s = (part.stimuli * responses.bin_s)[:_SHOWN_STIMULI]
                mean, spread = (values[:_SHOWN_STIMULI] for values in (data.psth[:, neuron], spread))
                axis.fill_between(time_s, mean - spread, mean + spread, color=MUTED, alpha=0.4, linewidth=0)
                axis.plot(time_s, mean, color=TRUTH, linewidth=1.0, label=f"{_recorded(found)} (± standard error)")
                for key in shown:
                    axis.plot(
                        time_s, part.expected[key][:_SHOWN_STIMULI, neuron], color=_colour(key), label=found.labels[key]
                    )
                axis.set(xlim=(time_s[0], time_s[-1]), ylim=(0, None))
            else:
                top = 1.05 * part.reference.psth[:, neuron].max()
                for key in shown:
                    _pairs(axis, part.reference.psth[:, neuron], part.expected[key][:, neuron], key, (0.0, top))
                    axis.lines[-1].set_label(found.labels[key])
            axis.set_title(f"neuron {neuron + 1}")
        figure.supxlabel("time in the movie (s)" if responses.in_time else f"{part.against.value} (spikes per bin)")
        figure.supylabel("spikes per bin" if responses.in_time else "model (spikes per bin)")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
