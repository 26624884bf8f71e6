"""Seconds and memory that evaluate.py takes to explain full-size networks, and against tf-keras-vis called as it comes.

    python benchmarks/interpretation.py [--windows 200] [--repeats 3] [--json FILE]

``interpret_networks`` on random recordings, with random weights and the networks of
configs/cyclegan/paper_recorded.yaml at 2,048 x 102: all maps of D_X, D_Y, G and F, the untrained networks, the plain
contrasts, and all scores with nulls. The aim is 10 minutes and 4 GB for 200 windows of each day on 2 cores; with
fewer ``--windows`` the time per window is scaled to 200 (memory does not depend on their number). CPU seconds are
those of all threads: on a machine that is busy otherwise they tell more than the clock.

``as it comes``: on the same windows ``Gradcam`` and ``Saliency`` over the whole network, and a forward pass for the
masks. It does less (no LayerCAM, no averages); ours is timed with all maps.
"""

from __future__ import annotations

import os
import resource
import time
from collections import defaultdict
from functools import partial
from unittest.mock import patch

import keras
import numpy as np
import tensorflow as tf
import yaml
from _common import ROOT, machine, parser, print_table, write_json
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.saliency import Saliency

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation import measure
from cyclegan_neuro.evaluation.days.interpretation.views import NetworkView, explain
from cyclegan_neuro.recordings.recording import Behaviour, Recording, Truth
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.model import build_cyclegan
from cyclegan_neuro.systems.cyclegan.views import view_networks
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair, Starts
from cyclegan_neuro.windows.scaling import Scaling

WINDOWS, WINDOW_FRAMES, NEURONS = 200, 2048, 102
FRAME_RATE_HZ, DURATION_S, LAP_S, CORRIDOR_CM = 24.0, 894, 20.0, 160.0
FIXED = ("views", "scores", "contrasts")  # parts that do not depend on the number of windows, or hardly
Seconds = dict[str, list[np.ndarray]]
CONFIGURATION = ROOT / "configs" / "cyclegan" / "paper_recorded.yaml"


def day(seed: int) -> Day:
    """Return a day of noise in which a third of the neurons is known to have changed in the first half of a lap."""
    rng = np.random.default_rng(seed)
    shape = (int(FRAME_RATE_HZ * DURATION_S), NEURONS)
    dff = rng.random(shape, np.float32)
    position = np.float32(np.arange(shape[0]) / FRAME_RATE_HZ % LAP_S * CORRIDOR_CM / LAP_S)
    changed = np.arange(NEURONS) % 3 == 0
    other = dff + changed * (position < CORRIDOR_CM / 2)[:, None].astype(np.float32)
    silent, nowhere = np.zeros(shape, np.uint8), np.full(NEURONS, np.nan, np.float32)
    truth = Truth(
        spikes=silent, changed=changed, change=np.where(changed, "moved", "none"), field_before_cm=nowhere,
        field_after_cm=nowhere, other_day_dff=other, other_day_spikes=silent,
    )  # fmt: skip
    starts = np.linspace(0, shape[0] - WINDOW_FRAMES, WINDOWS).astype(int)
    limits = Scaling(np.zeros(NEURONS, np.float32), np.ones(NEURONS, np.float32))
    recording = Recording(dff, FRAME_RATE_HZ, behaviour=Behaviour(position_cm=position), truth=truth)
    return Day(recording, dff, Starts(starts, starts, starts), limits)


def now() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def timed(function, seconds: Seconds, name):
    """Return ``function`` that notes its seconds under ``name`` (a string, or a function of its arguments).

    A note is an array: seconds of the clock, and of the CPU.
    """

    def call(*args, **kwargs):
        begin = now()
        result = function(*args, **kwargs)
        seconds[name if isinstance(name, str) else name(*args)].append(now() - begin)
        return result

    return call


def interpret(section, prepared, trainer) -> tuple[np.ndarray, Seconds]:
    """Return the seconds of ``interpret_networks`` and of every call of its parts."""
    seconds: Seconds = defaultdict(list)
    trained = {id(network) for network in (trainer.generator_g, trainer.generator_f,
                                           trainer.discriminator_x, trainer.discriminator_y)}  # fmt: skip

    def part(network: NetworkView, *_):
        return f"{network.name}{'' if id(network.view.network) in trained else ', untrained'}"

    with (
        patch.object(measure, "explain", timed(measure.explain, seconds, part)),
        patch.object(measure, "score_maps", timed(measure.score_maps, seconds, "scores")),
        patch.object(measure, "contrasts", timed(measure.contrasts, seconds, "contrasts")),
    ):
        begin = now()
        views = timed(partial(view_networks, trainer, section, prepared), seconds, "views")
        measure.interpret_networks(section, prepared, views)
        return now() - begin, seconds


def at_full_count(name: str, seconds: list[np.ndarray]) -> np.ndarray:
    """Scale the calls of a network to 200 windows (untrained: 25); its first call, which compiles, counts once."""
    if name in FIXED or len(seconds) < 2:
        return sum(seconds)
    n_windows = measure._UNTRAINED_WINDOWS if name.endswith("untrained") else WINDOWS
    return seconds[0] + (n_windows - 1) * np.mean(seconds[1:], axis=0)


def parts_table(total: np.ndarray, seconds: Seconds) -> list[dict]:
    """Return measured and scaled seconds of every part; ``rest`` is cutting and averaging."""
    parts = {name: (len(calls), sum(calls), at_full_count(name, calls)) for name, calls in seconds.items()}
    explained = sum(calls for name, (calls, _, _) in parts.items() if name[:1] in "DGF")
    rest = total - sum(spent for _, spent, _ in parts.values())
    parts["rest"] = (None, rest, rest * 4 * (WINDOWS + measure._UNTRAINED_WINDOWS) / explained)
    whole = sum(scaled for _, _, scaled in parts.values())
    return [
        {
            "part": name,
            "calls": calls,
            "s": float(spent[0]),
            "CPU s": float(spent[1]),
            f"s at {WINDOWS}": float(scaled[0]),
            f"CPU s at {WINDOWS}": float(scaled[1]),
            "share": float(scaled[1] / whole[1]),
        }
        for name, (calls, spent, scaled) in parts.items()
    ]


def as_it_comes(network: NetworkView):
    """Return a function that explains windows by three separate passes over the whole network."""
    model, layer = network.view.network, "residual_9" if network.is_generator else "down_3"
    model = keras.Model([model.input], [model.output])  # tf-keras-vis calls it with a list
    if network.is_generator:
        masks = keras.Model(model.inputs[0], [model.get_layer(f"attention_gate_{k}_mask").output for k in (1, 2)])
    options = {"penultimate_layer": layer, "seek_penultimate_conv_layer": False, "expand_cam": False}
    grad_cam, saliency = Gradcam(model, clone=False), Saliency(model, clone=False)

    def score(output):
        return tf.reduce_mean(tf.abs(output) if network.is_generator else output, axis=(1, 2, 3))

    def call(windows):
        given = windows[..., None]
        maps = [grad_cam(score, given, normalize_cam=False, **options), saliency(score, given, normalize_map=False)]
        return [*maps, *(masks(given, training=False) if network.is_generator else ())]

    return call


def compare(section, prepared, trainer, repeats: int) -> list[dict]:
    """Time both ways in turn, one window per call, so that a drifting machine treats them alike."""
    rows = []
    for network in view_networks(trainer, section, prepared):
        source = prepared[network.day]
        ways = {
            "ours": lambda windows, network=network: explain(network, windows, section),
            "as it comes": as_it_comes(network),
        }
        seconds = defaultdict(list)
        for start in source.starts.test[: repeats + 1]:
            windows = source.windows(np.array([start]), prepared.window_frames)
            for name, way in ways.items():
                timed(way, seconds, name)(windows)
        ours, others = (np.array(seconds[name][1:]) for name in ways)  # the first call compiles
        rows.append(
            {
                "network": network.name,
                "ours CPU s/window": float(np.median(ours[:, 1])),
                "as it comes CPU s/window": float(np.median(others[:, 1])),
                "ours is faster by": float(np.median(others[:, 0] / ours[:, 0])),
                "by CPU": float(np.median(others[:, 1] / ours[:, 1])),
            }
        )
    return rows


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=3)
    options.add_argument("--windows", type=int, default=WINDOWS, help="windows of each day; fewer are scaled to 200")
    arguments = options.parse_args()
    published = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    section = InterpretationSection(**published["evaluation"]["interpretation"], max_windows=arguments.windows)
    order = NeuronOrder("random", np.random.default_rng(0).permutation(NEURONS))
    prepared = PreparedPair(day(1), day(2), WINDOW_FRAMES, order)
    trainer = build_cyclegan(Config(model=published["model"]), prepared)

    load = os.getloadavg()[0]
    total, seconds = interpret(section, prepared, trainer)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    parts = parts_table(total, seconds)
    summary = {
        "windows": arguments.windows,
        "s": float(total[0]),
        **{key: sum(row[key] for row in parts) for key in (f"s at {WINDOWS}", f"CPU s at {WINDOWS}")},
        "peak memory GB": peak_gb,
        "load before": load,
        "load after": os.getloadavg()[0],
    }
    comparison = compare(section, prepared, trainer, arguments.repeats)
    for rows in (parts, [summary], comparison):
        print_table(rows)
        print()
    write_json(arguments.json, {"machine": machine(), **summary, "parts": parts, "comparison": comparison})


if __name__ == "__main__":
    main()
