"""Figures of importance maps (Figures 4, S9 and S10)."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.style import DAY_X, DAY_Y, HEAT, MUTED, TRUTH, new_figure, styled
from cyclegan_neuro.systems.spike_gan.explanation import Explanation

__all__ = ["importance_examples", "neuron_bars", "packet_templates"]

_BEST = 99.5


def importance_examples(found: Explanation, *, bin_s: float, n: int = 4) -> Figure:
    """Draw samples over their importance maps; spikes of packets, where known, are vermilion."""
    chosen = np.linspace(0, len(found.samples) - 1, n).astype(int)
    top = float(np.percentile(found.maps[found.maps > 0], _BEST)) if (found.maps > 0).any() else 1.0
    n_bins, n_neurons = found.samples.shape[1:]
    extent = (0.0, n_bins * bin_s, n_neurons - 0.5, -0.5)
    with styled():
        figure = new_figure(13.0, 6.4)
        axes = figure.subplots(2, n, sharex=True, sharey=True, squeeze=False)
        for column, index in enumerate(chosen):
            spikes = found.samples[index] > 0
            known = spikes & found.truth[index] if found.truth is not None else np.zeros_like(spikes)
            for marked, colour in ((spikes & ~known, TRUTH), (known, DAY_Y)):
                bins, neurons = np.nonzero(marked)
                axes[0, column].plot(
                    (bins + 0.5) * bin_s, neurons, "|", color=colour, markersize=max(2, 150 / n_neurons)
                )
            image = axes[1, column].imshow(
                found.maps[index].T, aspect="auto", extent=extent, cmap=HEAT, vmin=0.0, vmax=top
            )
            axes[1, column].set_xlabel("time (s)")
        axes[0, 0].set_ylabel("spikes\nneuron")
        axes[1, 0].set_ylabel("importance\nneuron")
        figure.colorbar(image, ax=list(axes[1]), label="change of the score", fraction=0.02)
    return figure


def neuron_bars(found: Explanation) -> Figure:
    """Draw the mean importance of each neuron: per packet with its neurons marked, else of all samples."""
    rows = found.packets or (None,)
    with styled():
        figure = new_figure(13.0, 1.0 + 1.9 * len(rows))
        axes = figure.subplots(len(rows), 1, squeeze=False, sharex=True)[:, 0]
        for axis, packet in zip(axes, rows, strict=True):
            values = found.maps.mean(axis=(0, 1)) if packet is None else packet.neuron_importance
            colours = MUTED if packet is None else np.where(packet.members, DAY_Y, MUTED)
            axis.bar(np.arange(len(values)), values, color=colours)
            axis.set_ylabel("importance")
            if packet is not None:
                axis.set_title(f"packet {packet.packet + 1} (its neurons are vermilion)")
        axes[-1].set_xlabel("neuron")
    return figure


def packet_templates(found: Explanation) -> Figure:
    """Draw each packet's template over the mean importance around its onsets, neurons in the packet's order first."""
    with styled():
        figure = new_figure(13.0, 6.6)
        axes = figure.subplots(2, len(found.packets), squeeze=False)
        for column, packet in enumerate(found.packets):
            first = np.where(packet.members, np.argmax(packet.template, axis=0), len(packet.template))
            order = np.argsort(first, kind="stable")
            for row, values in enumerate((packet.template, packet.average)):
                axes[row, column].imshow(values[:, order].T, aspect="auto", cmap=HEAT, vmin=0.0)
                axes[row, column].axhline(packet.members.sum() - 0.5, color=DAY_X, linewidth=0.8)
            axes[0, column].set_title(f"packet {packet.packet + 1}")
            axes[1, column].set_title(f"r = {packet.template_correlation:.2f}")
            axes[1, column].set_xlabel("bin of the packet")
        axes[0, 0].set_ylabel("known\nneuron (packet's first)")
        axes[1, 0].set_ylabel("importance\nneuron (packet's first)")
    return figure
