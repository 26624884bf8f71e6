"""At most six sentences, made from the numbers."""

from __future__ import annotations

from cyclegan_neuro.evaluation.samples.measurements import Measurements
from cyclegan_neuro.evaluation.samples.story.packets import share_text
from cyclegan_neuro.evaluation.samples.wording import FLOOR, MODEL, statistic_label
from cyclegan_neuro.evaluation.wording import percent
from cyclegan_neuro.populations.comparison import nearer
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.populations.statistics import NAMES

__all__ = ["summarise"]


def summarise(prepared: PreparedSamples, found: Measurements) -> tuple[str, ...]:
    """Return the summary of a report."""
    names = {name: statistic_label(name, spikes=prepared.spikes).split(" (")[0] for name in NAMES}
    listed = ", ".join(f"{names[name]} {error.r2:.3f}" for name, error in found.errors[MODEL].items())
    sentences = [f"R² of generated against recorded activity: {listed}.", _standing(found, names)]
    if found.packets is not None:
        shares = {name: share_text(shares[-1]) for name, shares in found.packets.shares.items() if name != FLOOR}
        told = ", ".join(f"{found.label(name)} {text}" for name, text in shares.items())
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
    return tuple(sentences)


def _standing(found: Measurements, names: dict[str, str]) -> str:
    """Count in how many statistics the network is nearer than each baseline, and than halves of the recording."""
    model = found.errors[MODEL]
    told = []
    for name in (FLOOR, "dichotomized_gaussian", "stimulus_gaussian", "k_pairwise", "independent"):
        if name in found.errors:
            ours = nearer(model, found.errors[name])
            which = f" ({', '.join(names[one] for one in ours)})" if 0 < len(ours) < len(model) else ""
            other = "halves of the recording are to each other" if name == FLOOR else f"the {found.label(name)} model"
            told.append(f"than {other} in {len(ours)}{which}")
    return f"Of {len(model)} statistics {found.name} is nearer to the recording {'; '.join(told)}."
