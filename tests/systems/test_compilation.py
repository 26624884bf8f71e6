import pytest
import tensorflow as tf

from cyclegan_neuro.configuration.sections import TrainingSection
from cyclegan_neuro.systems.compilation import resolve_jit, resolve_precision


@pytest.mark.parametrize(
    ("gpus", "settings", "expected"),
    [
        (0, {"deterministic": False}, False),
        (0, {}, False),
        (1, {"deterministic": False}, True),
        (1, {}, True),
        (1, {"devices": "cpu"}, False),
        (2, {"devices": "one_gpu"}, True),
        (0, {"jit_compile": True, "deterministic": True}, True),
        (1, {"jit_compile": False, "deterministic": False}, False),
    ],
)
def test_auto_compiles_on_one_gpu(monkeypatch, gpus, settings, expected):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["gpu"] * gpus)
    assert resolve_jit(TrainingSection(**settings)) is expected


def test_auto_does_not_compile_mirrored_replicas(monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["gpu"] * 2)
    strategy = type("Two", (), {"num_replicas_in_sync": 2})()
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: strategy)
    assert resolve_jit(TrainingSection(deterministic=False)) is False


@pytest.mark.parametrize(
    ("capabilities", "settings", "expected"),
    [
        ([], {}, "float32"),
        ([(8, 0)], {}, "mixed_bfloat16"),
        ([(9, 0), (8, 6)], {}, "mixed_bfloat16"),
        ([(7, 5)], {}, "mixed_float16"),
        ([(9, 0), (7, 0)], {}, "mixed_float16"),
        ([(9, 0), (7, 0)], {"devices": "one_gpu"}, "mixed_bfloat16"),
        ([(9, 0)], {"devices": "cpu"}, "float32"),
        ([None], {}, "float32"),
        ([(9, 0)], {"precision": "float32"}, "float32"),
        ([], {"precision": "mixed_bfloat16"}, "mixed_bfloat16"),
    ],
)
def test_auto_computes_in_what_the_gpus_have(monkeypatch, capabilities, settings, expected):
    details = [{} if capability is None else {"compute_capability": capability} for capability in capabilities]
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: list(range(len(details))))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)
    assert resolve_precision(TrainingSection(**settings)) == expected
