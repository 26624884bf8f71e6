"""Responses from files: counts, spike times with a table of presentations, Neo, two days of ΔF/F."""

from dataclasses import replace
from pathlib import Path

import h5py
import neo
import numpy as np
import pytest
import quantities as pq
import scipy.io

from cyclegan_neuro.errors import RecordingError, WindowError
from cyclegan_neuro.populations.responses.days import responses_of_days
from cyclegan_neuro.populations.responses.onsets import event_onsets
from cyclegan_neuro.populations.responses.preparing import prepare_responses
from cyclegan_neuro.populations.responses.presentations import responses_from_neo
from cyclegan_neuro.populations.responses.sections import ResponsesSection
from cyclegan_neuro.recordings.pairing import Pair
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.simulate import simulate_days

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
MOVIE = np.random.default_rng(3).uniform(size=(12, 4, 6))


def prepare(source, path, *, file=None, **options):
    given = {"source": source, "file": {"path": str(path)} | (file or {}), "condition": "identity"} | options
    return prepare_responses(ResponsesSection.model_validate(given))


# counts


def write_h5(path, counts, movie):
    with h5py.File(path, "w") as file:
        group = file.create_group("one")
        group["counts"], group["movie"] = counts, movie
        group.attrs["bin_s"] = 0.04


def write_npz(path, counts, movie):
    np.savez(path, **{"one/counts": counts, "one/movie": movie, "one/bin_s": 0.04})


def write_mat(path, counts, movie):
    scipy.io.savemat(path, {"one": {"counts": counts, "movie": movie, "bin_s": 0.04}})


@pytest.mark.parametrize(("name", "write_file"), [("a.h5", write_h5), ("a.npz", write_npz), ("a.mat", write_mat)])
def test_counts_of_every_format(tmp_path, grid, name, write_file):
    write_file(tmp_path / name, grid.astype(np.int16), MOVIE)
    prepared = prepare("counts", tmp_path / name, file={"group": "one"}, condition="movie", n_frames=2, most_count=9)
    responses = prepared.responses
    np.testing.assert_array_equal(responses.counts.reshape(10, 12, 5), np.minimum(grid, 9).swapaxes(0, 1))
    np.testing.assert_array_equal(responses.movie, MOVIE.astype(np.float32))
    assert (responses.bin_s, responses.in_time, responses.source) == (0.04, True, f"{tmp_path / name}, one")
    assert prepared.held_out_stimuli.tolist() == [10, 11]


def test_fields_that_are_not_there(write, grid):
    path = write(day__spike_count=grid, day__rate=np.zeros((3, 4)))
    with pytest.raises(RecordingError) as error:
        prepare("counts", path, file={"group": "day", "bin_s": 0.1})
    assert str(error.value).startswith(
        f"{path}, group 'day': got no 'counts' (counts), expected one of what is there: "
    )
    assert "spike_count (12, 10, 5). Fix: did you mean 'spike_count'?" in str(error.value)
    with pytest.raises(RecordingError) as error:
        prepare("counts", path, file={"group": "day", "fields": {"counts": "spike_count"}})
    assert "data.file.bin_s: got nothing, expected the duration of a bin in seconds" in str(error.value)


@pytest.mark.skipif(not DATA.exists(), reason="no recordings beside the project")
def test_recorded_population_by_identity():
    """440 distinct frames (by the file's stimulus ids), of which 44 stand twice in the table."""
    path = DATA / "macaque_v1_movie_counts.h5"
    prepared = prepare("counts", path, file={"group": "ay3_u001", "bin_s": 0.2})
    responses = prepared.responses
    with h5py.File(path) as file:
        ids = file["ay3_u001/stimulus_id"][()]
    assert responses.n_stimuli == len(np.unique(ids[ids >= 0])) == 440
    assert (responses.n_neurons, [finding.code for finding in responses.findings]) == (41, ["missing", "clipped"])
    assert set(np.unique(responses.counts)) == {0, 1}
    n_trials = np.bincount(responses.stimulus)
    np.testing.assert_array_equal(np.bincount(responses.stimulus[prepared.held_out]), n_trials // 2)


# spike times

STARTS = 1.0 + 2.0 * np.arange(12)
TIMES = [np.concatenate([STARTS + 0.05, STARTS + 0.31]), np.concatenate([STARTS[:7] + 0.12, STARTS + 0.9])]
TABLE = {
    "units__spike_times": np.concatenate(TIMES), "units__spike_times_index": [24, 43],
    "intervals__trials__start_time": STARTS, "intervals__trials__stop_time": STARTS + 0.3,
}  # fmt: skip


def test_repeats_of_one_movie_are_cut_into_bins(write):
    prepared = prepare("spike_times", write(**TABLE), file={"bin_s": 0.1}, most_count=2)
    responses = prepared.responses
    assert (responses.n_stimuli, responses.in_time, responses.bin_s) == (3, True, 0.1)
    first, second = responses.counts.reshape(12, 3, 2).transpose(2, 0, 1)
    np.testing.assert_array_equal(first, np.tile([1, 0, 0], (12, 1)))
    np.testing.assert_array_equal(second, np.where(np.arange(12)[:, None] < 7, [0, 1, 0], 0))
    np.testing.assert_array_equal(responses.trial, np.repeat(np.arange(12), 3))
    assert responses.notes[0] == "43 spikes of 2 units, in 36 bins of 0.1 s of trials"


def test_presentations_of_named_stimuli_are_counted_whole(write):
    names = np.array(["owl", "cat", "owl", ""] * 3, "S")
    table = TABLE | {"intervals__trials__stop_time": STARTS + 0.3 + 0.05 * (np.arange(12) % 2)}
    responses = prepare("spike_times", write(**table, intervals__trials__stimulus_name=names)).responses
    assert (responses.n_stimuli, responses.bin_s, responses.in_time) == (2, 0.3, False)
    assert responses.stimulus.tolist() == [1, 0, 1] * 3
    np.testing.assert_array_equal(responses.counts[:, 0], 1)  # the second spike falls after 0.3 s
    np.testing.assert_array_equal(responses.counts[:, 1], (responses.trial < 7).astype(int))


@pytest.mark.parametrize(
    ("changed", "file", "message"),
    [
        ({}, {}, "got neither a bin nor stimuli, expected the bin of a movie that every trial shows, or the stimulus "
         "of every presentation. Fix: set data.file.bin_s, or data.file.fields: {stimulus: ...}"),
        ({"intervals__trials__picture": np.array(["owl"] * 12, "S")}, {"fields": {"stimulus": "intervals/trials/pict"}},
         "Fix: did you mean 'intervals/trials/picture'?"),
        ({"intervals__trials__stimulus": np.arange(5)}, {}, "got 5 values, expected one for each of 12 trials"),
        ({"intervals__trials__stop_time": STARTS + np.where(STARTS > 20, 0.1, 0.5)}, {}, "got trials of 0.1 to 0.5 s "
         "(median 0.5 s), expected trials of about one duration where each is one bin"),
        ({"units__spike_times": np.concatenate(TIMES) * 1000}, {"bin_s": 0.1}, "100% of trials without a spike"),
        ({"movie": MOVIE}, {"bin_s": 0.1}, "movie: got shape (12, 4, 6), expected (3, height, width), a frame for "
         "every bin. Fix: give the frame of every bin: movie[:: 4], or count in bins of one frame"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_read(write, changed, file, message):
    with pytest.raises(RecordingError) as error:
        prepare("spike_times", write(**TABLE | changed), file=file)
    assert message in str(error.value)


def neo_blocks():
    blocks = [neo.Block(), neo.Block()]
    for number in range(12):
        segment = neo.Segment(name=f"{number}", stimulus="ab"[number % 2])
        segment.spiketrains = [
            neo.SpikeTrain((times[(times >= s) & (times < s + 0.3)]) * pq.s, t_start=s * pq.s, t_stop=(s + 0.3) * pq.s)
            for s in (STARTS[number],) for times in TIMES
        ]  # fmt: skip
        blocks[number // 6].segments.append(segment)
    return blocks


def test_neo_segments_are_presentations(write):
    blocks = neo_blocks()
    in_bins = responses_from_neo(blocks, bin_s=0.1)
    as_read = prepare("spike_times", write(**TABLE), file={"bin_s": 0.1}).responses
    for name in ("counts", "stimulus", "trial"):
        np.testing.assert_array_equal(getattr(in_bins, name), getattr(as_read, name))
    by_name = responses_from_neo([s for block in blocks for s in block.segments], stimulus="stimulus")
    assert by_name.stimulus.tolist() == [0, 1] * 6
    assert by_name.bin_s == pytest.approx(0.3)
    with pytest.raises(RecordingError) as error:
        responses_from_neo(blocks)
    assert "Fix: give bin_s, or the stimulus of each segment" in str(error.value)


# two days of ΔF/F


def events_day(position, *, seed=0, **options):
    """Inferred events of three neurons at 4 Hz: 0 in most frames; two frames make a bin."""
    events = (np.random.default_rng(seed).uniform(size=(len(position), 3)) < 0.4).astype(np.float32)
    behaviour = Behaviour(position_cm=np.asarray(position, np.float32), **options)
    return Recording(0.5 * events, 4.0, behaviour=behaviour, session=f"day {seed}")


LAP = np.array([0, 2, 8, 10, 16, 18, 24, 26])  # two frames in each of four places


def test_laps_and_places_of_two_days():
    """Day x runs 8 laps through 4 places, day y 6 laps that leave out the second place."""
    x, y = events_day(np.tile(LAP, 8)), events_day(np.tile(np.delete(LAP, [2, 3]), 6), seed=1)
    responses = responses_of_days(Pair(x, y), bin_s=0.5, n_places=4)
    assert (responses.n_stimuli, responses.bin_s, responses.in_time) == (7, 0.5, False)
    assert responses.day.tolist() == [0] * 4 + [1] * 3
    assert responses.stimulus.tolist() == [0, 1, 2, 3] * 8 + [4, 5, 6] * 6
    np.testing.assert_array_equal(responses.trial, np.r_[np.repeat(np.arange(8), 4), np.repeat(np.arange(8, 14), 3)])
    events = np.concatenate([x.dff, y.dff]) > 0
    np.testing.assert_array_equal(responses.counts, events.reshape(50, 2, 3).sum(axis=1))
    assert "day 0: 3 traces hold events already" in " ".join(responses.notes)


def test_slow_bins_are_left_out():
    speed = np.tile(np.repeat([1, 1, 9, 9], 2), 8).astype(np.float32)
    x = events_day(np.tile(LAP, 8), speed_cm_s=speed)
    responses = responses_of_days(Pair(x, replace(x, dff=x.dff[::-1])), bin_s=0.5, n_places=4, min_speed=2.0)
    assert responses.n_responses == 32
    with pytest.raises(WindowError) as error:
        responses_of_days(Pair(x, x), bin_s=0.5, min_speed=20.0)
    assert str(error.value).startswith(
        "data.min_speed: got 20; a day has no faster bin, expected bins of day 0 and day 0"
    )
    with pytest.raises(WindowError) as error:
        responses_of_days(Pair(events_day(np.tile(LAP, 8)), x), bin_s=0.5, min_speed=2.0)
    assert "got a least speed without a speed" in str(error.value)


def test_without_a_position():
    day = replace(events_day(np.tile(LAP, 8)), behaviour=Behaviour(trial=np.repeat(np.arange(8, dtype=np.int32), 8)))
    with pytest.raises(RecordingError) as error:
        responses_of_days(Pair(day, day), bin_s=0.5)
    assert "got no position, expected the stimulus of every frame: the position in the corridor" in str(error.value)


def test_onsets_of_known_events():
    """Three steps, of which the last is a gap, and one that is too small."""
    rng = np.random.default_rng(0)
    dff = 0.01 * rng.normal(size=(400, 2))
    for frame, size in ((100, 0.3), (200, 0.3), (260, 0.01), (301, 0.3)):
        dff[frame:, 0] += size * np.exp(-np.arange(400 - frame) / 20)
    day = Recording(dff.astype(np.float32), 20.0, gaps=np.array([300]))
    first, second = event_onsets(day).T
    assert np.flatnonzero(first).tolist() == [100, 200]
    assert second.sum() <= 1


def test_onsets_are_spikes_of_simulated_days():
    novice, _ = simulate_days(preset="mouse_3", duration_s=60.0)
    bins = 10 * (novice.n_frames // 10)
    both = (event_onsets(novice), novice.truth.spikes)
    seen, true = ((frames[:bins].reshape(-1, 10, novice.n_neurons) > 0).any(axis=1) for frames in both)
    assert true[seen].mean() > 0.8
    assert seen[true].mean() > 0.5


def test_simulated_days_are_prepared():
    simulation = {"preset": "mouse_3", "duration_s": 90.0}
    given = {"source": "recordings", "recordings": {"simulation": simulation}, "condition": "identity", "n_places": 5}
    prepared = prepare_responses(ResponsesSection.model_validate(given))
    responses = prepared.responses
    assert responses.day.tolist() == [0] * 5 + [1] * 5
    assert responses.data_origin == "simulated"
    assert not set(responses.trial[responses.stimulus < 5]) & set(responses.trial[responses.stimulus >= 5])
    assert np.array_equal(prepared.train_stimuli, prepared.held_out_stimuli)
