"""One sentence on where the networks look, and whether that is where the days differ."""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import significant
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.evaluation.days.interpretation.verdicts import differs_from_controls, verdict
from cyclegan_neuro.evaluation.days.names import CONTRAST, LEADING
from cyclegan_neuro.evaluation.verdicts import MapVerdict

__all__ = ["attention_sentence"]

_GOALS = {"auroc_neurons": "the neurons that learning changed", "auroc_region": "the corner that Φ removes"}


def attention_sentence(found: Interpretation) -> str:
    """Say which leading maps point at the truth, which do not and why, and what a plain contrast reaches."""
    leading = {network: methods[LEADING] for network, methods in found.scores.items() if network != CONTRAST}
    score = "auroc_neurons" if found.learning is not None else "auroc_region" if found.corner is not None else None
    if score is None:
        return _unchecked(leading)
    by_verdict: dict[MapVerdict, list[str]] = {}
    for network, scored in leading.items():
        value = significant(scored.scores[score].value, digits=2)
        by_verdict.setdefault(verdict(scored, score), []).append(f"{network} {value}")
    pointing = by_verdict.pop(MapVerdict.POINTS, [])
    says = f"point at {_GOALS[score]} (AUROC {', '.join(pointing)})" if pointing else f"do not point at {_GOALS[score]}"
    others = "; ".join(f"{what.value}: {', '.join(networks)}" for what, networks in by_verdict.items())
    if others:
        says += f"; others do not ({others})" if pointing else f" ({others})"
    contrast = max(one.scores[score].value for one in found.scores[CONTRAST].values())
    return (
        f"Maps of where the networks look ({LEADING}) {says}; the best contrast of the recorded days that needs "
        f"no network reaches {significant(contrast, digits=2)}."
    )


def _unchecked(leading: dict[str, ScoredMap]) -> str:
    alike = [network for network, scored in leading.items() if not differs_from_controls(scored)]
    differ = (
        f"those of {', '.join(alike)} look like the controls'" if alike else "all differ from those of the controls"
    )
    return (
        f"Maps of where the networks look ({LEADING}) cannot be checked here, since nobody knows where the days "
        f"differ; {differ}."
    )
