"""At most six sentences, made from the numbers."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.systems.spike_gan.measurements import Measurements
from cyclegan_neuro.systems.spike_gan.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.statistics import NAMES
from cyclegan_neuro.systems.spike_gan.wording import (
    ADVERSARY,
    COORDINATION,
    MODEL,
    critic_label,
    label,
    statistic_label,
)
from cyclegan_neuro.systems.wording import percent

__all__ = ["summarise"]


def summarise(prepared: PreparedSamples, found: Measurements) -> tuple[str, ...]:
    """Return the summary of a report."""
    model = found.errors[MODEL]
    names = {name: statistic_label(name, spikes=prepared.spikes).split(" (")[0] for name in NAMES}
    listed = ", ".join(f"{names[name]} {error.r2:.3f}" for name, error in model.items())
    sentences = [f"R² of generated against recorded activity: {listed}."]
    for baseline in ("dichotomized_gaussian", "stimulus_gaussian", "k_pairwise"):
        if baseline in found.errors:
            sentences.append(_beside(found, baseline, names))
    if found.memorisation is not None:
        one = found.memorisation
        sentences.append(
            f"Generated samples differ from the nearest training sample in {one.median_generated:g} places (median), "
            f"held-out recorded ones in {one.median_held_out:g}."
        )
    if found.whole is not None:
        one = found.whole
        sentences.append(
            f"The entropy of whole samples is {one.entropy_generated.plug_in:.1f} bits, it should be "
            f"{one.entropy_surrogate.plug_in:.1f}; {percent(one.seen_generated)} of them occur in training, "
            f"{percent(one.seen_surrogate)} should."
        )
    if found.explanation is not None and found.explanation.packets:
        sentences.append(_packets(found))
    return tuple(sentences)


def _beside(found: Measurements, baseline: str, names: dict[str, str]) -> str:
    better = [names[n] for n, error in found.errors[MODEL].items() if error.rmse < found.errors[baseline][n].rmse]
    name = label(baseline)
    nearer = f"nearer in {', '.join(better)}" if better else "nowhere nearer"
    return f"{name[0].upper()}{name[1:]} as a baseline: Spike-GAN is {nearer}."


def _packets(found: Measurements) -> str:
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
