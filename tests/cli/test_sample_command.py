"""``python -m cyclegan_neuro.cli.sample``: the file it writes, and what it refuses."""

import h5py
import numpy as np
import pytest

from cyclegan_neuro.cli.sample import main
from cyclegan_neuro.cli.train import main as train
from cyclegan_neuro.configuration.loading import dump_config
from cyclegan_neuro.systems import base

SMALL = """\
system: spike_gan
data: {simulation: {pairs: {n_samples: 60, n_bins: 12, n_neurons: 4}}}
model: {features: 4, noise_size: 8}
objective: {critic_updates: 1}
training: {epochs: 1, batch_size: 16, jit_compile: false, figures_every_epochs: 0}
"""


@pytest.fixture(autouse=True)
def _console_as_it_is(monkeypatch):
    """Leave this process's logging alone."""
    for command in ("sample", "train"):
        monkeypatch.setattr(f"cyclegan_neuro.cli.{command}.prepare_console", lambda: None)


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory, eagerly):
    """A tiny trained run."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, eagerly():
        patch.setattr("cyclegan_neuro.cli.train.prepare_console", lambda: None)
        assert train(["--config", str(folder / "small.yaml"), "--output_dir", str(folder / "run")]) == 0
    return folder / "run"


def sample(*arguments):
    assert main([str(argument) for argument in arguments]) == 0


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert caught.value.code == 2
    return capsys.readouterr().err


def read(path):
    with h5py.File(path) as file:
        return file["samples"][:], dict(file.attrs)


def test_samples_in_a_file_with_what_they_were_made_with(run_directory, tmp_path, capsys):
    path = tmp_path / "samples.h5"
    sample("--output_dir", run_directory, "--n_samples", 30, "--seed", 4, path)
    values, origin = read(path)
    assert values.shape == (30, 4, 12)
    assert set(np.unique(values)) == {0, 1}
    assert (origin["system"], origin["run"], origin["seed"]) == ("spike_gan", str(run_directory), 4)
    assert capsys.readouterr().out == f"{path}: 30 samples of 12 bins of 0.001 s, 4 neurons\n"


def test_one_seed_one_file(run_directory, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        sample("--output_dir", run_directory, "--n_samples", 20, "--seed", seed, tmp_path / f"{name}.h5")
    a, b, c = (read(tmp_path / f"{name}.h5")[0] for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


def test_neo_file_of_the_best_weights(run_directory, tmp_path):
    from neo.io import NeoMatlabIO

    sample("--output_dir", run_directory, "--n_samples", 3, "--weights", "best", tmp_path / "samples.mat")
    (block,) = NeoMatlabIO(filename=str(tmp_path / "samples.mat")).read()
    assert len(block.segments) == 3


def test_a_file_is_replaced_only_when_asked(run_directory, tmp_path, capsys):
    path = tmp_path / "samples.h5"
    path.write_text("mine")
    assert refused(capsys, "--output_dir", run_directory, path) == (
        f"error: {path}: got a file that exists, expected a new file. "
        "Fix: choose another name, or replace it with --overwrite\n"
    )
    assert path.read_text() == "mine"
    sample("--output_dir", run_directory, "--n_samples", 2, "--overwrite", path)
    assert len(read(path)[0]) == 2


def test_unknown_ending(run_directory, tmp_path, capsys):
    message = refused(capsys, "--output_dir", run_directory, "--n_samples", 2, tmp_path / "samples.npy")
    assert "samples.npy: got ending '.npy', expected one of .h5, .hdf5 (HDF5) or .mat (Neo). Fix: use .h5" in message
    assert not list(tmp_path.iterdir())


def test_system_that_generates_nothing(tmp_path, capsys):
    config = base.get("cyclegan").Config.model_validate({})
    (tmp_path / "config.yaml").write_text(dump_config(config), encoding="utf-8")
    assert refused(capsys, "--output_dir", tmp_path, tmp_path / "samples.h5") == (
        f"error: {tmp_path}, system: got 'cyclegan', which generates nothing from noise, "
        "expected a run of a system that generates samples. "
        "Fix: use cyclegan-neuro evaluate, which writes what this system makes of its recordings\n"
    )


def test_no_run(tmp_path, capsys):
    message = refused(capsys, "--output_dir", tmp_path / "absent", tmp_path / "samples.h5")
    assert message.startswith(f"error: {tmp_path / 'absent'}: got no config.yaml, expected the directory of a run.")


@pytest.mark.parametrize("option", ["--n_samples", "--seed"])
def test_numbers_that_are_none(tmp_path, capsys, option):
    message = refused(capsys, "--output_dir", tmp_path, option, "-1", tmp_path / "samples.h5")
    assert f"argument {option}: got '-1', expected a whole number" in message
