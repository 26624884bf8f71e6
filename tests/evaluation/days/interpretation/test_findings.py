"""Everything together: with the real networks once for each kind, with pointwise ones for the rest."""

import re
from functools import partial

import h5py
import numpy as np
import pytest

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.evaluation.days.interpretation import measure
from cyclegan_neuro.evaluation.days.interpretation.measure import interpret_networks
from cyclegan_neuro.interpret.storage import MAPS_FILE, read_maps, write_arrays
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.model import build_cyclegan
from cyclegan_neuro.systems.cyclegan.views import view_networks

COMMON = {"grad_cam", "layer_cam", "saliency", "gradient_input"}


def trainer_of(prepared, **model):
    small = {"filters": 2, "residual_blocks": 1, "initializer_std": 0.3}
    return build_cyclegan(Config(model=small | model, training={"jit_compile": False}), prepared)


def interpret(section, prepared, trainer):
    return interpret_networks(section, prepared, partial(view_networks, trainer, section, prepared))


def test_gated_networks_on_simulated_days(make_pair, section):
    prepared = make_pair(truth=True, position=True, n_test_y=2)
    found = interpret(section, prepared, trainer_of(prepared, input_skip=True))
    gates = COMMON | {"attention_gate_1", "attention_gate_2", "input_gate", "change"}
    assert {network: set(methods) for network, methods in found.maps.items()} == {
        "D_X": COMMON, "D_Y": COMMON, "G": gates, "F": gates,
        "recorded": {"tuning_difference", "tuning_difference_test", "position_shift", "position_moments"},
    }  # fmt: skip
    for methods in found.maps.values():
        for one in methods.values():
            assert one.neurons.shape == (5,)
            assert one.positional.shape == (11, 5)
            assert np.isfinite(one.neurons).all()
    assert found.maps["G"]["input_gate"].neurons_resolved
    assert found.maps["D_X"]["layer_cam"].example.shape == (4, 2)
    assert found.n_windows == {"x": 3, "y": 2}
    assert found.occupancy["x"].sum() == 32
    assert found.corner is None
    assert found.control is None
    np.testing.assert_array_equal(found.learning.neurons, [True, True, False, False, False])
    agreement = found.scores["G"]["saliency"].controls["untrained"]["agreement"]
    assert agreement == pytest.approx(1.0)  # nothing was trained
    entry = found.to_json()["D_Y"]["saliency"]
    assert entry.keys() >= {"auroc_neurons", "auroc_region", "position_overlap", "chance", "ci95", "untrained"}


def test_networks_with_neurons_as_channels(make_pair, section):
    prepared = make_pair(truth=True, position=True)
    found = interpret(section, prepared, trainer_of(prepared, generator="agresnet_1d"))
    for network in ("D_X", "D_Y", "G", "F"):
        resolved = {method: one.neurons_resolved for method, one in found.maps[network].items()}
        assert not resolved["grad_cam"]
        assert not resolved["layer_cam"]
        assert resolved["saliency"]
        assert found.scores[network]["grad_cam"].scores.keys() == {"position_overlap"}
    assert not found.maps["G"]["attention_gate_2"].neurons_resolved
    assert found.maps["G"]["change"].neurons_resolved
    assert "maps/G/grad_cam/neurons" not in found.arrays()


def test_the_identity_has_no_maps_of_generators(make_pair, section):
    prepared = make_pair(phi=True)
    found = interpret(section, prepared, trainer_of(prepared, generator="identity"))
    assert found.maps.keys() == {"D_X", "D_Y", "recorded"}
    assert found.coordinate is None
    assert found.learning is None
    assert found.occupancy == {}
    assert found.maps["D_Y"]["layer_cam"].positional is None
    assert found.maps["D_Y"]["layer_cam"].place.shape == (16, 5)
    assert found.scores["D_Y"]["saliency"].scores.keys() == {"auroc_region", "auroc_edge"}
    assert found.scores["recorded"]["variability_difference"].controls == {}
    assert all(path.startswith("maps/") for path in found.arrays())


# -- controls --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def first(make_pair, pointwise_trainer, section):
    return interpret(section, make_pair(truth=True, position=True), pointwise_trainer())


@pytest.fixture
def evaluated(first, tmp_path):
    """A run whose maps were written, and their findings."""
    (tmp_path / "report").mkdir()
    write_arrays(first.arrays(), tmp_path / MAPS_FILE)
    return tmp_path, first


def with_control(section, run, **changes):
    return section.model_copy(update={"control": str(run), **changes})


def test_the_file_holds_maps_bins_and_occupancy(evaluated):
    run, found = evaluated
    with h5py.File(run / MAPS_FILE) as file:
        np.testing.assert_array_equal(file["edges_cm"], found.coordinate.edges)
        np.testing.assert_array_equal(file["occupancy_y"], found.occupancy["y"])
    read = read_maps(run)
    assert read.keys() == found.maps.keys()
    np.testing.assert_array_equal(
        read["G"]["change"].positional, found.maps["G"]["change"].positional.astype(np.float32)
    )


def test_the_maps_of_another_run_are_a_control(evaluated, make_pair, pointwise_trainer, section):
    run, first = evaluated
    trainer = pointwise_trainer()
    trainer.generator_g.set_weights([3 * weights for weights in trainer.generator_g.get_weights()])
    found = interpret(with_control(section, run), make_pair(truth=True, position=True), trainer)
    unchanged = found.scores["F"]["change"].controls
    assert unchanged.keys() == {"untrained", "shuffled_days"}
    assert unchanged["shuffled_days"]["agreement"] == pytest.approx(1.0)
    changed = found.scores["G"]["saliency"]
    assert changed.controls["shuffled_days"]["agreement"] < 1
    assert (
        changed.controls["shuffled_days"]["auroc_neurons"]
        == first.scores["G"]["saliency"].scores["auroc_neurons"].value
    )
    assert found.scores["recorded"]["tuning_difference"].controls == {}


def refused(section, pair, trainer):
    with pytest.raises(RunDirectoryError) as error:
        interpret(section, pair, trainer)
    return str(error.value)


FIX = "Fix: train the control with this run's configuration and data.shuffle_days=true, then evaluate it"


def test_a_control_with_other_bins_is_refused_before_anything_is_explained(evaluated, make_pair, section, monkeypatch):
    monkeypatch.setattr(measure, "map_networks", None)
    message = refused(with_control(section, evaluated[0], position_bin_cm=20.0), make_pair(position=True), None)
    assert re.fullmatch(
        r"evaluation\.interpretation\.control: .*, positional map '\w+' of D_X: got \(11, 5\), "
        r"expected \(6, 5\), as in this run\. " + re.escape(FIX),
        message,
    )


def test_a_control_without_bins_is_refused(evaluated, make_pair, section):
    run, found = evaluated
    unbinned = {path: values for path, values in found.arrays().items() if not path.endswith("positional")}
    write_arrays(unbinned, run / MAPS_FILE)
    message = refused(with_control(section, run), make_pair(position=True), None)
    assert "positional map" in message
    assert "got none, expected (11, 5), as in this run" in message


def test_a_control_with_other_networks_is_refused(evaluated, make_pair, section, monkeypatch):
    run, found = evaluated
    monkeypatch.setattr(measure, "map_networks", lambda *_, **__: (found.maps, found.untrained))
    arrays = found.arrays()
    missing = {path: values for path, values in arrays.items() if not path.startswith("maps/F/change/")}
    write_arrays(missing, run / MAPS_FILE)
    pair = make_pair(position=True)
    message = refused(with_control(section, run), pair, None)
    assert f"{run}, map 'change' of F: got none, expected one that tells neurons apart. {FIX}" in message

    flat = {path: values for path, values in arrays.items() if path != "maps/F/change/neurons"}
    write_arrays(flat, run / MAPS_FILE)
    message = refused(with_control(section, run), pair, None)
    assert "got one that does not tell neurons apart, expected one that tells neurons apart" in message


def test_a_control_that_was_not_evaluated_is_refused(make_pair, section, tmp_path):
    message = refused(with_control(section, tmp_path), make_pair(), None)
    assert (
        f"got no such file, expected the maps of an evaluated run. Fix: cyclegan-neuro evaluate --output_dir {tmp_path}"
        in message
    )
