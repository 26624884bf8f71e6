"""Sections of responses refuse what has no effect, and say what is missing."""

import pytest
from pydantic import ValidationError

from cyclegan_neuro.populations.responses.sections import ResponsesSection

FILE = {"path": "a.h5"}
DAYS = {"source": "recordings", "condition": "identity"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source": "counts"}, "file: got nothing, expected a value with source 'counts'"),
        ({"source": "recordings"}, "recordings: got nothing, expected a value with source 'recordings'"),
        ({"file": FILE}, "file: got a value, expected none with source 'simulated', where it has no effect. "
         "Fix: remove data.file, or set data.source: counts or spike_times"),
        ({"recordings": {}}, "recordings: got a value, expected none with source 'simulated'"),
        ({"min_speed": 2.0}, "Fix: remove data.min_speed, or set data.source: recordings"),
        ({"bin_s": 0.2}, "bin_s: got 0.2, expected 0.4 with source 'simulated', where it has no effect. "
         "Fix: remove data.bin_s, or set data.source: recordings"),
        ({"source": "spike_times", "file": FILE | {"max_missing": 0.1}}, "file.max_missing: got 0.1, expected 0.05 "
         "with source 'spike_times'"),
        ({"source": "counts", "file": FILE, "simulation": {"n_neurons": 9}}, "simulation: got a value, expected none "
         "with source 'counts', where it has no effect. Fix: remove data.simulation, or set data.source: simulated"),
        ({"source": "counts", "file": {}}, "file.path: got no file name, expected a file"),
        ({"source": "counts", "file": FILE | {"fields": {"count": "a"}}}, "got the key 'count', expected keys of "
         "counts, movie. Fix: did you mean 'counts'?"),
        ({"source": "counts", "file": FILE | {"fields": {"stimulus": "a"}}}, "expected keys of counts, movie"),
        ({"source": "recordings", "recordings": {}}, "condition: got movie, expected identity with source"),
    ],
)  # fmt: skip
def test_contradictions(given, message):
    with pytest.raises(ValidationError) as error:
        ResponsesSection.model_validate(given)
    assert message in str(error.value)


def test_what_goes_together():
    assert ResponsesSection.model_validate({"source": "spike_times", "file": FILE}).file.bin_s is None
    assert ResponsesSection.model_validate(DAYS | {"recordings": {}, "min_speed": 2.0}).min_speed == 2.0
