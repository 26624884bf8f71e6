"""What an evaluation takes, where some of it is in the cache already."""

from types import SimpleNamespace

import pytest

from cyclegan_neuro.evaluation.days.cost import cost_of, estimate, note_spikes
from cyclegan_neuro.spikes.cache import ResultCache
from cyclegan_neuro.systems.cyclegan.config import Config

PAPER = {
    "n_neurons": 102, "n_frames": 21_471, "test_fraction": 0.15, "window_frames": 2048, "spike_windows": 200,
    "explained_windows": 200,
}  # fmt: skip


def config_with(**spikes):
    return Config.model_validate({"evaluation": {"spikes": spikes}})


@pytest.mark.parametrize("van_rossum", ["fast", "elephant"])
def test_spikes_that_are_kept_cost_nothing(van_rossum):
    """What is left does not depend on how they would be compared, nor on whose pairs."""
    kept = estimate(**PAPER, van_rossum=van_rossum, spikes_kept=True)
    assert kept.cpu_s < estimate(**PAPER, van_rossum=van_rossum).cpu_s
    assert kept.cpu_s == estimate(**PAPER, van_rossum="fast", spikes_kept=True, compared_neurons=20).cpu_s
    assert kept.method == ""


def test_an_evaluation_counts_what_one_with_its_settings_kept(make_pair, tmp_path):
    pair, config = make_pair(position=True), config_with(max_windows=20)
    new = cost_of(config, pair, kept=tmp_path)
    assert new == cost_of(config, pair)
    note_spikes(config, pair, ResultCache(tmp_path))
    again = cost_of(config, pair, kept=tmp_path)
    assert again.cpu_s < new.cpu_s
    assert again.cache_bytes == new.cache_bytes  # files that are there are subtracted where room is looked for
    assert cost_of(config_with(max_windows=20, processes=1), pair, kept=tmp_path) == again
    other = config_with(max_windows=20, seed=1)
    assert cost_of(other, pair, kept=tmp_path) == cost_of(other, pair)


def test_networks_cost_what_their_layers_hold(make_pair):
    """10^6 and twice 5 x 10^5 values of a window; with as much again everything beyond the rest doubles."""
    pair, config = make_pair(position=True), config_with(max_windows=20)
    held = [SimpleNamespace(shape=(None, *shape)) for shape in ((1000, 1000), (500, 1000, 1), (5, 100_000))]
    network = SimpleNamespace(layers=[SimpleNamespace(output=held[0]), SimpleNamespace(output=held[1:])])
    without, one, two = (cost_of(config, pair, networks=[network] * n).cpu_s for n in range(3))
    assert one - without > 1
    assert two - without == pytest.approx(2 * (one - without))
    few = estimate(**PAPER | {"explained_windows": 20}, van_rossum="fast", network_values=2_000_000)
    assert few.cpu_s < estimate(**PAPER, van_rossum="fast", network_values=2_000_000).cpu_s
