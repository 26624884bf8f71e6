"""``train.py``: what it answers without TensorFlow, and what it hands on to training."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cyclegan_neuro.cli.train import main
from cyclegan_neuro.configuration.loading import dump_config
from cyclegan_neuro.systems import base
from cyclegan_neuro.training import configurations as configuration
from cyclegan_neuro.training.configurations import configuration_file, load

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "configs" / "cyclegan" / "paper_synthetic.yaml"
HEAVY = "tensorflow keras matplotlib scipy"


@pytest.fixture(autouse=True)
def _console_as_it_is(monkeypatch):
    """Leave this process's logging alone."""
    monkeypatch.setattr("cyclegan_neuro.cli.train.prepare_console", lambda: None)


@pytest.fixture
def train(monkeypatch):
    """Run ``train.py`` without training; return what training would have been called with."""
    calls = []
    monkeypatch.setattr(
        "cyclegan_neuro.training.run.train", lambda system, config, **options: calls.append((system, config, options))
    )

    def train(*arguments):
        calls.clear()
        assert main([str(argument) for argument in arguments]) == 0
        return calls[0]

    return train


def refused(capsys, *arguments, code=2):
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert caught.value.code == code
    return capsys.readouterr().err


ANSWERS = {
    "--help": 0,
    "--list_systems": 0,
    "--describe cyclegan": 0,
    "--describe cyclegam": 2,
    f"--config {PAPER} --output_dir never --set training.epochs=0": 2,
    "--output_dir never --resume": 2,
}


def test_answers_without_tensorflow():
    """All in one process, which prints the exit code of each and the heavy modules that are loaded after it."""
    script = (
        "import sys; from cyclegan_neuro.cli.train import main\n"
        "for arguments in sys.argv[1:]:\n"
        "    try: code = main(arguments.split())\n"
        "    except SystemExit as end: code = end.code\n"
        f"    print('LOADED', code, *(name for name in '{HEAVY}'.split() if name in sys.modules))"
    )
    command = [sys.executable, "-c", script, *ANSWERS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    answered = [line for line in done.stdout.splitlines() if line.startswith("LOADED")]
    assert answered == [f"LOADED {code}" for code in ANSWERS.values()]


def test_help_answers_within_a_second():
    """Of a processor: other processes may keep it waiting."""

    def seconds():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    start = seconds()
    subprocess.run([sys.executable, "train.py", "--help"], cwd=ROOT, capture_output=True, check=True)
    assert seconds() - start < 1.0


def test_values_of_file_and_overrides_reach_training(train, tmp_path):
    system, config, options = train(
        "--config", PAPER, "--output_dir", tmp_path / "run", "--set", "training.epochs=3", "--set", "objective.name=gan"
    )
    assert system.name == "cyclegan"
    assert (config.training.epochs, config.objective.name, config.windows.split) == (3, "gan", "paper")
    assert options == {"output_dir": tmp_path / "run", "resume": False, "overwrite": False}


def test_resume_takes_the_configuration_of_the_run(train, tmp_path):
    stored = base.get("cyclegan").Config.model_validate({"training": {"epochs": 7}})
    (tmp_path / "config.yaml").write_text(dump_config(stored), encoding="utf-8")
    _, config, options = train("--output_dir", tmp_path, "--resume")
    assert config == stored
    assert options["resume"]
    assert train("--output_dir", tmp_path, "--resume", "--set", "training.epochs=9")[1].training.epochs == 9
    assert train("--output_dir", tmp_path, "--resume", "--config", PAPER)[1].training.epochs == 200


def test_resume_auto_is_one_command_for_the_first_start_and_the_next(train, tmp_path):
    command = ("--output_dir", tmp_path / "run", "--resume", "auto", "--set", "training.epochs=9")
    _, config, options = train(*command)
    assert (config.training.epochs, config.model.filters) == (9, load(configuration_file())[1].model.filters)
    assert options["resume"] == "auto"
    (tmp_path / "run").mkdir()
    stored = base.get("cyclegan").Config.model_validate({"training": {"epochs": 7}, "model": {"filters": 3}})
    (tmp_path / "run" / "config.yaml").write_text(dump_config(stored), encoding="utf-8")
    _, config, options = train(*command)
    assert (config.training.epochs, config.model.filters) == (9, 3)
    assert options["resume"] == "auto"


def test_the_next_command_is_printed(train, tmp_path, capsys):
    train("--config", PAPER, "--output_dir", tmp_path / "my run")
    assert capsys.readouterr().out == f"now: cyclegan-neuro evaluate --output_dir '{tmp_path / 'my run'}'\n"


def test_overwrite_is_handed_on(train, tmp_path):
    assert train("--config", PAPER, "--output_dir", tmp_path, "--overwrite")[2]["overwrite"]


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A package that was installed: its configurations lie in the second of the two places."""
    folder = tmp_path / "configs" / "cyclegan"
    folder.mkdir(parents=True)
    (folder / "quickstart.yaml").write_text("system: cyclegan\ntraining: {epochs: 5}\n")
    monkeypatch.setattr(configuration, "_SHIPPED", (tmp_path / "absent", tmp_path / "configs"))


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("name", [None, "cyclegan/quickstart.yaml", "configs/cyclegan/quickstart.yaml"])
def test_what_comes_with_the_package_is_found_by_name_and_the_quickstart_by_default(train, tmp_path, name):
    named = ("--config", name) if name else ()
    assert train(*named, "--output_dir", tmp_path / "run")[1].training.epochs == 5


@pytest.mark.usefixtures("shipped")
def test_a_configuration_that_is_nowhere_lists_those_there_are(capsys, tmp_path):
    message = refused(capsys, "--config", "mine.yaml", "--output_dir", tmp_path / "run")
    assert "error: --config mine.yaml: got no such file, expected a YAML file, or one that comes" in message
    assert "with the package: cyclegan/quickstart.yaml" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training: {epochs: 3}\n", "run.yaml, system: got no name, expected the system to train, one of cyclegan"),
        ("system: 3\n", "run.yaml, line 1, system: got no name"),
        ("system: cyclegann\n", "system: got 'cyclegann', expected one of cyclegan"),
        ("system: cyclegan\ntraining: {epoch: 3}\n", "line 2, training.epoch: got the unknown key 'epoch'"),
    ],
)
def test_errors_are_one_line_without_a_stack_trace(capsys, tmp_path, text, message):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    shown = refused(capsys, "--config", path, "--output_dir", tmp_path / "run")
    assert shown.startswith("error: ")
    assert shown.count("\n") == 1
    assert message in shown
    assert not (tmp_path / "run").exists()


def test_resume_without_a_run(capsys, tmp_path):
    message = refused(capsys, "--output_dir", tmp_path / "absent", "--resume")
    assert f"error: {tmp_path / 'absent'}: got no config.yaml, expected the directory of a run. Fix: " in message


def test_what_argparse_refuses(capsys):
    assert "--output_dir is needed: the folder that the run is written to" in refused(capsys)
    assert "not allowed with argument" in refused(capsys, "--output_dir", "a", "--resume", "--overwrite")


def test_describe_prints_the_table(capsys):
    assert main(["--describe", "cyclegan"]) == 0
    shown = capsys.readouterr().out
    assert "training: " in shown
    assert "learning_rate_generator" in shown


@pytest.mark.parametrize(("number", "code"), [("SIGUSR1", 75), ("SIGTERM", 143)])
def test_a_signal_before_training_ends_it_at_once(capsys, tmp_path, monkeypatch, number, code):
    def prepare(*arguments, **options):
        os.kill(os.getpid(), getattr(signal, number))
        pytest.fail("goes on")

    monkeypatch.setattr("cyclegan_neuro.training.run.train", prepare)
    shown = refused(capsys, "--config", PAPER, "--output_dir", tmp_path / "run", code=code)
    assert shown == f"stopped by {number}; the same command starts again\n"


def test_ctrl_c_before_training_ends_quietly(capsys, tmp_path, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("cyclegan_neuro.training.run.train", interrupt)
    assert refused(capsys, "--config", PAPER, "--output_dir", tmp_path / "run", code=130) == "interrupted\n"
