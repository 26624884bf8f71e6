"""YAML 1.2 scalars, lines, and what is refused."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.configuration.strict_yaml import dump, one_line, parse
from cyclegan_neuro.errors import ConfigurationError


def value_of(text):
    return parse(f"key: {text}", name="c.yaml")[0]["key"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-4", 1e-4), ("1E3", 1000.0), ("4.", 4.0), (".5", 0.5), ("-2.5e+1", -25.0), (".inf", math.inf),
        ("12", 12), ("+3", 3), ("010", 10), ("0o10", 8), ("0x1F", 31),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("No", "No"), ("y", "y"),
        ("'1e-4'", "1e-4"), ("1_000", "1_000"), ("12:30", "12:30"), ("2021-11-25", "2021-11-25"), ("1e", "1e"),
    ],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(text, expected):
    value = value_of(text)
    assert value == expected
    assert type(value) is type(expected)


def test_nan_is_a_number():
    assert math.isnan(value_of(".nan"))


def test_lines_of_keys_and_items():
    values, lines = parse("a: 1\nb:\n  c: [2,\n    3]\n", name="c.yaml")
    assert values == {"a": 1, "b": {"c": [2, 3]}}
    assert lines == {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "c", 0): 3, ("b", "c", 1): 4}


def test_an_empty_document_is_none():
    assert parse("# nothing but a comment\n", name="c.yaml") == (None, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "c.yaml, line 3, a: got the key 'a' a second time, expected each key once (first on"),
        ("a:\n  b: 1\n  b: 1\n", "c.yaml, line 3, a.b: got the key 'b' a second time"),
        ("a:\n\tb: 1\n", "c.yaml, line 2, column 1: got found character '\\t' that cannot start any token"),
        ("a: [1, 2\n", "expected ',' or ']'"),
        ("a: b: c\n", "line 1, column 5: got mapping values are not allowed here"),
        ("a: &x 1\nb: *x\n", "line 1, column 4: got anchors (&) and aliases (*) are not used here"),
        ("a: !!python/name:os.system x\n", "line 1: got the tag !!python/name:os.system, expected plain values"),
        ("a: !!int twelve\n", "line 1: got 'twelve' tagged !!int, expected a value that fits its tag"),
        ("1: a\n", "line 1: got the key '1', expected a name. Fix: quote it"),
        ("a: 1\n---\nb: 2\n", "but found another document"),
        ("a: \x01\n", "special characters are not allowed"),
    ],
)  # fmt: skip
def test_refused(text, message):
    with pytest.raises(ConfigurationError) as caught:
        parse(text, name="c.yaml")
    assert message in str(caught.value)


def test_a_tab_is_answered_with_spaces():
    with pytest.raises(ConfigurationError, match="Fix: indent with spaces"):
        parse("a:\n\tb: 1\n", name="c.yaml")


def test_nested_aliases_do_not_explode():
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    with pytest.raises(ConfigurationError, match="aliases"):
        parse(bomb, name="c.yaml")


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
names = st.text(min_size=1, max_size=10)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(names, st.recursive(scalars, lambda x: st.lists(x) | st.dictionaries(names, x), max_leaves=5)))
def test_what_is_written_reads_back_equal(values):
    assert parse(dump(values), name="c.yaml")[0] == values


@pytest.mark.parametrize("text", ["1e-4", "on", "true", "null", "12", "a: b", "# c", "", "0x10", "- x", "é"])
def test_text_stays_text(text):
    assert parse(dump({"key": text}), name="c.yaml")[0] == {"key": text}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (1e-5, "1.0e-05"), ("a", "a"), ([], "[]"), ([(1, 2)], "[[1, 2]]"), ({"a": None}, "{a: null}")],
)
def test_one_line(value, text):
    assert one_line(value) == text
