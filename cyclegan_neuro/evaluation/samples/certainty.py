"""What the baselines are, how sure all this is, and what a reader must know first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Picture, Sentence, Table, significant
from cyclegan_neuro.evaluation.samples import pictures
from cyclegan_neuro.evaluation.samples.blocks import STATISTICS_TITLE, origin, share_text
from cyclegan_neuro.evaluation.samples.measurements import FLOOR, LABELS, MODEL, Measurements
from cyclegan_neuro.evaluation.wording import percent
from cyclegan_neuro.populations.baselines.dichotomized_gaussian import DichotomizedGaussian
from cyclegan_neuro.populations.baselines.k_pairwise import KPairwise
from cyclegan_neuro.populations.statistics import NAMES, nearer

__all__ = ["baselines_block", "certainty_block", "opening_picture", "summarise"]

_GAUSSIANS = {
    "dichotomized_gaussian": (
        "Dichotomized Gaussian (Macke et al. 2009): spikes where a Gaussian process exceeds each neuron's threshold, "
        "with the correlations of all pairs at all lags of a sample, as in Lyamzin et al. (2010). Each correlation is "
        "solved for alone; where they do not go together the nearest process is taken. Strong negative correlations "
        "are where it fails."
    ),
    "stimulus_gaussian": (
        "The same along the stimulus: thresholds follow the stimulus as each neuron's rate does, and the process has "
        "only the correlations that are left from one repeat to the next. It knows when the stimulus was shown, which "
        "no other model here knows. How many neurons are active together, and when nobody is, comes from the stimulus "
        "where this model is nearer than the one without it."
    ),
}


def baselines_block(found: Measurements) -> Block | None:
    """Tell how the baselines were fitted, and where they cannot be what they should."""
    paragraphs, how, tables, shown = [], [], [], []
    for name, text in _GAUSSIANS.items():
        if name in found.baselines:
            how.append(text)
            caption = f"How far the {LABELS[name]} is from what was asked of it."
            tables.append((caption, _gaussian_table(name, found.baselines[name])))
    k_pairwise = found.baselines.get("k_pairwise")
    if k_pairwise is not None:
        paragraphs.append(_k_pairwise(k_pairwise))
        caption = "Errors of the k-pairwise fit, in standard errors of the training samples' own moments."
        shown.append(Picture("k_pairwise_convergence", caption, pictures.convergence(k_pairwise), ""))
    if not paragraphs and not how:
        return None
    return Block("The models beside it", tuple(paragraphs), tuple(tables), tuple(shown), tuple(how))


def _gaussian_table(name: str, model: DichotomizedGaussian) -> Table:
    pairs = ~np.eye(len(model.wanted), dtype=bool)
    negative = pairs & (model.wanted < 0)
    errors = np.abs(model.reached - model.wanted)
    rows = (
        ("entries beyond what two neurons can have", int(model.at_bound.sum())),
        ("smallest eigenvalue before the nearest process was taken", model.smallest_eigenvalue),
        ("largest change of a correlation of the process", model.largest_change),
        ("largest error of a covariance within a bin", float(errors[pairs].max(initial=0.0))),
        ("the same among negative ones", float(errors[negative].max()) if negative.any() else None),
    )
    return Table(name, ("", "value"), rows)


def _k_pairwise(model: KPairwise) -> str:
    last = model.rms[-1]
    state = "converged" if model.converged else "did NOT converge"
    return (
        "k-pairwise maximum entropy (Tkačik et al. 2014): rates, covariances and the number of active neurons of "
        f"single bins, nothing of time. The fit {state}: root-mean-square errors of "
        f"{', '.join(significant(v) for v in last)} standard errors for rates, pairs and the number of active neurons "
        "(below 1 the model is nearer to the training samples than these are to the truth)."
    )


def certainty_block(found: Measurements) -> Block:
    """Tell what the numbers leave open."""
    prepared = found.prepared
    seen = len(np.intersect1d(prepared.train, prepared.every)) / len(prepared.every)
    paragraphs = (
        _beyond(found),
        "This is one network, from one seed: how much another one would differ is not known from one run. Statistics "
        "of samples say nothing about what lies beyond their length.",
    )
    how = (
        "A baseline that was fitted to a statistic can come closer to it than halves come to each other, because it "
        f"saw samples that it is compared with; so did the network, {percent(seen)} of them."
    )
    return Block("How sure is this?", paragraphs, how=(how,))


def _beyond(found: Measurements) -> str:
    model, floor = found.errors[MODEL], found.errors[FLOOR]
    beyond = [name for name in model if model[name].rmse > 2 * floor[name].rmse]
    return (
        f"{len(beyond)} of {len(model)} statistics are further from the recorded ones than twice the distance between "
        "two halves of the recording."
    )


def summarise(found: Measurements) -> tuple[Sentence, ...]:
    """Return what went in, whether it worked, what is new in the samples, how it stands to the baselines, how sure."""
    names = {name: found.statistic(name, unit=False) for name in NAMES}
    listed = ", ".join(f"{names[name]} {error.r2:.3f}" for name, error in found.errors[MODEL].items())
    new = "Are they copies?" if found.memorisation is not None else STATISTICS_TITLE
    return (
        Sentence("What went in?", origin(found.prepared), "What went in"),
        Sentence("Did it work?", f"R² of generated against recorded activity: {listed}.", STATISTICS_TITLE),
        Sentence("Is it new?", " ".join(_new(found)) or "Not measured here.", new),
        Sentence("More than simple models?", _standing(found, names), STATISTICS_TITLE),
        Sentence("How sure?", f"{_beyond(found)} One network, from one seed.", "How sure is this?"),
    )


def _new(found: Measurements) -> Iterator[str]:
    if found.memorisation is not None:
        nearest = found.memorisation.nearest
        yield (
            f"Generated samples differ from the nearest training sample in {nearest['generated'].median:g} places "
            f"(median), held-out recorded ones in {nearest['held_out'].median:g}."
        )
    if found.packets is not None:
        shares = {name: share_text(shares[-1]) for name, shares in found.packets.shares.items() if name != FLOOR}
        told = ", ".join(f"{found.label(name)} {text}" for name, text in shares.items())
        yield f"Packets with all {found.packets.spikes} spikes in place, of the recorded number: {told}."
    if found.whole is not None:
        generated, surrogate = found.whole.sides["generated"], found.whole.sides["surrogate"]
        yield (
            f"The entropy of whole samples is {generated.entropy.plug_in:.1f} bits, it should be "
            f"{surrogate.entropy.plug_in:.1f}; {percent(generated.seen)} of them occur in training, "
            f"{percent(surrogate.seen)} should."
        )


def opening_picture(found: Measurements) -> Picture:
    """Draw the statistics of every model against the recorded ones, low enough for the first screen."""
    figure = pictures.statistics_grid(found.recorded, found.statistics, found.prepared, name=found.name)
    figure.set_size_inches(13.0, 6.0)
    caption = "The six statistics of all models against the recorded ones; a model that is right lies on the line."
    return Picture("statistics", caption, figure, "Figures 2, 3 and S6")


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
