"""Matching by ROI ids, and ids that do not mean what they seem to."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

import numpy as np

from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.checks.pairs import distance_apart
from cyclegan_neuro.recordings.conversion import require_distinct_ids
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["Matched", "match_ids", "normalised"]

#: Columns of x, columns of y, findings, notes.
Matched = tuple[np.ndarray, np.ndarray, list[Finding], list[str]]

_UNREGISTERED = {"", "-1", "nan", "none", "null", "na", "n/a", "<na>"}
_PADDING = re.compile(r"(?<![\d.])0+(?=\d)")  # not the zeros of 1.05
_WHOLE = re.compile(r"(\d+)\.0*")


def normalised(name: str) -> str:
    """Return an id without what programs add or lose: padding, case, Unicode form, ``.0`` of a whole number.

    Examples
    --------
    >>> [normalised(name) for name in ("Cell_007 ", "cell_7", "12.0", "1.05")]
    ['cell_7', 'cell_7', '12', '1.05']
    """
    name = unicodedata.normalize("NFC", name).strip("\0 \t\r\n").casefold()
    whole = _WHOLE.fullmatch(name)
    return _PADDING.sub("", whole.group(1) if whole else name)


def match_ids(x: Recording, y: Recording, *, same_order: bool = False) -> Matched:
    """Match two days by their ROI ids.

    Ids that mean "not registered" match nothing. Where ids as they are leave neurons over, they are compared as
    :func:`normalised`, if that makes no two of a day equal and finds more.

    Parameters
    ----------
    x, y : Recording
    same_order : bool
        Whether the user says that both days have the same neurons in the same columns: ids that only count columns
        (a critical finding otherwise) are then as good as none.

    Raises
    ------
    PairingError
        If ids repeat, or none is on both days.
    """
    kept, findings = _registered(x, y)
    names = [{day.roi_ids[column]: column for column in columns} for day, columns in zip((x, y), kept, strict=True)]
    for day, columns in zip((x, y), kept, strict=True):
        require_distinct_ids([day.roi_ids[c] for c in columns], where=day.label, error_type=PairingError)
    common = [name for name in names[0] if name in names[1]]
    if len(common) < min(map(len, names)):
        plain = [{normalised(name): column for name, column in of_day.items()} for of_day in names]
        found = [name for name in plain[0] if name in plain[1]]
        injective = all(len(a) == len(b) for a, b in zip(plain, names, strict=True))
        if injective and len(found) > len(common):
            findings.append(_other_spelling(x, y, [(plain[0][name], plain[1][name]) for name in found]))
            names, common = plain, found
    if not common:
        raise _nothing_in_common(x, y)
    findings += [*_positions(x, y, same_order), *_zero(x, y, common), *_few(x, y, len(common))]
    columns_x, columns_y = (np.array([of_day[name] for name in common], np.int64) for of_day in names)
    return columns_x, columns_y, findings, _notes(x, y, len(common))


def _registered(x: Recording, y: Recording) -> tuple[list[list[int]], list[Finding]]:
    """Return the columns of each day whose ids name a neuron, and what is said of the others."""
    zeros = any(Counter(day.roi_ids)["0"] > 1 for day in (x, y))  # CellReg's "not found in this session"
    markers = _UNREGISTERED | ({"0"} if zeros else set())
    kept, told = [], []
    for day in (x, y):
        is_marker = [name.strip().casefold() in markers for name in day.roi_ids]
        kept.append([column for column, without in enumerate(is_marker) if not without])
        found = Counter(name for name, without in zip(day.roi_ids, is_marker, strict=True) if without)
        if found:
            told.append(f"{day.label}: " + ", ".join(f"'{name}' {count} times" for name, count in found.items()))
    if not told:
        return kept, []
    finding = Finding(
        "warning", "unregistered", f"{x.label} and {y.label}, field roi_ids",
        got=f"ids that mean 'not registered' ({'; '.join(told)})", expected="ids of registered neurons",
        fix="nothing, if these neurons were not found on the other day: they are left out",
    )  # fmt: skip
    return kept, [finding]


def _other_spelling(x: Recording, y: Recording, pairs: list[tuple[int, int]]) -> Finding:
    differ = [(x.roi_ids[i], y.roi_ids[k]) for i, k in pairs if x.roi_ids[i] != y.roi_ids[k]]
    shown = ", ".join(f"{a!r} and {b!r}" for a, b in differ[:3])
    return Finding(
        "warning", "spelling_of_ids", f"{x.label} and {y.label}, field roi_ids",
        got=f"{len(differ)} ids that are equal but for padding, case or Unicode form ({shown})",
        expected="the same spelling on both days", fix="nothing, if these are the same neurons: they were matched",
    )  # fmt: skip


def _nothing_in_common(x: Recording, y: Recording) -> PairingError:
    first = [", ".join(day.roi_ids[:3]) for day in (x, y)]
    return PairingError(
        "roi_ids",
        got=f"no id in common ({x.label}: {first[0]}, ...; {y.label}: {first[1]}, ...)",
        expected="ids that name the same neuron on both days",
        fix="use registered cell numbers as roi_ids, name the table that a registration tool wrote in data.matching, "
        "or set assume_same_order: true if the columns agree",
    )


def _run(day: Recording) -> tuple[str, int] | None:
    """Return prefix and first number of ids that count from 0 or 1 in the order of the columns: c0, c1, c2, ..."""
    names = list(map(normalised, day.roi_ids))
    prefix = names[0].rstrip("0123456789")
    return next(((prefix, n) for n in (0, 1) if names == [f"{prefix}{n + i}" for i in range(len(names))]), None)


def _positions(x: Recording, y: Recording, same_order: bool) -> Iterator[Finding]:
    """Ids of both days that count through the columns: each day may have been numbered by itself."""
    runs = [_run(day) for day in (x, y)]
    if None in runs or runs[0][0] != runs[1][0]:
        return
    (prefix, first_x), (_, first_y) = runs
    same = first_x == first_y and x.n_neurons == y.n_neurons
    if prefix and same:  # simulators and registered cells are named so; bare numbers are what a matrix has anyway
        return
    told = [
        f"{day.label}: {prefix}{first} to {prefix}{first + day.n_neurons - 1}"
        for day, (_, first) in zip((x, y), runs, strict=True)
    ]
    if same:
        yield _counting(x, y, "; ".join(told), same_order)
        return
    fix = "each day seems to be numbered by itself. "
    if first_x != first_y:
        fix = "one day counts from 0, the other from 1: every neuron would meet its neighbour. "
    fix += "Use registered cell numbers, or a table (data.matching)"
    fix += "" if prefix else "; if these are registered numbers in spite of that, write them with a prefix (cell_1)"
    yield Finding(
        "warning" if prefix else "critical", "ids_are_positions", f"{x.label} and {y.label}, field roi_ids",
        got=f"ids that count through the columns ({'; '.join(told)})", expected="ids that name the same neuron",
        fix=fix,
    )  # fmt: skip


def _counting(x: Recording, y: Recording, told: str, same_order: bool) -> Finding:
    """Bare numbers through equally many columns: the same neurons if somebody says so, or if their centres do."""
    where, got = f"{x.label} and {y.label}, field roi_ids", f"ids that count through the columns ({told})"
    expected = "ids that name the same neuron"
    apart = distance_apart(x, y)
    if apart is not None:
        got += f", of neurons that lie in the same places (median {apart:.1f} µm apart once aligned)"
        return Finding("info", "ids_are_positions", where, got, expected, "nothing to do")
    if same_order:
        fix = "nothing, if the columns are the same neurons, as assume_same_order says"
        return Finding("warning", "ids_are_positions", where, got, expected, fix)
    fix = (
        "number i is another neuron on each day, if they were segmented one by one: match them with a table "
        "(data.matching). If both were segmented together, say so with data.assume_same_order: true"
    )
    return Finding("critical", "ids_are_positions", where, got, expected, fix)


def _zero(x: Recording, y: Recording, common: list[str]) -> Iterator[Finding]:
    names = [list(map(normalised, day.roi_ids)) for day in (x, y)]
    if "0" not in common or all(of_day[0] == "0" for of_day in names):
        return
    columns = [of_day.index("0") for of_day in names]
    yield Finding(
        "warning", "id_zero", f"{x.label} and {y.label}, field roi_ids",
        got=f"the id 0 once on each day, in columns {' and '.join(map(str, columns))}",
        expected="0 as a neuron's number, and not CellReg's 'not found in this session'",
        fix="leave this neuron out of one file, or write '', if it was not found on the other day",
    )  # fmt: skip


def _few(x: Recording, y: Recording, common: int) -> Iterator[Finding]:
    if common * 2 >= min(x.n_neurons, y.n_neurons):
        return
    yield Finding(
        "warning",
        "few_matches",
        f"{x.label} and {y.label}, field roi_ids",
        got=f"{common} ids in common; {_only(x, y, common)}",
        expected="most neurons of the smaller day",
        fix="check that both days use the same numbering",
    )


def _notes(x: Recording, y: Recording, common: int) -> list[str]:
    if common == x.n_neurons == y.n_neurons:
        return []
    return [f"{common} neurons matched by ROI id; left out: {_only(x, y, common)}"]


def _only(x: Recording, y: Recording, common: int) -> str:
    return f"{x.n_neurons - common} only on {x.label}, {y.n_neurons - common} only on {y.label}"
