"""In which numbers a run computes: chosen by ``auto``, said, kept, and told by the report."""

import json

import keras
import pytest
import tensorflow as tf
from training_fakes import SYSTEM, make_config

from cyclegan_neuro.training.environment import with_numerics
from cyclegan_neuro.training.run import load_run, train

ON_GPU = {"precision": "mixed_bfloat16", "jit_compile": True}
ON_CPU = {"precision": "float32", "jit_compile": False}


@pytest.fixture
def gpu(monkeypatch):
    """A GPU of the Ampere generation, as far as ``auto`` can see; what runs, runs on the CPU."""
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: {"compute_capability": (8, 0)})
    return monkeypatch


def computed(run):
    return json.loads(run.directory.environment_file.read_text())["numerics"]


def test_auto_is_float32_without_xla_on_a_cpu(tmp_path, caplog):
    with caplog.at_level("INFO"):
        run = train(SYSTEM, make_config(epochs=1), output_dir=tmp_path / "run")
    assert run.trainer.a.layers[1].compute_dtype == "float32"
    assert computed(run) == [{"from_step": 0, **ON_CPU}]
    assert "no GPU: running on CPU" in caplog.text
    assert "computing in float32 without XLA" in caplog.text


def test_a_run_of_a_gpu_goes_on_and_is_evaluated_on_a_cpu(tmp_path, gpu, caplog):
    with caplog.at_level("INFO"):
        run = train(SYSTEM, make_config(epochs=1), output_dir=tmp_path / "run")
    assert run.trainer.a.layers[1].compute_dtype == "bfloat16"
    assert computed(run) == [{"from_step": 0, **ON_GPU}]
    assert "computing in mixed_bfloat16 compiled with XLA" in caplog.text
    gpu.undo()
    loaded = load_run(tmp_path / "run", system=SYSTEM)
    assert loaded.trainer.a.layers[1].compute_dtype == "float32"
    resumed = train(SYSTEM, make_config(epochs=2), output_dir=tmp_path / "run", resume=True)
    said = "mixed_bfloat16 compiled with XLA -> float32 without XLA: the run goes on, but no longer bit for bit"
    assert said in caplog.text
    assert computed(resumed) == [{"from_step": 0, **ON_GPU}, {"from_step": 5, **ON_CPU}]
    caplog.clear()
    again = train(SYSTEM, make_config(epochs=3, precision="float32"), output_dir=tmp_path / "run", resume=True)
    assert computed(again) == computed(resumed)  # float32 is what auto was here: nothing changed
    assert "bit for bit" not in caplog.text


def test_data_are_prepared_in_float32_whatever_the_networks_compute_in(tmp_path, gpu):
    policies, prepare = [], type(SYSTEM).prepare

    def recorded(self, config, *, run_directory=None):
        policies.append(keras.config.dtype_policy().name)  # of an autoencoder that orders the neurons
        return prepare(self, config, run_directory=run_directory)

    gpu.setattr(type(SYSTEM), "prepare", recorded)
    train(SYSTEM, make_config(epochs=1), output_dir=tmp_path / "run")
    train(SYSTEM, make_config(epochs=2), output_dir=tmp_path / "run", resume=True)
    load_run(tmp_path / "run", system=SYSTEM)
    assert policies == ["float32"] * 3


def test_the_report_tells_what_auto_was_where_the_run_was_trained():
    config = make_config()
    told = with_numerics(config, {"numerics": [{"from_step": 0, **ON_CPU}, {"from_step": 5, **ON_GPU}]})
    assert (told.training.precision, told.training.jit_compile) == ("mixed_bfloat16", True)
    assert with_numerics(config, {}) is config  # of an earlier version
