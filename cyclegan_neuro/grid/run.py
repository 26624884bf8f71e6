"""Run a grid: hand out what is not done, keep count, begin again where it was killed."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclegan_neuro.errors import RunDirectoryError, TrainingError
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.grid.cells import OURS, Cell
from cyclegan_neuro.grid.engine import Engine, LocalPlan, started
from cyclegan_neuro.grid.file import GridFile
from cyclegan_neuro.grid.record import GRID_FILE, Record, log_file
from cyclegan_neuro.grid.task import PROGRAM, Outcome, Task, run_cell
from cyclegan_neuro.training.lock import locked

if TYPE_CHECKING:
    from dask.distributed import Future

__all__ = ["describe_cells", "duration", "open_record", "run_grid"]

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_LOOKS = 15


def open_record(grid: GridFile, cells: list[Cell], folder: Path) -> Record:
    """Return the record of a grid's folder, which is new, empty or this grid's.

    Raises
    ------
    RunDirectoryError
        If it holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise RunDirectoryError(str(folder), got="a file", expected="a folder", fix="choose another --output_dir")
    there = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
    ours = {*OURS, *(cell.name for cell in cells)}
    if GRID_FILE not in there and not ours.issuperset(there):
        raise RunDirectoryError(
            str(folder), got=f"files that are no grid of ours ({', '.join(there[:5])})",
            expected="a new or empty folder, or that of a grid", fix="choose another --output_dir",
        )  # fmt: skip
    return Record(folder, grid.section.model_dump(), cells)


def run_grid(
    grid: GridFile, record: Record, *, plan: LocalPlan, scheduler_file: Path | None = None, limit: int | None = None
) -> None:
    """Run the cells that are not done.

    Parameters
    ----------
    grid : GridFile
    record : Record
    plan : LocalPlan
        How they share this machine, where neither the file has a cluster nor ``scheduler_file`` is given.
    scheduler_file : Path, optional
        Of a Dask scheduler that the user started.
    limit : int, optional
        At most so many.

    Raises
    ------
    TrainingError
        If cells failed, after all others were run.
    RunDirectoryError
        If another process runs this grid.
    """
    cluster = grid.section.cluster
    if scheduler_file is not None:
        plan = LocalPlan(1, None)
    elif cluster is not None:
        plan = LocalPlan(cluster.jobs, cluster.cores)
    waiting = record.names("waiting")[:limit]
    done = len(record.names("done"))
    if done:
        _log.info("%s done already", plural(done, "cell"))
    if waiting:
        try:
            record.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunDirectoryError(
                str(record.folder), got=f"a folder that cannot be made ({error.strerror})",
                expected="one that can be written", fix="choose another --output_dir",
            ) from error  # fmt: skip
        with (
            locked(record.folder),
            started(record.folder, plan=plan, cluster=cluster, scheduler_file=scheduler_file) as engine,
        ):
            _log.info("%s to run, %s", plural(len(waiting), "cell"), engine.told)
            _Round(record, engine, plan, tries=grid.section.tries).run(waiting)
    failed = record.names("failed")
    if failed:
        raise TrainingError(
            str(record.folder), got=_failures(record, failed), expected="cells that finish",
            fix="mend the cause and start the grid again: cells that are done are not repeated",
        )  # fmt: skip


class _Round:
    """The cells of one call, from the first that is handed out to the last that comes back."""

    def __init__(self, record: Record, engine: Engine, plan: LocalPlan, *, tries: int):
        self.record, self.engine, self.plan, self.tries = record, engine, plan, tries
        self._futures: dict[Future, str] = {}

    def run(self, names: list[str]) -> None:
        from dask.distributed import wait

        for name in names:
            self._submit(name)
        self.record.write()
        while self._futures:
            self.engine.replace_lost_workers(len(self._futures))
            try:
                finished = wait(list(self._futures), timeout=_SECONDS_BETWEEN_LOOKS, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                continue
            for future in finished:
                self._settle(self._futures.pop(future), _outcome(future, self.record))

    def _submit(self, name: str) -> None:
        record, folder = self.record, self.record.folder.resolve()
        config = record.write_configuration(name).resolve()
        task = Task(name, str(folder / name), str(config), str(log_file(folder, name)), PROGRAM)
        future = self.engine.client.submit(
            _run_on_worker, task, self.plan, key=f"{name}-{record.progress[name].attempts}", pure=False, retries=0,
            resources=self.engine.resources,
        )  # fmt: skip
        self._futures[future] = name
        attempts = record.progress[name].attempts + 1
        record.note(name, attempts=attempts, config_sha256=record.cells[name].digest)

    def _settle(self, name: str, outcome: Outcome) -> None:
        progress = self.record.progress[name]
        note = partial(self.record.note, name)
        seconds = round(progress.seconds + outcome.seconds, 3)
        if not outcome.exit_code:
            note(state="done", seconds=seconds, log_tail=[])
            self._tell(f"{name} done in {duration(outcome.seconds)}")
        elif outcome.hopeless or progress.attempts >= self.tries:
            note(state="failed", seconds=seconds, log_tail=outcome.log_tail)
            attempts = plural(progress.attempts, "attempt")
            self._tell(f"{name} FAILED with exit code {outcome.exit_code} after {attempts}")
        else:
            note(seconds=seconds)
            self._tell(f"{name} ended with exit code {outcome.exit_code}; once more")
            self._submit(name)
        self.record.write()

    def _tell(self, what: str) -> None:
        record = self.record
        waiting = list(self._futures.values())
        left = record.seconds_left(waiting) if waiting else None
        workers = self.engine.jobs or len(self.engine.client.scheduler_info()["workers"])
        told = f"; about {duration(left / min(max(workers, 1), len(waiting)))} left" if left else ""
        settled = len(record.names("done", "failed"))
        _log.info("[%d/%d] %s%s", settled, len(record.cells), what, told)


def _run_on_worker(task: Task, plan: LocalPlan) -> Outcome:
    """Run a cell with the threads and the GPU of the worker that has it."""
    from dask.distributed import get_worker

    number = get_worker().name
    environment = plan.environment(number if isinstance(number, int) else 0)  # a job has a name, and its own GPUs
    return run_cell(replace(task, environment=environment))


def _outcome(future: Any, record: Record) -> Outcome:
    """Return what a worker says; a worker that died too often, or an error of its own, is a failure."""
    error = future.exception()
    if error is None:
        return future.result()
    return Outcome(future.key, 1, 0.0, [f"{type(error).__name__}: {error}"])


def _failures(record: Record, failed: list[str]) -> str:
    lines = [f"{plural(len(failed), 'cell')} of {len(record.cells)} that failed"]
    for name in failed:
        tail = (f"    {line}" for line in record.progress[name].log_tail)
        lines += [f"\n{name} ({log_file(record.folder, name)}):", *tail]
    return "\n".join(lines) + "\n"


def describe_cells(record: Record, *, jobs: int) -> str:
    """Return the cells, a line each, their number and an estimate of the time."""
    width = max(map(len, record.cells))
    lines = [f"{name:<{width}}  {record.progress[name].state}" for name in record.cells]
    waiting = record.names("waiting")
    left = record.seconds_left(waiting)
    side = f"{jobs} at a time"
    if not waiting:
        told = "nothing is left to do"
    elif left is None:
        told = f"{len(waiting)} to run, {side}; no estimate before a cell is done (--limit 1 runs one)"
    else:
        told = f"{len(waiting)} to run, {side}: about {duration(left / min(jobs, len(waiting)))}"
    return "\n".join([*lines, f"{plural(len(record.cells), 'cell')}, {told}"])


def duration(seconds: float) -> str:
    """Return a time for people.

    Examples
    --------
    >>> [duration(s) for s in (4.2, 95, 4000, 200000)]
    ['4 s', '2 min', '1 h 7 min', '2 d 7 h']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
