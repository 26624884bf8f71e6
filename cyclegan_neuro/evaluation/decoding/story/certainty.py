"""How sure all this is, and what a reader must know first."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Sentence
from cyclegan_neuro.evaluation.decoding.across_days import AcrossDays
from cyclegan_neuro.evaluation.decoding.across_days_block import TITLE as ACROSS
from cyclegan_neuro.evaluation.decoding.across_days_block import compared
from cyclegan_neuro.evaluation.decoding.measurements import Measurements
from cyclegan_neuro.evaluation.decoding.representations import PCA, RAW
from cyclegan_neuro.evaluation.decoding.scores import Decoding
from cyclegan_neuro.evaluation.decoding.story.inputs import origin_sentence
from cyclegan_neuro.evaluation.decoding.story.parting import claim_sentence
from cyclegan_neuro.evaluation.decoding.story.wording import TITLES, accuracy, points, tell, than
from cyclegan_neuro.evaluation.verdicts import PairedVerdict
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.populations.trials.trials import Label

__all__ = ["certainty_block", "summarise"]


def certainty_block(found: Measurements, *, weights: str) -> Block:
    """Tell what the numbers leave open; ``weights`` names the checkpoint of the run."""
    told = tell(
        "certainty", name=found.name, tested=_tested(found), n_folds=found.decoding.n_folds, n_seeds=found.n_seeds,
        widest={label: _half_width(found.decoding, label) for label in found.decoding.scores}, weights=weights,
    )  # fmt: skip
    return Block(TITLES["certainty"], **told)


def _tested(found: Measurements) -> str:
    """Say what was tested, with how many networks."""
    decoding = found.decoding
    if not decoding.scores:
        return f"One network on one split, tested on {plural(len(found.prepared.held_out_trials), 'trial')}."
    decoded = next(iter(next(iter(decoding.scores.values())).values())).decoded
    what = f"{plural(len(decoded.bins), 'bin')} of {plural(len(np.unique(decoded.trial)), 'trial')}"
    if decoding.n_folds:
        return f"{decoding.n_folds}-fold cross-validation, one network per fold: {what} tested."
    return f"One network on one split: {what} tested."


def _half_width(found: Decoding, label: Label) -> float:
    score = found.scores[label][found.own].accuracy
    return (score.high - score.low) / 2


def summarise(found: Measurements) -> tuple[Sentence, ...]:
    """Return what went in, whether it worked, what was found, whether it is more than simple methods, how sure."""
    decoded = TITLES["decoding"] if found.decoding.scores else TITLES["inputs"] if found.across is None else ACROSS
    return (
        Sentence("What went in?", origin_sentence(found.prepared), TITLES["inputs"]),
        Sentence("Did it work?", _worked(found), decoded),
        Sentence("What was found?", *_found(found)),
        Sentence("More than simple methods?", _more(found), decoded),
        Sentence("How sure?", _sure(found), TITLES["certainty"]),
    )


def _worked(found: Measurements) -> str:
    decoding = found.decoding
    if not decoding.scores:
        if found.across is None:
            reasons = "; ".join(f"{label}: {reason}" for label, reason in decoding.left_out.items())
            return f"Cannot be told. Not decoded: {reasons}."
        own = found.across.features[found.across.main].scores["day_0"]
        r2 = f"{own.r2:.2f} ({own.low:.2f} to {own.high:.2f})"
        return f"Signals of day 0 are decoded with R² {r2} in trials that {found.name} never saw."
    told = [
        f"{label} {accuracy(scores[decoding.own].accuracy)}, chance {100 * decoding.chance[label]:.0f} %"
        for label, scores in decoding.scores.items()
    ]
    above = [s[decoding.own].accuracy.low > decoding.chance[label] for label, s in decoding.scores.items()]
    word = "Yes" if all(above) else "In part" if any(above) else "No"
    return f"{word}. Decoded from {found.name} in trials that it never saw (95 % intervals): {'; '.join(told)}."


def _found(found: Measurements) -> tuple[str, str]:
    decoding = found.decoding
    if found.across is not None:
        return _across(found.across), ACROSS
    labels: list[Label] = [label for label in ("time", "direction") if label in decoding.scores]
    if decoding.parted and labels:
        return claim_sentence(decoding, labels[0]), TITLES["parting"]
    parts = "What content and style carry cannot be told" if found.represented.n_content else (
        f"{found.name} parts nothing"
    )  # fmt: skip
    return f"{parts}; what its space looks like is drawn.", TITLES["views"]


def _across(found: AcrossDays) -> str:
    """Say what a decoder of day 0 makes of day 1."""
    raw, own = found.features["raw"].scores, found.features[found.main].scores
    space = "content" if found.main == "content" else "representation"
    return (
        f"A decoder of day 0 that sees the {space} of {found.model} reads "
        f"{plural(len(found.target_names), 'signal')} of day 1 with R² {own['as_is'].r2:.2f} as it is and "
        f"{own['moments_before'].r2:.2f} with moments matched; from raw activity {raw['as_is'].r2:.2f} and "
        f"{raw['moments'].r2:.2f}; retrained on day 1 {raw['retrained'].r2:.2f}."
    )


def _more(found: Measurements) -> str:
    """Compare the whole representation with raw activity and PCA."""
    decoding, told, verdicts = found.decoding, [], []
    if not decoding.scores:
        if found.across is None:
            return "Cannot be told: nothing is decoded."
        own, other = (found.across.features[name].scores for name in (found.across.main, "raw"))
        word = "Yes" if own["moments_before"].minus(other["moments"])[1] > 0 else "No"
        verdict = compared(own["moments_before"], other["moments"])
        return f"{word}. With moments matched, decoding of day 1 is {verdict}."
    for label, scores in decoding.scores.items():
        raw = scores[decoding.own].verdict((RAW, "full"))
        pca = scores[PCA, "full"].verdict(decoding.own).turned
        verdicts += [raw, pca]
        beside = scores[decoding.own].beside.get((RAW, "full"))
        number = f" ({points(beside)})" if beside else ""
        told.append(f"{label}: {than(raw)} raw activity{number}, {than(pca)} PCA")
    word = "Yes" if all(one is PairedVerdict.BETTER for one in verdicts) else "No"
    if word == "No" and PairedVerdict.BETTER in verdicts:
        word = "In part"
    return f"{word}. {'; '.join(told)[:1].upper()}{'; '.join(told)[1:]}."


def _sure(found: Measurements) -> str:
    more = f" {plural(found.n_seeds, 'more seed')} on the split of the run." if found.n_seeds else ""
    if found.prepared.trials.data_origin == "recorded":
        return f"{_tested(found)}{more} One recording: other animals, and other seeds in each fold, may differ."
    return f"{_tested(found)}{more} Other seeds in each fold may differ; it says nothing of recorded activity."
