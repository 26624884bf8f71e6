"""Every test alike each time it runs; two logical CPU devices, to test distributed training without a GPU."""

import os
import random
import sys

import h5py
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Draw what a test leaves to chance from one seed, before its fixtures: Keras seeds initial weights by ``random``.

    TensorFlow's own seed stays unset, so that deterministic training still refuses a random operation without seed.
    """
    random.seed(0)


def pytest_collection_finish(session):
    """Split the CPU before any test starts TensorFlow's runtime, if TensorFlow is used at all."""
    if "tensorflow" in sys.modules:
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes data sets to a new HDF5 file and returns its path as text."""

    def write(name="activity.h5", **data_sets):
        with h5py.File(tmp_path / name, "w") as file:
            for field, values in data_sets.items():
                file[field.replace("__", "/")] = values
        return str(tmp_path / name)

    return write
