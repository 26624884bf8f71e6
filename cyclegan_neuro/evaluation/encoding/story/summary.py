"""What a reader must know first, and how sure it is."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Picture, Sentence, significant
from cyclegan_neuro.evaluation.encoding import pictures
from cyclegan_neuro.evaluation.encoding.change import Change
from cyclegan_neuro.evaluation.encoding.measurements import COPULA, COPULA_PSTH, MODEL, SUPERVISED, Measurements
from cyclegan_neuro.evaluation.encoding.parts import DATA, Part
from cyclegan_neuro.evaluation.encoding.scores import Match, reaches
from cyclegan_neuro.evaluation.encoding.sections import EncodingConfig
from cyclegan_neuro.evaluation.encoding.story.blocks import origin_sentence
from cyclegan_neuro.evaluation.encoding.story.wording import (
    TITLES,
    begun,
    compared,
    estimate,
    of_day,
    part_name,
    reference_name,
    tell,
)
from cyclegan_neuro.evaluation.verdicts import PairedVerdict
from cyclegan_neuro.evaluation.wording import plural

__all__ = ["certainty_block", "opening_picture", "summarise"]


def summarise(found: Measurements) -> tuple[Sentence, ...]:
    """Return what went in, whether it worked, noise correlations, their change, simple models, how sure."""
    change = () if found.change is None else (Sentence("Did learning change them?", _changed(found), TITLES["change"]),)
    return (
        Sentence("What went in?", origin_sentence(found.prepared), TITLES["inputs"]),
        Sentence("Did it work?", _worked(found), TITLES["statistics"]),
        Sentence("The right noise correlations?", _noise(found), TITLES["noise"]),
        *change,
        Sentence("More than simple models?", _more(found), TITLES["noise"]),
        Sentence("How sure?", _sure(found), TITLES["certainty"]),
    )


def _together(matches: list[Match]) -> Match:
    """Return the verdict over days: the same of all, or in part."""
    return matches[0] if len(set(matches)) == 1 else Match.PART


def _worked(found: Measurements) -> str:
    """Judge total correlations, which need both the stimulus and the noise; with them PSTHs, which are means alone.

    Noise can make total correlations right where means are those of the supervised network, and wrong. PSTHs are
    judged where the report leads, and told of what was held out.
    """
    leading = found.leading.values()
    match = _together([Match.of(p.scores[MODEL].total, p.scores[DATA].total) for p in leading])
    if match is Match.FULL and not all(reaches(p.scores[MODEL].psth, p.scores[DATA].psth) for p in leading):
        match = Match.PART
    told = []
    for day, part in found.leading.items():
        held_out = found.parts["held_out", day]
        total = {key: part.scores[key].total.r.value for key in (MODEL, SUPERVISED, DATA) if key in part.scores}
        psth = {key: held_out.scores[key].psth.value for key in (MODEL, SUPERVISED, DATA) if key in part.scores}
        told.append(
            f"{of_day(day)}Total correlations against {reference_name(part)}: r {_listed(found, part, total)}. "
            f"PSTHs in {part_name(found, 'held_out', None)}: r {_listed(found, held_out, psth)}."
        )
    return f"{match.value}. {' '.join(told)}"


def _listed(found: Measurements, part: Part, values: dict[str, float]) -> str:
    """Return ``0.982 (supervised 0.673, the data themselves 0.975)``."""
    beside = ", ".join(f"{found.label(key, part)} {value:.3f}" for key, value in values.items() if key != MODEL)
    return f"{values[MODEL]:.3f} ({beside})"


def _noise(found: Measurements) -> str:
    """Judge noise correlations where the report leads, and tell those in the other bins of a movie."""
    match, told = _together([found.match(part) for part in found.leading.values()]), []
    for day, part in found.leading.items():
        own, data = part.scores[MODEL].noise, part.scores[DATA].noise
        told.append(
            f"{of_day(day)}r {estimate(own.r)}, slope {own.slope.value:.2f} against {reference_name(part)} "
            f"({found.label(DATA, part)} {estimate(data.r)}, {data.slope.value:.2f})."
        )
        if found.prepared.condition == "movie":
            other = found.parts["train" if part.name == "held_out" else "held_out", day]
            told.append(
                f"In {'bins that it never saw' if other.name == 'held_out' else 'training bins'}: r "
                f"{estimate(other.scores[MODEL].noise.r)} ({found.label(DATA, other)} "
                f"{other.scores[DATA].noise.r.value:.3f})."
            )
    return f"{match.value}. {' '.join(told)}"


def _changed(found: Measurements) -> str:
    one = found.change
    pairs = "pairs changed in their own ways" if one.pairs_changed else "which pairs changed cannot be told"
    seen = " sees" if one.seen_by(MODEL) else " does not see"
    seen = f"{seen} the change of pairs" if one.pairs_changed else ""
    return (
        f"The mean noise correlation {one.shift.value}: {estimate(one.mean[0])} to {estimate(one.mean[1])}; {pairs} "
        f"(r {estimate(one.scores[DATA].r)} between the changes in training and in held-out trials). "
        f"{begun(found.labels[MODEL])}{seen}: r {estimate(one.scores[MODEL].r)}{_copula_too(one)}."
    )


def _copula_too(one: Change) -> str:
    """Say how well a copula, which is told each day's correlations, has the change."""
    key = COPULA if COPULA in one.scores else COPULA_PSTH
    return f", a Gaussian copula fitted to each day {one.scores[key].r.value:.3f}"


def _more(found: Measurements) -> str:
    """Compare errors of noise correlations with those of rivals and baselines."""
    leading = found.leading
    verdicts = {
        (key, day): verdict
        for day, part in leading.items()
        for key, verdict in found.standing(part).items()
        if key != DATA
    }
    better = [verdict is PairedVerdict.BETTER for verdict in verdicts.values()]
    word = ("Yes" if all(better) else "In part" if any(better) else "No") if better else "Not known"
    copulas = {verdict for (key, _), verdict in verdicts.items() if key in (COPULA, COPULA_PSTH)}
    if all(found.match(part) is Match.UNKNOWN for part in leading.values()):
        word = Match.UNKNOWN.value
    elif PairedVerdict.WORSE in copulas:
        word += ": a Gaussian copula does better"
    elif PairedVerdict.NOISE in copulas:
        word += ": a Gaussian copula does as well"
    told = [
        f"{of_day(day)}the model's error in noise correlations of {compared(found, part)}."
        for day, part in leading.items()
    ]
    return f"{word}. {' '.join(map(begun, told))}"


def _sure(found: Measurements) -> str:
    responses, leading = found.prepared.responses, found.leading.values()
    scores = [(part.scores[MODEL].noise.rmse.value, part.scores[DATA].noise.rmse.value) for part in leading]
    times = " and ".join(significant(own / data, digits=2) for own, data in scores)
    kind = "One recording" if responses.data_origin == "recorded" else "Nothing is said of recorded activity"
    return (
        f"The error in noise correlations is {times} times that of the data's own trials. "
        f"{plural(responses.n_neurons, 'neuron')}, one network, one seed. {kind}."
    )


def certainty_block(found: Measurements, config: EncodingConfig) -> Block:
    """Tell what the numbers leave open."""
    responses = found.prepared.responses
    shown = np.bincount(responses.stimulus[found.prepared.train])
    told = tell(
        "certainty", n_neurons=responses.n_neurons, origin=responses.data_origin, weights=config.evaluation.weights,
        n_trials=int(np.median(shown[shown > 0])), n_resamples=config.evaluation.n_resamples,
    )  # fmt: skip
    return Block(TITLES["certainty"], **told)


def opening_picture(found: Measurements) -> Picture:
    """Draw noise correlations of models beside each other; of two days, how they changed."""
    if found.change is not None:
        caption = (
            "Noise correlations on both days (left; models dashed), and how those of pairs changed, in models against "
            "held-out trials. Right: r with 95 % intervals; the training trials as line and band."
        )
        return Picture("opening", caption, pictures.change(found), "")
    part = next(iter(found.leading.values()))
    caption = (
        f"Noise correlations of pairs of neurons in {part_name(found, part.name, None)}, models against "
        f"{reference_name(part)}. Right: the error of all models with 95 % intervals; {found.label(DATA, part)} as "
        "line and band."
    )
    return Picture("opening", caption, pictures.opening(found), "Figure 4 C")
