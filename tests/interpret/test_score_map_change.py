import numpy as np
import pytest

from docs.examples.score_map_change import correlation, main


def test_correlation_leaves_unvisited_bins_out_and_flat_maps_undefined():
    """Neuron 0: (1, 2, 3) against (2, 4, 6) is 1; neuron 1 is flat in one session."""
    a = np.array([[1.0, 5.0], [2.0, 5.0], [np.nan, np.nan], [3.0, 5.0]])
    b = np.array([[2.0, 1.0], [4.0, 2.0], [9.0, 9.0], [6.0, 3.0]])
    found = correlation(a, b)
    assert found[0] == pytest.approx(1.0)
    assert np.isnan(found[1])


def test_a_run_that_is_not_there_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "missing"), str(tmp_path / "other")])
    assert ended.value.code == 2
    assert "missing" in capsys.readouterr().err
