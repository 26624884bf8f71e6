"""The system of ``docs/adding_a_system.md``, laid out as pip leaves it, through train, resume, evaluate, report."""

import importlib
import json
import re
import signal
import sys
from pathlib import Path

import pytest
from training_fakes import stop_at

from cyclegan_neuro.cli import evaluate, train
from cyclegan_neuro.systems import base
from cyclegan_neuro.training.run import load_run
from cyclegan_neuro.training.state import read_state

PAGE = Path(__file__).resolve().parents[1] / "docs" / "adding_a_system.md"
FILES = dict(re.findall(r'```\w+ title="(.*?)"\n(.*?)```', PAGE.read_text(encoding="utf-8"), re.DOTALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files of the page, with what pip leaves of an installed package; the working directory."""
    folder = tmp_path_factory.mktemp("stranger")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (point,) = re.findall(r"^linear_days = \"(.*)\"$", FILES["pyproject.toml"], re.MULTILINE)
    metadata = folder / "linear_days-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: linear_days\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text(f"[cyclegan_neuro.systems]\nlinear_days = {point}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.chdir(folder)
        for command in (evaluate, train):
            patch.setattr(command, "prepare_console", lambda: None)
        yield folder
    for module in [name for name in sys.modules if name.split(".")[0] == "linear_days"]:
        del sys.modules[module]


@pytest.fixture(scope="module")
def whole(folder):
    assert train.main(["--config", "linear_days.yaml", "--output_dir", "whole"]) == 0
    return folder / "whole"


def state_of(run):
    state = read_state(load_run(run, weights="last").trainer)
    return {group: [value.tobytes() for _, value in entries] for group, entries in state.items()}


def test_it_takes_less_than_three_hundred_lines():
    assert sum(text.count("\n") for text in FILES.values()) < 300


@pytest.mark.usefixtures("folder")
def test_it_is_found_beside_the_systems_of_the_package():
    assert {"cyclegan", "linear_days"} <= set(base.names())
    system = base.get("linear_days")
    assert (system.translates, system.generates) == (True, False)
    assert importlib.import_module("linear_days").SYSTEM is system


def test_a_run_that_was_stopped_ends_where_another_ends(whole, folder):
    with pytest.MonkeyPatch.context() as patch:
        stop_at(40, signal.SIGTERM, patch)
        with pytest.raises(SystemExit) as stopped:
            train.main(["--config", "linear_days.yaml", "--output_dir", "stopped"])
    assert stopped.value.code == 128 + signal.SIGTERM
    assert state_of(folder / "stopped") != state_of(whole)
    assert train.main(["--output_dir", "stopped", "--resume"]) == 0
    assert state_of(folder / "stopped") == state_of(whole)


def test_its_report_stands_beside_the_baselines(whole):
    assert evaluate.main(["--output_dir", str(whole)]) == 0
    metrics = json.loads((whole / "report" / "metrics.json").read_text())
    errors = {name: entry["mean"] for name, entry in metrics["signals"]["direct_y"].items()}
    told = re.findall(r"^\| (.*?) \| (0\.\d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    names = dict(zip(("identity", "moment_matching", "model", "gaussian_ot"), told, strict=True))
    assert {name: errors[name] for name in names} == {
        name: pytest.approx(float(error), abs=0.005) for name, (_, error) in names.items()
    }
    page = (whole / "report" / "index.html").read_text(encoding="utf-8")
    assert "Linear maps G: X → Y and F: Y → X, a matrix and a vector for every frame" in page
    assert "(Sun and Saenko 2016)" in page
    assert "updated them 160 times" in page
    assert "the linear map beats doing nothing in " in page
    assert "CycleGAN" not in page
