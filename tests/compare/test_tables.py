import math

import pytest
from compare_fakes import write_run

from cyclegan_neuro.compare.checks import warnings_of
from cyclegan_neuro.compare.grouping import group
from cyclegan_neuro.compare.measured import Measured, tasks
from cyclegan_neuro.compare.runs import MissingRun, find_runs
from cyclegan_neuro.compare.scores import score_groups
from cyclegan_neuro.compare.statistics import Spread
from cyclegan_neuro.compare.tables import (
    configuration_table,
    every_number,
    mean_sd,
    missing_table,
    paired_table,
    score_table,
)


def signals_of(*folders, **how):
    """The group of signals, its scores measured, and the grouping."""
    grouping = group(find_runs(folders), **how)
    signals = score_groups([run.metrics for run in grouping.runs])[0]
    return signals, [Measured(score, grouping) for score in signals.scores], grouping


def test_the_table_has_the_shape_of_the_papers(runs):
    signals, measured, grouping = signals_of(runs)
    table = score_table(signals, measured, grouping)
    assert table.columns == ("", "|X − F(Y)|", "|Y − G(X)|", "runs")
    assert table.rows == (
        ("gan", "0.400\u00a0±\u00a00.10", "0.400\u00a0±\u00a00.10", 3),
        ("lsgan", "0.380\u00a0±\u00a00.090", "0.380\u00a0±\u00a00.090", 3),
        ("identity (does nothing)", "0.600", "0.600", None),
        ("Gaussian OT", "0.400", "0.400", None),
        ("best possible", "0.100", "0.100", None),
    )
    assert table.marked == {(1, 1), (1, 2)}
    assert table.ruled == 2


def test_animals_have_tables_of_their_own_and_rivals_count_each_test_once(tmp_path):
    folders = [
        write_run(
            tmp_path / f"{objective}-{mouse}-{seed}", g_x=error * scale, identity=0.6 * scale, inputs=mouse,
            settings={"objective.name": objective, "data.simulation.preset": mouse, "training.seed": seed},
        )
        for objective, error in (("gan", 0.3), ("lsgan", 0.2)) for mouse, scale in (("mouse_1", 1.0), ("mouse_2", 2.0))
        for seed in (1, 2)
    ]  # fmt: skip
    signals, measured, grouping = signals_of(*folders)
    second = score_table(signals, measured, grouping, animal="mouse_2")
    assert [row[2] for row in second.rows[:3]] == ["0.600", "0.400", "1.20"]
    assert second.slug == "signals_mouse_2"
    whole = score_table(signals, measured, grouping)
    # identity: 0.6, 0.6, 1.2, 1.2, each of the four tests once though two configurations met it
    assert whole.rows[2][2] == mean_sd(Spread(0.9, math.sqrt(0.12), 4)) == "0.900\u00a0±\u00a00.35"
    assert warnings_of(grouping) == ()


def test_configurations_that_met_other_tests_have_rivals_of_their_own(tmp_path):
    folders = [
        write_run(tmp_path / kind, g_x=0.3, identity=identity, inputs=kind, settings={"data.simulation.kind": kind})
        for kind, identity in (("gain", 0.6), ("timing", 0.9), ("tuning", 0.9))
    ]
    signals, measured, grouping = signals_of(*folders)
    assert [[one.label for one in part] for part in tasks(measured, grouping.configurations)] == [
        ["gain"], ["timing", "tuning"],
    ]  # fmt: skip
    rows = {row[0]: row[2] for row in score_table(signals, measured, grouping).rows}
    assert rows["identity (does nothing), tests of gain"] == "0.600"
    assert rows["identity (does nothing), tests of timing and 1 other"] == "0.900"
    assert any("different inputs" in warning for warning in warnings_of(grouping))


def test_doing_nothing_is_not_the_best_of_a_cycle(tmp_path):
    cycle = {"identity": {"mean": 1e-9}, "model": {"mean": 0.0}}
    for objective, error in (("none", 0.0), ("gan", 0.2), ("lsgan", 0.1)):
        metrics = {"signals": {"cycle_x": cycle | {"model": {"mean": error}}}}
        write_run(tmp_path / objective, g_x=0.3, settings={"objective.name": objective}, metrics=metrics)
    signals, measured, grouping = signals_of(tmp_path)
    table = score_table(signals, measured, grouping)
    assert [table.rows[row][0] for row, _ in table.marked] == ["lsgan"]


def test_paired_differences_against_the_best_by_hand(runs):
    _, measured, grouping = signals_of(runs)
    table = paired_table("paired", [("Signals", measured[1])], grouping, reference=None)
    (row,) = table.rows
    # 0.01, 0.02, 0.03: mean 0.02, half 4.302653 · 0.01 / √3
    assert row[:4] == ("Signals", "|Y − G(X)|", "gan", "lsgan")
    assert row[4] == pytest.approx(0.02)
    assert row[5] == "[-0.00484,\u00a00.0448]"
    assert row[6] == pytest.approx(0.074180, abs=1e-6)
    assert row[7:] == (3, "0 of 3", "3 pairs")
    reference = grouping.configurations[0]
    (row,) = paired_table("paired", [("Signals", measured[1])], grouping, reference=reference).rows
    assert (row[2], row[3], row[8]) == ("lsgan", "gan", "3 of 3")


def test_p_is_corrected_for_the_configurations_of_a_score(tmp_path):
    folders = [
        write_run(tmp_path / f"{objective}{seed}", g_x=error + 0.1 * seed + 0.01 * seed * (objective != "a"),
                  settings={"objective.name": objective, "training.seed": seed})
        for objective, error in (("a", 0.1), ("b", 0.2), ("c", 0.2)) for seed in (1, 2, 3)
    ]  # fmt: skip
    _, measured, grouping = signals_of(*folders)
    alone = measured[1].paired(grouping.configurations[1], grouping.configurations[0]).p
    rows = paired_table("paired", [("", measured[1])], grouping, reference=None).rows
    assert [row[6] for row in rows] == pytest.approx([2 * alone, 2 * alone])


def test_every_number_is_one_line(runs):
    signals, measured, grouping = signals_of(runs)
    table = every_number([(signals, measured)], grouping)
    line = next(row for row in table.rows if row[1] == "|Y − G(X)|" and row[4] == "lsgan")
    assert line[3:7] == ("all", "lsgan", "configuration", 3)
    assert line[7:9] == pytest.approx((0.38, 0.09))
    assert line[9] == "best"
    assert sum(row[9] == "best" for row in table.rows) == 2


def test_what_configurations_took(runs):
    _, _, grouping = signals_of(runs)
    assert configuration_table(grouping).rows[0] == ("gan", "gan", 3, 1, "60.0", "20.0")


def test_missing_cells_show_the_end_of_their_log():
    table = missing_table([MissingRun("a-1", "failed", {"objective.name": "gan"}, 2, "Traceback\nout of memory")])
    assert table.rows == (("a-1", "failed", "objective.name=gan", 2, "Traceback\nout of memory"),)


@pytest.mark.parametrize(
    ("spread", "text"),
    [
        (Spread(0.15083, 0.0089, 3), "0.1508\u00a0±\u00a00.0089"),
        (Spread(0.15083, 0.00021, 3), "0.1508\u00a0±\u00a00.00021"),
        (Spread(0.5, math.nan, 1), "0.500"), (Spread(0.5, 0.0, 3), "0.500"), (Spread(1e-9, 1e-10, 3), "0"),
        (Spread(math.nan, math.nan, 0), None), (Spread(-0.5, 0.1, 2), "-0.500\u00a0±\u00a00.10"),
    ],
)  # fmt: skip
def test_means_have_the_digits_that_mean_something(spread, text):
    assert mean_sd(spread) == text
