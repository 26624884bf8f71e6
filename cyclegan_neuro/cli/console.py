"""What all commands share: their parser, what becomes of errors and of a reader that has gone, progress on stderr."""

from __future__ import annotations

import argparse
import atexit
import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn, TextIO

from cyclegan_neuro.configuration.paths import expanded
from cyclegan_neuro.errors import ConfigurationError, UserError
from cyclegan_neuro.invocation import command, is_program
from cyclegan_neuro.quiet import import_tensorflow_quietly
from cyclegan_neuro.training.interruption import Stopped

__all__ = [
    "adapt_to_surroundings", "new_parser", "number_from", "path_from", "prepare_console", "report_user_errors", "say",
    "show_progress",
]  # fmt: skip


def new_parser(name: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Return the parser of a command; ``{train}`` in ``epilog`` becomes what the user types for that command."""
    adapt_to_surroundings()
    return argparse.ArgumentParser(
        prog=command(name),
        description=description,
        epilog=epilog.format_map(_Typed()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def adapt_to_surroundings() -> None:
    """Write letters that a code page or ``LANG=C`` lacks as escapes; draw to files, whatever a notebook's kernel sets.

    The backend of a notebook is inherited by what is started in it, and may not be installed there. What is printed
    last, such as ``--help``, may find its reader gone.
    """
    atexit.register(_end_in_silence)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    os.environ["MPLBACKEND"] = "agg"


class _Typed(dict):
    def __missing__(self, name: str) -> str:
        return command(name)


def number_from(least: float, kind: type[int] | type[float] = int) -> Callable[[str], float]:
    """Return the type of an option that takes finite numbers, whole ones by default, from ``least`` on."""

    def number(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not least <= value < float("inf"):  # False for NaN
            told = "a whole number" if kind is int else f"a number{' with a decimal point' if ',' in text else ''}"
            raise argparse.ArgumentTypeError(f"got '{text}', expected {told} from {least:g} on")
        return value

    return number


def path_from(text: str) -> Path:
    """Return the path of an option, with ``~`` and ``$NAME`` resolved."""
    try:
        return expanded(text)
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(f"got {error.got}, expected {error.expected}. Fix: {error.fix}") from None


@contextmanager
def report_user_errors() -> Iterator[None]:
    """Print a :class:`UserError` on stderr, without a stack trace, and end with its exit code.

    Ctrl-C, where nothing handles it, ends quietly with 130 as in a shell, and
    :class:`~cyclegan_neuro.training.interruption.Stopped` with its exit code; so does, with 0, a command whose reader
    has seen enough, as with ``| head``. A stdout that cannot be written, as on a full disk, is an error.
    """
    try:
        yield
        _tell(_failure_of(sys.stdout))
    except UserError as error:
        say(f"error: {error}")
        raise SystemExit(error.exit_code) from None
    except Stopped as stopped:
        say(f"{stopped}; the same command starts again")
        _leave(stopped.exit_code)
    except KeyboardInterrupt:
        say("interrupted")
        _leave(128 + signal.SIGINT)
    except OSError:
        failure = _failure_of(sys.stdout, "\n")
        if failure is None:  # another file or pipe
            raise
        _tell(failure)
        raise SystemExit(0) from None


def _leave(code: int) -> NoReturn:
    """End at once: when Python takes TensorFlow apart in good order, that takes seconds."""
    if is_program():
        atexit._run_exitfuncs()
        os._exit(code)
    raise SystemExit(code) from None


def say(text: str) -> None:
    """Print on stderr; that nobody reads it, as after ``2>&1 | head``, is no reason to end what is being done."""
    with suppress(OSError):
        print(text, file=sys.stderr)


def _end_in_silence() -> None:
    """Let what is left for a reader that has gone go nowhere: Python would end with 120 and a message."""
    for stream in (sys.stdout, sys.stderr):
        _failure_of(stream)


def _failure_of(stream: TextIO, last: str = "") -> OSError | None:
    """What keeps a stream from being written; what is left for it then goes nowhere."""
    try:
        print(last, end="", flush=True, file=stream)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None


def _tell(failure: OSError | None) -> None:
    """End with an error where stdout failed for another reason than that its reader has gone."""
    if failure is not None and not isinstance(failure, BrokenPipeError):
        told = f"got {failure.strerror}, expected that it can be written. Fix: print to another place, or make room"
        say(f"error: standard output: {told}")
        raise SystemExit(1)


def prepare_console() -> None:
    """Show the package's progress on stderr, then import TensorFlow without its chatter.

    Whoever sets ``TF_CPP_MIN_LOG_LEVEL`` sees all that TensorFlow has to say.
    """
    show_progress()
    import_tensorflow_quietly()


def show_progress() -> None:
    """Show the package's progress on stderr."""
    log = logging.getLogger("cyclegan_neuro")
    log.setLevel(logging.INFO)
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.propagate = False
