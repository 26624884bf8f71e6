"""One sentence on where the networks look, and whether that is where the days differ."""

from __future__ import annotations

from cyclegan_neuro.systems.cyclegan.interpretation.contrasts import CONTRAST
from cyclegan_neuro.systems.cyclegan.interpretation.findings import Interpretation
from cyclegan_neuro.systems.cyclegan.interpretation.measure import LEADING
from cyclegan_neuro.systems.cyclegan.interpretation.score import ScoredMap
from cyclegan_neuro.systems.cyclegan.interpretation.verdicts import differs_from_controls
from cyclegan_neuro.systems.evaluation import significant

__all__ = ["attention_sentence"]

_GOALS = {"auroc_neurons": "the neurons that learning changed", "auroc_region": "the corner that Φ removes"}


def attention_sentence(found: Interpretation) -> str:
    """Say how well the leading maps point at the truth, beside chance, untrained networks and a plain contrast."""
    scored = [methods[LEADING] for network, methods in found.scores.items() if network != CONTRAST]
    score = "auroc_neurons" if found.learning is not None else "auroc_region" if found.corner is not None else None
    if score is None:
        return _unchecked(scored)
    values = [one.scores[score].value for one in scored]
    chance = max(one.scores[score].chance_high for one in scored)
    untrained = [one.controls["untrained"][score] for one in scored]
    contrast = max(one.scores[score].value for one in found.scores[CONTRAST].values())
    verb = (
        "better than" if min(values) > contrast else "no better than" if max(values) < contrast else "about as well as"
    )
    return (
        f"Maps of where the networks look ({LEADING}) point at {_GOALS[score]} with an AUROC of {_span(values)} "
        f"(chance up to {_number(chance)}, untrained networks {_span(untrained)}), {verb} the plain difference of the "
        f"recorded days ({_number(contrast)})."
    )


def _unchecked(scored: list[ScoredMap]) -> str:
    alike = sum(not differs_from_controls(one) for one in scored)
    differ = "all differ from" if not alike else f"{alike} of {len(scored)} look like"
    return (
        f"Maps of where the networks look ({LEADING}) cannot be checked here, since nobody knows where the days "
        f"differ; {differ} those of the controls."
    )


def _span(values: list[float]) -> str:
    low, high = _number(min(values)), _number(max(values))
    return low if low == high else f"{low} to {high}"


def _number(value: float) -> str:
    return significant(value, digits=2)
