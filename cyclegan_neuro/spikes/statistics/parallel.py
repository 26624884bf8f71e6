"""One function over many neurons or windows, in processes that do not fight for the cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from cyclegan_neuro.errors import ConfigurationError

__all__ = ["Progress", "Workers", "available_cores", "run_all"]

Progress = Callable[[int, int], None]
"""Called with the number of tasks done and the number of all."""

Result = TypeVar("Result")

_SHARES = 8  # per process at least, where there are tasks enough: sending one takes as long as a short task

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)  # fmt: skip


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """Processes that share tasks, started with the first tasks and kept until the end of the ``with`` block.

    Processes are spawned, not forked (a fork of a process that uses TensorFlow can hang), and each has one
    thread for linear algebra, so that there are never more busy threads than processes. A spawned process
    imports the main script again: in a script of your own, start work under ``if __name__ == "__main__":``.

    Parameters
    ----------
    processes : int, optional
        The available cores by default. With 1, everything runs in the calling process.
    first : callable, optional
        Called in every new process before its tasks are unpickled, which imports what they name.

    Raises
    ------
    ConfigurationError
        If ``processes`` is below 1.

    Examples
    --------
    >>> with Workers(1) as workers:
    ...     workers.map(pow, [(2, 3), (3, 2)])
    [8, 9]
    """

    def __init__(self, processes: int | None = None, *, first: Callable[[], None] | None = None) -> None:
        self.processes = available_cores() if processes is None else processes
        if self.processes < 1:
            raise ConfigurationError(
                "processes", got=str(processes), expected="at least 1", fix="leave it out to use all cores"
            )
        self._first = first
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; tasks that have not begun are dropped."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def _terminate(self) -> None:
        running = None if self._executor is None else self._executor._processes
        for process in (running or {}).values():
            process.terminate()

    def map(
        self,
        function: Callable[..., Result],
        tasks: Iterable[Sequence[Any]],
        *,
        progress: Progress | None = None,
    ) -> list[Result]:
        """Call ``function(*task)`` for every task.

        Parameters
        ----------
        function : callable
            Of a module, not a lambda.
        tasks : iterable of tuple
            Arguments of each call.
        progress : callable, optional
            Gets (done, all) in the calling process, after some tasks where there are many.

        Returns
        -------
        list
            Results in the order of the tasks.

        Raises
        ------
        ConfigurationError
            If a process died: killed for memory, or by a main script without a guard.
        """
        tasks = list(tasks)
        if min(self.processes, len(tasks)) <= 1:
            return _in_place(function, tasks, progress)
        try:
            return self._in_processes(function, tasks, progress)
        except BrokenProcessPool as error:
            self.close()
            raise ConfigurationError(
                "processes",
                got=f"a process of {self.processes} that ended before its task did",
                expected="processes that live, each with memory for its task",
                fix="use fewer processes; in a script, put what starts them under if __name__ == '__main__':",
            ) from error
        except BaseException:  # an interrupt waits neither for the queue nor for the tasks that run
            self._terminate()
            self.close()
            raise

    def _in_processes(self, function: Callable[..., Result], tasks: list, progress: Progress | None) -> list[Result]:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self.processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_follow_parent,
                initargs=(self._first,),
            )
        size = max(1, len(tasks) // (self.processes * _SHARES))
        parts = [tasks[first : first + size] for first in range(0, len(tasks), size)]
        with _one_thread_each():  # processes are spawned, with the environment of this moment, while tasks come in
            futures = [self._executor.submit(_each, function, part) for part in parts]
        done = 0
        for future in as_completed(futures):
            if (error := future.exception()) is not None:  # as soon as it is known, not when its turn comes
                raise error
            done += len(future.result())
            if progress is not None:
                progress(done, len(tasks))
        return [result for future in futures for result in future.result()]


def run_all(
    function: Callable[..., Result],
    tasks: Iterable[Sequence[Any]],
    *,
    workers: Workers | None,
    progress: Progress | None,
) -> list[Result]:
    """:meth:`Workers.map`, in the calling process where there are no workers."""
    return (workers or Workers(1)).map(function, tasks, progress=progress)


def _follow_parent(first: Callable[[], None] | None) -> None:
    """In a new process: leave Ctrl-C to the parent, end when the parent is gone, however it went; call ``first``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    if first is not None:
        first()


def _each(function: Callable[..., Result], tasks: Sequence[Sequence[Any]]) -> list[Result]:
    return [function(*task) for task in tasks]


def _in_place(function: Callable[..., Result], tasks: list, progress: Progress | None) -> list[Result]:
    results = []
    for done, task in enumerate(tasks, start=1):
        results.append(function(*task))
        if progress is not None:
            progress(done, len(tasks))
    return results


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that start within the block use one thread each for linear algebra."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
