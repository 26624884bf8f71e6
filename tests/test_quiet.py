"""TensorFlow is imported without its noise, in new processes too, unless the user asks for it."""

import importlib
import os
import sys
from types import SimpleNamespace

import pytest

from cyclegan_neuro.quiet import import_tensorflow_quietly

LEVEL, SET_HERE = "TF_CPP_MIN_LOG_LEVEL", "CYCLEGAN_NEURO_SET_TF_LEVEL"


@pytest.mark.parametrize(
    ("inherited", "imports", "level"),
    [({}, 1, "2"), ({LEVEL: "2", SET_HERE: "2"}, 1, "2"), ({LEVEL: "0"}, 0, "0")],
    ids=["nothing set", "set by the process before", "set by the user"],
)
def test_who_set_the_level(monkeypatch, inherited, imports, level):
    imported, fake = [], SimpleNamespace(config=SimpleNamespace(list_physical_devices=list))
    monkeypatch.setattr(os, "environ", dict(inherited))
    monkeypatch.setattr(sys, "modules", {k: v for k, v in sys.modules.items() if k != "tensorflow"})
    monkeypatch.setattr(importlib, "import_module", lambda name: imported.append(name) or fake)
    import_tensorflow_quietly()
    assert imported == ["tensorflow"] * imports
    assert os.environ[LEVEL] == level
