"""Networks in files: written, read back, and what is said of a file that cannot be used."""

import json
from dataclasses import asdict, replace

import h5py
import numpy as np
import pytest
from inference_fakes import SMALL, random_networks

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference.spike_network import Architecture, initial_weights
from cyclegan_neuro.spikes.inference.spike_networks import SpikeNetworks
from cyclegan_neuro.spikes.inference.storage import read_networks, save_networks

CALIBRATION = {"": {"log_ratio": [-0.7, 0.1, 0.9], "n_cells": 40, "n_data_sets": 4}}


@pytest.fixture(scope="module")
def networks():
    provenance = {"title": "test", "citation": "none", "ground_truth": ["DS01"], "training": {"updates": 2}}
    return random_networks(2, causal=True, calibration=CALIBRATION, provenance=provenance)


@pytest.fixture
def stored(networks, tmp_path):
    return save_networks(tmp_path / "spike_networks.h5", networks)


def test_networks_read_back_but_for_the_rounding_to_float16(networks, stored):
    read = read_networks(stored)
    assert (read.architecture, read.causal, read.calibration) == (SMALL, True, CALIBRATION)
    about = dict(read.provenance)
    assert about.pop("created_with").startswith("cyclegan_neuro ")
    assert about == networks.provenance
    assert len(read.members) == 2
    for member, original in zip(read.members, networks.members, strict=True):
        assert member.keys() == original.keys()
        for name, new in member.items():
            assert (new.dtype, new.shape) == (np.float32, original[name].shape)
            # Half a unit in the last of 10 stored bits; below 2**-14 the spacing stays 2**-24.
            assert (np.abs(new - original[name]) <= np.maximum(2.0**-11 * np.abs(original[name]), 2.0**-25)).all()


def test_five_networks_of_the_usual_size_are_small(tmp_path):
    members = tuple(initial_weights(Architecture(), np.random.default_rng(seed)) for seed in range(5))
    assert save_networks(tmp_path / "five.h5", SpikeNetworks(members=members)).stat().st_size < 400_000


def test_an_incomplete_file_is_named_so(stored):
    content = stored.read_bytes()
    stored.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=rf"got an incomplete file \({len(content) // 2:,} of {len(content):,}"):
        read_networks(stored)


def test_a_file_that_is_no_hdf5(tmp_path):
    (tmp_path / "a.h5").write_text("weights")
    with pytest.raises(UserError, match="got an HDF5 file that cannot be decoded"):
        read_networks(tmp_path / "a.h5")


def replaced(name, value):
    def edit(file):
        del file[name]
        file[name] = value

    return edit


def grouped(name):
    def edit(file):
        del file[name]
        file.create_group(name)

    return edit


def sized(**changes):
    return lambda file: file.attrs.update(architecture_json=json.dumps(asdict(SMALL) | changes))


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (lambda f: f.attrs.pop("format"), r"got another kind of HDF5 file, expected networks for spike inference"),
        (lambda f: f.attrs.update(format=np.array([1.0])), r"got another kind of HDF5 file"),
        (lambda f: f.attrs.update(format_version=2), r"got version 2, expected .*, version 1\)"),
        (
            lambda f: f.attrs.update(format="cyclegan_neuro rate models"),
            r"got networks of an earlier version, for one frame rate, expected .*Fix: name a spike_networks.h5 that",
        ),
        (lambda f: f.pop("members/beside_bias"), r"/members: got no beside_bias, expected first_kernel, "),
        (lambda f: f.pop("members"), r"/members: got no first_kernel, "),
        (replaced("members", 0.5), r"/members: got no first_kernel, "),
        (grouped("members/first_bias"), r"/members: got no first_bias, "),
        (replaced("members/beside_bias", np.zeros((2, 4))), r"got float64 of shape \(2, 4\), expected floats \("),
        (replaced("members/beside_bias", np.zeros((1, 5))), r"got float16 of .*, as many networks in every array"),
        (replaced("members/beside_bias", 0.5), r"beside_bias: got float64 of shape \(\), expected floats"),
        (replaced("members/beside_bias", np.full((2, 5), np.nan)), r"beside_bias: got weights that are not finite"),
        (lambda f: f.attrs.pop("architecture_json"), r"attribute architecture: got None, expected sizes of the netw"),
        (sized(width=3), r"attribute architecture: got .*, expected sizes of the network"),
        (sized(hidden=[6]), r"attribute architecture: got .*, expected sizes of the network"),
        (sized(first_s=["soon"] * 7), r"attribute architecture: got .*, expected sizes of the network"),
        (sized(first_s=SMALL.first_s[::-1]), r"attribute architecture: got .*, expected sizes of the network"),
        (sized(first_s=[1e6 * s for s in SMALL.first_s]), r"attribute architecture: got .*, expected sizes of the"),
        (lambda f: f.attrs.update(architecture_json='{"hidden":'), r"architecture_json: got .*, expected JSON"),
        (lambda f: f.attrs.update(calibration_json="5"), r"attribute calibration: got 5, expected three quantiles"),
        (lambda f: f.attrs.update(calibration_json='{"": {"log_ratio": "x"}}'), r"attribute calibration: got \{"),
        (replaced("members/beside_bias", [b"weights"]), r"beside_bias: got object of shape \(1,\), expected floats"),
        (sized(hidden=[10**9, 10**9]), r"got float16 of shape \(2, 7, 6\), expected floats \(networks, 7, 10+\)"),
        (sized(channels="many"), r"attribute architecture: got .*, expected sizes of the network"),
        (sized(hidden=[6, 6]), r"second_kernel: got float16 of shape \(2, 6, 5\), expected floats \(networks, 6, 6\)"),
        (sized(first_s=[-0.1, 0.0, 0.1]), r"got float16 of shape \(2, 7, 6\), expected floats \(networks, 3, 6\)"),
    ],
)  # fmt: skip
def test_unsound_files(stored, edit, text):
    with h5py.File(stored, "r+") as file:
        edit(file)
    with pytest.raises(UserError, match=text):
        read_networks(stored)


def test_a_file_without_networks(networks, stored, tmp_path):
    with h5py.File(stored, "r+") as file:
        for name, array in list(file["members"].items()):
            replaced(f"members/{name}", array[:0])(file)
    with pytest.raises(UserError, match=r"expected .*as many networks in every array"):
        read_networks(stored)
    with pytest.raises(UserError, match=r"none\.h5: got no networks, expected one at least"):
        save_networks(tmp_path / "none.h5", replace(networks, members=()))
    assert not (tmp_path / "none.h5").exists()


@pytest.mark.parametrize("value", [np.nan, 1e5])
def test_weights_beyond_float16_are_not_written(networks, stored, value):
    broken = networks.members[1] | {"first_bias": np.full(6, value, np.float32)}
    before = stored.read_bytes()
    with pytest.raises(UserError, match="first_bias: got weights that are not finite as float16"):
        save_networks(stored, replace(networks, members=(networks.members[0], broken)))
    assert stored.read_bytes() == before


def test_a_folder_that_is_not_there_is_a_user_error(networks, tmp_path):
    with pytest.raises(UserError, match="expected a directory that exists"):
        save_networks(tmp_path / "none" / "m.h5", networks)
