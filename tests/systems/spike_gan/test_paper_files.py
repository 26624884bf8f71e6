"""The paper's configurations hold what the paper says (Molano-Mazon et al. 2018)."""

from pathlib import Path

import pytest

from cyclegan_neuro.configuration.fields import walk_fields
from cyclegan_neuro.configuration.loading import build_config, read_source
from cyclegan_neuro.systems.spike_gan.config import Config

CONFIGS = Path(__file__).resolve().parents[3] / "configs" / "spike_gan"
KINDS = {"pairs", "packets", "stimuli"}


def load(name):
    return build_config(read_source(CONFIGS / f"paper_{name}.yaml"), Config)


@pytest.mark.parametrize("name", ["pairs", "packets", "retina"])
def test_every_published_value(name):
    values, checked = load(name).model_dump(), 0
    for keys, field in walk_fields(Config):
        paper = field.json_schema_extra["paper"]
        if paper is None or keys[-1] == "whole_distribution_samples" or KINDS - {name} & set(keys):
            continue  # section A.1 has a population of its own
        value = values
        for key in keys:
            value = value[key]
        assert value == paper, ".".join(keys)
        checked += 1
    assert checked > 20


@pytest.mark.parametrize(("name", "iterations"), [("pairs", 500_000), ("packets", 50_000), ("retina", 500_000)])
def test_iterations(name, iterations):
    training = load(name).training
    assert training.epochs * training.generator_updates == iterations


def test_the_retina_is_trained_on_as_many_samples():
    assert load("retina").data.n_train == 8817


def test_rates_and_noise():
    pairs = load("pairs")
    assert pairs.data.simulation.pairs.rate == 0.1  # around 100 Hz in bins of 1 ms (section 3.1)
    assert (pairs.model.noise, pairs.model.weight_sd) == ("uniform", 0.02)  # section 2.1
    whole = build_config(read_source(CONFIGS / "whole_distribution.yaml"), Config)
    assert whole.data.simulation.pairs.rate == 0.16  # about 160 Hz (Figure S1)
