"""The table of ``train.py --describe``: every field with default, unit, paper value and meaning."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from cyclegan_neuro.configuration.fields import Section, accepts, section_of
from cyclegan_neuro.configuration.strict_yaml import one_line

__all__ = ["describe"]

_HEADINGS = ("key", "default", "unit", "paper", "accepts")
_NARROWEST_DESCRIPTION = 40


def describe(config: type[Section], *, width: int = 140) -> str:
    """Describe every field of a configuration, a table per section.

    Parameters
    ----------
    config : type
        The system's ``Config``.
    width : int
        Columns of the terminal; descriptions are wrapped to it, never narrower than 40.

    Returns
    -------
    str
        ``paper`` is the value of the publication, empty where it says nothing.

    Examples
    --------
    >>> from cyclegan_neuro.systems.cyclegan.config import Config
    >>> print(describe(Config).splitlines()[0])
    top level: Everything that defines a CycleGAN run.
    """
    blocks = ["\n".join([title, *_table(fields, width)]) for title, fields in _tables(config, "", config.__doc__)]
    return "\n\n".join(blocks)


def _tables(section: type[Section], prefix: str, meaning: str | None) -> Iterator[tuple[str, dict[str, FieldInfo]]]:
    """Yield title and plain fields of a section, then those of the sections it holds."""
    plain = {name: field for name, field in section.model_fields.items() if section_of(field) is None}
    yield ": ".join([prefix or "top level", *(meaning or "").strip().splitlines()[:1]]), plain
    for name, field in section.model_fields.items():
        inner = section_of(field)
        if inner is not None:
            yield from _tables(inner, f"{prefix}.{name}".lstrip("."), field.description)


def _table(fields: dict[str, FieldInfo], width: int) -> list[str]:
    rows = [_HEADINGS, *(_row(name, field) for name, field in fields.items())]
    columns = [max(len(row[index]) for row in rows) for index in range(len(_HEADINGS))]
    indent = 2 + sum(columns) + 2 * len(columns)
    wrap = max(width - indent, _NARROWEST_DESCRIPTION)
    lines = []
    for row, text in zip(rows, ["description", *(field.description or "" for field in fields.values())], strict=True):
        first, *others = textwrap.wrap(text, wrap) or [""]
        lines.append("  " + "".join(f"{cell:<{size + 2}}" for cell, size in zip(row, columns, strict=True)) + first)
        lines += [" " * indent + other for other in others]
    return lines


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    extra: Any = field.json_schema_extra or {}
    paper = extra.get("paper")
    default = "required" if field.is_required() else one_line(field.get_default(call_default_factory=True))
    return name, default, extra.get("unit", ""), "" if paper is None else one_line(paper), accepts(field)
