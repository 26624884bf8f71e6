"""Small NWB 2 files as h5py writes them, for tests that must not need pynwb."""

from contextlib import contextmanager

import h5py
import numpy as np

OPHYS = "processing/ophys"
TABLE = f"{OPHYS}/ImageSegmentation/PlaneSegmentation"
SERIES = f"{OPHYS}/DfOverF/RoiResponseSeries"
PLANE = "general/optophysiology/plane"
RNG = np.random.default_rng(0)
PIXEL = np.dtype([("x", "u4"), ("y", "u4"), ("weight", "f4")])


@contextmanager
def new_nwb(path, version="2.7.0"):
    """Open a new file with what every NWB file has."""
    with h5py.File(path, "w") as file:
        file.attrs["neurodata_type"], file.attrs["nwb_version"] = "NWBFile", version
        file["specifications/core/2.7.0/nwb.base"] = "{}"
        for name in ("acquisition", "processing/ophys", "processing/behavior", "intervals"):
            file.require_group(name)
        for name in (OPHYS, "processing/behavior"):
            file[name].attrs["neurodata_type"] = "ProcessingModule"
        yield file


def typed(file, path, neurodata_type, value=None, **attributes):
    """Make a group, or a data set of ``value``, of a type."""
    item = file.require_group(path) if value is None else file.create_dataset(path, data=value)
    item.attrs["neurodata_type"] = neurodata_type
    for name, attribute in attributes.items():
        item.attrs[name] = attribute
    return item


def add_table(
    file, n_rows, *, path=TABLE, ids=None, masks=None, spacing=None, indicator=None, imaging_rate=None, **columns
):
    """Add regions of interest; ``masks`` are lists of (x, y, weight)."""
    plane = typed(file, PLANE, "ImagingPlane")
    for name, value in (("grid_spacing", spacing), ("indicator", indicator), ("imaging_rate", imaging_rate)):
        if value is not None:
            plane[name] = value
    typed(file, path.rpartition("/")[0], "ImageSegmentation")
    table = typed(file, path, "PlaneSegmentation", colnames=list(columns))
    typed(file, f"{path}/id", "ElementIdentifiers", np.arange(n_rows) + 100 if ids is None else np.asarray(ids))
    table["imaging_plane"] = h5py.SoftLink(f"/{PLANE}")
    for name, values in columns.items():
        typed(file, f"{path}/{name}", "VectorData", values)
    if masks is not None:
        pixels = np.array([tuple(pixel) for mask in masks for pixel in mask], PIXEL)
        typed(file, f"{path}/pixel_mask", "VectorData", pixels)
        typed(file, f"{path}/pixel_mask_index", "VectorIndex", np.cumsum([len(mask) for mask in masks]))
    return table


def add_clock(group, n_samples, rate=None, start=0.0, timestamps=None):
    """Give a series a rate or timestamps."""
    if timestamps is not None:
        group["timestamps"] = np.asarray(timestamps, np.float64)
    elif rate is not None:
        group["starting_time"] = start
        group["starting_time"].attrs["rate"] = rate


def add_rois(
    file, data, rows=None, *, path=SERIES, within="DfOverF", of_type="RoiResponseSeries", table=TABLE, rate=30.0,
    start=0.0, timestamps=None, unit="n.a.", **attributes,
):  # fmt: skip
    """Add a series of ROI responses whose region is ``rows`` of ``table``."""
    typed(file, path.rpartition("/")[0], within)
    group = typed(file, path, of_type)
    if isinstance(data, h5py.ExternalLink):
        group["data"] = data
    else:
        group.create_dataset("data", data=data)
        group["data"].attrs["unit"] = unit
        for name, value in attributes.items():
            group["data"].attrs[name] = value
    if rows is not None:
        region = typed(file, f"{path}/rois", "DynamicTableRegion", np.asarray(rows))
        region.attrs["table"] = file[table].ref
    add_clock(group, len(timestamps) if timestamps is not None else 0, rate, start, timestamps)
    return group


def add_series(file, path, data, *, of_type="TimeSeries", within=None, unit="cm", **clock):
    """Add a time series with a clock of its own."""
    if within:
        typed(file, path.rpartition("/")[0], within)
    group = typed(file, path, of_type)
    group["data"] = np.asarray(data)
    group["data"].attrs["unit"] = unit
    add_clock(group, len(data), **clock)
    return group


def add_intervals(file, name, starts, stops, **columns):
    """Add a table of intervals."""
    typed(file, f"intervals/{name}", "TimeIntervals")
    for column, values in {"start_time": starts, "stop_time": stops, **columns}.items():
        typed(file, f"intervals/{name}/{column}", "VectorData", np.asarray(values))


def write_nwb(path, fields):
    """Write what NWB has a place for of the fields of a recording."""
    dff, rate = fields["dff"], fields["frame_rate_hz"]
    steps = np.full(len(dff) - 1, 1 / rate)
    steps[fields.get("gaps", np.zeros(0, int))] += 60.0
    times = np.concatenate([[0.0], np.cumsum(steps)])
    with new_nwb(path) as file:
        columns = {"roi_name": [str(name) for name in fields["roi_ids"]]} if "roi_ids" in fields else {}
        add_table(file, dff.shape[1], **columns)
        add_rois(file, dff, np.arange(dff.shape[1]) if columns else None, timestamps=times)
        if "subject" in fields:
            typed(file, "general/subject", "Subject")["subject_id"] = fields["subject"]
            file["general/session_id"] = fields["session"]
        for name, kind, within, unit in (
            ("position_cm", "SpatialSeries", "Position", "cm"), ("speed_cm_s", "TimeSeries", None, "cm/s")
        ):  # fmt: skip
            if name in fields:
                place = "processing/behavior/" + ("Position/track" if within else "running_speed")
                add_series(file, place, fields[name], of_type=kind, within=within, unit=unit, timestamps=times)
        for name in ("licks", "rewards"):
            if name in fields:
                onsets = np.repeat(times, fields[name])
                add_series(
                    file, f"processing/behavior/events/{name}", onsets, within="BehavioralEvents", timestamps=onsets
                )
        if "events" in fields:
            onsets = np.repeat(times, fields["events"])
            add_intervals(file, "odours", onsets, onsets + 0.1)
        if "trial" in fields:
            numbers = np.unique(fields["trial"][fields["trial"] >= 0])
            inside = [times[fields["trial"] == number] for number in numbers]
            add_intervals(file, "trials", [t[0] for t in inside], [t[-1] + 0.5 / rate for t in inside])
    return path
