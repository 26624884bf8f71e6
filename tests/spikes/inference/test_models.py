"""Which networks are used: shipped, from a file or a folder, at which frame rates; and what is said when that fails."""

from dataclasses import replace
from fractions import Fraction

import pytest
from inference_fakes import random_models, random_networks, write_cascade_folder

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference import models as door
from cyclegan_neuro.spikes.inference.models import choose_models, load_models
from cyclegan_neuro.spikes.inference.rate_models import RateModels
from cyclegan_neuro.spikes.inference.spike_networks import SpikeNetworks
from cyclegan_neuro.spikes.inference.storage import save_networks


@pytest.fixture
def stored(tmp_path):
    return save_networks(tmp_path / "spike_networks.h5", random_networks(1, provenance={"title": "mine"}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_cascade_folder(tmp_path_factory.mktemp("cascade"), random_models((1, 2), members=1))


def test_a_file_and_its_folder_are_the_same_networks(stored):
    by_file, by_folder = load_models(stored), load_models(str(stored.parent))
    assert isinstance(by_file, SpikeNetworks)
    assert by_folder.provenance["title"] == by_file.provenance["title"] == "mine"


def test_a_file_is_read_again_only_where_it_changed(stored):
    first = load_models(stored)
    assert load_models(stored) is first
    save_networks(stored, random_networks(2))
    assert len(load_models(stored).members) == 2


def test_a_folder_of_cascade(folder):
    models = load_models(folder)
    assert isinstance(models, RateModels)
    assert (models.frame_rate_hz, models.before_frames, list(models.noise_levels)) == (30.0, 10, [1, 2])


def test_nothing_there(tmp_path):
    for call in (load_models, lambda path: choose_models(path, 24.0)):
        with pytest.raises(UserError, match=r"got no networks, expected spike_networks.h5, .* a folder of CASCADE"):
            call(tmp_path)


def test_what_is_no_path(tmp_path):
    with pytest.raises(UserError, match="models: got int, expected networks, or the path of a file or folder"):
        choose_models(3, 24.0)


def test_the_shipped_networks_serve_every_rate_and_are_measured():
    shipped = choose_models(None, 3.0, indicator="GCaMP8m")
    assert shipped.networks is choose_models(None, 100.0).networks
    assert shipped.about["family"] == "gcamp8"
    low, middle, high = shipped.about["calibration"][""]["log_ratio"]
    assert low < middle < high
    assert door._SHIPPED.stat().st_size < 15e6
    for field in ("title", "citation", "ground_truth", "training"):
        assert shipped.about[field]


def test_networks_in_memory_and_their_inference_are_taken_as_they_are(stored):
    networks = random_networks(1)
    inference = choose_models(networks, 12.0, indicator="GCaMP6s", cell_type="sst")
    assert inference.networks is networks
    assert (inference.frame_rate_hz, inference.indicator, inference.cell_type) == (12.0, "GCaMP6s", "sst")
    assert choose_models(inference, 99.0, indicator="other") is inference
    assert choose_models(stored, 12.0).about["title"] == "mine"


@pytest.mark.parametrize("rate_hz", [28.51, 30.0, 31.49])
def test_networks_of_one_rate_serve_those_within_five_percent(rate_hz, folder):
    chosen = choose_models(folder, rate_hz)
    assert (chosen.frame_rate_hz, chosen.ratio) == (rate_hz, 1)


@pytest.mark.parametrize("rate_hz", [28.4, 31.6, 15.0])
def test_other_rates_are_refused_with_two_ways_out(rate_hz, folder):
    with pytest.raises(UserError) as caught:
        choose_models(folder, rate_hz)
    message = str(caught.value)
    assert f"frame rate: got {rate_hz:g} Hz, expected 30 Hz within 5%" in message
    assert "leave the networks out: those that come with the package are for every rate" in message
    assert "resampled to 30 Hz (--resample, or evaluation.spikes.resample in evaluate.py)" in message
    assert choose_models(folder, rate_hz, resample=True).ratio == Fraction(30.0 / rate_hz).limit_denominator(1000)


def test_networks_of_one_rate_say_so():
    models = replace(random_models((2, 1)), provenance={"title": "CASCADE"})
    assert choose_models(models, 31.0).about == {
        "frame_rate_hz": 30.0, "smoothing_s": 0.05, "causal": False, "noise_levels": [1, 2], "every_rate": False,
        "title": "CASCADE",
    }  # fmt: skip


@pytest.mark.parametrize(("noise_level", "expected"), [(0.0, 2), (3.49, 2), (3.5, 5), (5.0, 5), (80.0, 5)])
def test_the_nearest_level_is_chosen(noise_level, expected):
    models = replace(random_models((1,)), noise_levels={5: (), 2: ()})
    assert models.level_for(noise_level) == expected
    assert choose_models(models, 30.0).levels([noise_level]).tolist() == [expected]
