"""Every test alike each time it runs; two logical CPU devices, to test distributed training without a GPU.

Below them small prepared days and stand-ins for trained networks, for every test of two days.
"""

import gc
import os
import random
import shutil
import signal
import sys
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from cyclegan_neuro.recordings.recording import Behaviour, Recording, Truth
from cyclegan_neuro.recordings.simulate.phi import corner_mask
from cyclegan_neuro.windows import scaling
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair, Starts
from cyclegan_neuro.windows.scaling import Scaling, WindowTransform

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Draw what a test leaves to chance from one seed, before its fixtures: Keras seeds initial weights by ``random``.

    TensorFlow's own seed stays unset, so that deterministic training still refuses a random operation without seed.
    """
    random.seed(0)


def pytest_configure(config):
    """Let pytest-xdist keep the order below, where it would start the files with most tests; hear SIGHUP.

    Under ``nohup`` it is ignored, which the package respects.
    """
    config.option.loadscopereorder = False
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items):
    """Put whole runs first: of two workers, neither should end with a run of minutes while the other waits."""
    items.sort(key=lambda item: "integration" not in item.path.parts)


def pytest_collection_finish(session):
    """Split the CPU before any test starts TensorFlow's runtime, if TensorFlow is used at all."""
    gc.freeze()  # what modules hold is not searched by every collection of garbage
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


@pytest.fixture(scope="session")
def eagerly():
    """Return a context in which TensorFlow's functions run as they are written.

    Networks of tests are small and called a few times: compiling a training step takes five times as long as the step.
    """

    @contextmanager
    def eagerly():
        import tensorflow as tf

        tf.config.run_functions_eagerly(True)
        try:
            yield
        finally:
            tf.config.run_functions_eagerly(False)

    return eagerly


@pytest.fixture
def eager(eagerly):
    """Run TensorFlow's functions as they are written, during a test."""
    with eagerly():
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Return a function that trains the tiny system of ``training_fakes``, once per configuration of ``training``.

    Tests copy what they change.
    """
    import training_fakes

    from cyclegan_neuro.training.run import train

    runs = {}

    def get(**training):
        key = tuple(sorted(training.items()))
        if key not in runs:
            config = training_fakes.make_config(**training)
            runs[key] = train(training_fakes.SYSTEM, config, output_dir=tmp_path_factory.mktemp("trained") / "run")
        return runs[key]

    return get


@pytest.fixture
def finished(trained, tmp_path):
    """The folder of a finished run of the tiny system: two epochs, ten updates."""
    return shutil.copytree(trained(epochs=2).directory.path, tmp_path / "run")


FRAMES, NEURONS, HEIGHT = 96, 5, 16


def _recording(rng, *, name, truth, position):
    dff = rng.normal(0.1, 0.2, (FRAMES, NEURONS)).astype(np.float32)
    other = dff.copy()
    other[:, :2] += 0.5
    zeros = np.zeros((FRAMES, NEURONS), np.uint8)
    nothing = np.full(NEURONS, np.nan, np.float32)
    known = Truth(
        spikes=zeros, changed=np.arange(NEURONS) < 2, change=np.array(["moved"] * 2 + ["none"] * 3),
        field_before_cm=nothing, field_after_cm=nothing, other_day_dff=other, other_day_spikes=zeros,
    )  # fmt: skip
    return Recording(
        dff=dff,
        frame_rate_hz=8.0,
        roi_ids=tuple(f"n{i}" for i in range(NEURONS)),
        behaviour=Behaviour(position_cm=np.float32(np.arange(FRAMES) % 12 * 10)) if position else Behaviour(),
        session=name,
        source="file",
        data_origin="simulated" if truth else "recorded",
        truth=known if truth else None,
    )


@pytest.fixture(scope="session")
def make_pair():
    """Return a function that prepares two small random days, with truth, positions or Φ as asked."""

    def make(*, truth=False, position=False, phi=False, columns=(3, 0, 4, 2, 1), n_test_y=3):
        rng = np.random.default_rng(0)
        x, y = (_recording(rng, name=name, truth=truth, position=position) for name in ("novice", "expert"))
        columns = np.array(columns)
        starts = Starts(np.arange(0, 33, 4), np.array([48]), np.array([64, 72, 80]))
        starts_y = starts if phi else Starts(starts.train, starts.validation, np.array([65, 71, 79])[:n_test_y])
        limits_x = Scaling(np.full(NEURONS, -1.0, np.float32), np.linspace(1, 2, NEURONS, dtype=np.float32))
        limits_y = Scaling(np.full(NEURONS, -0.5, np.float32), np.linspace(2, 3, NEURONS, dtype=np.float32))
        day_x = Day(x, scaling.apply(x.dff, limits_x)[:, columns], starts, limits_x)
        if phi:
            noise = rng.normal(0.05, 0.1, (FRAMES, NEURONS)).astype(np.float32)
            mask = corner_mask(HEIGHT, NEURONS)  # connected in the order of the networks
            plain = scaling.scale_transform(WindowTransform(mask, noise), limits_y)
            ordered = WindowTransform(mask, plain.offset[:, columns])
            day_y = Day(x, (x.dff * scaling.gain(limits_y))[:, columns], starts, limits_y, ordered)
        else:
            day_y = Day(y, scaling.apply(y.dff, limits_y)[:, columns], starts_y, limits_y)
        return PreparedPair(day_x, day_y, HEIGHT, NeuronOrder("demo", columns))

    return make


@pytest.fixture(scope="session")
def make_trainer():
    """Return a function that wraps two callables on network windows as a trained CycleGAN."""

    def make(g=lambda windows, training: windows, f=lambda windows, training: windows):
        optimizer = SimpleNamespace(iterations=12)
        return SimpleNamespace(
            generator_g=g, generator_f=f, average_weights=nullcontext, optimizer=optimizer, layers=()
        )

    return make


@pytest.fixture(scope="session")
def model_of():
    """Return a function that makes of a trainer the translator that an evaluation measures."""
    from cyclegan_neuro.evaluation.days.translation import ModelTranslator

    return lambda trainer, prepared: ModelTranslator(trainer.generator_g, trainer.generator_f, prepared)


@pytest.fixture
def write_traces(tmp_path):
    """Return a function that writes ΔF/F, shape (frame, neuron), at 10 Hz and returns the path as text."""

    def write(dff, name="traces.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            file["dff"] = np.asarray(dff, np.float32)
            file["roi_ids"] = np.array([f"cell {n}" for n in range(dff.shape[1])], dtype=h5py.string_dtype())
            file.attrs["frame_rate_hz"] = 10.0
        return str(tmp_path / name)

    return write
