from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.names import STATISTICS
from cyclegan_neuro.evaluation.days.story.certainty import certainty_block
from cyclegan_neuro.spikes.comparison import Comparison, Floor
from cyclegan_neuro.systems.cyclegan.config import Config


def found(signals=None, tuning=None):
    return SimpleNamespace(model="CycleGAN", signals=signals or {}, tuning=tuning or {})


def means(**values):
    return {name: {"mean": value, "mae": value} for name, value in values.items()}


def rows_of(block):
    ((_, table),) = block.tables
    return table.rows


def test_overlapping_windows_are_counted_as_the_frames_they_hold(make_pair):
    """Starts 64, 72, 80 of 16 frames hold frames 64-95: two windows side by side; 65, 71, 79 hold 65-94: one."""
    evidence = certainty_block(Config(), make_pair(), found()).paragraphs[0]
    assert "the 3 of x hold as many frames as 2 windows side by side, the 3 of y as many as 1." in evidence


def test_one_seed_is_called_one_seed(make_pair):
    block = certainty_block(Config(training={"seed": 77}), make_pair(), found())
    assert "one training run (seed 77) on one pair of days" in block.paragraphs[1]


@pytest.mark.parametrize(
    ("kind", "known", "words"),
    [
        ({}, {}, "is not known"), ({"phi": True}, {"direct_y": {}}, "Because Φ is known"),
        ({"truth": True}, {"direct_y": {}}, "Because the simulator knows the answer"),
    ],
)  # fmt: skip
def test_what_the_answer_rests_on(make_pair, kind, known, words):
    signals = {metric: means(model=1.0, identity=2.0, moment_matching=3.0, gaussian_ot=4.0) for metric in known}
    assert words in certainty_block(Config(), make_pair(**kind), found(signals)).how[0]


def test_without_an_answer_there_is_no_table(make_pair):
    assert certainty_block(Config(), make_pair(), found({"cycle_x": means(model=1.0)})).tables == ()


def test_verdicts_on_signals_and_tuning(make_pair):
    signals = {
        "direct_y": means(model=1.0, identity=2.0, moment_matching=0.9, gaussian_ot=5.0, best_possible=0.5),
        "direct_x": means(model=1.0, identity=1.005, moment_matching=1.5, gaussian_ot=1.2),
    }
    tuning = {
        "changed_y": means(
            model=2.0,
            identity=1.0,
            moment_matching=3.0,
            gaussian_ot=2.5,
            position_shift=3.0,
            position_moments=0.8,
            training_laps=0.5,
        ),
        "unchanged_y": means(
            model=0.1,
            identity=0.0,
            moment_matching=0.2,
            gaussian_ot=0.3,
            position_shift=0.1,
            noise=0.4,
            training_laps=0.3,
        ),
    }
    block = certainty_block(Config(), make_pair(truth=True), found(signals, tuning))
    assert rows_of(block) == (
        ("|Y − G(X)| (ΔF/F)", 1.0, 2.0, 0.9, None, 0.5, "better", "worse", None, "above"),
        ("|X − F(Y)| (ΔF/F)", 1.0, 1.005, 1.2, None, None, "no better", "better", None, None),
        ("tuning error of G(X), changed neurons (ΔF/F)", 2.0, 1.0, 2.5, 0.8, None, "worse", "better", "worse", None),
        ("tuning error of G(X), unchanged neurons (ΔF/F)", 0.1, 0.0, 0.2, 0.1, 0.4, "worse", "better", "no better",
         "within"),
    )  # fmt: skip
    assert block.paragraphs[0] == (
        "Counted over 4 errors (|Y − G(X)| (ΔF/F); |X − F(Y)| (ΔF/F); tuning error of G(X), changed neurons (ΔF/F); "
        "tuning error of G(X), unchanged neurons (ΔF/F)), the CycleGAN beats doing nothing in 1, every alignment that "
        "sees activity alone in 3, every alignment that uses the position in 0 of 2. Of 2 errors "
        "with a noise floor, as far as parts of one day differ, 1 is no larger."
    )


@pytest.mark.parametrize(("model", "within"), [(2.0, "above"), (0.9, "within"), (0.4, "within")])
def test_verdicts_on_spikes(make_pair, model, within):
    """The floor has an interval over pairs of parts; within goes up to its end, 0.6 + t s sqrt(4/3) = 1.10."""

    def compared(*kl):
        return {name: Comparison(name, "neuron", np.array(kl), np.zeros(len(kl))) for name in STATISTICS}

    def statistics(mean):
        """Two neurons around a mean, and one without a value."""
        return SimpleNamespace(comparisons=compared(mean - 0.1, mean + 0.1, np.nan))

    means_of = {"model": model, "identity": 4.0, "moment_matching": 0.5, "gaussian_ot": 3.0}
    pair = {name: statistics(mean) for name, mean in means_of.items()}
    floors = {name: Floor(tuple(compared(kl)[name] for kl in (0.5, 0.6, 0.7))) for name in STATISTICS}
    spikes = SimpleNamespace(
        pairs={"y_from_x": pair, "x_from_y": pair}, floors={"x": floors, "y": floors}
    )  # fmt: skip
    rows = rows_of(certainty_block(Config(), make_pair(), found(), spikes))
    assert len(rows) == 6
    assert rows[0][0] == "Firing rate, Y | G(X) (KL, nats)"
    assert rows[0][1:4] == pytest.approx((model, 4.0, 0.5))
    assert rows[0][4] is None  # nothing here knows the position
    assert rows[0][5] == pytest.approx(0.6)
    assert rows[0][6:] == ("better", "better" if model < 0.5 else "worse", None, within)
