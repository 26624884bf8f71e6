"""A recording as a new NWB file, through pynwb."""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import cyclegan_neuro
from cyclegan_neuro.errors import RecordingError

__all__ = ["NOTED", "PAUSE_S", "write"]

_log = logging.getLogger(__name__)
#: Under this name the file's notes hold, as JSON, what NWB has no place for.
NOTED = "cyclegan_neuro"
#: How long a gap is made: a recording does not say.
PAUSE_S = 60.0
_GRID_UM = 0.1  # centres are kept as masks of one pixel of this size
_CHUNK = (4096, 32)
_UNKNOWN = "unknown"


def write(path: Path, values: Mapping[str, Any]) -> None:
    """Write the fields of a recording; what only a simulator knows is left out.

    Raises
    ------
    RecordingError
        If pynwb is not installed.
    """
    if find_spec("pynwb") is None:
        raise RecordingError(
            str(path), got="NWB, and no pynwb", expected="pynwb, which writes NWB files",
            fix="pip install 'cyclegan_neuro[nwb]', or write .h5, .npz or .mat",
        )  # fmt: skip
    from pynwb import NWBHDF5IO

    file = _new_file(values)
    times = _times(values)
    _add_traces(file, values, times)
    _add_behaviour(file, values, times)
    with NWBHDF5IO(path, "w") as io:
        io.write(file)


def _times(values: Mapping[str, Any]) -> np.ndarray:
    """Times of the frames in seconds, with a pause at every gap."""
    n_frames, rate_hz = len(values["dff"]), values["frame_rate_hz"]
    gaps = np.asarray(values.get("gaps", ()), np.int64)
    pauses = np.bincount(gaps + 1, minlength=n_frames) * PAUSE_S
    return np.arange(n_frames) / rate_hz + np.cumsum(pauses)


def _new_file(values: Mapping[str, Any]) -> Any:
    from pynwb import NWBFile
    from pynwb.file import Subject

    session = values.get("session", "")
    day = re.search(r"\d{4}-\d\d-\d\d", session)
    noted = {name: values[name] for name in ("data_origin", "days_mixed", "source") if name in values}
    noted |= {name: name in values for name in ("roi_ids", "roi_rows")}
    if len(values.get("gaps", ())):
        noted["pauses"] = f"each pause was written as {PAUSE_S:g} s; how long it was is not known"
    known = _date(day.group()) if day else None
    file = NWBFile(
        session_description=f"{values.get('data_origin', 'recorded')} ΔF/F of {values.get('source') or 'a recording'}"
        f"{'' if known else '; session_start_time is not known'}",
        identifier=" ".join(filter(None, (values.get("subject"), session, values.get("source")))) or "recording",
        session_start_time=known or datetime(1970, 1, 1, tzinfo=timezone.utc),
        session_id=session or None,
        source_script=f"cyclegan_neuro {cyclegan_neuro.__version__}",
        source_script_file_name="cyclegan-neuro convert",
        notes=json.dumps({NOTED: noted}, ensure_ascii=False, default=bool),
    )
    if values.get("subject"):
        file.subject = Subject(subject_id=values["subject"])
    return file


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    except ValueError:  # 2026-13-45
        return None


def _add_traces(file: Any, values: Mapping[str, Any], times: np.ndarray) -> None:
    from pynwb import H5DataIO
    from pynwb.ophys import DfOverF, ImageSegmentation, RoiResponseSeries

    segmentation = ImageSegmentation()
    table = _add_rois(segmentation, _plane(file, values), values)
    ophys = file.create_processing_module("ophys", "calcium imaging")
    ophys.add(segmentation)
    container, dff = DfOverF(), values["dff"]
    ophys.add(container)  # before its series, which refers to the table
    chunks = tuple(min(size, chunk) for size, chunk in zip(dff.shape, _CHUNK, strict=True))
    container.add_roi_response_series(RoiResponseSeries(
        name="RoiResponseSeries", data=H5DataIO(dff, compression="gzip", compression_opts=1, chunks=chunks),
        rois=table.create_roi_table_region(description="all neurons", region=list(range(dff.shape[1]))),
        unit="n.a.", description="ΔF/F as a fraction", **_clock(values, times),
    ))  # fmt: skip


def _plane(file: Any, values: Mapping[str, Any]) -> Any:
    from pynwb.ophys import OpticalChannel

    spacing = (
        {"grid_spacing": [_GRID_UM] * 2, "grid_spacing_unit": "micrometers"} if _places(values) is not None else {}
    )
    return file.create_imaging_plane(
        name="ImagingPlane", description=_UNKNOWN, device=file.create_device("Microscope"), excitation_lambda=np.nan,
        optical_channel=OpticalChannel(name="OpticalChannel", description=_UNKNOWN, emission_lambda=np.nan),
        indicator=values.get("indicator") or _UNKNOWN, location=_UNKNOWN, imaging_rate=values["frame_rate_hz"],
        **spacing,
    )  # fmt: skip


def _places(values: Mapping[str, Any]) -> np.ndarray | None:
    """Centres on the grid of masks, (neuron, xy); None where there are none, or some that no pixel can be at."""
    centres = values.get("roi_xy_um")
    if centres is None or not np.isfinite(centres).all() or (centres < 0).any():
        return None
    return np.rint(np.asarray(centres, np.float64) / _GRID_UM).astype(np.uint32)


def _add_rois(segmentation: Any, plane: Any, values: Mapping[str, Any]) -> Any:
    n_neurons, places = values["dff"].shape[1], _places(values)
    what = f"neurons; each mask is the pixel at its centre, on a grid of {_GRID_UM:g} µm" if places is not None else (
        "neurons; their places are not known, and the masks are empty"
    )  # fmt: skip
    table = segmentation.create_plane_segmentation(name="PlaneSegmentation", description=what, imaging_plane=plane)
    ids = values.get("roi_ids")
    if ids is not None:
        table.add_column("roi_name", "what identifies a neuron across days")
    cell_type = {"cell_type": values["cell_type"]} if values.get("cell_type") else {}
    if cell_type:
        table.add_column("cell_type", "of all neurons")
    rows = values.get("roi_rows", np.arange(n_neurons))  # which the reader takes back where they are noted
    for neuron in range(n_neurons):
        mask = [(0, 0, 0.0)] if places is None else [(*places[neuron].tolist(), 1.0)]
        name = {} if ids is None else {"roi_name": str(ids[neuron])}
        table.add_roi(pixel_mask=mask, id=int(rows[neuron]), **name, **cell_type)
    return table


def _clock(values: Mapping[str, Any], times: np.ndarray) -> dict[str, Any]:
    if len(values.get("gaps", ())):
        return {"timestamps": times}
    return {"starting_time": 0.0, "rate": values["frame_rate_hz"]}


def _add_behaviour(file: Any, values: Mapping[str, Any], times: np.ndarray) -> None:
    from pynwb import TimeSeries
    from pynwb.behavior import BehavioralEvents, Position, SpatialSeries
    from pynwb.epoch import TimeIntervals

    clock, module = _clock(values, times), None
    if {"position_cm", "speed_cm_s", "licks", "rewards"} & values.keys():
        module = file.create_processing_module("behavior", "what the animal did")
    if "position_cm" in values:
        track = SpatialSeries(
            name="track", data=values["position_cm"], unit="cm", reference_frame="start of the track", **clock
        )
        module.add(Position(spatial_series=track))
    if "speed_cm_s" in values:
        module.add(TimeSeries(name="running_speed", data=values["speed_cm_s"], unit="cm/s", **clock))
    counted = [name for name in ("licks", "rewards") if name in values]
    if counted:
        series = []
        for name in counted:
            onsets = np.repeat(times, values[name])
            series.append(TimeSeries(name=name, data=np.ones(onsets.size), unit="count", timestamps=onsets))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # newer files have tables of events, which older pynwb lacks
            module.add(BehavioralEvents(name="events", time_series=series))
    if "events" in values:
        table = TimeIntervals(name="events", description="what the animal was given")
        for onset in np.repeat(times, values["events"]):
            table.add_row(start_time=onset, stop_time=onset + 1 / values["frame_rate_hz"])
        file.add_time_intervals(table)
    trials = _trials(values, times)
    for start, stop in trials:
        file.add_trial(start_time=start, stop_time=stop)
    if not trials and (values.get("trial", np.zeros(0)) >= 0).any():
        _log.warning("trial left out: its numbers are not 0, 1, 2, ... one after the other, as NWB's table counts them")


def _trials(values: Mapping[str, Any], times: np.ndarray) -> list[tuple[float, float]]:
    """Begin and end of each trial; none where their numbers are not 0, 1, 2, ... one after the other."""
    trial = values.get("trial", np.zeros(0, np.int32))
    inside = trial[trial >= 0]
    numbers = np.unique(inside)
    if not np.array_equal(numbers, np.arange(numbers.size)) or (np.diff(inside) < 0).any():
        return []
    half = 0.5 / values["frame_rate_hz"]
    return [(times[trial == number][0], times[trial == number][-1] + half) for number in numbers]
