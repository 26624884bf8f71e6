"""Small files of every format that is read, how they are read, and seeded damage.

As a program, ``damaging.py FOLDER SEED PER_SAMPLE``, it reads damaged files one after the other and prints what came of
each that was neither read nor refused; limits of time and memory end it.
"""

import json
import logging
import os
import random
import resource
import shutil
import signal
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from nwb_files import write_nwb
from tool_files import (
    caiman_of,
    cnmfe_of,
    csv_of,
    excel_of,
    extract_of,
    inscopix_of,
    minian_of,
    suite2p_of,
    write_mat,
    write_rows,
)
from torch_fakes import torch_network, write_safetensors, write_torch

from cyclegan_neuro.configuration.matching import MatchingSection
from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.interpret.storage import MAPS_FILE, read_maps, write_arrays
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.loading import load
from cyclegan_neuro.recordings.matching.table import read_table
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth
from cyclegan_neuro.spikes.inference.cascade_folder import read_cascade_folder
from cyclegan_neuro.spikes.inference.files import read_spikes, write_spikes
from cyclegan_neuro.spikes.inference.rates import InferredRates
from cyclegan_neuro.spikes.inference.recording_spikes import RecordingSpikes
from cyclegan_neuro.spikes.inference.spike_network import Architecture, initial_weights
from cyclegan_neuro.spikes.inference.spike_networks import SpikeNetworks
from cyclegan_neuro.spikes.inference.storage import read_networks, save_networks
from cyclegan_neuro.spikes.inference.torch_files import read_tensors

VALUES = {
    "dff": np.random.default_rng(0).normal(0.0, 0.1, (60, 5)).astype(np.float32),
    "frame_rate_hz": 24.0,
    "roi_ids": np.array([f"né {i}" for i in range(5)]),
    "roi_xy_um": np.random.default_rng(1).uniform(0, 500, (5, 2)).astype(np.float32),
    "position_cm": np.random.default_rng(2).uniform(0, 160, 60).astype(np.float32),
    "licks": np.random.default_rng(3).poisson(0.2, 60).astype(np.uint8),
    "trial": (np.arange(60) // 20).astype(np.int32),
    "gaps": np.array([9, 30]),
    "subject": "mouse_1",
    "session": "day 1",
}
SECONDS, MEMORY_BYTES = 10, 2**30  # for one file, and beyond what the packages take
TABLE = np.array([[0.0, 3], [1, np.nan], [2, 0], [np.nan, 1], [3, 2]])


@dataclass(frozen=True)
class Sample:
    """A file or a folder of one format: how it is written (returns what was written), and how it is read."""

    write: object
    read: object


def look(path, **settings):
    """Do what ``check`` does: list what is there, read the recording, check it."""
    with readers.open_source(path) as source:
        list(source.entries().values())
    load(RecordingSection(path=str(path), **settings), base_directory=Path()).check()


def _through(name):
    def write(path):
        readers.get(name).write(path, VALUES)
        return path

    return write


def _of(write):
    return lambda path: write(path, VALUES)


def _npy(path):
    with open(path, "wb") as stream:
        np.save(stream, VALUES["dff"])
    return path


def _deflated(path):
    """HDF5 with small chunks, checksums and the compressions that h5py has."""
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset(
            "dff", data=VALUES["dff"], chunks=(16, 2), compression="gzip", shuffle=True, fletcher32=True
        )
        file.create_dataset("position_cm", data=VALUES["position_cm"], chunks=(16,), compression="lzf")
        file.create_dataset("trial", data=VALUES["trial"], chunks=(16,), scaleoffset=0)
        file.create_dataset("roi_ids", data=VALUES["roi_ids"].astype(object), dtype=h5py.string_dtype())
        file.attrs["frame_rate_hz"] = 24.0
    return path


def _mat73(path):
    with h5py.File(path, "w", userblock_size=512) as file:
        file["recording/dff"] = VALUES["dff"].T
        file["fs"] = np.array([[24.0]])
        for name in ("recording/dff", "fs"):
            file[name].attrs["MATLAB_class"] = np.bytes_("single")
        texts = [np.frombuffer(text.encode("utf-16-le"), "<u2")[:, None] for text in VALUES["roi_ids"].tolist()]
        for number, units in enumerate(texts):
            file[f"#refs#/{number}"] = units
            file[f"#refs#/{number}"].attrs["MATLAB_class"] = np.bytes_("char")
        cells = np.array([[file[f"#refs#/{number}"].ref for number in range(len(texts))]], dtype=h5py.ref_dtype)
        file["roi_ids"] = cells
        file["roi_ids"].attrs["MATLAB_class"] = np.bytes_("cell")
    with open(path, "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
    return path


def _truth(path):
    fields = {"time": np.arange(50) / 10, "dff": np.zeros(50), "spike_times": np.array([0.5, 1.2])}
    with h5py.File(path, "w") as file:
        for cell in ("cell_1", "cell_2"):
            for name, value in fields.items():
                file[f"DS01-mine/{cell}/segment_00/{name}"] = value
    return path


def _matlab_truth(path):
    from scipy.io import savemat

    segment = {"fluo_time": np.arange(50)[:, None] / 10, "fluo_mean": np.zeros((50, 1)), "events_AP": np.array([5e3])}
    cells = np.empty(2, object)
    cells[:] = [segment, segment]
    folder = path.with_suffix("")
    folder.mkdir()
    savemat(folder / "CAttached_1.mat", {"CAttached": cells})
    return folder


def _match(kind, write, **settings):
    def read(path):
        read_table(MatchingSection(path=str(path), kind=kind, indices="columns", **settings), base_directory=Path())

    return Sample(write, read)


def _assignments(path):
    with h5py.File(path, "w") as file:
        file["assignments"] = TABLE
    return path


def _clusters(path):
    labels = [np.nan_to_num(column, nan=-1).astype(int).tolist() for column in TABLE.T]
    path.write_text(json.dumps({"clusters": {"labels_bySession": labels}}))
    return path


def _tracks(path):
    with open(path, "wb") as stream:
        np.save(stream, TABLE)
    return path


def _cascade(path):
    folder = path.with_suffix("")
    folder.mkdir()
    (folder / "config.yaml").write_text(
        "sampling_rate: 10\nnoise_levels:\n- 2\nsmoothing: 0.05\ncausal_kernel: 0\nwindowsize: 40\nbefore_frac: 0.25\n"
    )
    layers = {"conv1d": (9, 1, 2), "conv1d_1": (3, 2, 3), "conv1d_2": (3, 3, 4), "dense": (4, 2), "dense_1": (12, 1)}
    with h5py.File(folder / "Model_NoiseLevel_2_Ensemble_0.h5", "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([name.encode() for name in layers])
        for name, shape in layers.items():
            layer = group.create_group(name)
            layer.attrs["weight_names"] = np.array([f"{name}/{part}:0".encode() for part in ("kernel", "bias")])
            layer[f"{name}/kernel:0"], layer[f"{name}/bias:0"] = np.ones(shape, np.float32), np.ones(shape[-1:])
    return folder


def _networks(path):
    weights = initial_weights(Architecture(), np.random.default_rng(0))
    return save_networks(path, SpikeNetworks(members=(weights,)))


def _spikes(path):
    zeros = np.zeros((60, 5), np.float32)
    inferred = InferredRates(zeros, np.ones(60, bool), np.ones(5), np.ones(5), frame_rate_hz=24.0)
    counts, gaps = zeros.astype(np.uint8), np.zeros(0, np.int64)
    spikes = RecordingSpikes(inferred, counts, gaps, tuple("abcde"), 0, {"source": "a"}, {"title": "b", "levels": [2]})
    return write_spikes(path.with_suffix(".h5"), spikes)


def _maps(path):
    folder = path.with_suffix("")
    (folder / "report").mkdir(parents=True)
    arrays = {"neurons": np.ones(5), "place": np.ones((60, 5)), "positional": np.ones((8, 5))}
    write_arrays({f"maps/G/saliency/{name}": value for name, value in arrays.items()}, folder / MAPS_FILE)
    return folder


SAMPLES = {
    "hdf5": Sample(_through("hdf5"), look),
    "hdf5 latest": Sample(_deflated, look),
    "npy": Sample(_npy, lambda path: look(path, frame_rate_hz=24.0)),
    "npz": Sample(_through("npz"), look),
    "mat 5": Sample(_through("mat"), look),
    "mat 7.3": Sample(_mat73, lambda path: look(path, fields={"dff": "recording/dff", "frame_rate_hz": "fs"})),
    "nwb": Sample(_of(write_nwb), look),
    "caiman": Sample(_of(caiman_of), look),
    "cnmfe": Sample(_of(cnmfe_of), look),
    "extract": Sample(_of(extract_of), lambda path: look(path, fields={"frame_rate_hz": "fs"})),
    "suite2p": Sample(_of(suite2p_of), look),
    "minian": Sample(_of(minian_of), lambda path: look(path, fields={"dff": "dff"})),
    "inscopix": Sample(_of(inscopix_of), look),
    "csv": Sample(_of(csv_of), look),
    "excel": Sample(_of(excel_of), look),
    "truth": Sample(_truth, load_ground_truth),
    "matlab truth": Sample(_matlab_truth, load_ground_truth),
    "match pairs": _match("pairs", lambda path: write_rows(path, [("x", "y"), (0, 3), (2, 0), (3, 2)]), index_base=0),
    "match cellreg": _match("cellreg", lambda path: write_mat(path, {"cell_to_index_map": np.nan_to_num(TABLE + 1)})),
    "match caiman": _match("caiman", _assignments),
    "match track2p": _match("track2p", _tracks),
    "match roicat": _match("roicat", _clusters),
    "cascade": Sample(_cascade, read_cascade_folder),
    "networks": Sample(_networks, read_networks),
    "spikes": Sample(_spikes, read_spikes),
    "maps": Sample(_maps, read_maps),
    "pth": Sample(lambda path: write_torch(path, torch_network(np.random.default_rng(0))), read_tensors),
    "safetensors": Sample(
        lambda path: write_safetensors(path.with_suffix(".safetensors"), torch_network(np.random.default_rng(0))),
        read_tensors,
    ),
}


def damage(content, chance):
    """Return bytes as a disk, a network or somebody with an editor might leave them."""
    content = bytearray(content)
    at = chance.randrange(len(content)) if content else 0
    kind = chance.choice(("flip", "flip", "flip", "flips", "run", "zero", "cut", "value"))
    if not content:
        return b"\0"
    if kind == "flip":
        content[at] ^= 1 << chance.randrange(8)
    elif kind == "flips":
        for _ in range(chance.randrange(2, 20)):
            content[chance.randrange(len(content))] = chance.randrange(256)
    elif kind == "run":
        content[at : at + 16] = chance.randbytes(len(content[at : at + 16]))
    elif kind == "zero":
        size = chance.choice((4, 64, 512))
        content[at : at + size] = bytes(len(content[at : at + size]))
    elif kind == "value":
        content[at] = chance.choice((0x00, 0x7F, 0x80, 0xFF))
    else:
        del content[at:]
    return bytes(content)


def damaged_files(folder, *, per_sample, seed):
    """Yield the name of a sample, a number and a damaged copy of it, which is deleted afterwards."""
    for name, sample in SAMPLES.items():
        sound = sample.write(folder / f"{name.replace(' ', '_')}.dat")
        files = [sound] if sound.is_file() else sorted(path for path in sound.rglob("*") if path.is_file())
        sample.read(sound)
        for number in range(per_sample):
            chance = random.Random(f"{seed} {name} {number}")
            copy = folder / "copy" / f"{sound.stem}{number}{sound.suffix}"
            copy.parent.mkdir(exist_ok=True)
            file = chance.choice(files)
            if sound.is_dir():
                shutil.copytree(sound, copy)
            target = copy / file.relative_to(sound) if sound.is_dir() else copy
            target.write_bytes(damage(file.read_bytes(), chance))
            yield name, number, copy
            shutil.rmtree(copy) if copy.is_dir() else copy.unlink()


def outcome(read, path):
    """Return ``"read"``, ``"refused"``, or what was raised besides."""
    try:
        read(path)
    except UserError:
        return "refused"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "read"


def main(folder, seed, per_sample):
    """Read damaged files within limits; print what came of all, and each that made trouble."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, used + MEMORY_BYTES))
    counts = Counter()
    for name, number, path in damaged_files(Path(folder), per_sample=int(per_sample), seed=seed):
        print(f"{name} {number}", file=sys.stderr)  # where a limit ends this, it is the last one
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of the processor; the signal ends the process
        found = outcome(SAMPLES[name].read, path)
        counts[found if found in ("read", "refused") else "trouble"] += 1
        if found not in ("read", "refused"):
            print(f"{name} {number}: {found}")
    print(f"{counts['read']} read, {counts['refused']} refused, {counts['trouble']} trouble")


if __name__ == "__main__":
    main(*sys.argv[1:])
