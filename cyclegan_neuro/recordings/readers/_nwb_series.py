"""Series of ROI responses in an NWB file: which there are, what they hold, and the one that a recording is of."""

from __future__ import annotations

import re

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._nwb_objects import Objects

__all__ = ["QUANTITIES", "choose", "paths", "quantity"]

#: What traces are, in words.
QUANTITIES = {
    "dff": "ΔF/F",
    "": "of a quantity that the file does not name",
    "raw": "raw fluorescence",
    "denoised": "denoised or deconvolved",
    "neuropil": "neuropil or baseline",
}
_CONTAINERS = {"DfOverF": "dff", "Fluorescence": "raw"}
#: Series that NWB has no type for are told apart by the names that Suite2p, CaImAn and neuroconv give them.
_NAMES = (
    ("denoised", re.compile("deconv|denois|spike|spks", re.I)),
    ("neuropil", re.compile("neuropil|baseline", re.I)),
)


def paths(objects: Objects) -> list[str]:
    """Return the paths of all series of ROI responses, types that extend them included."""
    types = objects.types
    regions = {path.removesuffix("/rois") for path in objects.of_type("DynamicTableRegion") if path.endswith("/rois")}
    return [path for path in types if types[path] == "RoiResponseSeries" or path in regions]


def quantity(objects: Objects, path: str) -> str:
    """Return what a series holds: a key of :data:`QUANTITIES`."""
    stated = _CONTAINERS.get(objects.parent_type(path), "")
    if stated == "dff":
        return stated
    named = "/".join(path.split("/")[-2:])  # Suite2p calls the container Deconvolved, and the series plane0
    return next((what for what, pattern in _NAMES if pattern.search(named)), stated)


def choose(objects: Objects, name: str | None) -> str | None:
    """Return the path of the series to read.

    Parameters
    ----------
    objects : Objects
    name : str, optional
        Path of a series, of its data or of what it lies in, or a part of one between slashes.

    Returns
    -------
    str or None
        None if ``name`` is a data set that belongs to no series. Without a name it is the one of ΔF/F; else the one
        of a quantity that is not named, else that of raw fluorescence.

    Raises
    ------
    RecordingError
        If there is none, or several.
    """
    found = paths(objects)
    if name is not None:
        return _named(objects, found, name.strip("/"))
    for wanted in ("dff", "", "raw"):
        fitting = [path for path in found if quantity(objects, path) == wanted]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise _unclear(objects, f"{len(fitting)} series ({QUANTITIES[wanted]})", found, fitting[0])
    got = f"no series of ΔF/F or fluorescence, of {len(found)}" if found else "no RoiResponseSeries"
    raise _unclear(objects, got, found, found[0] if found else None)


def _named(objects: Objects, found: list[str], name: str) -> str | None:
    exact = [path for path in found if name in (path, f"{path}/data")]
    within = [path for path in found if f"/{name}/" in f"/{path}/"]
    fitting = exact or within
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and objects.dataset(name) is not None:
        return None
    got = f"'{name}', which {len(fitting)} series fit" if fitting else f"no '{name}'"
    raise _unclear(objects, got, found, next(iter(fitting or found), None))


def _unclear(objects: Objects, got: str, found: list[str], example: str | None) -> RecordingError:
    if example:
        fix = f"name the one to read: fields: {{dff: {example}}}, or --field dff={example}"
    elif "units/spike_times" in objects.types:
        spikes = f"{{source: spike_times, path: {objects.file.filename}, bin_s: 0.02}}"
        fix = f"it has spike times of units, which Spike-GAN reads: data: {spikes}"
    else:
        fix = "name a file with traces of cells"
    listed = ", ".join(f"{path} {_shape(objects, path)}, {QUANTITIES[quantity(objects, path)]}" for path in found)
    return RecordingError(
        f"{objects.file.filename}, field dff", got=got, expected=f"one of what is there: {listed or 'nothing'}", fix=fix
    )


def _shape(objects: Objects, path: str) -> str:
    try:
        dataset = objects.dataset(f"{path}/data")
    except RecordingError:
        return "(values in another file)"
    return "(no data)" if dataset is None else str(dataset.shape)
