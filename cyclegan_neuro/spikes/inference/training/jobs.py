"""Train many networks, one per process and core, and go on where an interrupted training stopped."""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.quiet import import_tensorflow_quietly
from cyclegan_neuro.recordings.atomic import replacing
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth
from cyclegan_neuro.spikes.inference.training.folds import folds_of
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

__all__ = ["Job", "load_network", "train_networks"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class Job:
    """One network to train.

    Attributes
    ----------
    held_out : str
        Name of the fold (:func:`~cyclegan_neuro.spikes.inference.training.folds.folds_of`) that the network must not
        see; empty for the networks that are kept.
    member : int
    """

    held_out: str
    member: int

    @property
    def file(self) -> str:
        """Where its weights go, in the output directory."""
        return f"networks/{self.held_out or 'all'}/member_{self.member}.npz"


def train_networks(
    jobs: Sequence[Job], settings: TrainingSettings, *, ground_truth: Sequence[Path], output_dir: Path, processes: int
) -> None:
    """Train what is not yet in ``output_dir``.

    Parameters
    ----------
    jobs : sequence of Job
    settings : TrainingSettings
    ground_truth : sequence of Path
        See :func:`cyclegan_neuro.spikes.ground_truth.loading.load_ground_truth`.
    output_dir : Path
        Gets ``networks/`` and ``tensorboard/``. A network appears there whole or not at all.
    processes : int
        Each works on one core: small networks gain little from a second one.

    Raises
    ------
    UserError
        If the ground truth cannot be used or nothing can be written.
    """
    missing = [job for job in jobs if not (output_dir / job.file).is_file()]
    if len(missing) < len(jobs):
        _log.info("%d of %d networks are there already", len(jobs) - len(missing), len(jobs))
    if not missing:
        return
    begin = time.monotonic()
    # Spawned, not forked: TensorFlow does not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(missing)), context, initializer=_use_one_core) as pool:
        futures = {pool.submit(_train, job, settings, ground_truth, output_dir): job for job in missing}
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                job, loss = futures[future], future.result()
                left = (time.monotonic() - begin) / done * (len(missing) - done)
                without = f" without {job.held_out}" if job.held_out else ""
                _log.info(
                    "%d/%d  network %d%s: loss %.3g, %d min left",
                    done, len(missing), job.member + 1, without, loss, round(left / 60),
                )  # fmt: skip
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def load_network(output_dir: Path, job: Job) -> dict[str, np.ndarray]:
    """Read a trained network.

    Raises
    ------
    UserError
        If its file is damaged.
    """
    path = output_dir / job.file
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except Exception as error:  # what a damaged archive raises depends on the place of the damage
        raise UserError(
            str(path), got=f"a file that cannot be read ({error})", expected="the weights of a network",
            fix="remove it and give the command again: this network is trained anew, the others are kept",
        ) from error  # fmt: skip


def _use_one_core() -> None:
    """Before TensorFlow is imported: one thread per process, and only its errors."""
    os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1", OMP_NUM_THREADS="1")
    os.nice(5)  # whoever trains may go on working
    import_tensorflow_quietly()
    import tensorflow

    tensorflow.get_logger().setLevel("ERROR")  # a step per frame rate is meant: it warns of retracing


def _train(job: Job, settings: TrainingSettings, ground_truth: Sequence[Path], output_dir: Path) -> float:
    import keras

    from cyclegan_neuro.spikes.inference.training.fit import fit_network

    cells = _cells(tuple(ground_truth))
    left_out = folds_of(cells)[job.held_out] if job.held_out else frozenset()
    seen = [cell for cell in cells if (cell.dataset, cell.name) not in left_out]
    log_dir = output_dir / "tensorboard" / Path(job.file).relative_to("networks").with_suffix("")
    weights, loss = fit_network(seen, settings, member=job.member, log_dir=log_dir)
    keras.utils.clear_session()  # a process trains many networks: their graphs must not add up
    target = output_dir / job.file
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target, error_type=UserError) as temporary:
        np.savez(temporary, allow_pickle=False, **weights)
    return loss


@cache
def _cells(paths: tuple[Path, ...]) -> tuple[GroundTruthCell, ...]:
    return tuple(cell for path in paths for cell in load_ground_truth(path))
