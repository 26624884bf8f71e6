"""From a grid file to cells: products, names, exclusions, and what is refused with which words."""

from pathlib import Path

import pytest

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.grid.cells import expand
from cyclegan_neuro.grid.file import read_grid
from cyclegan_neuro.systems import base

SHIPPED = sorted((Path(__file__).parents[2] / "configs" / "grids").glob("*.yaml"))
ROWS_OF_TABLE_1 = 10


@pytest.fixture
def cells_of(tmp_path):
    def read(text):
        (tmp_path / "grid.yaml").write_text(text)
        return expand(read_grid(tmp_path / "grid.yaml"))

    return read


def test_cells_are_the_product_of_the_axes_in_order(cells_of):
    cells = cells_of(
        "settings: {training.epochs: 3}\n"
        "axes:\n  objective.name: [gan, lsgan]\n  training.seed: {from: 1, to: 5, step: 2}\n"
        "exclude: [{objective.name: gan, training.seed: [3, 5]}]\n"
    )
    assert [cell.name for cell in cells] == ["gan_seed-1", "lsgan_seed-1", "lsgan_seed-3", "lsgan_seed-5"]
    assert cells[1].settings == {"objective.name": "lsgan", "training.seed": 1}
    assert [(c.config.objective.name, c.config.training.seed, c.config.training.epochs) for c in cells[:2]] == [
        ("gan", 1, 3),
        ("lsgan", 1, 3),
    ]
    assert len({cell.digest for cell in cells}) == 4
    assert cells[1].kind == cells[2].kind != cells[0].kind


def test_named_values_set_several_settings_and_find_files_beside_the_grid(cells_of, tmp_path):
    cells = cells_of(
        "settings: {data.source: files}\naxes:\n  animal:\n"
        "    Ada: {data.x.path: a1.h5, data.y.path: a2.h5}\n    Bo: {data: {x: {path: b1.h5}, y: {path: /b2.h5}}}\n"
        "  model.filters: [8]\n  objective.lambda_cycle: [0.5, 10]\n"
    )
    assert [cell.name for cell in cells][::2] == ["ada_filters-8_lambda_cycle-0.5", "bo_filters-8_lambda_cycle-0.5"]
    assert cells[0].config.data.x.path == str(tmp_path / "a1.h5")
    assert cells[2].config.data.x.path == str(tmp_path / "b1.h5")
    assert cells[2].config.data.y.path == "/b2.h5"


def test_ranges_hold_numbers_as_one_would_write_them(cells_of):
    cells = cells_of(
        "axes: {training.weight_averaging: {from: 0.1, to: 0.3, step: 0.1}}\n"
        "exclude: [{training.weight_averaging: 0.2}]\n"
    )
    assert [cell.config.training.weight_averaging for cell in cells] == [0.1, 0.3]
    assert [cell.name for cell in cells] == ["weight_averaging-0.1", "weight_averaging-0.3"]


def test_values_may_be_sections_and_close_to_each_other(cells_of):
    cells = cells_of("axes:\n  training: [{seed: 1}, {seed: 2}]\n  objective.lambda_cycle: [0.9999991, 0.9999992]\n")
    assert cells[0].name == "training-seed-1_lambda_cycle-0.9999991"
    assert cells[0].settings == {"training.seed": 1, "objective.lambda_cycle": 0.9999991}
    assert len(cells) == 4


def test_the_system_is_looked_up_once(cells_of, monkeypatch):
    """A look at all packages that are installed took most of the time of a large grid."""
    asked = []
    get = base.get
    monkeypatch.setattr(base, "get", lambda name: asked.append(name) or get(name))
    assert len(cells_of("axes: {training.seed: {from: 1, to: 20}}")) == 20
    assert asked == ["cyclegan"]


def test_the_base_may_lie_beside_the_grid(cells_of, tmp_path):
    (tmp_path / "base.yaml").write_text("system: spike_gan\ntraining: {epochs: 7}\n")
    (cell,) = cells_of("config: base.yaml\naxes: {training.seed: [1]}\n")
    assert (cell.config.system, cell.config.training.epochs) == ("spike_gan", 7)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("axes: {objective.nam: [gan]}", "grid.yaml, line 1, objective.nam: got the unknown key 'nam'"),
        ("axes:\n  training.seed:\n  - 1\n  - -1", "grid.yaml, line 4, training.seed: got -1"),
        ("axes: {}", "got none, expected at least one axis"),
        ("axes: {training.seed: 3}", "got one value (3) for 'training.seed'"),
        ("axes: {training.seed: [3, 3]}", "got 3 twice for 'training.seed'"),
        ("axes: {training.seed: {from: 3, to: 1}}", "expected from <= to"),
        ("axes: {mouse: {one: 1}}", "got names without settings for 'mouse'"),
        ("axes: {training.seed: [1]}\nexclude: [{training.sed: 1}]", "Fix: did you mean 'training.seed'?"),
        ("axes: {training.seed: [1]}\nexclude: [{training.seed: 2}]", "expected a value of training.seed: 1"),
        ("axes: {training.seed: [1]}\nexclude: [{training.seed: 1}]", "got no cell that is left"),
        ("axes: {model.filters: [1, 2], m: {a: {model.filters: 3}}}", "in the axes 'model.filters' and 'm'"),
        ("axes: {a: {X y: {training.seed: 1}, x_y: {training.seed: 2}}}", "got two cells named x_y"),
        ("axes: {training.seed: {from: 1, to: 1000}, model.filters: {from: 1, to: 1000}}", "got 1,000,000 cells"),
        ("axis: {training.seed: [1]}", "got the unknown key 'axis'"),
        (
            "config: nowhere.yaml\naxes: {training.seed: [1]}",
            "line 1, config nowhere.yaml: got no such file",
        ),
        ("axes: {training.seed: [1]}\ncluster: {engine: lsf}", "expected one of slurm, sge, pbs"),
        ("axes: {training.seed: [1]}\ncluster: {walltime: tomorrow}", "cluster.walltime: got 'tomorrow'"),
        ("axes: {training.seed: [1]}\ncluster: {memory: lots}", "cluster.memory: got 'lots'"),
        ("axes: {training.seed: {from: .nan, to: 3}}", "expected numbers in from, to and step"),
        ("axes: {training.epochs: [1], m: {a: {training: {epochs: 3}}}}", "in the axes 'training.epochs' and 'm'"),
        ("axes: {m: {logs: {training.seed: 1}}}", "got a cell named logs"),
        (
            "axes: {training: [{epochs: 1, seed: 2, batch_size: 3, weight_averaging: 0.5, deterministic: false, "
            "jit_compile: false}], objective.name: [gan], m: {" + 80 * "n" + ": {model.filters: 3}}}",
            "expected at most 150 letters",
        ),
    ],
)
def test_what_is_refused(cells_of, text, told):
    with pytest.raises(ConfigurationError) as error:
        cells_of(text)
    assert told in str(error.value)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_grid_that_comes_with_the_package_can_be_run(path):
    cells = expand(read_grid(path))
    assert len({cell.digest for cell in cells}) == len(cells)


def test_the_grid_of_table_1_has_its_rows():
    cells = expand(read_grid(next(path for path in SHIPPED if path.name == "table_1.yaml")))
    assert len({cell.kind for cell in cells}) == ROWS_OF_TABLE_1
    agresnet = [cell.config for cell in cells if cell.config.model.generator == "agresnet"]
    assert {one.objective.name for one in agresnet if one.ordering.method == "original"} == {
        "gan", "lsgan", "wgangp", "dragan"
    }  # fmt: skip
    assert {one.ordering.method for one in agresnet if one.objective.name == "lsgan"} == {
        "original", "firing_rate", "correlation", "autoencoder"
    }  # fmt: skip
