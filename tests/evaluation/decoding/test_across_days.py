"""Decoders of one day on another: what alignments can mend, what is compared, what the report says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold

from cyclegan_neuro.evaluation.decoding.across_days import across_days
from cyclegan_neuro.evaluation.decoding.across_days_block import across_days_block
from cyclegan_neuro.evaluation.decoding.day_decoders import PENALTIES, lagged, penalty_errors, r2_of_trials
from cyclegan_neuro.populations.trials.preparing import prepare_trials
from cyclegan_neuro.populations.trials.sections import TrialsSection
from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials

EMG = Path(__file__).parents[4] / "shared" / "data" / "monkey_cross_day_emg.h5"
N_NEURONS, N_TRIALS, N_BINS = 12, 40, 20


class Halves:
    """A model whose content is the first two neurons and whose style is the third."""

    name = "halves"

    def spaces(self, windows):
        return {"full": windows[:, :3], "content": windows[:, :2], "style": windows[:, 2:3]}

    def reconstruct(self, full):
        return None


def two_days(change, *, gain=1.0, context_bins=0):
    """Smooth targets drive neurons; ``change`` turns what the neurons of day 1 do into something else."""
    rng = np.random.default_rng(5)
    n = 2 * N_TRIALS * N_BINS
    targets = np.stack([np.convolve(rng.normal(size=n), np.ones(6) / 2, "same") for _ in range(2)], axis=1)
    values = targets @ rng.normal(size=(2, N_NEURONS)) + rng.normal(size=(n, N_NEURONS)) + 3
    day = np.repeat([0, 1], n // 2)
    values[day == 1] = change(values[day == 1])
    targets[day == 1] = gain * targets[day == 1] + gain - 1
    trial = np.repeat(np.arange(2 * N_TRIALS), N_BINS)
    trials = Trials(
        values.astype(np.float32), "spikes/s", 0.5, trial=trial, day=day, targets=targets.astype(np.float32),
        target_names=("left", "right"),
    )  # fmt: skip
    held_out = np.r_[30:40, 70:80]
    return PreparedTrials(trials, held_out, context_bins=context_bins)


def scaled(values):
    """Another gain and offset for every neuron: what moments mend."""
    return values * np.linspace(0.2, 3.0, N_NEURONS) + np.linspace(-9, 9, N_NEURONS)


def turned(values):
    """Neurons mixed by a symmetric positive matrix: what transport mends, and moments do not."""
    basis, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(N_NEURONS, N_NEURONS)))
    return (values - values.mean(axis=0)) @ (basis * np.geomspace(0.1, 10, N_NEURONS)) @ basis.T + 5


@pytest.fixture(scope="module")
def found():
    return across_days(two_days(scaled), Halves(), n_resamples=300)


def test_bins_before_stay_in_their_trial():
    trials = Trials(np.arange(6, dtype=np.float32)[:, None], "spikes/s", 0.1, trial=np.array([0, 0, 0, 4, 4, 4]))
    seen = lagged(trials.values, trials, np.array([1, 3, 5]), before=2)
    assert seen.tolist() == [[0, 0, 1], [3, 3, 3], [3, 4, 5]]
    seen = lagged(trials.values, trials, np.array([1, 2]), before=1, context=1)
    assert seen.tolist() == [[0, 0, 1, 2], [0, 1, 2, 2]]


def test_r2_is_that_of_scikit_learn_and_of_drawn_trials():
    rng = np.random.default_rng(0)
    true, predicted, trial = rng.normal(size=(9, 2)) * [1, 5], rng.normal(size=(9, 2)), np.repeat([3, 5, 8], 3)
    draws = np.array([[1, 1, 1], [0, 2, 1]])
    r2, resampled = r2_of_trials(true, predicted, trial, draws=draws)
    assert r2 == pytest.approx(r2_score(true, predicted, multioutput="variance_weighted"))
    drawn = np.r_[3:6, 3:6, 6:9]
    expected = [r2, r2_score(true[drawn], predicted[drawn], multioutput="variance_weighted")]
    np.testing.assert_allclose(resampled, expected)


def test_errors_are_those_of_ridges_in_folds_of_trials():
    rng = np.random.default_rng(0)
    x, trial = rng.normal(2, 1, size=(90, 8)), np.repeat(np.arange(9), 10)
    targets = x @ rng.normal(size=(8, 3)) + rng.normal(5, 1, size=(90, 3))
    expected = [
        sum(
            np.square(Ridge(alpha=penalty).fit(x[fit], targets[fit]).predict(x[check]) - targets[check]).sum()
            for fit, check in GroupKFold(3).split(x, groups=trial)
        )
        for penalty in PENALTIES
    ]
    np.testing.assert_allclose(penalty_errors(x, targets, trial), expected)


def test_moments_mend_gains_and_offsets(found):
    scores = found.features["raw"].scores
    assert scores["day_0"].r2 > 0.8
    assert scores["as_is"].r2 < 0
    for name in ("moments", "gaussian_ot", "retrained"):
        assert scores[name].r2 == pytest.approx(scores["day_0"].r2, abs=0.05)
    assert all(score.low < score.r2 < score.high for score in scores.values())
    assert found.n_held_out == (10, 10)
    assert found.features["content"].scores["moments"].r2 < scores["moments"].r2  # fewer neurons tell less


def test_transport_mends_what_moments_do_not():
    scores = across_days(two_days(turned), Halves(), n_resamples=100).features["raw"].scores
    assert scores["gaussian_ot"].r2 > 0.8
    assert scores["moments"].r2 < scores["gaussian_ot"].r2 - 0.1


def test_alignments_before_the_network_are_those_of_raw_activity():
    """What a model that hands on its input makes of aligned activity, raw activity has; alignment behind it as well."""

    class Whole(Halves):
        def spaces(self, windows):
            return {"full": windows}

    features = across_days(two_days(turned), Whole(), n_resamples=100).features
    raw, full = features["raw"].scores, features["full"].scores
    for name in ("moments", "gaussian_ot"):
        assert full[f"{name}_before"].r2 == pytest.approx(raw[name].r2, abs=1e-3)
        assert full[name].r2 == pytest.approx(raw[name].r2, abs=1e-3)
    halves = across_days(two_days(turned), Halves(), n_resamples=100).features["content"].scores
    assert halves["gaussian_ot_before"].r2 > halves["gaussian_ot"].r2  # neurons outside the content help


def test_context_is_seen_by_both():
    """A network that is given windows, one bin before and after, gets aligned windows of the same form."""
    seen = []

    class Watching(Halves):
        def spaces(self, windows):
            seen.append(windows)
            return super().spaces(windows)

    prepared = two_days(scaled, context_bins=1)
    across_days(prepared, Watching(), n_resamples=100)
    np.testing.assert_array_equal(seen[0], prepared.windows())
    day_0 = prepared.trials.day == 0
    assert len(seen) == 3
    for moved in seen[1:]:
        np.testing.assert_array_equal(moved[day_0], seen[0][day_0])
        assert not np.allclose(moved[~day_0], seen[0][~day_0])


def test_targets_are_in_units_of_their_day():
    """A gain of the targets is in R² as recorded alone; on the decoder's own day both are nearly one."""
    scores = across_days(two_days(lambda values: values, gain=3.0), Halves(), n_resamples=100).features["raw"].scores
    assert scores["as_is"].r2 > 0.8
    assert scores["as_is"].as_recorded < 0.6
    assert scores["retrained"].as_recorded == pytest.approx(scores["retrained"].r2, abs=0.02)


def test_differences_are_paired(found):
    raw = found.features["raw"].scores
    assert raw["moments"].minus(raw["moments"]) == (0, 0, 0)
    difference, low, high = found.features["content"].scores["moments"].minus(raw["moments"])
    assert low < difference < high < 0


def test_bins_without_targets_take_no_part():
    prepared = two_days(scaled)
    targets = prepared.trials.targets.copy()
    targets[::7] = np.nan
    found = across_days(replace(prepared, trials=replace(prepared.trials, targets=targets)), Halves(), n_resamples=100)
    assert found.features["raw"].scores["moments"].r2 > 0.8


@pytest.mark.parametrize("missing", ["day", "targets", "targets of a day"])
def test_nothing_without_two_days_of_targets(missing):
    prepared = two_days(scaled)
    trials = prepared.trials
    if missing == "targets of a day":
        changed = {"targets": np.where(trials.day[:, None] == 1, np.nan, trials.targets)}
    else:
        changed = {missing: None}
    assert across_days(replace(prepared, trials=replace(trials, **changed)), Halves()) is None


def test_the_block_tells_and_draws(found):
    block = across_days_block(found)
    raw = found.features["raw"].scores
    assert f"R² {raw['day_0'].r2:.2f} there and {raw['as_is'].r2:.2f} on day 1 as it is" in block.paragraphs[0]
    assert "From the content of halves" in block.paragraphs[1]
    assert "given aligned activity, it is worse than raw activity (-" in block.paragraphs[1]
    assert sum(len(text.split()) for text in block.paragraphs) < 120
    ((_, table),) = block.tables
    assert len(table.rows) == 5 + 3 * 7
    assert table.rows[0][:2] == ("raw activity", "day 0, held out")
    bars, *traces = block.pictures[0].figure.axes
    assert len(bars.patches) == 5 + 3 * 7
    assert [len(axis.lines[0].get_ydata()) for axis in traces] == [40, 40]  # 20 s
    assert set(json.loads(json.dumps(found.metrics()))["features"]) == {"raw", "full", "content", "style"}


@pytest.mark.skipif(not EMG.is_file(), reason="the recording is not there")
def test_two_days_of_a_monkey():
    """What a ridge decoder of EMG is known to reach, with three bins before and smoothing by 2 bins."""
    days = {key: {"path": str(EMG), "group": group} for key, group in (("x", "day_0"), ("y", "day_16"))}
    section = {"source": "rates", **days, "smooth_bins": 2.0, "held_out_fraction": 0.25}
    prepared = prepare_trials(TrialsSection.model_validate(section))
    scores = across_days(prepared, Halves(), n_resamples=100).features["raw"].scores
    known = {"day_0": 0.70, "as_is": -0.01, "moments": 0.525, "gaussian_ot": 0.51, "retrained": 0.64}
    assert {name: score.r2 for name, score in scores.items()} == pytest.approx(known, abs=0.04)
