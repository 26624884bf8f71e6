"""Two real days matched by CellReg's own file, held against the pair that the published file says is matched."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from cyclegan_neuro.configuration.matching import MatchingSection
from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.recordings.pairing import read_pair

DATA = Path(__file__).parents[4] / "shared" / "data"
CELLREG = DATA / "formats" / "cellreg" / "2p_valence_91"
PAIRED = DATA / "multiday_2p_odour_two_days.h5"


@pytest.mark.skipif(not (CELLREG.exists() and PAIRED.exists()), reason="the published files are not here")
def test_cellregs_file_gives_the_published_pair(tmp_path):
    for day in (1, 2):
        traces = np.loadtxt(CELLREG / f"day{day}" / "C_raw.txt", dtype=np.float32)
        np.savez(tmp_path / f"day{day}.npz", dff=traces.T / 100, frame_rate_hz=5.0)  # all 49 and 45 cells
    pair = read_pair(
        *(RecordingSection(path=f"day{day}.npz") for day in (1, 2)),
        base_directory=tmp_path,
        matching=MatchingSection(
            path=str(next(CELLREG.glob("cellRegistered_*.mat"))), kind="cellreg", indices="columns"
        ),
    )
    with h5py.File(PAIRED) as file:
        mouse = file["mouse_91"]
        cells = mouse["cell_index"][()]
        cells = cells[(cells >= 0).all(axis=1)]
        published = [mouse[f"day{day}/C_raw"][()][cells[:, day - 1]].T / 100 for day in (1, 2)]
    assert pair.x.n_neurons == 31
    for day, traces in zip((pair.x, pair.y), published, strict=True):
        np.testing.assert_array_equal(day.dff, traces)
    assert any("left out: 18 only on" in note and "14 only on" in note for note in pair.notes)
    assert any("(cell_scores): 0.5 to 1, median 1" in note for note in pair.notes)
