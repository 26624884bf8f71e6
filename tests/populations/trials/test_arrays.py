"""Trials from arrays and from Neo: what is checked, and how it is told."""

import neo
import numpy as np
import pytest
import quantities as pq

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.trials.arrays import trials_from_arrays, trials_from_neo
from cyclegan_neuro.populations.trials.preparing import split_trials

TRIAL = np.repeat(np.arange(10), 4)
COUNTS = np.random.default_rng(0).poisson(2.0, (40, 3))
FIELDS = {
    "values": 10.0 * COUNTS, "trial": TRIAL, "bin_s": 0.1, "condition": TRIAL % 2, "n_conditions": 2,
    "time": np.tile(np.arange(4), 10), "speed": np.ones(40), "targets": np.ones((40, 2)),
}  # fmt: skip


def make(**changed):
    fields = FIELDS | changed
    return trials_from_arrays(fields.pop("values"), fields.pop("trial"), **fields)


def changed_at(name, index, value, dtype=float):
    array = np.array(FIELDS[name], dtype)
    array[index] = value
    return {name: array}


def test_sound_arrays_have_no_findings():
    trials = make()
    assert trials.findings == trials.notes == ()
    assert (trials.values.dtype, trials.trial.dtype, trials.condition.dtype) == (np.float32, np.int64, np.int64)
    assert trials.target_names == ("target 0", "target 1")
    assert trials.source == "in memory"


def test_smoothed_rates_are_believed():
    assert make(values=10.0 * COUNTS + np.linspace(0, 1, 40)[:, None]).findings == ()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"values": np.ones(40)}, "field values: got shape (40,), expected (bin, neuron)"),
        ({"values": np.ones((10, 40)), "trial": TRIAL}, "got 40 neurons and 10 bins, and 40 trial numbers, "
         "expected more bins than neurons. Fix: the axes may be exchanged: (bin, neuron)"),
        ({"values": 10.0 * COUNTS.astype(complex)}, "got values of type complex128, expected real numbers"),
        ({"condition": np.zeros(39)}, "field condition: got shape (39,), expected one value for each of 40 bins"),
        ({"condition": np.arange(10) % 2}, "Fix: repeat it for the bins of each trial: values[trial]"),
        ({"trial": TRIAL[:-1]}, "field trial: got shape (39,), expected one value for each of 40 bins"),
        ({"targets": np.ones((2, 40))}, "field targets: got shape (2, 40), expected one value for each of 40 bins"),
        ({"target_names": ["x"]}, "field targets: got 1 names of 2 targets"),
        (changed_at("trial", 3, 0.5), "field trial: got values such as 0.5, expected whole numbers from -1 on"),
        ({"trial": np.full(40, -1)}, "field trial: got no bin in a trial (all -1)"),
        (changed_at("time", 3, 0.3), "field time: got values such as 0.3, expected whole numbers from 0 on, one for "
         "each bin. Fix: give the index of each bin in its trial: floor(seconds since its start / bin_s)"),
        ({"condition": 180 * (TRIAL % 2)}, "got 0, 180: looks like degrees, expected 0 to 1, at equal distances on a "
         "circle (data.n_conditions: 2); -1 for none. Fix: write round(angle / 180) % 2"),
        ({"condition": 22.5 + 45 * (TRIAL % 8), "n_conditions": 8}, "looks like degrees, expected 0 to 7"),
        ({"condition": np.pi * (TRIAL % 2)}, "got 0, 3.14159: looks like radians"),
        ({"condition": 1 + TRIAL % 2}, "got 1, 2: looks like numbers from 1, expected 0 to 1, at equal distances on a "
         "circle (data.n_conditions: 2); -1 for none. Fix: subtract 1: condition 0 lies at the angle 0"),
        ({"condition": TRIAL % 3}, "Fix: set data.n_conditions: 3, or write 0 to 1"),
        ({"condition": TRIAL % 120 * 11, "n_conditions": 8}, "Fix: set data.n_conditions: 100, or write 0 to 7"),
        (changed_at("condition", 3, np.inf), "field condition: got 0, 1, expected 0 to 1"),
        (changed_at("condition", 3, -2), "field condition: got -2, 0, 1, expected 0 to 1"),
        ({"held_out": np.zeros(4)}, "field held_out: got 4 values, expected one for each of 10 trials, not 0 where"),
        ({"held_out": np.ones(10)}, "got all 10 trials held out, expected 0 for the trials to train with"),
        ({"bin_s": 100.0}, "in memory, bin_s: got 100 s, expected 0.001 to 2 s. Fix: did you mean 0.1 (ms) or 0.01 "
         "(bins/s)? Set bin_s"),
        (changed_at("values", (5, 1), np.nan), "field values, neurons 1: got 1 values such as nan, expected"),
        ({"values": COUNTS - 2.0}, "Fix: ΔF/F: set data.source: recordings; z-scores: give the rates before"),
        ({"trial": TRIAL % 5}, "got trials 0, 1, 2, 3, 4 that come again later, expected all bins of a trial"),
        ({"trial": TRIAL[::-1]}, "field trial: got trial 8 after 9, in bin 4, expected all bins of a trial"),
        (changed_at("condition", 3, 1), "got 1 of 10 trials with several conditions (trial 0: 0, 1), expected one"),
        (changed_at("time", 3, 2), "field time: got time 2 after 2 in trial 0, expected times that rise"),
        (changed_at("targets", (5, 1), np.nan), "field targets (target 1): got 1 NaN or infinite values"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_with(changed, message):
    with pytest.raises(RecordingError) as caught:
        make(**changed)
    assert message in str(caught.value)


def test_all_that_is_critical_is_told_at_once():
    with pytest.raises(RecordingError) as caught:
        make(bin_s=100.0, **changed_at("values", (5, 1), -1.0), **changed_at("time", 3, 2))
    assert "Also critical: in memory, field values, neurons 1: got" not in str(caught.value)
    assert "Also critical: in memory, field values, neurons 1: 1 values such as -1; in memory, field time: " in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("changed", "severity", "code", "got"),
    [
        ({"values": COUNTS}, "warning", "unit", f"whole numbers up to {COUNTS.max()}: looks like spike counts per bin"),
        ({"bin_s": 0.05}, "warning", "unit", "multiples of 10: looks like counts in bins of 0.1 s"),
        ({"values": COUNTS / 7}, "warning", "unit", f"fractions up to {COUNTS.max() / 7:.3g}: looks like ΔF/F, or like "
         "probabilities per bin"),
        ({"values": 1e4 * COUNTS}, "warning", "unit", f"up to {10**4 * COUNTS.max():,} spikes/s, more than "
         "neurons fire"),
        ({"trial": np.r_[0, TRIAL[1:] + 1], "condition": None}, "info", "single_bin", "a single bin in 1 trials (0)"),
        (changed_at("condition", [0, 1, 2, 3], np.nan), "info", "no_condition", "none (-1, NaN) in 4 of 40 bins"),
    ],
)  # fmt: skip
def test_what_is_worth_knowing(changed, severity, code, got):
    (finding,) = make(**changed).findings
    assert (finding.severity, finding.code, finding.got) == (severity, code, got)


def test_places_that_change_within_most_trials_are_no_slip():
    assert make(condition=np.tile([0, 0, 1, 1], 10)).findings == ()


@pytest.mark.parametrize(
    ("changed", "severity", "where", "got"),
    [
        ({"condition": (TRIAL == 0) | (TRIAL == 9)}, "warning", "conditions 1", "1 training trials"),
        ({"n_conditions": 4}, "warning", "conditions 2, 3", "0, 0 training trials"),
        (
            {"values": 10.0 * COUNTS * [1, 0, 1]},
            "info",
            "neurons 1",
            "one value in all training trials (1 of 3 neurons)",
        ),
    ],
)
def test_what_training_trials_lack(changed, severity, where, got):
    (finding,) = split_trials(make(**changed)).findings
    assert (finding.severity, finding.where, finding.got) == (severity, f"in memory, {where}", got)


def test_activity_that_never_varies_is_refused():
    with pytest.raises(RecordingError, match="got one value in all training trials \\(3 of 3 neurons\\)"):
        split_trials(make(values=np.zeros((40, 3))))


def segment(*trains, t_start=0.0, t_stop=0.4, **annotations):
    made = neo.Segment(**annotations)
    for times in trains:
        made.spiketrains.append(neo.SpikeTrain(times, units=pq.s, t_start=t_start * pq.s, t_stop=t_stop * pq.s))
    return made


SEGMENTS = [
    segment([0.05, 0.31], [0.12], side=1),
    segment([2000.05, 2000.06], [2000.39], t_start=2000.0, t_stop=2000.45, side=0),
]


def test_segments_of_neo_are_trials():
    block = neo.Block()
    block.segments.extend(SEGMENTS)
    for given, condition in ((block, "side"), (SEGMENTS, [1, 0])):
        trials = trials_from_neo(given, bin_s=0.1, condition=condition, n_conditions=2)
        np.testing.assert_allclose(trials.values[:4].T, [[10, 0, 0, 10], [0, 10, 0, 0]])
        np.testing.assert_allclose(trials.values[4:].T, [[20, 0, 0, 0], [0, 0, 0, 10]])
        np.testing.assert_array_equal(trials.trial, [0] * 4 + [1] * 4)
        np.testing.assert_array_equal(trials.time, [0, 1, 2, 3] * 2)
        np.testing.assert_array_equal(trials.condition, [1] * 4 + [0] * 4)


@pytest.mark.parametrize(
    ("segments", "condition", "message"),
    [
        ([], None, "block: got no segment"),
        (
            [*SEGMENTS, segment([0.1])],
            None,
            "segment 2: got 1 spike trains of 0.4 s, expected 2 trains, as in segment 0",
        ),
        ([segment([0.01], [], t_stop=0.05)], None, "segment 0: got 2 spike trains of 0.05 s, expected 2 trains"),
        (SEGMENTS, [1], "condition: got 1 values, expected one for each of 2 segments"),
        (SEGMENTS, "sid", "condition: got 'sid', which no segment has, expected an annotation: side"),
    ],
)
def test_segments_that_are_no_trials(segments, condition, message):
    with pytest.raises(RecordingError) as caught:
        trials_from_neo(segments, bin_s=0.1, condition=condition)
    assert message in str(caught.value)
