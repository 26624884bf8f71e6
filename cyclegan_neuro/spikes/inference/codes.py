"""What a network is told about a recording: its indicator and cell type, as numbers.

References
----------
Zhang et al., "Fast and sensitive GCaMP calcium indicators for imaging neural populations", Nature 615:884-891 (2023):
the variants of GCaMP8 differ in amplitude and kinetics, and so do the spikes of one transient.
"""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.recordings.indicators import cell_type_of, generation_of, indicator_of

__all__ = ["CODES", "code_of", "family_of", "told_of"]

CODES = (
    "gcamp6", "gcamp7", "gcamp8", "gcamp6f", "gcamp6s", "gcamp8f", "gcamp8m", "gcamp8s",
    "interneuron", "pv", "sst", "vip",
)  # fmt: skip
"""What is known about a recording, one number each: 1 where it is so, else 0. All are 0 where nothing is known.

A generation and its variant are separate, so that networks that never saw a variant still know the generation: an
input that no training ever set has no weight.
"""

_INTERNEURONS = ("pv", "sst", "vip")


def code_of(indicator: str, cell_type: str = "") -> np.ndarray:
    """Return the code of an indicator and a cell type.

    Parameters
    ----------
    indicator, cell_type : str
        As people write them (:mod:`cyclegan_neuro.recordings.indicators`). A cell type that is not known counts as
        excitatory.

    Returns
    -------
    ndarray of float32, shape (code,)

    Examples
    --------
    >>> [name for name, there in zip(CODES, code_of("jGCaMP8m", "PV"), strict=True) if there]
    ['gcamp8', 'gcamp8m', 'interneuron', 'pv']
    >>> [name for name, there in zip(CODES, code_of("GCaMP6"), strict=True) if there]
    ['gcamp6']
    >>> code_of("", "").any(), code_of("jRGECO1a").any()
    (np.False_, np.False_)
    """
    variant, cell = indicator_of(indicator), cell_type_of(cell_type)
    there = {variant, generation_of(indicator), cell}
    if cell in _INTERNEURONS:
        there.add("interneuron")
    return np.array([name in there for name in CODES], np.float32)


def family_of(indicator: str, cell_type: str = "") -> str:
    """Return the family whose measured errors stand for a recording.

    Examples
    --------
    >>> [family_of(*known) for known in (("GCaMP6f", ""), ("jGCaMP8s", ""), ("GCaMP6f", "sst"), ("", "pv"), ("", ""))]
    ['gcamp6', 'gcamp8', 'interneuron', 'interneuron', '']
    """
    if cell_type_of(cell_type) in _INTERNEURONS:
        return "interneuron"
    return generation_of(indicator)


def told_of(indicator: str, cell_type: str = "") -> str:
    """Return in words what a network is told of a recording, empty where nothing.

    Examples
    --------
    >>> [told_of(*known) for known in (("jGCaMP8m", ""), ("GCaMP6", "SOM"), ("", "pv"), ("jRGECO1a", ""))]
    ['gcamp8m in excitatory cells', 'gcamp6 in sst cells', 'no indicator in pv cells', '']
    """
    variant, cell = indicator_of(indicator), cell_type_of(cell_type)
    name = variant if variant in CODES else generation_of(indicator)
    if cell in _INTERNEURONS:
        return f"{name or 'no indicator'} in {cell} cells"
    return f"{name} in excitatory cells" if name else ""
