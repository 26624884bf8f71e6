"""ROICaT: ``labels_bySession`` of ``*.tracking.results_clusters.json``, a label per ROI and -1 for none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.configuration.sections import MatchingSection
from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.matching.table import MatchTable
from cyclegan_neuro.recordings.memory import require_room

__all__ = ["read"]

_LABELS, _SCORES = "labels_bySession", "cluster_silhouette"
_BYTES_IN_MEMORY = 16  # of one byte of JSON, at most


def read(path: Path, section: MatchingSection) -> MatchTable:
    """Read labels; ROI i of a session is element i of its list, which counts all ROIs that were given to ROICaT."""
    content = _json(path)
    clusters = content.get("clusters", content)
    labels = clusters.get(_LABELS) if isinstance(clusters, dict) else None
    where = f"{path}, field {_LABELS}"
    if not isinstance(labels, list) or len(labels) < 2 or not all(map(_is_labels, labels)):
        raise PairingError(
            where, got="none" if labels is None else "something else", expected="a list of labels per session",
            fix="name *.tracking.results_clusters.json; other files of ROICaT hold objects, which are not loaded",
        )  # fmt: skip
    sessions = [np.array(of_session, np.int64) for of_session in labels]
    names = np.unique(np.concatenate(sessions))
    names = names[names >= 0]
    entries = np.full((len(names), len(sessions)), "", dtype="U20")
    for session, of_session in enumerate(sessions):
        own, counts = np.unique(of_session[of_session >= 0], return_counts=True)
        if np.any(counts > 1):
            raise PairingError(
                f"{where}, session {session + 1}", got=f"label {own[counts > 1][0]} for {counts.max()} ROIs",
                expected="a label for one ROI of a session", fix="let ROICaT cluster again, or correct the labels",
            )  # fmt: skip
        rows = np.flatnonzero(of_session >= 0)
        entries[np.searchsorted(names, of_session[rows]), session] = rows.astype(np.str_)
    scores = _scores(clusters.get("quality_metrics"), names)
    return MatchTable(
        entries, base=0, n_rois=tuple(map(len, sessions)), scores=scores, score_name=_SCORES
    )  # fmt: skip


def _json(path: Path) -> dict[str, Any]:
    try:
        require_room(str(path), shape=(path.stat().st_size,), itemsize=_BYTES_IN_MEMORY)
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PairingError(
            str(path), got=error.strerror or str(error), expected="a file that can be read", fix="check the path",
        ) from error  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise PairingError(
            str(path), got=f"no JSON ({error})", expected="*.tracking.results_clusters.json",
            fix="name that file; pickles and .richfile are not loaded",
        ) from error  # fmt: skip
    if not isinstance(content, dict):
        raise PairingError(str(path), got="JSON without names", expected=f"{{{_LABELS}: ...}}", fix="name another file")
    return content


def _is_labels(value: Any) -> bool:
    return isinstance(value, list) and all(type(label) is int and -(2**62) < label < 2**62 for label in value)


def _scores(metrics: Any, names: np.ndarray) -> np.ndarray | None:
    """Return the silhouette of each cluster, where the file has one per label."""
    if not isinstance(metrics, dict):
        return None
    try:
        labels, values = (np.array(metrics.get(key), float) for key in ("cluster_labels_unique", _SCORES))
    except (TypeError, ValueError):
        return None
    if labels.ndim != 1 or labels.shape != values.shape:
        return None
    of_label = dict(zip(labels, values, strict=True))
    return np.array([of_label.get(float(name), np.nan) for name in names])
