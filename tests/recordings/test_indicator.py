"""The calcium indicator: from files and settings to a warning where spike inference is for another one."""

from pathlib import Path

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.recordings.checks import check
from cyclegan_neuro.recordings.loading import load, read_file
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate import simulate_days
from cyclegan_neuro.recordings.writing import write_recording


def a_day(indicator=""):
    dff = np.random.default_rng(1).normal(0.1, 0.1, (200, 4)).astype(np.float32)
    return Recording(dff, 30.0, indicator=indicator)


def warnings_of(recording):
    return [finding for finding in check(recording, where="day1.h5") if finding.code == "indicator"]


@pytest.mark.parametrize("indicator", ["", "GCaMP6f", "gcamp6s", "GCaMP6m", " GCaMP6f "])
def test_gcamp6_and_what_is_not_stated_are_no_finding(indicator):
    assert warnings_of(a_day(indicator)) == []


@pytest.mark.parametrize("indicator", ["GCaMP8m", "GCaMP7f", "jRGECO1a", "GCaMP5G", "Cal-520"])
def test_another_indicator_is_a_warning_that_says_what_it_costs(indicator):
    (finding,) = warnings_of(a_day(indicator))
    assert (finding.severity, finding.where, finding.got) == ("warning", "day1.h5, indicator", indicator)
    assert "GCaMP6f and GCaMP6s in excitatory cells" in finding.expected
    assert "two to three times too high" in finding.fix
    assert "one to two frames early" in finding.fix


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
