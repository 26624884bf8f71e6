"""Models of responses that no system made are evaluated: the truth itself, and neurons that share nothing."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import ReportSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.evaluation.contents import Block, Evaluation
from cyclegan_neuro.evaluation.encoding.evaluation import evaluate_responses
from cyclegan_neuro.evaluation.encoding.independent import IndependentNeurons
from cyclegan_neuro.evaluation.encoding.parts import fano_factors
from cyclegan_neuro.evaluation.encoding.pictures import _raster
from cyclegan_neuro.evaluation.encoding.sections import EvaluationSection
from cyclegan_neuro.evaluation.encoding.story.wording import TITLES
from cyclegan_neuro.evaluation.methods import Paragraph
from cyclegan_neuro.figures.style import new_figure
from cyclegan_neuro.populations.responses.preparing import split_responses
from cyclegan_neuro.populations.responses.responses import Responses
from cyclegan_neuro.populations.responses.sections import ResponsesSection, VisualCortexSection
from cyclegan_neuro.populations.simulate.visual_cortex import simulate_visual_cortex

SIMULATION = VisualCortexSection(n_neurons=12, n_bins=60, n_trials=40, frame_pixels=9, noise_correlation=0.15)


@dataclass
class Named:
    """Another model under a name; ``shared`` without what its neurons share beyond the stimulus."""

    name: str
    of: object
    shared: bool = True

    def exceedance(self, stimuli):
        return self.of.exceedance(stimuli)

    def sample(self, stimuli, *, seed):
        if self.shared:
            return self.of.sample(stimuli, seed=seed)
        rates = self.of.exceedance(stimuli)[0]
        return (np.random.default_rng(seed).random(rates.shape) < rates).astype(np.uint8)


class TwoDays:
    """Day x and day y of one truth, on the second of which half of the neurons share nothing any more."""

    name = "two days"

    def __init__(self, truth):
        loadings = np.where(np.arange(12)[:, None] < 6, truth.loadings, 0.0)
        self.days = (truth, replace(truth, loadings=loadings))

    def exceedance(self, stimuli):
        return self.days[0].exceedance(stimuli % SIMULATION.n_bins)

    def sample(self, stimuli, *, seed):
        x, y = (day.sample(stimuli % SIMULATION.n_bins, seed=seed) for day in self.days)
        return np.where((stimuli >= SIMULATION.n_bins)[:, None], y, x)


@pytest.fixture(scope="module")
def simulated():
    return simulate_visual_cortex(SIMULATION)


@pytest.fixture(scope="module")
def evaluate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    template = folder / "drawn.j2"
    template.write_text("{{ name }} was drawn from a hat.", encoding="utf-8")

    def run(prepared, model, rivals, *, source="counts", **changes):
        section = EvaluationSection(n_resamples=100)
        data = ResponsesSection(source=source, simulation=SIMULATION) if source == "simulated" else SimpleNamespace(
            source=source
        )  # fmt: skip
        config = SimpleNamespace(data=data, evaluation=section, report=ReportSection(dpi=50))
        given = {"training": Paragraph(template, {"name": "It"}), "cache_directory": folder, **changes}
        return evaluate_responses(config, prepared, model, rivals=rivals, **given)

    return run


def rivals_of(truth):
    return {"supervised": Named("Supervised", truth, shared=False)}


@pytest.fixture(scope="module")
def in_simulation(evaluate, simulated):
    prepared, model = split_responses(simulated), Named("Model", simulated.truth)
    return evaluate(prepared, model, rivals_of(simulated.truth), source="simulated")


def told(found):
    return {sentence.asked: sentence.told for sentence in found.summary}


def test_the_truth_has_its_own_noise_correlations(in_simulation):
    models = in_simulation.metrics["encoding"]["train"]["models"]
    assert models["model"]["noise_correlation"]["r"]["value"] > 0.93
    assert models["model"]["noise_correlation"]["slope"]["value"] == pytest.approx(1.0, abs=0.15)
    assert abs(models["supervised"]["noise_correlation"]["mean"]["value"]) < 0.02
    assert models["supervised"]["count_histogram_distance"] > 5 * models["model"]["count_histogram_distance"]
    assert in_simulation.metrics["encoding"]["train"]["match"] == "Yes"
    assert told(in_simulation)["The right noise correlations?"].startswith("Yes. r 0.9")
    assert (
        "against the simulated truth (the data themselves 0.9" in told(in_simulation)["The right noise correlations?"]
    )


def test_total_correlations_alone_are_no_success(in_simulation, evaluate, simulated):
    """A model that takes stimuli for each other has the truth's correlations over stimuli, and none of its means."""

    class Mistaken:
        name = "Mistaken"

        def exceedance(self, stimuli):
            return simulated.truth.exceedance(np.where(stimuli < 52, (stimuli + 26) % 52, stimuli))

        def sample(self, stimuli, *, seed):
            return simulated.truth.sample(np.where(stimuli < 52, (stimuli + 26) % 52, stimuli), seed=seed)

    found = evaluate(split_responses(simulated), Mistaken(), {}, source="simulated")
    own, data = (found.metrics["encoding"]["train"]["models"][key] for key in ("model", "data"))
    assert own["total_correlation"]["r"]["value"] > 0.95 * data["total_correlation"]["r"]["value"]
    assert told(found)["Did it work?"].startswith("In part. Total correlations")
    assert told(in_simulation)["Did it work?"].startswith("Yes. Total correlations")


def test_the_reference_is_what_the_simulator_solved_for(in_simulation, simulated):
    known, train = in_simulation.arrays, simulated.truth.rates[:52]
    pairs = np.triu_indices(12, 1)
    assert known["encoding/train/reference/psth"] == pytest.approx(train, abs=0.06)
    noise = simulated.truth.noise_correlation[pairs]
    assert known["encoding/train/reference/noise_correlation"][pairs] == pytest.approx(noise, abs=0.05)


def test_bins_that_were_held_out_have_no_training_psth(in_simulation):
    found = in_simulation.metrics["encoding"]
    assert found["held_out"]["n_responses"] == 8 * 40
    assert found["train"]["models"].keys() - found["held_out"]["models"].keys() == {"copula_psth", "independent"}


def test_the_truth_is_kept_for_the_next_evaluation(evaluate, simulated, in_simulation):
    class Counting(type(simulated.truth)):
        calls = 0

        def sample(self, stimuli, *, seed):
            Counting.calls += 1
            return super().sample(stimuli, seed=seed)

    truth = Counting(**vars(simulated.truth))
    prepared = split_responses(replace(simulated, truth=truth))
    again = evaluate(prepared, Named("Model", simulated.truth), rivals_of(simulated.truth), source="simulated")
    assert Counting.calls == 0
    assert again.metrics == in_simulation.metrics


def test_a_model_without_shared_noise_loses_to_the_copula(evaluate, simulated):
    recorded = replace(simulated, truth=None, data_origin="recorded")
    prepared = split_responses(recorded, condition="identity")
    found = evaluate(prepared, Named("Model", simulated.truth, shared=False), rivals_of(simulated.truth))
    part = found.metrics["encoding"]["held_out"]
    assert part["match"] == "No"
    assert part["noise_rmse_against"]["copula"] == part["noise_rmse_against"]["data"] == "worse"
    assert part["noise_rmse_against"]["supervised"] == "within noise"
    assert told(found)["The right noise correlations?"].startswith("No. r ")
    assert told(found)["More than simple models?"].startswith("No: a Gaussian copula does better. The model's error")


def test_trials_that_were_held_out_are_the_reference(evaluate, simulated):
    recorded = replace(simulated, truth=None, data_origin="recorded")
    prepared = split_responses(recorded, condition="identity")
    found = evaluate(prepared, Named("Model", simulated.truth), rivals_of(simulated.truth))
    parts = found.metrics["encoding"]
    assert parts["held_out"]["reference"] == "held-out trials"
    ends = [parts[name]["models"]["data"]["noise_correlation"]["r"]["value"] for name in ("train", "held_out")]
    assert ends[0] == pytest.approx(ends[1])  # one half against the other
    assert "In part: a Gaussian copula does as well" in told(found)["More than simple models?"]
    assert "(the training trials 0." in told(found)["The right noise correlations?"]


def test_bins_of_a_recorded_movie_have_halves_as_ceiling(evaluate, simulated):
    prepared = split_responses(replace(simulated, truth=None, data_origin="recorded"))
    found = evaluate(prepared, Named("Model", simulated.truth), rivals_of(simulated.truth))
    part = found.metrics["encoding"]["train"]
    ceiling, own = (part["models"][key]["noise_correlation"]["r"]["value"] for key in ("data", "model"))
    assert 0.8 < ceiling < 1
    assert own == pytest.approx(ceiling, abs=0.08)  # a perfect model is as near as as many trials again
    assert part["noise_rmse_against"]["data"] == "not known"
    assert "In training bins: r" in told(found)["The right noise correlations?"]


def test_without_rivals_bins_that_were_held_out_are_compared_with_no_model(evaluate, simulated):
    prepared = split_responses(replace(simulated, truth=None, data_origin="recorded"))
    found = evaluate(prepared, Named("Model", simulated.truth), {})
    sentence = told(found)["More than simple models?"]
    assert sentence.startswith("Not known. The model's error")
    assert sentence.endswith("is compared with no other model.")


def test_noise_correlations_that_fall_from_one_day_to_the_other(evaluate, simulated):
    truth, n = TwoDays(simulated.truth), SIMULATION.n_bins
    stimulus = np.tile(np.arange(2 * n), 40)
    responses = Responses(
        truth.sample(stimulus, seed=5), stimulus, np.repeat(np.arange(40), 2 * n), 2 * n, 0.04,
        day=np.repeat([0, 1], n), source="two days",
    )  # fmt: skip
    found = evaluate(split_responses(responses, condition="identity"), Named("Model", truth), rivals_of(truth))
    change = found.metrics["encoding"]["change"]
    assert change["verdict"] == "fell"
    assert change["difference"]["high"] < 0
    assert change["models"]["model"]["r"]["low"] > 0.3
    assert change["models"]["supervised"]["r"]["low"] < 0
    sentence = told(found)["Did learning change them?"]
    assert sentence.startswith("The mean noise correlation fell: 0.1")
    assert "pairs changed in their own ways" in sentence
    assert "Model sees the change of pairs" in sentence
    assert set(found.metrics["encoding"]["x"]) == {"train", "held_out"}
    assert TITLES["change"] in [block.title for block in found.blocks]


def test_counts_have_fano_factors(evaluate):
    rng, stimulus = np.random.default_rng(0), np.tile(np.arange(10), 40)
    rates = rng.uniform(0.5, 2, (10, 6))
    counts = np.minimum(rng.poisson(rates[stimulus]), 5).astype(np.uint8)
    responses = Responses(counts, stimulus, np.repeat(np.arange(40), 10), 10, 0.2, source="Poisson")
    prepared = split_responses(responses, condition="identity", most_count=5)

    class Poisson:
        name = "Poisson"

        def exceedance(self, stimuli):
            from scipy.stats import poisson

            return poisson.sf(np.arange(5)[:, None, None], rates[stimuli])

        def sample(self, stimuli, *, seed):
            return np.minimum(np.random.default_rng(seed).poisson(rates[stimuli]), 5).astype(np.uint8)

    found = evaluate(prepared, Poisson(), {})
    fano = found.metrics["encoding"]["held_out"]["models"]["model"]["fano_factor"]
    assert fano["mean"]["value"] == pytest.approx(1.0, abs=0.15)
    assert found.metrics["encoding"]["held_out"]["match"].startswith("Cannot be told")  # there is nothing to have
    assert "copula" not in found.metrics["encoding"]["held_out"]["models"]


def test_fano_factors_by_hand():
    counts, stimulus = np.array([[0, 1], [4, 1], [3, 1], [5, 1]]), np.array([0, 0, 1, 1])
    assert fano_factors(counts, stimulus).tolist() == [(2 * 8 + 2 * 2) / 12, 0.0]


def test_what_a_system_has_of_its_own_stands_in_the_report(evaluate, simulated):
    own = Evaluation(("Mine.",), (Block("Mine", ("Text.",)),), {"mine": 1}, arrays={"mine": np.zeros(1)})
    found = evaluate(split_responses(simulated), Named("Model", simulated.truth), {}, source="simulated", own=own)
    assert found.summary[-1] == "Mine."
    assert [block.title for block in found.blocks][-2:] == ["Mine", TITLES["certainty"]]
    assert found.metrics["mine"] == 1
    assert {"mine", "truth/rates"} <= found.arrays.keys()
    assert found.methods[1] == "It was drawn from a hat."
    assert [work.key for work in found.references][:2] == ["ramesh2019", "smith2008"]


def test_blocks_are_short_and_sentences_lead_somewhere(in_simulation):
    titles = [block.title for block in in_simulation.blocks]
    assert {sentence.section for sentence in in_simulation.summary} <= set(titles)
    assert max(sum(len(text.split()) for text in block.paragraphs) for block in in_simulation.blocks) < 120
    assert "  " not in " ".join(in_simulation.methods)


def test_stimuli_shown_once_have_no_noise(evaluate, simulated):
    once = replace(simulated, counts=simulated.counts[:60], stimulus=np.arange(60), trial=np.zeros(60, int))
    with pytest.raises(RecordingError, match=r"stimuli, each shown once"):
        evaluate(split_responses(once), Named("Model", simulated.truth), {}, source="simulated")


def test_a_raster_may_have_no_spikes():
    figure = new_figure(2.0, 2.0)
    silent, spiking = figure.subplots(1, 2)
    _raster(silent, np.zeros((2, 3)), "black")
    _raster(spiking, np.eye(2), "black")
    assert (len(silent.collections), len(spiking.collections)) == (0, 1)
    assert silent.get_ylim() == spiking.get_ylim()


def test_better_than_a_copula_says_nothing_where_trials_do_not_agree(evaluate):
    """Independent spikes: there are no noise correlations, and whoever has none errs least."""
    rates, stimulus = np.full((10, 40), 0.3), np.tile(np.arange(10), 40)
    counts = (np.random.default_rng(0).random((400, 40)) < 0.3).astype(np.uint8)
    responses = Responses(counts, stimulus, np.repeat(np.arange(40), 10), 10, 0.2, source="coins")
    none = IndependentNeurons("Model", rates[None])
    found = evaluate(split_responses(responses, condition="identity"), none, {})
    against = found.metrics["encoding"]["held_out"]["noise_rmse_against"]
    assert "better" in against.values()
    assert told(found)["More than simple models?"].startswith("Cannot be told")
