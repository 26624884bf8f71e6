"""Whether an HDF5 file can be opened, listed and read at all, found out in another process.

One wrong byte can make libhdf5 loop for ever, ask for all memory, or end the process. So before this process opens a
file, a helper has done to it what a reader does: it lives as long as the program, starts with the first file (0.2 s),
needs some milliseconds for most and looks around for 0.3 s at most, and has limits of processor time and memory. The
values of large data sets are not read there: their chunks are looked up, and
:mod:`cyclegan_neuro.recordings.readers._hdf5_chunks` bounds what they become.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path
from typing import Any

import h5py

from cyclegan_neuro.recordings.readers._guard import require_file
from cyclegan_neuro.recordings.readers._hdf5_chunks import require_bounded
from cyclegan_neuro.recordings.readers._hdf5_gate import walk
from cyclegan_neuro.recordings.readers.base import damaged

__all__ = ["require_readable"]

_LOG = logging.getLogger(__name__)
_LOOK_S, _STUCK_S = 0.3, 1.0  # processor time: for looking around, and more for one call that does not return
_MOST_S, _BYTES_PER_S = 20.0, 2**25  # more for a call on a large file, which may have a million links
_WAIT_S = 600.0  # for a disk, or a machine on which everything waits
_MEMORY_BYTES, _MOST_MEMORY = 2**27, 2**32  # and twice the file, which may hold many objects, up to the latter
_LACK = re.compile("memory allocation|malloc|(unable to|can't|cannot|could not) allocate", re.IGNORECASE)
_CHUNK_BYTES = 2**24  # of one chunk, or the rows of one, that are read
_READ_BYTES = 2**22  # a data set up to here is read as a whole, a larger one at its beginning and its end
_COMMON = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {} import serve; serve()"


class _EnoughError(BaseException):
    """The time for one file is over; nothing on the way takes this for an error of the file."""


class _Helper:
    """The process that looks at files; one for this process, started when it is needed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen | None = None
        self.possible = True
        self.sound: set[tuple] = set()

    def look(self, path: Path) -> str:
        """Return ``"ok"``, ``"memory"``, ``"stuck"``, ``"died"``, or ``"absent"`` where no process can be started."""
        status = path.stat()
        known = (str(path.resolve()), status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        with self.lock:
            if known in self.sound:
                return "ok"
            answer = self._ask(path)
            if answer in ("died", "memory"):  # it may have been somebody else's doing, or the files before
                self.close()
                answer = self._ask(path)
            if answer == "ok":
                self.sound.add(known)
            return answer

    def _ask(self, path: Path) -> str:
        if self.possible and (self.process is None or self.process.poll() is not None):
            self._start()
        if self.process is None:
            return "absent"
        process = self.process
        timer = threading.Timer(_WAIT_S, process.kill)
        timer.start()
        try:
            process.stdin.write(json.dumps(str(path.resolve())) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline().strip()
        except OSError:
            answer = ""
        except BaseException:  # Ctrl-C: the answer is still to come
            process.kill()
            raise
        finally:
            late = timer.finished.is_set()
            timer.cancel()
        if answer:
            return answer
        stopped = process.wait() == -getattr(signal, "SIGXCPU", 24)
        return "stuck" if stopped or late else "died"

    def _start(self) -> None:
        self.process = None
        command = [sys.executable or "python", "-c", _START.format(__name__), json.dumps(sys.path)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        try:
            process = subprocess.Popen(command, encoding="utf-8", **pipes)
            if process.stdout.readline().strip() == "ready":
                self.process = process
                return
        except OSError as error:
            _LOG.debug("%s", error)
        self.possible = False
        _LOG.warning("HDF5 files are opened without a look at them in another process: none can be started")

    def close(self) -> None:
        """End the process; it ends by itself where this one is killed."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


_HELPER = _Helper()
atexit.register(_HELPER.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_HELPER.__init__)  # type: ignore[misc]


def require_readable(path: Path) -> None:
    """Refuse an HDF5 file whose reading does not end, takes memory without end, or ends the process.

    Raises
    ------
    RecordingError
    """
    require_file(path)
    try:
        answer = _HELPER.look(path)
    except OSError:  # no such file: what opens it says so
        return
    said = {"memory": "more memory than it has values", "stuck": "without an end", "died": "HDF5 crashes"}
    if answer in said:
        raise damaged(path, "HDF5 content", ValueError(said[answer]))


def serve() -> None:
    """Look at one file after the other, as its standard input names them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the program, which ends it
    _limit("RLIMIT_CORE", 0)
    print("ready", flush=True)
    for line in sys.stdin:
        path = json.loads(line)
        ends = time.process_time() + _LOOK_S
        _limit("RLIMIT_CPU", int(ends + _STUCK_S + min(_MOST_S, os.path.getsize(path) / _BYTES_PER_S)) + 1)
        with suppress(OSError):  # Linux alone says how much there is
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            most = min(_MEMORY_BYTES + 2 * os.path.getsize(path), _MOST_MEMORY)
            _limit("RLIMIT_AS", pages * os.sysconf("SC_PAGE_SIZE") + most)
        print(_looked_at(path, ends), flush=True)


def _limit(name: str, value: int) -> None:
    with suppress(ImportError, AttributeError, OSError, ValueError):  # Windows has none of this
        import resource

        kind = getattr(resource, name)
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))


def _looked_at(path: str, ends: float) -> str:
    """Do to a file what a reader does; what is raised is raised again where it is read, but for a lack of memory."""

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if time.process_time() > ends:
            raise _EnoughError
        with _trying():
            _look_at_attributes(item)
        with _trying():
            if isinstance(item, h5py.Dataset):
                _look_at_values(item, ends)

    try:
        with _trying(), h5py.File(path, "r") as file:
            _look_at_attributes(file)
            walk(file, visit)
    except MemoryError:
        return "memory"
    except _EnoughError:
        pass
    return "ok"


@contextmanager
def _trying() -> Iterator[None]:
    """Pass by what is raised, but for a lack of memory, however HDF5 calls it."""
    try:
        yield
    except Exception as error:
        if isinstance(error, MemoryError) or _LACK.search(str(error)):
            raise MemoryError from error


def _look_at_attributes(item: h5py.Group | h5py.Dataset) -> None:
    for key in item.attrs:
        with _trying():
            holder = item.attrs.get_id(key)
            if holder.shape is None or prod(holder.shape) * holder.dtype.itemsize <= _READ_BYTES:
                item.attrs[key]


def _look_at_values(dataset: h5py.Dataset, ends: float) -> None:
    """Look up all chunks, and read a small data set, both ends of a larger one, all of one with uncommon filters."""
    shape, itemsize = dataset.shape, dataset.dtype.itemsize
    made_with = dataset.id.get_create_plist()
    if shape is None or 0 in shape or dataset.is_virtual or made_with.get_external_count():
        return
    filters = {made_with.get_filter(number)[0] for number in range(made_with.get_nfilters())}
    if dataset.chunks:
        require_bounded(dataset, dataset.name, read_here=prod(shape) * itemsize > _READ_BYTES)
        if prod(dataset.chunks) * itemsize > _CHUNK_BYTES:
            return
    if prod(shape) * itemsize <= _READ_BYTES:
        dataset[()]
        return
    step = max(1, (dataset.chunks or (_READ_BYTES // (prod(shape[1:]) * itemsize),))[0])
    rows = range(0, shape[0], step)
    for first in rows if filters - _COMMON else {rows[0], rows[-1]}:
        if prod(shape[1:]) * step * itemsize > _CHUNK_BYTES or time.process_time() > ends:
            return
        dataset[first : first + step]
