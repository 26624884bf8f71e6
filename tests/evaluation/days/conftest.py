"""Maps of small days."""

import copy
import pickle

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation.contrasts import contrasts
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.interpretation.measure import choose_coordinate
from cyclegan_neuro.evaluation.days.interpretation.score import corner_truth, learning_truth, score_maps
from cyclegan_neuro.evaluation.days.names import CONTRAST
from cyclegan_neuro.interpret.averages import MapAverage
from cyclegan_neuro.interpret.binned import BinnedAverage

HEIGHT, NEURONS = 16, 5  # of the small pair


@pytest.fixture(scope="session")
def make_interpretation():
    """Return a function that wraps random maps of a small pair as findings, scored as evaluation scores them.

    Attention of every network is highest for user column 1, unless ``boost`` says otherwise. Equal pairs are scored
    once; what is returned is a copy, which a test may change.
    """
    made = {}

    def copy_of(prepared, **options):
        key = pickle.dumps((prepared, options))
        if key not in made:
            made[key] = make(prepared, **options)
        return copy.deepcopy(made[key])

    def make(prepared, *, resolved=True, gates=True, boost=1, control=False, **settings):
        section = InterpretationSection(**{"n_shuffles": 20, "position_bin_cm": 10.0, "max_windows": 3, **settings})
        coordinate = choose_coordinate(section, prepared)
        starts = {day: prepared[day].starts.test for day in "xy"}
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
            section=section, pair=prepared, coordinate=coordinate, maps=maps, untrained=controls["untrained"],
            occupancy={} if coordinate is None else {day: binned(day).occupancy for day in "xy"},
            control=controls.get("shuffled_days"), learning=learning, corner=corner,
            scores=score_maps(maps, controls, section=section, learning=learning, corner=corner),
            n_windows={day: len(chosen) for day, chosen in starts.items()},
        )  # fmt: skip

    return copy_of
