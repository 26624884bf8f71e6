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
from cyclegan_neuro.quiet import kept_back_stderr
from cyclegan_neuro.recordings.atomic import replacing
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth
from cyclegan_neuro.spikes.inference.rate_models import LAYERS, NetworkWeights
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

__all__ = ["Job", "load_network", "train_networks"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class Job:
    """One network to train.

    Attributes
    ----------
    left_out : str
        Data set that the network must not see; empty for the networks that are kept.
    level, member : int
    """

    left_out: str
    level: int
    member: int

    @property
    def file(self) -> str:
        """Where its weights go, in the output directory."""
        return f"networks/{self.left_out or 'all'}/level_{self.level}_member_{self.member}.npz"


def train_networks(
    jobs: Sequence[Job], settings: TrainingSettings, *, ground_truth: Path, output_dir: Path, processes: int
) -> None:
    """Train what is not yet in ``output_dir``.

    Parameters
    ----------
    jobs : sequence of Job
    settings : TrainingSettings
    ground_truth : Path
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
                without = f" without {job.left_out}" if job.left_out else ""
                _log.info(
                    "%d/%d  level %d, network %d%s: loss %.3g, %d min left",
                    done, len(missing), job.level, job.member + 1, without, loss, round(left / 60),
                )  # fmt: skip
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def load_network(output_dir: Path, job: Job) -> NetworkWeights:
    """Read a trained network."""
    with np.load(output_dir / job.file, allow_pickle=False) as arrays:
        return NetworkWeights(*(tuple(arrays[f"{layer}_{part}"] for layer in LAYERS) for part in ("kernel", "bias")))


def _use_one_core() -> None:
    """Before TensorFlow is imported: one thread per process, and only its errors."""
    os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1", OMP_NUM_THREADS="1")
    os.nice(5)  # whoever trains may go on working
    with kept_back_stderr():  # the level is inherited, and not enough
        import tensorflow  # noqa: F401


def _train(job: Job, settings: TrainingSettings, ground_truth: Path, output_dir: Path) -> float:
    import keras

    from cyclegan_neuro.spikes.inference.training.fit import fit_network
    from cyclegan_neuro.spikes.inference.training.stretches import cut_stretches

    cells = [cell for cell in _cells(ground_truth) if cell.dataset != job.left_out]
    stretches = cut_stretches(cells, settings, job.level)
    log_dir = output_dir / "tensorboard" / Path(job.file).relative_to("networks").with_suffix("")
    weights, loss = fit_network(stretches, settings, level=job.level, member=job.member, log_dir=log_dir)
    keras.utils.clear_session()  # a process trains many networks: their graphs must not add up
    target = output_dir / job.file
    target.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{layer}_{part}": array
        for part, values in (("kernel", weights.kernels), ("bias", weights.biases))
        for layer, array in zip(LAYERS, values, strict=True)
    }
    with replacing(target, error_type=UserError) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)
    return loss


@cache
def _cells(path: Path) -> tuple[GroundTruthCell, ...]:
    return load_ground_truth(path)
