from types import SimpleNamespace

import pytest

from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.evaluation.days.story.attention import attention_sentence
from cyclegan_neuro.interpret.scores import MapScore


def scored(value, *, score="auroc_neurons", untrained=0.5, agreement=0.1):
    """A map with this score, an interval of ±0.05 and chance from 0.4 to 0.6."""
    one = MapScore(
        value=value, ci95=(value - 0.05, value + 0.05), chance_mean=0.5, chance_low=0.4, chance_high=0.6, p=0.01, n=9
    )
    return ScoredMap({score: one}, {"untrained": {score: untrained, "agreement": agreement}})


def found(*, learning=None, corner=None, contrast=0.95, **maps):
    scores = {network: {"saliency": one} for network, one in maps.items()}
    score = "auroc_region" if corner else "auroc_neurons"
    scores["recorded"] = {"tuning_difference": scored(contrast, score=score)}
    return SimpleNamespace(learning=learning, corner=corner, scores=scores)


@pytest.mark.parametrize(
    ("interpretation", "sentence"),
    [
        (
            found(learning=True, D_X=scored(0.9), G=scored(0.88)),
            "Maps of where the networks look (saliency) point at the neurons that learning changed (AUROC D_X 0.90, G "
            "0.88); the best contrast of the recorded days that needs no network reaches 0.95.",
        ),
        (
            found(learning=True, D_X=scored(0.9), D_Y=scored(0.55), F=scored(0.8, untrained=0.79)),
            "Maps of where the networks look (saliency) point at the neurons that learning changed (AUROC D_X 0.90); "
            "others do not (at chance: D_Y 0.55; no more than untrained networks: F 0.80); the best contrast of the "
            "recorded days that needs no network reaches 0.95.",
        ),
        (
            found(corner=True, contrast=0.97, D_Y=scored(0.5, score="auroc_region")),
            "Maps of where the networks look (saliency) do not point at the corner that Φ removes (at chance: D_Y "
            "0.50); the best contrast of the recorded days that needs no network reaches 0.97.",
        ),
        (
            found(D_X=scored(0.9), G=scored(0.9)),
            "Maps of where the networks look (saliency) cannot be checked here, since nobody knows where the days "
            "differ; all differ from those of the controls.",
        ),
        (
            found(D_X=scored(0.9, agreement=0.8), G=scored(0.9)),
            "Maps of where the networks look (saliency) cannot be checked here, since nobody knows where the days "
            "differ; those of D_X look like the controls'.",
        ),
    ],
)
def test_the_sentence_says_no_more_than_the_verdicts(interpretation, sentence):
    assert attention_sentence(interpretation) == sentence
