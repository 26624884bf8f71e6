"""``cyclegan-neuro grid`` on the command line."""

import pytest

from cyclegan_neuro.cli.grid import main


@pytest.fixture
def grid_file(tmp_path):
    path = tmp_path / "grid.yaml"
    path.write_text("axes: {objective.name: [gan, lsgan], training.seed: {from: 1, to: 2}}\n")
    return path


def test_dry_run_lists_the_cells_and_writes_nothing(grid_file, tmp_path, capsys):
    assert main([str(grid_file), "--output_dir", str(tmp_path / "runs"), "--dry_run", "--workers", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:4]] == [
        [name, "waiting"] for name in ("gan_seed-1", "gan_seed-2", "lsgan_seed-1", "lsgan_seed-2")
    ]
    assert lines[4].startswith("4 cells, 4 to run, 2 at a time")
    assert not (tmp_path / "runs").exists()


def test_grids_that_come_with_the_package_are_found_by_name(tmp_path, capsys):
    main(["grids/table_1.yaml", "--output_dir", str(tmp_path / "runs"), "--dry_run"])
    assert "30 cells" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("objective.name", "objective.nme"), "grid.yaml, line 1, objective.nme: got the unknown key 'nme'"),
        (("lsgan", "ls-gan"), "got text 'ls-gan', expected one of gan, lsgan, wgangp, dragan"),
        (("axes", "axis"), "got the unknown key 'axis'"),
    ],
)
def test_a_wrong_grid_ends_with_2_before_anything_starts(grid_file, tmp_path, capsys, change, told):
    grid_file.write_text(grid_file.read_text().replace(*change))
    with pytest.raises(SystemExit) as end:
        main([str(grid_file), "--output_dir", str(tmp_path / "runs")])
    assert end.value.code == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("options", [["--workers", "0"], ["--threads", "x"], ["--limit", "-1"]])
def test_numbers_are_checked(grid_file, tmp_path, options):
    with pytest.raises(SystemExit) as end:
        main([str(grid_file), "--output_dir", str(tmp_path / "runs"), *options])
    assert end.value.code == 2


def test_a_folder_that_cannot_be_made(grid_file, capsys):
    with pytest.raises(SystemExit) as end:
        main([str(grid_file), "--output_dir", str(grid_file / "runs")])
    assert end.value.code == 2
    assert "a folder that cannot be made" in capsys.readouterr().err


def test_options_of_this_machine_are_refused_for_a_cluster(grid_file, tmp_path, capsys):
    grid_file.write_text(grid_file.read_text() + "cluster: {cores: 4}\n")
    with pytest.raises(SystemExit):
        main([str(grid_file), "--output_dir", str(tmp_path / "runs"), "--workers", "2", "--dry_run"])
    assert "--workers and --threads: got one of them" in capsys.readouterr().err


def test_a_grid_file_that_is_not_there(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main([str(tmp_path / "none.yaml"), "--output_dir", str(tmp_path / "runs")])
    assert end.value.code == 2
    assert "none.yaml: got no such file" in capsys.readouterr().err


def test_a_scheduler_that_is_not_there(grid_file, tmp_path, capsys):
    pytest.importorskip("dask_jobqueue")
    absent = tmp_path / "scheduler.json"
    absent.write_text("{")
    with pytest.raises(SystemExit) as end:
        main([str(grid_file), "--output_dir", str(tmp_path / "runs"), "--scheduler_file", str(absent)])
    assert end.value.code == 2
    assert "expected the file of a Dask scheduler that runs" in capsys.readouterr().err
