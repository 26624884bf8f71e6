"""Small prepared days and stand-ins for trained networks."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation.contrasts import CONTRAST, contrasts
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.interpretation.measure import choose_coordinate
from cyclegan_neuro.evaluation.days.interpretation.score import score_maps
from cyclegan_neuro.evaluation.days.interpretation.truth import corner_truth, learning_truth
from cyclegan_neuro.evaluation.days.translation import ModelTranslator
from cyclegan_neuro.interpret.averages import MapAverage
from cyclegan_neuro.interpret.binned import BinnedAverage
from cyclegan_neuro.recordings.recording import Behaviour, Recording, Truth
from cyclegan_neuro.recordings.simulate.phi import corner_mask
from cyclegan_neuro.windows import scaling
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair, Scaling, Starts, WindowTransform

FRAMES, NEURONS, HEIGHT = 96, 5, 16


def _recording(rng, *, name, truth, position):
    dff = rng.normal(0.1, 0.2, (FRAMES, NEURONS)).astype(np.float32)
    other = dff.copy()
    other[:, :2] += 0.5
    zeros = np.zeros((FRAMES, NEURONS), np.uint8)
    nothing = np.full(NEURONS, np.nan, np.float32)
    known = Truth(
        spikes=zeros, changed=np.arange(NEURONS) < 2, change=np.array(["moved"] * 2 + ["none"] * 3),
        field_before_cm=nothing, field_after_cm=nothing, other_day_dff=other, other_day_spikes=zeros,
    )  # fmt: skip
    return Recording(
        dff=dff,
        frame_rate_hz=8.0,
        roi_ids=tuple(f"n{i}" for i in range(NEURONS)),
        behaviour=Behaviour(position_cm=np.float32(np.arange(FRAMES) % 12 * 10)) if position else Behaviour(),
        session=name,
        source="file",
        data_origin="simulated" if truth else "recorded",
        truth=known if truth else None,
    )


@pytest.fixture(scope="session")
def make_pair():
    """Return a function that prepares two small random days, with truth, positions or Φ as asked."""

    def make(*, truth=False, position=False, phi=False, columns=(3, 0, 4, 2, 1), n_test_y=3):
        rng = np.random.default_rng(0)
        x, y = (_recording(rng, name=name, truth=truth, position=position) for name in ("novice", "expert"))
        columns = np.array(columns)
        starts = Starts(np.arange(0, 33, 4), np.array([48]), np.array([64, 72, 80]))
        starts_y = starts if phi else Starts(starts.train, starts.validation, np.array([65, 71, 79])[:n_test_y])
        limits_x = Scaling(np.full(NEURONS, -1.0, np.float32), np.linspace(1, 2, NEURONS, dtype=np.float32))
        limits_y = Scaling(np.full(NEURONS, -0.5, np.float32), np.linspace(2, 3, NEURONS, dtype=np.float32))
        day_x = Day(x, scaling.apply(x.dff, limits_x)[:, columns], starts, limits_x)
        if phi:
            noise = rng.normal(0.05, 0.1, (FRAMES, NEURONS)).astype(np.float32)
            mask = corner_mask(HEIGHT, NEURONS)  # connected in the order of the networks
            plain = scaling.scale_transform(WindowTransform(mask, noise), limits_y)
            ordered = WindowTransform(mask, plain.offset[:, columns])
            day_y = Day(x, (x.dff * scaling.gain(limits_y))[:, columns], starts, limits_y, ordered)
        else:
            day_y = Day(y, scaling.apply(y.dff, limits_y)[:, columns], starts_y, limits_y)
        return PreparedPair(day_x, day_y, HEIGHT, NeuronOrder("demo", columns))

    return make


@pytest.fixture
def make_trainer():
    """Return a function that wraps two callables on network windows as a trained CycleGAN."""

    def make(g=lambda windows, training: windows, f=lambda windows, training: windows):
        optimizer = SimpleNamespace(iterations=12)
        return SimpleNamespace(generator_g=g, generator_f=f, average_weights=nullcontext, optimizer=optimizer)

    return make


@pytest.fixture(scope="session")
def make_interpretation():
    """Return a function that wraps random maps of a small pair as findings, scored as evaluation scores them.

    Attention of every network is highest for user column 1, unless ``boost`` says otherwise.
    """

    def make(prepared, *, resolved=True, gates=True, boost=1, control=False, **settings):
        section = InterpretationSection(**{"n_shuffles": 20, "position_bin_cm": 10.0, "max_windows": 3, **settings})
        coordinate = choose_coordinate(section, prepared)
        starts = {day: getattr(prepared, day).starts.test for day in "xy"}
        size = {"window_frames": HEIGHT}

        def binned(day):
            return BinnedAverage(getattr(coordinate, day), starts[day], edges=coordinate.edges, **size)

        def average(day, values):
            counts = None if coordinate is None else binned(day)
            middle = int(starts[day][len(starts[day]) // 2])
            maps = MapAverage(prepared.order.inverse, binned=counts, example_start=middle, **size)
            maps.add(starts[day], values.astype(np.float32))
            return maps.result()

        def all_networks(seed, boost):
            rng = np.random.default_rng(seed)
            neurons = 3 if resolved else 1
            coarse = {"grad_cam": (4, neurons), "layer_cam": (8, neurons)}
            fine = dict.fromkeys(("saliency", "gradient_input"), (HEIGHT, NEURONS))
            masks = {"attention_gate_1": (4, neurons), "attention_gate_2": (8, neurons)} if gates else {}
            masks |= {"input_gate": (HEIGHT, NEURONS), "change": (HEIGHT, NEURONS)}
            networks = {}
            for network, day in {"D_X": "x", "D_Y": "y", "G": "x", "F": "y"}.items():
                shapes = coarse | fine | (masks if network in "GF" else {})
                drawn = {name: rng.random((len(starts[day]), *shape)) for name, shape in shapes.items()}
                for values in drawn.values():
                    if values.shape[2] == NEURONS and boost is not None:
                        values[:, :, prepared.order.inverse[boost]] += 1.0
                networks[network] = {name: average(day, values) for name, values in drawn.items()}
            return networks

        maps = all_networks(0, boost) | {CONTRAST: contrasts(prepared, coordinate, starts)}
        controls = {"untrained": all_networks(1, None)}
        if control:
            controls["shuffled_days"] = all_networks(2, None)
        learning = None if coordinate is None else learning_truth(prepared, coordinate)
        corner = corner_truth(prepared)
        return Interpretation(
            section=section, coordinate=coordinate, maps=maps, untrained=controls["untrained"],
            occupancy={} if coordinate is None else {day: binned(day).occupancy for day in "xy"},
            control=controls.get("shuffled_days"), learning=learning, corner=corner,
            scores=score_maps(maps, controls, section=section, learning=learning, corner=corner),
            n_windows={day: len(chosen) for day, chosen in starts.items()},
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def model_of():
    """Return a function that makes of a trainer the translator that an evaluation measures."""
    return lambda trainer, prepared: ModelTranslator(trainer.generator_g, trainer.generator_f, prepared)
