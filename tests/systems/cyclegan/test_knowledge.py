"""Backbones begin as exactly the alignments they are called after; behaviour reaches networks frame by frame."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.api import refuse_what_was_learned
from cyclegan_neuro.configuration.sections import LearningSection
from cyclegan_neuro.errors import ConfigurationError, RecordingError, WindowError
from cyclegan_neuro.evaluation.days.baselines import fit_baselines
from cyclegan_neuro.evaluation.days.story.inputs import inputs_block
from cyclegan_neuro.evaluation.days.translation import ModelTranslator, translate_starts
from cyclegan_neuro.evaluation.methods import render_methods
from cyclegan_neuro.interpret.views import untrained
from cyclegan_neuro.recordings.recording import Behaviour
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.knowledge import seen_by_networks
from cyclegan_neuro.systems.cyclegan.system import CycleGANSystem
from cyclegan_neuro.windows.pipeline import training_stream

SYSTEM = CycleGANSystem()
ALIGNMENTS = {
    "identity": "identity",
    "moments": "moment_matching",
    "gaussian_ot": "gaussian_ot",
    "tuning_shift": "position_shift",
    "moments_per_position": "position_moments",
    "moments_per_position_ot": "position_moments_ot",
    "moments_per_position_state": "position_moments_state",
}


def config(source="simulated", **model):
    data = {"source": source, "resample_hz": 8.0, "simulation": {"preset": "mouse_3", "duration_s": 120.0}}
    windows = {"window_frames": 32, "n_train": 40, "n_validation": 8, "n_test": 8}
    plain = {"dropout": 0.0, "discriminator_dropout": 0.0}
    small = {"generator": "agresnet_1d", "filters": 4, "residual_blocks": 1} | plain | model
    return Config.model_validate(
        {"data": data, "windows": windows, "ordering": {"method": "firing_rate"}, "model": small}
    )


def translator(settings, prepared=None):
    prepared = prepared or SYSTEM.prepare(settings)
    trainer = SYSTEM.build(settings, prepared)
    return ModelTranslator(trainer.generator_g, trainer.generator_f, prepared)


def translated(one, prepared):
    return translate_starts(one, prepared, prepared.x.starts.test, prepared.y.starts.test, with_truth=False)


@pytest.fixture(scope="module")
def alignments():
    """By name, fitted to the days that every configuration here simulates."""
    return {one.name: one for one in fit_baselines(config().evaluation, SYSTEM.prepare(config()))}


@pytest.mark.parametrize("backbone", ALIGNMENTS)
def test_a_backbone_begins_as_the_alignment_it_is_called_after(backbone, alignments):
    model = translator(config(backbone=backbone))
    ours, theirs = (translated(one, model.prepared) for one in (model, alignments[ALIGNMENTS[backbone]]))
    for field in ("g_x", "f_y", "f_g_x", "g_f_y"):
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), atol=2e-5)
    # maps are compared with those of fresh networks, and mixed precision is explained in float32: both are copies
    network, windows = model.generator_g, np.zeros((1, *model.generator_g.input_shape[1:]), np.float32)
    in_float32 = [layer.__class__.from_config({**layer.get_config(), "dtype": "float32"}) for layer in network.layers]
    assert [layer.trainable for layer in in_float32] == [layer.trainable for layer in network.layers]
    np.testing.assert_allclose(untrained(network)(windows), network(windows), atol=2e-5)


@pytest.mark.parametrize("kind", ["tuning", "behaviour"])
def test_auto_takes_the_nearest_alignment_and_nothing_where_none_is_nearer(kind):
    """Learning moves place fields: moments of each position are nearest; where behaviour alone changes, none is."""
    settings = config(backbone="auto")
    simulation = settings.data.simulation.model_copy(
        update={"duration_s": 400.0, "learning": LearningSection(kind=kind, share=0.8 if kind == "tuning" else None)}
    )
    settings = settings.model_copy(update={"data": settings.data.model_copy(update={"simulation": simulation})})
    prepared = SYSTEM.prepare(settings)
    assert prepared.backbone.startswith("moments_per_position" if kind == "tuning" else "identity")
    model, known = translator(settings, prepared), fit_baselines(settings.evaluation, prepared)
    (expected,) = (one for one in known if one.name == ALIGNMENTS[prepared.backbone])
    ours, theirs = (translated(one, prepared) for one in (model, expected))
    np.testing.assert_allclose(ours.g_x, theirs.g_x, atol=2e-5)
    (text, *_), _ = render_methods([SYSTEM.training_paragraph(settings, prepared, updates=1)])
    why = (
        "which was nearest to the other day"
        if kind == "tuning"
        else "since no alignment was 10 % nearer to the other day"
    )
    assert f"(the backbone, {why} on validation frames" in text


def test_auto_says_when_it_has_little_to_choose_by(caplog):
    """Days of 120 s have about 12 s of validation."""
    with caplog.at_level("WARNING"):
        SYSTEM.prepare(config(backbone="auto"))
    assert "too little to choose by" in caplog.text


def test_the_report_says_that_networks_saw_z_scores():
    for backbone, text in (("tuning_shift", "z-scores of ΔF/F"), (None, "ΔF/F scaled to [0, 1]")):
        settings = config(backbone=backbone)
        block = inputs_block(settings, SYSTEM.prepare(settings))
        assert f"The networks saw {text}" in " ".join((*block.paragraphs, *block.how))


def test_what_a_backbone_was_fitted_with_is_not_set_on_a_trained_run():
    bins = ["evaluation.position_bin_cm=2"]
    refuse_what_was_learned(bins, SYSTEM, config())
    with pytest.raises(ConfigurationError, match="part of how the run was trained"):
        refuse_what_was_learned(bins, SYSTEM, config(backbone="tuning_shift"))
    refuse_what_was_learned(["evaluation.weights=last"], SYSTEM, config(backbone="tuning_shift"))


def test_a_filter_in_time_is_a_backbone_of_tuning_and_residuals_alike(alignments):
    model, known = translator(config(backbone="temporal_filter")), alignments["position_filter"]
    own, ours = known.to["y"], translated(model, model.prepared)
    reach = len(own.taps) // 2 * known.step
    padded = np.pad(ours.x, [(0, 0), (reach, reach), (0, 0)], mode="edge")
    by_hand = own.shift + sum(
        tap * padded[:, 2 * reach - number * known.step :][:, :32] for number, tap in enumerate(own.taps)
    )
    np.testing.assert_allclose(ours.g_x, by_hand, atol=2e-5)
    assert np.abs(ours.g_x - ours.x).max() > 0.01


@pytest.mark.parametrize("generator", ["agresnet", "agresnet_1d"])
def test_networks_add_to_the_backbone_and_learn(generator):
    settings = config(
        generator=generator, backbone="moments_per_position", normalisation="layer_per_frame",
        condition=["position", "speed"], condition_generators=True,
    )  # fmt: skip
    prepared = SYSTEM.prepare(settings)
    trainer = SYSTEM.build(settings, prepared)
    batch = next(iter(training_stream(prepared, batch_size=4, n_steps_per_epoch=10, seed=1)))
    (x, at_x), _ = batch
    assert at_x.shape == (4, 32, 7)  # three waves round the corridor, and speed
    np.testing.assert_array_equal(trainer.generator_g([x, at_x]), x)
    for _ in range(2):  # the last convolution is zero: others learn from the second update on
        logs = trainer.train_step(batch)
    assert "change_x" not in logs
    made = trainer.generator_g([x, at_x])
    assert float(tf.reduce_max(tf.abs(made - x))) > 1e-4
    elsewhere = trainer.generator_g([x, tf.roll(at_x, 1, axis=0)])
    assert float(tf.reduce_max(tf.abs(made - elsewhere))) > 1e-6


@pytest.mark.parametrize("backbone", ["identity", "moments_per_position_ot", "moments_per_position_state"])
def test_the_weight_of_the_change_is_on_what_is_added_to_the_backbone(backbone):
    """The loss has lambda_change times the mean absolute change of both windows, beside its other terms."""
    settings = config(backbone=backbone)
    weighted = settings.objective.model_copy(update={"lambda_change": 2.0})
    prepared = SYSTEM.prepare(settings)
    trainer = SYSTEM.build(settings.model_copy(update={"objective": weighted}), prepared)
    x, y = next(iter(training_stream(prepared, batch_size=3, n_steps_per_epoch=10, seed=1)))
    np.testing.assert_allclose(trainer.backbone_g(x), trainer.generator_g(x).numpy(), atol=1e-6)
    added = trainer.generator_g.get_layer("output_convolution")
    added.bias.assign(tf.fill(added.bias.shape, 0.25))
    logs = {name: float(value) for name, value in trainer.train_step((x, y)).items()}
    assert logs["change_x"] == pytest.approx(0.25, abs=1e-5)
    assert logs["change_y"] == pytest.approx(0.0, abs=1e-5)
    others = (
        weighted.adversarial_weight * logs["adversarial_g"] + weighted.lambda_identity * logs["identity_y"]
        + weighted.lambda_cycle * (logs["cycle_x"] + logs["cycle_y"])
    )  # fmt: skip
    assert logs["generator_g"] - others == pytest.approx(2.0 * 0.25, abs=1e-4)


def test_the_weight_of_the_change_needs_a_backbone():
    with pytest.raises(ValueError, match=r"0 without model\.backbone"):
        Config.model_validate({"objective": {"lambda_change": 1.0}})


def test_discriminators_judge_translated_windows_at_the_places_they_came_from():
    settings = config(condition=["position"])
    prepared = SYSTEM.prepare(settings)
    trainer = SYSTEM.build(settings, prepared)
    (x, at_x), (y, at_y) = next(iter(training_stream(prepared, batch_size=3, n_steps_per_epoch=10, seed=1)))
    fake_y = trainer.generator_g(x)
    on_real, on_fake = trainer.discriminator_y([y, at_y]), trainer.discriminator_y([fake_y, at_x])
    logs = trainer.update_discriminators((x, at_x), (y, at_y), fake_x=trainer.generator_f(y), fake_y=fake_y)
    assert float(logs["mean_real_y"]) == pytest.approx(float(tf.reduce_mean(on_real)), abs=1e-5)
    assert float(logs["mean_fake_y"]) == pytest.approx(float(tf.reduce_mean(on_fake)), abs=1e-5)


def test_position_goes_round_a_corridor_and_missing_behaviour_is_the_mean():
    prepared = SYSTEM.prepare(config(condition=["position", "speed"]))
    seen, behaviour = prepared.x.condition, prepared.x.recording.behaviour
    ends = [int(np.argmin(behaviour.position_cm)), int(np.argmax(behaviour.position_cm))]
    assert np.abs(np.subtract(*seen[ends][:, :6])).max() < 0.3  # its end is its beginning
    both = np.concatenate([prepared[day].recording.behaviour.speed_cm_s for day in ("x", "y")])
    np.testing.assert_allclose(seen[:, 6], (behaviour.speed_cm_s - both.mean()) / both.std(), atol=1e-4)


def test_another_recording_is_translated_at_its_own_places():
    settings = config(backbone="moments_per_position")
    prepared = SYSTEM.prepare(settings)
    trainer = SYSTEM.build(settings, prepared)
    day = prepared.x.recording
    whole = SYSTEM.translate(settings, prepared, trainer, day, to="y").dff
    later = replace(day, dff=day.dff[40:], behaviour=_part(day.behaviour, 40), truth=None)
    part = SYSTEM.translate(settings, prepared, trainer, later, to="y").dff
    np.testing.assert_allclose(part, whole[40:], atol=1e-4)
    with pytest.raises(RecordingError, match=r"no behaviour\.position_cm"):
        SYSTEM.translate(settings, prepared, trainer, replace(day, behaviour=Behaviour()), to="y")


def test_behaviour_that_only_discriminators_saw_is_not_needed_to_translate():
    for generators in (False, True):
        settings = config(backbone="moments", condition=["speed"], condition_generators=generators)
        prepared = SYSTEM.prepare(settings)
        trainer, day = SYSTEM.build(settings, prepared), prepared.x.recording
        day_without = replace(day, behaviour=Behaviour())
        if generators:
            with pytest.raises(RecordingError, match=r"no behaviour\.speed_cm_s"):
                SYSTEM.translate(settings, prepared, trainer, day_without, to="y")
        else:
            whole, plain = (SYSTEM.translate(settings, prepared, trainer, one, to="y") for one in (day, day_without))
            np.testing.assert_array_equal(whole.dff, plain.dff)


def test_what_auto_chose_is_kept_with_the_run(tmp_path):
    settings = config(backbone="auto")
    chosen = SYSTEM.prepare(settings, run_directory=tmp_path).backbone
    assert json.loads((tmp_path / "backbone.json").read_text()) == {"backbone": chosen}
    (tmp_path / "backbone.json").write_text('{"backbone": "moments"}')  # as another machine might have chosen
    kept = SYSTEM.prepare(settings, run_directory=tmp_path)
    assert (kept.backbone, SYSTEM.begins_as(kept)) == ("moments", "moment_matching")
    (tmp_path / "backbone.json").write_text('{"backbone": "magic"}')
    with pytest.raises(WindowError, match="no backbone that auto chooses"):
        SYSTEM.prepare(settings, run_directory=tmp_path)


def test_seeds_share_the_alignment_that_they_begin_as():
    begins = {name: SYSTEM.begins_as(SYSTEM.prepare(config(backbone=name))) for name in ("identity", "tuning_shift")}
    assert begins == {"identity": None, "tuning_shift": "position_shift"}


def _part(behaviour, first):
    return Behaviour(**{name: values[first:] for name, values in behaviour.available().items()})


def test_moments_are_a_backbone_of_the_synthetic_transformation_too():
    model = translator(config("phi", backbone="moments"))
    known = {one.name: one for one in fit_baselines(config().evaluation, model.prepared)}["moment_matching"]
    ours, theirs = (translated(one, model.prepared).g_x for one in (model, known))
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_a_condition_that_a_day_lacks_is_refused():
    with pytest.raises(ConfigurationError, match=r"got time_since_event, and day x has no behaviour\.events"):
        SYSTEM.prepare(config(condition=["time_since_event"]))


def test_a_position_that_is_never_known_is_refused():
    prepared = SYSTEM.prepare(config())
    nowhere = np.full(prepared.x.recording.n_frames, np.nan, np.float32)
    lost = replace(prepared.x.recording, behaviour=Behaviour(position_cm=nowhere))
    with pytest.raises(ConfigurationError, match=r"got position, and day x has no behaviour\.position_cm"):
        seen_by_networks(config(condition=["position"]), replace(prepared, x=replace(prepared.x, recording=lost)))


@pytest.mark.parametrize("backbone", ["moments_per_position", "temporal_filter"])
def test_what_needs_places_is_refused_before_networks_are_built(backbone):
    with pytest.raises(ConfigurationError, match=rf"model\.backbone: got {backbone} on days without position"):
        SYSTEM.prepare(config("phi", backbone=backbone))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"condition_generators": True}, "condition_generators"),
        ({"backbone": "moments", "input_skip": True}, "input_skip"),
        ({"generator": "identity", "backbone": "moments"}, "generator"),
    ],
)
def test_settings_without_effect_are_refused(model, message):
    with pytest.raises(ValueError, match=message):
        config(**model)


def test_past_windows_have_no_behaviour():
    settings = {"model": {"condition": ["position"]}, "objective": {"history_windows": 4}}
    with pytest.raises(ValueError, match="history_windows"):
        Config.model_validate(settings)
