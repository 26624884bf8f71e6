"""From files and overrides to configurations, and back."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.configuration.loading import changes, differences, dump_config, load_config
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.systems.cyclegan.config import Config


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "run.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_values_of_the_file_and_defaults_of_the_rest(write):
    config = load_config(write("training:\n  epochs: 3\n  learning_rate_generator: 1e-3\n"), Config)
    assert config.training.epochs == 3
    assert config.training.learning_rate_generator == 0.001
    assert config.training.batch_size == 1
    assert config.model == Config().model


def test_an_empty_file_is_all_defaults(write):
    assert load_config(write(""), Config) == Config()


def test_whole_numbers_do_for_numbers(write):
    rate = load_config(write("objective: {lambda_cycle: 2}\n"), Config).objective.lambda_cycle
    assert rate == 2.0
    assert isinstance(rate, float)


def test_stretches_are_pairs(write):
    config = load_config(write("windows:\n  exclude_x: [[0, 240], [900, 900]]\n"), Config)
    assert config.windows.exclude_x == [(0, 240), (900, 900)]


def test_overrides_win_in_their_order(write):
    path = write("training: {epochs: 3}\n")
    config = load_config(path, Config, overrides=["training.epochs=4", "training.epochs=5", "training.seed = 7"])
    assert (config.training.epochs, config.training.seed) == (5, 7)


def test_a_mapping_is_merged_into_its_section(write):
    path = write("training: {epochs: 3, seed: 7}\n")
    config = load_config(path, Config, overrides=["training={epochs: 4, decay: linear}"])
    assert (config.training.epochs, config.training.seed, config.training.decay) == (4, 7, "linear")


def test_overrides_may_hold_equals_signs_and_lists(write):
    overrides = ["data={source: files}", "data.x.path=a=b.h5", "data.y={path: c.h5, fields: {dff: F}}"]
    config = load_config(write("data: {x: null}\n"), Config, overrides=[*overrides, "windows.exclude_y=[[1, 2]]"])
    assert Path(config.data.x.path).name == "a=b.h5"
    assert config.data.y.fields == {"dff": "F"}
    assert config.windows.exclude_y == [(1, 2)]


def test_relative_files_start_from_where_they_were_written(write, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    path = write("data:\n  source: files\n  x: {path: sub/../novice.h5}\n  y: {path: /data/expert.h5}\n")
    data = load_config(os.path.relpath(path), Config).data
    assert data.x.path == str(tmp_path / "novice.h5")
    assert data.y.path == "/data/expert.h5"
    moved = load_config(path, Config, overrides=["data.x.path=novice.h5", "data.y.path=~/expert.h5"]).data
    assert moved.x.path == str(elsewhere / "novice.h5")
    assert moved.y.path == str(Path("~/expert.h5").expanduser())
    monkeypatch.setenv("DAYS", str(tmp_path))
    assert load_config(path, Config, overrides=["data.x.path=$DAYS/a.h5"]).data.x.path == str(tmp_path / "a.h5")
    with pytest.raises(ConfigurationError, match=r"--set data.x.path=\$NOWHERE/a.h5: got \$NOWHERE, which is not set"):
        load_config(path, Config, overrides=["data.x.path=$NOWHERE/a.h5"])


def test_files_in_a_list_start_from_where_they_were_written(write, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    path = write("evaluation:\n  null_pairs:\n    - x: {path: a.h5}\n      y: {path: b.h5, frame_rate_hz: 10}\n")
    (pair,) = load_config(path, Config).evaluation.null_pairs
    assert (pair.x.path, pair.y.path, pair.y.frame_rate_hz) == (str(tmp_path / "a.h5"), str(tmp_path / "b.h5"), 10.0)
    override = "evaluation.null_pairs=[{x: {path: a.h5}, y: {path: /b.h5}}]"
    (moved,) = load_config(path, Config, overrides=[override]).evaluation.null_pairs
    assert (moved.x.path, moved.y.path) == (str(elsewhere / "a.h5"), "/b.h5")


def test_the_resolved_configuration_loads_back_equal(write, tmp_path):
    text = "data: {source: phi, x: {path: 'o n.h5', fields: {dff: '1e-4'}}}\nwindows: {exclude_x: [[1, 2]]}\n"
    config = load_config(write(text), Config)
    again = tmp_path / "elsewhere" / "config.yaml"
    again.parent.mkdir()
    again.write_text(dump_config(config), encoding="utf-8")
    assert load_config(again, Config) == config


@settings(deadline=None, max_examples=25)
@given(
    rate=st.floats(min_value=0, exclude_min=True, allow_infinity=False, allow_nan=False),
    seed=st.integers(0, 2**31 - 1),
    name=st.text(max_size=8),
)
def test_any_value_survives_the_run_directory(tmp_path_factory, rate, seed, name):
    training = {"learning_rate_generator": rate, "seed": seed}
    data = {"source": "phi", "x": {"path": "/data.h5", "fields": {"dff": name}}}
    config = Config.model_validate({"training": training, "data": data})
    path = tmp_path_factory.mktemp("run") / "config.yaml"
    path.write_text(dump_config(config), encoding="utf-8")
    assert load_config(path, Config) == config


def test_differences_name_key_and_both_values(write):
    new = load_config(write("training: {epochs: 300, decay: linear}\ndata: {source: phi, x: {path: /n.h5}}\n"), Config)
    assert changes(Config(), Config()) == {}
    changed = changes(Config(), new)
    assert list(changed) == ["data.source", "data.x", "training.epochs", "training.decay"]
    assert changed["training.epochs"] == (200, 300)
    lines = differences(Config(), new)
    assert lines[0] == "data.source: simulated -> phi"
    assert lines[1].startswith("data.x: null -> {path: /n.h5, format: auto, ")
    assert lines[2:] == ["training.epochs: 200 -> 300", "training.decay: none -> linear"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epochs", "--set training.epochs: got no key and value, expected section.key=value"),
        ("=3", "--set =3: got no key and value"),
        ("training..epochs=3", "--set training..epochs=3: got no key and value"),
        ("training.epochs=0", "--set training.epochs=0, training.epochs: got 0, expected a whole number >= 1"),
        ("training.epoch=3", "--set training.epoch=3, training.epoch: got the unknown key 'epoch'"),
        ("training.epochs.x=3", "training.epochs: got the keys x, expected a whole number >= 1"),
        ("training.epochs=[1", "--set training.epochs=[1, line 1"),
        (
            "evaluation.null_pairs=[{x: {pth: a}}]",
            "evaluation.null_pairs[0].x.pth: got the unknown key 'pth', expected a",
        ),
        ("evaluation.null_pairs=[a.h5]", "evaluation.null_pairs[0]: got text 'a.h5', expected a list of sections"),
        ("evaluation.null_pairs=[{x: {path: a}}]", "evaluation.null_pairs[0].y.path: got no file name, expected a"),
        ("windows=3", "--set windows=3, windows: got 3, expected a section (key: value lines)"),
    ],
)
def test_errors_name_the_override(write, override, message):
    with pytest.raises(ConfigurationError) as caught:
        load_config(write("training: {epochs: 3}\n"), Config, overrides=[override])
    assert message in str(caught.value)


def test_an_override_of_a_section_takes_the_blame_for_it(write):
    with pytest.raises(ConfigurationError, match=r"^--set training.seed=x, training.seed: got text 'x'"):
        load_config(write("training:\n  seed: 1\n"), Config, overrides=["training.seed=x"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "got no such file, expected a YAML file. Fix: check the name; there are other.yaml"),
        (lambda path: path.mkdir(), "got a folder, expected a YAML file. Fix: name the file in it"),
        (
            lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n\xff"),
            "got bytes that are no UTF-8 text (the first on line 1)",
        ),
        (lambda path: path.write_text("# Mäuse\n", "cp1252"), "line 1), expected a YAML file. Fix: save it as UTF-8"),
        (lambda path: path.write_text("data: {}\n", "utf-16"), "got UTF-16 text, as PowerShell's > and some editors"),
        (lambda path: path.write_bytes(b"a" * 1_000_001), "got 1,000,001 bytes, expected a YAML file of a few"),
        (lambda path: path.write_text("- a\n- b\n"), "got ['a', 'b'], expected sections (data:, windows:, ...)"),
        (lambda path: path.write_text("just text"), "got text 'just text', expected sections"),
    ],
)
def test_what_is_no_configuration_file(tmp_path, make, message):
    (tmp_path / "other.yaml").write_text("")
    path = tmp_path / "run.yaml"
    make(path)
    with pytest.raises(ConfigurationError) as caught:
        load_config(path, Config)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
