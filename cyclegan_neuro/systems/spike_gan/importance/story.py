"""Which spikes the critic finds important (section 3.3, Figures 4, S2, S7 and S10)."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Picture, Table
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.importance import pictures
from cyclegan_neuro.systems.spike_gan.importance.explanation import ADVERSARY, COORDINATION, CRITIC_LABELS, Explanation

__all__ = ["TITLE", "importance_block", "importance_metrics", "importance_sentence"]

TITLE = "What does the critic look at?"
_SHOWN = 4
_SCORES = {
    "neuron_auroc": "neurons, AUROC",
    "neuron_recall": "neurons found, recall",
    "neuron_precision": "precision",
    "template_correlation": "course, r",
    "template_correlation_found": "found without onsets, r",
    "place_auroc": "its places, AUROC",
}


def importance_block(config: Config, prepared: PreparedSamples, one: Explanation) -> Block:
    """Show importance maps, and say how far they can be trusted where packets are known."""
    section = config.evaluation.importance
    seconds = max(view.seconds for view in one.critics.values())
    paragraphs = []
    how = [
        f"The spikes of one neuron within {section.window_bins} bins were shuffled in time {section.n_shuffles} times; "
        "how much a critic's score changes was credited to them, for every neuron and window (every "
        f"{section.step_bins} bins). {len(one.samples):,} samples that the networks did not see took {seconds:.0f} s "
        "per critic.",
        _critics(one),
    ]
    tables: tuple[tuple[str, Table], ...]
    tables, shown = (), [
        Picture(
            "importance",
            "Samples and the importance of their spikes. Spikes of packets, where they are known, are vermilion.",
            pictures.importance_examples(one, bin_s=prepared.bin_s, n=min(_SHOWN, len(one.samples))),
            "Figures 4C and S8",
        )
    ]  # fmt: skip
    if one.packets:
        paragraphs.append(importance_sentence(one))
        how += _packet_paragraphs(one)
        tables = (
            ("How well importance finds the neurons and the course of each packet.", _packets_table(one)),
            ("Spikes of packets told from the others.", _detection_table(one)),
        )
        shown += _packet_pictures(one)
    else:
        paragraphs.append("What should be important is not known here: these maps are hints, not findings.")
    shown += _mean_pictures(one, bin_s=prepared.bin_s)
    return Block(TITLE, tuple(paragraphs), tables, tuple(shown), tuple(how))


def _packet_pictures(one: Explanation) -> tuple[Picture, ...]:
    return (
        Picture(
            "packet_templates",
            "Known packets, and mean importance around their onsets; below the line the neurons that take no part.",
            pictures.packet_templates(one),
            "Figure S2E",
        ),
        Picture(
            "place_roc",
            "Importance of the places (bin and neuron) of packets that were found without onsets: distributions, and "
            "what any threshold gives. The untrained critic is the control.",
            pictures.place_roc(one),
            "Figure S10",
        ),
    )


def _mean_pictures(one: Explanation, *, bin_s: float) -> tuple[Picture, ...]:
    of_packet = ", by packet" if one.packets else ""
    told = "; a packet's are vermilion" if one.packets else ""
    order = "in the order of the packets" if one.packets else "in the order of the data"
    return (
        Picture(
            "importance_time",
            f"Mean importance of each bin{of_packet}; shaded is the standard error over samples.",
            pictures.importance_over_time(one, bin_s=bin_s),
            "Figure 4D",
        ),
        Picture(
            "importance_neurons",
            f"Mean importance of each neuron, with the standard error over samples{told}.",
            pictures.neuron_bars(one),
            "Figures 4E and S2F",
        ),
        Picture(
            "filters",
            f"Filters of the critics' first layers, those with the largest norm; neurons {order}, each filter on its "
            "own scale (red is positive).",
            pictures.first_layer(one),
            "Figure S7",
        ),
    )


def _critics(one: Explanation) -> str:
    text = (
        "The generator's critic sees what the generator does not do yet; what the generator does well need not matter "
        "to it."
    )
    if COORDINATION in one.critics:
        text += (
            " The critic of coordination was trained on the same recorded samples, against samples that take each "
            "neuron from another of them: it sees what neurons do together, whatever the generator does, and nothing "
            "that a neuron does alone."
        )
    return text


def _packet_paragraphs(one: Explanation) -> list[str]:
    limits = ", ".join(
        f"{view.detection.threshold:.3g} for the {CRITIC_LABELS[name]}" for name, view in one.critics.items()
    )
    return [
        "The packets are known here. New samples of the same population, each with one type of packet, show whether "
        "importance finds its neurons (AUROC: 0.5 is chance) and its course (correlation of the mean importance "
        "around onsets with the packet). Two controls stand beside it: a critic that was not trained, and the number "
        "of spikes alone, because neurons of a packet also fire more.",
        "Spikes count as a packet's where their importance exceeds a threshold that is set by the importance of all "
        f"spikes alone (Otsu's criterion: {limits}), without the truth; neurons are found in the same way.",
    ]


def _packets_table(one: Explanation) -> Table:
    rows = []
    for number, known in enumerate(one.packets):
        for name, view in one.critics.items():
            scores = (getattr(view.packets[number], score) for score in _SCORES)
            rows.append((number + 1, CRITIC_LABELS[name], *scores))
        rows.append((number + 1, "spike count alone", known.activity_auroc, *[None] * (len(_SCORES) - 1)))
    return Table("packets", ("packet", "by", *_SCORES.values()), tuple(rows))


def _detection_table(one: Explanation) -> Table:
    rows = tuple(
        (CRITIC_LABELS[name], found.recall, found.precision, found.n_detected, found.n_packet_spikes, found.n_spikes)
        for name, found in ((name, view.detection) for name, view in one.critics.items())
    )
    return Table("detection", ("by", "recall", "precision", "detected", "spikes of packets", "all spikes"), rows)


def importance_sentence(one: Explanation) -> str:
    """Say in one sentence how well importance finds known packets."""
    activity = np.nanmax([packet.activity_auroc for packet in one.packets])
    told = []
    for name in (COORDINATION, ADVERSARY):
        if name in one.critics:
            view = one.critics[name]
            worst = np.nanmin([packet.neuron_auroc for packet in view.packets])
            course = np.nanmin([packet.template_correlation for packet in view.packets])
            told.append(
                f"at least {worst:.2f} by the {CRITIC_LABELS[name]} (course of the packet: r at least {course:.2f}; "
                f"its spikes: recall {view.detection.recall:.2f}, precision {view.detection.precision:.2f})"
            )
    return (
        f"Importance finds the neurons of each packet with an AUROC of {', '.join(told)}; spike counts alone with at "
        f"most {activity:.2f}."
    )


def importance_metrics(one: Explanation) -> dict:
    """Return what ``metrics.json`` keeps of importance maps."""
    metrics: dict = {"n_samples": len(one.samples), "critics": {}}
    if one.packets:
        metrics["neuron_auroc_of_activity"] = [packet.activity_auroc for packet in one.packets]
    for name, view in one.critics.items():
        metrics["critics"][name] = {"seconds": view.seconds}
        if view.packets:
            metrics["critics"][name] |= {
                "packets": [{score: getattr(packet, score) for score in _SCORES} for packet in view.packets],
                "threshold": view.detection.threshold,
                "recall": view.detection.recall,
                "precision": view.detection.precision,
                "spike_auroc": view.detection.spike_auroc,
            }
    return metrics
