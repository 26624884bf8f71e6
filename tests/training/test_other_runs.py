import json
from types import SimpleNamespace

import pytest

from cyclegan_neuro.configuration.loading import dump_config
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.systems import base
from cyclegan_neuro.training import other_runs
from cyclegan_neuro.training.run_directory import RunDirectory


@pytest.fixture
def lay_out(tmp_path):
    """Return a function that writes what an evaluation looks at before it loads a run."""

    def lay_out(name, *, x="1", y="1", **sections):
        folder = tmp_path / name
        folder.mkdir()
        config = base.get("cyclegan").Config.model_validate(sections)
        (folder / "config.yaml").write_text(dump_config(config), encoding="utf-8")
        (folder / "inputs.json").write_text(json.dumps({"x": {"sha256": x}, "y": {"sha256": y}}), encoding="utf-8")
        return str(folder)

    return lay_out


@pytest.fixture
def asked(lay_out):
    """Return a function that gives a run that is evaluated beside others."""
    folder = lay_out("this")

    def asked(*others):
        config = base.get("cyclegan").Config.model_validate({"evaluation": {"other_runs": list(others)}})
        return SimpleNamespace(system=base.get("cyclegan"), config=config, directory=RunDirectory(folder))

    return asked


def test_runs_with_other_seeds_and_permutations_are_loaded_one_at_a_time(lay_out, asked, monkeypatch):
    loaded = []

    def load_run(path, *, weights, system):
        loaded.append((path.name, weights, system.name))
        return SimpleNamespace(config="config", prepared="data", trainer="networks")

    monkeypatch.setattr(other_runs, "load_run", load_run)
    seed = lay_out("seed", training={"seed": 5}, report={"dpi": 90})
    permuted = lay_out("permuted", y="2", data={"permuted_share": 0.5})
    found = other_runs.load_others(asked(seed, permuted))
    assert next(found) == (seed, "config", "data", "networks")
    assert loaded == [("seed", "best", "cyclegan")]
    assert [name for name, *_ in found] == [permuted]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"training": {"seed": 5, "epochs": 3}, "model": {"filters": 8}},
            "got another configuration than this run's: model.filters: 32 -> 8; training.epochs: 200 -> 3, "
            "expected the same but for training.seed, data.permuted_share, data.permuted_seed. Fix: name runs",
        ),
        ({"data": {"permuted_seed": 9}}, "got the seeds of this run, expected another training.seed or permutation"),
        ({"training": {"seed": 5}, "y": "2"}, "got another day y than this run's, expected the same recordings"),
        ({"data": {"permuted_share": 0.5}, "x": "2"}, "got another day x than this run's"),
        (
            {"data": {"source": "phi"}},
            "got a run of cyclegan, data.source: phi, expected a run of cyclegan on two days",
        ),
    ],
)
def test_other_runs_are_refused(lay_out, asked, changed, message):
    other = lay_out("other", **changed)
    with pytest.raises(UserError) as refused:
        other_runs.load_others(asked(other))
    assert str(refused.value).startswith(f"--seeds {other}: {message}")
