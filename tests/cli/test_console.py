"""What reaches the terminal beside the project's own words."""

import subprocess
import sys

import pytest

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
        "print(os.environ['TF_CPP_MIN_LOG_LEVEL'], 'tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"TF_CPP_MIN_LOG_LEVEL": "0", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0 False\n"
    assert done.stderr == "said once\n"
