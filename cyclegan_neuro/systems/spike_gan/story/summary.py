"""At most six sentences, made from the numbers."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.wording import percent
from cyclegan_neuro.populations.comparison import nearer
from cyclegan_neuro.populations.statistics import NAMES
from cyclegan_neuro.systems.spike_gan.measurements import Measurements
from cyclegan_neuro.systems.spike_gan.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.story.packets import share_text
from cyclegan_neuro.systems.spike_gan.wording import (
    ADVERSARY,
    COORDINATION,
    FLOOR,
    MODEL,
    critic_label,
    label,
    statistic_label,
)

__all__ = ["summarise"]


def summarise(prepared: PreparedSamples, found: Measurements) -> tuple[str, ...]:
    """Return the summary of a report."""
    names = {name: statistic_label(name, spikes=prepared.spikes).split(" (")[0] for name in NAMES}
    listed = ", ".join(f"{names[name]} {error.r2:.3f}" for name, error in found.errors[MODEL].items())
    sentences = [f"R² of generated against recorded activity: {listed}.", _standing(found, names)]
    if found.packets is not None:
        shares = {name: share_text(shares[-1]) for name, shares in found.packets.shares.items() if name != FLOOR}
        told = ", ".join(f"{label(name)} {text}" for name, text in shares.items())
        sentences.append(f"Packets with all {found.packets.spikes} spikes in place, of the recorded number: {told}.")
    if found.memorisation is not None:
        nearest = found.memorisation.nearest
        sentences.append(
            f"Generated samples differ from the nearest training sample in {nearest['generated'].median:g} places "
            f"(median), held-out recorded ones in {nearest['held_out'].median:g}."
        )
    if found.whole is not None:
        one = found.whole
        sentences.append(
            f"The entropy of whole samples is {one.entropy_generated.plug_in:.1f} bits, it should be "
            f"{one.entropy_surrogate.plug_in:.1f}; {percent(one.seen_generated)} of them occur in training, "
            f"{percent(one.seen_surrogate)} should."
        )
    if found.explanation is not None and found.explanation.packets:
        sentences.append(_importance(found))
    return tuple(sentences)


def _standing(found: Measurements, names: dict[str, str]) -> str:
    """Count in how many statistics the network is nearer than each baseline, and than halves of the recording."""
    model = found.errors[MODEL]
    told = []
    for name in (FLOOR, "dichotomized_gaussian", "stimulus_gaussian", "k_pairwise", "independent"):
        if name in found.errors:
            ours = nearer(model, found.errors[name])
            which = f" ({', '.join(names[one] for one in ours)})" if 0 < len(ours) < len(model) else ""
            other = "halves of the recording are to each other" if name == FLOOR else f"the {label(name)} model"
            told.append(f"than {other} in {len(ours)}{which}")
    return f"Of {len(model)} statistics Spike-GAN is nearer to the recording {'; '.join(told)}."


def _importance(found: Measurements) -> str:
    one = found.explanation
    activity = np.nanmax([packet.activity_auroc for packet in one.packets])
    told = []
    for name in (COORDINATION, ADVERSARY):
        if name in one.critics:
            view = one.critics[name]
            worst = np.nanmin([packet.neuron_auroc for packet in view.packets])
            course = np.nanmin([packet.template_correlation for packet in view.packets])
            told.append(
                f"at least {worst:.2f} by the {critic_label(name)} (course of the packet: r at least {course:.2f}; its "
                f"spikes: recall {view.detection.recall:.2f}, precision {view.detection.precision:.2f})"
            )
    return (
        f"Importance finds the neurons of each packet with an AUROC of {', '.join(told)}; spike counts alone with at "
        f"most {activity:.2f}."
    )
