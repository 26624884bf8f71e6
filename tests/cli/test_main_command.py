"""``cyclegan-neuro``: one name for all commands."""

import subprocess
import sys
from pathlib import Path

import pytest

from cyclegan_neuro import __version__
from cyclegan_neuro.cli import train
from cyclegan_neuro.cli.main import COMMANDS, main
from cyclegan_neuro.invocation import command


@pytest.fixture
def called_as(monkeypatch):
    return lambda name: monkeypatch.setattr(sys, "argv", [name, *sys.argv[1:]])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_under_its_name(capsys, called_as, name):
    called_as("/usr/bin/cyclegan-neuro")
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"usage: cyclegan-neuro {name}" in text
    assert "python" not in text.replace("Python", "")


def test_describe_and_systems(capsys):
    assert main(["describe"]) == main(["systems"]) == 0
    text = capsys.readouterr().out
    assert "Everything that defines a CycleGAN run" in text
    assert "Spike-GAN" in text


def test_describe_takes_one_system_and_nothing_else(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["describe", "cyclegan", "spike_gan"])
    assert ended.value.code == 2
    assert "unrecognized arguments: spike_gan" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error():
    command = [sys.executable, "-m", "cyclegan_neuro.cli.main", "describe"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.close()  # before it has written anything
        assert running.stderr.read() == b""
    assert running.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_output_that_cannot_be_written_is_told_in_a_line():
    command = [sys.executable, "-m", "cyclegan_neuro.cli.main", "describe"]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert ended.stderr.startswith("error: standard output: got No space left on device, expected")


def test_version_help_and_an_unknown_command(capsys):
    for arguments, code in ((["--version"], 0), (["--help"], 0), (["trian"], 2), ([], 2)):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == code
    printed = capsys.readouterr()
    assert __version__ in printed.out
    assert all(f"  {name} " in printed.out for name in COMMANDS)
    assert "invalid choice: 'trian'" in printed.err


@pytest.mark.parametrize(
    ("program", "typed"),
    [
        ("train.py", ("python train.py", "python -m cyclegan_neuro.cli.infer")),
        (train.__file__, ("python train.py", "python -m cyclegan_neuro.cli.infer")),
        ("/site-packages/ipykernel_launcher.py", ("cyclegan-neuro train", "cyclegan-neuro infer")),
        ("cyclegan-neuro", ("cyclegan-neuro train", "cyclegan-neuro infer")),
        ("C:/venv/cyclegan-neuro.exe", ("cyclegan-neuro train", "cyclegan-neuro infer")),
    ],
)
def test_messages_name_what_the_user_can_type(called_as, program, typed):
    called_as(program)
    assert (command("train"), command("infer")) == typed
