"""What pydantic found wrong, said with file, line, dotted key, value, expectation and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cyclegan_neuro.configuration.fields import (
    Contradiction,
    Section,
    accepts,
    alternatives,
    choices,
    field_at,
    section_of,
    section_within,
    show,
    walk_fields,
)  # fmt: skip
from cyclegan_neuro.errors import ConfigurationError

__all__ = ["explain"]

Location = tuple[str | int, ...]


def explain(error: ValidationError, config: type[Section], where: Callable[[Location], str]) -> ConfigurationError:
    """Turn pydantic's errors into one error of ours.

    Parameters
    ----------
    error : pydantic.ValidationError
    config : type
        The model that was validated.
    where : callable
        From a path of keys to the place where the user wrote it (file and line, or ``--set``).

    Returns
    -------
    ConfigurationError
        The first problem; further ones follow on lines of their own.
    """
    found: dict[str, ConfigurationError] = {}
    for detail in error.errors():
        location = _known_part(config, detail["loc"], detail["type"])
        problem = _problem(config, location, detail, where)
        found.setdefault(problem.where, problem)  # a union reports once per member
    first, *others = found.values()
    if not others:
        return first
    more = "".join(f"\n{other}" for other in others)
    return ConfigurationError(first.where, got=first.got, expected=first.expected, fix=first.fix + more)


def _known_part(config: type[Section], location: Location, kind: str) -> Location:
    """Cut off what pydantic adds to a path: members of a union, positions within a list."""
    for end in range(len(location), 0, -1):
        if field_at(config, location[:end]) is not None:
            rest = location[end:]
            inside = kind == "extra_forbidden" or (rest and isinstance(rest[0], int))
            return location[: end + 1] if inside and rest else location[:end]
    return location[:1]


def _problem(config: type[Section], location: Location, detail: Any, where: Callable[[Location], str]):
    if detail["type"] == "extra_forbidden":
        return _unknown_key(config, location, where)
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, Contradiction):
        location = (*location, *cause.key.split("."))
        return ConfigurationError(_place(location, where), got=cause.got, expected=cause.expected, fix=cause.fix)
    field = field_at(config, [part for part in location if isinstance(part, str)])
    if field is None or (detail["type"] == "value_error" and isinstance(location[-1], int)):
        expected = detail["msg"].removeprefix("Value error, ").removeprefix("expected ")
        fix = "write pairs, for example [[0, 240]]"
    else:
        expected, fix = accepts(field), _remedy(field, detail["input"])
    if detail["type"] == "missing":
        return ConfigurationError(
            _place(location, where), got="no value", expected=expected, fix=f"add '{location[-1]}: ...'"
        )
    return ConfigurationError(_place(location, where), got=show(detail["input"]), expected=expected, fix=fix)


def _unknown_key(config: type[Section], location: Location, where: Callable[[Location], str]) -> ConfigurationError:
    *parents, key = location
    section = config if not parents else section_within(field_at(config, parents))
    known = list(section.model_fields)
    near = get_close_matches(str(key), known, n=1)
    elsewhere = sorted((path for path, _ in walk_fields(config) if path[-1] == key), key=len)
    meant: list[Location] = [*elsewhere] or [(*parents, name) for name in near]
    expected = f"a key of '{'.'.join(map(str, parents))}'" if parents and meant else f"one of {', '.join(known)}"
    fix = "remove it, or use one of these names"
    if meant:
        fix = f"did you mean {' or '.join(repr('.'.join(map(str, path))) for path in meant)}?"
    return ConfigurationError(_place(location, where), got=f"the unknown key '{key}'", expected=expected, fix=fix)


def _remedy(field: FieldInfo, value: Any) -> str:
    """Say how to mend a value that a field does not take."""
    kinds = alternatives(field.annotation)
    if section_of(field) is not None and not isinstance(value, dict):
        return "give it keys on indented lines, or remove it"
    if bool in kinds and isinstance(value, str) and value.lower() in {"on", "yes", "off", "no", "true", "false"}:
        return f"write {'true' if value.lower() in {'on', 'yes', 'true'} else 'false'}"
    if {int, float} & set(kinds):
        return _number_remedy(kinds, value)
    names = choices(field)
    if isinstance(value, str) and value in names:  # a number among the choices, written as text
        return f"write {value}, without quotes"
    text = str(value).lower()
    near = get_close_matches(text, [name for name in names if text in name], n=1, cutoff=0.0)
    near = near or get_close_matches(text, names, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    if str in kinds and isinstance(value, int | float) and not names:
        return f"quote it: '{value}'"
    if field.is_required() or section_of(field) is not None:
        return "correct the value"
    return f"correct the value, or leave it out for the default ({show(field.get_default(call_default_factory=True))})"


def _number_remedy(kinds: Sequence[Any], value: Any) -> str:
    if isinstance(value, float) and float not in kinds:
        return f"write {int(value)}" if value.is_integer() else "write a whole number"
    if not isinstance(value, str):
        return "choose a value in that range" if isinstance(value, int | float) else "write a number"
    meant = list(dict.fromkeys(filter(_is_number, _without_separators(value.strip(), kinds))))
    if not meant:
        return "write a number"
    if len(meant) == 1 and "," in value and float in kinds:
        return f"write {meant[0]}: decimals have a point, and nothing stands between thousands"
    return f"it is text, not a number: write {' or '.join(meant)}, without quotes or separators"


def _without_separators(text: str, kinds: Sequence[Any]) -> list[str]:
    """Return the numbers that may be meant; with a comma the decimals may begin, or thousands end."""
    plain = re.sub(r"[_\s']", "", text)
    grouped, decimal = plain.replace(",", ""), plain.replace(".", "").replace(",", ".")
    if float not in kinds or "," not in plain or plain.count(",") > 1 or plain.find(".") > plain.find(","):
        return [grouped]
    decimal = re.sub(r"^([-+]?)0+(?=\d)", r"\1", decimal)
    thousands = re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", plain)
    return [decimal, grouped] if thousands else [decimal]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _place(location: Location, where: Callable[[Location], str]) -> str:
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    return f"{where(location)}, {dotted}" if dotted else where(location)
