"""The whole way: from folders to the page, its files, and the command."""

import json
import subprocess
import sys

import numpy as np
import pytest
from compare_fakes import write_grid, write_run

from cyclegan_neuro.cli import compare as command
from cyclegan_neuro.compare.write import compare_runs, write_comparison
from cyclegan_neuro.errors import RunDirectoryError


def summary_of(comparison):
    return {sentence.asked: sentence.told for sentence in comparison.evaluation().summary}


def test_the_first_screen_answers(runs):
    told = summary_of(compare_runs([runs]))
    assert told["What was compared?"] == (
        "6 runs of cyclegan in 2 configurations (objective.name: gan, lsgan), averaged over training.seed (1, 2, 3). "
        "Spreads and intervals are those of another start, and say nothing of another animal."
    )
    assert told["Best |Y − G(X)|?"] == (
        "lsgan: 0.380\u00a0±\u00a00.090 (3 runs), then gan: 0.400\u00a0±\u00a00.10. Paired difference -0.0200 (5 %), "
        "better in 3 of 3; 95 % interval [-0.0448,\u00a00.00484] over 3 pairs, which includes 0: they cannot be told "
        "apart."
    )
    # |Y − G(X)| comes last: differences from Gaussian OT -0.11, -0.02, 0.07, mean -0.02, half 4.302653 · 0.09 / √3
    assert told["Better than simple?"] == (
        "|Y − G(X)|: not known (the interval includes 0): lsgan 0.380, the strongest rival, Gaussian OT, 0.400, "
        "difference -0.0200 [-0.244,\u00a00.204], identity (does nothing) 0.600, best possible 0.100."
    )
    assert told["Comparable?"].startswith("Yes:")


def test_a_difference_beyond_chance_is_said_and_a_small_one_is_called_small(tmp_path):
    for objective, error in (("gan", 0.2), ("lsgan", 0.201)):
        for seed in (1, 2, 3):
            settings = {"objective.name": objective, "training.seed": seed}
            write_run(tmp_path / f"{objective}-{seed}", g_x=error + 0.01 * seed + 1e-6 * seed**2, settings=settings)
    told = summary_of(compare_runs([tmp_path]))
    assert told["Best |Y − G(X)|?"].endswith("which excludes 0, but less than 1 % is little to choose by.")
    assert "yes: gan 0.220, the strongest rival, Gaussian OT, 0.400" in told["Better than simple?"]


def test_two_pairs_decide_nothing(runs):
    told = summary_of(compare_runs([runs / name for name in ("gan-1", "gan-2", "lsgan-1", "lsgan-2")]))
    assert "fewer than 3 pairs have no interval, and decide nothing" in told["Best |Y − G(X)|?"]


def test_configurations_that_share_no_seed_are_not_paired(tmp_path):
    write_run(tmp_path / "a", g_x=0.2)
    write_run(tmp_path / "b", g_x=0.3, settings={"objective.name": "lsgan", "training.seed": 2})
    comparison = compare_runs([tmp_path])
    assert "share no seed and animal" in summary_of(comparison)["Best |Y − G(X)|?"]
    assert "Paired differences" in [block.title for block in comparison.evaluation().blocks]


def test_a_best_mean_that_rests_on_easier_tests_is_told(tmp_path):
    for objective, seed, error in (("gan", 1, 0.5), ("gan", 2, 0.1), ("gan", 3, 0.1), ("lsgan", 1, 0.4)):
        settings = {"objective.name": objective, "training.seed": seed}
        write_run(tmp_path / f"{objective}-{seed}", g_x=error, settings=settings)
    told = summary_of(compare_runs([tmp_path]))["Best |Y − G(X)|?"]
    assert told.startswith("gan: 0.23")
    assert "better in 0 of 1 (on the tests that both have it is the worse one)" in told


def test_configurations_that_met_other_tests_are_not_ranked(tmp_path):
    for kind in ("gain", "timing"):
        for seed in (1, 2, 3):
            settings = {"data.simulation.kind": kind, "training.seed": seed}
            write_run(tmp_path / f"{kind}-{seed}", g_x=0.2 + 0.01 * seed, inputs=f"{kind}{seed}", settings=settings)
    comparison = compare_runs([tmp_path])
    told = summary_of(comparison)
    assert not any(asked.startswith("Best") for asked in told)
    assert told["Comparable?"].startswith("With care. Runs with the same seeds and animal had different inputs")
    assert "yes: gain 0.220" in told["Better than simple?"]
    assert "yes: timing 0.220" in told["Better than simple?"]
    tables = {table.slug: table for block in comparison.evaluation().blocks for _, table in block.tables}
    assert "paired_leading" not in tables
    assert tables["signals"].marked == frozenset()
    assert [row[:3] for row in tables["strongest_rivals"].rows[:2]] == [
        ("|X − F(Y)|", "gain", "Gaussian OT"), ("|X − F(Y)|", "timing", "Gaussian OT"),
    ]  # fmt: skip
    over = compare_runs([tmp_path], over=["data.simulation.kind", "training.seed"])
    assert len(over.grouping.configurations) == 1


def test_the_reference_is_what_the_best_is_compared_with(runs):
    settings = {"objective.name": "wgangp", "training.seed": 1}
    write_run(runs / "wgangp-1", g_x=0.25, settings=settings)
    told = summary_of(compare_runs([runs], reference=["objective.name=gan"]))
    assert "wgangp: 0.250 (1 run), then lsgan" in told["Best |Y − G(X)|?"]
    assert "Paired difference from gan -0.0500" in told["Best |Y − G(X)|?"]


def test_files_of_a_comparison(runs, tmp_path):
    cells = {"gan-1": ({"objective.name": "gan"}, "done", []), "lsgan-1": ({"objective.name": "lsgan"}, "done", []),
             "dragan-1": ({"objective.name": "dragan"}, "failed", ["<script>alert(1)</script>"])}  # fmt: skip
    write_grid(runs, cells)
    target = tmp_path / "report"
    index = write_comparison(compare_runs([runs]), target, command_line="compare runs", latex=True)
    names = {file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file()}
    assert names >= {
        "index.html", "comparison.json", "figures/scores.svg", "figures/learning_curves.png", "tables/signals.csv",
        "tables/signals.tex", "tables/missing.csv", "tables/every_number.csv", "tables/runs.csv",
    }  # fmt: skip
    page = index.read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>0.290</b>" in page
    assert '<tr class="ruled"><td>identity (does nothing)</td>' in page
    latex = (target / "tables" / "signals.tex").read_text(encoding="utf-8")
    assert r"\textbf{0.290}" in latex
    assert "\\midrule\nidentity (does nothing) &" in latex
    content = json.loads((target / "comparison.json").read_text())
    assert content["missing"][0]["name"] == "dragan-1"
    scores = {one["path"]: one for one in content["scores"]}
    assert scores["signals.direct_y.*.mean"]["best"] == "lsgan"
    assert "1 failed. Failed: dragan-1." in page
    assert scores["signals.direct_y.*.mean"]["runs"] == {"gan-1": 0.3, "lsgan-1": 0.29}


def test_an_older_comparison_is_replaced_and_nothing_else(runs, tmp_path):
    target = tmp_path / "report"
    comparison = compare_runs([runs])
    for _ in range(2):
        write_comparison(comparison, target, command_line="")
    (target / "notes.txt").write_text("mine")
    with pytest.raises(RunDirectoryError, match=r"got something else \(notes\.txt\)"):
        write_comparison(comparison, target, command_line="")
    with pytest.raises(RunDirectoryError, match="got something else"):
        write_comparison(comparison, runs / "gan-1", command_line="")
    assert (runs / "gan-1" / "config.yaml").is_file()


def test_scores_that_are_asked_for_lead(runs):
    comparison = compare_runs([runs], scores=["timing.training_s:high"])
    assert [each.score.path for each in comparison.leading] == ["timing.training_s"]
    assert "Best timing.training_s?" in summary_of(comparison)


def test_of_a_score_with_a_best_value_distances_are_compared(runs):
    comparison = compare_runs([runs], scores=["signals.direct_y.*.mean:0.42"])
    # gan is 0.12, 0.02 and 0.08 away, lsgan 0.13, 0.04 and 0.05: differences -0.01, -0.02, 0.03
    (measured,) = comparison.leading
    assert [one.label for one in measured.ranked()] == ["gan", "lsgan"]
    one = measured.paired(*measured.ranked())
    assert (one.lower, one.higher) == (2, 1)
    assert one.difference == pytest.approx(0.0, abs=1e-12)
    assert "better in 2 of 3" in summary_of(comparison)["Best |Y − G(X)|?"]


def test_a_score_of_which_no_value_is_better_ranks_nothing(runs):
    comparison = compare_runs([runs], scores=["timing.training_s"])
    assert not any(asked.startswith(("Best", "Better")) for asked in summary_of(comparison))
    assert comparison.evaluation().opening.figure.axes[0].get_title(loc="left") == "timing.training_s"


def test_learning_curves_show_what_chose_the_checkpoint_and_a_loss(runs):
    evaluation = compare_runs([runs]).evaluation()
    (picture,) = next(block.pictures for block in evaluation.blocks if block.title == "Learning curves")
    titles = [axis.get_title(loc="left") for axis in picture.figure.axes]
    assert titles == ["val_loss", "loss"]
    thick = [line for line in picture.figure.axes[0].lines if line.get_label() == "gan"]
    np.testing.assert_allclose(thick[0].get_ydata(), [0.4, 0.2, 0.4 / 3])


def test_the_command_prints_the_path_and_loads_no_tensorflow(runs, tmp_path):
    code = (
        "import sys\nfrom cyclegan_neuro.cli.compare import main\n"
        f"main([{str(runs)!r}, '--output_dir', {str(tmp_path / 'report')!r}])\n"
        "assert not {'tensorflow', 'keras'} & sys.modules.keys()\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == str(tmp_path / "report" / "index.html")
    assert "how-to-repeat" not in result.stderr


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main([str(tmp_path), "--output_dir", str(tmp_path / "report")])
    assert ended.value.code == 2
    assert "got no run" in capsys.readouterr().err


def test_runs_that_diverged_are_not_passed_over(runs):
    file = runs / "gan-3" / "report" / "metrics.json"
    metrics = json.loads(file.read_text())
    metrics["signals"]["direct_y"]["model"]["mean"] = None
    file.write_text(json.dumps(metrics))
    told = summary_of(compare_runs([runs]))["Comparable?"]
    assert "No finite |Y − G(X)| in gan-3, as of a training that diverged: its means are without." in told
