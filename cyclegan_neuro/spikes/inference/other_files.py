"""Inferred spikes for other programs: ``.npz``, CASCADE's ``.mat``, NWB.

``.npz`` holds what the HDF5 file holds under the same names, ``source`` and ``networks`` as JSON. ``.mat`` holds
``spike_prob`` as CASCADE writes it, (neuron, time), spikes per frame, NaN where no window reaches, and beside it
``frame_rate_hz``, ``noise_levels`` and ``roi_ids``. NWB holds ``units`` with spike times and the intervals in which
they could be found, and the rates as a time series, NaN where there are none.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

import cyclegan_neuro
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.frames import runs, segments
from cyclegan_neuro.spikes.inference.recording_spikes import RecordingSpikes
from cyclegan_neuro.spikes.trains import spike_times

__all__ = ["write_mat", "write_npz", "write_nwb"]

_MOST_BYTES = 2**31 - 2**16  # of a variable in a MATLAB 5 file
_CHUNK = (4096, 32)


def write_npz(path: Path, spikes: RecordingSpikes, values: dict[str, Any]) -> None:
    """Write all values, arrays and texts, without pickles."""
    about = {"source": json.dumps(spikes.source), "networks": json.dumps(spikes.networks)}
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in (values | about).items()}
    np.savez_compressed(path, **arrays)


def write_mat(path: Path, spikes: RecordingSpikes, values: dict[str, Any]) -> None:
    """Write spikes per frame as CASCADE does.

    Raises
    ------
    RecordingError
        If they are too large for a MATLAB 5 file.
    """
    from scipy.io import savemat  # half a second that importing this module need not wait

    per_frame = spikes.rates_hz / np.float32(spikes.inferred.frame_rate_hz)
    if per_frame.nbytes > _MOST_BYTES:
        raise RecordingError(
            str(path), got=f"{per_frame.nbytes / 2**30:.1f} GiB", expected="at most 2 GiB, the limit of MATLAB 5 files",
            fix="write .h5, which MATLAB reads with h5read",
        )  # fmt: skip
    per_frame[~spikes.valid] = np.nan
    content = {"spike_prob": np.ascontiguousarray(per_frame.T)}
    content |= {name: values[name] for name in ("frame_rate_hz", "noise_levels")}
    if spikes.roi_ids is not None:
        content["roi_ids"] = np.array(spikes.roi_ids, object)[:, None]  # a cell array
    savemat(path, content, do_compression=True)


def write_nwb(path: Path, spikes: RecordingSpikes, values: dict[str, Any]) -> None:
    """Write units with spike times, and rates, through pynwb."""
    from pynwb import NWBHDF5IO, H5DataIO, TimeSeries

    file = _new_file(spikes)
    rate_hz = spikes.inferred.frame_rate_hz
    rates = np.where(spikes.valid[:, None], spikes.rates_hz, np.float32(np.nan))
    chunks = tuple(min(size, chunk) for size, chunk in zip(rates.shape, _CHUNK, strict=True))
    data = H5DataIO(rates, compression="gzip", compression_opts=1, shuffle=True, chunks=chunks)
    series = TimeSeries(
        name="inferred_rates", data=data, unit="Hz", starting_time=0.0, rate=rate_hz,
        description="spikes per second (time, row of units); NaN where no window of the networks reaches",
    )  # fmt: skip
    file.create_processing_module("ophys", "spike inference from ΔF/F").add(series)
    _add_units(file, spikes, values)
    with NWBHDF5IO(path, "w") as io:
        io.write(file)


def _new_file(spikes: RecordingSpikes) -> Any:
    from pynwb import NWBFile
    from pynwb.file import Subject

    source = spikes.source
    networks = {"seed": spikes.seed, "source": source, "networks": spikes.networks}
    session = source.get("session", "")
    known = re.search(r"\d{4}-\d\d-\d\d", session)
    file = NWBFile(
        session_description=f"spikes inferred from ΔF/F of {source.get('source') or 'a recording'}"
        f"{'' if known else '; session_start_time is not known'}",
        identifier=f"spikes of {source.get('sha256', '')[:32]}, seed {spikes.seed}",
        session_start_time=_day(known.group() if known else "1970-01-01"),
        session_id=session or None,
        source_script=f"cyclegan_neuro {cyclegan_neuro.__version__}",
        source_script_file_name="cyclegan-neuro infer",
        notes=json.dumps(networks, ensure_ascii=False),
    )
    if source.get("subject"):
        file.subject = Subject(subject_id=source["subject"])
    return file


def _day(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    except ValueError:  # 2026-13-45
        return datetime(1970, 1, 1, tzinfo=timezone.utc)


def _add_units(file: Any, spikes: RecordingSpikes, values: dict[str, Any]) -> None:
    rate_hz, valid = spikes.inferred.frame_rate_hz, spikes.valid
    observed = [
        (start + first, start + stop)
        for start, end in segments(len(valid), spikes.gaps)
        for first, stop in runs(valid[start:end])
    ]
    columns = {
        "roi_id": ("name of the region of interest", spikes.roi_ids or [str(n) for n in range(spikes.counts.shape[1])]),
        "noise_level": ("of ΔF/F, in % per sqrt(Hz)", spikes.inferred.noise_levels),
        "network_level": ("noise level of the networks", spikes.inferred.network_levels),
    }
    for number, bound in enumerate(("low", "high")):
        if "rate_intervals_hz" in values:
            columns[f"rate_{bound}_hz"] = (
                f"{bound} end of the interval of the mean rate",
                values["rate_intervals_hz"][:, number],
            )
    for name, (description, _) in columns.items():
        file.add_unit_column(name, description)
    for neuron, times in enumerate(spike_times(spikes.counts, frame_rate_hz=rate_hz)):
        file.add_unit(
            spike_times=times, obs_intervals=np.array(observed) / rate_hz,
            **{name: column[neuron] for name, (_, column) in columns.items()},
        )  # fmt: skip
