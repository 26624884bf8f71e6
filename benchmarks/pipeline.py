"""How fast tf.data delivers windows, and how much memory the pipeline takes.

    python benchmarks/pipeline.py [--repeats 5] [--json FILE]

Speed: pairs of windows (one of each day) of 2,048 frames x 102 neurons per second, with and without Φ, beside
a peer: NumPy slices through ``Dataset.from_generator``. The training step needs as many pairs per second
as it trains: the published code made 11.1 on an A100, ten times that is the aim here.

Memory: two recordings of 900 s x 1,000 neurons at 24 Hz, prepared and streamed, in a process of its own; the
peak of resident memory above what the process held when it began, and above what it held with TensorFlow loaded.
"""

from __future__ import annotations

import multiprocessing
import resource
from pathlib import Path

import numpy as np
from _common import machine, measure, parser, print_table, write_json

PAIRS = 256  # per measurement
FRAME_RATE_HZ = 24.0
NEEDED_PER_S = 111.0
WINDOW_FRAMES = 2048
MEGABYTE = 1e6


def recording(n_frames: int, n_neurons: int, seed: int):
    """Return a recording of noise; drawn as float32, so that drawing takes no more memory than the data."""
    from cyclegan_neuro.recordings.recording import Recording

    dff = np.random.default_rng(seed).standard_normal((n_frames, n_neurons), np.float32)
    dff *= 0.2
    return Recording(dff, FRAME_RATE_HZ)


def prepare(n_frames: int, n_neurons: int, *, phi: bool):
    """Prepare two days as training does."""
    from cyclegan_neuro.configuration.sections import DataSection, OrderingSection, WindowsSection
    from cyclegan_neuro.windows.prepare import prepare_pair

    return prepare_pair(
        recording(n_frames, n_neurons, 0),
        None if phi else recording(n_frames, n_neurons, 1),
        data=DataSection(),
        windows=WindowsSection(window_frames=WINDOW_FRAMES),
        ordering=OrderingSection(),
        seed=0,
    )


def stream(prepared, batch_size: int, n_pairs: int):
    """Return the training stream as training asks for it."""
    from cyclegan_neuro.windows.pipeline import steps_per_epoch, training_stream

    return training_stream(
        prepared,
        batch_size=batch_size,
        n_steps_per_epoch=steps_per_epoch(prepared, batch_size),
        seed=0,
        end_step=n_pairs // batch_size,
    )


def generator_stream(prepared, batch_size: int, n_pairs: int):
    """Return the peer: the same windows, sliced by NumPy in Python."""
    import tensorflow as tf

    def windows():
        rng = np.random.default_rng(0)
        starts = [rng.permutation(day.starts.train)[:n_pairs] for day in (prepared.x, prepared.y)]
        for a, b in zip(*starts, strict=True):
            yield (
                prepared.x.values[a : a + WINDOW_FRAMES, :, None],
                prepared.y.values[b : b + WINDOW_FRAMES, :, None],
            )

    one = tf.TensorSpec((WINDOW_FRAMES, prepared.n_neurons, 1), tf.float32)
    return tf.data.Dataset.from_generator(windows, output_signature=(one, one)).batch(batch_size).prefetch(2)


def exhaust(dataset) -> None:
    """Take every batch."""
    for _ in dataset:
        pass


def speed(repeats: int) -> list[dict]:
    """Measure pairs of windows per second."""
    days = {"two days": prepare(21_471, 102, phi=False), "x and Φ(x)": prepare(21_471, 102, phi=True)}
    cases = [(f"pipeline, {name}", stream, days[name]) for name in days]
    cases.append(("peer: from_generator, two days", generator_stream, days["two days"]))
    rows = []
    for name, make, prepared in cases:
        for batch_size in (1, 8):
            dataset = make(prepared, batch_size, PAIRS)
            timing = measure(lambda dataset=dataset: exhaust(dataset), repeats)
            per_s = PAIRS / timing["median_s"]
            rows.append(
                {
                    "stream": name,
                    "batch": batch_size,
                    "pairs/s (median)": per_s,
                    "slowest": PAIRS / timing["max_s"],
                    "fastest": PAIRS / timing["min_s"],
                    f"x the {NEEDED_PER_S:.0f} needed": per_s / NEEDED_PER_S,
                }
            )
    return rows


def resident_bytes() -> int:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def peak_bytes() -> int:
    """Return the largest resident memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def memory_of(phi: bool) -> dict:
    """Prepare and stream two large days; runs in a fresh process."""
    begin = resident_bytes()
    import tensorflow  # noqa: F401

    loaded = resident_bytes()
    prepared = prepare(int(900 * FRAME_RATE_HZ), 1000, phi=phi)
    exhaust(stream(prepared, 1, 64))
    return {
        "data": "x and Φ(x)" if phi else "two days",
        "one recording, MB": prepared.x.recording.dff.nbytes / MEGABYTE,
        "TensorFlow alone, MB": (loaded - begin) / MEGABYTE,
        "peak above TensorFlow, MB": (peak_bytes() - loaded) / MEGABYTE,
        "peak above start, MB": (peak_bytes() - begin) / MEGABYTE,
    }


def memory(repeats: int) -> list[dict]:
    """Measure the memory of both kinds of data, each time in a new process; medians."""
    rows = []
    for phi in (False, True):
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            runs = pool.map(memory_of, [phi] * repeats, chunksize=1)
        numbers = {key: float(np.median([run[key] for run in runs])) for key in runs[0] if key != "data"}
        rows.append({"data": runs[0]["data"], **numbers})
    return rows


def main() -> None:
    """Print both tables."""
    arguments = parser(__doc__.splitlines()[0]).parse_args()
    rows = {"memory": memory(min(arguments.repeats, 3)), "speed": speed(arguments.repeats)}
    print_table(rows["speed"])
    print()
    print_table(rows["memory"])
    write_json(arguments.json, {"benchmark": "pipeline", "machine": machine(), **rows})


if __name__ == "__main__":
    main()
