"""Samples of every source: where they begin, what is held out, how traces are scaled."""

import h5py
import numpy as np
import pytest

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.populations.prepared import prepare_samples
from cyclegan_neuro.populations.sections import DataSection
from cyclegan_neuro.populations.simulate.configured import simulate, simulate_shown
from cyclegan_neuro.populations.streams import held_out_batches, sample_stream
from cyclegan_neuro.windows import scaling

SPIKES = (np.random.default_rng(0).random((100, 5)) < 0.4).astype(np.uint8)  # bin, neuron
PAIRS = {"simulation": {"pairs": {"n_samples": 200, "n_bins": 12, "n_neurons": 4}}}


def prepare(data):
    return prepare_samples(DataSection.model_validate(data))


def bins_of(prepared, starts):
    return set((starts[:, None] + np.arange(prepared.n_bins)).ravel().tolist())


@pytest.fixture
def prepare_continuous(write):
    """Return a function that prepares 100 bins of 5 neurons, in samples of 8 bins."""

    def prepare_continuous(**options):
        data = {"source": "continuous", "path": write(x=SPIKES), "field": "x", "bin_s": 0.02, "window_bins": 8}
        return prepare(data | options)

    return prepare_continuous


def test_simulated_pairs_and_their_truth():
    prepared = prepare(PAIRS)
    population = simulate(DataSection.model_validate(PAIRS).simulation, seed=1)
    assert (prepared.bin_s, prepared.n_bins, prepared.n_neurons, prepared.spikes) == (0.001, 12, 4, True)
    assert (len(prepared.train), len(prepared.held_out), len(prepared.every)) == (180, 20, 200)
    np.testing.assert_array_equal(prepared.samples(prepared.every), population.samples)
    assert len(prepared.truth.groups) == 2
    assert prepared.inputs["activity"]["shape"] == [2400, 4]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("packets", {"n_samples": 30, "n_bins": 24, "n_neurons": 8, "packet_neurons": 4}),
        ("stimuli", {"n_samples": 30, "n_bins": 24, "n_neurons": 8, "packet_neurons": 4}),
    ],
)
def test_simulated_packets_and_what_shows_one_of_them(kind, options):
    data = {"simulation": {"kind": kind, kind: options}, "bin_s": 0.002}
    prepared = prepare(data)
    assert prepared.bin_s == 0.002
    assert prepared.samples(prepared.every).shape == (30, 24, 8)
    for packet in range(2):
        shown = simulate_shown(DataSection.model_validate(data).simulation, packet=packet, n_samples=10)
        assert shown.samples.shape == (10, 24, 8)
        assert set(shown.truth.onsets[:, 1]) == {packet}
        for one, other in zip(shown.truth.groups, prepared.truth.groups, strict=True):
            np.testing.assert_array_equal(one, other)


def test_another_seed_gives_new_samples_of_the_same_population():
    section = DataSection.model_validate(PAIRS).simulation
    first, other = (simulate(section, seed=seed, n_samples=50) for seed in (1, 2))
    assert not np.array_equal(first.samples, other.samples)
    np.testing.assert_array_equal(first.truth.nominal_rate, other.truth.nominal_rate)


def test_samples_of_a_file_come_back(write):
    samples = (np.random.default_rng(1).random((20, 3, 8)) < 0.4).astype(np.uint8)
    data = {"source": "samples", "path": write(x=samples), "field": "x", "bin_s": 0.02}
    prepared = prepare(data)
    np.testing.assert_array_equal(prepared.samples(prepared.every), samples.transpose(0, 2, 1))
    assert (prepared.n_bins, prepared.bin_s) == (8, 0.02)
    np.testing.assert_array_equal(prepared.train, 8 * np.arange(18))
    np.testing.assert_array_equal(prepared.held_out, [144, 152])


def test_spike_times(write):
    times = np.sort(np.random.default_rng(1).choice(400, 60, replace=False)) * 0.01 + 0.005
    path = write(units__spike_times=np.concatenate([times, times]), units__spike_times_index=[60, 120])
    prepared = prepare({"source": "spike_times", "path": path, "bin_s": 0.01})
    assert prepared.n_bins == 32
    assert prepared.values.sum() == 120
    assert prepared.notes[0].startswith("120 spikes of 2 units counted in")


def test_continuous_activity_without_overlap(prepare_continuous):
    prepared = prepare_continuous()
    np.testing.assert_array_equal(prepared.every, 8 * np.arange(12))  # 4 bins are left over
    np.testing.assert_array_equal(prepared.train, 8 * np.arange(11))
    np.testing.assert_array_equal(prepared.held_out, [88])
    np.testing.assert_array_equal(prepared.samples(prepared.every[3:4])[0], SPIKES[24:32])


@pytest.mark.parametrize("stride", [1, 3, 8, 20])
@pytest.mark.parametrize("n_train", [None, 1, 4])
def test_no_bin_is_both_trained_on_and_held_out(prepare_continuous, stride, n_train):
    prepared = prepare_continuous(stride_bins=stride, n_train=n_train)
    assert not bins_of(prepared, prepared.train) & bins_of(prepared, prepared.held_out)
    assert len(prepared.held_out) >= 1
    assert set(np.diff(prepared.train)) <= {stride}
    assert n_train is None or len(prepared.train) == n_train
    assert max(bins_of(prepared, prepared.train)) < min(bins_of(prepared, prepared.held_out))


def test_every_start_in_the_training_part_is_taken_with_stride_1(prepare_continuous):
    np.testing.assert_array_equal(prepare_continuous(stride_bins=1).train, np.arange(81))


@pytest.mark.parametrize(("n_train", "held_out"), [(1, 11), (11, 1)])
def test_number_of_training_samples(prepare_continuous, n_train, held_out):
    prepared = prepare_continuous(n_train=n_train)
    assert (len(prepared.train), len(prepared.held_out)) == (n_train, held_out)


@pytest.mark.parametrize(
    ("options", "got"),
    [
        ({"n_train": 12}, "got 12 of 12 samples (100 bins of"),
        ({"n_train": 13}, "got 13 of 12 samples"),
        ({"window_bins": 64}, "got 0 of 1 samples"),
        ({"stride_bins": 1, "n_train": 90}, "got 13 of 12 samples"),
    ],
)
def test_too_few_samples(prepare_continuous, options, got):
    with pytest.raises(WindowError) as caught:
        prepare_continuous(**options)
    assert str(caught.value).startswith(f"data.n_train: {got}")
    assert "expected training samples, and at least one that is held out" in str(caught.value)


def test_traces_are_scaled_by_the_training_part(write_traces):
    dff = np.random.default_rng(2).normal(0.1, 0.2, (240, 3)).astype(np.float32)
    dff[-10:] += 5.0  # beyond everything that training has seen
    data = {"source": "recording", "recording": {"path": write_traces(dff)}, "window_bins": 12}
    prepared = prepare(data)
    assert (prepared.spikes, prepared.bin_s, prepared.n_bins) == (False, 0.1, 12)
    assert prepared.roi_ids == ("cell 0", "cell 1", "cell 2")
    last = prepared.train[-1] + 12
    np.testing.assert_allclose(prepared.scaling.minimum, dff[:last].min(axis=0))
    np.testing.assert_allclose(prepared.scaling.maximum, dff[:last].max(axis=0))
    assert (prepared.values[:last].min(), prepared.values[:last].max()) == (0.0, 1.0)
    assert prepared.values.max() == 1.0
    np.testing.assert_allclose(scaling.invert(prepared.values[:last], prepared.scaling), dff[:last], atol=1e-6)


def test_samples_of_a_recording_cross_no_gap(write_traces):
    path = write_traces(np.random.default_rng(3).normal(0.1, 0.2, (240, 3)))
    with h5py.File(path, "a") as file:
        file["gaps"] = np.array([49])  # between frames 49 and 50
    data = {"source": "recording", "recording": {"path": path}, "window_bins": 12, "stride_bins": 5}
    prepared = prepare(data)
    assert prepared.every[:6].tolist() == [0, 12, 24, 36, 50, 62]  # 48 would cross it
    for starts in (prepared.train, prepared.every, prepared.held_out):
        assert not ((starts <= 49) & (starts + 12 > 50)).any()
    assert prepared.train[:9].tolist() == [0, 5, 10, 15, 20, 25, 30, 35, 50]


def test_held_out_batches_show_every_held_out_sample_numbered():
    prepared = prepare(PAIRS)
    batches = list(held_out_batches(prepared, batch_size=8).as_numpy_iterator())
    assert [(int(number), len(part)) for number, part in batches] == [(0, 8), (1, 8), (2, 4)]
    np.testing.assert_array_equal(np.concatenate([part for _, part in batches]), prepared.samples(prepared.held_out))


def test_the_stream_holds_training_samples_once_per_pass_and_continues_anywhere():
    prepared = prepare(PAIRS)
    options = {"batch_size": 60, "n_steps_per_epoch": 3, "seed": 0}
    batches = [part.numpy() for (part,) in sample_stream(prepared, start_step=0, **options).take(5)]
    assert (batches[0].shape, batches[0].dtype) == ((60, 12, 4), np.float32)
    epoch = np.concatenate(batches[:3])
    training = prepared.samples(prepared.train).astype(np.float32)
    np.testing.assert_array_equal(*(np.sort([sample.tobytes() for sample in part]) for part in (epoch, training)))
    later = [part.numpy() for (part,) in sample_stream(prepared, start_step=2, **options).take(3)]
    np.testing.assert_array_equal(later, batches[2:])
    assert not np.array_equal(batches[0], batches[3])


def test_no_sample_crosses_time_in_which_a_unit_was_not_observed(write):
    rng = np.random.default_rng(0)
    times = [np.sort(rng.uniform(0, 10, 400)) for _ in range(3)]
    path = write(
        units__spike_times=np.concatenate(times), units__spike_times_index=[400, 800, 1200],
        units__obs_intervals=[[0.0, 3.05], [4.0, 9.0]] * 3, units__obs_intervals_index=[2, 4, 6],
    )  # fmt: skip
    data = {"source": "spike_times", "path": path, "bin_s": 0.02, "window_bins": 10, "several_spikes": "one"}
    prepared = prepare(data)
    assert prepared.inputs["activity"]["stretches"] == [[0, 152], [152, 402]]
    np.testing.assert_array_equal(prepared.every, [*range(0, 150, 10), *range(152, 402, 10)])
    with pytest.raises(WindowError, match=r"evaluation\.baselines\.repeat_bins: got 50, and time in 2 stretches"):
        prepare_samples(DataSection.model_validate(data), repeat_bins=50)
