"""Signals: what they stop, how soon, and with which exit code."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest

from cyclegan_neuro.training.interruption import Interruption, Stopped, exit_code_of, stopping_on_signals

ASKING = [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1]

MANY = """
import os, signal
from cyclegan_neuro.training.interruption import Interruption
with Interruption() as interruption:
    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), number)
    print(interruption.number, flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    print("alive")
"""


def test_schedulers_may_signal_twice_and_ctrl_c_ends_at_once():
    done = subprocess.run([sys.executable, "-c", MANY], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGINT
    assert done.stdout == f"{int(signal.SIGUSR1)}\n"
    assert done.stderr == "SIGUSR1: saving at the end of this batch; Ctrl-C ends at once, without saving\n"


IN_C = """
import hashlib, os, signal, subprocess, sys, threading
from contextlib import suppress
from cyclegan_neuro.training.interruption import LAST_ACTS, Interruption, stopping_on_signals
LAST_ACTS.append(lambda: print("let go", flush=True))
def ask():
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
def stay_in_c():
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
with stopping_on_signals(patience_s=0.1):
"""


@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGINT", 130), ("SIGUSR1", 75)])
def test_what_stays_in_c_is_ended(number, code):
    """Handlers run only between two calls of C; and a library may swallow what they raise."""
    script = IN_C + "    with suppress(BaseException): ask()\n    stay_in_c()\nprint('alive')"
    done = subprocess.run([sys.executable, "-c", script, number], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "let go\n", f"stopped by {number}\n")


def test_a_second_ctrl_c_ends_a_step_that_stays_in_c():
    script = IN_C + (
        "    with Interruption() as interruption:\n        ask()\n        print(interruption.number, flush=True)\n"
        "        signal.signal(signal.SIGINT, lambda *_: None)\n"  # as it never runs
        "        ask()\n        stay_in_c()\nprint('alive')"
    )
    done = subprocess.run([sys.executable, "-c", script, "SIGINT"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, f"{int(signal.SIGINT)}\nlet go\n")


def test_what_was_saved_is_not_ended_by_a_scheduler():
    script = IN_C + (
        "    with Interruption(): ask()\n    with suppress(BaseException): ask()\n"
        "    hashlib.pbkdf2_hmac('sha256', b'', b'', 10**6)\nprint('alive')"
    )
    done = subprocess.run([sys.executable, "-c", script, "SIGTERM"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n")


def test_whoever_leaves_in_time_lives_on():
    script = IN_C + "    with suppress(BaseException): ask()\nprint('alive')"
    done = subprocess.run([sys.executable, "-c", script, "SIGTERM"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n")


@pytest.mark.parametrize(
    ("number", "code"), [("SIGUSR1", 75), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)]
)  # fmt: skip
def test_exit_codes(number, code):
    assert exit_code_of(getattr(signal, number)) == code


@pytest.mark.parametrize("number", ASKING)
def test_what_needs_no_saving_is_stopped_once_and_cleans_up(number):
    cleaned = []

    @contextmanager
    def cleaning():
        try:
            yield
        finally:
            for again in ASKING:
                os.kill(os.getpid(), again)
                cleaned.append(again)

    told = f"stopped by {signal.Signals(number).name}"
    with pytest.raises(Stopped, match=told) as caught, stopping_on_signals(), cleaning():
        os.kill(os.getpid(), number)
    assert cleaned == ASKING
    assert caught.value.exit_code == exit_code_of(number)
    assert signal.getsignal(number) == signal.SIG_DFL


def test_training_saves_where_the_rest_would_stop():
    with stopping_on_signals():
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGUSR1)
        assert interruption.number == signal.SIGUSR1
        with pytest.raises(Stopped):
            os.kill(os.getpid(), signal.SIGTERM)


def test_what_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping_on_signals(), Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGHUP)
        assert interruption.number is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_errors_are_not_what_stopped_is():
    with pytest.raises(Stopped), suppress(Exception):
        raise Stopped(signal.SIGTERM)
