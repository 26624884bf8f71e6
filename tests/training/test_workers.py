"""What one of several workers does in its own process; two of them meet in tests/integration/test_two_workers.py."""

import signal
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from training_fakes import SYSTEM, make_config

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.systems import base
from cyclegan_neuro.systems.trainer import ReplicaSeeds
from cyclegan_neuro.training import devices, workers
from cyclegan_neuro.training.checkpoints import CheckpointStore
from cyclegan_neuro.training.run_directory import FollowedRunDirectory


@pytest.mark.parametrize("element", [tuple, dict, None])
def test_replicas_take_rows_of_every_part_of_a_batch(element):
    """Of 2 workers with 2 devices each; a batch has three parts, one for each update of a critic."""
    batches = np.arange(24).reshape(2, 12)
    made = {tuple: (batches, -batches), dict: {"x": batches}, None: batches}[element]
    stream = tf.data.Dataset.from_tensor_slices(made)
    taken = []
    for index in range(2):
        own = workers.rows_of_worker(stream, tf.distribute.InputContext(2, index, 4))
        rows = [part[0] if element is tuple else part["x"] if element is dict else part for part in own.take(4)]
        taken.append(np.reshape(rows, (2, 2, 3)))  # batch, device, row
        assert own.cardinality() == tf.data.INFINITE_CARDINALITY  # else replicas would ask each other at every step
    for number, batch in enumerate(batches):
        replicas = np.concatenate([rows[number] for rows in taken])
        for part, update in enumerate(np.split(batch, 3)):
            assert sorted(replicas[:, part]) == sorted(update)


def test_a_signal_to_any_worker_is_heard_by_all():
    agreed = workers._Agreed()
    silent = agreed.told()
    agreed.hear(silent)
    assert agreed.number is None
    agreed.own = SimpleNamespace(number=signal.SIGTERM)
    assert agreed.number is None  # not before the others know
    agreed.hear(agreed.told() + silent)
    assert agreed.number == signal.SIGTERM


def test_others_than_the_chief_write_nothing(tmp_path):
    directory = FollowedRunDirectory(tmp_path)
    directory.write_json(directory.inputs_file, {})
    directory.staging.mkdir()
    directory.abandon_staging()
    store = CheckpointStore(directory.checkpoints, read_only=True)
    path = store.save("last", {"variables": [("v", np.zeros(2))]}, epoch=1, step=2)
    store.discard((directory.staging,))
    assert not path.exists()
    assert list(tmp_path.iterdir()) == [directory.staging]


def test_replicas_draw_their_own_noise():
    seeds = ReplicaSeeds(3)
    alone = ReplicaSeeds(3).next()
    np.testing.assert_array_equal(seeds.next(), alone)  # of one replica, those of Keras
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], tf.distribute.ReductionToOneDevice())
    with strategy.scope():
        mirrored = ReplicaSeeds(3)
    drawn = strategy.run(tf.function(mirrored.next))
    one, other = strategy.experimental_local_results(drawn)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, alone)


def started(monkeypatch, system=SYSTEM, **training):
    """What is refused before any other worker is asked."""
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}')
    with workers.working(system, make_config(**training), resume=False):
        pass


def test_what_several_workers_cannot_do_is_refused(monkeypatch):
    with pytest.raises(ConfigurationError, match=r"training.devices: got several workers for a system that trains a"):
        started(monkeypatch, base.get("swap_vae"))
    with pytest.raises(ConfigurationError, match=r"training.jit_compile: got true for several workers"):
        started(monkeypatch, jit_compile=True)


def test_a_system_with_an_epoch_in_a_step_takes_one_of_several_gpus(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["0", "1"])
    monkeypatch.setattr(devices, "grow_memory", lambda gpus: None)
    section = make_config(devices="auto").training
    assert devices.training_strategy(section, divides_batches=False).num_replicas_in_sync == 1
    with pytest.raises(ConfigurationError, match=r"got 2 GPUs for a system .* Fix: set training.devices=one_gpu"):
        devices.training_strategy(make_config(devices="all_gpus").training, divides_batches=False)


def test_a_pool_of_past_fakes_is_refused_on_several_devices(monkeypatch):
    from cyclegan_neuro.systems.cyclegan.model import CycleGAN

    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: SimpleNamespace(num_replicas_in_sync=2))
    network = tf.keras.Sequential([tf.keras.Input((8, 4, 1)), tf.keras.layers.Identity()])
    networks = dict.fromkeys(("generator_g", "generator_f", "discriminator_x", "discriminator_y"), network)
    with pytest.raises(ConfigurationError, match=r"objective.history_windows: got 8 on several devices"):
        CycleGAN(**networks, objective=None, history_windows=8)
