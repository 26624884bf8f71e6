"""Trials from files of firing rates: which fields are read, which trials are held out, published recordings."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from cyclegan_neuro.errors import PairingError, RecordingError, WindowError
from cyclegan_neuro.populations.trials.preparing import prepare_trials, split_trials
from cyclegan_neuro.populations.trials.reading import read_trials
from cyclegan_neuro.populations.trials.sections import TrialsSection

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
REACHING, CROSS_DAY = DATA / "monkey_reaching.h5", DATA / "monkey_cross_day_emg.h5"
TRIAL = np.repeat(np.arange(10), 4)
RATES = (10.0 * np.random.default_rng(0).poisson(2.0, (40, 3))).astype(np.float32)
FIELDS = {
    "firing_rates": RATES,
    "trial": TRIAL,
    "direction": TRIAL % 2,
    "time_in_trial": np.tile([0, 1, 2, 4], 10),
    "velocity": np.tile([3.0, 4.0], (40, 1)),
    "bin_s": 0.1,
}


def section(path, *, y=None, options=None, **file):
    days = {"x": {"path": str(path), **file}} | ({"y": {"path": str(y), **file}} if y else {})
    return TrialsSection.model_validate({"source": "rates", "n_conditions": 2, **days, **(options or {})})


def read(path, **given):
    return read_trials(section(path, **given))


@pytest.fixture
def reaching(write):
    """Return a function that writes the small recording with some fields changed, and returns its path."""
    return lambda name="rates.h5", **changed: write(
        name, **{k: v for k, v in (FIELDS | changed).items() if v is not None}
    )


def test_fields_of_a_file(reaching):
    trials = read(reaching())
    np.testing.assert_array_equal(trials.values, RATES)
    np.testing.assert_array_equal(trials.trial, TRIAL)
    np.testing.assert_array_equal(trials.condition, TRIAL % 2)
    np.testing.assert_array_equal(trials.time, FIELDS["time_in_trial"])
    np.testing.assert_array_equal(trials.speed, np.full(40, 5.0))
    assert (trials.bin_s, trials.unit, trials.n_conditions, trials.data_origin) == (0.1, "spikes/s", 2, "recorded")
    assert (trials.day, trials.targets, trials.held_out, trials.findings) == (None, None, None, ())


@pytest.mark.parametrize("group", ["", "session", "a/variants/bin0.10"])
@pytest.mark.parametrize(("attribute", "value"), [("bin_s", 0.1), ("rate_hz", 10.0)])
def test_groups_and_their_attributes(tmp_path, group, attribute, value):
    with h5py.File(tmp_path / "rates.h5", "w") as file:
        at = file.require_group(group) if group else file
        at.attrs[attribute] = value
        for name, array in FIELDS.items():
            if name != "bin_s":
                at[name] = array
    trials = read(tmp_path / "rates.h5", group=group)
    assert (trials.n_bins, trials.bin_s) == (40, 0.1)


def test_npz_and_matlab_hold_the_same(tmp_path, reaching):
    np.savez(tmp_path / "rates.npz", **FIELDS)
    savemat(tmp_path / "rates.mat", {"session": FIELDS})  # vectors become matrices of one row
    expected = read(reaching())
    for found in (read(tmp_path / "rates.npz"), read(tmp_path / "rates.mat", group="session")):
        for name in ("values", "trial", "condition", "time", "speed"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
        assert found.bin_s == 0.1


def test_fields_by_other_names_and_left_out(reaching):
    path = reaching(counts_hz=RATES + 10, direction=TRIAL % 2, side=1 - TRIAL % 2)
    trials = read(path, fields={"values": "counts_hz", "condition": "side", "time": "", "speed": ""}, bin_s=0.05)
    np.testing.assert_array_equal(trials.values, RATES + 10)
    np.testing.assert_array_equal(trials.condition, 1 - TRIAL % 2)
    assert (trials.time, trials.speed, trials.bin_s) == (None, None, 0.05)


def test_bins_outside_trials_are_left_out(reaching):
    trial = np.where(TRIAL == 3, -1, TRIAL)
    trials = read(reaching(trial=trial))
    np.testing.assert_array_equal(trials.values, RATES[TRIAL != 3])
    assert trials.numbers.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert "4 bins outside trials (-1) are left out" in trials.notes[0]


@pytest.mark.parametrize(
    ("flags", "fraction", "expected"),
    [
        (None, 0.2, [8, 9]),
        (None, 0.25, [7, 8, 9]),  # int(0.75 * 10) to train with
        (np.zeros(10, int), 0.2, [8, 9]),
        (np.arange(10) % 5 * 2 // 8, 0.2, [4, 9]),
    ],
)
def test_held_out_trials(reaching, flags, fraction, expected):
    prepared = prepare_trials(section(reaching(split_2way=flags), options={"held_out_fraction": fraction}))
    np.testing.assert_array_equal(prepared.held_out_trials, expected)
    np.testing.assert_array_equal(prepared.held_out, np.flatnonzero(np.isin(TRIAL, expected)))


def test_flags_longer_than_the_trials_are_indexed_by_their_numbers(reaching):
    flags = np.zeros(10, int)
    flags[[3, 7]] = 2
    prepared = prepare_trials(section(reaching(trial=np.where(TRIAL == 2, -1, TRIAL), held_out=flags)))
    np.testing.assert_array_equal(prepared.held_out_trials, [3, 7])


def test_one_day_given_twice_is_noticed(reaching):
    (finding,) = read(reaching("x.h5"), y=reaching("y.h5")).findings
    assert (finding.severity, finding.code, finding.got) == (
        "warning",
        "one_day_twice",
        "the same activity on both days",
    )


def test_two_days(reaching):
    flags = (np.arange(10) == 4).astype(int)
    x, y = reaching("x.h5", held_out=flags), reaching("y.h5", firing_rates=RATES + 10, held_out=np.zeros(10, int))
    prepared = prepare_trials(section(x, y=y))
    trials = prepared.trials
    np.testing.assert_array_equal(trials.values, np.concatenate([RATES, RATES + 10]))
    np.testing.assert_array_equal(trials.trial, np.concatenate([TRIAL, TRIAL + 10]))
    np.testing.assert_array_equal(trials.day, np.repeat([0, 1], 40))
    np.testing.assert_array_equal(prepared.held_out_trials, [4, 18, 19])
    assert trials.source == f"{x} and {y}"


def test_neurons_are_those_that_vary_on_both_days(reaching):
    silent = RATES.copy()
    silent[:32, 1] = 0  # varies in held-out trials alone
    prepared = prepare_trials(section(reaching("x.h5"), y=reaching("y.h5", firing_rates=silent)))
    assert prepared.neurons.tolist() == [0, 2]
    assert [(f.severity, f.code) for f in prepared.findings] == [("info", "constant")]
    assert "neurons 1: got one value in all training trials (1 of 3 neurons)" in str(prepared.findings[0])


@pytest.mark.parametrize(
    ("changed", "got"),
    [
        ({"firing_rates": RATES[:, :2]}, "neurons: 3 on day x, 2 on day y"),
        ({"bin_s": 0.05}, "seconds a bin: 0.1 on day x, 0.05 on day y"),
        ({"velocity": None}, "labels: condition, time, speed on day x, condition, time on day y"),
        ({"emg": np.ones((40, 1))}, "targets: none on day x, emg 0 on day y"),
    ],
)
def test_two_days_that_do_not_go_together(reaching, changed, got):
    with pytest.raises(PairingError) as caught:
        read(reaching("x.h5"), y=reaching("y.h5", **changed))
    assert f"got {got}, expected the same on both" in str(caught.value)


def test_a_recording_without_trials_becomes_pieces_that_cross_no_jump(write):
    time_s = np.arange(500) * 0.1
    time_s[230:] += 7.0
    emg = np.random.default_rng(1).normal(size=(500, 2))
    trials = read(write(spike_rate=np.tile(RATES, (13, 1))[:500], time_s=time_s, emg=emg))
    assert trials.bin_s == 0.1
    np.testing.assert_array_equal(np.bincount(trials.trial), [77, 77, 76, 90, 90, 90])  # 23 s and 27 s, at most 10 s
    assert trials.target_names == ("emg 0", "emg 1")
    np.testing.assert_array_equal(trials.targets, emg.astype(np.float32))
    assert "has no trials: 6 pieces of at most 10 s take their place" in trials.notes[0]


def test_names_of_targets(tmp_path):
    with h5py.File(tmp_path / "day.h5", "w") as file:
        file["day/firing_rates"], file["day/trial"], file["day/force"] = RATES, TRIAL, RATES[:, :2]
        file["day"].attrs["force_names"] = ["x", "y"]
    trials = read(tmp_path / "day.h5", group="day", fields={"targets": "force"}, bin_s=0.1)
    assert trials.target_names == ("x", "y")


def test_inputs_tell_labels_and_splits_apart(reaching):
    described = [
        prepare_trials(section(path)).inputs["activity"]
        for path in (reaching(), reaching("b.h5"), reaching("c.h5", direction=1 - TRIAL % 2))
    ]
    one, same, other = ({k: v for k, v in inputs.items() if k != "source"} for inputs in described)
    assert one == same != other
    assert one["shape"] == [40, 3]
    assert one["held_out_trials"] == [8, 9]
    assert one["labels"].keys() == {"trial", "condition", "time", "speed"}
    assert one["sha256"] == other["sha256"]


@pytest.mark.parametrize(
    ("changed", "given", "message"),
    [
        ({"firing_rates": None, "firing_rate": RATES}, {"fields": {"values": "firing_rates"}},
         "got no 'firing_rates' (values), expected one of what is there: firing_rate (40, 3), velocity (40, 2). "
         "Fix: did you mean 'firing_rate'? Set data.x.fields: {values: firing_rate}"),
        ({}, {"group": "chewie"}, "got no 'firing_rates' (values), expected one of what is there: nothing"),
        ({}, {"fields": {"speed": "sped"}}, "got no 'sped' (speed)"),
        ({"bin_s": None}, {}, "data.x.bin_s: got nothing, expected the duration of a bin in seconds"),
        ({"direction": np.array(["left"] * 40, "S")}, {}, "got text of shape (40,), expected real numbers"),
        ({"trial": None, "time_s": np.zeros(40)}, {}, "got 40 values; 39 do not rise"),
        ({"trial": None, "time_s": np.arange(40)}, {}, "got steps of 1 s, expected bins of 0.1 s"),
    ],
)  # fmt: skip
def test_fields_that_cannot_be_read(reaching, changed, given, message):
    with pytest.raises(RecordingError) as caught:
        read(reaching(**changed), **given)
    assert message in str(caught.value)


@pytest.mark.parametrize(("group", "meant"), [("", "a"), ("chewie1", "chewie_1"), ("chewie_1", "chewie_1/fine")])
def test_a_group_that_is_not_there_is_named(tmp_path, group, meant):
    with h5py.File(tmp_path / "rates.h5", "w") as file:
        for name in ("a", "chewie_1/fine") if group == "chewie_1" else ("a", "chewie_1"):
            file[f"{name}/firing_rates"] = RATES
    with pytest.raises(RecordingError) as caught:
        read(tmp_path / "rates.h5", group=group)
    assert "got no 'firing_rates' (values), expected a group with it: a, chewie_1" in str(caught.value)
    assert str(caught.value).endswith(f"Fix: set data.x.group: {meant}")


@pytest.mark.parametrize(
    ("changed", "least", "message"),
    [
        ({"velocity": None}, 1.0, "data.min_speed: got a least speed without a speed"),
        ({}, 5.0, "data.min_speed: got 5; a part has no faster bin"),
        ({"trial": np.zeros(40), "time_in_trial": None}, None, "got 1 trial on day x, expected trials to train with"),
    ],
)
def test_splits_that_cannot_be(reaching, changed, least, message):
    with pytest.raises(WindowError) as caught:
        prepare_trials(section(reaching(**changed), options={"min_speed": least}))
    assert message in str(caught.value)


def test_times_are_at_most_those_of_the_longest_trial(reaching):
    trials = read(reaching())
    assert [split_trials(trials, n_times=n).n_times for n in (3, 9)] == [3, 5]


def test_simulated_trials():
    prepared = prepare_trials(TrialsSection.model_validate({"simulation": {"n_sequences": 5, "n_neurons": 20}}))
    np.testing.assert_array_equal(prepared.held_out_trials, [16, 17, 18, 19])
    assert prepared.n_times == 4
    assert prepared.trials.truth is not None


@pytest.mark.skipif(not REACHING.exists(), reason="the recordings are not here")
@pytest.mark.parametrize(
    ("group", "n_trials", "n_train", "shape", "n_constant", "bin_s"),
    [
        ("chewie_1", 159, 127, (895, 174), 12, 0.1),
        ("chewie_2", 180, 144, (835, 155), 8, 0.1),
        ("mihi_1", 209, 167, (1082, 187), 31, 0.1),
        ("chewie_1/variants/bin0.10_vel_thresh0.00", 159, 127, (1640, 174), 11, 0.1),
        ("chewie_1/variants/bin0.05_vel_thresh5.00", 159, 127, (1731, 174), 13, 0.05),
    ],
)
def test_published_reaching(group, n_trials, n_train, shape, n_constant, bin_s):
    prepared = prepare_trials(section(REACHING, group=group, options={"min_speed": 5.0, "n_conditions": 8}))
    trials = prepared.trials
    assert (trials.values.shape, len(trials.numbers), trials.bin_s) == (shape, n_trials, bin_s)
    np.testing.assert_array_equal(prepared.held_out_trials, np.arange(n_train, n_trials))
    assert len(prepared.neurons) == shape[1] - n_constant
    assert [f.code for f in prepared.findings] == ["constant"]  # the rates are believed
    assert prepared.decoded("direction").sum() == (895 if "vel_thresh0" in group else shape[0])
    without = prepare_trials(section(REACHING, group=group, fields={"held_out": ""}, options={"n_conditions": 8}))
    np.testing.assert_array_equal(without.held_out_trials, prepared.held_out_trials)


@pytest.mark.skipif(not CROSS_DAY.exists(), reason="the recordings are not here")
def test_published_days_with_muscles():
    data = {"source": "rates", "held_out_fraction": 0.25}
    data |= {day: {"path": str(CROSS_DAY), "group": f"day_{n}"} for day, n in (("x", 0), ("y", 16))}
    prepared = prepare_trials(TrialsSection.model_validate(data))
    trials = prepared.trials
    assert (trials.values.shape, trials.bin_s, trials.targets.shape) == ((42000, 96), 0.05, (42000, 14))
    assert trials.target_names[:2] == ("FCRr", "FCUu")
    assert (len(trials.numbers), len(prepared.held_out_trials)) == (210, 30 + 23)
    np.testing.assert_array_equal(np.setdiff1d(np.arange(96), prepared.neurons), [66, 69])
