"""A representation that no system made is evaluated: principal components, halved into content and style."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import ReportSection, TrainingSection
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.contents import Block, Evaluation
from cyclegan_neuro.evaluation.decoding.evaluation import evaluate_trials
from cyclegan_neuro.evaluation.decoding.floors import fit_components
from cyclegan_neuro.evaluation.decoding.sections import EvaluationSection
from cyclegan_neuro.evaluation.decoding.story.wording import TITLES
from cyclegan_neuro.evaluation.methods import Paragraph
from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials

N_CONDITIONS, N_TIMES = 4, 4


class Halves:
    """Directions are content, times are style: what the made-up neurons were made of, with noise."""

    name = "Halves"

    def __init__(self, prepared, seed):
        windows = prepared.windows()[prepared.train]
        self.centre = windows.mean(axis=0)

    def spaces(self, windows):
        full = windows - self.centre
        return {"full": full, "content": full[:, :4], "style": full[:, 4:]}

    def reconstruct(self, full):
        return full + self.centre


class Plain:
    """Two principal components, and no decoder."""

    name = "Plain"

    def __init__(self, prepared, seed):
        self.components = fit_components(prepared, 2)

    def spaces(self, windows):
        return self.components.spaces(windows)

    def reconstruct(self, full):
        return None


def made_up(n_trials=24, **changes):
    """Four neurons that follow the direction alone, and two that follow time alone."""
    rng = np.random.default_rng(0)
    trial = np.repeat(np.arange(n_trials), N_TIMES)
    condition, time = trial % N_CONDITIONS, np.tile(np.arange(N_TIMES), n_trials)
    angle = 2 * np.pi * condition / N_CONDITIONS
    columns = [np.cos(angle), np.sin(angle), -np.cos(angle), -np.sin(angle), time - 1.5, 1.5 - time]
    values = 10 + 5 * np.stack(columns, axis=1) + rng.normal(size=(len(trial), 6))
    labels = {"condition": condition, "n_conditions": N_CONDITIONS, "time": time}
    return Trials(values.astype(np.float32), "spikes/s", 0.1, trial, **{**labels, "source": "made up", **changes})


def split(trials):
    return PreparedTrials(trials, np.arange(18, 24), n_times=N_TIMES)


def configured(**evaluation):
    quick = {"folds": 3, "compare": ["plain"], "n_resamples": 200, "processes": 1}
    section = EvaluationSection.model_validate({**quick, **evaluation})
    return SimpleNamespace(training=TrainingSection(epochs=1), evaluation=section, report=ReportSection(dpi=50))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    template = tmp_path_factory.mktemp("methods") / "drawn.j2"
    template.write_text("{{ name }} was drawn from a hat.", encoding="utf-8")
    return Paragraph(template, {"name": "It"})


@pytest.fixture(scope="module")
def evaluate(drawn, cache):
    """Return what is found, and how often each method was trained."""

    def run(prepared, config=None, **changes):
        trained = {"halves": 0, "plain": 0}

        def counting(key, fit):
            def run(prepared, seed):
                trained[key] += 1
                return fit(prepared, seed)

            return run

        fits = {"halves": ("Halves", counting("halves", Halves)), "plain": ("Plain", counting("plain", Plain))}
        given = {"fits": fits, "method": "halves", "training": drawn, "cache_directory": cache, **changes}
        return evaluate_trials(config or configured(), prepared, Halves(prepared, 0), **given), trained

    return run


@pytest.fixture(scope="module")
def once(evaluate):
    return evaluate(split(made_up()))


def test_content_and_style_that_part_direction_and_time(once):
    found, trained = once
    direction, time = found.metrics["decoding"]["direction"], found.metrics["decoding"]["time"]
    assert direction["halves/full"]["n_bins"] == 24 * N_TIMES  # every trial is tested once
    assert direction["halves/content"]["accuracy"]["value"] == 1.0
    assert time["halves/style"]["accuracy"]["value"] > 0.9
    assert direction["halves/style"]["accuracy"]["value"] < 0.45 > time["halves/content"]["accuracy"]["value"]
    assert direction["chance"] == time["chance"] == 0.25
    told = " ".join(map(str, found.summary))
    assert re.search(r'"Style carries time, content does not" holds: time is decoded with \d+ %', told)
    assert "3-fold cross-validation, one network per fold: 96 bins of 24 trials tested." in told
    assert trained == {"halves": 3, "plain": 4}  # Plain on the split of the run too; Halves is there


def test_what_was_trained_is_not_trained_again(evaluate, once):
    prepared = split(made_up())
    again, trained = evaluate(prepared)
    assert trained == {"halves": 0, "plain": 0}
    assert again.metrics == once[0].metrics
    _, trained = evaluate(prepared, configured(n_seeds=2))  # two seeds more, the folds as they were
    assert trained == {"halves": 2, "plain": 0}


def test_an_exact_copy_has_no_error_and_yet_copies_noise(once):
    found = once[0].metrics["reconstruction"]
    assert found["halves"]["rmse"][0] == pytest.approx(0.0, abs=1e-5)
    assert found["average"]["rmse_other_trials"][0] < found["halves"]["rmse_other_trials"][0]
    assert "plain" not in found  # it has no decoder
    assert len(found["average"]["by_direction"]) == N_CONDITIONS


def test_swapping_style_keeps_the_direction_of_the_content(once):
    found = once[0].metrics["generation"]
    assert found["n_training_bins"] == 18 * N_TIMES
    assert found["alone"]["value"] == 1.0
    assert {key for key in found if isinstance(found[key], dict)} == {
        "alone", "swapped", "reconstructed", "poisson", "resampled",
    }  # fmt: skip
    assert [one["accuracy"]["value"] for one in found["swapped"].values()] == [1.0, 1.0, 1.0]
    assert list(found["swapped"]) == ["0.5", "1", "2"]


def test_disentanglement_is_scored_for_every_representation(once):
    found = once[0].metrics["disentanglement"]
    assert list(found) == ["Halves", "Plain", "PCA (4)", "raw activity"]
    for reading in found["Halves"]:  # each dimension follows one label alone
        assert found["Halves"][reading] == pytest.approx(found["raw activity"][reading])  # the same but for an offset
    assert found["Halves"]["sum"]["p"] < 0.05


def test_too_few_trials_for_the_folds(evaluate, caplog):
    found, _ = evaluate(split(made_up()), configured(folds=13, compare=[]))
    assert found.metrics["decoding"]["folds"] == 0
    assert "24 trials are too few for 13 folds: the run's own split is tested" in caplog.text


def test_the_split_of_the_run_alone(evaluate):
    found, trained = evaluate(split(made_up()), configured(folds=0, compare=[]))
    assert found.metrics["decoding"]["time"]["raw/full"]["n_trials"] == 6
    assert trained == {"halves": 0, "plain": 0}
    assert "One network on one split" in " ".join(map(str, found.summary))


def test_weights_that_held_out_trials_chose_are_told(evaluate):
    for weights in ("last", "best"):
        found, _ = evaluate(split(made_up()), configured(folds=0, compare=[], weights=weights))
        certainty = " ".join(found.blocks[-1].paragraphs)
        assert ("those with the lowest loss in the held-out trials" in certainty) == (weights == "best")


def test_noise_did_not_work(evaluate):
    trials = made_up()
    noise = np.random.default_rng(0).normal(10, 1, trials.values.shape).astype(np.float32)
    found, _ = evaluate(split(replace(trials, values=noise)), configured(folds=0, compare=[]))
    assert str(found.summary[1]).startswith("No. Decoded from Halves")


def test_trials_too_few_to_decode_are_not_said_to_have_no_labels(evaluate):
    prepared = PreparedTrials(made_up(n_trials=4), np.array([3]), n_times=N_TIMES)
    found, _ = evaluate(prepared, configured(folds=0, compare=[]))
    told = str(found.summary[1])
    assert told.startswith("Cannot be told. Not decoded: direction: decoding of direction: got 3 training trials")


def test_a_single_held_out_trial_and_no_time(evaluate):
    prepared = PreparedTrials(made_up(time=None), np.array([23]), n_times=N_TIMES)
    found, _ = evaluate(prepared, configured(folds=0, compare=[]))
    told = str(found.summary[2])
    assert re.match(
        r'"Content carries direction, style does not" .* from content, .* from style \(chance 100 %\)', told
    )


def test_trials_are_not_counted_by_places_that_they_pass(evaluate, once):
    def tables(found):
        return [caption for caption, _ in found.blocks[0].tables]

    found, _ = evaluate(split(made_up(condition=made_up().time)), configured(folds=0, compare=[]))
    assert "Trials by direction." in tables(once[0])
    assert "Trials by direction." not in tables(found)


@pytest.mark.parametrize(
    ("missing", "left"), [("condition", {"time"}), ("time", {"direction"}), (("condition", "time"), set())]
)
def test_labels_that_are_not_there_are_left_out_and_told(evaluate, missing, left):
    names = (missing,) if isinstance(missing, str) else missing
    found, _ = evaluate(split(made_up(**dict.fromkeys(names))), configured(folds=0, compare=[]))
    assert found.metrics["decoding"].keys() & {"direction", "time"} == left
    inputs = " ".join(found.blocks[0].paragraphs)
    assert inputs.count("what needs it is left out of this report") == len(names)
    titles = {block.title for block in found.blocks}
    assert {sentence.section for sentence in found.summary} <= titles
    assert (TITLES["decoding"] in titles) == bool(left)
    assert "parts nothing" not in str(found.summary[2])  # it does


def test_two_days_without_labels_are_told_by_what_is_decoded_across_them(evaluate):
    trials = made_up()
    data = made_up(
        condition=None, time=None, day=trials.trial // 4 % 2, targets=trials.values[:, :2], target_names=("a", "b")
    )
    found, _ = evaluate(split(data), configured(folds=0, compare=[]))
    _, worked, told, more, _ = map(str, found.summary)
    assert worked.startswith("Signals of day 0 are decoded with R² 1.00")
    assert re.match("A decoder of day 0 that sees the content of Halves reads 2 signals of day 1 with R² [01].", told)
    assert re.match("(Yes|No). With moments matched, decoding of day 1 is ", more)
    assert "across_days" in found.metrics
    assert {sentence.section for sentence in found.summary} <= {block.title for block in found.blocks}


def test_blocks_are_short_and_the_first_screen_leads_to_them(once):
    found, _ = once
    for block in found.blocks:
        assert len(" ".join(block.paragraphs).split()) < 120, block.title
    assert len(found.summary) == 5
    assert {sentence.section for sentence in found.summary} <= {block.title for block in found.blocks}
    assert found.arrays["spaces/full"].shape == (24, 6)
    np.testing.assert_array_equal(found.arrays["bins/trial"], np.repeat(np.arange(18, 24), N_TIMES))
    assert {"liu2021", "pedregosa2011", "vandermaaten2008"} <= {one.key for one in found.references}


def test_what_only_the_system_has_stands_beside_what_all_have(evaluate, drawn):
    own = Evaluation(("One of its own.",), (Block("Its own"),), metrics={"own": 1.0}, arrays={"own/map": np.ones(2)})
    found, _ = evaluate(split(made_up()), own=own, own_methods=(drawn,))
    titles = [block.title for block in found.blocks]
    assert titles.index(TITLES["reconstruction"]) < titles.index("Its own") < titles.index(TITLES["certainty"])
    assert (found.summary[-1], found.metrics["own"]) == ("One of its own.", 1.0)
    assert "own/map" in found.arrays
    assert found.methods.count("It was drawn from a hat.") == 2


def test_a_method_that_is_not_there_is_told(evaluate):
    with pytest.raises(
        ConfigurationError, match=r"evaluation\.compare: got plane, expected methods among halves, plain"
    ):
        evaluate(split(made_up()), configured(compare=["plane"]))
