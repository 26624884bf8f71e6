"""Recordings and files that several tests of this folder need."""

import h5py
import numpy as np
import pytest

from cyclegan_neuro.recordings.layout import to_fields
from cyclegan_neuro.recordings.recording import Behaviour, Recording, Truth


@pytest.fixture
def make_recording():
    """Return a function that makes a complete recording with everything a recording can have."""

    def make(*, n_frames=60, n_neurons=5, seed=0, truth=True, **changes):
        rng = np.random.default_rng(seed)
        dff = rng.normal(0.0, 0.1, (n_frames, n_neurons)).astype(np.float32)
        position = rng.uniform(0, 160, n_frames).astype(np.float32)
        position[3] = np.nan
        values = {
            "dff": dff,
            "frame_rate_hz": 24.0,
            "roi_ids": tuple(f"né {i}" for i in range(n_neurons)),
            "roi_xy_um": rng.uniform(0, 500, (n_neurons, 2)).astype(np.float32),
            "behaviour": Behaviour(
                position_cm=position,
                licks=rng.poisson(0.2, n_frames).astype(np.uint8),
                rewards=rng.poisson(0.02, n_frames).astype(np.uint8),
                trial=(np.arange(n_frames) // 20 - 1).astype(np.int32),
                speed_cm_s=rng.uniform(0, 40, n_frames).astype(np.float32),
                events=(np.arange(n_frames) % 25 == 12).astype(np.uint8),
            ),
            "gaps": np.array([9, 30], np.int64),
            "subject": "mouse_1",
            "session": "day 1",
            "source": "made up",
        }
        if truth:
            values["truth"] = Truth(
                spikes=rng.poisson(0.1, dff.shape).astype(np.uint8),
                changed=rng.random(n_neurons) < 0.5,
                change=np.array((["none", "moved", "silenced", "recruited"] * n_neurons)[:n_neurons]),
                field_before_cm=np.full(n_neurons, np.nan, np.float32),
                field_after_cm=rng.uniform(0, 160, n_neurons).astype(np.float32),
                other_day_dff=dff + np.float32(1),
                other_day_spikes=rng.poisson(0.1, dff.shape).astype(np.uint8),
            )
        return Recording(**(values | changes))

    return make


@pytest.fixture
def assert_same():
    """Return a function that compares two recordings bit for bit, types included."""

    def compare(left, right):
        left, right = to_fields(left), to_fields(right)
        assert left.keys() == right.keys()
        for name, value in left.items():
            if not isinstance(value, np.ndarray):
                assert right[name] == value, name
                continue
            assert right[name].dtype.kind == value.dtype.kind, name
            if value.dtype.kind != "U":
                assert right[name].dtype == value.dtype, name
            np.testing.assert_array_equal(right[name], value, err_msg=name)

    return compare


@pytest.fixture
def write_mat73():
    """Return a function that writes values as MATLAB 7.3 does: HDF5 behind a header, axes reversed, text as uint16."""

    def characters(file, name, text):
        units = np.frombuffer(text.encode("utf-16-le"), "<u2")
        dataset = file.create_dataset(name, data=units[:, None] if units.size else np.zeros(2, np.uint64))
        dataset.attrs["MATLAB_class"] = np.bytes_("char")
        if not units.size:
            dataset.attrs["MATLAB_empty"] = np.uint8(1)
        return dataset

    def write(path, values):
        with h5py.File(path, "w", userblock_size=512) as file:
            for name, value in values.items():
                if isinstance(value, str):
                    characters(file, name, value)
                    continue
                value = np.asarray(value)
                if value.dtype.kind == "U":
                    cells = [characters(file, f"#refs#/{name}{i}", str(text)).ref for i, text in enumerate(value)]
                    dataset = file.create_dataset(name, data=np.array([cells], dtype=h5py.ref_dtype))
                    dataset.attrs["MATLAB_class"] = np.bytes_("cell")
                    continue
                matrix = np.atleast_2d(value)
                dataset = file.create_dataset(name, data=matrix.T if value.ndim == 2 else matrix)
                names = {"float32": "single", "float64": "double", "bool": "logical"}
                dataset.attrs["MATLAB_class"] = np.bytes_(names.get(value.dtype.name, value.dtype.name))
        with open(path, "r+b") as stream:
            stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
        return path

    return write
