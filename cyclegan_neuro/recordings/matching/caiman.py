"""CaImAn: ``assignments`` of ``register_multisession`` (neuron, session), counted from 0, NaN where there is none."""

from __future__ import annotations

from pathlib import Path

from cyclegan_neuro.configuration.sections import MatchingSection
from cyclegan_neuro.recordings.matching._arrays import read_array
from cyclegan_neuro.recordings.matching.table import MatchTable

__all__ = ["read"]


def read(path: Path, section: MatchingSection) -> MatchTable:
    """Read assignments that were saved as HDF5, .npz, .npy or .mat; they count the components that were registered."""
    fix = "save it as numbers: np.save('assignments.npy', np.asarray(assignments, dtype=float))"
    return read_array(path, ("assignments",), complete=True, objects=fix)
