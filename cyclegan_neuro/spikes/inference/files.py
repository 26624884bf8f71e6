"""Inferred spikes in files: HDF5, others by their ending (``other_files``), and Neo for whoever works with Elephant.

The HDF5 file holds

====================== ================================== =======================================================
``rates_hz``           float32 (time, neuron)             spikes per second, 0 where not valid
``valid``              bool (time,)                       False where no window of the networks reaches
``spike_counts``       uint8 or uint16 (time, neuron)     spikes per frame
``spike_times``        float64 (spike,)                   in s from the start of the first frame, neuron after neuron
``spike_times_index``  int64 (neuron,)                    where the times of each neuron end in ``spike_times``
``noise_levels``       float64 (neuron,)                  in % per sqrt(Hz)
``network_levels``     float64 (neuron,)                  that the networks were told, or trained for
``gaps``               int64 (gap,)                       frames after which time is not continuous
``roi_ids``            text (neuron,)                     if the recording has them
``source``             attributes                         of the recording, with the sha256 of its float32 ΔF/F
``networks``           attributes                         of the networks: what they were trained on, and whom to cite
====================== ================================== =======================================================

and, where the inference gives intervals, ``rate_intervals_hz`` (neuron, 2), of the mean rates. Its attributes are
``format``, ``format_version``, ``created_with``, ``frame_rate_hz`` and ``seed``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import cyclegan_neuro
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.invocation import command
from cyclegan_neuro.recordings.atomic import replacing
from cyclegan_neuro.recordings.readers._hdf5_source import open_hdf5
from cyclegan_neuro.recordings.readers._hdf5_values import read_text, read_values
from cyclegan_neuro.spikes.endings import require_ending
from cyclegan_neuro.spikes.inference.other_files import write_mat, write_npz, write_nwb
from cyclegan_neuro.spikes.inference.rates import InferredRates
from cyclegan_neuro.spikes.inference.recording_spikes import RecordingSpikes
from cyclegan_neuro.spikes.inference.storage import read_attributes, write_attributes
from cyclegan_neuro.spikes.trains import neo_trains, spike_times

__all__ = ["read_spikes", "write_neo", "write_spikes"]

_FORMAT, _VERSION = "cyclegan_neuro inferred spikes", 1
_CHUNK = (4096, 32)


def write_spikes(path: str | os.PathLike, spikes: RecordingSpikes) -> Path:
    """Write inferred spikes; the file appears whole or not at all.

    Parameters
    ----------
    path : path
        The ending chooses the format: ``.h5`` (which :func:`read_spikes` reads), ``.npz``, ``.mat`` or ``.nwb``.
    spikes : RecordingSpikes

    Returns
    -------
    Path
        The file.

    Raises
    ------
    RecordingError
        If it cannot be written, or spikes are not written as such files.
    """
    target = Path(path).expanduser()
    write = {".npz": write_npz, ".mat": write_mat, ".nwb": write_nwb}.get(require_ending(target), _write_hdf5)
    values = _values(spikes)
    with replacing(target) as temporary:
        write(temporary, spikes, values)
    return target


def _values(spikes: RecordingSpikes) -> dict[str, Any]:
    """Return arrays and single values by the names that they have in files."""
    inferred = spikes.inferred
    times = spike_times(spikes.counts, frame_rate_hz=inferred.frame_rate_hz)
    values = {
        "format": _FORMAT,
        "format_version": _VERSION,
        "created_with": f"cyclegan_neuro {cyclegan_neuro.__version__}",
        "frame_rate_hz": inferred.frame_rate_hz,
        "seed": spikes.seed,
        "rates_hz": inferred.rates_hz,
        "spike_counts": spikes.counts,
        "spike_times": np.concatenate(times),
        "spike_times_index": np.cumsum([t.size for t in times], dtype=np.int64),
        "valid": inferred.valid,
        "noise_levels": inferred.noise_levels,
        "network_levels": inferred.network_levels,
        "gaps": spikes.gaps,
    }
    if spikes.rate_intervals_hz is not None:
        values["rate_intervals_hz"] = spikes.rate_intervals_hz
    if spikes.roi_ids is not None:
        values["roi_ids"] = np.array(spikes.roi_ids)
    return values


def _write_hdf5(path: Path, spikes: RecordingSpikes, values: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        for name, value in values.items():
            if not isinstance(value, np.ndarray):
                file.attrs[name] = value
            elif value.dtype.kind == "U":
                file.create_dataset(name, data=value.astype(object), dtype=h5py.string_dtype())
            else:
                _write_array(file, name, value)
        write_attributes(file.create_group("source"), spikes.source)
        write_attributes(file.create_group("networks"), spikes.networks)


def read_spikes(path: str | os.PathLike) -> RecordingSpikes:
    """Read what :func:`write_spikes` wrote.

    Raises
    ------
    RecordingError
        If the file is missing, damaged or of another kind.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise RecordingError(
            str(path), got="no such file", expected="inferred spikes", fix=f"make it: {command('infer')}"
        )
    with open_hdf5(path) as file:
        if (file.attrs.get("format"), file.attrs.get("format_version")) != (_FORMAT, _VERSION):
            raise RecordingError(
                str(path), got="another kind of HDF5 file", expected=f"format '{_FORMAT}', version {_VERSION}",
                fix=f"name a file that {command('infer')} wrote",
            )  # fmt: skip
        arrays = {name: read_values(file[name]) for name in ("rates_hz", "valid", "noise_levels", "network_levels")}
        inferred = InferredRates(**arrays, frame_rate_hz=float(file.attrs["frame_rate_hz"]))
        return RecordingSpikes(
            inferred,
            read_values(file["spike_counts"]),
            read_values(file["gaps"]),
            tuple(read_text(file, file["roi_ids"]).tolist()) if "roi_ids" in file else None,
            int(file.attrs["seed"]),
            read_attributes(file["source"]),
            read_attributes(file["networks"]),
            read_values(file["rate_intervals_hz"]) if "rate_intervals_hz" in file else None,
        )


def write_neo(path: str | os.PathLike, spikes: RecordingSpikes) -> Path:
    """Write the spike trains as Neo's MATLAB file: ``neo.io.NeoMatlabIO(path).read_block()`` reads them.

    Parameters
    ----------
    path : path
        Ends with ``.mat``. Neo's other formats for spike trains need a package that is not installed with this one
        (NIX, NWB) or store pickles.
    spikes : RecordingSpikes

    Returns
    -------
    Path
        The file: one block with one segment with one spike train per neuron (units s, from 0 s to frames / rate),
        named by its ROI id, or by its number without one.

    Raises
    ------
    RecordingError
        If the ending is another, or the file cannot be written.
    """
    target = Path(path).expanduser()
    if target.suffix != ".mat":
        raise RecordingError(
            str(target), got=f"the ending '{target.suffix}'", expected=".mat, which Neo's NeoMatlabIO writes and reads",
            fix=f"name the file {target.with_suffix('.mat').name}",
        )  # fmt: skip
    import neo  # over half a second that importing this module need not wait
    from neo.io import NeoMatlabIO

    segment = neo.Segment(name="inferred spikes")
    names = spikes.roi_ids or [str(column) for column in range(spikes.counts.shape[1])]
    for name, train in zip(names, neo_trains(spikes.counts, frame_rate_hz=spikes.inferred.frame_rate_hz), strict=True):
        train.name = name
        segment.spiketrains.append(train)
    block = neo.Block(name=Path(spikes.source.get("source", "")).name)
    block.segments.append(segment)
    with replacing(target) as temporary:
        NeoMatlabIO(str(temporary)).write_block(block)
    return target


def _write_array(file: h5py.File, name: str, array: np.ndarray) -> None:
    if array.size < _CHUNK[0]:
        file.create_dataset(name, data=array)
        return
    chunks = tuple(min(size, chunk) for size, chunk in zip(array.shape, _CHUNK, strict=False))
    file.create_dataset(name, data=array, chunks=chunks, compression="gzip", compression_opts=1, shuffle=True)
