"""Generated samples as HDF5, as Neo objects and as MATLAB files."""

import h5py
import numpy as np
import pytest
import quantities as pq
from neo.io import NeoMatlabIO

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.evaluation.samples.generated import GeneratedSamples, write_samples
from cyclegan_neuro.populations.reading import bin_spike_times, read_activity
from cyclegan_neuro.populations.sections import DataSection

SPIKES = (np.random.default_rng(0).random((5, 12, 3)) < 0.4).astype(np.uint8)
TRACES = np.random.default_rng(1).normal(size=(2, 12, 3)).astype(np.float32)
ORIGIN = {"system": "spike_gan", "seed": 3}


def spikes(**changes):
    return GeneratedSamples(**{"values": SPIKES, "bin_s": 0.02, "spikes": True, "origin": ORIGIN, **changes})


def traces():
    return GeneratedSamples(TRACES, 0.1, False, roi_ids=("a", "b", "ü"), origin=ORIGIN)


def binned(trains):
    """Spikes in bins of 20 ms, shape (bin, neuron)."""
    return bin_spike_times([train.rescale("s").magnitude for train in trains], bin_s=0.02, duration_s=0.24)


def test_hdf5_reads_back_as_data_of_the_next_run(tmp_path):
    path = write_samples(spikes(), tmp_path / "samples.h5")
    section = DataSection(source="samples", path=str(path), field="samples", bin_s=0.02)
    found = read_activity(section)
    assert found.sample_bins == 12
    np.testing.assert_array_equal(found.values.reshape(5, 12, 3), SPIKES)
    with h5py.File(path) as file:
        assert file["samples"].shape == (5, 3, 12)
        assert file["samples"].attrs["axes"] == "sample, neuron, bin"
        assert file["samples"].attrs["unit"] == "spikes per bin"
        assert dict(file.attrs) == {"bin_s": 0.02, "data_origin": "simulated", "system": "spike_gan", "seed": 3}
        assert "roi_ids" not in file


def test_hdf5_of_traces_names_neurons_and_unit(tmp_path):
    with h5py.File(write_samples(traces(), str(tmp_path / "samples.HDF5"))) as file:
        np.testing.assert_array_equal(file["samples"], TRACES.transpose(0, 2, 1))
        assert file["samples"].dtype == np.float32
        assert file["samples"].attrs["unit"] == "ΔF/F as a fraction"
        assert file["roi_ids"].asstr()[:].tolist() == ["a", "b", "ü"]


def test_neo_block_has_a_segment_per_sample():
    block = spikes().to_neo()
    assert [segment.index for segment in block.segments] == list(range(5))
    assert block.annotations == ORIGIN
    for sample, segment in zip(SPIKES, block.segments, strict=True):
        assert [train.name for train in segment.spiketrains] == ["neuron 0", "neuron 1", "neuron 2"]
        for train in segment.spiketrains:
            assert (float(train.t_start), float(train.t_stop)) == (0.0, pytest.approx(0.24))
            assert train.units == pq.s
        np.testing.assert_array_equal(binned(segment.spiketrains), sample)
        inside = np.concatenate([train.magnitude for train in segment.spiketrains]) / 0.02 % 1
        np.testing.assert_allclose(inside, 0.5, atol=1e-9)


def test_neo_block_of_traces_is_analog_signals():
    block = traces().to_neo()
    assert len(block.segments) == 2
    (signal,) = block.segments[1].analogsignals
    np.testing.assert_array_equal(signal.magnitude, TRACES[1])
    assert signal.units == pq.dimensionless
    assert float(signal.sampling_rate.rescale("Hz")) == pytest.approx(10.0)
    assert signal.array_annotations["neuron"].tolist() == ["a", "b", "ü"]


def test_neo_names_are_the_neurons_of_the_recording():
    segment = spikes(roi_ids=("a", "b", "c")).to_neo().segments[0]
    assert [train.name for train in segment.spiketrains] == ["a", "b", "c"]


def test_matlab_file_is_read_by_neo(tmp_path):
    path = write_samples(spikes(), tmp_path / "samples.mat")
    (block,) = NeoMatlabIO(filename=str(path)).read()
    assert len(block.segments) == 5
    for sample, segment in zip(SPIKES, block.segments, strict=True):
        np.testing.assert_array_equal(binned(segment.spiketrains), sample)


def test_matlab_file_of_traces_is_read_by_neo(tmp_path):
    path = write_samples(traces(), tmp_path / "samples.mat")
    (block,) = NeoMatlabIO(filename=str(path)).read()
    for sample, segment in zip(TRACES, block.segments, strict=True):
        np.testing.assert_allclose(segment.analogsignals[0].magnitude, sample)


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(RecordingError) as caught:
        write_samples(spikes(), tmp_path / "samples.npy")
    assert str(caught.value) == (
        f"{tmp_path / 'samples.npy'}: got ending '.npy', expected one of .h5, .hdf5 (HDF5) or .mat (Neo). Fix: use .h5"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["samples.h5", "samples.mat"])
def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path, name):
    with pytest.raises(RecordingError, match=r"absent/samples\.\w+: got No such file or directory|got .*No such file"):
        write_samples(spikes(), tmp_path / "absent" / name)
    assert not list(tmp_path.iterdir())
