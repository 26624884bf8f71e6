"""Fields of the data fit their source."""

import pytest
from pydantic import ValidationError

from cyclegan_neuro.populations.trials.sections import DEFAULT_FIELDS, TrialFileSection, TrialsSection

FILE = {"path": "rates.h5", "bin_s": 0.1}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"source": "rates"}, "x: got nothing, expected a value with source 'rates'. Fix: set data.x"),
        ({"source": "recordings"}, "recordings: got nothing, expected a value with source 'recordings'"),
        ({"x": FILE}, "x: got a value, expected none with source 'simulated', where it has no effect. Fix: remove "
         "data.x, or set data.source: rates or spike_times"),
        ({"source": "recordings", "recordings": {}, "y": FILE}, "y: got a value, expected none with source"),
        ({"source": "rates", "x": FILE, "recordings": {}}, "recordings: got a value, expected none with"),
        ({"source": "rates", "x": {}}, "x.path: got no file name"),
        ({"source": "rates", "x": FILE, "y": {"group": "b"}}, "y.path: got no file name"),
        ({"source": "spike_times", "x": {"path": "a.nwb"}}, "x.bin_s: got nothing, expected the duration of bins"),
        ({"source": "rates", "x": FILE | {"fields": {"conditions": "a"}}}, "x.fields: got the key 'conditions', "
         "expected keys of values, trial, condition, time, time_s, speed, targets, held_out. Fix: did you mean "
         "'condition'?"),
        ({"source": "spike_times", "x": FILE, "y": FILE | {"fields": {"zzz": "a"}}}, "y.fields: got the key 'zzz'"),
    ],
)  # fmt: skip
def test_fields_that_do_not_fit(data, message):
    with pytest.raises(ValidationError) as caught:
        TrialsSection.model_validate(data)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [{}, {"source": "rates", "x": FILE, "y": FILE}, {"source": "spike_times", "x": FILE},
     {"source": "recordings", "recordings": {}}],
)  # fmt: skip
def test_fields_that_fit(data):
    assert TrialsSection.model_validate(data).source == data.get("source", "simulated")


def test_every_field_is_described():
    text = TrialFileSection.model_fields["fields"].description
    assert all(field in text for fields in DEFAULT_FIELDS.values() for field in fields)
