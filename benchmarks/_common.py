"""What all benchmarks share: repeat and take medians, print a table, write JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # measure this checkout, installed or not


def parser(description: str, *, repeats: int = 5) -> argparse.ArgumentParser:
    """Return a parser with ``--repeats`` and ``--json``, to which a benchmark adds its own arguments."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--repeats", type=int, default=repeats, help=f"repetitions of every number ({repeats})")
    result.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE")
    return result


def measure(fn: Callable[[], Any], repeats: int) -> dict[str, Any]:
    """Time ``fn`` after one call that is not counted.

    Parameters
    ----------
    fn : callable
        Returns when the work is done.
    repeats : int

    Returns
    -------
    dict
        ``median_s``, ``min_s``, ``max_s`` and all ``seconds``.
    """
    fn()
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        fn()
        seconds.append(time.perf_counter() - begin)
    return {
        "median_s": statistics.median(seconds),
        "min_s": min(seconds),
        "max_s": max(seconds),
        "seconds": seconds,
    }


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows with the keys of the first as headings; numbers to the right, with three digits that count."""
    if not rows:
        return
    cells = [list(rows[0]), *([_text(row.get(name)) for name in rows[0]] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, line in enumerate(cells):
        first, *others = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join([first, *(cell.strip().rjust(len(cell)) for cell in others)]))
        if not number:
            print("  ".join("-" * width for width in widths))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def machine() -> dict[str, Any]:
    """Return what the numbers depend on besides the code."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def write_json(path: Path | None, obj: Any) -> None:
    """Write ``obj`` to ``path``; does nothing without a path."""
    if path is not None:
        Path(path).write_text(json.dumps(obj, indent=2) + "\n", encoding="utf-8")
