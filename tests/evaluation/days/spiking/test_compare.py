"""Statistics of all pairs and translators: what is compared, and what is kept for the next evaluation."""

from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import SpikesSection
from cyclegan_neuro.evaluation.days.names import PAIRS
from cyclegan_neuro.evaluation.days.spiking import statistics
from cyclegan_neuro.evaluation.days.spiking.compare import compare_signals
from cyclegan_neuro.evaluation.days.spiking.statistics import StatisticsOf
from cyclegan_neuro.spikes.cache import ResultCache
from cyclegan_neuro.spikes.comparison import compare_correlations, compare_firing_rates, compare_van_rossum
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.correlation import correlations
from cyclegan_neuro.spikes.statistics.parallel import Workers
from cyclegan_neuro.spikes.statistics.van_rossum import distances

STATISTICS = ("firing_rate", "correlation", "van_rossum", "van_rossum_pairs")


def spikes(seed, *, n_windows=6, rate=0.15, silent=()):
    counts = np.random.default_rng(seed).poisson(rate, (n_windows, 48, 4)).astype(np.uint8)
    counts[..., list(silent)] = 0
    return SpikeCounts(counts, 24.0)


@pytest.fixture
def signals():
    x, y = spikes(1), spikes(2, n_windows=5, rate=0.3)
    return {
        "recorded": {"x": x, "y": y},
        "identity": {"f_y": y, "g_x": x},
        "model": {"f_y": spikes(3, n_windows=5), "f_g_x": x, "g_x": spikes(4), "g_f_y": y},
        "gaussian_ot": {"f_y": spikes(5, n_windows=5), "g_x": spikes(6)},
    }


@pytest.fixture
def computed(monkeypatch):
    """Keep the method of every statistic that is computed, and of pairs what they are of, as often as signals."""
    names = ("mean_rates", "correlations", "pair_distances", "compare_windows", "compare_neurons")
    calls = {name: [] for name in names}

    def counted(name, function):
        def call(*args, **kwargs):
            of = args[2] if name == "compare_windows" else kwargs["method"]
            calls[name] += [of] * (len(args[1]) if name.startswith("compare") else 1)
            return function(*args, **kwargs)

        return call

    for name in names:
        monkeypatch.setattr(statistics, name, counted(name, getattr(statistics, name)))
    return calls


def numbers(computed):
    """Calls that take long."""
    return {name: len(calls) for name, calls in computed.items() if name != "mean_rates"}


@pytest.fixture
def compare_all(make_days, make_recorder, signals):
    prepared = make_days()

    def run(*, cache=None, van_rossum="fast", neurons=(0, 2), chosen=signals, **section):
        recorder = make_recorder(prepared, cache=cache, **section)
        with Workers(1) as workers:
            return compare_signals(StatisticsOf(recorder, workers, np.array(neurons)), chosen, van_rossum=van_rossum)

    return run


def same(first, second):
    for pair in PAIRS:
        assert first[pair].keys() == second[pair].keys()
        for translator, entry in first[pair].items():
            other = second[pair][translator]
            np.testing.assert_array_equal(entry.heat_maps, other.heat_maps)
            for name, comparison in entry.comparisons.items():
                again = other.comparisons[name]
                for field in ("statistic", "unit", "silent_recorded", "silent_generated", "undefined_pairs"):
                    assert getattr(comparison, field) == getattr(again, field)
                np.testing.assert_array_equal(comparison.kl, again.kl)
                np.testing.assert_array_equal(comparison.wasserstein, again.wasserstein)


def test_every_translator_has_the_pairs_that_its_signals_allow(compare_all):
    found = compare_all()
    direct = {"identity", "model", "gaussian_ot"}
    assert {pair: set(entry) for pair, entry in found.items()} == {
        "x_from_y": direct, "y_from_x": direct, "x_cycle": {"model"}, "y_cycle": {"model"}
    }  # fmt: skip
    for entry in found["x_from_y"].values():
        assert entry.comparisons.keys() == set(STATISTICS)


def test_each_pair_compares_a_recorded_day_with_what_looks_like_it(compare_all, signals):
    """Distances by hand: the mean rate of the recorded less that of the generated, where no window overlaps."""
    fast = spikes(7, rate=3.0)
    signals["model"] |= {"f_y": fast, "g_x": SpikeCounts(fast.counts * 2, 24.0)}
    found = compare_all()
    mean = {name: s.counts.mean(axis=(0, 1)) * 24 for name, s in signals["recorded"].items()}
    generated = fast.counts.mean(axis=(0, 1)) * 24
    for pair, day, factor in (("x_from_y", "x", 1), ("y_from_x", "y", 2)):
        distance = found[pair]["model"].comparisons["firing_rate"].wasserstein
        np.testing.assert_allclose(distance, factor * generated - mean[day])
    for pair in ("x_cycle", "y_cycle"):  # the cycle returns the recording itself
        for statistic in ("firing_rate", "correlation", "van_rossum_pairs"):
            assert not found[pair]["model"].comparisons[statistic].kl.any()
            assert not found[pair]["model"].comparisons[statistic].wasserstein.any()


def test_van_rossum_is_that_of_the_distances(compare_all, signals):
    found = compare_all(time_constant_s=0.3, neurons=(3, 0))["x_from_y"]["model"]
    expected = distances(signals["recorded"]["x"], signals["model"]["f_y"], time_constant_s=0.3, method="fast")
    values = compare_van_rossum(expected)
    np.testing.assert_array_equal(found.comparisons["van_rossum"].kl, values.kl)
    np.testing.assert_array_equal(found.comparisons["van_rossum"].wasserstein, values.wasserstein)
    np.testing.assert_array_equal(found.heat_maps, expected.cross[[3, 0]])
    assert found.heat_maps.shape == (2, 6, 5)


@pytest.mark.parametrize("method", ["elephant", "fast"])
def test_both_ways_of_identity_are_what_each_is_alone(compare_all, signals, method):
    """Elephant's second is not computed but turned round."""
    signals["recorded"]["x"] = signals["identity"]["g_x"] = spikes(1, silent=[3])
    x, y = signals["recorded"]["x"], signals["recorded"]["y"]
    found = compare_all(van_rossum=method)
    for pair, recorded, generated in (("x_from_y", x, y), ("y_from_x", y, x)):
        entry = found[pair]["identity"]
        alone = distances(recorded, generated, method=method)
        np.testing.assert_allclose(entry.heat_maps, alone.cross[[0, 2]], atol=1e-6)
        kept, values = entry.comparisons["van_rossum"], compare_van_rossum(alone)
        assert (kept.silent_recorded, kept.silent_generated) == (values.silent_recorded, values.silent_generated)
        np.testing.assert_allclose(kept.wasserstein, values.wasserstein, atol=1e-6)


def test_a_floor_is_what_signals_are_compared_by(make_days, make_recorder):
    first, second, third = spikes(1), spikes(2, n_windows=5, rate=0.3), spikes(3, silent=[2])
    with Workers(1) as workers:
        floors = StatisticsOf(make_recorder(make_days()), workers, np.array([0])).floors(
            [(first, second), (third, first), (third, second)], label="x"
        )
    assert floors.keys() == set(STATISTICS)
    rates = [counts.counts.mean(axis=1) * 24 for counts in (first, second, third)]
    for found, (recorded, other) in zip(
        floors["firing_rate"].comparisons,
        ((rates[0], rates[1]), (rates[2], rates[0]), (rates[2], rates[1])),
        strict=True,
    ):
        np.testing.assert_allclose(found.kl, compare_firing_rates(recorded, other).kl)
    (one, other) = (compare_van_rossum(distances(*pair, method="fast")) for pair in ((first, second), (third, first)))
    np.testing.assert_array_equal(floors["van_rossum"].comparisons[0].kl, one.kl)
    np.testing.assert_array_equal(floors["van_rossum"].comparisons[1].kl, other.kl)
    assert floors["van_rossum"].comparisons[1].silent_recorded == (2,)


def test_silent_neurons_are_counted_on_their_side(compare_all, signals):
    signals["recorded"]["x"] = spikes(1, silent=[1])
    signals["model"]["f_y"] = spikes(3, n_windows=5, silent=[0, 1])
    found = compare_all()["x_from_y"]["model"]
    for name in ("firing_rate", "van_rossum"):
        comparison = found.comparisons[name]
        assert (comparison.silent_recorded, comparison.silent_generated) == ((1,), (0, 1))
        assert np.flatnonzero(np.isnan(comparison.kl)).tolist() == [1]
        assert comparison.to_json()["kl"]["n"] == 3
    assert found.comparisons["correlation"].undefined_pairs >= 5 / 6


def test_elephant_computes_what_matters_most_and_each_signal_once(compare_all, computed, signals):
    signals["model"] |= {"f_g_x": spikes(8), "g_f_y": spikes(9, n_windows=5)}
    compare_all(van_rossum="elephant")
    # 2 pairs of the model, both of identity at once; 2 cycles and 2 of the alignment
    assert sorted(computed["compare_neurons"]) == ["elephant"] * 3 + ["fast"] * 4
    # x, y and 2 signals of the model
    assert computed["correlations"] == computed["pair_distances"] == ["elephant"] * 4
    assert sorted(computed["compare_windows"]) == ["correlation"] * 4 + ["van_rossum_pairs"] * 4
    assert computed["mean_rates"].count("elephant") == 4


def test_fast_asks_elephant_for_nothing(compare_all, computed):
    compare_all()
    assert not computed["correlations"]
    assert "elephant" not in computed["mean_rates"] + computed["compare_neurons"]


def test_elephant_and_fast_agree(compare_all):
    elephant, fast = (compare_all(van_rossum=method) for method in ("elephant", "fast"))
    for pair in PAIRS:
        maps = [found[pair]["model"].heat_maps for found in (elephant, fast)]
        np.testing.assert_allclose(*maps, atol=1e-6)
        for statistic in ("firing_rate", "correlation"):
            both = [found[pair]["model"].comparisons[statistic] for found in (elephant, fast)]
            np.testing.assert_allclose(*(each.wasserstein for each in both), atol=1e-12)


@pytest.mark.parametrize("folder", [True, False])
def test_a_pair_is_compared_once(compare_all, computed, tmp_path, folder):
    """Eight pairs, of which the cycles return the recorded days."""
    compare_all(cache=tmp_path if folder else None)
    assert sorted(computed["compare_windows"]) == ["correlation"] * 8 + ["van_rossum_pairs"] * 8
    assert len(computed["compare_neurons"]) == 8


def test_nothing_is_computed_again(compare_all, computed, tmp_path):
    first = compare_all(cache=tmp_path)
    before = numbers(computed)
    second = compare_all(cache=tmp_path)
    assert numbers(computed) == before
    same(first, second)


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        ({"time_constant_s": 0.4}, {"compare_neurons", "compare_windows"}),
        ({"correlation_bin_s": 0.25}, {"compare_windows"}),
        ({"van_rossum": "elephant"}, {"compare_neurons", "correlations", "pair_distances"}),
        ({"neurons": (1, 2)}, {"compare_neurons"}),
        ({"processes": 2}, set()),
    ],
)
def test_other_settings_compute_what_they_change_and_nothing_else(compare_all, computed, tmp_path, change, anew):
    compare_all(cache=tmp_path)
    before = numbers(computed)
    found = compare_all(cache=tmp_path, **change)
    assert {name for name, n in numbers(computed).items() if n > before[name]} == anew
    same(found, compare_all(**change | {"processes": 1}))


def test_other_spikes_are_measured_anew(compare_all, computed, signals, tmp_path):
    compare_all(cache=tmp_path)
    before = numbers(computed)
    other = {**signals, "model": {**signals["model"], "g_x": spikes(9)}}
    compare_all(cache=tmp_path, chosen=other)
    anew = {name: n - before[name] for name, n in numbers(computed).items()}
    assert anew == {"correlations": 0, "pair_distances": 0, "compare_windows": 2, "compare_neurons": 1}


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_comparison_goes_on_where_it_was(compare_all, computed, tmp_path, monkeypatch, error):
    counted = statistics.compare_neurons

    def interrupted(*args, progress, **kwargs):
        def stop(done, total):
            if len(computed["compare_neurons"]) == 4 and done == 2:
                raise error

        return counted(*args, progress=stop, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(statistics, "compare_neurons", interrupted)
        with pytest.raises(error):
            compare_all(cache=tmp_path)
    assert len(computed["compare_neurons"]) == 4
    found = compare_all(cache=tmp_path)
    assert len(computed["compare_neurons"]) == 4 + 8 - 3  # three were finished, with one pass
    same(found, compare_all())


def test_of_many_neurons_a_sample_is_compared():
    """Statistics of pairs and distances are those of its neurons alone; firing rates are of all."""
    x, y = (np.random.default_rng(seed).poisson(0.2, (6, 96, 40)).astype(np.uint8) for seed in (1, 2))
    x[..., 5] = y[..., 7] = 0
    prepared = SimpleNamespace(n_neurons=40)
    section = SpikesSection(max_neurons=20, seed=3)
    recorder = SimpleNamespace(section=section, prepared=prepared, cache=ResultCache(None))
    with Workers(1) as workers:
        of = StatisticsOf(recorder, workers, np.array([0, 39]))
        found = of.compare(SpikeCounts(x, 24.0), SpikeCounts(y, 24.0), label="")
    chosen = of.sample.neurons
    assert of.sample.of == 40
    assert len(chosen) == len(set(chosen)) == 20
    some = [SpikeCounts(counts[..., chosen], 24.0) for counts in (x, y)]
    pairs = compare_correlations(*(correlations(counts, method="fast") for counts in some))
    np.testing.assert_array_equal(found.comparisons["correlation"].kl, pairs.kl)
    between = compare_van_rossum(distances(*some, method="fast"))
    np.testing.assert_array_equal(found.comparisons["van_rossum"].kl, between.kl)
    assert found.comparisons["van_rossum"].silent_recorded == tuple({5} & set(chosen.tolist()))
    assert found.heat_maps.shape == (2, 6, 6)
    assert found.comparisons["firing_rate"].kl.shape == (40,)
    assert (
        0 < found.comparisons["correlation"].neuron_error[0] < found.comparisons["correlation"].to_json()["kl"]["mean"]
    )


def test_progress_is_logged_now_and_then(monkeypatch, caplog):
    clock = iter([0.0, 5.0, 21.0, 22.0, 50.0, 60.0])
    monkeypatch.setattr(statistics.time, "monotonic", lambda: next(clock))
    report = statistics._progress("van Rossum distances, model x_cycle")
    with caplog.at_level("INFO"):
        for done in range(1, 6):
            report(done, 5)
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [
        "van Rossum distances, model x_cycle: 2 of 5, 32 s left",
        "van Rossum distances, model x_cycle: 4 of 5, 12 s left",
    ]
