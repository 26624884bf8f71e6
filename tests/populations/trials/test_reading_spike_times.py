"""Trials from spike times of units and a table of trials, as NWB keeps them."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.trials.preparing import prepare_trials
from cyclegan_neuro.populations.trials.sections import TrialsSection

STARTS = 1.0 + 2.0 * np.arange(10)
TIMES = [np.concatenate([STARTS + 0.05, STARTS + 0.31]), np.concatenate([STARTS[:6] + 0.12, STARTS + 0.9])]
TABLE = {
    "units__spike_times": np.concatenate(TIMES), "units__spike_times_index": [20, 36],
    "intervals__trials__start_time": STARTS, "intervals__trials__stop_time": STARTS + 0.45,
    "intervals__trials__condition": np.arange(10.0) % 2,
}  # fmt: skip


@pytest.fixture
def prepare(write):
    """Return a function that prepares the small recording, with some fields changed."""

    def prepare(file=None, **changed):
        path = write(**{name: array for name, array in (TABLE | changed).items() if array is not None})
        x = {"path": path, "bin_s": 0.1} | (file or {})
        return prepare_trials(TrialsSection.model_validate({"source": "spike_times", "x": x, "n_conditions": 2}))

    return prepare


def test_spikes_are_counted_within_trials(prepare):
    prepared = prepare()
    trials = prepared.trials
    assert (trials.values.shape, trials.unit) == ((40, 2), "spikes/s")  # 4 whole bins of each trial
    np.testing.assert_allclose(trials.values[:4].T, [[10, 0, 0, 10], [0, 10, 0, 0]])
    np.testing.assert_allclose(trials.values[-4:].T, [[10, 0, 0, 10], [0, 0, 0, 0]])
    np.testing.assert_array_equal(trials.trial, np.repeat(np.arange(10), 4))
    np.testing.assert_array_equal(trials.time, np.tile(np.arange(4), 10))
    np.testing.assert_array_equal(trials.condition, trials.trial % 2)
    np.testing.assert_array_equal(prepared.held_out_trials, [8, 9])
    assert trials.notes == ("36 spikes of 2 units, in 40 bins of 0.1 s of trials",)


def test_trials_end_where_they_end(prepare):
    values = prepare(intervals__trials__stop_time=STARTS + 1.0).trials.values
    assert values.shape == (100, 2)
    np.testing.assert_allclose(values.sum(axis=0), 10 * np.array([20, 16]))


def test_columns_by_other_names(prepare):
    side, apart = np.arange(10) // 5, np.arange(10) % 5 == 0
    file = {"fields": {"condition": "intervals/trials/side", "held_out": "intervals/trials/test"}}
    prepared = prepare(file, intervals__trials__side=side, intervals__trials__test=apart)
    np.testing.assert_array_equal(prepared.trials.condition, np.repeat(side, 4))
    np.testing.assert_array_equal(prepared.held_out_trials, [0, 5])


def test_trials_without_times_are_left_out(prepare):
    stops = STARTS + 0.45
    stops[[1, 9]] = np.nan
    prepared = prepare(intervals__trials__stop_time=stops, intervals__trials__held_out=np.arange(10) % 9 == 0)
    assert prepared.trials.numbers.tolist() == [0, *range(2, 9)]
    np.testing.assert_array_equal(prepared.trials.condition, prepared.trials.trial % 2)
    np.testing.assert_array_equal(prepared.held_out_trials, [0])
    assert prepared.trials.notes[1].endswith("2 trials without start or stop are left out")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"intervals__trials__stop_time": None}, "got no 'intervals/trials/stop_time' (stop_time), expected one of"),
        ({"intervals__trials__stop_time": STARTS[:5]}, "got (5,) for starts (10,), expected one stop for each start"),
        ({"intervals__trials__stop_time": STARTS + 0.05}, "got trial 0 (1 to 1.05): shorter than a bin, or ends before "
         "its start (10 such), expected at least 0.1 s"),
        ({"intervals__trials__stop_time": STARTS + 2.5}, "trial 1 (3 to 5.5): starts before the one before it stops"),
        ({"intervals__trials__stop_time": STARTS * np.nan}, "got NaN in all 10 trials, there or as start, expected "
         "seconds. Fix: name a column with the ends of trials: data.x.fields: {stop_time: ...}"),
        ({"intervals__trials__condition": np.zeros(9)}, "got 9 values, expected one for each of 10 trials"),
        ({"intervals__trials__condition": np.array(["left"] * 10, "S")}, "got text of shape (10,), expected real"),
        ({"units__spike_times": np.concatenate(TIMES) * 1000}, "got 100% of trials without a spike (trials from 1 to "
         "19.45, spikes from 1050 to 19900), expected trials and spikes in seconds of the same clock"),
        ({"units__spike_times_index": [20, 35]}, "field 'units/spike_times_index': got 2 values ending at 35"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_read(prepare, changed, message):
    with pytest.raises(RecordingError) as caught:
        prepare(**changed)
    assert message in str(caught.value)
