"""What changed in a population of neurons when the animal learned?

The package learns, without paired samples, the mapping between two-photon recordings of the same neurons before (``x``)
and after (``y``) learning. Importing it is cheap: what is exported here is loaded when it is first used, and TensorFlow
when networks are.

Examples
--------
>>> import cyclegan_neuro as cn
>>> novice, expert = cn.simulate_days(preset="mouse_2", seed=1, duration_s=60)
>>> novice.dff.shape
(1440, 59)
"""

from importlib import import_module

__version__ = "0.1.0"
_EXPORTED = {
    "Recording": "recordings.recording",
    "TrainedRun": "api",
    "UserError": "errors",
    "infer_spikes": "api",
    "load_run": "api",
    "read_recording": "api",
    "simulate_days": "recordings.simulate",
    "train": "api",
    "write_recording": "recordings.writing",
}
__all__ = ["__version__", *_EXPORTED]


def __getattr__(name: str):
    if name not in _EXPORTED:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_EXPORTED[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
