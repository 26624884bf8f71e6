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
from cyclegan_neuro.evaluation.days.story.wording import is_mixed, tell
from cyclegan_neuro.evaluation.verdicts import MapVerdict
from cyclegan_neuro.invocation import command
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["truth_block"]


def truth_block(prepared: PreparedPair, found: Interpretation) -> Block:
    """Tell whether the maps point at what is known, and whether they needed training to do so."""
    asked = questions(found) if asked_scores(found) else {}
    every = of_networks(found)
    told = tell(
        "maps",
        mixed=is_mixed(prepared), control=found.control is not None, learning=found.learning,
        masked=None if found.corner is None else float(found.corner.masked.mean()),
        questions=[_asked(found, every, score, goal) for score, goal in asked.items()],
        readings=[] if found.corner is None else list(_readings(found)),
        n_maps=len(every), n_shuffles=f"{found.section.n_shuffles:,}", same=f"{SAME_MAP:g}",
        controls=" and ".join(CONTROL_LABELS[name] for name in control_names(found)),
        alike=[f"{network} {method_label(method)}" for (network, method), scored in every.items()
               if not differs_from_controls(scored)],
        train=command("train"), evaluate=command("evaluate"),
    )  # fmt: skip
    tables = (leading_table(found), score_table(found)) if asked else (agreement_table(found),)
    return Block("Are the maps true?", tables=tables, pictures=_pictures(prepared, found) if asked else (), **told)


def _asked(found: Interpretation, every: dict, score: str, goal: str) -> dict:
    """What the leading maps amount to, how many of all maps do, and what needs no network."""
    groups: dict[MapVerdict, list[str]] = {}
    for network, (method, _) in leading_maps(found).items():
        scored = found.scores[network][method]
        if score in scored.scores:
            value = significant(scored.scores[score].value, digits=2)
            groups.setdefault(verdict(scored, score), []).append(f"{network} {value}")
    asked = [scored for scored in every.values() if score in scored.scores]
    pointing = [one.scores[score].value for one in asked if verdict(one, score) is MapVerdict.POINTS]
    shown = "; ".join(f"{', '.join(networks)} {name.pointing}" for name, networks in groups.items())
    contrast, contrasts = _contrasts(found, pointing, score)
    return {
        "goal": goal, "shown": shown, "n_asked": len(asked), "n_pointing": len(pointing), "contrast": contrast,
        "contrasts": contrasts,
    }  # fmt: skip


def _contrasts(found: Interpretation, pointing: list[float], score: str) -> tuple[str, str]:
    """The best contrast of the recorded days, and all of them beside the maps that point."""
    known = {n: s.scores[score] for n, s in found.scores[CONTRAST].items() if score in s.scores}
    known = {name: one for name, one in known.items() if math.isfinite(one.value)}
    if not known:
        return "", ""
    parts = [
        f"{method_label(name)} {significant(one.value, digits=2)}{'' if one.beats_chance else ', which is chance'} "
        f"({sum(value > one.value for value in pointing) or 'none'} of them above)"
        for name, one in known.items()
    ]
    best = max(one.value for one in known.values())
    needless = any(one.beats_chance for one in known.values()) and not any(value > best for value in pointing)
    return (
        f"The recorded days alone give up to {significant(best, digits=2)}"
        f"{': for this question no network was needed.' if needless else '.'}",
        f"The recorded days alone, without any network, give {' and '.join(parts)}.",
    )


def _readings(found: Interpretation):
    """The paper expects D_Y at the edge of the corner, and the masks of G away from its inside."""
    if "layer_cam" in found.scores.get("D_Y", {}):
        edges = (("Grad-CAM", "grad_cam"), ("LayerCAM", "layer_cam"), ("saliency", "saliency"))
        said = [f"{label} {_said(found.scores['D_Y'][method], 'auroc_edge')}" for label, method in edges]
        yield f"D_Y at the edge of the corner ({'; '.join(said)})"
    masks = [name for name in ("attention_gate_1", "attention_gate_2") if name in found.scores.get("G", {})]
    if masks:
        said = [f"{method_label(name)} {_said(found.scores['G'][name], 'auroc_region')}" for name in masks]
        yield f"the masks of G away from its inside ({'; '.join(said)}; below 0.5 is away)"


def _said(scored: ScoredMap, score: str) -> str:
    if score not in scored.scores:
        return "not resolved"
    return f"{significant(scored.scores[score].value, digits=2)} {verdict(scored, score).pointing}"


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
