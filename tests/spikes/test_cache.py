"""Results kept under the hash of what they were computed from."""

import io

import numpy as np
import pytest

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.spikes import cache as module
from cyclegan_neuro.spikes.cache import ResultCache, content_key

ARRAYS = {"counts": np.arange(24, dtype=np.uint8).reshape(2, 3, 4), "kl": np.array([0.5, np.nan])}


class Computed:
    """A computation that counts its calls."""

    def __init__(self, arrays=ARRAYS):
        self.arrays, self.calls = arrays, 0

    def __call__(self):
        self.calls += 1
        return self.arrays


def assert_equal(found, expected=ARRAYS):
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def archive(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def test_equal_content_has_one_key():
    values = np.arange(12.0).reshape(3, 4)
    assert content_key(values, "a", 0.5, None) == content_key(values.copy(), "a", 0.5, None)
    assert content_key(values.T) == content_key(np.ascontiguousarray(values.T)) != content_key(values)


def test_whatever_differs_changes_the_key():
    values = np.zeros((2, 3), np.float32)
    other = values.copy()
    other[1, 2] = 1e-30
    parts = [
        (values,), (other,), (values.T,), (values.astype(np.float64),), (values.view(np.int32),), (values, 0),
        (values, 0.5), (0.5, values), (values, "0.5"), (values, "a", "b"), (values, "ab"), (values, True),
        (values, None), (values[:0],), (values[:, :0],),
    ]  # fmt: skip
    assert len({content_key(*part) for part in parts}) == len(parts)


def test_another_version_of_the_package_computes_anew(monkeypatch):
    before = content_key("a")
    monkeypatch.setattr(module, "__version__", "99.0")
    assert content_key("a") != before


def test_a_result_is_computed_once_and_found_by_the_next_evaluation(tmp_path):
    compute = Computed()
    assert_equal(ResultCache(tmp_path / "new" / "cache").get("spikes", "k" * 64, compute))
    assert_equal(ResultCache(tmp_path / "new" / "cache").get("spikes", "k" * 64, compute))
    assert compute.calls == 1
    assert [path.suffix for path in (tmp_path / "new" / "cache").iterdir()] == [".npz"]


def test_kinds_and_keys_are_kept_apart(tmp_path):
    cache = ResultCache(tmp_path)
    names = [("spikes", "a"), ("spikes", "b"), ("rates", "a")]
    for value, (kind, key) in enumerate(names):
        cache.get(kind, content_key(key), Computed({"value": np.array(value)}))
    found = [int(cache.get(kind, content_key(key), Computed())["value"]) for kind, key in names]
    assert found == [0, 1, 2]


def test_without_a_folder_results_stay_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache, compute = ResultCache(None), Computed()
    for _ in range(2):
        assert_equal(cache.get("spikes", "k", compute))
    assert compute.calls == 1
    assert not list(tmp_path.iterdir())
    ResultCache(None).get("spikes", "k", compute)
    assert compute.calls == 2


def _npy():
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


@pytest.mark.parametrize(
    "damaged",
    [b"", b"nonsense", archive(**ARRAYS)[:-1], archive(**ARRAYS)[: len(archive(**ARRAYS)) // 2], _npy()],
    ids=["empty", "nonsense", "one byte short", "half", "one array"],
)
def test_a_damaged_file_is_computed_again_and_mended(tmp_path, caplog, damaged):
    compute = Computed()
    ResultCache(tmp_path).get("spikes", "k", compute)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damaged)
    assert_equal(ResultCache(tmp_path).get("spikes", "k", compute))
    assert compute.calls == 2
    assert "cannot be read" in caplog.text
    assert "computed again" in caplog.text
    assert len(file.read_bytes()) == len(whole)
    assert_equal(ResultCache(tmp_path).get("spikes", "k", compute))
    assert compute.calls == 2


def test_a_flipped_bit_anywhere_is_no_error_and_no_other_result(tmp_path):
    ResultCache(tmp_path).get("spikes", "k", Computed())
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    end_record = len(whole) - 22  # a zip's own list of contents has no checksum
    for place in range(0, end_record, 3):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        file.write_bytes(bytes(damaged))
        assert_equal(ResultCache(tmp_path).get("spikes", "k", Computed()))


def test_a_pickle_is_never_opened(tmp_path):
    class Harmful:
        def __reduce__(self):
            return pytest.fail, ("a pickle was opened",)

    ResultCache(tmp_path).get("spikes", "k", Computed())
    (file,) = tmp_path.iterdir()
    file.write_bytes(archive(counts=np.array([Harmful()], object)))
    assert_equal(ResultCache(tmp_path).get("spikes", "k", Computed()))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_interrupted_computation_leaves_nothing(tmp_path, error):
    def interrupted():
        raise error

    with pytest.raises(error):
        ResultCache(tmp_path).get("spikes", "k", interrupted)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_writing_leaves_nothing(tmp_path, monkeypatch):
    def half(path, **arrays):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez_compressed", half)
        with pytest.raises(KeyboardInterrupt):
            ResultCache(tmp_path).get("spikes", "k", Computed())
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunDirectoryError, match=r"spikes-k.npz: got .*, expected a directory that exists"):
        ResultCache(tmp_path / "file" / "cache").get("spikes", "k", Computed())


def test_what_is_missing_is_computed_together(tmp_path):
    asked = []

    def compute(chosen):
        asked.append(chosen)
        return ({"value": np.array(10 * k)} for k in chosen)

    cache, keys = ResultCache(tmp_path), ["a", "b", "c"]
    cache.get("spikes", "b", lambda: {"value": np.array(10)})
    for _ in range(2):
        assert [found["value"].item() for found in cache.get_all("spikes", keys, compute)] == [0, 10, 20]
    (tmp_path / "spikes-b.npz").write_bytes(b"damaged")
    assert [found["value"].item() for found in cache.get_all("spikes", keys, compute)] == [0, 10, 20]
    assert asked == [[0, 2], [1]]
