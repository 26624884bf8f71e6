"""Figures of importance maps (Figures 4, S2, S7 and S10)."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.style import DAY_X, DAY_Y, HEAT, MUTED, TRUTH, new_figure, styled
from cyclegan_neuro.systems.spike_gan.importance.explanation import CRITIC_LABELS, UNTRAINED, CriticView, Explanation
from cyclegan_neuro.systems.spike_gan.importance.maps import bin_importance, neuron_importance

__all__ = [
    "first_layer",
    "importance_examples",
    "importance_over_time",
    "neuron_bars",
    "packet_templates",
    "place_roc",
]

_BEST = 99.5
_FILTERS = 12


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
            row[0].set_ylabel(f"{CRITIC_LABELS[name]}\nneuron")
            figure.colorbar(drawn[0], ax=list(row), label="change of the score", fraction=0.02)
    return figure


def importance_over_time(found: Explanation, *, bin_s: float) -> Figure:
    """Draw the mean importance of each bin, with its standard error: of each packet's samples where known."""
    views, bins = _trained(found), np.arange(found.samples.shape[1])
    time_s = (bins + 0.5) * bin_s
    with styled():
        figure = new_figure(13.0, 3.6)
        axes = figure.subplots(1, len(views), squeeze=False)[0]
        for axis, (name, view) in zip(axes, views.items(), strict=True):
            for number, part in enumerate(_parts(found, view)):
                mean, error = _mean_and_error(bin_importance(part))
                (line,) = axis.plot(time_s, mean, label=f"packet {number + 1}" if found.packets else None)
                axis.fill_between(time_s, mean - error, mean + error, color=line.get_color(), alpha=0.3, linewidth=0)
            axis.set(title=CRITIC_LABELS[name], xlabel="time (s)", ylim=(0.0, None))
        axes[0].set_ylabel("importance")
        if found.packets:
            axes[-1].legend()
    return figure


def neuron_bars(found: Explanation) -> Figure:
    """Draw the mean importance of each neuron, with its standard error: of each packet's samples where known."""
    views, n_rows = _trained(found), max(1, len(found.packets))
    with styled():
        figure = new_figure(13.0, 1.3 + 1.9 * n_rows)
        axes = figure.subplots(n_rows, len(views), squeeze=False, sharex=True)
        for column, (name, view) in zip(axes.T, views.items(), strict=True):
            for number, (axis, part) in enumerate(zip(column, _parts(found, view), strict=True)):
                mean, error = _mean_and_error(neuron_importance(part))
                colours = np.where(found.packets[number].members, DAY_Y, MUTED) if found.packets else MUTED
                axis.bar(np.arange(len(mean)), mean, yerr=error, color=colours, error_kw={"linewidth": 0.8})
            column[0].set_title(CRITIC_LABELS[name])
            column[-1].set_xlabel("neuron")
        for number, axis in enumerate(axes[:, 0], 1):
            axis.set_ylabel(f"packet {number}\nimportance" if found.packets else "importance")
    return figure


def first_layer(found: Explanation) -> Figure:
    """Draw the largest filters of every critic's first layer; neurons of a known packet stand in its order."""
    order, ends = _by_packet(found)
    with styled():
        figure = new_figure(13.0, 0.6 + 2.6 * len(found.critics))
        axes = figure.subplots(len(found.critics), _FILTERS, squeeze=False, sharex=True, sharey=True)
        for row, (name, view) in zip(axes, found.critics.items(), strict=True):
            norms = np.linalg.norm(view.filters, axis=(0, 1))
            for axis, number in zip(row, np.argsort(-norms, kind="stable"), strict=False):
                weights = view.filters[:, order, number].T
                top = np.abs(weights).max() or 1.0
                axis.imshow(weights, aspect="auto", cmap="RdBu_r", vmin=-top, vmax=top)
                for end in ends:
                    axis.axhline(end - 0.5, color=TRUTH, linewidth=0.6)
            row[0].set_ylabel(f"{CRITIC_LABELS[name]}\nneuron" + (" (by packet)" if found.packets else ""))
        for axis in axes[-1]:
            axis.set_xlabel("bin")
            axis.locator_params(axis="x", nbins=3, integer=True)
    return figure


def place_roc(found: Explanation) -> Figure:
    """Draw how far importance tells places of packets from others, in packets that were found without onsets."""
    truth = np.concatenate([packet.template.ravel() > 0 for packet in found.packets])
    with styled():
        figure = new_figure(13.0, 4.0)
        axes = figure.subplots(1, len(_trained(found)) + 1)
        for axis, (name, view) in zip(axes, _trained(found).items(), strict=False):
            values = _of_places(view)
            for places, colour, kind in ((~truth, MUTED, "other places"), (truth, DAY_Y, "places of the packet")):
                axis.hist(
                    values[places], np.linspace(0, 1, 31), weights=np.full(places.sum(), 1 / places.sum()),
                    histtype="step", color=colour, label=kind, linewidth=1.6,
                )  # fmt: skip
            axis.set(title=CRITIC_LABELS[name], xlabel="importance, share of the largest")
        axes[0].set_ylabel("share of the places")
        axes[0].legend()
        for (name, view), style in zip(found.critics.items(), ("-", "--", ":"), strict=False):
            above = truth[np.argsort(-_of_places(view), kind="stable")]
            rates = [np.append(0, np.cumsum(kind) / max(1, kind.sum())) for kind in (~above, above)]
            axes[-1].plot(*rates, style, color=TRUTH, label=CRITIC_LABELS[name])
        axes[-1].set(xlabel="false positives", ylabel="true positives")
        axes[-1].legend()
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
        for axis, name in zip(axes[:, 0], ("known", *(CRITIC_LABELS[name] for name in views)), strict=True):
            axis.set_ylabel(f"{name}\nneuron (packet's first)")
    return figure


def _trained(found: Explanation) -> dict[str, CriticView]:
    return {name: view for name, view in found.critics.items() if name != UNTRAINED}


def _top(view: CriticView) -> float:
    important = view.maps[view.maps > 0]
    return float(np.percentile(important, _BEST)) if important.size else 1.0


def _parts(found: Explanation, view: CriticView) -> list[np.ndarray]:
    """Maps of each packet's samples, or all of them where packets are not known."""
    return np.split(view.maps, max(1, len(found.packets)))


def _mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over samples, and its standard error."""
    return values.mean(axis=0), values.std(axis=0) / len(values) ** 0.5


def _of_places(view: CriticView) -> np.ndarray:
    """Importance of every place of every packet that was found, relative to the largest in the packet."""
    return np.concatenate([(packet.found / (packet.found.max() or 1.0)).ravel() for packet in view.packets])


def _by_packet(found: Explanation) -> tuple[np.ndarray, list[int]]:
    """Neurons, those of the first packet first, in the order in which they fire; and where packets end."""
    order: list[int] = []
    ends = []
    for packet in found.packets:
        members = np.flatnonzero(packet.members)
        fired = members[np.argsort(np.argmax(packet.template[:, members], axis=0), kind="stable")]
        order += [neuron for neuron in fired if neuron not in order]
        ends.append(len(order))
    order += [neuron for neuron in range(found.samples.shape[2]) if neuron not in order]
    return np.array(order), ends
