"""What the command line does with errors that the user can mend."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cyclegan_neuro.errors import UserError

__all__ = ["report_user_errors"]


@contextmanager
def report_user_errors() -> Iterator[None]:
    """Print a :class:`UserError` on stderr, without a stack trace, and end with its exit code.

    Ctrl-C, where nothing handles it, ends quietly with 130 as in a shell.
    """
    try:
        yield
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(128 + signal.SIGINT) from None
