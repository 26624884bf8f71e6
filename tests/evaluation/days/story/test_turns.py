from types import SimpleNamespace

import numpy as np

from cyclegan_neuro.evaluation.days.story.turns import turned_sentence, turns
from cyclegan_neuro.evaluation.days.turned_maps import Turn

STANDS = Turn(0.4, 0.1, 32.0, False, -9.0, False)
TURNED = Turn(-0.01, 0.36, 96.0, False, 8.0, True)
LEANS = Turn(0.02, 0.15, 96.0, True, 6.0, True)
UNKNOWN = Turn(np.nan, np.nan, 0.0, False, np.nan, False)


def found(model_y, identity_y=LEANS):
    there = {"model": model_y, "identity": identity_y}
    return SimpleNamespace(turns={"y": there, "x": {"model": STANDS, "identity": STANDS}})


def test_turned_maps_are_a_warning():
    warning = turned_sentence(found(TURNED))
    assert warning == (
        "Turned maps: tuning of G(X) correlates -0.010 with that of day y as it stands, but 0.36 when shifted by 96 cm "
        "(z = 8.0)."
    )
    text, _ = turns(found(TURNED), target=None)
    assert text.startswith("tuning of G(X) and day y -0.010 as it stands, 0.36 when shifted by 96 cm")
    assert "X as recorded: 0.020, 0.15 when read backwards and shifted by 96 cm (z = 6.0)" in text


def test_maps_that_stand_are_no_warning():
    assert turned_sentence(found(STANDS)) == ""
    assert "tuning of G(X) and the truth 0.40 as it stands" in turns(found(STANDS), target="the truth")[0]


def test_nothing_is_said_of_what_is_not_known():
    unknown = SimpleNamespace(turns={day: {"model": UNKNOWN, "identity": UNKNOWN} for day in "xy"})
    assert turns(unknown, target=None) == []
    assert turned_sentence(SimpleNamespace(turns={})) == ""
