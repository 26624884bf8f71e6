"""What the command line does with errors that the user can mend."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cyclegan_neuro.errors import UserError

__all__ = ["report_user_errors"]


@contextmanager
def report_user_errors() -> Iterator[None]:
    """Print a :class:`UserError` on stderr, without a stack trace, and end with its exit code."""
    try:
        yield
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
