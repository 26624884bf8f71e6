"""Folders and files as other tools leave them, written by NumPy and h5py alone."""

import gzip
import itertools
import json
import zlib

import h5py
import numpy as np

MISSING = b"NoneType"


def write_suite2p(folder, raw, *, neuropil=None, iscell=None, fs=10.0, ops=None, stat=True):
    """Write a plane of (time, region) raw fluorescence; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    n_rois = raw.shape[1]
    np.save(folder / "F.npy", np.ascontiguousarray(raw.T, np.float32))
    np.save(folder / "Fneu.npy", np.ascontiguousarray((0 * raw if neuropil is None else neuropil).T, np.float32))
    np.save(folder / "spks.npy", np.maximum(raw.T, 0).astype(np.float32))
    labels = np.ones(n_rois) if iscell is None else iscell
    table = np.stack([labels, np.linspace(0.05, 0.95, n_rois)], axis=1) if np.ndim(labels) == 1 else labels
    np.save(folder / "iscell.npy", np.asfortranarray(table))
    if fs is not None:
        images = {"meanImg": np.zeros((4, 4), np.float32), "yoff": np.arange(3, dtype=np.int32), "nested": {"a": [1]}}
        np.save(folder / "ops.npy", {"fs": fs, "nplanes": 1, **images, **(ops or {})}, allow_pickle=True)
    if stat:
        regions = [
            {
                "ypix": np.arange(3),
                "lam": np.ones(3, np.float32),
                "med": [np.int64(10 * i), 5 * i],
                "skew": np.float32(i),
            }
            for i in range(n_rois)
        ]
        np.save(folder / "stat.npy", np.array(regions, object), allow_pickle=True)
    return folder


def footprints(n_components, dims=(8, 6)):
    """Return one footprint of two pixels per component, dense (pixel, component), pixels down the columns."""
    dense = np.zeros((int(np.prod(dims)), n_components))
    for i in range(n_components):
        dense[[3 * i + 1, 3 * i + 2], i] = 2.0, 1.0
    return dense


def write_sparse(group, dense):
    """Write a matrix as CaImAn writes SciPy's CSC."""
    columns = [np.flatnonzero(column) for column in dense.T]
    group["data"] = np.concatenate([dense[rows, i] for i, rows in enumerate(columns)])
    group["indices"] = np.concatenate(columns).astype(np.int32)
    group["indptr"] = np.cumsum([0, *(rows.size for rows in columns)]).astype(np.int32)
    group["shape"] = np.array(dense.shape)


def write_caiman(path, *, c, yra=MISSING, f_dff=MISSING, b=MISSING, f=MISSING, accepted=MISSING, fr=10.0, dims=(8, 6)):
    """Write results; traces are (time, component)."""
    with h5py.File(path, "w") as file:
        file["dims"] = np.array(dims)
        estimates = file.create_group("estimates")
        write_sparse(estimates.create_group("A"), footprints(c.shape[1], dims))
        for name, value in (("C", c), ("S", np.maximum(c, 0)), ("YrA", yra), ("F_dff", f_dff)):
            estimates[name] = value.T if isinstance(value, np.ndarray) else value
        for name, value in (("b", b), ("f", f), ("idx_components", accepted), ("center", MISSING)):
            estimates[name] = value
        file["params/data/fr"] = fr
        file["params/data"].attrs["var_name_hdf5"] = "mov"
    return path


def raw_of(dff):
    """Return raw fluorescence that has this ΔF/F, but for its baseline."""
    return (100 * (1 + dff)).astype(np.float32)


def suite2p_of(path, values):
    """Write the fields of a recording that Suite2p has a place for; gaps are borders of recordings that it joined."""
    gaps = values.get("gaps", np.zeros(0, np.int64))
    lengths = np.diff([0, *(gaps + 1), len(values["dff"])])
    return write_suite2p(path, raw_of(values["dff"]), fs=values["frame_rate_hz"], ops={"frames_per_folder": lengths})


def caiman_of(path, values):
    """Write the fields of a recording that CaImAn has a place for."""
    dff = values["dff"]
    background = {"b": np.ones((dff.shape[1] * 3 + 3, 1)), "f": np.ones((1, len(dff)))}
    dims = (3, dff.shape[1] + 1)
    return write_caiman(path, c=dff * 0, f_dff=dff, fr=values["frame_rate_hz"], dims=dims, **background)


def times_of(values):
    """Return the times of frames, with a minute where there is a gap."""
    steps = np.full(len(values["dff"]) - 1, 1 / values["frame_rate_hz"])
    steps[values.get("gaps", np.zeros(0, int))] += 60.0
    return 0.1 + np.concatenate([[0.0], np.cumsum(steps)])


def write_rows(path, rows, *, separator=",", encoding="utf-8"):
    """Write cells as text; NaN is left empty."""
    cells = ([("" if cell != cell else str(cell)) for cell in row] for row in rows)
    path.write_text("\n".join(separator.join(row) for row in cells) + "\n", encoding=encoding)
    return path


def csv_of(path, values):
    """Write the fields of a recording as a table, a row per frame."""
    return write_rows(path, rows_of(values))


def excel_of(path, values):
    """Write the fields of a recording as the sheet of a workbook."""
    names, *rows = rows_of(values)
    cells = [[None if cell != cell else cell.item() for cell in row] for row in rows]
    return write_workbook(path, {"Sheet": [names, *cells]})


def write_workbook(path, sheets):
    """Write sheets, given as rows of cells."""
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    with open(path, "wb") as stream:
        workbook.save(stream)
    return path


def rows_of(values):
    """Return the names of columns, and a row per frame."""
    per_frame = {name: value for name, value in values.items() if np.shape(value) == (len(values["dff"]),)}
    names = ["time", *(f"cell{i}" for i in range(values["dff"].shape[1])), *per_frame]
    rows = zip(times_of(values), *values["dff"].T, *per_frame.values(), strict=True)
    return [names, *rows]


def inscopix_of(path, values):
    """Write what IDPS exports: names, a row of states, times and traces."""
    n_cells = values["dff"].shape[1]
    names = [" ", *(f" C{i:02}" for i in range(n_cells))]
    states = ["Time(s)/Cell Status", *[" accepted"] * n_cells]
    return write_rows(path, [names, states, *zip(times_of(values), *values["dff"].T, strict=True)])


def write_zarr(path, values, *, axes=(), version=2, chunks=None, attributes=None, coded="zlib", encode=None):
    """Write one array of a zarr store: chunks by zlib (version 2) or gzip (3), or as ``encode`` makes them."""
    values = np.asarray(values)
    chunks = chunks or values.shape
    path.mkdir(parents=True)
    attributes = attributes or {}
    if version == 2:
        described = {
            "zarr_format": 2, "shape": values.shape, "chunks": chunks, "dtype": values.dtype.str, "fill_value": None,
            "order": "C", "filters": None, "compressor": {"id": coded} if coded else None,
        }  # fmt: skip
        (path / ".zarray").write_text(json.dumps(described))
        (path / ".zattrs").write_text(json.dumps({"_ARRAY_DIMENSIONS": axes, **attributes}))
        encode, prefix, separator = encode or (zlib.compress if coded else bytes), "", "."
    else:
        described = {
            "zarr_format": 3, "node_type": "array", "shape": values.shape, "data_type": values.dtype.name,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": 0,
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "gzip"}],
            "dimension_names": axes, "attributes": attributes,
        }  # fmt: skip
        (path / "zarr.json").write_text(json.dumps(described))
        encode, prefix, separator = encode or gzip.compress, "c/", "/"
    for numbers in itertools.product(*(range(-(-n // size)) for n, size in zip(values.shape, chunks, strict=True))):
        part = tuple(slice(i * size, (i + 1) * size) for i, size in zip(numbers, chunks, strict=True))
        whole = np.zeros(chunks, values.dtype)
        inside = values[part]
        whole[tuple(map(slice, inside.shape))] = inside
        file = path / (prefix + separator.join(map(str, numbers)) or "0")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(whole.tobytes()))
    return path


def write_minian(
    folder, *, version=2, units=None, frames=None, animal="m1", session="s1", attributes=None, **variables
):
    """Write a store for each variable over (unit, frame), units alone, or (unit, height, width)."""
    for name, values in variables.items():
        store, n_units = folder / f"{name}.zarr", len(values)
        axes = ("unit_id", *((), ("frame",), ("height", "width"))[np.ndim(values) - 1])
        chunks = tuple(max(1, n // 2 + 1) for n in np.shape(values))
        write_zarr(store / name, values, axes=axes, version=version, chunks=chunks, attributes=attributes)
        write_zarr(store / "unit_id", np.arange(n_units) if units is None else units[:n_units], axes=["unit_id"])
        if "frame" in axes:
            kept = np.arange(np.shape(values)[1]) if frames is None else frames
            write_zarr(store / "frame", np.asarray(kept), axes=["frame"], version=version)
        for scalar, text in (("animal", animal), ("session", session)):
            write_zarr(store / scalar, np.array(text), coded=None)
    return folder


def minian_of(path, values):
    """Write the fields of a recording as Minian's stores."""
    frames = np.arange(len(values["dff"]))
    for gap in values.get("gaps", ()):
        frames[gap + 1 :] += 100
    named = {"animal": values.get("subject", ""), "session": values.get("session", "")}
    return write_minian(path, frames=frames, attributes={"fps": values["frame_rate_hz"]}, **named, dff=values["dff"].T)


def write_mat(path, values):
    """Write variables and structures as MATLAB 5."""
    from scipy.io import savemat

    savemat(path, values, appendmat=False)
    return path


def cnmfe_of(path, values):
    """Write ΔF/F as CaImAn in MATLAB keeps it, (neuron, time)."""
    dff = np.float64(values["dff"].T)
    return write_mat(
        path, {"results": {"A": np.ones((6, len(dff))), "C": dff * 0, "F_dff": dff, "Fs": values["frame_rate_hz"]}}
    )


def extract_of(path, values):
    """Write traces as EXTRACT keeps them."""
    dff = values["dff"]
    output = {"temporal_weights": dff, "spatial_weights": np.ones((2, 3, dff.shape[1])), "config": {"preprocess": 1}}
    return write_mat(path, {"output": output, "fs": values["frame_rate_hz"]})
