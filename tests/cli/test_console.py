"""What reaches the terminal beside the project's own words."""

import os
import subprocess
import sys
from argparse import ArgumentTypeError

import pytest

from cyclegan_neuro.cli.console import new_parser, number_from, path_from

NOISY = "import os\nos.write(2, b'chatter')\n"
CALL = "import sys; sys.path.insert(0, sys.argv[1]); from cyclegan_neuro.quiet import kept_back_stderr\n"


@pytest.mark.parametrize(
    ("module", "code", "parts"),
    [(NOISY, 0, ["after"]), (NOISY + "raise ImportError('broken')\n", 1, ["chatter", "ImportError: broken"])],
)
def test_chatter_of_an_import_is_shown_only_if_it_fails(tmp_path, module, code, parts):
    (tmp_path / "noisy.py").write_text(module)
    script = CALL + "with kept_back_stderr(): import noisy\nsys.stderr.write('after')"
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert all(part in done.stderr for part in parts)
    assert ("chatter" in done.stderr) == (code == 1)


def test_the_users_log_level_is_left_alone():
    script = (
        "import logging, sys, os; from cyclegan_neuro.cli.console import prepare_console\n"
        "prepare_console(); prepare_console(); logging.getLogger('cyclegan_neuro.room').info('said once')\n"
        "print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"TF_CPP_MIN_LOG_LEVEL": "0", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0\n"
    assert done.stderr.count("said once\n") == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_the_terminal_lacks_are_escaped(encoding):
    script = "from cyclegan_neuro.cli.console import new_parser\nprint(new_parser('check', 'Φ ü').description)"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.decode(encoding).strip() == {"ascii": r"\u03a6 \xfc", "cp1252": r"\u03a6 ü"}[encoding]


@pytest.fixture
def unread():
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def buffered():
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def test_nobody_reads_stderr_and_the_work_goes_on(unread):
    script = (
        "from cyclegan_neuro.cli.console import report_user_errors, say\n"
        "from cyclegan_neuro.cli.console import new_parser; new_parser('check', '')\n"
        "with report_user_errors():\n    say('how far'); say('x' * 100_000)\n    print('done')"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=unread, text=True, check=False, env=buffered())
    assert (done.returncode, done.stdout) == (0, "done\n")
    command = [sys.executable, "-m", "cyclegan_neuro.cli.check", "absent.h5"]
    assert subprocess.run(command, stdout=unread, stderr=unread, check=False, env=buffered()).returncode == 2


@pytest.mark.parametrize("module", ["main", "check", "train"])
def test_nobody_reads_the_help(unread, module):
    command = [sys.executable, "-m", f"cyclegan_neuro.cli.{module}", "--help"]
    done = subprocess.run(command, stdout=unread, stderr=subprocess.PIPE, text=True, check=False, env=buffered())
    assert (done.returncode, done.stderr) == (0, "")


def test_paths_of_options(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RUNS", str(tmp_path))
    parser = new_parser("train", "")
    parser.add_argument("--output_dir", type=path_from)
    assert parser.parse_args(["--output_dir=$RUNS/a"]).output_dir == tmp_path / "a"
    with pytest.raises(SystemExit):
        parser.parse_args(["--output_dir=$NOWHERE/a"])
    assert "got $NOWHERE, which is not set" in capsys.readouterr().err


def test_numbers_of_options_have_a_decimal_point():
    with pytest.raises(ArgumentTypeError, match=r"got '29,97', expected a number with a decimal point from 0\.001 on"):
        number_from(0.001, float)("29,97")
