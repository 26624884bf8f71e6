"""The calcium indicator: from files and settings to a warning where spike inference is for another one."""

from pathlib import Path

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.recordings.checks import check
from cyclegan_neuro.recordings.indicators import cell_type_of, indicator_of
from cyclegan_neuro.recordings.loading import load, read_file
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate import simulate_days
from cyclegan_neuro.recordings.writing import write_recording


def a_day(indicator=""):
    dff = np.random.default_rng(1).normal(0.1, 0.1, (200, 4)).astype(np.float32)
    return Recording(dff, 30.0, indicator=indicator)


def warnings_of(recording):
    return [finding for finding in check(recording, where="day1.h5") if finding.code == "indicator"]


@pytest.mark.parametrize("indicator", ["", "GCaMP6f", "gcamp6s", "GCaMP6m", " GCaMP6f ", "jGCaMP7f", "GCaMP8"])
def test_what_the_networks_know_and_what_is_not_stated_are_no_finding(indicator):
    assert warnings_of(a_day(indicator)) == []


@pytest.mark.parametrize("indicator", ["jRGECO1a", "GCaMP5G", "Cal-520"])
def test_another_indicator_is_a_warning_that_says_what_it_costs(indicator):
    (finding,) = warnings_of(a_day(indicator))
    assert (finding.severity, finding.where, finding.got) == ("warning", "day1.h5, indicator", indicator)
    assert "8f, 8m and 8s in excitatory cells" in finding.expected
    assert "told nothing" in finding.fix


@pytest.mark.parametrize("cell_type", ["SOM", "Pvalb", "pyramidal", "mixed", ""])
def test_cell_types_are_no_finding(cell_type):
    assert warnings_of(Recording(a_day().dff, 30.0, cell_type=cell_type)) == []


@pytest.mark.parametrize("suffix", [".h5", ".npz", ".mat"])
def test_a_file_keeps_its_indicator_and_the_configuration_may_name_another(tmp_path, suffix):
    path = write_recording(a_day("GCaMP8s"), tmp_path / f"day1{suffix}")
    assert read_file(path).indicator == "GCaMP8s"
    section = RecordingSection(path=str(path), indicator="GCaMP6f")
    assert load(section, base_directory=Path()).kept.indicator == "GCaMP6f"
    unnamed = write_recording(a_day(), tmp_path / f"day2{suffix}")
    assert read_file(unnamed).indicator == ""


def test_simulated_days_say_which_kernel_they_have():
    assert {day.indicator for day in simulate_days(preset="mouse_1", seed=1, duration_s=20.0)} == {"GCaMP6f"}
    days = simulate_days(preset="mouse_3", seed=1, duration_s=20.0, indicator="gcamp8m")
    assert {day.indicator for day in days} == {"GCaMP8m"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("GCaMP6f", "gcamp6f"), ("jGCaMP8m", "gcamp8m"), ("AAV-syn-jGCaMP7f", "gcamp7f"), ("GCaMP6s-WPRE", "gcamp6s"),
        ("Ai148 (GCaMP6f)", "gcamp6f"), ("Ai93D", "gcamp6f"), ("gcamp_8 fast", "gcamp8f"), ("GC6s", "gcamp6s"),
        ("jRGECO1a", "other"), ("GCaMP6m", "other"), ("GCaMP7s", "other"), ("GCaMP6", "other"),
        ("GCaMP6f and GCaMP6s", "other"), ("", ""), ("unknown", ""),
    ],
)  # fmt: skip
def test_names_of_indicators_as_people_write_them(written, meant):
    assert indicator_of(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pyramidal cells", "excitatory"), ("CaMKIIa", "excitatory"), ("Pvalb-IRES-Cre", "pv"), ("SOM", "sst"),
        ("VIP", "vip"), ("interneurons", "unknown"), ("PV and VIP", "unknown"), ("", "unknown"), ("somatic", "unknown"),
    ],
)  # fmt: skip
def test_names_of_cell_types_as_people_write_them(written, meant):
    assert cell_type_of(written) == meant


@pytest.mark.parametrize(
    ("setting", "fix"),
    [({"indicator": "GCaMP8q"}, "did you mean 'gcamp8s'"), ({"cell_type": "exitatory"}, "did you mean 'excitatory'")],
)
def test_a_slip_in_a_setting_is_an_error(tmp_path, setting, fix):
    path = write_recording(a_day(), tmp_path / "day1.h5")
    with pytest.raises(ConfigurationError, match=fix):
        load(RecordingSection(path=str(path), **setting), base_directory=Path())


@pytest.mark.parametrize("suffix", [".h5", ".npz", ".mat"])
def test_a_file_keeps_its_cell_type_and_the_configuration_may_name_another(tmp_path, suffix):
    day = a_day()
    path = write_recording(Recording(day.dff, 30.0, cell_type="Pvalb"), tmp_path / f"day1{suffix}")
    assert read_file(path).cell_type == "Pvalb"
    section = RecordingSection(path=str(path), cell_type="sst", indicator="jRGECO1a")
    kept = load(section, base_directory=Path()).kept
    assert (kept.cell_type, kept.indicator) == ("sst", "jRGECO1a")
