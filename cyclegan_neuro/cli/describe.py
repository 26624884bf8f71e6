"""``cyclegan-neuro describe [SYSTEM]``: every setting of a system."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from cyclegan_neuro.cli.console import new_parser, report_user_errors

__all__ = ["describe_system", "main"]


def describe_system(name: str) -> str:
    """Return every setting of a system, as wide as the terminal."""
    from cyclegan_neuro.configuration.describe import describe
    from cyclegan_neuro.systems import base

    return describe(base.get(name).Config, width=shutil.get_terminal_size((140, 24)).columns)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the settings."""
    parser = new_parser("describe", "Print every setting of a system with its default, unit and the paper's value.")
    parser.add_argument("system", nargs="?", default="cyclegan", help="its name (default cyclegan)")
    options = parser.parse_args(arguments)
    with report_user_errors():
        print(describe_system(options.system))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
