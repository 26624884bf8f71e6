"""The GPU benchmark: what it exports, and, where JAX is installed, that the export is a whole training step."""

import importlib.util
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu_step.py"
WINDOW_FRAMES, NEURONS, BATCH = 32, 8, 2
JAX = importlib.util.find_spec("jax") is not None


@pytest.fixture(scope="module")
def gpu_step():
    """The script as a module; its neighbours are importable as when it is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPT.parent))
        spec = importlib.util.spec_from_file_location("gpu_step", SCRIPT)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def call(*arguments):
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def exported(gpu_step, tmp_path_factory):
    """A folder with one tiny exported step."""
    directory = tmp_path_factory.mktemp("step") / "new"
    size = ("--window_frames", WINDOW_FRAMES, "--neurons", NEURONS, "--filters", 2, "--residual_blocks", 1)
    options = ("--output_dir", directory, *size, "--batch_sizes", BATCH, "--precisions", "mixed_bfloat16")
    gpu_step.main(["export", *map(str, options)])
    return directory


def program(directory):
    (only,) = json.loads((directory / "manifest.json").read_text())["programs"]
    return only


def test_the_manifest_describes_a_program_that_is_there(exported):
    manifest = json.loads((exported / "manifest.json").read_text())
    assert manifest["size"] == {"window_frames": 32, "neurons": 8, "filters": 2, "residual_blocks": 1}
    described = program(exported)
    assert (described["precision"], described["batch_size"]) == ("mixed_bfloat16", BATCH)
    assert (exported / described["file"]).stat().st_size == described["bytes"] > 100_000
    assert described["convolution_flops"] > 0
    assert {"generator_g", "cycle_x", "discriminator_y"} <= set(described["results"])


def test_windows_come_first_and_every_variable_comes_back(exported):
    x, y, *variables = program(exported)["arguments"]
    for windows in (x, y):
        assert windows["shape"] == [BATCH, WINDOW_FRAMES, NEURONS, 1]
        assert windows["returned_as"] is None
    assert all(entry["dtype"] in ("float32", "int64") for entry in variables)  # also under mixed precision
    changed = [entry["returned_as"] for entry in variables]
    assert len(set(changed)) == len(changed)
    assert None not in changed
    names = [entry["name"].split(":")[0].rpartition("/")[2] for entry in variables]
    assert names.count("iteration") == 2  # one optimizer for the generators, one for the discriminators
    assert sum(name.endswith("_velocity") for name in names) == sum(name.endswith("_momentum") for name in names) > 0


def test_the_export_has_no_copy_which_stablehlo_has_not(exported):
    from tensorflow.compiler.xla.service import hlo_pb2

    module = hlo_pb2.HloModuleProto.FromString((exported / program(exported)["file"]).read_bytes())
    codes = {instruction.opcode for part in module.computations for instruction in part.instructions}
    assert {"convolution", "reshape"} <= codes
    assert "copy" not in codes


@pytest.mark.skipif(not JAX, reason="needs jax")
def test_the_exported_step_trains_without_tensorflow(exported, tmp_path):
    file = tmp_path / "numbers.json"
    printed = call("time", exported, "--repeats", 2, "--steps", 2, "--json", file)
    assert "no GPU: these are CPU numbers" in printed
    numbers = json.loads(file.read_text())
    (row,) = numbers["programs"]
    assert numbers["on_gpu"] is False
    assert row["finite"]
    assert row["times_a100"] is None
    assert row["windows_per_s"] == pytest.approx(BATCH / row["step_s"])
    assert len(row["step_s_of_every_repeat"]) == 2


def test_without_a_gpu_it_says_how_to_go_on(gpu_step, monkeypatch, capsys):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    gpu_step.main([])
    printed = capsys.readouterr().out
    assert "TensorFlow sees no GPU" in printed
    assert "gpu_step.py export --output_dir" in printed
    assert "gpu_step.py time" in printed


def test_time_names_what_is_missing(gpu_step, monkeypatch, tmp_path):
    with pytest.raises(SystemExit, match=r"holds no manifest\.json"):
        gpu_step.main(["time", str(tmp_path)])
    (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(SystemExit, match="pip install"):
        gpu_step.main(["time", str(tmp_path)])


def row(**changes):
    timing = {"step_s": 0.08, "windows_per_s": 100.0, "convolution_flops_per_s": 8e13, "peak_bytes": 2e9}
    about = {"precision": "float32", "batch_size": 8, "compile_s": 30.0, "finite": True, "device": "A", "on_gpu": True}
    return {**about, **timing, **changes}


@pytest.mark.parametrize(
    ("rows", "size", "expected"),
    [
        ([row(), row(windows_per_s=222.0)], {}, "batch 8: 20.0 x the A100's 11.1 windows/s; the aim is 10 x"),
        ([row()], {"neurons": 32}, "not the paper's size"),
        ([row(on_gpu=False)], {}, "no GPU: these are CPU numbers"),
        ([row(), {"precision": "float32", "batch_size": 16, "failed": "out"}], {}, "float32, batch 16: out"),
    ],
)
def test_the_report_compares_only_what_compares(gpu_step, tmp_path, capsys, rows, size, expected):
    gpu_step.report([dict(one) for one in rows], size={**gpu_step.PAPER_SIZE, **size}, json_file=tmp_path / "n.json")
    printed = capsys.readouterr().out
    assert expected in printed
    comparable = rows[0]["on_gpu"] and not size
    assert ("the aim is" in printed) is comparable
    first = json.loads((tmp_path / "n.json").read_text())["programs"][0]
    assert first["times_a100"] == (pytest.approx(100 / 11.1) if comparable else None)


def test_a_report_of_failures_alone_fails(gpu_step, capsys):
    failed = {"precision": "float32", "batch_size": 8, "failed": "out of memory"}
    with pytest.raises(SystemExit, match="no program"):
        gpu_step.report([failed], size=gpu_step.PAPER_SIZE, json_file=None)
    assert "out of memory" in capsys.readouterr().out


def test_variables_are_drawn_as_described(gpu_step):
    import numpy as np

    rng = np.random.default_rng(0)
    drawn = {"shape": [200, 200], "dtype": "float32", "draw": "normal", "mean": 1.0, "std": 0.02}
    kernel = gpu_step._draw(drawn, rng)
    assert kernel.dtype == np.float32
    assert math.isclose(kernel.mean(), 1.0, abs_tol=1e-3)
    assert math.isclose(kernel.std(), 0.02, rel_tol=0.05)
    np.testing.assert_array_equal(gpu_step._draw({**drawn, "std": 0.0}, rng), np.ones((200, 200)))
    counter = gpu_step._draw({"shape": [], "dtype": "int64", "draw": "normal", "mean": 3.0, "std": 0.0}, rng)
    assert counter.dtype == np.int64
    assert counter == 3
