"""The whole way: days, a generator, spikes, statistics, report; and what stands there where spikes cannot be had."""

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.cli.evaluate import main
from cyclegan_neuro.configuration.loading import dump_config
from cyclegan_neuro.evaluation.contents import significant
from cyclegan_neuro.evaluation.days.measurements import measure
from cyclegan_neuro.evaluation.days.methods import methods_of_days
from cyclegan_neuro.evaluation.days.spiking import statistics
from cyclegan_neuro.evaluation.days.spiking.measure import measure_spikes
from cyclegan_neuro.evaluation.days.story.spikes import spikes_block, spikes_sentence
from cyclegan_neuro.figures.drawing import png_bytes
from cyclegan_neuro.recordings.checks.indicator import NETWORKS_ARE_FOR
from cyclegan_neuro.report.tables import format_cell, json_ready
from cyclegan_neuro.spikes.comparison import DESCRIPTIONS, compare_firing_rates
from cyclegan_neuro.spikes.divergence import kl_ceiling, wasserstein
from cyclegan_neuro.systems import base
from cyclegan_neuro.systems.cyclegan import SYSTEM
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.training.checkpoint_file import Checkpoint, Manifest

STATISTICS = {"firing_rate", "correlation", "van_rossum", "van_rossum_pairs"}
DIRECT, CYCLES = ("x_from_y", "y_from_x"), ("x_cycle", "y_cycle")
ALONE = ("moment_matching", "quantile_matching", "gaussian_ot", "lagged_ot")
IN_WINDOW = ("window_shift", "window_moments", "window_moments_ot")  # where y is Φ(X)
OF_MODEL = ["x", "y", "model_f_y", "model_f_g_x", "model_g_x", "model_g_f_y"]
FIGURES = ["spike_inference", "spikes_firing_rate", "spikes_correlation", "spikes_van_rossum"]


def config(**spikes):
    evaluation = {
        "spikes": {"processes": 1, "van_rossum": "fast"} | spikes,
        "interpretation": {"enabled": False},  # the trainers here stand in for a CycleGAN
    }
    return Config(evaluation=evaluation, report={"dpi": 50})


def strict(metrics):
    """Metrics as a program reads them from metrics.json."""
    return json.loads(json.dumps(json_ready(metrics), allow_nan=False))


def block_of(evaluation):
    (block,) = (block for block in evaluation.blocks if block.title == "Spikes")
    return block


def text_of(block):
    rows = [format_cell(cell) for _, table in block.tables for row in (table.columns, *table.rows) for cell in row]
    captions = [caption for caption, _ in block.tables] + [picture.caption for picture in block.pictures]
    return " ".join([*block.paragraphs, *block.how, *captions, *rows])


def told(found):
    """The block of the report."""
    return spikes_block(found.recorder.prepared, found)


def drawn(block):
    for picture in block.pictures:
        picture.figure.set_dpi(30)
        assert png_bytes(picture.figure).startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def kept():
    """What a generator that does nothing was measured to do, by the description of the days."""
    return {}


@pytest.fixture
def measured(make_days, make_trainer, make_recorder, model_of, stand_in_networks, kept):
    """Return a function that measures the spikes of two days without telling or drawing anything."""

    def measured(trainer=None, *, section=None, prepared=None, **days):
        if not (trainer or section or prepared):
            if repr(days) not in kept:
                kept[repr(days)] = run(None, section=None, prepared=make_days(**days))
            return kept[repr(days)]
        return run(trainer, section=section, prepared=prepared or make_days(**days))

    def run(trainer, *, section, prepared):
        recorder = make_recorder(prepared, **section or {})
        model = model_of(trainer or make_trainer(), prepared)
        found = measure(config().evaluation, prepared, model, recorder=recorder)
        return measure_spikes(recorder, found.spikes, model="CycleGAN")

    return measured


def test_a_generator_that_does_nothing_has_the_spikes_of_the_recording(measured, make_days, stand_in_networks):
    found = measured(prepared=make_days())
    recorded, model = found.signals["recorded"], found.signals["model"]
    for field, signal in model.items():
        np.testing.assert_array_equal(signal.counts.counts, recorded[field[-1]].counts.counts)
    for name in STATISTICS:
        for pair in DIRECT:
            entry = found.pairs[pair]
            assert entry["model"].comparisons[name].to_json() == entry["identity"].comparisons[name].to_json()
        for pair in CYCLES if name != "van_rossum" else ():
            assert not found.pairs[pair]["model"].comparisons[name].wasserstein.any()
    assert stand_in_networks.windows == []
    # both days with their floors; F(y) is G(F(y)), G(x) is F(G(x)); two signals of each alignment
    assert len(stand_in_networks.frames) == 2 + 2 + 4 * 2


def test_generated_spikes_are_those_of_what_the_generator_gave(measured, make_trainer):
    """G doubles ΔF/F, F leaves it: what G made has twice the spikes."""
    found = measured(make_trainer(g=lambda windows, training: windows * 2))
    rate = {name: signal.counts.counts.mean() for name, signal in found.signals["model"].items()}
    x, y = (found.signals["recorded"][day].counts.counts.mean() for day in "xy")
    assert rate["g_x"] > 1.9 * x
    assert rate["f_g_x"] == rate["g_x"]
    assert rate["f_y"] == y
    assert rate["g_f_y"] > 1.9 * y
    assert (found.pairs["y_cycle"]["model"].comparisons["firing_rate"].wasserstein > 0).all()


@pytest.mark.parametrize("days", [{}, {"phi": True}, {"truth": False}], ids=["simulated", "phi", "recorded"])
def test_metrics_hold_every_statistic_and_no_nan(make_days, make_trainer, stand_in_networks, days):
    evaluation = SYSTEM.evaluate(config(max_windows=5), make_days(**days), make_trainer())
    metrics = strict(evaluation.metrics)
    alignments = (*ALONE, *(IN_WINDOW if "phi" in days else ()))
    assert metrics["spikes"].keys() == STATISTICS
    for statistic, by_pair in metrics["spikes"].items():
        assert by_pair.keys() == {*DIRECT, *CYCLES}
        for pair, entry in by_pair.items():
            others = {"identity", *alignments} if pair in DIRECT else set()
            assert entry.keys() == {"model", "noise_floor"} | others
            floor = entry.pop("noise_floor")
            for summary in (floor["kl"], floor["wasserstein"]):
                low, high = summary["interval95"]
                assert low <= summary["mean"] <= high
                assert summary["n"] == len(metrics["inference"]["floor_windows"][pair[0]]) >= 2
            for row in entry.values():
                assert row.keys() == {"kl", "wasserstein"}
                for summary in row.values():
                    assert summary.keys() == {"mean", "std", "n", "ci95"}
                    low, high = summary["ci95"]
                    assert low <= summary["mean"] <= high
                    assert summary["n"] == (5 if statistic in ("correlation", "van_rossum_pairs") else 6)
    inference = metrics["inference"]
    assert inference["windows"] == {"x": 5, "y": 5}
    assert all(sizes == [5, 5] for day in "xy" for sizes in inference["floor_windows"][day])
    assert inference["masked_frames_per_window"] == (20 if "phi" in days else 0)
    assert inference["compared_frames_per_window"] == (108 if "phi" in days else 128)
    for name in ("noise_level", "mean_rate_hz", "silent_neurons", "neurons_noisier_than_networks"):
        assert list(inference[name]) == [*OF_MODEL, *(f"{a}_{signal}" for a in alignments for signal in ("f_y", "g_x"))]
    assert ("accuracy" in inference) == ("true_spikes" in inference) == (not days)
    if not days:
        assert inference["accuracy"].keys() == {"x", "y"}
        assert inference["true_spikes"].keys() == STATISTICS
        assert inference["true_spikes"]["firing_rate"]["x_from_y"].keys() == {"identity", "noise_floor"}
    assert "nan" not in text_of(block_of(evaluation))
    assert [picture.slug for picture in block_of(evaluation).pictures] == FIGURES
    assert "the noise floor of" in block_of(evaluation).paragraphs[0]
    assert sum(len(text.split()) for text in block_of(evaluation).paragraphs) < 120


def test_true_spikes_are_compared_as_inferred_ones_are(measured):
    found = measured()
    x, y = (found.true.counts[day].counts.mean(axis=(0, 1)) * 24 for day in "xy")
    rates = found.true.pairs["x_from_y"].comparisons["firing_rate"]
    assert (rates.wasserstein >= np.abs(x - y) - 1e-9).all()
    assert found.true.accuracy["x"].by_sigma[0.2]["correlation"] > 0.5
    assert {pair for pair in found.true.pairs} == set(DIRECT)


def test_phi_uses_no_truth(measured):
    assert measured(phi=True).true is None


def test_silent_neurons_are_counted_listed_and_left_out(measured):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = measured(silent=(1, 4), y={"silent": (4,)})
        text = text_of(told(found))
    metrics = strict(found.to_json())
    silent = metrics["inference"]["silent_neurons"]
    assert (silent["x"], silent["y"]) == ([1, 4], [4])
    assert (silent["model_f_y"], silent["model_g_x"]) == ([4], [1, 4])
    for statistic in ("firing_rate", "van_rossum"):
        entry = metrics["spikes"][statistic]
        assert entry["x_from_y"]["model"]["kl"]["n"] == 4
        assert found.floors["x"][statistic].comparisons[0].to_json()["kl"]["n"] == 4
        assert entry["y_from_x"]["model"]["kl"]["n"] == 5
    assert metrics["inference"]["accuracy"]["x"]["n_neurons"] == 4
    assert "2 neurons of X, 1 neuron of Y" in text
    assert "nan" not in text


@pytest.mark.parametrize("days", [{"silent": range(6)}, {"y": {"silent": range(6)}}, {"silent": range(5)}])
def test_a_day_without_a_spike_is_no_error(measured, days):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = measured(**days)
        block = told(found)
        if days == {"silent": range(6)}:
            drawn(block)
    metrics = strict(found.to_json())
    if days == {"silent": range(6)}:
        nothing = {"mean": None, "std": None, "n": 0, "ci95": None}
        for statistic in STATISTICS:
            assert metrics["spikes"][statistic]["x_from_y"]["model"]["kl"] == nothing
        assert metrics["inference"]["mean_rate_hz"]["x"] == 0
    text = text_of(block)
    assert "nan" not in text
    assert not re.search(r"(better|worse) than identity[^;]*–|– \([^;]*(better|worse) than identity", text)


@pytest.mark.parametrize("n_neurons", [1, 2, 3, 5])
def test_figures_show_up_to_three_neurons_and_none_twice(measured, n_neurons):
    found = measured(n_neurons=n_neurons)
    assert len(set(found.neurons)) == len(found.neurons) == min(3, n_neurons)
    active = found.signals["recorded"]["x"].counts.counts.sum(axis=(0, 1))[found.neurons]
    assert (np.diff(active.astype(int)) <= 0).all()


@pytest.mark.parametrize("n_neurons", [1, 2])
def test_few_neurons_are_no_error(measured, n_neurons):
    found = measured(n_neurons=n_neurons)
    metrics = strict(found.to_json())
    assert metrics["spikes"]["firing_rate"]["x_from_y"]["model"]["kl"]["n"] == n_neurons
    assert (metrics["spikes"]["correlation"]["x_from_y"]["model"]["kl"]["n"] == 0) == (n_neurons == 1)
    assert [picture.slug for picture in told(found).pictures] == FIGURES


def test_days_with_unequal_numbers_of_windows(measured, make_days):
    prepared = make_days()
    fewer = replace(prepared.y, starts=replace(prepared.y.starts, test=prepared.y.starts.test[[0, 2, 4, 6, 7]]))
    found = measured(prepared=replace(prepared, y=fewer))
    metrics = strict(found.to_json())
    assert metrics["inference"]["windows"] == {"x": 8, "y": 5}
    assert metrics["spikes"]["correlation"]["x_from_y"]["model"]["kl"]["n"] == 5
    assert found.pairs["x_from_y"]["model"].heat_maps.shape == (3, 8, 5)
    assert "8 windows of X and 5 of Y are compared" in text_of(told(found))


def test_a_second_evaluation_computes_nothing(make_days, make_trainer, stand_in_networks, tmp_path, monkeypatch):
    prepared, trainer = make_days(), make_trainer(g=lambda windows, training: windows * 1.5)
    first = SYSTEM.evaluate(config(), prepared, trainer, cache_directory=tmp_path)

    def refuse(*args, **kwargs):
        raise AssertionError("computed again")

    stand_in_networks.windows.clear(), stand_in_networks.frames.clear()
    for name in ("compare_windows", "compare_neurons", "pair_distances"):
        monkeypatch.setattr(statistics, name, refuse)
    second = SYSTEM.evaluate(config(), prepared, trainer, cache_directory=tmp_path)
    assert stand_in_networks.windows == stand_in_networks.frames == []
    assert strict(second.metrics) == strict(first.metrics)
    assert second.summary == first.summary
    assert text_of(block_of(second)) == text_of(block_of(first))


def test_another_generator_infers_its_own_days_alone(measured, make_trainer, stand_in_networks, tmp_path):
    measured(section={"cache": tmp_path})
    stand_in_networks.frames.clear()
    measured(make_trainer(g=lambda windows, training: windows * 1.5), section={"cache": tmp_path})
    assert len(stand_in_networks.frames) == 2  # G(x), equal to F(G(x)), and G(F(y)); F(y) is known from before


@pytest.fixture
def drifting(measured, make_days, kept):
    """Return a function that measures drifting days, once for each way to split them, and returns days and spikes."""

    def drifting(split):
        if split not in kept:
            prepared = drifting_days(make_days, split=split)
            kept[split] = prepared, measured(prepared=prepared)
        return kept[split]

    return drifting


def drifting_days(make_days, **days):
    """Days whose rates wander over minutes: neighbouring windows are alike, distant ones are not."""
    prepared = make_days(n_test=40, window_frames=64, **days)
    for name, seed in (("x", 11), ("y", 12)):
        recording = prepared[name].recording
        walk = np.random.default_rng(seed).normal(0, 1, recording.dff.shape).cumsum(axis=0)
        recording.dff[:] = np.abs(walk / walk.std(axis=0)) * 0.4 + 0.1
    return prepared


@pytest.mark.parametrize("split", ["blocked", "paper"])
def test_the_floor_of_a_drifting_day_is_that_of_disjoint_stretches(drifting, split):
    """Halves of overlapping windows, dealt out at random, share nearly all frames and look alike; stretches do not."""
    prepared, found = drifting(split)
    for day in "xy":
        pairs = found.recorder.parts[day]
        rate_hz = found.signals["recorded"][day].network_levels * 1.0 + 10  # of the stand-in, per unit of ΔF/F
        by_hand = []
        for first, second in pairs:
            frames = [starts[:, None] + np.arange(64) for starts in (first, second)]
            assert not np.intersect1d(*frames).size
            assert len(first) == len(second) == len(found.recorder.starts[day])
            dff = prepared[day].recording.dff
            rates = [dff[of].mean(axis=1) * rate_hz for of in frames]
            by_hand.append(np.mean([wasserstein(*of_neuron) for of_neuron in zip(*(r.T for r in rates), strict=True)]))
        entry = found.floors[day]["firing_rate"].to_json()
        assert entry["wasserstein"]["mean"] == pytest.approx(np.mean(by_hand), rel=0.05)
        assert entry["wasserstein"]["std"] == pytest.approx(np.std(by_hand), rel=0.2, abs=0.02)
        order = np.random.default_rng(0).permutation(len(found.rates[day]))
        halves = compare_firing_rates(*(found.rates[day][half] for half in np.array_split(order, 2)))
        assert entry["kl"]["mean"] > 2 * halves.kl.mean()
        for statistic in ("correlation", "van_rossum", "van_rossum_pairs"):
            assert len(found.floors[day][statistic].comparisons) == len(pairs)


def test_verdicts_follow_the_floor(drifting):
    _, found = drifting("blocked")
    (table,) = (table for _, table in told(found).tables if table.slug == "spikes_floor")
    assert table.columns[1:3] == ("Firing rate, Y | G(X)", "Firing rate, X | F(Y)")
    names = ("model", "identity", "moment_matching", "quantile_matching", "gaussian_ot", "lagged_ot")
    for name, row in zip(names, table.rows, strict=True):
        value = found.pairs["y_from_x"][name].comparisons["firing_rate"].kl.mean()
        lowest, highest = found.floors["y"]["firing_rate"].interval_kl
        assert row[1] == ("below" if value < lowest else "at" if value <= highest else "above")
    sentence = spikes_sentence(found)
    floor = significant(found.floors["y"]["firing_rate"].mean_kl, digits=2)
    value = significant(found.pairs["y_from_x"]["model"].comparisons["firing_rate"].kl.mean(), digits=2)
    assert f"firing rate {value}, {table.rows[0][1]} the noise floor of {floor} [" in sentence


def test_the_report_says_what_cannot_appear_and_which_indicator_the_networks_are_for(measured, make_days):
    prepared, found = make_days(), measured()
    text = text_of(told(found))
    ceiling = np.mean([kl_ceiling(r, 8) for r in found.rates["x"].T])
    assert f"would have {significant(ceiling, digits=2)} (X)" in text
    assert NETWORKS_ARE_FOR in text
    assert "the recordings do not name theirs (data.x.indicator, data.y.indicator)" in text
    day = replace(prepared.y, recording=replace(prepared.y.recording, indicator="GCaMP8m"))
    assert "Y is of GCaMP8m." in text_of(told(measured(prepared=replace(prepared, y=day))))


def test_tables_say_what_they_compare(measured):
    found = measured()
    tables = {table.slug: (caption, table) for caption, table in told(found).tables}
    for statistic in STATISTICS:
        caption, table = tables[f"spikes_{statistic}_kl"]
        assert DESCRIPTIONS[statistic] in caption
        assert table.columns == ("", "X | F(Y)", "X | F(G(X))", "Y | G(X)", "Y | G(F(Y))")
        assert [row[0] for row in table.rows] == [
            "CycleGAN", "identity (does nothing)", "moment matching", "quantile matching", "Gaussian OT",
            "Gaussian OT over five lags", "noise floor (the recorded day against itself)",
        ]  # fmt: skip
        assert [cell is None for cell in table.rows[1][1:]] == [False, True, False, True]
        assert all("±" in cell and "[" in cell for cell in table.rows[0][1:])
    assert "(Hz)" in tables["spikes_firing_rate_wasserstein"][0]
    number = found.to_json()["spikes"]["firing_rate"]["x_from_y"]["model"]["kl"]["mean"]
    assert tables["spikes_firing_rate_kl"][1].rows[0][1].startswith(f"{number:.3g}"[:4])


@pytest.mark.parametrize(
    ("van_rossum", "computed"),
    [
        ("fast", "computed from counts of spikes per frame, which agrees"),
        ("elephant", "(of cycles, alignments"),
    ],
)
def test_methods_say_how_spikes_were_inferred_and_compared(measured, van_rossum, computed):
    found = measured(section={"van_rossum": van_rossum, "seed": 3, "correlation_bin_s": 0.25})
    training = SYSTEM.training_paragraph(config(), found.recorder.prepared, updates=1)
    paragraphs, references = methods_of_days(config(), found.recorder.prepared, training, spikes=found)
    (paragraph,) = (p for p in paragraphs if p.startswith("Spike rates were inferred alike"))
    for wanted in (
        "told the frame rate, the noise level of each neuron and no indicator, trained on GCaMP6f",
        "overlap by half and fade into each other",
        "(seed 3)", "parts of the recorded day that share no frame (2 pairs of x, 2 of y, of 8 windows each)",
        "in bins of 0.25 s", "time constant 0.5 s) of 8 windows of x and 8 of y", computed,
    ):  # fmt: skip
        assert wanted in paragraph
    keys = {r.key for r in references}
    assert {"rupprecht2021", "denker2018", "vanrossum2001"} <= keys
    assert ("garcia2014" in keys) == (van_rossum == "elephant")
    used = re.search(r"Elephant \d+\.\d+\S*, Neo \d+\.\d+\S*\.$", paragraphs[-1])
    assert bool(used) == (van_rossum == "elephant")


REASONS = {
    "frame rate": ({"rate_hz": 2.5}, {}, "frame rate: got 2.5 Hz"),
    "short windows": (
        {"window_frames": 40, "phi": True},
        {},
        "Networks look at ΔF/F around each frame",
    ),
    "switched off": ({}, {"enabled": False}, "Spike inference is switched off"),
    "few windows": ({"n_test": 3}, {}, "There are fewer than four test windows."),
}


@pytest.mark.parametrize("case", REASONS)
def test_without_spikes_the_report_says_why_and_has_all_else(make_days, make_trainer, tmp_path, case):
    days, section, reason = REASONS[case]
    evaluation = SYSTEM.evaluate(config(**section), make_days(**days), make_trainer(), cache_directory=tmp_path)
    (sentence,) = block_of(evaluation).paragraphs
    assert sentence.startswith(f"Spikes were not inferred, so their statistics are not compared. {reason}")
    assert [block.title for block in evaluation.blocks][:2] == ["What went in", "Did the mapping work?"]
    assert {"cycle_x", "direct_y"} <= evaluation.metrics["signals"].keys()
    assert not {"spikes", "inference"} & evaluation.metrics.keys()
    assert not any("spike" in sentence.told for sentence in evaluation.summary)
    assert not list(tmp_path.iterdir())


def test_a_frame_rate_that_does_not_fit_costs_the_spikes_and_not_the_report(
    make_days, make_trainer, tmp_path, monkeypatch
):
    (tmp_path / "config.yaml").write_text(dump_config(config()), encoding="utf-8")
    run = SimpleNamespace(
        path=tmp_path, inputs_file="inputs", environment_file="environment", history_file=tmp_path / "history.csv",
        evaluation_cache=tmp_path / "evaluation_cache", tidy_for_evaluation=lambda: None,
        read_json={"inputs": {}, "environment": {"versions": {}}}.get,
    )  # fmt: skip
    status = SimpleNamespace(seconds_trained=1.0, windows_per_second=1.0, as_dict=dict)
    checkpoint = Checkpoint(Path("last-000000001.h5"), Manifest(epoch=1, step=1), {})
    found = SimpleNamespace(
        system=base.get("cyclegan"), config=config(), directory=run, status=status,
        prepared=make_days(rate_hz=2.5), trainer=make_trainer(),
        checkpoint=checkpoint,
    )  # fmt: skip
    monkeypatch.setattr("cyclegan_neuro.training.run.load_run", lambda *args, **kwargs: found)
    monkeypatch.setattr("cyclegan_neuro.cli.evaluate.prepare_console", lambda: None)
    assert main(["--output_dir", str(tmp_path)]) == 0
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert (
        "Spikes were not inferred, so their statistics are not compared. frame rate: got 2.5 Hz, expected 3 to" in page
    )
    assert "Did the mapping work?" in page
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert "spikes" not in metrics
