"""What a wrong configuration is answered with, and unsafe files as far as they begin here."""

import re

import pytest

from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.systems.cyclegan.config import Config


@pytest.fixture
def refusal(tmp_path, monkeypatch):
    """Return a function from the text of run.yaml to the message it is refused with."""
    monkeypatch.chdir(tmp_path)

    def refusal(text):
        (tmp_path / "run.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            load_config("run.yaml", Config)
        assert caught.value.exit_code == 2
        return str(caught.value)

    return refusal


def test_typo_in_a_key(refusal):
    assert refusal("training:\n  # a comment\n  epoch: 3\n") == (
        "run.yaml, line 3, training.epoch: got the unknown key 'epoch', expected a key of 'training'. "
        "Fix: did you mean 'training.epochs'?"
    )


def test_typo_in_a_section(refusal):
    message = refusal("trainin:\n  epochs: 3\n")
    assert message.startswith("run.yaml, line 1, trainin: got the unknown key 'trainin', expected one of system, ")
    assert message.endswith("Fix: did you mean 'training'?")


def test_key_in_the_wrong_section(refusal):
    message = refusal("model:\n  seed: 3\n")
    assert message.endswith(
        "did you mean 'training.seed' or 'data.simulation.seed' or 'evaluation.spikes.seed' or "
        "'evaluation.interpretation.seed'?"
    )
    assert "did you mean 'windows.window_frames'?" in refusal("window_frames: 256\n")


def test_key_that_is_nowhere(refusal):
    message = refusal("report:\n  qqq: 3\n")
    assert "got the unknown key 'qqq', expected one of dpi, n_traces" in message
    assert message.endswith("Fix: remove it, or use one of these names")


def test_number_as_text(refusal):
    assert refusal("training:\n  learning_rate_generator: '1e-4'\n") == (
        "run.yaml, line 2, training.learning_rate_generator: got text '1e-4', expected a number > 0. "
        "Fix: it is text, not a number: write 1e-4, without quotes or separators"
    )
    assert "write 1000, without quotes or separators" in refusal("training:\n  epochs: 1,000\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"training:\n  seed: {2**70}\n", "training.seed: got 1180591620717411303424, expected a whole number >= 0 and "
         "<= 2147483647. Fix: choose a value in that range"),
        ("model:\n  filters: 1000000000\n", "filters: got 1000000000, expected a whole number >= 1 and <= 16384."),
    ],
)  # fmt: skip
def test_numbers_beyond_all_bounds_are_refused_before_anything_is_loaded(refusal, text, told):
    assert told in refusal(text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("0,0002", "0.0002"), ("1,5", "1.5"), ("2,5e-4", "2.5e-4"), ("1.234,5", "1234.5"), ("0.000,2", "0.2")],
)
def test_a_decimal_comma(refusal, written, meant):
    told = refusal(f"training:\n  learning_rate_generator: {written}\n")
    assert told.endswith(f"Fix: write {meant}: decimals have a point, and nothing stands between thousands")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1,000", "1.000 or 1000"), ("1,234.5", "1234.5"), ("1,234,567", "1234567"), ("1_000", "1000")],
)
def test_commas_between_thousands(refusal, written, meant):
    told = refusal(f"training:\n  learning_rate_generator: {written}\n")
    assert re.search(rf"write {re.escape(meant)}[:,]", told)


def test_number_without_quotes_is_a_number(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("training:\n  learning_rate_generator: 1e-4\n")
    assert load_config(path, Config).training.learning_rate_generator == 1e-4


def test_key_twice(refusal):
    assert refusal("training:\n  epochs: 3\n  seed: 1\n  epochs: 4\n") == (
        "run.yaml, line 4, training.epochs: got the key 'epochs' a second time, "
        "expected each key once (first on line 2). Fix: keep line 2 or line 4"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training: {epochs: 0}", "training.epochs: got 0, expected a whole number >= 1. Fix: choose a value in"),
        ("training: {adam_beta_1: 1}", "training.adam_beta_1: got 1, expected a number >= 0 and < 1."),
        ("training: {decay_start: .nan}", "training.decay_start: got nan, expected a number >= 0 and < 1."),
        ("objective: {lambda_cycle: .inf}", "objective.lambda_cycle: got inf, expected a number >= 0."),
        ("data: {resample_hz: -5}", "data.resample_hz: got -5, expected a number > 0 or null."),
        ("training: {epochs: 1e2}", "training.epochs: got 100.0, expected a whole number >= 1. Fix: write 100"),
        ("training: {epochs: 2.5}", "training.epochs: got 2.5, expected a whole number >= 1. Fix: write a whole"),
        ("training: {epochs: true}", "training.epochs: got true, expected a whole number >= 1."),
        ("training: {epochs: many}", "training.epochs: got text 'many', expected a whole number >= 1. Fix: write a"),
    ],
)  # fmt: skip
def test_out_of_range_or_no_number(refusal, text, message):
    assert f"run.yaml, line 1, {message}" in refusal(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training: {deterministic: on}", "got text 'on', expected true or false. Fix: write true"),
        ("training: {jit_compile: no}", "got text 'no', expected auto or true or false. Fix: write false"),
        ("training: {deterministic: 1}", "got 1, expected true or false. Fix: correct the value, or leave it out"),
        ("data: {source: Phi}", "got text 'Phi', expected one of simulated, files, phi. Fix: did you mean 'phi'?"),
        ("training: {precision: bfloat16}", "Fix: did you mean 'mixed_bfloat16'?"),
        ("training: {precision: float16}", "Fix: did you mean 'mixed_float16'?"),
        ("model: {generator: unet}", "expected one of agresnet, resnet, agresnet_1d, identity"),
        ("model: {growth: '2'}", "got text '2', expected one of 1, 2. Fix: write 2, without quotes"),
        ("model: {growth: 3}", "got 3, expected one of 1, 2. Fix: correct the value, or leave it out for the defau"),
        ("data: {source: phi, x: {path: 12}}", "data.x.path: got 12, expected a file name. Fix: quote it: '12'"),
        ("data: {source: phi, x: {path: a.h5, fields: dff}}", "got text 'dff', expected a mapping {key: text}"),
        ("training:", "training: got nothing (null), expected a section (key: value lines)"),
        ("training: 3", "training: got 3, expected a section (key: value lines). Fix: give it keys on indented lines"),
        ("system: spike_gan", "system: got text 'spike_gan', expected cyclegan"),
    ],
)  # fmt: skip
def test_wrong_type_or_choice(refusal, text, message):
    assert message in refusal(text)


@pytest.mark.parametrize("value", ["[[5, 4]]", "[[-1, 4]]", "[[1, 2, 3]]", "[[1.5, 2]]", "['1-2']", "[[true, 2]]"])
def test_stretches(refusal, value):
    message = refusal(f"windows:\n  exclude_x: {value}\n")
    assert message.startswith("run.yaml, line 2, windows.exclude_x[0]: got ")
    assert "expected [first, last] with 0 <= first <= last. Fix: write pairs, for example [[0, 240]]" in message


def test_a_stretch_without_its_list(refusal):
    message = refusal("windows:\n  exclude_x: 1-2\n")
    assert "windows.exclude_x: got text '1-2', expected a list of [first, last] with 0 <= first <= last" in message


def test_every_problem_is_named(refusal):
    first, second, third = refusal("training:\n  epoch: 3\n  seed: -1\nmodel:\n  filters: x\n").splitlines()
    assert first.startswith("run.yaml, line 5, model.filters: got text 'x'")
    assert second.startswith("run.yaml, line 3, training.seed: got -1")
    assert third.startswith("run.yaml, line 2, training.epoch: got the unknown key")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "windows: {validation_fraction: 0.45, test_fraction: 0.47}",
            "windows.test_fraction: got 0.45 + 0.47 = 0.92 of the recording held out, "
            "expected validation_fraction + test_fraction < 0.9. Fix: lower one of them",
        ),
        ("data: {source: files}", "data.x: got nothing, expected a recording with source 'files'. Fix: name"),
        ("data: {source: files, x: {path: a.h5}}", "data.y: got nothing, expected a recording with source 'files'"),
        ("data: {source: phi, x: {}}", "data.x.path: got no file name, expected a recording"),
        ("data: {source: phi, y: {path: a}}", "data.y: got a recording, expected none with source 'phi', where"),
        ("data: {x: {path: a}}", "data.x: got a recording, expected none with source 'simulated', where it"),
    ],
)  # fmt: skip
def test_settings_that_do_not_go_together(refusal, text, message):
    assert f"run.yaml, line 1, {message}" in refusal(text)


def test_a_configuration_runs_no_code(refusal, tmp_path):
    message = refusal(f"training: !!python/object/apply:os.mkdir ['{tmp_path / 'made'}']\n")
    assert "got the tag !!python/object/apply:os.mkdir, expected plain values. Fix: remove the tag" in message
    assert not (tmp_path / "made").exists()
