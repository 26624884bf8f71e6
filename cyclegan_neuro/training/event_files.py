"""TensorBoard's event files of a run that goes on."""

from __future__ import annotations

import logging
from pathlib import Path

import tensorflow as tf

__all__ = ["drop_events_after"]

_log = logging.getLogger(__name__)


def drop_events_after(folder: Path, step: int) -> None:
    """Delete the events of later steps, so that curves do not turn back on themselves.

    Parameters
    ----------
    folder : Path
        Of one writer. An event that a killed process left half written is dropped too.
    step : int
        Last step that stays.
    """
    for file in sorted(folder.glob("events.out.tfevents.*")):
        records, whole = _read(file)
        kept = [record for record in records if tf.compat.v1.Event.FromString(record).step <= step]
        if whole and len(kept) == len(records):
            continue
        if len(kept) <= 1:  # nothing but the file's version
            file.unlink()
            continue
        temporary = file.with_name(f".{file.name}.tmp")
        with tf.io.TFRecordWriter(str(temporary)) as writer:
            for record in kept:
                writer.write(record)
        temporary.replace(file)


def _read(file: Path) -> tuple[list[bytes], bool]:
    records = []
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            records.append(record)
    except tf.errors.DataLossError:
        _log.info("%s ends in a half-written event; dropped", file)
        return records, False
    return records, True
