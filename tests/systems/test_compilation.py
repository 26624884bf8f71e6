import pytest
import tensorflow as tf

from cyclegan_neuro.configuration.sections import TrainingSection
from cyclegan_neuro.systems.compilation import resolve_jit


@pytest.mark.parametrize(
    ("gpus", "settings", "expected"),
    [
        (0, {"deterministic": False}, False),
        (1, {"deterministic": False}, True),
        (1, {"deterministic": True}, False),
        (1, {"deterministic": False, "devices": "cpu"}, False),
        (0, {"jit_compile": True, "deterministic": True}, True),
        (1, {"jit_compile": False, "deterministic": False}, False),
    ],
)
def test_auto_compiles_on_one_gpu_unless_deterministic(monkeypatch, gpus, settings, expected):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["gpu"] * gpus)
    assert resolve_jit(TrainingSection(**settings)) is expected


def test_auto_does_not_compile_mirrored_replicas(monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["gpu"] * 2)
    strategy = type("Two", (), {"num_replicas_in_sync": 2})()
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: strategy)
    assert resolve_jit(TrainingSection(deterministic=False)) is False
