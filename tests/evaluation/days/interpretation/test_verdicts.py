import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.evaluation.days.interpretation.verdicts import differs_from_controls, verdict
from cyclegan_neuro.interpret.scores import MapScore

NAN = float("nan")


def scored(value, *, ci95=(0.7, 0.9), **controls):
    """Chance is 0.4 to 0.6; controls score as given."""
    one = MapScore(value, ci95=ci95, chance_mean=0.5, chance_low=0.4, chance_high=0.6, p=0.01, n=5)
    return ScoredMap({"auroc_neurons": one}, {name: {"auroc_neurons": score} for name, score in controls.items()})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (scored(0.8), "points at it"),
        (scored(0.8, untrained=0.69, shuffled_days=0.5), "points at it"),
        (scored(0.8, untrained=0.7), "no more than untrained networks"),
        (scored(0.8, untrained=0.5, shuffled_days=0.95), "no more than networks trained on mixed days"),
        (scored(0.8, untrained=NAN), "no more than untrained networks"),
        (scored(0.8, ci95=(NAN, NAN), untrained=0.5), "no more than untrained networks"),
        (scored(0.6, untrained=0.5), "at chance"),
        (scored(0.4, untrained=0.5), "at chance"),
        (scored(0.39, untrained=0.5), "points away from it"),
        (scored(NAN, untrained=NAN), "not defined"),
    ],
)
def test_verdicts(found, expected):
    assert verdict(found, "auroc_neurons").value == expected


@pytest.mark.parametrize(
    ("agreements", "differs"),
    [([], True), ([0.49], True), ([-0.2, NAN], True), ([0.5], False), ([0.1, 0.8], False), ([-0.7], False)],
)
def test_a_map_differs_where_its_ranks_do(agreements, differs):
    controls = {name: {"agreement": value} for name, value in enumerate(agreements)}
    assert differs_from_controls(ScoredMap({}, controls)) is differs


def test_agreement_of_nothing_is_undefined_and_differs():
    assert differs_from_controls(ScoredMap({}, {"untrained": {"agreement": np.nan}}))
