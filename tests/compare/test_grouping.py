import pytest
from compare_fakes import write_grid, write_run

from cyclegan_neuro.compare.grouping import group, reference_of
from cyclegan_neuro.compare.runs import find_runs
from cyclegan_neuro.errors import ConfigurationError


def made(folder, *settings):
    """A run for each dictionary of settings."""
    return find_runs([write_run(folder / str(number), g_x=0.3, settings=own) for number, own in enumerate(settings)])


def labels(grouping):
    return [(one.label, len(one.runs)) for one in grouping.configurations]


def test_seeds_and_animals_are_averaged_over(tmp_path):
    found = made(
        tmp_path,
        *(
            {"objective.name": objective, "training.seed": seed, "data.simulation.preset": mouse}
            for objective in ("lsgan", "gan") for mouse in ("mouse_2", "mouse_10") for seed in (1, 2)
        ),
    )  # fmt: skip
    grouping = group(found)
    assert (grouping.by, set(grouping.over)) == (
        ("objective.name",), {"training.seed", "data.simulation.preset"},
    )  # fmt: skip
    assert labels(grouping) == [("gan", 4), ("lsgan", 4)]
    assert (grouping.animals, grouping.seeds) == (("data.simulation.preset",), ("training.seed",))
    assert set(grouping.animal_names) == {"mouse_2", "mouse_10"}


def test_files_name_animals_by_whole_paths_where_names_are_alike(tmp_path):
    found = made(tmp_path, *({"data.x.path": f"/data/{mouse}/novice.h5"} for mouse in ("a", "b")))
    assert group(found).animal_names == ("/data/a/novice.h5", "/data/b/novice.h5")
    found = made(tmp_path / "more", *({"data.x.path": f"/data/{mouse}.h5"} for mouse in ("a", "b")))
    assert group(found).animal_names == ("a.h5", "b.h5")
    fields = ({"data.x.path": f"/data/{mouse}.h5", "data.x.fields.dff": f"{mouse}/dff"} for mouse in ("a", "b"))
    assert group(made(tmp_path / "fields", *fields)).animal_names == ("a.h5", "b.h5")
    fields = ({"data.x.path": "/data/all.h5", "data.x.fields.dff": f"{mouse}/dff"} for mouse in ("a", "b"))
    assert group(made(tmp_path / "one_file", *fields)).animal_names == ("a/dff", "b/dff")


def test_by_averages_over_everything_else_and_over_tells_everything_else_apart(tmp_path):
    cells = [
        {"objective.name": o, "model.filters": f, "training.seed": s} for o in "ab" for f in (8, 16) for s in (1, 2)
    ]
    found = made(tmp_path, *cells)
    assert labels(group(found)) == [
        ("a, filters=8", 2),
        ("a, filters=16", 2),
        ("b, filters=8", 2),
        ("b, filters=16", 2),
    ]
    assert labels(group(found, by=["objective.name"])) == [("a", 4), ("b", 4)]
    over = group(found, over=["model.filters"])
    assert labels(over)[0] == ("a, seed=1", 2)
    assert over.over == ("model.filters",)
    both = group(found, by=["model.filters"], over=["objective.name", "training.seed"])
    assert labels(both) == [("filters=8", 4), ("filters=16", 4)]


def test_axes_of_names_stand_for_what_they_set(tmp_path):
    rows = {"plain": {"model.generator": "agresnet", "ordering.method": "original"},
            "sorted": {"model.generator": "agresnet", "ordering.method": "autoencoder"},
            "flat": {"model.generator": "agresnet_1d", "ordering.method": "original"}}  # fmt: skip
    animals = {name: {"data.x.path": f"/{name}/x.h5", "data.y.path": f"/{name}/y.h5"} for name in ("bo", "ada")}
    cells = {}
    for row, settings in rows.items():
        for animal, files in animals.items():
            write_run(tmp_path / f"{row}_{animal}", g_x=0.3, settings=settings | files)
            cells[f"{row}_{animal}"] = ({"row": row, "animal": animal}, "done", [])
    write_grid(tmp_path, cells, named={"row": rows, "animal": animals})
    grouping = group(find_runs([tmp_path]))
    assert (grouping.by, grouping.over, grouping.animals) == (("row",), ("animal",), ("animal",))
    assert labels(grouping) == [("plain", 2), ("sorted", 2), ("flat", 2)]  # as in the grid file
    assert grouping.animal_names == ("ada", "bo")
    by = group(find_runs([tmp_path]), by=["model.generator"])
    assert labels(by) == [("agresnet", 4), ("agresnet_1d", 2)]


def test_what_changes_nothing_that_is_learned_tells_nothing_apart(tmp_path):
    found = made(tmp_path, {"evaluation.weights": "last"}, {"evaluation.weights": "best", "report.dpi": 60})
    grouping = group(found)
    assert labels(grouping) == [("cyclegan", 2)]
    assert set(grouping.ignored) == {"evaluation.weights", "report.dpi"}
    assert labels(group(found, by=["evaluation.weights"])) == [("best", 1), ("last", 1)]


def test_a_section_that_some_runs_lack_tells_them_apart(tmp_path):
    assert labels(group(made(tmp_path, {}, {"model.backbone": "auto"}))) == [("backbone=null", 1), ("auto", 1)]


def test_unknown_settings_are_told_with_the_nearest(tmp_path):
    found = made(tmp_path, {})
    with pytest.raises(
        ConfigurationError, match=r"--by objective\.nam: got a setting that no run has.*objective\.name\?"
    ):
        group(found, by=["objective.nam"])
    with pytest.raises(ConfigurationError, match=r"--over training\.sed.*did you mean training\.seed"):
        group(found, over=["training.sed"])


def test_every_setting_that_differs_has_its_place(tmp_path):
    found = made(tmp_path, {"training.seed": 1, "model.filters": 8}, {"training.seed": 2, "model.filters": 16})
    with pytest.raises(ConfigurationError, match=r"got model\.filters in neither"):
        group(found, by=["objective.name"], over=["training.seed"])
    with pytest.raises(ConfigurationError, match=r"got model\.filters in both"):
        group(found, by=["model.filters"], over=["model.filters", "training.seed"])


def test_a_reference_is_one_configuration(tmp_path):
    cells = [{"objective.name": o, "model.filters": f} for o in ("gan", "lsgan") for f in (8, 16)]
    grouping = group(made(tmp_path, *cells))
    wanted = reference_of(grouping, ["objective.name=lsgan", "model.filters=8"])
    assert wanted.label == "lsgan, filters=8"
    with pytest.raises(
        ConfigurationError, match="got 2 configurations, expected one of gan, filters=8; gan, filters=16"
    ):
        reference_of(grouping, ["objective.name=gan"])
    with pytest.raises(ConfigurationError, match="got 0 configurations"):
        reference_of(grouping, ["objective.name=wgangp"])
    with pytest.raises(ConfigurationError, match=r"got training\.seed=1, expected a\.b=c with one of objective\.name"):
        reference_of(grouping, ["training.seed=1"])
