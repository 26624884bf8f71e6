"""Figures of importance maps (Figures 4, S9 and S10)."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.style import DAY_X, DAY_Y, HEAT, MUTED, TRUTH, new_figure, styled
from cyclegan_neuro.systems.spike_gan.explanation import CriticView, Explanation
from cyclegan_neuro.systems.spike_gan.wording import UNTRAINED, critic_label

__all__ = ["importance_examples", "neuron_bars", "packet_templates"]

_BEST = 99.5


def importance_examples(found: Explanation, *, bin_s: float, n: int = 4) -> Figure:
    """Draw samples over their importance maps; spikes of packets, where known, are vermilion."""
    chosen = np.linspace(0, len(found.samples) - 1, n).astype(int)
    views = _trained(found)
    n_bins, n_neurons = found.samples.shape[1:]
    extent = (0.0, n_bins * bin_s, n_neurons - 0.5, -0.5)
    with styled():
        figure = new_figure(13.0, 3.3 * (1 + len(views)))
        axes = figure.subplots(1 + len(views), n, sharex=True, sharey=True, squeeze=False)
        for column, index in enumerate(chosen):
            spikes = found.samples[index] > 0
            known = spikes & found.truth[index] if found.truth is not None else np.zeros_like(spikes)
            for marked, colour in ((spikes & ~known, TRUTH), (known, DAY_Y)):
                bins, neurons = np.nonzero(marked)
                axes[0, column].plot(
                    (bins + 0.5) * bin_s, neurons, "|", color=colour, markersize=max(2, 150 / n_neurons)
                )
            axes[-1, column].set_xlabel("time (s)")
        axes[0, 0].set_ylabel("spikes\nneuron")
        for row, (name, view) in zip(axes[1:], views.items(), strict=True):
            image = {"aspect": "auto", "extent": extent, "cmap": HEAT, "vmin": 0.0, "vmax": _top(view)}
            drawn = [axis.imshow(view.maps[index].T, **image) for axis, index in zip(row, chosen, strict=True)]
            row[0].set_ylabel(f"{critic_label(name)}\nneuron")
            figure.colorbar(drawn[0], ax=list(row), label="change of the score", fraction=0.02)
    return figure


def neuron_bars(found: Explanation) -> Figure:
    """Draw the mean importance of each neuron: per packet with its neurons marked, else of all samples."""
    views, n_rows = _trained(found), max(1, len(found.packets))
    with styled():
        figure = new_figure(13.0, 1.3 + 1.9 * n_rows)
        axes = figure.subplots(n_rows, len(views), squeeze=False, sharex=True)
        for column, (name, view) in zip(axes.T, views.items(), strict=True):
            if found.packets:
                for axis, known, packet in zip(column, found.packets, view.packets, strict=True):
                    _bars(axis, packet.neuron_importance, colours=np.where(known.members, DAY_Y, MUTED))
            else:
                _bars(column[0], view.maps.mean(axis=(0, 1)), colours=MUTED)
            column[0].set_title(critic_label(name))
            column[-1].set_xlabel("neuron")
        for number, axis in enumerate(axes[:, 0], 1):
            axis.set_ylabel(f"packet {number}\nimportance" if found.packets else "importance")
    return figure


def packet_templates(found: Explanation) -> Figure:
    """Draw each packet's template over the mean importance around its onsets, neurons in the packet's order first."""
    views = _trained(found)
    with styled():
        figure = new_figure(13.0, 3.3 * (1 + len(views)))
        axes = figure.subplots(1 + len(views), len(found.packets), squeeze=False)
        for number, (known, column) in enumerate(zip(found.packets, axes.T, strict=True)):
            first = np.where(known.members, np.argmax(known.template, axis=0), len(known.template))
            order = np.argsort(first, kind="stable")
            scores = [view.packets[number] for view in views.values()]
            for axis, values in zip(column, (known.template, *(one.average for one in scores)), strict=True):
                axis.imshow(values[:, order].T, aspect="auto", cmap=HEAT, vmin=0.0)
                axis.axhline(known.members.sum() - 0.5, color=DAY_X, linewidth=0.8)
            column[0].set_title(f"packet {number + 1}")
            for axis, one in zip(column[1:], scores, strict=True):
                axis.set_title(f"r = {one.template_correlation:.2f}")
            column[-1].set_xlabel("bin of the packet")
        for axis, name in zip(axes[:, 0], ("known", *map(critic_label, views)), strict=True):
            axis.set_ylabel(f"{name}\nneuron (packet's first)")
    return figure


def _trained(found: Explanation) -> dict[str, CriticView]:
    return {name: view for name, view in found.critics.items() if name != UNTRAINED}


def _top(view: CriticView) -> float:
    important = view.maps[view.maps > 0]
    return float(np.percentile(important, _BEST)) if important.size else 1.0


def _bars(axis, values: np.ndarray, *, colours) -> None:
    axis.bar(np.arange(len(values)), values, color=colours)
