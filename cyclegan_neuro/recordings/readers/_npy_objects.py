"""Object arrays of NumPy (``stat.npy``, ``ops.npy`` of Suite2p) without running anything that is in them.

These files are pickles, programs that build objects. Here a pickle is read as a description: the names that it calls
are looked up in a list, never imported, and what they would have been called with is noted (:class:`Made`). Only plain
containers, numbers and text are built. An operation, a name or a key outside of the lists ends the reading.
"""

from __future__ import annotations

import pickle
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room, size_text
from cyclegan_neuro.recordings.readers import _npy_stream
from cyclegan_neuro.recordings.readers.base import damaged

__all__ = ["LARGEST_BYTES", "MOST_OPERATIONS", "Made", "numbers", "read_objects"]

#: A file of Suite2p with thousands of regions has some 100 MB, most of it images and pixels.
LARGEST_BYTES = 2**30
#: A region takes about 250 operations. One byte of a pickle can make 60 bytes in memory, so these are counted.
MOST_OPERATIONS = 20_000_000

_NAMES = {
    **{(f"numpy.{core}.multiarray", name): name for core in ("core", "_core") for name in ("_reconstruct", "scalar")},
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",  # bytes, in pickles of protocol 2
    # Noted like all names, and used for nothing: the time of a run, and where its files lay.
    **{("datetime", name): name for name in ("datetime", "timedelta", "timezone")},
    **{("pathlib", f"{system}Path"): "path" for system in ("Posix", "Windows", "PurePosix", "PureWindows")},
}
_KEYS = (str, bytes, int, float, bool, type(None))  # whose hash takes no time; that of nested tuples can take for ever
_MOST_NUMBERS = 10_000  # one array may stand in a million places
_NUMBER = re.compile(r"[biuf][1248]")
_BROKEN = (EOFError, IndexError, KeyError, TypeError, ValueError)  # of a stream that is no pickle


@dataclass(eq=False)
class Made:
    """What a pickle would have made: the short name of what it calls, with what, and the state given to the result."""

    name: str
    arguments: tuple
    state: Any = None


@dataclass(frozen=True, eq=False)
class _Name:
    name: str


class _UnsafeError(Exception):
    """Something outside of the lists; its text says what."""


def read_objects(path: Path) -> list:
    """Return the elements of an array of objects, in its order.

    Parameters
    ----------
    path : Path
        A ``.npy`` file of type object, of any shape.

    Returns
    -------
    list
        Dictionaries, lists, tuples, numbers, text and bytes, and :class:`Made` in place of everything else.

    Raises
    ------
    RecordingError
        If the file is no array of objects, too large, damaged, or does what no such array needs.
    """
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise RecordingError(
            str(path), got=size_text(size), expected=f"at most {size_text(LARGEST_BYTES)} of Python objects",
            fix="give what is needed from it in the configuration",
        )  # fmt: skip
    require_room(str(path), shape=(size,), itemsize=1)
    with open(path, "rb") as stream:
        _, _, dtype = _npy_stream.read_header(stream, path)
        content = stream.read()
    if not dtype.hasobject:
        raise RecordingError(str(path), got=f"{dtype} values", expected="Python objects", fix="name the file itself")
    try:
        array = _Machine(content).run()
        if isinstance(array, Made) and array.name == "_reconstruct":
            _, _, _, _, items = array.state
            if isinstance(items, list):
                return items
        raise _UnsafeError("no array")
    except _UnsafeError as error:
        raise RecordingError(
            str(path),
            got=f"Python objects with {error}",
            expected="arrays, numbers and text; nothing in such a file is ever run",
            fix="write the file anew with the program that made it; if somebody else gave it to you, ask what it is",
        ) from None
    except _BROKEN as error:
        raise damaged(path, "Python objects", error) from error


def numbers(value: Any) -> list[float] | None:
    """Return a number, a list of numbers or a short array of them as a flat list; None for anything else.

    Examples
    --------
    >>> numbers((1, 2.5)), numbers("text")
    ([1.0, 2.5], None)
    """
    if isinstance(value, int | float):
        return [float(value)]
    if isinstance(value, list | tuple):
        parts = [numbers(part) if isinstance(part, int | float | Made) else None for part in value[:_MOST_NUMBERS]]
        single = [part[0] for part in parts if part is not None and len(part) == 1]
        return single if len(single) == len(value) else None
    if not isinstance(value, Made):
        return None
    if value.name == "scalar" and len(value.arguments) == 2:
        return _decoded(*value.arguments)
    if value.name == "_reconstruct" and isinstance(value.state, tuple) and len(value.state) == 5:
        return _decoded(value.state[2], value.state[4])
    return None


def _decoded(dtype: Any, content: Any) -> list[float] | None:
    """Numbers from their bytes; None for any type but plain numbers."""
    if not (isinstance(dtype, Made) and dtype.name == "dtype" and dtype.arguments):
        return None
    if isinstance(content, Made) and content.name == "encode" and content.arguments[1:] == ("latin1",):
        text = content.arguments[0]
        content = text.encode("latin1", "replace") if isinstance(text, str) else None
    state, code = dtype.state, dtype.arguments[0]
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "="
    plain = isinstance(code, str) and _NUMBER.fullmatch(code) and order in ("<", ">", "=", "|")
    if not (plain and isinstance(content, bytes) and len(content) <= 8 * _MOST_NUMBERS):
        return None
    try:
        return np.frombuffer(content, np.dtype(order.replace("|", "=") + code)).astype(np.float64).tolist()
    except (TypeError, ValueError):  # b2, or bytes that are no whole number of values
        return None


class _Machine:
    """The stack machine of a pickle, without the parts that import, call or change anything."""

    def __init__(self, content: bytes):
        self.content, self.at = content, 0
        self.stack: list = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return what the pickle describes."""
        for _ in range(MOST_OPERATIONS):
            operation = self.take(1)
            if operation == pickle.STOP:
                return self.stack.pop()
            if operation not in _OPERATIONS:
                raise _UnsafeError(f"the operation {operation!r} of a pickle")
            _OPERATIONS[operation](self)
        raise _UnsafeError(f"more than {MOST_OPERATIONS:,} operations")

    def take(self, n_bytes: int) -> bytes:
        """Return the next bytes."""
        taken = self.content[self.at : self.at + n_bytes]
        if len(taken) < n_bytes:
            raise EOFError("it ends too early")
        self.at += n_bytes
        return taken

    def number(self, layout: str) -> Any:
        """Return the next number, of a layout of ``struct``."""
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def sized(self, layout: str) -> bytes:
        """Return as many bytes as the next number says."""
        return self.take(self.number(layout))

    def text(self, layout: str) -> str:
        """Return text of as many bytes as the next number says."""
        return self.sized(layout).decode("utf-8", "replace")

    def line(self) -> str:
        """Return the rest of the line."""
        end = self.content.index(b"\n", self.at)
        return self.take(end + 1 - self.at)[:-1].decode("utf-8", "replace")

    def pop(self, n_values: int) -> tuple:
        """Take values from the stack."""
        if len(self.stack) < n_values:
            raise IndexError("an empty stack")
        values = tuple(self.stack[len(self.stack) - n_values :])
        del self.stack[len(self.stack) - n_values :]
        return values

    def pop_marked(self) -> tuple:
        """Take the values since the last mark from the stack."""
        return self.pop(len(self.stack) - self.marks.pop())

    def extend(self, values: tuple) -> None:
        """Append to the list on top of the stack."""
        if type(self.stack[-1]) is not list:
            raise _UnsafeError("values for something that is no list")
        self.stack[-1].extend(values)

    def put(self, items: tuple) -> None:
        """Add keys and values to the dictionary on top of the stack."""
        if type(self.stack[-1]) is not dict or not all(type(key) in _KEYS for key in items[::2]):
            raise _UnsafeError("keys that are neither text nor numbers")
        self.stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def name(self, module: Any, name: Any) -> None:
        """Look a name up in the list; nothing is imported."""
        known = _NAMES.get((module, name)) if type(module) is type(name) is str else None
        if known is None:
            raise _UnsafeError(f"the name {f'{module}.{name}'[:60]!r}" if type(name) is str else "a name of no text")
        self.stack.append(_Name(known))

    def call(self) -> None:
        """Note a call."""
        called, arguments = self.pop(2)
        if not (isinstance(called, _Name) and type(arguments) is tuple):
            raise _UnsafeError("a call of something that has no name")
        self.stack.append(Made(called.name, arguments))

    def give_state(self) -> None:
        """Note the state of something that was made."""
        (state,) = self.pop(1)
        if not isinstance(self.stack[-1], Made):
            raise _UnsafeError("a state of something that was not made")
        self.stack[-1].state = state


_Step = Callable[[_Machine], Any]


def _push(value: Callable[[_Machine], Any]) -> _Step:
    return lambda machine: machine.stack.append(value(machine))


def _remember(place: Callable[[_Machine], int]) -> _Step:
    return lambda machine: machine.memo.__setitem__(place(machine), machine.stack[-1])


#: What a pickle may do (protocol 2 and above); instances, persistent and registered objects, sets are not among it.
_OPERATIONS: dict[bytes, _Step] = {
    pickle.PROTO: lambda m: m.take(1),
    pickle.FRAME: lambda m: m.take(8),
    pickle.MARK: lambda m: m.marks.append(len(m.stack)),
    pickle.NONE: _push(lambda m: None),
    pickle.NEWTRUE: _push(lambda m: True),
    pickle.NEWFALSE: _push(lambda m: False),
    pickle.BININT: _push(lambda m: m.number("<i")),
    pickle.BININT1: _push(lambda m: m.number("<B")),
    pickle.BININT2: _push(lambda m: m.number("<H")),
    pickle.LONG1: _push(lambda m: int.from_bytes(m.sized("<B"), "little", signed=True)),
    pickle.BINFLOAT: _push(lambda m: m.number(">d")),
    pickle.SHORT_BINUNICODE: _push(lambda m: m.text("<B")),
    pickle.BINUNICODE: _push(lambda m: m.text("<I")),
    pickle.BINUNICODE8: _push(lambda m: m.text("<Q")),
    pickle.SHORT_BINBYTES: _push(lambda m: m.sized("<B")),
    pickle.BINBYTES: _push(lambda m: m.sized("<I")),
    pickle.BINBYTES8: _push(lambda m: m.sized("<Q")),
    pickle.EMPTY_LIST: _push(lambda m: []),
    pickle.APPEND: lambda m: m.extend(m.pop(1)),
    pickle.APPENDS: lambda m: m.extend(m.pop_marked()),
    pickle.EMPTY_DICT: _push(lambda m: {}),
    pickle.SETITEM: lambda m: m.put(m.pop(2)),
    pickle.SETITEMS: lambda m: m.put(m.pop_marked()),
    pickle.EMPTY_TUPLE: _push(lambda m: ()),
    pickle.TUPLE: _push(lambda m: m.pop_marked()),
    pickle.TUPLE1: _push(lambda m: m.pop(1)),
    pickle.TUPLE2: _push(lambda m: m.pop(2)),
    pickle.TUPLE3: _push(lambda m: m.pop(3)),
    pickle.BINPUT: _remember(lambda m: m.number("<B")),
    pickle.LONG_BINPUT: _remember(lambda m: m.number("<I")),
    pickle.MEMOIZE: _remember(lambda m: len(m.memo)),
    pickle.BINGET: _push(lambda m: m.memo[m.number("<B")]),
    pickle.LONG_BINGET: _push(lambda m: m.memo[m.number("<I")]),
    pickle.GLOBAL: lambda m: m.name(m.line(), m.line()),
    pickle.STACK_GLOBAL: lambda m: m.name(*m.pop(2)),
    pickle.REDUCE: lambda m: m.call(),
    pickle.BUILD: lambda m: m.give_state(),
}
