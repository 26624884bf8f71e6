"""Inferred spikes of recordings, in HDF5 and as Neo trains."""

import hashlib
import json
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest
from inference_fakes import noise, random_networks
from scipy.io import loadmat

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.spikes.inference.files import read_spikes, write_neo, write_spikes
from cyclegan_neuro.spikes.inference.rates import InferredRates, infer_rates
from cyclegan_neuro.spikes.inference.recording_spikes import RecordingSpikes, infer_recording, masked_frames
from cyclegan_neuro.spikes.trains import spike_times

N_MASKED = 2 * 12  # of each stretch: what the small networks reach at 30 Hz
CALIBRATION = {"": {"log_ratio": [-0.5, 0.0, 0.5], "n_cells": 30, "n_data_sets": 3}}


@pytest.fixture(scope="module")
def models():
    about = {"title": "random", "ground_truth": ["DS01"], "training": {"seed": 1}}
    return random_networks(calibration=CALIBRATION, provenance=about)


@pytest.fixture(scope="module")
def recording():
    dff = noise(1, (300, 3)).astype(np.float32)
    return Recording(
        dff, frame_rate_hz=30.0, roi_ids=("b", "a", "ä"), gaps=np.array([99]), subject="mouse", source="day1.h5",
        indicator="GCaMP6f",
    )  # fmt: skip


@pytest.fixture(scope="module")
def spikes(recording, models):
    return infer_recording(recording, models=models, seed=3)


def counted(counts, roi_ids=None, rate_hz=10.0):
    """Spikes whose rates do not matter."""
    counts = np.array(counts, np.uint8)
    rates = InferredRates(
        counts * np.float32(rate_hz), np.ones(len(counts), bool), np.ones(counts.shape[1]),
        np.ones(counts.shape[1]), rate_hz,
    )  # fmt: skip
    return RecordingSpikes(rates, counts, np.zeros(0, np.int64), roi_ids, 0)


def test_spikes_are_those_of_the_rates(recording, spikes, models):
    direct = infer_rates(recording.dff, frame_rate_hz=30.0, models=models, gaps=recording.gaps, indicator="gcamp6f")
    np.testing.assert_array_equal(spikes.inferred.rates_hz, direct.rates_hz)
    assert spikes.inferred.valid.sum() == 300 - 2 * N_MASKED
    assert not spikes.counts[~spikes.inferred.valid].any()
    assert spikes.counts.sum() > 20
    # over any stretch, also across the gap
    integral = spikes.inferred.rates_hz.cumsum(axis=0, dtype=np.float64) / 30.0
    for start, stop in [(0, 299), (0, 99), (50, 200), (100, 299)]:
        n_spikes = spikes.counts[start + 1 : stop + 1].sum(axis=0)
        assert (np.abs(n_spikes - (integral[stop] - integral[start])) < 1).all()


def test_equal_seeds_give_equal_spikes(recording, spikes, models):
    np.testing.assert_array_equal(infer_recording(recording, models=models, seed=3).counts, spikes.counts)
    assert (infer_recording(recording, models=models, seed=4).counts != spikes.counts).any()


def test_where_they_come_from(recording, spikes):
    assert spikes.source["sha256"] == hashlib.sha256(recording.dff.tobytes()).hexdigest()
    assert (spikes.source["subject"], spikes.source["source"]) == ("mouse", "day1.h5")
    assert (spikes.networks["noise_levels"], spikes.networks["every_rate"]) == ([0.3, 10.0], True)
    assert spikes.networks["ground_truth"] == ["DS01"]


def test_networks_are_told_what_the_recording_says(recording, spikes, models):
    known = replace(recording, indicator="jGCaMP8m", cell_type="PV")
    found = infer_recording(known, models=models, seed=3)
    about = found.networks
    assert (about["indicator"], about["cell_type"], about["family"]) == ("jGCaMP8m", "PV", "interneuron")
    told = infer_rates(known.dff, frame_rate_hz=30.0, models=models, gaps=[99], indicator="gcamp8m", cell_type="pv")
    np.testing.assert_array_equal(found.rates_hz, told.rates_hz)
    assert np.abs(found.rates_hz - spikes.rates_hz).max() > 0.1


def test_intervals_are_those_of_the_mean_rates(spikes, recording, models):
    means = spikes.rates_hz[spikes.valid].mean(axis=0, dtype=np.float64)
    bounds = np.stack([(means + 0.02) * np.exp(bound) - 0.02 for bound in (-0.5, 0.5)], axis=1)
    np.testing.assert_allclose(spikes.rate_intervals_hz, bounds, rtol=1e-6)
    unmeasured = infer_recording(recording, models=replace(models, calibration={}))
    assert unmeasured.rate_intervals_hz is None
    # errors were measured with the indicator told: without it they say nothing
    assert infer_recording(replace(recording, indicator=""), models=models).rate_intervals_hz is None


def test_masked_frames_by_reason():
    valid = np.ones(100, bool)
    valid[:10] = valid[31:45] = valid[91:] = False
    # stretches of 36, 4 and 60 frames: 10 + 5, 4 that none reaches, 5 + 9
    assert masked_frames(valid, np.array([35, 39])) == {
        "at the ends": 19, "at gaps": 10, "in stretches shorter than a window": 4,
    }  # fmt: skip
    assert masked_frames(np.ones(5, bool), np.zeros(0, int)) == {}
    assert masked_frames(np.array([False, True, False]), np.zeros(0, int)) == {"at the ends": 2}


def test_hdf5_reads_back(spikes, tmp_path):
    path = write_spikes(tmp_path / "spikes.h5", spikes)
    read = read_spikes(path)
    for name in ("rates_hz", "valid", "noise_levels", "network_levels", "frame_rate_hz"):
        np.testing.assert_array_equal(getattr(read.inferred, name), getattr(spikes.inferred, name))
    np.testing.assert_array_equal(read.counts, spikes.counts)
    np.testing.assert_array_equal(read.gaps, [99])
    assert (read.roi_ids, read.seed) == (("b", "a", "ä"), 3)
    assert (read.source, read.networks) == (spikes.source, spikes.networks)
    np.testing.assert_array_equal(read.rate_intervals_hz, spikes.rate_intervals_hz)


def test_the_layout(spikes, tmp_path):
    path = write_spikes(tmp_path / "spikes.h5", spikes)
    with h5py.File(path) as file:
        assert set(file) == {
            "rates_hz", "valid", "spike_counts", "spike_times", "spike_times_index", "noise_levels", "network_levels",
            "gaps", "roi_ids", "source", "networks", "rate_intervals_hz",
        }  # fmt: skip
        assert file["rates_hz"].dtype == np.float32
        assert file["spike_counts"].dtype == np.uint8
        assert file["valid"].dtype == bool
        assert file["network_levels"].dtype == np.float64
        assert file["rate_intervals_hz"].shape == (3, 2)
        assert file.attrs["frame_rate_hz"] == 30.0
        assert file.attrs["created_with"].startswith("cyclegan_neuro ")
        times = np.split(file["spike_times"][()], file["spike_times_index"][:-1])
        assert file["spike_times_index"][-1] == file["spike_times"].size
        for found, expected in zip(times, spike_times(spikes.counts, frame_rate_hz=30.0), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_long_file_is_compressed_and_reads_back(tmp_path):
    many = counted(np.random.default_rng(0).poisson(0.02, (9000, 40)))
    path = write_spikes(tmp_path / "spikes.h5", many)
    np.testing.assert_array_equal(read_spikes(path).counts, many.counts)
    assert read_spikes(path).roi_ids is None
    assert path.stat().st_size < many.inferred.rates_hz.nbytes / 4


def test_files_that_are_not_there_or_of_another_kind(tmp_path):
    with pytest.raises(RecordingError, match=r"a\.h5: got no such file, expected inferred spikes"):
        read_spikes(tmp_path / "a.h5")
    h5py.File(tmp_path / "b.h5", "w").close()
    with pytest.raises(RecordingError, match="got another kind of HDF5 file, expected format 'cyclegan_neuro inferred"):
        read_spikes(tmp_path / "b.h5")
    (tmp_path / "c.h5").write_text("spikes")
    with pytest.raises(RecordingError, match=r"c\.h5"):
        read_spikes(tmp_path / "c.h5")


def test_a_directory_that_is_not_there(spikes, tmp_path):
    with pytest.raises(RecordingError, match="expected a directory that exists"):
        write_spikes(tmp_path / "none" / "spikes.h5", spikes)


def test_neo_reads_back(tmp_path):
    from neo.io import NeoMatlabIO

    # no spike, one spike, and two of them in one frame
    path = write_neo(tmp_path / "day.mat", counted([[0, 0, 0], [0, 1, 2], [0, 0, 0], [0, 0, 1]], ("x", "y", "z")))
    (segment,) = NeoMatlabIO(str(path)).read_block().segments
    trains = segment.spiketrains
    assert [train.name for train in trains] == ["x", "y", "z"]
    assert [np.round(train.magnitude, 6).tolist() for train in trains] == [[], [0.15], [0.125, 0.175, 0.35]]
    for train in trains:
        assert train.units.dimensionality.string == "s"
        assert (float(train.t_start), float(train.t_stop)) == (0.0, pytest.approx(0.4))


def test_neo_names_neurons_without_ids_by_their_number(tmp_path):
    from neo.io import NeoMatlabIO

    path = write_neo(tmp_path / "day.mat", counted([[1, 0]]))
    assert [train.name for train in NeoMatlabIO(str(path)).read_block().segments[0].spiketrains] == ["0", "1"]


def test_neo_has_one_ending(spikes, tmp_path):
    with pytest.raises(RecordingError, match=r"got the ending '\.pkl', expected \.mat.*Fix: name the file day\.mat"):
        write_neo(tmp_path / "day.pkl", spikes)
    assert not list(tmp_path.iterdir())


def test_npz_holds_the_same_names(spikes, tmp_path):
    path = write_spikes(tmp_path / "spikes.npz", spikes)
    with h5py.File(write_spikes(tmp_path / "spikes.h5", spikes)) as file, np.load(path, allow_pickle=False) as read:
        assert set(read) == {*file, *file.attrs}
        for name in set(file) - {"source", "networks", "roi_ids"}:
            np.testing.assert_array_equal(read[name], file[name][()])
        assert (read["roi_ids"].tolist(), float(read["frame_rate_hz"])) == (["b", "a", "ä"], 30.0)
        assert json.loads(str(read["source"])) == spikes.source
        assert json.loads(str(read["networks"])) == spikes.networks


def test_mat_is_cascades_layout(spikes, tmp_path):
    read = loadmat(write_spikes(tmp_path / "predictions.mat", spikes))
    assert read["spike_prob"].shape == (3, 300)
    found = read["spike_prob"].T
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), ~spikes.valid)
    np.testing.assert_allclose(found[spikes.valid], spikes.rates_hz[spikes.valid] / 30.0, rtol=1e-6)
    assert [str(name[0]) for name in read["roi_ids"][:, 0]] == ["b", "a", "ä"]
    assert read["frame_rate_hz"].item() == 30.0
    np.testing.assert_array_equal(read["noise_levels"][0], spikes.inferred.noise_levels)


@pytest.mark.filterwarnings("ignore")
def test_nwb_is_valid_and_reads_back(spikes, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    path = write_spikes(tmp_path / "spikes.nwb", replace(spikes, source=spikes.source | {"session": "2026-05-04 am"}))
    assert not pynwb.validate(path=str(path))
    with pynwb.NWBHDF5IO(path, "r") as io:
        file = io.read()
        assert (file.session_start_time.date().isoformat(), file.subject.subject_id) == ("2026-05-04", "mouse")
        assert json.loads(file.notes)["networks"] == spikes.networks
        series = file.processing["ophys"]["inferred_rates"]
        np.testing.assert_array_equal(series.data[spikes.valid], spikes.rates_hz[spikes.valid])
        assert np.isnan(series.data[~spikes.valid]).all()
        assert (series.rate, series.unit) == (30.0, "Hz")
        assert list(file.units["roi_id"][:]) == ["b", "a", "ä"]
        for neuron, times in enumerate(spike_times(spikes.counts, frame_rate_hz=30.0)):
            np.testing.assert_allclose(file.units["spike_times"][neuron], times)
            observed = np.asarray(file.units["obs_intervals"][neuron]) * 30
        np.testing.assert_allclose(observed, [[12, 88], [112, 288]])
        bounds = np.stack([file.units[f"rate_{bound}_hz"][:] for bound in ("low", "high")], axis=1)
        np.testing.assert_array_equal(bounds, spikes.rate_intervals_hz)


def test_without_intervals_no_file_has_any(tmp_path):
    plain = counted([[0, 1], [2, 0]])
    assert read_spikes(write_spikes(tmp_path / "spikes.h5", plain)).rate_intervals_hz is None
    assert "rate_intervals_hz" not in np.load(write_spikes(tmp_path / "spikes.npz", plain))


def test_another_ending_is_refused(spikes, tmp_path):
    with pytest.raises(RecordingError, match=r"ending '\.csv', expected one of \.h5.*Fix: name the file spikes\.h5"):
        write_spikes(tmp_path / "spikes.csv", spikes)


def test_nwb_without_pynwb_is_refused(spikes, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(RecordingError, match=r"no pynwb.*pip install 'cyclegan_neuro\[nwb\]'"):
        write_spikes(tmp_path / "spikes.nwb", spikes)
