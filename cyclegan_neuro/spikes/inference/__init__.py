"""Spike rates from ΔF/F: networks, their training, and where trained ones come from.

>>> from cyclegan_neuro.spikes.inference import infer_rates
>>> inferred = infer_rates(dff, frame_rate_hz=30.0)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["infer_rates", "infer_recording", "infer_windows", "load_models", "read_spikes", "shipped"]

#: Loaded when asked for: what trains networks need not wait for what applies them, and the reverse.
_MODULES = {
    "infer_rates": "rates",
    "infer_windows": "rates",
    "infer_recording": "recording_spikes",
    "read_spikes": "files",
    "load_models": "models",
    "shipped": "models",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
