"""``python -m cyclegan_neuro.cli.simulate``."""

import subprocess
import sys

import numpy as np
import pytest

from cyclegan_neuro.cli.simulate import main
from cyclegan_neuro.recordings.loading import read_file
from cyclegan_neuro.recordings.simulate import corner_mask, phi_noise, simulate_days

SHORT = ["--preset", "mouse_3", "--duration_s", "20", "--seed", "4"]


def test_files_hold_the_simulated_days(tmp_path, capsys):
    directory = tmp_path / "new" / "days"
    assert main(["--output_dir", str(directory), *SHORT, "--phi", "--window_frames", "64"]) == 0
    printed = capsys.readouterr().out
    days = simulate_days(preset="mouse_3", duration_s=20.0, seed=4)
    for day in days:
        path = directory / f"{day.session}.h5"
        read = read_file(path)
        np.testing.assert_array_equal(read.dff, day.dff)
        np.testing.assert_array_equal(read.truth.other_day_dff, day.truth.other_day_dff)
        np.testing.assert_array_equal(read.truth.change, day.truth.change)
        np.testing.assert_array_equal(read.behaviour.position_cm, day.behaviour.position_cm)
        assert read.roi_ids == day.roi_ids
        assert read.data_origin == "simulated"
        assert f"{path}: {day.session}, 21 neurons, 480 frames at 24 Hz; " in printed
    phi = read_file(directory / "phi.h5")
    assert (phi.data_origin, phi.truth) == ("simulated", None)
    x = days[0].dff
    np.testing.assert_array_equal(phi.dff[64:128], corner_mask(64, 21) * x[64:128] + phi_noise(x, seed=4)[64:128])


def test_existing_files_are_refused_and_kept_without_overwrite(tmp_path, capsys):
    (tmp_path / "expert.h5").write_text("mine")
    with pytest.raises(SystemExit) as caught:
        main(["--output_dir", str(tmp_path), *SHORT])
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert "expert.h5: got a file that exists, expected a new file." in told
    assert "replace it with --overwrite" in told
    assert (tmp_path / "expert.h5").read_text() == "mine"
    assert not (tmp_path / "novice.h5").exists()
    assert main(["--output_dir", str(tmp_path), *SHORT, "--overwrite"]) == 0
    assert read_file(tmp_path / "expert.h5").session == "expert"


def test_an_unknown_mouse_and_a_file_for_a_directory_are_errors(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--output_dir", str(tmp_path), "--preset", "mouse_9"])
    assert "got 'mouse_9', expected one of mouse_1" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit):
        main(["--output_dir", str(tmp_path / "file" / "days"), *SHORT])
    assert "expected a directory that can be made and written to" in capsys.readouterr().err


def test_help_imports_neither_tensorflow_nor_scipy():
    code = (
        "import sys\nfrom cyclegan_neuro.cli.simulate import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('tensorflow', 'keras', 'scipy') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "mouse_1, mouse_2, mouse_3, mouse_4" in output
    assert output.splitlines()[-1] == "[]"
