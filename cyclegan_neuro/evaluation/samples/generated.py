"""Generated activity that leaves a system: as arrays, as HDF5, as Neo objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.populations.statistics import binarise
from cyclegan_neuro.recordings.atomic import replacing
from cyclegan_neuro.spikes.trains import neo_trains

if TYPE_CHECKING:
    import neo

__all__ = ["GeneratedSamples", "Generator", "as_recorded", "require_known_ending", "write_samples"]

_CHUNK_BYTES = 2**20
_ENDINGS = (".h5", ".hdf5", ".mat")


@dataclass(frozen=True, eq=False)
class GeneratedSamples:
    """Samples of a trained generator.

    Attributes
    ----------
    values : ndarray, shape (sample, bin, neuron)
        Spikes (uint8, 0 or 1) or ΔF/F (float32, as a fraction).
    bin_s : float
        Duration of a bin in seconds.
    spikes : bool
        Whether ``values`` are spikes.
    roi_ids : tuple of str, optional
        Of the neurons, where the training data had them.
    origin : dict of str to str or int
        What they were made with; attributes of the file.
    """

    values: np.ndarray
    bin_s: float
    spikes: bool
    roi_ids: tuple[str, ...] | None = None
    origin: dict[str, str | int] = field(default_factory=dict)

    def to_neo(self) -> neo.Block:
        """Return a Neo block with one segment per sample: spike trains, or an analog signal of ΔF/F.

        Spikes lie in the middle of their bins; every train runs from 0 s to the end of the sample.
        """
        import neo  # over half a second that --help need not wait
        import quantities as pq

        block = neo.Block(name="generated samples", **self.origin)
        for number, sample in enumerate(self.values):
            segment = neo.Segment(name=f"sample {number}", index=number)
            if self.spikes:
                trains = neo_trains(sample, frame_rate_hz=1.0 / self.bin_s)
                for neuron, train in enumerate(trains):
                    train.name = self._name(neuron)
                segment.spiketrains.extend(trains)
            else:
                signal = neo.AnalogSignal(sample, units="dimensionless", sampling_rate=1.0 / self.bin_s * pq.Hz)
                signal.array_annotate(neuron=np.array([self._name(n) for n in range(sample.shape[1])]))
                segment.analogsignals.append(signal)
            block.segments.append(segment)
        return block

    def _name(self, neuron: int) -> str:
        return f"neuron {neuron}" if self.roi_ids is None else self.roi_ids[neuron]


Generator = Callable[[int], GeneratedSamples]
"""What an evaluation knows of a generator: the number of samples to the samples, the same ones at every call."""


def as_recorded(activity: np.ndarray, prepared: PreparedSamples, *, seed: int) -> GeneratedSamples:
    """Return what a network generated as what it was trained on: spikes drawn once, or traces in ΔF/F.

    Parameters
    ----------
    activity : ndarray, shape (sample, bin, neuron)
        Probabilities of spikes, or scaled traces, in [0, 1].
    prepared : PreparedSamples
        Says what the activity is, and how it was scaled.
    seed : int
        Of the spikes.
    """
    values = binarise(activity, seed=seed) if prepared.spikes else prepared.in_unit(activity)
    return GeneratedSamples(values, prepared.bin_s, prepared.spikes, prepared.roi_ids)


def write_samples(samples: GeneratedSamples, path: str | Path) -> Path:
    """Write samples to a new file, whole or not at all.

    Parameters
    ----------
    samples : GeneratedSamples
    path : path
        ``.h5``: data set ``samples``, (sample, neuron, bin) as population data are usually kept, which reads back with
        ``data: {source: samples, field: samples}``. ``.mat``: the Neo block, as ``neo.io.NeoMatlabIO`` reads it.

    Raises
    ------
    RecordingError
        If the ending is another one, or the file cannot be written.
    """
    target = Path(path).expanduser()
    require_known_ending(target)
    with replacing(target) as temporary:
        (_write_neo if target.suffix.lower() == ".mat" else _write_hdf5)(samples, temporary)
    return target


def require_known_ending(path: Path) -> None:
    """Refuse a file that :func:`write_samples` could not write, before anything is generated.

    Raises
    ------
    RecordingError
    """
    if path.suffix.lower() not in _ENDINGS:
        raise RecordingError(
            str(path), got=f"ending '{path.suffix}'", expected="one of .h5, .hdf5 (HDF5) or .mat (Neo)", fix="use .h5"
        )


def _write_hdf5(samples: GeneratedSamples, path: Path) -> None:
    values = samples.values.transpose(0, 2, 1)
    per_sample = max(1, values[0].nbytes)
    chunk = max(1, min(len(values), _CHUNK_BYTES // per_sample))
    with h5py.File(path, "w") as file:
        stored = file.create_dataset("samples", data=values, chunks=(chunk, *values.shape[1:]), compression="gzip")
        stored.attrs["axes"] = "sample, neuron, bin"
        stored.attrs["unit"] = "spikes per bin" if samples.spikes else "ΔF/F as a fraction"
        file.attrs["bin_s"], file.attrs["data_origin"] = samples.bin_s, "simulated"
        file.attrs.update(samples.origin)
        if samples.roi_ids is not None:
            file.create_dataset("roi_ids", data=np.array(samples.roi_ids, object), dtype=h5py.string_dtype())


def _write_neo(samples: GeneratedSamples, path: Path) -> None:
    from neo.io import NeoMatlabIO

    NeoMatlabIO(filename=str(path)).write_block(samples.to_neo())
