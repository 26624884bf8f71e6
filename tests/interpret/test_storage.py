import re

import h5py
import numpy as np
import pytest

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.interpret.storage import MAPS_FILE, map_arrays, read_maps, write_arrays


@pytest.fixture
def maps():
    rng = np.random.default_rng(0)
    place, positional = rng.uniform(size=(6, 3)).astype(np.float32), rng.uniform(size=(4, 3))
    positional[1] = np.nan
    return {
        "D_X": {
            "layer_cam": AttentionMap(rng.uniform(size=3), place=place, positional=positional, example=place),
            "grad_cam": AttentionMap(place.mean(axis=0), place=place, positional=positional, neurons_resolved=False),
        },
        "recorded": {"tuning_difference": AttentionMap(rng.uniform(size=3), positional=positional)},
    }


@pytest.fixture
def run(tmp_path):
    (tmp_path / "report").mkdir()
    return tmp_path


def test_maps_come_back_as_they_were_written_in_float32(maps, run):
    write_arrays(map_arrays(maps), run / MAPS_FILE)
    found = read_maps(run)
    assert {network: set(methods) for network, methods in found.items()} == {
        "D_X": {"layer_cam", "grad_cam"},
        "recorded": {"tuning_difference"},
    }
    for network, methods in maps.items():
        for method, written in methods.items():
            read = found[network][method]
            assert read.neurons_resolved is written.neurons_resolved
            assert read.example is None
            for name in ("neurons", "place", "positional"):
                ours, theirs = getattr(read, name), getattr(written, name)
                assert (ours is None) is (theirs is None)
                if ours is not None:
                    assert ours.dtype == np.float32
                    np.testing.assert_array_equal(ours, theirs.astype(np.float32))


def test_paths_name_network_method_and_array(maps):
    assert set(map_arrays(maps)) == {
        "maps/D_X/layer_cam/neurons", "maps/D_X/layer_cam/place", "maps/D_X/layer_cam/positional",
        "maps/D_X/grad_cam/place", "maps/D_X/grad_cam/positional",
        "maps/recorded/tuning_difference/neurons", "maps/recorded/tuning_difference/positional",
    }  # fmt: skip


def test_a_run_that_was_not_evaluated(run):
    message = (
        f"{run / MAPS_FILE}: got no such file, expected the maps of an evaluated run. "
        f"Fix: cyclegan-neuro evaluate --output_dir {run}"
    )
    with pytest.raises(RunDirectoryError, match=re.escape(message)):
        read_maps(run)


def test_a_file_that_is_not_hdf5(run):
    (run / MAPS_FILE).write_text("neurons: 3")
    with pytest.raises(RunDirectoryError, match=r"maps\.h5: got no readable maps \(.*file signature not found"):
        read_maps(run)


def test_a_file_without_maps(run):
    with h5py.File(run / MAPS_FILE, "w") as file:
        file["edges_cm"] = np.arange(3)
    with pytest.raises(RunDirectoryError, match=r"got no readable maps \(.*'maps' doesn't exist"):
        read_maps(run)


@pytest.mark.parametrize("path", ["maps", "maps/D_X", "maps/D_X/layer_cam/unknown"])
def test_a_file_that_holds_something_else(run, path):
    with h5py.File(run / MAPS_FILE, "w") as file:
        file[path] = np.arange(3)
    with pytest.raises(RunDirectoryError, match="got no readable maps"):
        read_maps(run)
