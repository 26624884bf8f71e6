"""``python -m cyclegan_neuro.cli.infer``."""

import re
import subprocess
import sys

import numpy as np
import pytest
from inference_fakes import noise, random_models, random_networks, write_cascade_folder
from tool_files import suite2p_of

from cyclegan_neuro.cli.infer import main as infer
from cyclegan_neuro.evaluation.contents import significant
from cyclegan_neuro.recordings.checks.indicator import NOT_STATED
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.writing import write_recording
from cyclegan_neuro.spikes.inference.files import read_spikes
from cyclegan_neuro.spikes.inference.rates import infer_rates
from cyclegan_neuro.spikes.inference.storage import save_networks


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Networks of every rate; they reach 12 frames at 30 Hz."""
    return str(save_networks(tmp_path_factory.mktemp("models") / "spike_networks.h5", random_networks()))


@pytest.fixture(scope="module")
def cascade(tmp_path_factory):
    """Networks of one rate and two levels, which read windows of 20 frames."""
    return str(write_cascade_folder(tmp_path_factory.mktemp("cascade"), random_models()))


def a_recording(level=1.0, **changes):
    values = {"dff": noise(level, (200, 4)).astype(np.float32), "frame_rate_hz": 30.0, "roi_ids": ("a", "b", "c", "d")}
    return Recording(**(values | changes))


def main(options):
    """Infer without a page, which takes longer than all else here."""
    return infer([*options, "--no_page"])


def failing(options, capsys):
    """Return what a command that ends with 2 has to say."""
    with pytest.raises(SystemExit) as caught:
        main(options)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error


def test_rates_spikes_and_neo(models, tmp_path, capsys):
    day = write_recording(a_recording(gaps=np.array([119, 129])), tmp_path / "day1.h5")
    out, mat = tmp_path / "spikes.h5", tmp_path / "spikes.mat"
    assert main([str(day), "--output", str(out), "--models", models, "--neo", str(mat), "--seed", "5"]) == 0
    spikes = read_spikes(out)
    direct = infer_rates(a_recording().dff, frame_rate_hz=30.0, models=models, gaps=[119, 129])
    np.testing.assert_array_equal(spikes.inferred.rates_hz, direct.rates_hz)
    assert (spikes.seed, spikes.roi_ids, spikes.source["source"]) == (5, ("a", "b", "c", "d"), str(day))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "neurons     4"
    assert lines[1] == "frames      200 at 30 Hz"
    # 12 frames before and after each of two stretches; 10 frames between the gaps
    assert lines[2] == "masked      58 frames: 24 at the ends, 24 at gaps, 10 in stretches shorter than a window"
    assert lines[3].startswith("noise       ")
    assert lines[4] == "networks    told the frame rate, every neuron's noise level and no indicator"
    assert f"{spikes.counts.sum():,} spikes" in lines[5]
    assert lines[-2:] == [f"written     {out}", f"written     {mat}"]
    from neo.io import NeoMatlabIO

    trains = NeoMatlabIO(str(mat)).read_block().segments[0].spiketrains
    assert [len(train) for train in trains] == spikes.counts.sum(axis=0).tolist()
    assert float(trains[0].t_stop) == pytest.approx(200 / 30)


def test_networks_of_cascade(cascade, tmp_path, capsys):
    day = str(write_recording(a_recording(), tmp_path / "day1.h5"))
    assert main([day, "--output", str(tmp_path / "s.h5"), "--models", cascade]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "masked      19 frames: 19 at the ends"
    assert lines[4] == "networks    for 30 Hz, of levels (neurons) 1 (4)"
    assert not any(line.startswith("size ") for line in lines)


def test_the_size_of_a_rate_has_an_interval_where_it_was_measured(tmp_path, capsys):
    measured = {"": {"log_ratio": [-0.5, 0.0, 0.5], "n_cells": 30, "n_data_sets": 3}}
    path = save_networks(tmp_path / "spike_networks.h5", random_networks(1, calibration=measured))
    day = str(write_recording(a_recording(), tmp_path / "day1.h5"))
    known = ["--models", str(path), "--indicator", "GCaMP6f"]
    assert infer([day, "--output", str(tmp_path / "s.h5"), *known]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("size "))
    found = read_spikes(tmp_path / "s.h5")
    middle = np.sort(found.rates_hz[found.valid].mean(axis=0, dtype=np.float64))[2]
    low, high = (middle + 0.02) * np.exp([-0.5, 0.5]) - 0.02
    assert f"a neuron inferred at {middle:.3g} Hz fires {low:.2g} to {high:.2g} Hz (90 %" in line
    page = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert f"the neuron in the middle fires {significant(low)} to {significant(high)} Hz." in page


def test_reader_options(models, tmp_path):
    np.savez(tmp_path / "a.npz", traces=a_recording().dff.T * 100)
    options = ["--field", "dff=traces", "--frame_rate", "30.5", "--transpose", "--unit", "percent"]
    out = tmp_path / "spikes.h5"
    assert main([str(tmp_path / "a.npz"), *options, "--output", str(out), "--models", models]) == 0
    found = read_spikes(out).inferred
    assert found.frame_rate_hz == 30.5
    expected = infer_rates(a_recording().dff, frame_rate_hz=30.5, models=models)
    np.testing.assert_allclose(found.rates_hz, expected.rates_hz, atol=1e-3)


def test_it_says_which_indicator_its_networks_are_for(tmp_path, capsys):
    day = str(write_recording(a_recording(), tmp_path / "day1.h5"))
    out = tmp_path / "spikes.h5"
    assert main([day, "--output", str(out)]) == 0
    shown = capsys.readouterr()
    assert f"indicator   {NOT_STATED}" in shown.out.splitlines()
    rates = read_spikes(out).rates_hz
    assert main([day, "--output", str(out), "--overwrite", "--indicator", "jGCaMP8m", "--cell_type", "PV"]) == 0
    shown = capsys.readouterr()
    assert "indicator   jGCaMP8m in PV cells" in shown.out.splitlines()
    found = read_spikes(out)
    assert (found.source["indicator"], found.networks["family"]) == ("jGCaMP8m", "interneuron")
    assert (found.rates_hz != rates).any()  # the networks were told


def test_networks_of_ones_own_are_for_whatever_they_were_trained_on(models, tmp_path, capsys):
    day = str(write_recording(a_recording(indicator="GCaMP8m"), tmp_path / "day1.h5"))
    assert main([day, "--output", str(tmp_path / "spikes.h5"), "--models", models]) == 0
    shown = capsys.readouterr()
    assert not [line for line in shown.out.splitlines() if line.startswith(("indicator", "warning"))]
    assert "GCaMP8m" not in shown.err


def test_percent_is_refused(models, tmp_path, capsys):
    day = write_recording(a_recording(dff=a_recording().dff * 100), tmp_path / "day1.h5")
    error = failing([str(day), "--output", str(tmp_path / "spikes.h5"), "--models", models], capsys)
    assert "expected ΔF/F as a fraction (0.5 is 50 %)" in error
    assert "add --unit percent" in error
    assert not (tmp_path / "spikes.h5").exists()


def test_z_scores_are_refused(models, tmp_path, capsys):
    dff = a_recording().dff
    day = write_recording(a_recording(dff=(dff - dff.mean(axis=0)) / dff.std(axis=0)), tmp_path / "day1.h5")
    assert "z-scores" in failing([str(day), "--output", str(tmp_path / "s.h5"), "--models", models], capsys)


def test_nan_is_refused_or_treated_as_asked_for(models, tmp_path, capsys):
    dff = a_recording().dff.copy()
    dff[50:53, 1] = np.nan
    day = str(write_recording(a_recording(dff=dff), tmp_path / "day1.h5"))
    out = tmp_path / "spikes.h5"
    options = [day, "--output", str(out), "--models", models]
    assert "NaN" in failing(options, capsys)
    assert main([*options, "--nan", "drop_neuron"]) == 0
    assert read_spikes(out).roi_ids == ("a", "c", "d")
    assert "1 neurons with NaN dropped: b" in capsys.readouterr().err
    assert main([*options, "--nan", "interpolate", "--overwrite"]) == 0
    assert read_spikes(out).roi_ids == ("a", "b", "c", "d")


def test_another_frame_rate_is_refused_or_resampled(models, cascade, tmp_path, capsys):
    day = str(write_recording(a_recording(frame_rate_hz=20.0), tmp_path / "day1.h5"))
    out = tmp_path / "spikes.h5"
    error = failing([day, "--output", str(out), "--models", cascade], capsys)
    assert "frame rate: got 20 Hz, expected 30 Hz within 5%" in error
    assert main([day, "--output", str(out), "--models", cascade, "--resample"]) == 0
    assert read_spikes(out).inferred.frame_rate_hz == 20.0
    assert "networks    for 30 Hz" in capsys.readouterr().out
    assert main([day, "--output", str(out), "--models", models, "--overwrite"]) == 0
    slow = str(write_recording(a_recording(frame_rate_hz=2.0), tmp_path / "slow.h5"))
    error = failing([slow, "--output", str(out), "--models", models, "--overwrite"], capsys)
    assert "frame rate: got 2 Hz, expected 3 to 100 Hz, for which the networks are" in error


def test_neurons_noisier_than_the_networks_are_named(models, cascade, tmp_path, capsys):
    day = write_recording(a_recording(level=np.array([1.0, 4.0, 1.5, 9.0])), tmp_path / "day1.h5")
    assert main([str(day), "--output", str(tmp_path / "s.h5"), "--models", models]) == 0
    assert "are noisier than" not in capsys.readouterr().out
    assert main([str(day), "--output", str(tmp_path / "s.h5"), "--models", cascade, "--overwrite"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "warning: 2 neurons are noisier than the highest level of the networks, 2; their rates are less certain: b, d"
    )


def test_existing_files_are_kept_without_overwrite(models, tmp_path, capsys):
    day = str(write_recording(a_recording(), tmp_path / "day1.h5"))
    for name in ("spikes.h5", "spikes.mat"):
        (tmp_path / name).write_text("mine")
        options = [day, "--output", str(tmp_path / "spikes.h5"), "--neo", str(tmp_path / "spikes.mat")]
        error = failing([*options, "--models", models], capsys)
        assert f"{name}: got a file that exists, expected a new file. Fix: choose another name, or" in error
        assert (tmp_path / name).read_text() == "mine"
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("output", "more", "message"),
    [
        ("day1.h5", ["--overwrite"], "expected files of their own, none the recording"),
        ("same.mat", ["--neo", "{}/same.mat"], "expected files of their own, none the recording"),
        ("s.h5", ["--neo", "{}/s.nix"], "expected a name that ends with .mat"),
        ("none/s.h5", [], "none: got no such directory, expected one that exists"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_the_work(output, more, message, tmp_path, capsys):
    day = write_recording(a_recording(), tmp_path / "day1.h5")
    before = day.read_bytes()
    options = [str(day), "--output", str(tmp_path / output), *(text.format(tmp_path) for text in more)]
    assert message in failing(options, capsys)
    assert day.read_bytes() == before


def test_networks_and_recordings_that_are_not_there(tmp_path, capsys):
    day = str(write_recording(a_recording(), tmp_path / "day1.h5"))
    output = ["--output", str(tmp_path / "s.h5")]
    assert "got no networks" in failing([day, *output, "--models", str(tmp_path / "none")], capsys)
    assert "no such file" in failing([str(tmp_path / "day9.h5"), *output], capsys).replace(
        "does not exist", "no such file"
    )


def test_the_page_says_what_was_assumed_and_found(models, tmp_path, capsys):
    gaps = np.array([119, 129])
    day = a_recording(gaps=gaps, indicator="AAV-jGCaMP8m", cell_type="SOM", subject="<b>mouse</b>")
    options = [str(write_recording(day, tmp_path / "day1.h5")), "--output", str(tmp_path / "spikes.npz")]
    assert infer([*options, "--models", models]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"written     {tmp_path / 'spikes.html'}"
    page = (tmp_path / "spikes.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<[^>]+>", " ", page.split("<body>")[1]).split())
    for said in (
        "Inferred spikes of &lt;b&gt;mouse&lt;/b&gt;", "AAV-jGCaMP8m (taken as gcamp8m)", "SOM (taken as sst)",
        "24 at the ends, 24 at gaps, 10 in stretches shorter than a window",
        "30 Hz; networks for every rate from 3 to 100 Hz", "frame rate, noise levels, gcamp8m in sst cells",
        "unknown: no neuron has three isolated events", "The 3 most active neurons", "The 1 least active neuron,",
        "The networks give no intervals", f"infer {options[0]}",
    ):  # fmt: skip
        assert said in text, said
    assert page.count("data:image/webp;base64,") == 4
    assert not re.search(r'(?:href|src)="(?!#|data:)', page)  # nothing but itself
    with np.load(tmp_path / "spikes.npz") as spikes:
        rates = spikes["rates_hz"][spikes["valid"]].mean(axis=0, dtype=np.float64)
    assert all(f'data-sort="{rate}"' in page for rate in rates.tolist())


def test_a_page_of_another_name_is_never_written_over(models, tmp_path, capsys):
    day = str(write_recording(a_recording(), tmp_path / "day1.h5"))
    options = [day, "--output", str(tmp_path / "s.h5"), "--page", str(tmp_path / "look.html"), "--models", models]
    (tmp_path / "look.html").write_text("mine")
    with pytest.raises(SystemExit):
        infer(options)
    assert "look.html: got a file that exists" in capsys.readouterr().err
    assert not (tmp_path / "s.h5").exists()


def test_a_folder_of_suite2p_and_any_setting(models, tmp_path):
    day = a_recording(dff=a_recording().dff + 1.0)
    folder = suite2p_of(tmp_path / "plane0", {"dff": day.dff, "frame_rate_hz": 30.0})
    options = [str(folder), "--set", "baseline.window_s=5", "--output", str(tmp_path / "s.mat"), "--models", models]
    assert main(options) == 0
    assert (tmp_path / "s.mat").is_file()


def test_an_ending_that_is_not_written_is_refused_before_the_work(tmp_path, capsys):
    day = str(write_recording(a_recording(), tmp_path / "day1.h5"))
    error = failing([day, "--output", str(tmp_path / "s.csv")], capsys)
    assert "got the ending '.csv', expected one of .h5, .hdf5, .npz, .mat, .nwb" in error


def test_help_is_quick():
    code = (
        "import sys\nfrom cyclegan_neuro.cli.infer import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('tensorflow', 'keras', 'scipy', 'neo', 'pydantic') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "--neo FILE" in output
    assert output.splitlines()[-1] == "[]"
