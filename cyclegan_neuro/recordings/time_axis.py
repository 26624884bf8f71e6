"""Frame rate and gaps as a file holds them, refused where they cannot be what they are called."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.errors import RecordingError

__all__ = ["require_valid_time"]


def require_valid_time(values: dict, *, where: str) -> None:
    """Check ``frame_rate_hz`` and ``gaps`` of the fields of a recording; gaps become ascending and distinct.

    Parameters
    ----------
    values : dict
        Fields by name, converted; ``gaps`` is replaced in place.
    where : str
        The file, for messages.

    Raises
    ------
    RecordingError
        If the rate is not above 0, or gaps are no frame numbers of this recording.
    """
    rate, n_frames, gaps = values["frame_rate_hz"], len(values["dff"]), values.get("gaps")
    if not (np.isfinite(rate) and rate > 0):
        raise RecordingError(
            f"{where}, field frame_rate_hz", got=f"{rate}", expected="frames per second, above 0",
            fix="set frame_rate_hz: 30.0 with the rate of your microscope",
        )  # fmt: skip
    if gaps is None or not gaps.size:
        return
    if _is_mask(gaps, n_frames):
        raise RecordingError(
            f"{where}, field gaps", got=f"{gaps.size:,} values of 0 and 1, which look like a mask",
            expected="numbers of the frames after which time is not continuous, counted from 0",
            fix="write np.flatnonzero(mask), or name another field",
        )  # fmt: skip
    values["gaps"] = gaps = np.unique(gaps)
    if gaps[0] < 0 or gaps[-1] >= n_frames - 1:
        raise RecordingError(
            f"{where}, field gaps", got=f"frames {gaps[0]} to {gaps[-1]}",
            expected=f"0 to {n_frames - 2} (a gap lies between a frame and the next; frames count from 0)",
            fix="subtract 1 if your frames count from 1; drop a gap after the last frame",
        )  # fmt: skip


def _is_mask(gaps: np.ndarray, n_frames: int) -> bool:
    """One flag per frame or per pair of frames; read as frame numbers they would be gaps after frames 0 and 1."""
    return gaps.size > 2 and gaps.size in (n_frames, n_frames - 1) and bool(np.isin(gaps, (0, 1)).all())
