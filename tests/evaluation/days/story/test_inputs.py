"""What the report tells of the data: trials as Tables A.1 and A.2, orders of the neurons as Figure and Table E.1."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.story.inputs import inputs_block, order_block
from cyclegan_neuro.recordings.recording import Behaviour
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.windows.prepared import NeuronOrder


def changed(pair, name, **recording):
    day = pair[name]
    return replace(pair, **{name: replace(day, recording=replace(day.recording, **recording))})


def trial_table(pair):
    return next((table for _, table in inputs_block(Config(), pair).tables if table.slug == "trials"), None)


def test_trials_licks_and_rewards_of_each_day_by_hand(make_pair):
    trial = np.repeat(np.arange(8), 12).astype(np.int32)  # 96 frames at 8 Hz
    licks, rewards = np.full(96, 3, np.uint8), np.zeros(96, np.uint8)
    rewards[:5] = 1
    pair = changed(make_pair(), "x", behaviour=Behaviour(trial=trial, licks=licks, rewards=rewards))
    pair = changed(pair, "y", behaviour=Behaviour(licks=licks))
    table = trial_table(pair)
    assert table.columns == (
        "day", "neurons", "duration (s)", "trials", "mean duration of a trial (s)", "licks", "rewards",
    )  # fmt: skip
    assert table.rows == (("x", 5, 12.0, 8, 1.5, 288, 5), ("y", 5, 12.0, None, None, 288, None))


def test_without_behaviour_there_is_no_table_and_phi_has_one_day(make_pair):
    assert trial_table(make_pair()) is None
    assert [row[0] for row in trial_table(make_pair(phi=True, position=True)).rows] == ["x"]


@pytest.mark.parametrize("phi", [False, True])
def test_orders_by_all_methods_stand_beside_that_of_the_run(make_pair, phi):
    pair = make_pair(phi=phi)
    xy_um = np.float32([[40, 0], [0, 0], [10, 0], [20, 0], [30, 0]])
    pair = changed(pair, "x", roi_xy_um=xy_um)
    pair = replace(pair, order=NeuronOrder("autoencoder", np.array([3, 0, 4, 2, 1]), np.float32([2, 5, 4, 1, 3])))
    block = order_block(pair)
    ((_, table),) = block.tables
    assert table.columns == ("rank", "autoencoder", "score", "original", "firing_rate", "correlation", "spatial")
    columns = dict(zip(table.columns, zip(*table.rows, strict=True), strict=True))
    assert columns["rank"] == (1, 2, 3, 4, 5)
    assert columns["autoencoder"] == ("n3", "n0", "n4", "n2", "n1")
    assert columns["score"] == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert columns["original"] == ("n0", "n1", "n2", "n3", "n4")
    assert columns["spatial"] == ("n1", "n2", "n3", "n4", "n0")
    assert sorted(columns["firing_rate"]) == sorted(columns["original"])
    (picture,) = block.pictures
    titles = [title for axes in picture.figure.axes if (title := axes.get_title(loc="left"))]
    assert titles == ["autoencoder", "original", "firing rate", "correlation", "spatial", "what was sorted"]


def test_other_orders_for_phi_are_those_of_x_alone(make_pair):
    """Φ's noise and corner have no part in them."""
    pair = make_pair(phi=True)
    both_x = replace(pair, y=pair.x)
    assert order_block(pair).tables[0][1].rows == order_block(both_x).tables[0][1].rows


def test_the_order_of_an_autoencoder_is_shown_where_it_was_trained(make_pair):
    (sentence,) = order_block(make_pair()).paragraphs
    assert "it is trained only where it is the method of a run" in sentence
