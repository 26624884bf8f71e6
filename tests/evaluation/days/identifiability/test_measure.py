"""Simulated days, a model that is right, and runs that come near to it."""

from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.alignments import Identity
from cyclegan_neuro.evaluation.days.beyond.parts import part_of
from cyclegan_neuro.evaluation.days.identifiability.agreement import OtherRun
from cyclegan_neuro.evaluation.days.identifiability.measure import frames_of_others, identifiability
from cyclegan_neuro.evaluation.days.story.identifiability import identifiability_block
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.windows.days import prepare_days

CELLS = 12
CONFIG = Config.model_validate(
    {
        "data": {"simulation": {"n_neurons": CELLS, "duration_s": 300.0, "frame_rate_hz": 8.0}},
        "windows": {"window_frames": 64, "n_train": 40, "n_validation": 8, "n_test": 16, "test_fraction": 0.4},
    }
)


class Nearly(Identity):
    """Gives what the simulator knows, and noise that is the same at a place on every lap."""

    def __init__(self, prepared, seed):
        self._days, noise = prepared, np.random.default_rng(seed).normal(0, 0.1, (400, CELLS))
        self._noise = {day: noise[prepared[day].recording.behaviour.position_cm.astype(int)] for day in "xy"}

    def move(self, windows, to, frames):
        if frames.day == to:
            return windows
        day = self._days[frames.day].recording
        return day.truth.other_day_dff[frames.index] + self._noise[frames.day][frames.index]


@pytest.fixture(scope="module")
def days():
    return prepare_days(CONFIG.data, CONFIG.windows, CONFIG.ordering, seed=1)


@pytest.fixture(scope="module")
def measurements(days):
    x, frames = days.x.recording, part_of(days, None, "x", days.x.starts.test).frames
    made = {"model": x.truth.other_day_dff[frames], "position_shift": x.dff[frames] + 0.1}
    return SimpleNamespace(made=made, tuning={"known": True}, model="CycleGAN")


@pytest.fixture(scope="module")
def block_of(days, measurements):
    def block_of(*others, condition=()):
        runs = [OtherRun(f"run {n}", Nearly(days, n), permutation) for n, permutation in enumerate(others)]
        sure = identifiability(CONFIG, days, measurements, frames_of_others(CONFIG, days, runs))
        return sure, identifiability_block(days, measurements, sure, condition=condition)

    return block_of


def test_one_run_is_tested_for_symmetries_alone(block_of):
    sure, block = block_of()
    assert set(sure.symmetry) == {"model", "identity", "training_laps"}
    assert sure.symmetry["identity"].correlation < sure.symmetry["model"].correlation
    assert min(sure.n_laps) >= 4
    assert sure.agreement.errors["places"] == {"runs": [0.0], "mean": 0.0, "alignment": pytest.approx(1.9, abs=0.2)}
    first, second, third = block.paragraphs
    assert first.startswith("Tuning of G(X) agrees with day y's (r = 0.")
    assert second.startswith("One run cannot tell whether another seed finds the same: ")
    assert second.endswith("Its error is 0 of the true change (doing nothing: 1).")
    assert third.startswith("Left open: networks saw no behaviour, so a turned track, or an exchange of cells")


def test_runs_beside_it_are_told_apart_by_seed_and_by_permutation(block_of):
    sure, block = block_of((0.0, 1), (0.0, 7), (0.5, 3), (1.0, 1), condition=["position", "time_since_event"])
    found = sure.to_json()["agreement"]
    assert found["runs"] == ["this run", "run 0", "run 1"]
    assert len(found["between"]["places"]) == 3
    assert 0.5 < min(found["between"]["places"]) < 1
    assert [(match["share"], match["n"]) for match in found["matches"]] == [(0.5, 6), (1.0, 0)]
    assert (
        0 < found["errors"]["places"]["mean"] < max(found["errors"]["places"]["runs"])
    )  # of noise, a third averages out
    _, told, left = block.paragraphs
    seeds, match = told.split(" With 50 %")
    assert seeds.startswith("Between 3 seeds the mean change at each place correlates 0.")
    assert " of identities permuted the 6 others change otherwise " in match
    assert match.endswith("With 100 % of identities permuted no neuron is left to compare.")
    assert left.startswith("Left open: which of day y's responses at the same position and time since event a frame")
    assert sum(len(paragraph.split()) for paragraph in block.paragraphs) < 120
    ((_, table),) = block.tables
    assert [row[0] for row in table.rows] == (
        ["shift, reflection"] * 3
        + ["cells permuted"]
        + ["3 seeds"] * 3
        + ["truth"] * 2
        + ["50 % of identities permuted"] * 3
    )


def test_without_position_and_other_runs_nothing_is_tested(days, measurements):
    found = SimpleNamespace(**{**vars(measurements), "tuning": {}})
    block = identifiability_block(days, found, identifiability(CONFIG, days, found, []), condition=())
    assert block.pictures == ()
    assert block.paragraphs[-1].startswith("Left open: networks saw no behaviour")


def test_short_days_are_called_short(make_pair):
    pair = make_pair(position=True)
    sure = identifiability(CONFIG, pair, SimpleNamespace(made={}), [])
    assert identifiability_block(pair, None, sure, condition=()).paragraphs[0].startswith("Not computed: the test part")
    assert identifiability_block(make_pair(phi=True), None, None, condition=()) is None
