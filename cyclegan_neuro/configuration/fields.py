"""The strict base of every section, the one way to declare a field, how to find one, and fields and values in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic import Field as _Field
from pydantic.fields import FieldInfo

__all__ = [
    "SEEDS",
    "WIDTHS",
    "Contradiction",
    "InputFile",
    "Section",
    "Stretch",
    "Words",
    "accepts",
    "alternatives",
    "choices",
    "field_at",
    "input_files",
    "is_input_file",
    "section_of",
    "section_within",
    "setting",
    "show",
    "value_at",
    "walk_fields",
    "with_values",
]

SEEDS: dict[str, Any] = {"ge": 0, "le": 2**31 - 1}
"""Limits of a seed that TensorFlow or scikit-learn is given, which take no larger one."""
WIDTHS: dict[str, Any] = {"ge": 1, "le": 16_384}
"""Limits of a network's width: one layer between two of the widest has gigabytes of weights."""

AnySection = TypeVar("AnySection", bound="Section")
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_LIMITS = ((Gt, "gt", ">"), (Ge, "ge", ">="), (Lt, "lt", "<"), (Le, "le", "<="))


class Section(BaseModel):
    """A configuration section: frozen, no unknown keys, no silent casts, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True, allow_inf_nan=False)


def setting(default: Any, description: str, *, unit: str = "", paper: Any = None, **limits: Any):
    """Declare a field with its description, unit and paper value.

    Parameters
    ----------
    default : object
        Default value; a section class stands for that section with its defaults.
    description : str
        One sentence, shown by ``train.py --describe``.
    unit : str
        Unit, or empty for a pure number or a name.
    paper : object, optional
        Value in the system's paper; for the sections that systems share, in Li et al. (Table C.1 unless the description
        says otherwise), and a system with another paper declares the field anew.
    **limits
        Passed to :func:`pydantic.Field` (``ge``, ``gt``, ``le``, ``lt``, ...).
    """
    extra = {"unit": unit, "paper": paper}
    if isinstance(default, type) and issubclass(default, BaseModel):
        return _Field(default_factory=default, description=description, json_schema_extra=extra)
    return _Field(default, description=description, json_schema_extra=extra, **limits)


class Contradiction(ValueError):
    """Two values of a section that do not go together; raised in its model validators.

    Parameters
    ----------
    key : str
        Field of the section that should change; dotted below a nested section.
    got, expected, fix : str
        As in :class:`cyclegan_neuro.errors.UserError`.
    """

    def __init__(self, key: str, *, got: str, expected: str, fix: str):
        self.key, self.got, self.expected, self.fix = key, got, expected, fix
        super().__init__(f"{key}: got {got}, expected {expected}. Fix: {fix}")


@dataclass(frozen=True)
class Words:
    """Metadata of an ``Annotated`` type: what it accepts, for messages and tables."""

    text: str


_FRAMES = Words("[first, last] with 0 <= first <= last")
_FILE = Words("a file name")


def _as_stretch(value: Any) -> Any:
    pair = isinstance(value, list | tuple) and len(value) == 2 and all(type(frame) is int for frame in value)
    if not pair or not 0 <= value[0] <= value[1]:
        raise ValueError(f"expected {_FRAMES.text}")
    return tuple(value)


Stretch = Annotated[tuple[int, int], BeforeValidator(_as_stretch), _FRAMES]
"""Frames ``(first, last)``, both included; YAML writes ``[first, last]``."""

InputFile = Annotated[str, _FILE]
"""A file that is read; made absolute when a configuration is loaded."""


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union (without ``None``), or the annotation itself, in a tuple."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(part for part in get_args(annotation) if part is not NoneType)
    return (annotation,)


def section_of(field: FieldInfo) -> type[Section] | None:
    """Return the section class that a field holds (or may hold), if it holds one."""
    for part in alternatives(field.annotation):
        if isinstance(part, type) and issubclass(part, Section):
            return part
    return None


def section_within(field: FieldInfo) -> type[Section] | None:
    """Return the section class that a field holds, or those in the list that it holds."""
    own = (get_args(part)[0] for part in alternatives(field.annotation) if get_origin(part) is list)
    listed = next((part for part in own if isinstance(part, type) and issubclass(part, Section)), None)
    return section_of(field) or listed


def field_at(config: type[Section], path: Sequence[str | int]) -> FieldInfo | None:
    """Return the field at ``path`` below ``config``, or None if there is none; numbers are places in a list."""
    section: type[Section] | None = config
    field = None
    for name in path:
        if isinstance(name, int) and field is not None and section is not None and section_of(field) is None:
            continue
        if section is None or name not in section.model_fields:
            return None
        field = section.model_fields[name]
        section = section_within(field)
    return field


def walk_fields(config: type[Section], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Yield path and field of every field below ``config``, sections before what they hold."""
    for name, field in config.model_fields.items():
        yield (*path, name), field
        section = section_of(field)
        if section is not None:
            yield from walk_fields(section, (*path, name))


def is_input_file(field: FieldInfo) -> bool:
    """Whether the field names a file that is read."""
    return _FILE in field.metadata or any(_FILE in get_args(part) for part in alternatives(field.annotation))


def input_files(config: type[Section], *, section: str) -> tuple[str, ...]:
    """Return the dotted keys of the files that a section names, such as ``data.x.path``."""
    return tuple(
        ".".join(path) for path, field in walk_fields(config, ()) if path[0] == section and is_input_file(field)
    )


def value_at(config: Section, key: str) -> Any:
    """Return the value at a dotted key; None where a section on the way is absent."""
    value: Any = config
    for name in key.split("."):
        value = getattr(value, name, None)
    return value


def with_values(config: AnySection, values: Mapping[str, Any]) -> AnySection:
    """Return a configuration with other values of some fields, by dotted key such as ``data.x.path``."""
    for key, value in values.items():
        name, _, rest = key.partition(".")
        value = with_values(getattr(config, name), {rest: value}) if rest else value
        config = config.model_copy(update={name: value})
    return config


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
        f"{sign} {getattr(item, name):.10g}"
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
        listed = _annotation(arguments[0])
        return f"a list of {listed.replace('a section', 'sections')}"
    if origin is dict:
        return "a mapping {key: text}"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return "a section (key: value lines)"
    raise TypeError(f"no words for fields of type {annotation}")


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
