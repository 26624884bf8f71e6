"""Tables of the scores of maps, and what the maps are asked."""

from __future__ import annotations

import math

from cyclegan_neuro.evaluation.contents import Table, significant
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation, leading_maps
from cyclegan_neuro.evaluation.days.interpretation.pictures import asked_scores
from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.evaluation.days.interpretation.verdicts import SAME_MAP, differs_from_controls, verdict
from cyclegan_neuro.evaluation.days.names import CONTRAST, CONTROL_LABELS, method_label
from cyclegan_neuro.evaluation.verdicts import MapVerdict

__all__ = ["agreement_table", "control_names", "leading_table", "of_networks", "questions", "score_table"]

_QUESTIONS = {
    "learning": {
        "auroc_neurons": "which neurons learning changed",
        "auroc_region": "which neurons changed at which positions",
        "position_overlap": "at which positions the changed neurons changed",
    },
    "corner": {
        "auroc_region": "the corner that Φ removes",
        "auroc_edge": "the edge of that corner",
    },
}
_SHORT = {
    "auroc_neurons": "neurons", "auroc_region": "neurons, places", "position_overlap": "places in neurons",
}  # fmt: skip
_SHORT_CORNER = {"auroc_region": "corner", "auroc_edge": "edge"}


def questions(found: Interpretation) -> dict[str, str]:
    """Return the scores that the truth allows, and what each asks for in words."""
    return _QUESTIONS["learning" if found.learning is not None else "corner"]


def of_networks(found: Interpretation) -> dict[tuple[str, str], ScoredMap]:
    """Return (network, method) → scored map, without the recorded contrasts."""
    return {
        (network, method): scored
        for network, methods in found.scores.items() if network != CONTRAST
        for method, scored in methods.items()
    }  # fmt: skip


def control_names(found: Interpretation) -> list[str]:
    """Return the controls that were run."""
    return ["untrained", *(["shuffled_days"] if found.control is not None else [])]


def leading_table(found: Interpretation) -> tuple[str, Table]:
    """Return caption and table of the maps shown first, own changes and contrasts: one line each."""
    asked = questions(found)
    chosen = [(network, method) for network, (method, _) in leading_maps(found).items()]
    chosen += [(network, "change") for network in ("G", "F") if "change" in found.scores.get(network, {})]
    chosen += [(CONTRAST, name) for name in found.scores[CONTRAST]]
    rows = []
    for network, method in chosen:
        scored = found.scores[network][method]
        label = "recorded days" if network == CONTRAST else network
        rows.append((label, method_label(method, network="" if network == CONTRAST else network),
                     *(cell for score in asked for cell in _cells(scored, score))))  # fmt: skip
    titles = asked_scores(found)
    columns = (
        "",
        "map",
        *(part for score in asked for part in (_heading(titles[score]), f"verdict on {titles[score][0]}")),
    )
    caption = (
        f"The maps shown first, the generators' own changes, and the recorded days without a network: "
        f"{'; '.join(asked.values())}. In brackets the 95 % interval."
    )
    return caption, Table("map_verdicts", columns, tuple(rows))


def _heading(title: tuple[str, str]) -> str:
    return f"{title[0]} ({title[1]})"


def _cells(scored: ScoredMap, score: str) -> tuple[str | None, str | None]:
    if score not in scored.scores or not math.isfinite(scored.scores[score].value):
        return None, None
    one = scored.scores[score]
    text = significant(one.value)
    if one.ci95[1] > one.ci95[0]:
        text += " [" + ",\u00a0".join(significant(end, digits=2) for end in one.ci95) + "]"
    said = verdict(scored, score)  # without a control to beat, no map can do more
    return text, said.value if scored.controls or said is not MapVerdict.POINTS else "above chance"


def score_table(found: Interpretation) -> tuple[str, Table]:
    """Return caption and table of every score of every map, one per line."""
    names = control_names(found)
    short = _SHORT if found.learning is not None else _SHORT_CORNER
    rows = [
        ("recorded days" if network == CONTRAST else network,
         method_label(method, network="" if network == CONTRAST else network), short[score], one.value,
         *_finite_interval(one.ci95), one.chance_low, one.chance_high, one.p, one.n,
         *(scored.controls.get(name, {}).get(key) for name in names for key in (score, "agreement")),
         verdict(scored, score).value if scored.controls else None)
        for network, methods in found.scores.items()
        for method, scored in methods.items()
        for score in questions(found)
        if (one := scored.scores.get(score)) is not None
    ]  # fmt: skip
    columns = (
        "network", "map", "asked for", "score", "95 % from", "95 % to", "chance from", "chance to", "p", "n",
        *(f"{CONTROL_LABELS[name]}: {what}" for name in names for what in ("score", "rank correlation")), "verdict",
    )  # fmt: skip
    caption = "Every score of every map. n: changed neurons, or true cells; p: share of shuffles as far from chance."
    return caption, Table("map_scores", columns, tuple(rows))


def _finite_interval(ends: tuple[float, float]) -> tuple[float | None, float | None]:
    return ends if ends[1] > ends[0] else (None, None)


def agreement_table(found: Interpretation) -> tuple[str, Table]:
    """Return caption and table of how much each map resembles those of the controls."""
    names = control_names(found)
    rows = tuple(
        (network, method_label(method, network=network), *(scored.controls[name]["agreement"] for name in names),
         "differs" if differs_from_controls(scored) else "alike")
        for (network, method), scored in of_networks(found).items()
    )  # fmt: skip
    columns = ("network", "map", *(f"rank correlation with {CONTROL_LABELS[name]}" for name in names), "verdict")
    caption = f"How much each map resembles maps that it must not resemble; {SAME_MAP:g} or more is called alike."
    return caption, Table("map_agreement", columns, rows)
