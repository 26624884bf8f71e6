"""How do time and memory grow with neurons, frames and windows, and does anything grow faster than it may?

    python benchmarks/scale.py [--axis neurons|frames|windows] [--part PART ...] [--small] [--json FILE]

CPU time and peak memory of spike inference, of the statistics of two spike signals (from counts, and by Elephant) and
of the whole evaluation of two simulated days (a translator that adds a constant, every baseline, spikes from counts, no
maps of networks), along one axis at a time, each point in a process of its own with one thread. Making the data is not
counted. The exponent is the slope of the logarithms over the largest three points. Exit code 1 where time or memory
grows faster than linearly with frames or windows, or than quadratically with neurons (by more than 0.15). ``--small``
takes a minute, leaves Elephant and the evaluation out, and tells less.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from _common import ROOT, machine, parser, print_table, write_json

from cyclegan_neuro.configuration.sections import SpikesSection
from cyclegan_neuro.evaluation.days.spiking.statistics import StatisticsOf
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate.days import simulate_days
from cyclegan_neuro.spikes.cache import ResultCache
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.parallel import Workers

RATE_HZ, HEIGHT = 24.0, 256
AXES = {"neurons": (100, 300, 1000, 3000), "frames": (12_000, 24_000, 48_000, 96_000), "windows": (50, 100, 200, 400)}
#: Of the other two axes: part → neurons, frames, windows.
FIXED = {
    "inference": (200, 12_000, 1),
    "statistics": (100, 256, 50),
    "elephant": (60, 256, 30),
    "evaluation": (60, 12_000, 30),
}
#: Axes that mean something for a part; frames of statistics are those of a window.
MEANT = {
    "inference": ("neurons", "frames"),
    "statistics": ("neurons", "frames", "windows"),
    "elephant": ("neurons", "frames", "windows"),
    "evaluation": ("neurons", "frames", "windows"),
}
OF_STATISTICS = (256, 512, 1024, 2048)
ALLOWED = {"neurons": 2.0, "frames": 1.0, "windows": 1.0}
SLACK, FITTED = 0.15, 3
MOST_SIMULATED = 100


def days(neurons: int, frames: int) -> list[Recording]:
    """Two simulated days without truth, of 100 neurons that come again with noise of their own."""
    made, rng = [], np.random.default_rng(1)
    for day in simulate_days(n_neurons=min(neurons, MOST_SIMULATED), duration_s=frames / RATE_HZ):
        dff = np.tile(day.dff, -(-neurons // day.n_neurons))[:, :neurons]
        dff[:, day.n_neurons :] += rng.normal(0, 0.02, (len(dff), neurons - min(neurons, day.n_neurons)))
        made.append(replace(day, dff=dff, truth=None, roi_ids=None, roi_xy_um=None))
    return made


def inference(neurons: int, frames: int, windows: int) -> Callable[[], object]:
    from cyclegan_neuro.spikes.inference.models import choose_models
    from cyclegan_neuro.spikes.inference.rates import infer_rates

    x, _ = days(neurons, frames)
    return partial(infer_rates, x.dff, frame_rate_hz=RATE_HZ, models=choose_models(None, RATE_HZ))


def statistics(method: str, neurons: int, frames: int, windows: int) -> Callable[[], object]:
    rng = np.random.default_rng(1)
    x, y = (SpikeCounts(rng.poisson(1 / RATE_HZ, (windows, frames, neurons)).astype(np.uint8), RATE_HZ) for _ in "xy")
    recorder = SimpleNamespace(
        section=SpikesSection(), prepared=SimpleNamespace(n_neurons=neurons), cache=ResultCache(None)
    )
    of = StatisticsOf(recorder, Workers(1), np.arange(3))
    return partial(of.compare, x, y, label="scale", method=method)


class Shift:
    """A translator that adds a constant: a network of some size would be measured with its evaluation."""

    name, label = "model", "shift"

    def to_y(self, x, y, at=None):
        return x + np.float32(0.01), y + np.float32(0.01)

    def to_x(self, x, y, at=None):
        return x - np.float32(0.01), y - np.float32(0.01)


def evaluation(neurons: int, frames: int, windows: int) -> Callable[[], object]:
    from cyclegan_neuro.evaluation.days.evaluation import evaluate_days
    from cyclegan_neuro.evaluation.methods import Paragraph
    from cyclegan_neuro.systems.cyclegan.config import Config
    from cyclegan_neuro.windows.prepare import prepare_pair

    chosen = {
        "windows": {"window_frames": HEIGHT, "n_train": 240, "n_validation": 40, "n_test": windows},
        "evaluation": {"spikes": {"van_rossum": "fast", "processes": 1}},
    }
    config = Config.model_validate(chosen)
    prepared = prepare_pair(
        *days(neurons, frames), data=config.data, windows=config.windows, ordering=config.ordering, seed=1
    )
    folder = Path(tempfile.mkdtemp(prefix="scale"))
    template = folder / "training.j2"
    template.write_text("No network was trained.", encoding="utf-8")
    return partial(
        evaluate_days, config, prepared, Shift(), training=Paragraph(template, {}), cache_directory=folder / "cache"
    )


PARTS = {
    "inference": inference,
    "statistics": partial(statistics, "fast"),
    "elephant": partial(statistics, "elephant"),
    "evaluation": evaluation,
}


def cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measure_here(part: str, sizes: tuple[int, int, int]) -> dict[str, float]:
    """Measure one point in this process; memory is its peak, with what went in."""
    PARTS[part](*(min(size, few) for size, few in zip(sizes, (60, 6_000, 8), strict=True)))  # imports
    run = PARTS[part](*sizes)
    begin = cpu_s()
    run()
    return {"cpu_s": cpu_s() - begin, "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}


def measure(part: str, sizes: tuple[int, int, int]) -> dict[str, float]:
    """Measure one point in a process of its own, with one thread."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1")
    command = [sys.executable, __file__, "--measure", part, *map(str, sizes)]
    environment = {**os.environ, **one, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def exponent(sizes: list[int], values: list[float]) -> float:
    """Return the slope of the logarithms over the largest sizes: what does not grow hides it at small ones."""
    return float(np.polyfit(np.log(sizes[-FITTED:]), np.log(np.maximum(values[-FITTED:], 1e-3)), 1)[0])


def along(part: str, axis: str, small: bool) -> list[dict]:
    """Measure one part along one axis; the last row has the exponents."""
    of = OF_STATISTICS if axis == "frames" and part in ("statistics", "elephant") else AXES[axis]
    sizes = list(of)
    if small:  # up to 200 windows all pairs of them are compared, so that growth shows beyond
        sizes = sizes[-FITTED:] if axis == "windows" else sizes[:FITTED]
    rows = []
    for size in sizes:
        point = dict(zip(AXES, FIXED[part], strict=True)) | {axis: size}
        rows.append({"part": part, **point, **measure(part, tuple(point.values()))})
        print(f"{part}, {size} {axis}: {rows[-1]['cpu_s']:.1f} CPU s", file=sys.stderr)
    slopes = {name: exponent(sizes, [row[name] for row in rows]) for name in ("cpu_s", "peak_gb")}
    return [*rows, {"part": f"exponent of {part}", **dict.fromkeys(AXES), axis: "n", **slopes}]


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=1)
    options.add_argument("--axis", choices=AXES, action="append", help="of all three")
    options.add_argument("--part", choices=PARTS, action="append", help="of all four")
    options.add_argument("--small", action="store_true", help="inference and statistics at three sizes, in a minute")
    options.add_argument("--measure", nargs=4, help="PART NEURONS FRAMES WINDOWS: one point, in this process")
    arguments = options.parse_args()
    if arguments.measure:
        part, *sizes = arguments.measure
        with contextlib.redirect_stdout(sys.stderr):
            found = measure_here(part, tuple(map(int, sizes)))
        print(json.dumps(found))
        return
    parts = arguments.part or (("inference", "statistics") if arguments.small else tuple(PARTS))
    rows, broken = [], []
    for part in parts:
        for axis in arguments.axis or AXES:
            if axis not in MEANT[part]:
                continue
            found = along(part, axis, arguments.small)
            rows += found
            broken += [
                f"{name} of {part} grows with {axis} to the power {found[-1][name]:.2f}, allowed is {ALLOWED[axis]:g}"
                for name in ("cpu_s", "peak_gb")
                if found[-1][name] > ALLOWED[axis] + SLACK
            ]
    print_table(rows)
    write_json(arguments.json, {"machine": machine(), "rows": rows, "broken": broken})
    if broken:
        sys.exit("\n".join(broken))


if __name__ == "__main__":
    main()
