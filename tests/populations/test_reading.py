"""Spikes from files: samples, continuous activity, spike times, Neo trains."""

import numpy as np
import pytest
import quantities as pq
from elephant.conversion import BinnedSpikeTrain

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.evaluation.samples.generated import GeneratedSamples, write_samples
from cyclegan_neuro.populations.reading import bin_spike_times, read_activity
from cyclegan_neuro.populations.sections import DataSection
from cyclegan_neuro.spikes.trains import neo_train

SPIKES = (np.random.default_rng(0).random((6, 3, 8)) < 0.4).astype(np.uint8)  # sample, neuron, bin


def read(path, source, **options):
    return read_activity(DataSection(**{"source": source, "path": path, "bin_s": 0.01, **options}))


def units(*trains):
    """Return spike times and ends of units as NWB keeps them."""
    ends = np.cumsum([len(times) for times in trains]).astype(np.uint16)
    return {"units__spike_times": np.concatenate(trains), "units__spike_times_index": ends}


@pytest.mark.parametrize("dtype", ["u1", "i8", "f4", "?"])
def test_samples_are_joined_with_neurons_in_columns(write, dtype):
    found = read(write(data__spikes=SPIKES.astype(dtype)), "samples", field="data/spikes")
    assert (found.sample_bins, found.values.dtype, found.values.shape) == (8, np.uint8, (48, 3))
    for sample in range(6):
        for neuron in range(3):
            np.testing.assert_array_equal(found.values[8 * sample : 8 * sample + 8, neuron], SPIKES[sample, neuron])


def test_generated_samples_are_not_called_recorded(tmp_path, write):
    assert read(write(x=SPIKES), "samples", field="x").data_origin == "recorded"
    write_samples(GeneratedSamples(SPIKES.transpose(0, 2, 1), 0.01, spikes=True), tmp_path / "generated.h5")
    assert read(str(tmp_path / "generated.h5"), "samples", field="samples").data_origin == "simulated"


def test_continuous_activity_is_taken_as_it_is(write):
    continuous = SPIKES[:, 0]
    found = read(write(x=continuous.repeat(3, axis=0)), "continuous", field="x")
    assert found.sample_bins is None
    np.testing.assert_array_equal(found.values, continuous.repeat(3, axis=0))
    assert found.findings == found.notes == ()


def test_spike_times_of_units(write):
    path = write(**units([0.005, 0.031], [0.012, 0.001, 0.059]))
    found = read(path, "spike_times")
    np.testing.assert_array_equal(found.values.T, [[1, 0, 0, 1, 0, 0], [1, 1, 0, 0, 0, 1]])
    assert found.notes == ("5 spikes of 2 units counted in 6 bins of 0.01 s",)
    moved = write("moved.h5", **{f"a__{name}": values for name, values in units([0.005, 0.031], [0.012]).items()})
    assert read(moved, "spike_times", field="a/units").values.shape == (4, 2)


def test_several_spikes_in_a_bin_count_as_one_where_that_is_asked_for(write):
    path = write(**units([0.001, 0.002, 0.031], [0.012]))
    found = read(path, "spike_times", several_spikes="one")
    np.testing.assert_array_equal(found.values.T, [[1, 0, 0, 1], [0, 1, 0, 0]])
    assert "1 bins with several spikes (33.33% of those with any) count as one" in found.notes[1]


def test_silent_and_always_active_neurons_are_findings(write):
    spikes = SPIKES[:, [0, 1, 2, 2]].copy()
    spikes[:, 1], spikes[:, 3] = 0, 1
    findings = read(write(x=spikes), "samples", field="x").findings
    assert [(finding.severity, finding.code, finding.got) for finding in findings] == [
        ("warning", "silent", "no spike in 1 neurons"), ("warning", "always", "a spike in every bin in 1 neurons"),
    ]  # fmt: skip
    assert findings[0].where.endswith("neurons 1")
    assert findings[1].where.endswith("neurons 3")


def test_times_on_borders_belong_to_the_bin_that_begins_there():
    times = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert np.floor(times / 0.1)[3] == 2  # 0.3 / 0.1 is 2.9999999999999996
    counts = bin_spike_times([times, times[:0]], bin_s=0.1, duration_s=1.0)
    np.testing.assert_array_equal(counts, np.tile([1, 0], (10, 1)))
    milliseconds = np.arange(1000) * 0.001
    assert (bin_spike_times([milliseconds], bin_s=0.001, duration_s=1.0) == 1).all()


@pytest.mark.parametrize(("duration_s", "n_bins"), [(1.0, 10), (0.3, 3), (0.39, 3), (None, 8)])
def test_only_whole_bins_of_the_duration(duration_s, n_bins):
    counts = bin_spike_times([np.array([0.05, 0.75])], bin_s=0.1, duration_s=duration_s)
    assert counts.shape == (n_bins, 1)
    assert counts.sum() == (1 if n_bins == 3 else 2)


@pytest.mark.parametrize("bin_s", [0.02, 0.1, 0.35])
def test_trains_are_binned_as_elephant_does(bin_s):
    random = np.random.default_rng(1)
    trains = [neo_train(random.uniform(0, 7.0, 200), t_stop_s=7.0) for _ in range(3)]
    expected = BinnedSpikeTrain(trains, bin_size=bin_s * pq.s).to_array()
    found = bin_spike_times([train.magnitude for train in trains], bin_s=bin_s, duration_s=7.0)
    np.testing.assert_array_equal(found.T, expected)


def observed(intervals):
    """Return the observed intervals of units, each a list of (start, stop), as NWB keeps them."""
    return {
        "units__obs_intervals": np.array([pair for unit in intervals for pair in unit], np.float64).reshape(-1, 2),
        "units__obs_intervals_index": np.cumsum([len(unit) for unit in intervals]),
    }


def test_spikes_count_only_while_all_units_were_observed(write):
    trains = units([0.005, 1.031, 1.049, 3.0, 3.022], [1.012, 2.0, 3.001, 3.059])
    both = observed([[(0.0, 1.5), (2.9, 3.04)], [(1.0, 1.05), (3.0, 9.0)]])
    found = read(write(**trains, **both), "spike_times")
    np.testing.assert_array_equal(found.values.T, [[0, 0, 0, 1, 1, 1, 0, 1, 0], [0, 1, 0, 0, 0, 1, 0, 0, 0]])
    assert found.stretches == ((0, 5), (5, 9))
    assert found.notes[0] == "6 spikes of 2 units counted in 9 bins of 0.01 s"
    assert found.notes[1].startswith("the units were observed together for 0.09 s in 2 stretches")
    assert "3 spikes outside of their bins are left out" in found.notes[1]


@pytest.mark.parametrize(
    ("intervals", "message"),
    [
        ([[(0.0, 1.0)], [(1.0, 2.0)]], "no time at which all 2 units were observed .* 1 to 1 s each"),
        ([[(0.0, 1.0)]], "got 1 values, expected one for each of 2 units"),
        ([[(1.0, 0.0)], [(0.0, 1.0)]], r"intervals of shape \(2, 2\) for 2 units"),
        ([[(0.0, 0.005)], [(0.0, 1.0)]], "up to 0.005 s .* at least one bin, 0.01 s.*data.bin_s"),
    ],
)
def test_observed_intervals_that_fit_nothing_are_refused(write, intervals, message):
    with pytest.raises(RecordingError, match=message):
        read(write(**units([0.1, 0.5], [0.2]), **observed(intervals)), "spike_times")
