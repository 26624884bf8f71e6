"""Faults of populations of spikes and of their configuration, for Spike-GAN."""

import h5py
import numpy as np
import pytest

from cyclegan_neuro.configuration.loading import build_config, read_source
from cyclegan_neuro.errors import ConfigurationError, RecordingError, WindowError
from cyclegan_neuro.populations.reading import read_activity
from cyclegan_neuro.populations.sections import DataSection
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.data import prepare

SPIKES = (np.random.default_rng(0).random((10, 3, 8)) < 0.4).astype(np.int64)  # sample, neuron, bin


@pytest.fixture
def write(tmp_path):
    """Return a function that writes data sets to an HDF5 file and returns its path."""

    def write(**data_sets):
        with h5py.File(tmp_path / "day.h5", "w") as file:
            for name, values in data_sets.items():
                file[name.replace("__", "/")] = values
        return tmp_path / "day.h5"

    return write


def message_of(path, *, source="samples", **options):
    """Return what the reader says, which names the file and exits with 2."""
    field = {} if source == "spike_times" else {"field": "spikes"}
    with pytest.raises(RecordingError) as caught:
        read_activity(DataSection(**{"source": source, "path": str(path), "bin_s": 0.01, **field, **options}))
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def changed(value):
    values = SPIKES.astype(np.float64)
    values[2, 1, 4] = value
    return values


# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity(write, value):
    assert message_of(write(spikes=changed(value))) == (
        ", field 'spikes': got NaN or infinity, expected 0 and 1. "
        "Fix: cut these bins out of the file; they are not mended"
    )


@pytest.mark.parametrize(("value", "shown"), [(0.25, "0.25"), (-1.0, "-1")])
def test_values_that_are_no_counts(write, value, shown):
    assert message_of(write(spikes=changed(value))) == (
        f", field 'spikes': got values such as {shown}, expected 0 and 1, spikes in bins. "
        "Fix: for ΔF/F set data.source: recording; to infer spikes use cyclegan-neuro infer"
    )


def test_more_than_one_spike_in_a_bin(write):
    assert message_of(write(spikes=changed(3))) == (
        ", field 'spikes': got 1 bins with up to 3 spikes, expected 0 and 1. "
        "Fix: use smaller bins (data.bin_s), or set data.several_spikes: one"
    )


@pytest.mark.parametrize("values", [np.zeros((10, 3, 8)), np.ones((10, 3, 8))])
def test_nothing_to_learn(write, values):
    assert message_of(write(spikes=values)) == (
        ", field 'spikes': got no neuron that sometimes fires and sometimes does not, expected spikes in bins. "
        "Fix: name the data set with the spikes"
    )


# -- shapes and names ------------------------------------------------------------------------------


def test_exchanged_axes(write):
    assert message_of(write(spikes=SPIKES.reshape(2, 120)), source="continuous") == (
        ", field 'spikes': got 120 neurons and 2 bins, expected more bins than neurons. "
        "Fix: the axes may be exchanged: (bin, neuron), or samples (sample, neuron, bin)"
    )


def test_missing_field(write):
    assert message_of(write(data__spikes=SPIKES, spieks=SPIKES, rate=np.ones(4))) == (
        ", data.field: got no 'spikes', expected numbers of shape (sample, neuron, bin); of 3 axes there are: "
        "data/spikes (10, 3, 8) int64, spieks (10, 3, 8) int64. Fix: did you mean 'spieks'?"
    )


def test_field_of_another_shape(write):
    path = write(spikes=SPIKES, continuous=SPIKES[:, 0])
    assert message_of(path, source="continuous") == (
        ", data.field: got 'spikes' of shape (10, 3, 8), int64, expected numbers of shape (bin, neuron); "
        "of 2 axes there are: continuous (10, 8) int64. Fix: did you mean 'continuous'?"
    )


def test_nothing_that_fits(write):
    assert message_of(write(rate=np.ones(4))) == (
        ", data.field: got no 'spikes', expected numbers of shape (sample, neuron, bin); of 3 axes there are: none. "
        "Fix: name another file, or another data.source"
    )


def test_text_where_spikes_should_be(write):
    assert "got 'spikes' of shape (2,), text" in message_of(write(spikes=np.array([b"ab", b"cd"]), other=SPIKES))


def test_truncated_file(write):
    path = write(spikes=SPIKES)
    size = path.stat().st_size
    with open(path, "rb+") as stream:
        stream.truncate(size - 500)
    assert message_of(path) == (
        f": got an incomplete file ({size - 500:,} of {size:,} bytes), expected the whole file. "
        "Fix: copy it again from where it came"
    )


def test_no_such_file(write):
    path = write(spikes=SPIKES)
    with pytest.raises(RecordingError, match=r"days.h5: got no such file, .* Fix: did you mean 'day.h5'\?"):
        read_activity(DataSection(source="samples", path=str(path.with_name("days.h5")), field="spikes", bin_s=0.01))


def test_shape_that_does_not_fit_into_memory(tmp_path):
    with h5py.File(tmp_path / "day.h5", "w") as file:
        file.create_dataset("spikes", (10**8, 100, 100), np.uint8, chunks=(1, 100, 100))
    wanted = ", field 'spikes': got a declared shape of (100000000, 100, 100), 8.0 TB in memory, expected at most "
    assert message_of(tmp_path / "day.h5").startswith(wanted)


# -- spike times -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "dtype", "got"),
    [
        ([2, 4], np.uint8, "2 values ending at 4"),
        ([3, 2, 5], np.uint8, "3 values ending at 5"),  # differences of unsigned numbers are never negative
        ([3, 2, 5], np.uint64, "3 values ending at 5"),
        ([2, 6], np.int64, "2 values ending at 6"),
        ([2.5, 5], np.float64, "2 values ending at 5"),
    ],
)
def test_index_of_units_that_fits_no_spikes(write, ends, dtype, got):
    path = write(units__spike_times=np.arange(5) / 10, units__spike_times_index=np.array(ends, dtype))
    message = message_of(path, source="spike_times")
    assert message.startswith(f", field 'units/spike_times_index': got {got}")
    assert "expected rising whole numbers, where the spikes of each unit end; the last is 5, the spikes. Fix" in message


@pytest.mark.parametrize(("times", "n"), [([-0.5, 0.1, 0.2], 1), ([0.1, np.nan, -np.inf], 2)])
def test_times_that_are_none(write, times, n):
    path = write(units__spike_times=times, units__spike_times_index=[3])
    assert message_of(path, source="spike_times") == (
        f", field 'units/spike_times': got {n} times that are negative or not finite, expected seconds from 0 on. "
        "Fix: check the unit and the start of the recording; with obs_intervals times may begin before 0"
    )


def test_no_units(write):
    message = message_of(write(units__times=np.arange(5.0)), source="spike_times")
    assert message == (
        ", data.field: got no 'units/spike_times', expected numbers of shape (value,); of 1 axes there are: "
        "units/times (5,) float64. Fix: did you mean 'units/times'?"
    )


def test_milliseconds_taken_for_seconds_do_not_fill_the_memory(write):
    path = write(units__spike_times=[0.5, 4e9], units__spike_times_index=[1, 2])
    with pytest.raises(RecordingError) as caught:
        read_activity(DataSection(source="spike_times", path=str(path), bin_s=1e-3))
    assert str(caught.value).startswith("spike times in bins: got ")


# -- configuration ---------------------------------------------------------------------------------


def test_too_few_samples(write):
    data = {"source": "samples", "path": str(write(spikes=SPIKES)), "field": "spikes", "bin_s": 0.01, "n_train": 10}
    with pytest.raises(WindowError) as caught:
        prepare(Config.model_validate({"data": data}))
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        f"data.n_train: got 10 of 10 samples (80 bins of {data['path']} in samples of 8), expected training samples, "
        "and at least one that is held out. Fix: set data.n_train lower, use shorter samples, or a longer recording"
    )


def test_a_repeat_longer_than_what_was_recorded(write):
    data = {"source": "samples", "path": str(write(spikes=SPIKES)), "field": "spikes", "bin_s": 0.01}
    with pytest.raises(ConfigurationError) as caught:
        prepare(Config.model_validate({"data": data, "evaluation": {"baselines": {"repeat_bins": 50}}}))
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        "evaluation.baselines.repeat_bins: got 50, of which 28 are in fewer than two of 9 training samples, expected "
        "bins after which a stimulus began again while the recording was made. Fix: check the length of a repeat in "
        "bins, or remove it"
    )


@pytest.fixture
def refusal(tmp_path):
    """Return a function that loads a configuration and returns why it is refused."""

    def refusal(data):
        path = tmp_path / "run.yaml"
        path.write_text(f"system: spike_gan\ndata: {{{data}}}\n", encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            build_config(read_source(path), Config)
        assert caught.value.exit_code == 2
        return str(caught.value)

    return refusal


@pytest.mark.parametrize("source", ["samples", "continuous", "spike_times"])
def test_file_without_path(refusal, source):
    message = refusal(f"source: {source}, field: x, bin_s: 0.01")
    assert f"data.path: got nothing, expected a value with source '{source}'. Fix: set data.path" in message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("source: samples, path: a.h5, field: x", "data.bin_s: got nothing, expected a value with source 'samples'"),
        ("source: recording", "data.recording: got nothing, expected a value with source 'recording'"),
        ("source: samples, path: a.h5, bin_s: 0.01", "data.field: got nothing, expected a data set of the file"),
        ("path: a.h5", "data.path: got a value, expected none with source 'simulated', where it has no effect"),
        ("field: x", "data.field: got a value, expected none with source 'simulated'"),
        ("window_bins: 32", "data.window_bins: got a value, expected none with source 'simulated'"),
        ("stride_bins: 1", "Fix: remove data.stride_bins, or change data.source"),
        (
            "source: samples, path: a.h5, field: x, bin_s: 0.01, stride_bins: 1",
            "data.stride_bins: got a value, expected none with source 'samples'",
        ),
        ("source: recording, bin_s: 0.01, recording: {path: a.h5}", "data.bin_s: got a value, expected none"),
        ("recording: {path: a.h5}", "data.recording: got a value, expected none with source 'simulated'"),
        ("source: spikes", "data.source: got text 'spikes', expected one of simulated, samples, continuous,"),
        ("window_bin: 32", "did you mean 'data.window_bins'?"),
        ("source: continuous, path: a.h5, field: x, bin_s: 0", "data.bin_s: got 0, expected a number > 0"),
        ("simulation: {pairs: {rate: 1.5}}", "data.simulation.pairs.rate: got 1.5, expected a number > 0 and < 1"),
        ("several_spikes: two", "data.several_spikes: got text 'two', expected one of error, one"),
    ],
)  # fmt: skip
def test_contradictions(refusal, data, message):
    assert message in refusal(data)


def test_simulated_stimuli_are_not_repeated(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("system: spike_gan\nevaluation: {baselines: {repeat_bins: 20}}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        build_config(read_source(path), Config)
    assert "evaluation.baselines.repeat_bins: got 20 with data.source 'simulated', expected none" in str(caught.value)


def test_the_truth_of_recorded_data_is_not_known(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text(
        "system: spike_gan\n"
        "data: {source: samples, path: a.h5, field: x, bin_s: 0.02}\n"
        "evaluation: {whole_distribution_samples: 1000}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as caught:
        build_config(read_source(path), Config)
    assert str(caught.value).startswith(
        f"{path}, line 3, evaluation.whole_distribution_samples: got 1,000 with samples of source 'samples', "
        "expected 0, or a simulated population with at most 62 places (bins times neurons). Fix: "
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: {architecture: mlp, border_bins: 4}", "model.border_bins: got 4 with architecture 'mlp', expected 0"),
        (
            "model: {draw_spikes: true}\ndata: {source: recording, recording: {path: a.h5}}",
            "model.draw_spikes: got true with data.source 'recording', expected false: traces have no spikes to draw",
        ),
        (
            "evaluation: {whole_distribution_samples: 10}",
            "evaluation.whole_distribution_samples: got 10 with samples of 2048 places, expected 0, or",
        ),
    ],
)
def test_sections_that_do_not_go_together(tmp_path, text, message):
    path = tmp_path / "run.yaml"
    path.write_text(f"system: spike_gan\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        build_config(read_source(path), Config)
    assert message in str(caught.value)
