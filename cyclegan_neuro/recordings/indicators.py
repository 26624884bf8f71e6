"""What calcium indicators and cell types are called, however people write them.

A recording keeps the words of its file or configuration; :func:`indicator_of` and :func:`cell_type_of` say which of the
few known names is meant.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

__all__ = [
    "CELL_TYPES", "INDICATORS", "cell_type_of", "generation_of", "indicator_of", "misspelt_cell_type",
    "misspelt_indicator",
]  # fmt: skip

INDICATORS = ("gcamp6f", "gcamp6s", "gcamp7f", "gcamp8f", "gcamp8m", "gcamp8s", "other")
"""Indicators that something is known of; ``other`` is one that is stated and none of these."""

CELL_TYPES = ("excitatory", "pv", "sst", "vip", "unknown")

_GCAMP = re.compile(r"g(?:camp|c)[\s_-]*(\d)[\s_.-]*(fast|medium|slow|[a-z])?(?![a-z])")
_OTHERS = (
    "gcamp3", "gcamp5g", "gcamp5k", "gcamp6m", "gcamp7b", "gcamp7c", "gcamp7s", "jrgeco1a", "jrcamp1a", "jrcamp1b",
    "rcamp2", "rgeco1a", "xcampg", "xcampr", "ogb1", "ogb-1", "cal-520", "fluo-4", "twitch-2b", "yc3.60", "yc2.60",
)  # fmt: skip
_LINES = {
    "ai93": "gcamp6f", "ai95": "gcamp6f", "ai148": "gcamp6f", "ai94": "gcamp6s", "ai96": "gcamp6s", "ai162": "gcamp6s"
}  # fmt: skip
_CELL_WORDS = {
    "excitatory": "excitatory|exc|pyramidal|pyr|glutamatergic|camk2a?|camkii\\w*|slc17a7|vglut1|emx1|cux2|rorb|rbp4",
    "pv": "pv|pvalb|parvalbumin",
    "sst": "sst|som|somatostatin",
    "vip": "vip",
}
_NO_CELL_WORDS = ("unknown", "mixed", "all", "interneuron", "inhibitory", "gabaergic")
_NEAR = 0.75  # of difflib: one letter of seven


def indicator_of(text: str) -> str:
    """Return which of :data:`INDICATORS` is meant, ``""`` where nothing is stated.

    Parameters
    ----------
    text : str
        As people write it: names of viruses and mouse lines included.

    Examples
    --------
    >>> [indicator_of(t) for t in ("GCaMP6f", "AAV-syn-jGCaMP7f-WPRE", "GCaMP 8 medium", "Ai148", "jRGECO1a", "")]
    ['gcamp6f', 'gcamp7f', 'gcamp8m', 'gcamp6f', 'other', '']
    """
    lower = text.strip().lower()
    if not lower or lower in ("unknown", "n/a", "none", "not stated"):
        return ""
    found = {f"gcamp{number}{variant[:1]}" for number, variant in _GCAMP.findall(lower)}
    found = found or {name for line, name in _LINES.items() if re.search(rf"\b{line}(?:d|\b)", lower)}
    (name,) = found if len(found) == 1 else ("other",)
    return name if name in INDICATORS else "other"


def generation_of(text: str) -> str:
    """Return the generation of GCaMP, which may be known where the variant is not; ``""`` for any other.

    Examples
    --------
    >>> [generation_of(t) for t in ("jGCaMP8m", "GCaMP6", "GCaMP6f and 6s", "GCaMP5G", "jRGECO1a")]
    ['gcamp8', 'gcamp6', 'gcamp6', '', '']
    """
    lower = text.strip().lower()
    found = {number for number, _ in _GCAMP.findall(lower)} or set(indicator_of(text)[5:6])
    return f"gcamp{number}" if len(found) == 1 and (number := found.pop()) in "678" else ""


def cell_type_of(text: str) -> str:
    """Return which of :data:`CELL_TYPES` is meant.

    Examples
    --------
    >>> [cell_type_of(t) for t in ("pyramidal", "Pvalb-IRES-Cre", "SOM", "VIP+", "PV and SST", "")]
    ['excitatory', 'pv', 'sst', 'vip', 'unknown', 'unknown']
    """
    words = re.findall(r"[a-z0-9]+", text.lower())
    found = {name for name, known in _CELL_WORDS.items() if any(re.fullmatch(f"(?:{known})s?", word) for word in words)}
    return found.pop() if len(found) == 1 else "unknown"


def misspelt_indicator(text: str) -> str | None:
    """Return the name that was probably meant, None where ``text`` is a known one, a generation, or far from all.

    Examples
    --------
    >>> [misspelt_indicator(text) for text in ("GCaMP8k", "GCamMP6f", "jRGECO1a", "GCaMP8")]
    ['gcamp8s', 'gcamp6f', None, None]
    """
    lower = text.strip().lower()
    if generation_of(text) and not any(variant for _, variant in _GCAMP.findall(lower)):
        return None
    if indicator_of(text) != "other" or lower in _OTHERS or lower == "other":
        return None
    near = get_close_matches(lower, (*INDICATORS[:-1], *_OTHERS), n=1, cutoff=_NEAR)
    return near[0] if near else None


def misspelt_cell_type(text: str) -> str | None:
    """Return what to write in place of a cell type that is not known, None where it is.

    Examples
    --------
    >>> misspelt_cell_type("exitatory"), misspelt_cell_type("chandelier"), misspelt_cell_type("SOM")
    ('excitatory', 'unknown', None)
    """
    lower = text.strip().lower()
    if not lower or cell_type_of(text) != "unknown" or lower.rstrip("s") in _NO_CELL_WORDS:
        return None
    near = get_close_matches(lower, CELL_TYPES, n=1, cutoff=0.6)
    return near[0] if near else "unknown"
