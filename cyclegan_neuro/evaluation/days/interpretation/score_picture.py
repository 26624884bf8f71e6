"""The figure of all scores of maps."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.days.interpretation.contrasts import CONTRAST
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.interpretation.pictures import DAY_COLOURS
from cyclegan_neuro.evaluation.days.interpretation.ranking import leading_maps
from cyclegan_neuro.evaluation.days.interpretation.verdicts import CONTROL_LABELS
from cyclegan_neuro.evaluation.days.interpretation.wording import NETWORKS, method_label
from cyclegan_neuro.figures.map_scores import ScoreColumn, ScorePoint, ScoreRow, score_figure
from cyclegan_neuro.interpret.scores import MapScore

__all__ = ["SCORE_TITLES", "asked_scores", "scores_figure"]

#: Score → title and horizontal axis of its panel.
SCORE_TITLES = {
    "learning": {
        "auroc_neurons": ("which neurons", "AUROC"),
        "auroc_region": ("which neurons, where", "AUROC"),
        "position_overlap": ("where in each neuron", "share found"),
    },
    "corner": {
        "auroc_region": ("the removed corner", "AUROC"),
        "auroc_edge": ("its edge", "AUROC"),
    },
}


def asked_scores(found: Interpretation) -> dict[str, tuple[str, str]]:
    """Return the scores that the truth allows, with the titles of their panels; none where no truth is known."""
    if found.learning is not None:
        return SCORE_TITLES["learning"]
    return {} if found.corner is None else SCORE_TITLES["corner"]


def scores_figure(found: Interpretation) -> Figure:
    """Draw every score of every map beside chance, controls and the recorded contrasts."""
    asked, leading = asked_scores(found), {network: method for network, (method, _) in leading_maps(found).items()}
    groups = [
        (f"{network} on {NETWORKS[network].upper()}", [
            ScoreRow(
                label=method_label(method, network=network),
                colour=DAY_COLOURS[NETWORKS[network]],
                points=[_point(scored.scores.get(score), score, scored.controls) for score in asked],
                emphasised=method == leading[network],
            )
            for method, scored in found.scores[network].items()
        ])
        for network in leading
    ]  # fmt: skip
    columns = [
        ScoreColumn(title, xlabel, [
            (f"recorded: {method_label(name)}", scored.scores[score].value)
            for name, scored in found.scores[CONTRAST].items()
            if score in scored.scores
        ])
        for score, (title, xlabel) in asked.items()
    ]  # fmt: skip
    return score_figure(groups, columns)


def _point(score: MapScore | None, name: str, controls: dict[str, dict[str, float]]) -> ScorePoint | None:
    if score is None or not math.isfinite(score.value):
        return None
    low, high = score.ci95
    return ScorePoint(
        value=score.value,
        interval=(low, high) if high > low else None,  # a single curve has nothing to resample
        chance=(score.chance_low, score.chance_high),
        controls={CONTROL_LABELS[control]: values[name] for control, values in controls.items() if name in values},
    )
