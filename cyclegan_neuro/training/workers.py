"""One process that trains a run, or several that train it together: where loop and run differ between the two.

Several workers have the same data, configuration and state, and take the same steps. Of every batch each takes its
rows, and gradients and logs are averaged over all, so that together they do what one process does with the whole batch.
The first one, the chief, alone writes to the run directory.
"""

from __future__ import annotations

import json
import logging
import signal
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import tensorflow as tf

from cyclegan_neuro import __version__
from cyclegan_neuro.configuration.fields import input_files, value_at, with_values
from cyclegan_neuro.errors import ConfigurationError, TrainingError
from cyclegan_neuro.systems.optimizers import resolve_precision
from cyclegan_neuro.training.cluster import Cluster, cluster_of, wait_for_all
from cyclegan_neuro.training.devices import grow_memory, indivisible, refuse_uneven_batch, training_strategy
from cyclegan_neuro.training.interruption import Interruption, TrainingInterrupted

if TYPE_CHECKING:
    from cyclegan_neuro.systems.base import System
    from cyclegan_neuro.systems.trainer import Trainer

__all__ = ["OneWorker", "SeveralWorkers", "working"]

_log = logging.getLogger(__name__)
_LOST = (
    tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.DeadlineExceededError,
    tf.errors.InternalError, tf.errors.FailedPreconditionError,
)  # fmt: skip
Logs = dict[str, Any]


class OneWorker:
    """A process that trains alone, on one or more devices.

    Attributes
    ----------
    strategy : tf.distribute.Strategy
    is_chief : bool
        Whether it writes to the run directory.
    """

    is_chief = True

    def __init__(self, strategy: tf.distribute.Strategy):
        self.strategy = strategy

    def from_chief(self, value: int) -> int:
        """Return the chief's value on all workers."""
        return value

    def meet(self) -> None:
        """Return when all workers have come here."""

    @contextmanager
    def chief_first(self) -> Iterator[None]:
        """Let the chief do the block before the others do."""
        yield

    @contextmanager
    def leaving_together(self) -> Iterator[None]:
        """Leave the block, after a signal too, when all have done it: some launchers end all tasks with the first."""
        yield

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Say so where another worker was lost."""
        yield

    def agreed(self, interruption: Interruption) -> Interruption:
        """Return what says, alike on all workers after each step, which signal came."""
        return interruption

    def batches(self, stream: tf.data.Dataset) -> Iterator:
        """Return an iterator of what this worker takes of each batch."""
        return iter(self.strategy.experimental_distribute_dataset(stream))

    def training_step(self, trainer: Trainer) -> Callable[[Iterator], Logs]:
        """Return a compiled ``train_step`` that takes its batch from :meth:`batches`."""
        trainer.make_train_function()
        return trainer.train_function

    def validation(self, trainer: Trainer, dataset: tf.data.Dataset) -> Callable[[], Logs]:
        """Return a function that validates with averaged weights where they are kept."""
        return partial(trainer.evaluate, dataset, verbose=0, return_dict=True)


class SeveralWorkers(OneWorker):
    """One of several processes that train a run together.

    Parameters
    ----------
    cluster : Cluster
        All of which answer.

    Raises
    ------
    ConfigurationError
        If TensorFlow has computed in this process before.

    Notes
    -----
    Keras' ``fit`` and ``evaluate`` fail with several workers (3.15): they average logs, which are scalars, over an
    axis. Validation is not divided: each worker does all of it, so that statistics over all windows stay what they are.
    """

    def __init__(self, cluster: Cluster):
        gpus = tf.config.list_physical_devices("GPU")
        grow_memory(gpus)
        resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec({"worker": list(cluster.addresses)}),
            task_type="worker",
            task_id=cluster.index,
            num_accelerators={"GPU": len(gpus)},
            rpc_layer="grpc",
        )
        try:
            super().__init__(tf.distribute.MultiWorkerMirroredStrategy(resolver))
        except RuntimeError as error:
            raise ConfigurationError(
                "training.devices", got=f"several workers after TensorFlow has computed in this process ({error})",
                expected="a process of its own", fix="start it by train.py",
            ) from error  # fmt: skip
        if threading.current_thread() is threading.main_thread():
            # TensorFlow's handler of SIGTERM only takes note of it: have Python's again
            signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        self.cluster, self.is_chief = cluster, cluster.index == 0
        self._agreed = _Agreed()

    def from_chief(self, value):
        mine = tf.constant(value if self.is_chief else 0, tf.int64)
        return int(self.strategy.reduce("SUM", mine, axis=None))

    def meet(self):
        self.from_chief(0)

    @contextmanager
    def chief_first(self):
        if not self.is_chief:
            self.meet()
        yield
        if self.is_chief:
            self.meet()

    @contextmanager
    def leaving_together(self):
        try:
            yield
        except TrainingInterrupted:
            self.meet()
            raise
        self.meet()

    @contextmanager
    def explaining(self):
        try:
            yield
        except _LOST as error:
            raise TrainingError(
                f"worker {self.cluster.index} of {len(self.cluster.addresses)}", got="the end of another worker",
                expected="all of them until training ends",
                fix="see the log of the one that ended first, and continue with --resume on all",
            ) from error  # fmt: skip

    def agreed(self, interruption):
        self._agreed.own = interruption
        return self._agreed

    def batches(self, stream):
        return iter(self.strategy.distribute_datasets_from_function(partial(rows_of_worker, stream)))

    def training_step(self, trainer):
        @tf.function(reduce_retracing=True, autograph=False)
        def step(iterator, signals):
            logs = self.strategy.run(trainer.train_step, args=(iterator.get_next(),))
            return self._local(logs), self.strategy.reduce("SUM", signals, axis=None)

        def step_and_agree(iterator):
            logs, signals = step(iterator, self._agreed.told())
            self._agreed.hear(signals)
            return logs

        return step_and_agree

    def validation(self, trainer, dataset):
        @tf.function(reduce_retracing=True, autograph=False)
        def step(batch):
            return self._local(self.strategy.run(trainer.test_step, args=(batch,)))

        def validate():
            trainer.reset_metrics()
            logs: Logs = {}
            with trainer.average_weights():
                for batch in dataset:
                    logs = step(batch)
            return {name: float(value) for name, value in logs.items()}

        return validate

    def _local(self, logs):
        return {name: self.strategy.experimental_local_results(value)[0] for name, value in logs.items()}


class _Agreed:
    """A signal that came to any worker, as all have heard of it in the step before."""

    def __init__(self):
        self.number: int | None = None
        self.own: Interruption | None = None

    def told(self) -> tf.Tensor:
        """Return this worker's signal, one of its own place, for a sum over workers."""
        number = self.own.number if self.own else None
        return tf.one_hot(-1 if number is None else number, signal.NSIG, dtype=tf.int32)

    def hear(self, signals: tf.Tensor) -> None:
        numbers = signals.numpy().nonzero()[0]
        self.number = int(numbers[-1]) if len(numbers) else None


def rows_of_worker(stream: tf.data.Dataset, context: tf.distribute.InputContext) -> tf.data.Dataset:
    """Return what the replicas of a worker take of each batch, one element for each.

    Of n replicas, number r takes rows r, r + n, ...: where ``train_step`` divides its batch in equal parts, one for
    each update of a critic, every replica then has its rows of every part.
    """
    n_replicas = context.num_replicas_in_sync
    n_local = n_replicas // context.num_input_pipelines
    own = range(context.input_pipeline_id * n_local, (context.input_pipeline_id + 1) * n_local)

    def cut(*batch):
        batch = batch if isinstance(stream.element_spec, tuple) else batch[0]
        return tf.nest.map_structure(lambda rows: tf.stack([rows[number::n_replicas] for number in own]), batch)

    endless = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
    return stream.map(cut).unbatch().apply(endless).prefetch(n_local)


@contextmanager
def working(system: System, config: Any, *, resume: bool | Literal["auto"]) -> Iterator[OneWorker]:
    """Find out with whom this process trains, and meet the others.

    Parameters
    ----------
    system : System
    config : Section
    resume : bool or "auto"
        Whether this worker goes on with a run, as all must.

    Raises
    ------
    ConfigurationError
        If devices or workers are not as the configuration asks, or workers have different configurations.
    TrainingError
        If a worker does not come, or is lost inside the block.
    """
    cluster = cluster_of(config.training)
    if cluster is None:
        yield OneWorker(training_strategy(config.training, divides_batches=system.divides_batches))
        return
    if not system.divides_batches:
        raise indivisible("several workers", "one_gpu or cpu")
    if config.training.jit_compile is True:
        raise ConfigurationError(
            "training.jit_compile", got="true for several workers", expected="auto or false: XLA knows one device",
            fix="set training.jit_compile=auto",
        )  # fmt: skip
    wait_for_all(cluster)
    worker = SeveralWorkers(cluster)
    with worker.explaining():
        _refuse_disagreement(worker, config, resume=resume)
        n_replicas = worker.strategy.num_replicas_in_sync
        refuse_uneven_batch(config.training, n_replicas, "replicas (devices of all workers)", "auto")
        _log.info("worker %d of %d, %d replicas", cluster.index, len(cluster.addresses), n_replicas)
        yield worker


def _refuse_disagreement(worker: SeveralWorkers, config: Any, *, resume: bool | Literal["auto"]) -> None:
    """Compare what decides the steps; data are compared when they are prepared."""
    files = [key for key in input_files(type(config), section="data") if value_at(config, key)]
    anywhere = with_values(config, dict.fromkeys(files, ""))
    told = [anywhere.model_dump(mode="json"), resume, resolve_precision(config.training), __version__]
    own = zlib.crc32(json.dumps(told, sort_keys=True).encode())
    if worker.from_chief(own) != own:
        raise ConfigurationError(
            f"worker {worker.cluster.index}", expected="the same command on all workers",
            got="another configuration, precision, version or --resume than the chief",
            fix="start all of them by one command, with the same GPUs and the same installation",
        )  # fmt: skip
