import re
from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.interpretation.score import CornerTruth
from cyclegan_neuro.evaluation.days.methods import methods_of_days
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.systems.cyclegan import SYSTEM
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.windows.prepared import NeuronOrder

CITATION = re.compile(r"\b((?:van )?[A-Z][\w-]+)(?: et al\.| and Ba)? \(?((?:19|20)\d\d)\b")


def told(config, prepared, **options):
    training = SYSTEM.training_paragraph(config, prepared, updates=600)
    paragraphs, references = methods_of_days(config, prepared, training, **options)
    return " ".join(paragraphs), {reference.key for reference in references}


CONFIGS = {
    "defaults": {}, "gan": {"objective": {"name": "gan"}}, "wgangp": {"objective": {"name": "wgangp"}},
    "dragan": {"objective": {"name": "dragan"}}, "no gates": {"model": {"generator": "resnet"}},
    "control": {"model": {"generator": "identity"}}, "coordinates": {"model": {"coordinate_channels": True}},
}  # fmt: skip


def explained(**changes):
    """An interpretation with what the paragraph tells of; it has no maps."""
    section = InterpretationSection(**changes.pop("section", {}))
    known = dict.fromkeys(("coordinate", "control", "learning", "corner"), None) | changes
    return Interpretation(
        section=section,
        pair=None,
        occupancy={},
        maps={},
        untrained={},
        scores={},
        n_windows={"x": 100, "y": 90},
        **known,
    )


CORNER = CornerTruth(masked=np.zeros((2, 2), bool), edge=np.ones((2, 2), bool))
CORRIDOR = Coordinate("position", np.zeros(3), np.zeros(3), np.arange(0.0, 161.0), "cm")
EXPLAINED = {
    "none": None, "plain": explained(), "smooth": explained(section={"smooth_samples": 8}),
    "all": explained(coordinate=CORRIDOR, control={}, corner=CORNER),
}  # fmt: skip


@pytest.mark.parametrize("maps", EXPLAINED)
@pytest.mark.parametrize("kind", CONFIGS)
def test_everything_cited_is_in_the_references_and_nothing_else(make_pair, kind, maps):
    text, keys = told(Config(**CONFIGS[kind]), make_pair(), explained=EXPLAINED[maps])
    cited = {f"{name.replace(' ', '').lower()}{year}" for name, year in CITATION.findall(text)}
    assert keys == cited | {"cyclegan_neuro"}


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (explained(), "over 100 test windows of x (D_X and G) and 90 of y (D_Y and F), by Grad-CAM"),
        (explained(section={"generator_score": "output"}), "and the mean absolute output of the generators."),
        (explained(section={"smooth_samples": 8, "smooth_noise": 0.2}),
         "SmoothGrad (Smilkov et al. 2017; 8 copies with noise of 0.2 of a window's range)"),
        (explained(coordinate=CORRIDOR), "averaged in bins of 1 cm of position, each frame counted once."),
        (explained(control={}), "with initial weights and of networks trained on mixed days (Adebayo et al. 2018)"),
        (explained(corner=CORNER, section={"n_shuffles": 500, "seed": 4}),
         "over places in the window, beside 500 shuffles (neurons permuted, places shifted around; seed 4)"),
    ],
)  # fmt: skip
def test_the_paragraph_on_maps_tells_its_parameters(make_pair, found, sentence):
    assert sentence in told(Config(), make_pair(), explained=found)[0]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "Windows of 16 frames (2.00 s) were cut, 9 / 1 / 3 of each day for training, validation and testing, "
             "from separate stretches of each day with no frame in common (15 % of a day for validation, 15 % for "
             "testing)."),
        ({"windows": {"split": "paper"}}, "drawn at random, so that windows of different parts share frames."),
        ({"windows": {"exclude_x": [[3, 9]], "exclude_y": [[0, 1], [5, 7]]}},
         "without frames 3-9 of x and frames 0-1, 5-7 of y."),
        ({"windows": {"scaling": "neuron", "share_scaling": True}},
         "by its minimum and maximum of each neuron in the training part of both days together;"),
        ({"model": {"filters": 8, "residual_blocks": 1, "kernel_size": 3, "dropout": 0.1, "initializer_std": 0.05}},
         "two down-sampling blocks (8 and 16 filters), 1 residual block, two up-sampling blocks, instance "
         "normalisation, spatial dropout 0.1, sigmoid output."),
        ({"model": {"discriminator_filters": 4, "discriminator_noise": 0.5}},
         "three down-sampling blocks (4, 8 and 16 filters; spatial dropout 0.25; Gaussian noise of 0.5 standard "
         "deviations on what they read). Kernels had size 4 "),
        ({"model": {"standardize_inputs": True, "input_skip": True, "output_bias_at_mean": True}},
         "Beyond Li et al. (2021), inputs were standardised, a gate passed the input on, to which the network added "
         "its change."),
        ({"objective": {"lambda_cycle": 7, "lambda_identity": 3, "adversarial_weight": 0.5, "distance": "mse"}},
         "(mean squared difference; λ_cycle = 7, λ_identity = 3, weight of the adversarial term 0.5), with 1 "
         "discriminator update per generator update."),
        ({"objective": {"name": "wgangp", "history_windows": 50}},
         "λ_GP = 10), with 5 discriminator updates per generator update and a pool of 50 past generated windows."),
        ({"objective": {"name": "dragan", "dragan_c": 3}}, "λ_GP = 10, c = 3)"),
        ({"training": {"epochs": 3, "batch_size": 3, "seed": 5, "precision": "mixed_bfloat16"}},
         "in batches of 3 windows of each day (mixed_bfloat16, seed 5). Training was set to 3 epochs of 3 generator "
         "updates. Evaluated: the networks after update 600 of 9 (the checkpoint whose translated validation windows "
         "were nearest to recorded ones of the other day in means and (lagged) covariances of neurons)."),
        ({"training": {"precision": "float32", "jit_compile": True}}, "(float32, compiled with XLA, seed 1234)"),
        ({"training": {"weight_averaging": 0.99, "epochs": 1}, "evaluation": {"weights": "last"}},
         "an exponential average (decay 0.99) of the generators' weights after update 600 of 9 (the last checkpoint)."),
        ({"training": {"warmup_steps": 1000, "decay": "cosine", "learning_rate_generator": 3e-4}},
         "a learning rate of 0.0003 and the discriminators with 0.0004, both rising over the first 1,000 updates and "
         "falling along a cosine to 0 after 50 % of all updates"),
        ({"evaluation": {"ot_shrinkage": 0.2}}, "Gaussian optimal transport (shrinkage 0.2) of single frames"),
        ({}, "Gaussian optimal transport (shrinkage chosen by the likelihood of the validation frames of each day)"),
    ],
)  # fmt: skip
def test_parameters_are_those_of_the_run(make_pair, changed, sentence):
    assert sentence in told(Config(**changed), make_pair())[0]


def test_what_the_recordings_are(make_pair):
    assert (
        "ΔF/F of 5 neurons (simulated) on two days went in: x, before learning (novice; 96 frames at 8 Hz, 12.0 s), "
        "and y, after learning (expert; 96 frames at 8 Hz, 12.0 s). The simulator's preset was mouse_1, its seed 1."
    ) in told(Config(), make_pair(truth=True))[0]
    phi = told(Config(data={"source": "phi", "phi_seed": 4}), make_pair(phi=True))[0]
    assert "synthetic transformation Φ (Li et al. 2021, Eq. 6) with noise weight 0.5 and seed 4, its mask along" in phi
    files = Config(data={"source": "files", "x": {"path": "a"}, "y": {"path": "b"}})
    assert "simulator" not in told(files, make_pair())[0]


def test_notes_on_the_data_are_told_but_for_what_the_split_repeats(make_pair):
    notes = ("3 of 8 matched neurons dropped on both days", "day x (novice): 9 train windows of 16 frames", "Mixed.")
    text, _ = told(Config(), replace(make_pair(), notes=notes))
    assert "3 of 8 matched neurons dropped on both days. Mixed. Windows of" in text
    assert "day x (" not in text


def test_position_tuning_is_told_where_it_was_measured(make_pair):
    config = Config(evaluation={"position_bin_cm": 20.0})
    assert "bins of 20 cm" in told(config, make_pair(position=True))[0]
    assert "Position tuning" not in told(config, make_pair())[0]


def test_the_transport_over_lags_is_told_only_where_it_is_fitted(make_pair, monkeypatch):
    said = " of single frames and of five frames 0.25 s apart"
    assert said in told(Config(), make_pair())[0]
    monkeypatch.setattr("cyclegan_neuro.evaluation.days.methods.MOST_NEURONS", 4)
    text = told(Config(), make_pair())[0]
    assert "of single frames" in text
    assert said not in text


def test_orders_are_told_with_their_parameters(make_pair):
    prepared = make_pair()
    learned = replace(prepared, order=NeuronOrder("autoencoder", prepared.order.columns))
    assert (
        "in validation windows (Li et al. 2021, there in test windows; 32 filters, 20 epochs, batches of 8, Adam with "
        "a learning rate of 0.001)."
    ) in told(Config(), learned)[0]
    sorted_by_rate = replace(prepared, order=NeuronOrder("firing_rate", prepared.order.columns))
    assert "in descending order of estimated activity." in told(Config(), sorted_by_rate)[0]


def test_options_of_the_paper_are_told(make_pair):
    paper = told(Config(model={"residual_activation": True}, objective={"lsgan_sigmoid": True}), make_pair())[0]
    assert "9 residual blocks (both convolutions with activation and dropout), two" in paper
    assert "(LSGAN; Mao et al. 2017) of scores in [0, 1] with cycle" in paper
    plain = told(Config(), make_pair())[0]
    assert "9 residual blocks, two" in plain
    assert "[0, 1] with cycle" not in plain
