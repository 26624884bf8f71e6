"""Fields and values in words, for messages and for the table of ``--describe``."""

from __future__ import annotations

from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from cyclegan_neuro.configuration.fields import Section, Words, alternatives

__all__ = ["accepts", "choices", "show"]

_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_LIMITS = ((Gt, "gt", ">"), (Ge, "ge", ">="), (Lt, "lt", "<"), (Le, "le", "<="))


def accepts(field: FieldInfo) -> str:
    """Say what a field accepts: ``a whole number >= 1``, ``one of a, b``, ``a number > 0 or null``.

    Examples
    --------
    >>> from cyclegan_neuro.configuration.sections import TrainingSection
    >>> accepts(TrainingSection.model_fields["epochs"])
    'a whole number >= 1'
    """
    words = next((item.text for item in field.metadata if isinstance(item, Words)), None)
    text = words or " or ".join(_annotation(part) for part in alternatives(field.annotation))
    limits = [
        f"{sign} {getattr(item, name):g}"
        for kind, name, sign in _LIMITS
        for item in field.metadata
        if isinstance(item, kind)
    ]
    if limits:
        text = f"{text} {' and '.join(limits)}"
    return f"{text} or null" if NoneType in get_args(field.annotation) else text


def choices(field: FieldInfo) -> list[str]:
    """Return the names a field accepts; empty if it is not a choice among names."""
    return [
        str(value) for part in alternatives(field.annotation) if get_origin(part) is Literal for value in get_args(part)
    ]


def show(value: Any, *, limit: int = 60) -> str:
    """Write a value as it would stand in YAML, with its kind where that could be missed."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"text '{_short(value, limit)}'"
    if isinstance(value, dict):
        return f"the keys {_short(', '.join(map(str, value)), limit)}" if value else "{}"
    if isinstance(value, list | tuple):
        return _short(str(list(value)), limit)
    return _short(str(value), limit)


def _annotation(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in _KINDS:
        return _KINDS[annotation]
    if origin is Literal:
        names = ", ".join(map(str, arguments))
        return f"one of {names}" if len(arguments) > 1 else names
    if origin is Annotated:
        return next(item.text for item in arguments[1:] if isinstance(item, Words))
    if origin is list:
        return f"a list of {_annotation(arguments[0])}"
    if origin is dict:
        return "a mapping {key: text}"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return "a section (key: value lines)"
    raise TypeError(f"no words for fields of type {annotation}")


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
