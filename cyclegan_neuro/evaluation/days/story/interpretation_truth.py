"""Are the maps true: what is known of where the days differ, chance, controls, and a contrast that needs no network."""

from __future__ import annotations

import math

from cyclegan_neuro.evaluation.contents import Block, Picture, significant
from cyclegan_neuro.evaluation.days.interpretation import pictures
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation, leading_maps
from cyclegan_neuro.evaluation.days.interpretation.pictures import asked_scores, scores_figure
from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.evaluation.days.interpretation.verdicts import SAME_MAP, differs_from_controls, verdict
from cyclegan_neuro.evaluation.days.names import CONTRAST, CONTROL_LABELS, method_label
from cyclegan_neuro.evaluation.days.story.interpretation_tables import (
    agreement_table,
    control_names,
    leading_table,
    of_networks,
    questions,
    score_table,
)
from cyclegan_neuro.evaluation.days.story.wording import is_mixed
from cyclegan_neuro.evaluation.wording import percent, plural
from cyclegan_neuro.invocation import command
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["truth_block"]

_TITLE = "Are the maps true?"
_MIXED = (
    "These days are mixed: nothing distinguishes x from y, so there is nothing for a map to find. What the maps show "
    "here, they show without any learning between the days; a score above chance comes from the activity itself. This "
    "run is the control of another one: {evaluate} --output_dir RUN --set "
    "evaluation.interpretation.control=CONTROL, with this run's directory as CONTROL."
)
_NO_CONTROL = (
    "The second control has not been run: the same networks trained where x and y are mixed. Three commands do it: "
    "{train} --config RUN/config.yaml --output_dir CONTROL --set data.shuffle_days=true; {evaluate} "
    "--output_dir CONTROL; {evaluate} --output_dir RUN --set evaluation.interpretation.control=CONTROL."
)
_UNKNOWN = (
    "Where the two days really differ is not known for this recording, so the maps cannot be checked here: that they "
    "look plausible is no evidence. They are compared only with maps that must not agree with them."
)
_VERDICT_WORDS = {
    "points at it": "pointing at it",
    "at chance": "at chance",
    "points away from it": "pointing away from it",
    "not defined": "not defined",
    **{f"no more than {label}": f"above chance, but no more than {label}" for label in CONTROL_LABELS.values()},
}


def truth_block(prepared: PreparedPair, found: Interpretation) -> Block:
    """Tell whether the maps point at what is known, and whether they needed training to do so."""
    paragraphs = [_MIXED.format(evaluate=command("evaluate"))] if is_mixed(prepared) else []
    if not asked_scores(found):
        paragraphs += [_UNKNOWN, _agreement(found)]
        tables, shown = (agreement_table(found),), ()
    else:
        paragraphs += _with_truth(found)
        tables, shown = (leading_table(found), score_table(found)), _pictures(prepared, found)
    if found.control is None and not is_mixed(prepared):
        paragraphs.append(_NO_CONTROL.format(train=command("train"), evaluate=command("evaluate")))
    return Block(_TITLE, tuple(paragraphs), tables, shown)


# ------------------------------------------------------------------------------------------ text


def _with_truth(found: Interpretation) -> list[str]:
    every = of_networks(found)
    paragraphs = [_what_is_scored(found)]
    paragraphs += [_verdicts(found, every, score, goal) for score, goal in questions(found).items()]
    if found.corner is not None:
        paragraphs.append(_paper_reading(found))
    return [*paragraphs, _meaning(found, len(every))]


def _what_is_scored(found: Interpretation) -> str:
    if found.learning is not None:
        changed = found.learning.neurons
        known = (
            f"The simulator changed {changed.sum()} of {plural(changed.size, 'neuron')}, and it is known at which "
            "positions their tuning changed by at least half of its largest change."
        )
        overlap = (
            " Where in each neuron: of a changed neuron's highest map values, as many as it has true positions, the "
            "share that are true."
        )
    else:
        share = percent(float(found.corner.masked.mean()))
        known = f"Φ removes the signal in a corner of the window ({share} of its places), the same for every window."
        overlap = ""
    return (
        f"{known} AUROC is the probability that a place (or neuron) that belongs to the truth has a higher value in "
        "the map than one that does not: 1 is perfect, 0.5 knows nothing, below 0.5 the map is high elsewhere."
        f"{overlap} Chance comes from {found.section.n_shuffles:,} shuffles (neurons exchanged, maps shifted around), "
        "so it is wider than independent places would make it; 95 % intervals come from resampling neurons."
    )


def _verdicts(found: Interpretation, every: dict, score: str, goal: str) -> str:
    """What the leading maps amount to, how many of all maps do, and what needs no network."""
    leading = {network: found.scores[network][method] for network, (method, _) in leading_maps(found).items()}
    groups: dict[str, list[str]] = {}
    for network, scored in leading.items():
        if score in scored.scores:
            value = significant(scored.scores[score].value, digits=2)
            groups.setdefault(verdict(scored, score), []).append(f"{network} {value}")
    said = "; ".join(f"{', '.join(networks)} {_VERDICT_WORDS[name]}" for name, networks in groups.items())
    asked = [scored for scored in every.values() if score in scored.scores]
    pointing = [scored.scores[score].value for scored in asked if verdict(scored, score) == "points at it"]
    return (
        f"{goal[0].upper()}{goal[1:]}. Maps shown first: {said}. Of all {len(asked)} maps that can be asked, "
        f"{len(pointing)} {'points' if len(pointing) == 1 else 'point'} at it. "
        f"{_beside_contrast(found, pointing, score)}"
    ).rstrip()


def _beside_contrast(found: Interpretation, pointing: list[float], score: str) -> str:
    known = {n: s.scores[score] for n, s in found.scores[CONTRAST].items() if score in s.scores}
    known = {name: one for name, one in known.items() if math.isfinite(one.value)}
    if not known:
        return ""
    parts = []
    for name, one in known.items():
        better = sum(value > one.value for value in pointing)
        chance = "" if one.beats_chance else ", which is chance"
        parts.append(
            f"{method_label(name)} {significant(one.value, digits=2)}{chance} ({better or 'none'} of them above)"
        )
    best = max(one.value for one in known.values())
    conclusion = (
        " For this question no network was needed."
        if any(one.beats_chance for one in known.values()) and not any(value > best for value in pointing)
        else ""
    )
    return f"The recorded days alone, without any network, give {' and '.join(parts)}.{conclusion}"


def _paper_reading(found: Interpretation) -> str:
    """The paper expects D_Y at the edge of the corner, and the masks of G away from its inside."""
    parts = []
    if "layer_cam" in found.scores.get("D_Y", {}):
        edges = (("Grad-CAM", "grad_cam"), ("LayerCAM", "layer_cam"), ("saliency", "saliency"))
        said = [f"{label} {_said(found.scores['D_Y'][method], 'auroc_edge')}" for label, method in edges]
        parts.append(f"D_Y at the edge of the corner ({'; '.join(said)})")
    masks = [name for name in ("attention_gate_1", "attention_gate_2") if name in found.scores.get("G", {})]
    if masks:
        said = [f"{method_label(name)} {_said(found.scores['G'][name], 'auroc_region')}" for name in masks]
        parts.append(f"the masks of G away from its inside ({'; '.join(said)}; below 0.5 is away)")
    return f"The paper's reading would have {' and '.join(parts)}."


def _said(scored: ScoredMap, score: str) -> str:
    if score not in scored.scores:
        return "not resolved"
    return f"{significant(scored.scores[score].value, digits=2)} {_VERDICT_WORDS[verdict(scored, score)]}"


def _meaning(found: Interpretation, n_maps: int) -> str:
    controls = " and ".join(CONTROL_LABELS[name] for name in control_names(found))
    return (
        f"A map counts as pointing at it only where it beats 97.5 % of the shuffles and the maps of {controls} score "
        "below its interval. A map that is above chance but no better than these explains nothing that was learned: it "
        "shows where activity is, or how the architecture looks at it (Adebayo et al. 2018). With "
        f"{n_maps} maps per question about {significant(n_maps / 40, digits=1)} beat chance by luck."
    )


def _agreement(found: Interpretation) -> str:
    every = of_networks(found)
    alike = [f"{network} {method_label(method)}" for (network, method), scored in every.items()
             if not differs_from_controls(scored)]  # fmt: skip
    controls = " and ".join(CONTROL_LABELS[name] for name in control_names(found))
    beginning = f"Of {len(every)} maps, {len(every) - len(alike)} differ from those of {controls}"
    if not alike:
        return (
            f"{beginning} (rank correlations below {SAME_MAP:g}). To differ is necessary, and not enough: a map can "
            "depend on training and still point at the wrong place."
        )
    return (
        f"{beginning}; alike (rank correlation {SAME_MAP:g} or more), and so no explanation of anything learned: "
        f"{', '.join(alike)}. To differ is necessary, and not enough: a map can depend on training and still point at "
        "the wrong place."
    )


# -------------------------------------------------------------------------------------- pictures


def _pictures(prepared: PreparedPair, found: Interpretation) -> tuple[Picture, ...]:
    if found.learning is not None:
        figure = pictures.truth_figure(found)
        caption = (
            "Maps beside the truth. The neurons that learning changed are above the line, sorted by where they "
            "changed; the others below, sorted by where the recorded days differ most. A map that is true is bright "
            "where the first panel is black, and dark below the line. Recorded tuning difference: |Y − X| over the "
            "explained windows. Each panel has its own colours."
        )
    else:
        figure = pictures.corner_figure(found)
        caption = (
            "Maps beside the truth, mean over windows: the corner that Φ removes, the band around its edge, how much "
            "the variability of X and Y differs, where D_Y looks, and what G attends to and changes. Each panel has "
            "its own colours."
        )
    scores = (
        "Every map scored. Bold: the maps shown first. Bars: 95 % intervals; grey: chance; hollow: the same map of "
        "networks that cannot have learned it; lines: the recorded days without a network. A map without a marker does "
        "not resolve neurons, and one without a bar is a single curve."
    )
    return (
        Picture("maps_and_truth", caption, figure, counterpart=""),
        Picture("map_scores", scores, scores_figure(found), counterpart=""),
    )
