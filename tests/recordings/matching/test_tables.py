"""Tables of registration tools: every kind, its own base and sign for 'not found'; numbers that cannot be."""

import json
from typing import get_args

import h5py
import numpy as np
import pytest
from pydantic import ValidationError
from scipy.io import savemat

from cyclegan_neuro.configuration.fields import Contradiction, alternatives
from cyclegan_neuro.configuration.matching import MatchingSection
from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.matching.table import match_by_table, read_table
from cyclegan_neuro.recordings.pairing import read_pair
from cyclegan_neuro.recordings.recording import Recording

TRUTH = np.array([[0, 3], [1, -1], [2, 0], [-1, 1], [3, 2]])  # of two days of four neurons; -1 is not found
X, Y = [0, 2, 3], [3, 0, 2]


def day(n=4, *, ids=None, rows=None, xy=None, session="day 1"):
    dff = np.random.default_rng(n).normal(size=(300, n)).astype(np.float32)
    return Recording(dff, 20.0, roi_ids=ids, roi_rows=rows, roi_xy_um=xy, subject="mouse", session=session)


def section(kind, path, **settings):
    return MatchingSection(path=str(path), kind=kind, **{"indices": "columns", **settings})


def matched(folder, chosen, x=None, y=None):
    return match_by_table(x or day(), y or day(session="day 2"), chosen, base_directory=folder)


def mat_v73(path, values, scores):
    """A struct as MATLAB's -v7.3 writes it: HDF5 behind a header, axes reversed."""
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("cell_registered_struct")
        for name, array in (("cell_to_index_map", values), ("cell_scores", scores[:, None])):
            group.create_dataset(name, data=array.T)
            group[name].attrs["MATLAB_class"] = np.bytes_("double")
    with open(path, "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def cellreg_v5(path):
    savemat(path, {"cell_to_index_map": (TRUTH + 1).astype(np.uint16)})  # 0 - 1 would be 65,535


def cellreg_v73(path):
    mat_v73(path, (TRUTH + 1).astype(float), np.array([0.9, np.nan, 0.6, np.nan, 1.0]))


def with_nan(table):
    return np.where(table < 0, np.nan, table.astype(float))


def caiman_hdf5(path):
    with h5py.File(path, "w") as file:
        file["assignments"], file["matchings"] = with_nan(TRUTH), np.zeros(3)


def roicat(path):
    labels = [[0, 7, 2, 4], [2, 3, 4, 0]]  # 7 and 3: one session alone
    metrics = {
        "cluster_labels_unique": [-1.0, 0.0, 2.0, 3.0, 4.0, 7.0],
        "cluster_silhouette": [-1, 0.9, 0.6, 0, 1.0, 0],
    }
    path.write_text(json.dumps({"labels_bySession": labels, "quality_metrics": metrics}))


KINDS = {
    "cellreg v5": ("cellreg", "map.mat", cellreg_v5, {}),
    "cellreg v7.3": ("cellreg", "map.mat", cellreg_v73, {}),
    "track2p": ("track2p", "plane0_suite2p_indices_nan.npy", lambda path: np.save(path, with_nan(TRUTH)), {}),
    "track2p mat": ("track2p", "plane0.mat", lambda path: savemat(path, {"data": with_nan(TRUTH)}), {}),
    "roicat": ("roicat", "a.tracking.results_clusters.json", roicat, {}),
    "caiman hdf5": ("caiman", "reg.hdf5", caiman_hdf5, {}),
    "caiman npz": ("caiman", "reg.npz", lambda path: np.savez(path, assignments=with_nan(TRUTH), x=1), {}),
    "caiman npy": ("caiman", "reg.npy", lambda path: np.save(path, with_nan(TRUTH)), {}),
    "pairs from 0": ("pairs", "p.csv", lambda path: path.write_text("x,y\n0,3\n1,\n2,0\n,1\n3,2\n"), {"index_base": 0}),
    "pairs from 1": ("pairs", "p.txt", lambda path: path.write_text("1 4\n2 0\n3 1\n4 3\n"), {"index_base": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_says_the_same(name, tmp_path):
    kind, file, write, settings = KINDS[name]
    write(tmp_path / file)
    columns_x, columns_y, findings, notes = matched(tmp_path, section(kind, file, **settings))
    assert (list(columns_x), list(columns_y)) == (X, Y)
    assert findings == []
    assert notes[0] == (
        f"3 neurons matched by {file} ({kind}): its session 1 is mouse day 1 (x), its session 2 mouse day 2 (y), its "
        "numbers are columns of the matrices; left out: 1 only on mouse day 1, 1 only on mouse day 2"
    )


def test_every_kind_of_the_configuration_is_here():
    field = MatchingSection.model_fields["kind"]
    names = {name for part in alternatives(field.annotation) for name in get_args(part)}
    assert names == {kind for kind, *_ in KINDS.values()}


@pytest.mark.parametrize("name", ["cellreg v7.3", "roicat"])
def test_confidence_is_kept_and_can_be_a_threshold(name, tmp_path):
    kind, file, write, _ = KINDS[name]
    write(tmp_path / file)
    what = {"cellreg": "cell_scores", "roicat": "cluster_silhouette"}[kind]
    assert f"confidence of the match ({what}): 0.6 to 1, median 0.9" in matched(tmp_path, section(kind, file))[3]
    columns_x, _, _, notes = matched(tmp_path, section(kind, file, min_score=0.8))
    assert list(columns_x) == [0, 3]
    assert any("1 neurons below 0.8 left out" in note for note in notes)


def test_a_threshold_without_confidence_is_refused(tmp_path):
    cellreg_v5(tmp_path / "map.mat")
    with pytest.raises(UserError, match=r"min_score: got 0\.5 for a table without confidences"):
        matched(tmp_path, section("cellreg", "map.mat", min_score=0.5))


def test_first_pairs_are_told_with_their_distances(tmp_path):
    cellreg_v5(tmp_path / "map.mat")
    xy = np.zeros((4, 2), np.float32)
    x = day(xy=xy, ids=("a", "b", "c", "d"))
    notes = matched(tmp_path, section("cellreg", "map.mat"), x=x, y=day(xy=xy + np.float32([3, 4]), session="day 2"))[3]
    assert "first pairs, columns of x and y from 0: 0 (a) and 3, 5.0 µm apart; 2 (c) and 0, 5.0 µm apart; " in "".join(
        notes
    )


def test_sessions_of_many_are_named(tmp_path):
    table = np.c_[TRUTH, TRUTH[:, 0]] + 1
    savemat(tmp_path / "map.mat", {"cell_to_index_map": table})
    with pytest.raises(UserError, match=r"sessions: got nothing, expected which of its 3 sessions are x and y"):
        matched(tmp_path, section("cellreg", "map.mat"))
    columns_x, columns_y, *_ = matched(tmp_path, section("cellreg", "map.mat", sessions=(2, 3)))
    assert (list(columns_x), list(columns_y)) == (sorted(Y), [2, 3, 0])
    with pytest.raises(UserError, match=r"sessions: got \[1, 4\]"):
        matched(tmp_path, section("cellreg", "map.mat", sessions=(1, 4)))


def test_rows_and_ids_in_place_of_columns(tmp_path):
    np.save(tmp_path / "t.npy", with_nan(TRUTH * 10 + np.where(TRUTH < 0, 9, 0)))  # rows 0, 10, 20, 30 of Suite2p
    rows = np.array([0, 10, 20, 30])
    for indices, known in (("rows", {"rows": rows}), ("roi_ids", {"ids": tuple(map(str, rows))})):
        x, y, chosen = day(**known), day(**known, session="day 2"), section("track2p", "t.npy", indices=indices)
        columns_x, columns_y, *_ = matched(tmp_path, chosen, x=x, y=y)
        assert (list(columns_x), list(columns_y)) == (X, Y)
        with pytest.raises(UserError, match="got mouse day 1 without"):
            matched(tmp_path, chosen)
    with pytest.raises(
        UserError, match=r"got ROIs up to 30 \(3 beyond the last column\), expected a column of mouse day 1"
    ):
        matched(tmp_path, section("track2p", "t.npy"), x=x, y=y)
    with pytest.raises(
        UserError, match=r"got no ROI that mouse day 1 has \(the table: 0, 10, 20, \.\.\.; the file: a, b"
    ):
        matched(tmp_path, section("track2p", "t.npy", indices="roi_ids"), x=day(ids=("a", "b", "c", "d")), y=y)


def test_rois_of_the_table_that_were_not_read_are_left_out(tmp_path):
    cellreg_v5(tmp_path / "map.mat")
    x, y = day(2, rows=np.array([0, 3])), day(4, rows=np.arange(4), session="day 2")
    columns_x, columns_y, *_ = matched(tmp_path, section("cellreg", "map.mat", indices="rows"), x=x, y=y)
    assert (list(columns_x), list(columns_y)) == ([0, 1], [3, 2])


def test_pairs_of_ids(tmp_path):
    (tmp_path / "p.csv").write_text("C00;N7\nC02; N1\nC05;\n")
    chosen = section("pairs", "p.csv", indices="roi_ids")
    columns = matched(tmp_path, chosen, x=day(ids=("C00", "C02", "C04", "C05")), y=day(ids=("N1", "N3", "N5", "N7")))[
        :2
    ]
    assert [list(c) for c in columns] == [[0, 1], [3, 0]]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            TRUTH + 1 + [0, 2] * (TRUTH >= 0),
            r"session 2: got ROIs up to 6 .2 beyond the last column., expected a column of mouse day 2, which has 4",
        ),
        (np.array([[1, 2], [1, 3]]), r"session 1: got ROI 1 for 2 neurons \(1 ROIs repeat\), expected every ROI once"),
        ((TRUTH + 0).astype(np.uint16), r"65,535 is what 0 - 1 gives in 16 bits"),
        (np.array([[1, 0], [0, 2]]), "got no neuron in both session 1 and session 2"),
    ],
    ids=["beyond", "repeated", "uint16", "none in both"],
)
def test_numbers_that_cannot_be(table, message, tmp_path):
    savemat(tmp_path / "map.mat", {"cell_to_index_map": table})
    with pytest.raises(UserError, match=message) as caught:
        matched(tmp_path, section("cellreg", "map.mat"))
    assert caught.value.exit_code == 2


def test_accepted_and_all_rois_mixed_up_is_a_warning(tmp_path):
    cellreg_v5(tmp_path / "map.mat")
    (finding,) = matched(tmp_path, section("cellreg", "map.mat"), y=day(9, session="day 2"))[2]
    assert (finding.severity, finding.code, finding.got) == ("warning", "match_sizes", "4 ROIs in the table")
    assert "as many as mouse day 2 has columns, 9" in finding.expected


def write_objects(path):
    np.save(path, np.array([[0, None]], object), allow_pickle=True)


@pytest.mark.parametrize(
    ("kind", "file", "write", "message"),
    [
        ("track2p", "plane0_match_mat.npy", write_objects, "never loaded.*suite2p_indices_nan.npy.*accepted ROIs"),
        ("caiman", "a.npy", write_objects, r"never loaded.*np\.save\('assignments\.npy'"),
        ("caiman", "a.npy", lambda p: np.save(p, np.array([[0.5, 1]])), "negative numbers or fractions"),
        ("caiman", "a.npy", lambda p: np.save(p, np.zeros(4)), r"shape \(4,\)"),
        ("caiman", "a.npz", lambda p: np.savez(p, a=1, b=2), "an array called assignments"),
        ("cellreg", "a.mat", lambda p: savemat(p, {"footprints": np.zeros(3)}), "what is there: footprints"),
        ("cellreg", "a.mat", lambda p: savemat(p, {"cell_to_index_map": np.full((3, 2), np.nan)}), "NaN or fractions"),
        ("cellreg", "a.npy", lambda p: np.save(p, TRUTH), "format npy"),
        ("roicat", "a.json", lambda p: p.write_text("{"), "no JSON"),
        ("roicat", "a.json", lambda p: p.write_text('{"labels_bySession": [[0, 1.5], [1]]}'), "something else"),
        ("roicat", "a.json", lambda p: p.write_text('{"labels_bySession": [[3, 3], [3]]}'), "label 3 for 2 ROIs"),
        ("roicat", "a.json", lambda p: p.write_bytes(b"\x80\x04\x95"), "no JSON"),
        ("roicat", "missing.json", lambda p: None, "No such file"),
        ("track2p", ".", lambda p: None, "0 files plane"),
        ("pairs", "a.csv", lambda p: p.write_text("x,y\n1,2\n3,b\n"), "line 3: got 3, b, expected two whole numbers"),
        ("pairs", "a.csv", lambda p: p.write_text("0,1\n-1,2\n"), "the number -1, expected numbers from 1"),
        ("pairs", "a.csv", lambda p: p.write_text("x,y\n"), "no pairs"),
        ("pairs", "a.csv", lambda p: p.write_bytes(b"\xff\xfe1\x00"), "no text"),
    ],
)  # fmt: skip
def test_files_that_are_no_table(kind, file, write, message, tmp_path):
    write(tmp_path / file)
    settings = {"index_base": 1} if kind == "pairs" else {}
    with pytest.raises(UserError, match=message) as caught:
        read_table(section(kind, file, **settings), base_directory=tmp_path)
    assert str(tmp_path) in caught.value.where


def test_a_folder_of_track2p_with_one_plane(tmp_path):
    np.save(tmp_path / "plane0_suite2p_indices_nan.npy", with_nan(TRUTH))
    assert read_table(section("track2p", "."), base_directory=tmp_path).entries.shape == (5, 2)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"path": ""}, "path"),
        ({"kind": None}, "kind"),
        ({"indices": None}, "indices"),
        ({"kind": "pairs"}, "index_base"),
        ({"index_base": 1}, "index_base"),
    ],
)
def test_what_a_section_must_say(settings, key):
    with pytest.raises(ValidationError) as caught:
        MatchingSection(**{"path": "a.mat", "kind": "cellreg", "indices": "columns", **settings})
    assert isinstance(caught.value.errors()[0]["ctx"]["error"], Contradiction)
    assert caught.value.errors()[0]["ctx"]["error"].key == key


def test_a_pair_that_a_table_matches(tmp_path):
    """Each day keeps its own ids, and neurons that a policy drops on one day go on both."""
    for name, seed in (("x", 1), ("y", 2)):
        dff = np.random.default_rng(seed).normal(size=(300, 4)).astype(np.float32)
        dff[5, 0] = np.nan
        np.savez(tmp_path / f"{name}.npz", dff=dff, frame_rate_hz=20.0, roi_ids=[f"{name}{i}" for i in range(4)])
    cellreg_v5(tmp_path / "map.mat")
    days = [RecordingSection(path=f"{name}.npz", nan="drop_neuron") for name in "xy"]
    pair = read_pair(*days, base_directory=tmp_path, matching=section("cellreg", "map.mat"))
    assert (pair.x.roi_ids, pair.y.roi_ids) == (("x3",), ("y2",))  # x0 is y3, x2 is y0
