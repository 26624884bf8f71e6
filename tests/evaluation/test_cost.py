"""What an evaluation takes is said, and refused where the disk has no room, before anything is computed."""

import logging
import math
from types import SimpleNamespace

import pytest

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.evaluation.cost import Cost, announce, require_room
from cyclegan_neuro.evaluation.days.cost import estimate

PAPER = {
    "n_neurons": 102, "n_frames": 21_471, "test_fraction": 0.15, "window_frames": 2048, "spike_windows": 200,
    "van_rossum": "fast", "explained_windows": 200,
}  # fmt: skip


def test_a_disk_without_room_is_refused_with_the_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=299_900_000))
    cache = tmp_path / "evaluation_cache"
    cache.mkdir()
    cost = Cost(cache_bytes=250_000_000, report_bytes=50_100_000)
    with pytest.raises(RunDirectoryError) as caught:
        require_room(tmp_path, cost, kept=cache)
    assert str(caught.value) == (
        f"{tmp_path}: got 299 MB free, expected about 301 MB for report (50 MB) and evaluation_cache (250 MB). "
        "Fix: make room, or evaluate fewer windows (evaluation.spikes.max_windows); nothing was computed"
    )
    (cache / "rates-1.npz").write_bytes(bytes(1_000_000))  # what is there is not written again
    require_room(tmp_path, cost, kept=cache)


def test_what_takes_long_is_said(caplog):
    caplog.set_level(logging.INFO)
    announce(Cost(cpu_s=59), cores=2)
    announce(Cost(), cores=2)
    assert caplog.messages == []
    announce(Cost(cpu_s=7200, method="x=fast is quicker"), cores=2)
    announce(Cost(cpu_s=120), cores=1)
    assert caplog.messages == [
        "this evaluation takes about 2.0 h of one core, 60 min at best on 2; x=fast is quicker",
        "this evaluation takes about 2 min of one core",
    ]


def exponent(of, sizes, **settings):
    """Return the power with which an estimate grows when sizes grow tenfold, and what does not grow is nothing."""
    small, large = (estimate(**settings | {name: factor * size for name, size in sizes.items()}) for factor in (1, 10))
    return math.log10(of(large) / of(small))


@pytest.mark.parametrize(
    ("of", "sizes", "power"),
    [
        ("cpu_s", {"n_neurons": 10**7}, 1), ("cpu_s", {"n_frames": 10**10}, 1), ("cpu_s", {"spike_windows": 10**6}, 1),
        ("cpu_s", {"window_frames": 10**8}, 1), ("cpu_s", {"explained_windows": 10**7}, 1),
        ("cpu_s", {"n_neurons": 10**6, "compared_neurons": 10**6}, 2),
        ("cache_bytes", {"n_neurons": 10**7}, 1), ("cache_bytes", {"spike_windows": 10**6}, 1),
        ("cache_bytes", {"window_frames": 10**7}, 1), ("cache_bytes", {"n_frames": 10**10}, 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("van_rossum", ["fast", "elephant"])
def test_estimates_grow_with_the_measured_exponents(of, sizes, power, van_rossum):
    """Linearly with neurons, frames and windows; quadratically with the neurons whose pairs are compared."""
    found = exponent(lambda cost: getattr(cost, of), sizes, **PAPER | {"van_rossum": van_rossum})
    assert found == pytest.approx(power, abs=0.05)


def test_estimates_grow_as_measured():
    """Linearly with neurons beyond those whose pairs are compared; Elephant is named where it is long."""
    paper, elephant = estimate(**PAPER), estimate(**PAPER | {"van_rossum": "elephant"})
    assert paper.method == ""
    assert "van_rossum=fast" in elephant.method
    assert paper.cpu_s < elephant.cpu_s
    few, many, all_pairs = (
        estimate(**PAPER | {"n_neurons": n} | more)
        for n, more in ((500, {}), (1000, {}), (1000, {"compared_neurons": 1000}))
    )
    assert 1.3 < many.cpu_s / few.cpu_s < 2
    assert all_pairs.cpu_s > 2 * many.cpu_s
    assert 1.9 < many.cache_bytes / few.cache_bytes < 2
    nothing = estimate(**PAPER | {"spike_windows": 0, "explained_windows": 0})
    assert nothing.cache_bytes == 0
    assert nothing.cpu_s < 60
