"""Positions that no animal takes are named with what they probably are; those of animals pass."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.recordings.checks import check
from cyclegan_neuro.recordings.checks.pairs import position_units
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.simulate import simulate_days

RATE, N = 20.0, 6000
TIME = np.arange(N) / RATE
LAP = (TIME * 25) % 160  # 25 cm/s
THERE_AND_BACK = 80 - 80 * np.cos(TIME / 4)


def day(position, **behaviour):
    dff = np.random.default_rng(0).normal(0, 0.08, (N, 5)).astype(np.float32)
    return Recording(
        dff, RATE, behaviour=Behaviour(position_cm=np.asarray(position, np.float32), **behaviour), session="day 1"
    )


def found(position, **behaviour):
    findings = check(day(position, **behaviour))
    return {f.code: f for f in findings if f.code.startswith(("position", "speed"))}


def with_values(values, at):
    position = LAP.copy()
    position[at] = values
    return position


@pytest.mark.parametrize(
    "position",
    [
        LAP, LAP - 500, THERE_AND_BACK, np.where(TIME < 200, np.nan, LAP), np.where(LAP > 100, np.nan, LAP),
        3 * LAP,
        np.where(LAP > 120, -50, LAP), np.round(LAP), np.where(TIME < 295, 0, LAP),
    ],
    ids=["laps", "negative", "there and back", "late", "holes", "long", "marker", "whole", "mostly still"],
)  # fmt: skip
def test_animals_pass(position):
    assert found(position) == {}
    speed = np.abs(np.gradient(position)) * RATE
    assert found(position, speed_cm_s=np.where(speed < 100, speed, 25)) == {}


def test_simulated_animals_pass():
    for recording in simulate_days(preset="mouse_3", seed=1, duration_s=200.0):
        assert [f.code for f in check(recording) if f.severity != "info"] == []


@pytest.mark.parametrize("value", [np.nan, 4.0])
def test_a_position_that_says_nothing(value):
    assert found(np.full(N, value))["position"].severity == "warning"


def test_infinite_positions_and_speeds_are_critical():
    position = found(with_values(np.inf, [5, 6, 900]))["position"]
    assert (position.severity, position.got) == ("critical", "3 infinite values in frames 5-6, 900")
    assert found(LAP, speed_cm_s=with_values(-np.inf, [3]))["speed"].severity == "critical"


def test_frames_far_outside_are_named():
    finding = found(with_values([1e8, -700], [5, 40]))["position"]
    assert finding.where == "day 1, field position_cm, frames 5, 40"
    assert finding.got == "positions from -700 to 1e+08 cm, 0 to 158.75 in 99 % of frames"


@pytest.mark.parametrize(
    ("position", "says"),
    [
        (LAP / 100, "multiply by 100 if these are metres"),
        (LAP / 160, "by the length of the track"),
        (LAP * 10, "divide by 10 if these are millimetres"),
        (THERE_AND_BACK * 40, "or by the pixels of a cm"),
        (TIME * 25, "take it modulo the length of a lap"),
    ],
    ids=["m", "share", "mm", "pixels", "accumulated"],
)
def test_other_units_are_named(position, says):
    finding = found(position)["position_unit"]
    assert (finding.severity, says in finding.fix) == ("warning", True)
    assert finding.got.startswith(f"{np.percentile(np.float32(position), 0.5):.4g} to ")


@pytest.mark.parametrize("factor", [0.1, 10])
def test_position_and_speed_in_two_units(factor):
    finding = found(LAP, speed_cm_s=np.full(N, 25.0 * factor))["position_unit"]
    assert f"{1 / factor:.3g} times what speed_cm_s says" in finding.got


@pytest.mark.parametrize(
    ("factor", "severity"), [(1, None), (0.5, None), (4, "warning"), (0.01, "critical"), (10, "critical")]
)
def test_the_days_have_one_unit(factor, severity):
    findings = list(position_units(day(LAP), replace(day(LAP * factor), session="day 2"), "x and y"))
    assert [f.severity for f in findings] == ([severity] if severity else [])
    if severity:
        assert findings[0].got.startswith("positions of 0 to 158.8 cm on day 1 and ")
