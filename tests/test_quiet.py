"""TensorFlow is imported without its noise, in new processes too, unless the user asks for it; Keras for it."""

import importlib
import os
import sys
from types import SimpleNamespace

import pytest

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.quiet import import_tensorflow_quietly

LEVEL, SET_HERE = "TF_CPP_MIN_LOG_LEVEL", "CYCLEGAN_NEURO_SET_TF_LEVEL"


@pytest.mark.parametrize(
    ("inherited", "imports", "level"),
    [({}, 1, "2"), ({LEVEL: "2", SET_HERE: "2"}, 1, "2"), ({LEVEL: "0"}, 0, "0")],
    ids=["nothing set", "set by the process before", "set by the user"],
)
def test_who_set_the_level(monkeypatch, inherited, imports, level):
    imported = pretend(monkeypatch, environment=inherited)
    import_tensorflow_quietly()
    assert imported == ["tensorflow"] * imports + ["keras"]
    assert os.environ[LEVEL] == level


def test_keras_computes_with_tensorflow_whatever_is_set(monkeypatch):
    told = {}
    imported = pretend(monkeypatch, environment={"KERAS_BACKEND": "jax"}, told=told)
    import_tensorflow_quietly()
    assert (os.environ["KERAS_BACKEND"], imported[-1]) == ("tensorflow", "keras")
    assert told == {"floatx": "float32", "format": "channels_last"}


def test_keras_that_was_imported_with_another_backend_is_refused(monkeypatch):
    pretend(monkeypatch, environment={"KERAS_BACKEND": "jax"}, backend="jax", loaded={"keras": None})
    with pytest.raises(ConfigurationError, match="got Keras with the backend jax, expected tensorflow"):
        import_tensorflow_quietly()
    assert os.environ["KERAS_BACKEND"] == "jax"


def pretend(monkeypatch, *, environment, backend="tensorflow", told=None, loaded=()):
    """Let a new process import stand-ins; return what is imported."""
    told, imported = {} if told is None else told, []
    config = SimpleNamespace(
        list_physical_devices=list, backend=lambda: backend, set_floatx=lambda name: told.update(floatx=name),
        set_image_data_format=lambda name: told.update(format=name),
    )  # fmt: skip
    monkeypatch.setattr(os, "environ", dict(environment))
    known = {key: module for key, module in sys.modules.items() if key not in ("tensorflow", "keras")}
    monkeypatch.setattr(sys, "modules", known | dict(loaded))
    monkeypatch.setattr(
        importlib, "import_module", lambda name: imported.append(name) or SimpleNamespace(config=config)
    )
    return imported
