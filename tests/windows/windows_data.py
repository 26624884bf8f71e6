"""Small recordings and settings for the tests of windows."""

import numpy as np

from cyclegan_neuro.configuration.sections import AutoencoderSection, DataSection, OrderingSection, WindowsSection
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.windows.prepare import prepare_pair

RATE_HZ = 24.0


def recording(n_frames=400, n_neurons=5, *, seed=0, gaps=(), **known) -> Recording:
    """Noise with a different mean and spread per neuron."""
    rng = np.random.default_rng(seed)
    dff = rng.normal(0.1, 0.2, (n_frames, n_neurons)) * (1 + np.arange(n_neurons)) / n_neurons
    return Recording(dff.astype(np.float32), RATE_HZ, gaps=np.array(gaps, np.int64), **known)


def prepared(x=None, y=None, *, phi=False, method="original", seed=7, data=None, **windows):
    """Prepare two days, or with ``phi`` one day and Φ of it."""
    x = recording() if x is None else x
    y = None if phi else (recording(seed=1) if y is None else y)
    windows = {"window_frames": 32, "n_train": 40, "n_validation": 6, "n_test": 6} | windows
    ordering = OrderingSection(method=method, autoencoder=AutoencoderSection(filters=2, epochs=1))
    return prepare_pair(
        x, y, data=DataSection(**(data or {})), windows=WindowsSection(**windows), ordering=ordering, seed=seed
    )
