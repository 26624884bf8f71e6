"""A generator that no system made is evaluated: recorded samples again, and independent neurons."""

from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import ReportSection
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.contents import Block, Evaluation
from cyclegan_neuro.evaluation.methods import Paragraph
from cyclegan_neuro.evaluation.samples.evaluation import evaluate_samples
from cyclegan_neuro.evaluation.samples.generated import GeneratedSamples, as_recorded
from cyclegan_neuro.evaluation.samples.pictures import training_figures
from cyclegan_neuro.evaluation.samples.sections import EvaluationSection
from cyclegan_neuro.populations.prepared import prepare_samples
from cyclegan_neuro.populations.sections import DataSection

DATA = {"simulation": {"pairs": {"n_samples": 300, "n_bins": 12, "n_neurons": 4, "correlation": 0.5, "rate": 0.2}}}


@pytest.fixture(scope="module")
def config():
    baselines = {"dichotomized_gaussian": False, "k_pairwise": False}
    return SimpleNamespace(
        data=DataSection.model_validate(DATA),
        evaluation=EvaluationSection.model_validate({"n_samples": 300, "baselines": baselines}),
        report=ReportSection(dpi=50),
    )


@pytest.fixture(scope="module")
def prepared(config):
    return prepare_samples(config.data)


@pytest.fixture(scope="module")
def again(prepared):
    """Give recorded samples again."""
    return lambda n: GeneratedSamples(prepared.samples(prepared.every)[:n], prepared.bin_s, spikes=True)


@pytest.fixture
def drawn(tmp_path):
    (tmp_path / "drawn.j2").write_text("{{ name }} was drawn from a hat.", encoding="utf-8")
    return Paragraph(tmp_path / "drawn.j2", {"name": "It"})


def test_recorded_samples_are_a_perfect_generator_that_copies(config, prepared, again, drawn):
    found = evaluate_samples(config, prepared, again, name="Copycat", training=drawn)
    assert {error["rmse"] for error in found.metrics["statistics"]["model"].values()} == {0.0}
    assert found.metrics["memorisation"]["copies"]["generated"] >= len(prepared.train)
    statistics = next(table for block in found.blocks for _, table in block.tables if table.slug == "statistics")
    assert statistics.columns[1:] == ("Copycat", "independent", "recorded, half against half")
    assert "Of 6 statistics Copycat is nearer to the recording" in str(found.summary[3])
    assert {sentence.section for sentence in found.summary} <= {block.title for block in found.blocks}
    assert "It was drawn from a hat." in found.methods
    np.testing.assert_array_equal(found.arrays["generated/samples"], prepared.samples(prepared.every))
    assert not any("Spike-GAN" in text for text in (*map(str, found.summary), *found.methods))


def test_independent_neurons_are_as_far_off_as_the_independent_baseline(config, prepared, drawn):
    rates = prepared.values.mean(axis=0)

    def generate(n):
        return as_recorded(np.tile(rates, (n, prepared.n_bins, 1)), prepared, seed=1)

    errors = evaluate_samples(config, prepared, generate, name="rates", training=drawn).metrics["statistics"]
    for name in ("covariance", "k_statistic"):
        assert errors["model"][name]["rmse"] > 3 * errors["floor"][name]["rmse"]
        assert errors["model"][name]["rmse"] == pytest.approx(errors["independent"][name]["rmse"], rel=0.2)


def test_what_only_the_system_has_stands_beside_what_all_have(config, prepared, again, drawn):
    own = Evaluation(("One of its own.",), (Block("Its own"),), metrics={"own": 1.0}, arrays={"own/map": np.ones(2)})
    found = evaluate_samples(config, prepared, again, name="it", training=drawn, own=own, own_methods=(drawn,))
    titles = [block.title for block in found.blocks]
    assert titles.index("Are they copies?") < titles.index("Its own") < titles.index("How sure is this?")
    assert found.summary[-1] == "One of its own."
    assert found.metrics["own"] == 1.0
    assert "own/map" in found.arrays
    assert found.methods.count("It was drawn from a hat.") == 2


def test_a_paragraph_that_cannot_be_printed_is_told_before_anything_is_generated(config, prepared, drawn):
    drawn.template.write_text("{{ sede }}", encoding="utf-8")

    def generate(n_samples):
        pytest.fail("generated first")

    with pytest.raises(ConfigurationError, match="'sede' is undefined"):
        evaluate_samples(config, prepared, generate, name="it", training=drawn)


def test_figures_while_it_trains(prepared, again):
    figures = training_figures(prepared, again, name="it")
    assert set(figures) == {"samples/examples", "samples/statistics"}
    assert "it" in {text.get_text() for text in figures["samples/statistics"].legends[0].get_texts()}
