"""Which spikes the critic finds important (section 2.4, Figures 4, S9 and S10)."""

from __future__ import annotations

from cyclegan_neuro.systems.evaluation import Block, Picture, Table
from cyclegan_neuro.systems.spike_gan import importance_pictures as pictures
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.explanation import Explanation
from cyclegan_neuro.systems.spike_gan.measurements import Measurements
from cyclegan_neuro.systems.spike_gan.prepared import PreparedSamples

__all__ = ["importance_block"]

_SHOWN = 4


def importance_block(config: Config, prepared: PreparedSamples, found: Measurements) -> Block | None:
    """Show importance maps, and say how far they can be trusted where packets are known."""
    one, section = found.explanation, config.evaluation.importance
    if one is None:
        return None
    paragraphs = [
        f"The spikes of one neuron within {section.window_bins} bins were shuffled in time {section.n_shuffles} times; "
        "how much the critic's score changes was credited to them, for every neuron and window (every "
        f"{section.step_bins} bins). {len(one.samples):,} samples that the networks did not see took {one.seconds:.0f} "
        "s."
    ]
    tables, shown = (), [
        Picture(
            "importance",
            "Samples and the importance of their spikes. Spikes of packets, where they are known, are vermilion.",
            pictures.importance_examples(one, bin_s=prepared.bin_s, n=min(_SHOWN, len(one.samples))),
            "Figure 4",
        )
    ]  # fmt: skip
    if one.packets:
        paragraphs += _packet_paragraphs(one)
        tables = (
            ("How well importance finds the neurons and the course of each packet.", _packets_table(one)),
            ("Spikes of packets told from the others.", _detection_table(one)),
        )
        shown.append(
            Picture(
                "packet_templates",
                "Known packets, and mean importance around their onsets; below the line the neurons that take no part.",
                pictures.packet_templates(one),
                "Figure 4",
            )
        )
    else:
        paragraphs.append("What should be important is not known here: these maps are hints, not findings.")
    shown.append(
        Picture("importance_neurons", "Mean importance of each neuron.", pictures.neuron_bars(one), "Figure 4")
    )
    return Block("What does the critic look at?", tuple(paragraphs), tables, tuple(shown))


def _packet_paragraphs(one: Explanation) -> list[str]:
    return [
        "The packets are known here. New samples of the same population, each with one type of packet, show whether "
        "importance finds its neurons (AUROC: 0.5 is chance) and its course (correlation of the mean importance "
        "around onsets with the packet). Two controls stand beside it: a critic that was not trained, and the number "
        "of spikes alone, because neurons of a packet also fire more.",
        "Spikes count as a packet's where their importance exceeds a threshold that is set by the importance of all "
        f"spikes alone (Otsu's criterion, {one.threshold:.3g}), without the truth; neurons are found in the same way.",
    ]


def _packets_table(one: Explanation) -> Table:
    columns = {
        "packet": lambda packet: packet.packet + 1,
        "neurons, AUROC": lambda packet: packet.neuron_auroc,
        "untrained critic, AUROC": lambda packet: packet.neuron_auroc_untrained,
        "spike count alone, AUROC": lambda packet: packet.neuron_auroc_activity,
        "neurons found, recall": lambda packet: packet.neuron_recall,
        "precision": lambda packet: packet.neuron_precision,
        "course, r": lambda packet: packet.template_correlation,
        "untrained critic, r": lambda packet: packet.template_correlation_untrained,
        "found without onsets, r": lambda packet: packet.template_correlation_found,
    }
    rows = tuple(tuple(value(packet) for value in columns.values()) for packet in one.packets)
    return Table("packets", tuple(columns), rows)


def _detection_table(one: Explanation) -> Table:
    rows = tuple(
        (name, found.recall, found.precision, found.n_detected, found.n_packet_spikes, found.n_spikes)
        for name, found in (("trained critic", one.detection), ("untrained critic", one.detection_untrained))
    )
    return Table("detection", ("", "recall", "precision", "detected", "spikes of packets", "all spikes"), rows)
