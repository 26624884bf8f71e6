"""A pickle as a description: read without running anything that is in it.

Pickles are programs that build objects. Here the names that they call are looked up in a list, never imported, and what
they would have been called with is noted (:class:`Made`). Only plain containers, numbers and text are built. An
operation, a name or a key outside of the lists ends the reading.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["BROKEN", "MOST_OPERATIONS", "Made", "Name", "OrderedItems", "Persistent", "UnsafeError", "described"]

#: One byte of a pickle can make 60 bytes in memory, so operations are counted. A region of Suite2p takes about 250.
MOST_OPERATIONS = 20_000_000
_ANYWAY, _BYTES_PER_OPERATION = 500_000, 10  # those of a small pickle; in a larger one arrays take most of it (30)
BROKEN = (EOFError, IndexError, KeyError, TypeError, ValueError)
"""What a stream raises that is no pickle."""

ORDERED = "OrderedDict"
"""Short name of ``collections.OrderedDict``, the one class whose calls are made: into a dictionary."""

_KEYS = (str, bytes, int, float, bool, type(None))  # whose hash takes no time; that of nested tuples can take for ever


@dataclass(eq=False)
class Made:
    """What a pickle would have made: the short name of what it calls, with what, and the state given to the result."""

    name: str
    arguments: tuple
    state: Any = None


class OrderedItems(dict):
    """What a pickle would have made of an ordered dictionary; a state given to it is forgotten."""


@dataclass(frozen=True, eq=False)
class Name:
    """A name of the list, by its short name."""

    name: str


@dataclass(frozen=True, eq=False)
class Persistent:
    """What lies outside of the pickle, by what the pickle calls it."""

    key: Any


class UnsafeError(Exception):
    """Something outside of the lists; its text says what."""


def described(content: bytes, names: Mapping[tuple[str, str], str], *, persistent: bool = False) -> Any:
    """Return what a pickle describes.

    Parameters
    ----------
    content : bytes
    names : mapping
        (module, name) → short name of everything that it may call.
    persistent : bool
        Whether it may refer to what lies outside of it; noted as :class:`Persistent`.

    Returns
    -------
    object
        Dictionaries, lists, tuples, numbers, text and bytes, and :class:`Made`, :class:`Name`, :class:`Persistent` in
        place of everything else.

    Raises
    ------
    UnsafeError
        At the first thing outside of the lists.
    EOFError, IndexError, KeyError, TypeError, ValueError
        If it is damaged (:data:`BROKEN`).
    """
    return _Machine(content, names, persistent=persistent).run()


class _Machine:
    """The stack machine of a pickle, without the parts that import, call or change anything."""

    def __init__(self, content: bytes, names: Mapping[tuple[str, str], str], *, persistent: bool):
        self.content, self.at = content, 0
        self.names, self.persistent = names, persistent
        self.stack: list = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return what the pickle describes."""
        most = min(MOST_OPERATIONS, _ANYWAY + len(self.content) // _BYTES_PER_OPERATION)
        for _ in range(most):
            operation = self.take(1)
            if operation == pickle.STOP:
                return self.stack.pop()
            if operation not in _OPERATIONS:
                raise UnsafeError(f"the operation {operation!r} of a pickle")
            _OPERATIONS[operation](self)
        raise UnsafeError(f"more than {most:,} operations")

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
            raise UnsafeError("values for something that is no list")
        self.stack[-1].extend(values)

    def put(self, items: tuple) -> None:
        """Add keys and values to the dictionary on top of the stack."""
        if not isinstance(self.stack[-1], dict) or not all(type(key) in _KEYS for key in items[::2]):
            raise UnsafeError("keys that are neither text nor numbers")
        self.stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def name(self, module: Any, name: Any) -> None:
        """Look a name up in the list; nothing is imported."""
        known = self.names.get((module, name)) if type(module) is type(name) is str else None
        if known is None:
            raise UnsafeError(f"the name {f'{module}.{name}'[:60]!r}" if type(name) is str else "a name of no text")
        self.stack.append(Name(known))

    def call(self) -> None:
        """Note a call."""
        called, arguments = self.pop(2)
        if not (isinstance(called, Name) and type(arguments) is tuple):
            raise UnsafeError("a call of something that has no name")
        ordered = called.name == ORDERED and not arguments
        self.stack.append(OrderedItems() if ordered else Made(called.name, arguments))

    def give_state(self) -> None:
        """Note the state of something that was made."""
        (state,) = self.pop(1)
        if isinstance(self.stack[-1], Made):
            self.stack[-1].state = state
        elif not isinstance(self.stack[-1], OrderedItems):
            raise UnsafeError("a state of something that was not made")

    def refer(self) -> None:
        """Note what lies outside of the pickle."""
        if not self.persistent:
            raise UnsafeError(f"the operation {pickle.BINPERSID!r} of a pickle")
        self.stack.append(Persistent(*self.pop(1)))


_Step = Callable[[_Machine], Any]


def _push(value: Callable[[_Machine], Any]) -> _Step:
    return lambda machine: machine.stack.append(value(machine))


def _remember(place: Callable[[_Machine], int]) -> _Step:
    return lambda machine: machine.memo.__setitem__(place(machine), machine.stack[-1])


#: What a pickle may do (protocol 2 and above); instances, registered objects and sets are not among it.
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
    pickle.BINPERSID: lambda m: m.refer(),
}
