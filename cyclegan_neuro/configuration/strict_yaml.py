"""YAML without its traps: ``1e-4`` is a number, ``on`` is text, a key given twice is an error.

PyYAML follows YAML 1.1, reads ``1e-4`` as text and ``on`` as true, and keeps the last of two
equal keys. Here scalars follow the core schema of YAML 1.2, for reading and for writing.

References
----------
YAML 1.2.2, section 10.3 (core schema), https://yaml.org/spec/1.2.2/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from cyclegan_neuro.errors import ConfigurationError

__all__ = ["dump", "one_line", "parse"]

Path = tuple[str | int, ...]
_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict = {}  # noqa: RUF012 - PyYAML's own class attribute

    def compose_node(self, parent, index):
        """Refuse anchors and aliases: they hide values, and nested ones explode."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise yaml.MarkedYAMLError(
                problem="anchors (&) and aliases (*) are not used here", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers: dict = {}  # noqa: RUF012 - PyYAML's own class attribute

    def ignore_aliases(self, data):
        return True

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Quote the line breaks of Unicode, which PyYAML would write plainly and read back as blanks."""
    style = '"' if re.search("[\x85\u2028\u2029]", text) else None
    return dumper.represent_scalar(_TAG + "str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_PLAIN: dict[str, Any] = {"Dumper": _Dumper, "sort_keys": False, "allow_unicode": True, "width": float("inf")}

_CORE_SCHEMA = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}
for _name, (_pattern, _first) in _CORE_SCHEMA.items():
    for _side in (_Loader, _Dumper):
        _side.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)


def _integer(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text if base == 10 else text[2:], base)


_SCALARS: dict[str, Callable[[str], Any]] = {
    _TAG + "null": lambda text: None,
    _TAG + "bool": lambda text: text.lower() == "true",
    _TAG + "int": _integer,
    _TAG + "float": lambda text: float(re.sub(r"\.(inf|nan)", r"\1", text.lower())),
    _TAG + "str": str,
}


def parse(text: str, *, name: str) -> tuple[Any, dict[Path, int]]:
    """Parse one YAML document.

    Parameters
    ----------
    text : str
        The document.
    name : str
        What to call it in messages: a file, an option.

    Returns
    -------
    values : object
        Dictionaries with text keys, lists and scalars; None for an empty document.
    lines : dict
        Line, counted from 1, of every key and list item, by path: ``("training", "epochs")``.

    Raises
    ------
    ConfigurationError
        If the text is no YAML, a key is given twice or is no text, or a tag or an alias is used.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _syntax_error(error, name) from error
    lines: dict[Path, int] = {}
    return (None if node is None else _construct(node, (), lines, name)), lines


def dump(values: Any) -> str:
    """Write dictionaries, lists, tuples and scalars as YAML that :func:`parse` reads back equal.

    Examples
    --------
    >>> dump({"rate": 1e-4, "text": "1e-4", "on": "yes"})
    "rate: 0.0001\\ntext: '1e-4'\\non: yes\\n"
    """
    return yaml.dump(values, **_PLAIN)


def one_line(value: Any) -> str:
    """Write a value on one line, as it could stand behind a key.

    Examples
    --------
    >>> one_line({"path": "a.h5", "unit": None})
    '{path: a.h5, unit: null}'
    """
    return yaml.dump(value, default_flow_style=True, **_PLAIN).strip().removesuffix("...").strip()


def _construct(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    if node.tag not in {*_SCALARS, _TAG + "map", _TAG + "seq"}:
        raise ConfigurationError(
            _at(name, node),
            got=f"the tag {node.tag.replace(_TAG, '!!')}",
            expected="plain values",
            fix="remove the tag",
        )
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, name)
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            lines[(*path, index)] = _line(item)
            items.append(_construct(item, (*path, index), lines, name))
        return items
    try:
        return _SCALARS[node.tag](node.value)
    except (KeyError, ValueError) as error:  # only with an explicit tag, such as !!int abc
        raise ConfigurationError(
            _at(name, node),
            got=f"'{node.value}' tagged {node.tag.replace(_TAG, '!!')}",
            expected="a value that fits its tag",
            fix="remove the tag",
        ) from error


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int], name: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _construct(key_node, path, {}, name)
        if not isinstance(key, str):
            raise ConfigurationError(
                _at(name, key_node), got=f"the key {key_node.value!r}", expected="a name", fix="quote it if it is meant"
            )
        here = (*path, key)
        if key in values:
            raise ConfigurationError(
                f"{_at(name, key_node)}, {'.'.join(map(str, here))}",
                got=f"the key '{key}' a second time",
                expected=f"each key once (first on line {lines[here]})",
                fix=f"keep line {lines[here]} or line {_line(key_node)}",
            )
        lines[here] = _line(key_node)
        values[key] = _construct(value_node, here, lines, name)
    return values


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _at(name: str, node: yaml.Node) -> str:
    return f"{name}, line {_line(node)}"


def _syntax_error(error: yaml.YAMLError, name: str) -> ConfigurationError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    fix = (
        "indent with spaces" if r"'\t'" in problem else "quote text that holds : # [ ] { } & * or %, and align the keys"
    )
    if "anchors" in problem:
        fix = "write the value out where it is needed"
    where = name if mark is None else f"{name}, line {mark.line + 1}, column {mark.column + 1}"
    return ConfigurationError(where, got=problem, expected="YAML (key: value)", fix=fix)
