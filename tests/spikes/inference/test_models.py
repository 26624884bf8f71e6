"""Networks in files: written, read back, chosen by frame rate and noise level, and what is said when that fails."""

from dataclasses import replace

import h5py
import numpy as np
import pytest

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference import models as door
from cyclegan_neuro.spikes.inference.models import choose_models, load_models
from cyclegan_neuro.spikes.inference.rate_models import NetworkWeights, RateModels
from cyclegan_neuro.spikes.inference.storage import save_models

#: Convolutions of 31, 19 and 5 frames leave 34, 16 and 12 positions of 64, pooled to 8 and 2 after the last two.
SHAPES = [(31, 1, 3), (19, 3, 4), (5, 4, 5), (5, 6), (2 * 6, 1)]


def make_weights(seed=0, shapes=SHAPES):
    rng = np.random.default_rng(seed)
    return NetworkWeights(
        tuple(rng.normal(0, 0.3, shape).astype(np.float32) for shape in shapes),
        tuple(rng.normal(0, 0.3, shape[-1:]).astype(np.float32) for shape in shapes),
    )


def make_models(rate_hz=24.0, **changes):
    values = {
        "frame_rate_hz": rate_hz,
        "smoothing_s": 0.05,
        "causal": True,
        "noise_levels": {1: (make_weights(1), make_weights(2)), 3: (make_weights(3), make_weights(4))},
        "provenance": {"title": "test", "citation": "none", "ground_truth": ["DS01"], "training": {"epochs": 2}},
    }
    return RateModels(**(values | changes))


@pytest.fixture
def stored(tmp_path):
    return save_models(tmp_path / "rate_models_24hz.h5", make_models())


def test_models_read_back_but_for_the_rounding_to_float16(stored):
    written, read = make_models(), load_models(stored)
    for name in ("frame_rate_hz", "window_frames", "before_frames", "smoothing_s", "causal"):
        assert getattr(read, name) == getattr(written, name)
        assert type(getattr(read, name)) is type(getattr(written, name))
    about = read.provenance
    assert about.pop("created_with").startswith("cyclegan_neuro ")
    assert about == written.provenance
    assert list(read.noise_levels) == [1, 3]
    for level, members in read.noise_levels.items():
        for member, original in zip(members, written.noise_levels[level], strict=True):
            for new, old in zip((*member.kernels, *member.biases), (*original.kernels, *original.biases), strict=True):
                assert new.dtype == np.float32
                # Half a unit in the last of 10 stored bits; below 2**-14 the spacing stays 2**-24.
                assert (np.abs(new - old) <= np.maximum(2.0**-11 * np.abs(old), 2.0**-25)).all()
                assert new.shape == old.shape


def test_eighty_networks_of_the_published_size_are_small(tmp_path):
    shapes = [(31, 1, 30), (19, 30, 40), (5, 40, 50), (50, 10), (20, 1)]
    ensemble = tuple(make_weights(seed, shapes) for seed in range(5))
    assert sum(array.size for array in (*ensemble[0].kernels, *ensemble[0].biases)) == 34381
    size = save_models(tmp_path / "m.h5", make_models(noise_levels={1: ensemble})).stat().st_size
    assert 16 * size < 7e6  # 8 levels at each of 2 frame rates


@pytest.mark.parametrize(("noise_level", "expected"), [(0.0, 2), (3.49, 2), (3.5, 5), (5.0, 5), (80.0, 5)])
def test_the_nearest_level_is_chosen(noise_level, expected):
    assert make_models(noise_levels={5: (), 2: ()}).level_for(np.float64(noise_level)) == expected


def test_a_folder_with_one_frame_rate_loads(stored):
    assert load_models(stored.parent).frame_rate_hz == 24.0


def test_a_folder_with_two_frame_rates_needs_one_named(stored):
    save_models(stored.with_name("rate_models_30hz.h5"), make_models(30.0))
    assert choose_models(stored.parent, 30.9)[0].frame_rate_hz == 30.0
    with pytest.raises(
        UserError, match=r"got networks for 24 or 30 Hz, .* Fix: name one of the files: rate_models_24hz"
    ):
        load_models(stored.parent)


def test_two_files_for_one_frame_rate_are_not_chosen_between(stored):
    save_models(stored.with_name("rate_models_old.h5"), make_models())
    with pytest.raises(UserError, match=r"got rate_models_24hz.h5 and rate_models_old.h5, both for 24 Hz"):
        choose_models(stored.parent, 24.0)


@pytest.mark.parametrize("rate_hz", [22.81, 24.0, 25.19])
def test_rates_within_five_percent_are_served(stored, rate_hz):
    assert choose_models(stored, rate_hz)[0].frame_rate_hz == 24.0


@pytest.mark.parametrize("rate_hz", [22.79, 25.21])
def test_other_rates_are_refused_with_three_ways_out(stored, rate_hz):
    with pytest.raises(UserError) as caught:
        choose_models(stored, rate_hz)
    message = str(caught.value)
    assert f"frame rate: got {rate_hz:g} Hz, expected 24 Hz within 5%" in message
    for way in (
        f"train_inference --ground_truth FOLDER --frame_rate {rate_hz:g}",
        "resampled to 24 Hz",
        "name a folder",
    ):
        assert way in message


def test_shipped_networks_are_looked_for_in_the_package(stored, monkeypatch):
    monkeypatch.setattr(door, "_SHIPPED", stored.parent)
    assert choose_models(None, 24.5)[0].frame_rate_hz == 24.0
    with pytest.raises(UserError, match="expected 24 Hz within 5%, for which there are shipped networks"):
        choose_models(None, 10.0)


def test_nothing_there(tmp_path):
    for call in (load_models, lambda path: choose_models(path, 24.0)):
        with pytest.raises(UserError, match=r"got no networks, expected rate_models_\*.h5, or a folder of CASCADE"):
            call(tmp_path)


def test_an_incomplete_file_is_named_so(stored):
    content = stored.read_bytes()
    stored.write_bytes(content[: len(content) // 2])
    with pytest.raises(
        UserError, match=rf"24hz.h5: got an incomplete file \({len(content) // 2:,} of {len(content):,}"
    ):
        load_models(stored)


def test_a_file_that_is_no_hdf5(tmp_path):
    path = tmp_path / "rate_models_1hz.h5"
    path.write_text("weights")
    with pytest.raises(UserError, match="got an HDF5 file that cannot be decoded"):
        load_models(path)


def edited(path, edit):
    with h5py.File(path, "r+") as file:
        edit(file)
    return path


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (lambda f: f.attrs.pop("format"), r"24hz.h5: got another kind of HDF5 file, expected networks for spike inf"),
        (lambda f: f.attrs.update(format_version=2), r"24hz.h5: got version 2, expected"),
        (lambda f: f.attrs.pop("smoothing_s"), r"attribute smoothing_s: got no such attribute"),
        (lambda f: f.pop("level_3"), r"noise level 3: got no such group, expected /level_3 with a kernel and a bias"),
        (lambda f: f.pop("level_1/dense_bias"), r"noise level 1: got no dense_bias"),
        (
            lambda f: f.attrs.update(window_frames=60),
            r"level 1, network 0: got a kernel \(12, 1\) .* of output where \(6, 1\)",
        ),
        (lambda f: f.attrs.update(noise_levels=[]), r"got noise levels \[\], expected networks for each"),
    ],
)
def test_unsound_files(stored, edit, text):
    with pytest.raises(UserError, match=text):
        load_models(edited(stored, edit))


def test_arrays_for_different_numbers_of_networks(stored):
    def cut(file):
        bias = file["level_3/conv2_bias"][:1]
        del file["level_3/conv2_bias"]
        file["level_3/conv2_bias"] = bias

    with pytest.raises(UserError, match=r"noise level 3: got arrays for 1 and 2 networks"):
        load_models(edited(stored, cut))


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (0, (31, 2, 3), r"of conv1 where \(width, 1, filters\)"),
        (0, (65, 1, 3), r"conv1, whose kernel \(65, 1, 3\) is wider than what it reads"),
        (1, (19, 4, 4), r"of conv2 where \(width, 3, filters\)"),
        (3, (5, 6, 1), r"of dense where \(5, units\)"),
        (4, (11, 1), r"of output where \(12, 1\)"),
    ],
)
def test_shapes_that_do_not_fit_are_not_written(tmp_path, layer, shape, text):
    shapes = [*SHAPES[:layer], shape, *SHAPES[layer + 1 :]]
    path = tmp_path / "m.h5"
    with pytest.raises(UserError, match=rf"m.h5, noise level 2, network 0: got .*{text}"):
        save_models(path, make_models(noise_levels={2: (make_weights(shapes=shapes),)}))
    assert not path.exists()


@pytest.mark.parametrize("value", [np.nan, 1e5])
def test_weights_beyond_float16_are_not_written(stored, value):
    weights = make_weights()
    broken = replace(weights, biases=(np.full(3, value, np.float32), *weights.biases[1:]))
    before = stored.read_bytes()
    with pytest.raises(UserError, match="got weights that are not finite as float16"):
        save_models(stored, make_models(noise_levels={1: (weights, broken)}))
    assert stored.read_bytes() == before


def test_a_folder_that_is_not_there_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="expected a directory that exists"):
        save_models(tmp_path / "none" / "m.h5", make_models())
