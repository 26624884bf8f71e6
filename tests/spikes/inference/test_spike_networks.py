"""Networks that serve every frame rate: which they refuse, and what they are told."""

import json
from dataclasses import replace

import numpy as np
import pytest
from inference_fakes import SMALL, random_members, random_networks

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.cache import content_key
from cyclegan_neuro.spikes.inference.spike_network import Architecture


@pytest.mark.parametrize("frame_rate_hz", [2.84, 105.1])
def test_frame_rates_beyond_the_training_are_refused(frame_rate_hz):
    with pytest.raises(UserError) as caught:
        random_networks(1).at(frame_rate_hz)
    assert f"frame rate: got {frame_rate_hz:g} Hz, expected 3 to 100 Hz, for which the networks are" in str(
        caught.value
    )


@pytest.mark.parametrize("frame_rate_hz", [2.85, 105.0])
def test_frame_rates_within_five_percent_of_it_are_not(frame_rate_hz):
    assert random_networks(1).at(frame_rate_hz).about["frame_rate_hz"] == frame_rate_hz


@pytest.mark.parametrize(
    ("trained_hz", "said", "served", "refused"),
    [([30.0], "30 Hz", [28.5, 31.5], [15.0, 60.0]), ([5.0, 200.0], "5 to 200 Hz", [4.75, 210.0], [3.0])],
)
def test_networks_serve_the_rates_that_they_were_trained_for(trained_hz, said, served, refused):
    networks = random_networks(1, provenance={"training": {"frame_rates_hz": trained_hz}})
    assert [networks.at(rate).frame_rate_hz for rate in served] == served
    for rate in refused:
        with pytest.raises(UserError, match=rf"got {rate:g} Hz, expected {said}, for which the networks are"):
            networks.at(rate)


def test_traces_beyond_the_noise_of_the_training_are_read_as_its_ends():
    inference = random_networks(1).at(30.0)
    assert inference.levels(np.array([0.05, 1.5, 9.9, 80.0])).tolist() == [0.3, 1.5, 9.9, 10.0]
    assert [columns.tolist() for columns in inference.groups(np.arange(4.0))] == [[0, 1, 2, 3]]


def test_results_are_kept_by_everything_that_rates_depend_on():
    networks = random_networks()
    other = random_members(seed=1)
    moved = Architecture(**{**vars(SMALL), "first_s": (*SMALL.first_s[:-1], 0.21)})
    ways = [
        networks.at(30.0), networks.at(30.5), networks.at(30.0, indicator="GCaMP6f"), networks.at(30.0, cell_type="pv"),
        replace(networks, members=(networks.members[0],)).at(30.0),
        replace(networks, members=(networks.members[0], other[1])).at(30.0),
        replace(networks, architecture=moved).at(30.0),
    ]  # fmt: skip
    assert len({content_key(*way.identity) for way in ways}) == len(ways)
    same = replace(networks, provenance={"title": "another"}).at(
        30.0, indicator="jRGECO1a"
    )  # of which they know nothing
    assert content_key(*same.identity) == content_key(*ways[0].identity)


def test_files_and_reports_get_what_was_assumed():
    calibration = {"gcamp8": {"log_ratio": [-1.0, 0.0, 1.0], "n_cells": 30, "n_data_sets": 3}}
    networks = random_networks(1, calibration=calibration, causal=True, provenance={"title": "random"})
    about = networks.at(7.5, indicator="jGCaMP8s", cell_type="pyramidal").about
    assert about == {
        "frame_rate_hz": 7.5, "smoothing_s": 0.2, "causal": True, "noise_levels": [0.3, 10.0], "every_rate": True,
        "frame_rates_hz": [3.0, 100.0], "indicator": "jGCaMP8s", "cell_type": "pyramidal", "family": "gcamp8",
        "calibration": calibration,
        "title": "random",
    }  # fmt: skip
    assert json.loads(json.dumps(about)) == about
