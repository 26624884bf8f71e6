"""Spike times that are not seconds are refused with the likely unit, late sessions are counted from their start."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.clocks import from_their_start, rates, spike_clock
from cyclegan_neuro.populations.reading import read_activity
from cyclegan_neuro.populations.sections import DataSection
from cyclegan_neuro.populations.trials.reading import read_trials
from cyclegan_neuro.populations.trials.sections import TrialsSection

RNG = np.random.default_rng(0)


def poisson(*rates_hz, seconds=60.0):
    """Spike times with a refractory period of 2 ms."""
    units = []
    for rate in rates_hz:
        times = np.cumsum(0.002 + RNG.exponential(1 / rate - 0.002, int(2 * rate * seconds) + 10))
        units.append(times[times < seconds])
    return units


UNITS = poisson(2.0, 5.0, 1.0, 3.3)


def found(units):
    return [(f.code, f.severity) for f in spike_clock(units, "units")]


@pytest.mark.parametrize(
    "units",
    [
        UNITS, poisson(0.05, 0.1, 0.3, seconds=3600.0), poisson(60.0, 90.0, 20.0),
        poisson(0.002, 0.1, seconds=30_000.0),
        [np.sort(RNG.choice(3600, 60, replace=False)) + 0.25 for _ in range(4)], [np.zeros(0), *UNITS], UNITS[:1],
        [np.array([0.5])], [],
    ],
    ids=["cortex", "quiet", "fast", "a day", "events far apart", "silent unit", "one unit", "one spike", "none"],
)  # fmt: skip
def test_seconds_pass(units):
    assert found(units) == []


@pytest.mark.parametrize(
    ("units", "says"),
    [
        ([1000 * unit for unit in UNITS], "these look like milliseconds"),
        ([np.round(1000 * unit) for unit in UNITS], "milliseconds, by the sampling rate if they are samples"),
        ([np.round(30_000 * unit) for unit in UNITS], "by the sampling rate if they are samples"),
        ([unit / 3600 for unit in UNITS], "by 3,600 if they are hours"),
    ],
    ids=["ms", "whole ms", "samples", "hours"],
)
def test_other_units_are_critical(units, says):
    (finding,) = spike_clock(units, "units")
    assert (finding.code, finding.severity, says in finding.fix) == ("spike_unit", "critical", True)


def test_rates_that_no_population_has():
    assert found([*UNITS, np.sort(RNG.uniform(0, 60, 40_000))]) == [("spike_rates", "warning")]
    assert list(rates(np.array([0.0, 499.0]), "x")) == []
    (slow,) = rates(np.array([0.001, 0.004]), "x")
    assert slow.got == "at most 0.004 spikes/s (neuron 1), median 0.0025"
    assert list(rates(np.zeros(3), "x")) == []  # said otherwise


def test_a_session_that_does_not_begin_at_0():
    moved, (finding,) = from_their_start([unit + 1.7e9 for unit in UNITS], 0.02, "units")
    assert finding.code == "late_start"
    assert 0 <= min(unit.min() for unit in moved) < 0.02 + 1e-6
    np.testing.assert_allclose(np.diff(moved[1]), np.diff(UNITS[1]), atol=1e-6)
    for offset in (0.0, 8.0):
        assert from_their_start([unit + offset for unit in UNITS], 0.02, "units")[1] == []
    rare = [np.array([300.0, 700.0, 1500.0])]
    assert from_their_start(rare, 0.02, "units")[1] == []


def units_of(*trains):
    return {
        "units__spike_times": np.concatenate(trains),
        "units__spike_times_index": np.cumsum([len(times) for times in trains]).astype(np.uint16),
    }


def read(path, **options):
    return read_activity(DataSection(source="spike_times", path=path, bin_s=0.02, several_spikes="one", **options))


def test_reading_counts_from_the_start_and_refuses_milliseconds(write):
    expected = read(write(**units_of(*UNITS)))
    late = read(write("late.h5", **units_of(*(unit + 1000 for unit in UNITS))))
    assert [f.code for f in late.findings] == ["late_start"]
    np.testing.assert_array_equal(late.values, expected.values[len(expected.values) - len(late.values) :])
    with pytest.raises(RecordingError, match=r"median rate 0\.00.* expected seconds. Fix: divide by 1,000"):
        read(write("ms.h5", **units_of(*(1000 * unit for unit in UNITS))))


def test_times_before_0_belong_to_observed_intervals_that_begin_there(write):
    early = [unit - 20 for unit in UNITS]
    with pytest.raises(RecordingError, match=r"negative or not finite, expected seconds .*with obs_intervals"):
        read(write(**units_of(*early)))
    observed = {
        "units__obs_intervals": np.tile([-20.0, 40.0], (4, 1)), "units__obs_intervals_index": np.arange(1, 5),
    }  # fmt: skip
    found = read(write("observed.h5", **units_of(*early), **observed))
    assert found.findings == ()
    assert found.values.shape == (3000, 4)
    assert found.values.sum() > 0.9 * sum(map(len, UNITS))


def test_trials_may_begin_before_0(write):
    early, starts = [unit - 20 for unit in UNITS], np.arange(-20.0, 40.0, 2.0)
    table = {"intervals__trials__start_time": starts, "intervals__trials__stop_time": starts + 2}
    trials = read_trials(
        TrialsSection(source="spike_times", x={"path": write(**units_of(*early), **table), "bin_s": 0.5})
    )
    assert round(trials.values.sum() * 0.5) == sum(map(len, UNITS))
