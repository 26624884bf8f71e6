"""The benchmark of scale: slopes by hand, and what is told of them at the end."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import scale  # noqa: E402

sys.path.pop(0)


def test_an_exponent_is_the_slope_over_the_largest_sizes():
    """9 x as large, 3 x as long: 1/2. What the smallest size takes does not count."""
    assert scale.exponent([1, 100, 300, 900], [50.0, 2.0, 2.0 * 3**0.5, 6.0]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("axis", "power", "broken"),
    [
        ("frames", 1.1, None),
        ("frames", 1.2, "cpu_s of inference grows with frames to the power 1.20, allowed is 1"),
        ("neurons", 2.1, None),
        ("neurons", 2.2, "cpu_s of inference grows with neurons to the power 2.20, allowed is 2"),
    ],
)
def test_what_grows_faster_than_it_may_ends_with_code_1(axis, power, broken, monkeypatch, capsys):
    place = list(scale.AXES).index(axis)
    measured = []

    def measure(part, sizes):
        measured.append(sizes)
        return {"cpu_s": 1e-3 * sizes[place] ** power, "peak_gb": 1.0}

    monkeypatch.setattr(scale, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["scale.py", "--small", "--part", "inference", "--axis", axis])
    if broken:
        with pytest.raises(SystemExit) as ended:
            scale.main()
        assert ended.value.code == broken  # a message: the exit code is 1
    else:
        scale.main()
    assert [sizes[place] for sizes in measured] == list(scale.AXES[axis][:3])
    assert "exponent of inference" in capsys.readouterr().out
