"""From files named in the configuration to metrics and the block of the report."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.configuration.matching import MatchingSection
from cyclegan_neuro.configuration.sections import DataSection, RecordingSection
from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.evaluation.days.null.measure import beyond_drift
from cyclegan_neuro.evaluation.days.null.reading import read_null_pairs
from cyclegan_neuro.evaluation.days.sections import EvaluationSection, NullPairSection
from cyclegan_neuro.evaluation.days.story.beyond import beyond_block
from cyclegan_neuro.recordings.writing import write_recording
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair, Starts


@pytest.fixture
def written(tmp_path, make_session, fields):
    """Return a function that writes a session and names it as the configuration does."""

    def write(seed, *, name=None, **options):
        day = make_session(fields, seed, name=name or f"s{seed}", **options)
        write_recording(day, tmp_path / f"{day.session}.h5")
        return day, RecordingSection(path=str(tmp_path / f"{day.session}.h5"))

    return write


def prepare(x, y):
    none = np.array([], int)
    starts = Starts(none, none, none)
    days = (Day(day, day.dff, starts, SimpleNamespace()) for day in (x, y))
    return PreparedPair(*days, 16, NeuronOrder("original", np.arange(x.n_neurons)))


def read(sections, prepared, **data):
    pairs = [NullPairSection(x=x, y=y) for x, y in sections]
    return read_null_pairs(pairs, prepared, DataSection(**data))


def test_null_pairs_are_read_and_compared(written):
    (x, _), (y, _) = written(1), written(2)
    days = [written(seed)[1] for seed in range(3, 9)]
    prepared = prepare(x, y)
    pairs, own = read(zip(days[::2], days[1::2], strict=True), prepared)
    assert [day.session for pair in pairs for day in pair] == [f"s{seed}" for seed in range(3, 9)]
    assert not own
    found = beyond_drift(EvaluationSection(), prepared, pairs, own=own, moved=np.arange(30.0))
    metrics = found.to_json()
    assert set(metrics) == {"halves", "pairs"}
    tuning = metrics["pairs"]["changes"]["tuning"]
    assert (tuning["found"], tuning["n"], len(tuning["null_median"])) == (0, 30, 3)
    arrays = found.arrays()
    assert arrays["beyond_drift/pairs/shape/interval"].shape == (2, 30)
    assert arrays["beyond_drift/pairs/places/q"].shape == arrays["beyond_drift/halves/places/p"].shape == (23, 30)
    assert arrays["beyond_drift/pairs/places/interval"].shape == (2, 23, 30)
    block = beyond_block(found)
    assert block.paragraphs[0].startswith("No more than drift: mean activity, tuning curves, ")
    assert len(block.tables[0][1].rows) == 8
    assert sum(axes.axison for axes in block.pictures[0].figure.axes) == 4


def test_more_than_drift_is_said_where_it_holds(make_session, fields):
    null = [(make_session(fields, seed), make_session(fields, seed + 1)) for seed in (3, 5, 7, 9)]
    prepared = prepare(make_session(fields, 1), make_session(np.roll(fields, 4, axis=0), 2))
    block = beyond_block(beyond_drift(EvaluationSection(), prepared, null, own=False, moved=np.ones(30)))
    assert re.match(r"More than drift, by .*: tuning curves 100 % \(bound \d+ %\); shapes of ", block.paragraphs[0])
    assert "mean activity" not in block.paragraphs[0]
    assert "tuning curves 30, shapes of tuning curves 30, " in block.paragraphs[1]


def test_what_cannot_be_told_is_said(written):
    """No null pair, then one, then too short a one."""
    (x, _), (y, _) = written(1), written(2)
    prepared, moved = prepare(x, y), np.zeros(30)

    def told(pairs):
        return beyond_block(beyond_drift(EvaluationSection(), prepared, pairs, own=False, moved=moved)).paragraphs[0]

    assert told([]).endswith("no pair of sessions without learning is given (evaluation.null_pairs).")
    assert "takes 3 null pairs or more, and there is 1." in told([(written(3)[0], written(4)[0])])
    assert told([(x, written(5, laps=5)[0])]).endswith("a day has fewer than 6 laps.")


def test_without_enough_laps_there_is_no_block(written):
    prepared = prepare(written(1, laps=8)[0], written(2)[0])
    assert beyond_block(beyond_drift(EvaluationSection(), prepared, [], own=False, moved=np.zeros(30))) is None


def test_a_neuron_alone_and_a_session_without_a_lap(written):
    """No noise correlations of one neuron; 5 s without position are no stretch of 10 s."""
    (x, y), pairs = ([day.select_neurons(np.array([3])) for day in (written(s)[0], written(s + 1)[0])] for s in (1, 3))
    found = beyond_drift(EvaluationSection(), prepare(x, y), [tuple(pairs)], own=False, moved=np.zeros(1))
    assert set(found.against["pairs"].changes) == {"activity", "tuning", "shape"}
    assert beyond_block(found).paragraphs
    short = written(5, laps=1, stay=3, position=False)[0]
    found = beyond_drift(EvaluationSection(), prepare(x, y), [(short, short)], own=False, moved=np.zeros(1))
    assert set(found.against) == {"halves"}
    assert beyond_drift(EvaluationSection(), prepare(short, short), [], own=False, moved=np.zeros(30)) is None


def test_a_null_pair_has_a_table_of_its_own(written, tmp_path):
    """Neurons 3 and 4 of the later session are 1 and 0 of the earlier; ids, which agree, are not asked."""
    prepared, (x, section_x), (y, section_y) = prepare(written(1)[0], written(2)[0]), written(3), written(4)
    (tmp_path / "pairs.csv").write_text("0,4\n1,3\n")
    table = MatchingSection(path=str(tmp_path / "pairs.csv"), kind="pairs", indices="columns", index_base=0)
    null = [NullPairSection(x=section_x, y=section_y, matching=table)] * 19
    pairs, own = read_null_pairs(null, prepared, DataSection())
    np.testing.assert_array_equal(pairs[0][0].dff, x.dff[:, [0, 1]])
    np.testing.assert_array_equal(pairs[0][1].dff, y.dff[:, [4, 3]])
    assert not own


def test_nineteen_pairs_compare_each_neuron_with_itself(written):
    """The null's sessions hold the neurons in another order, and one more."""
    (x, _), (y, _) = written(1), written(2)
    prepared = prepare(x.select_neurons(np.array([4, 2])), y.select_neurons(np.array([4, 2])))
    pair = (written(3)[1], written(4)[1])
    pairs, own = read([pair] * 19, prepared)
    assert own
    assert pairs[0][0].roi_ids == pairs[18][1].roi_ids == ("n4", "n2")
    assert not read([pair] * 18, prepared)[1]


def test_unusable_null_pairs_are_refused(written, make_session, fields, tmp_path):
    (x, at_x), (y, at_y) = written(1), written(2)
    prepared, other = prepare(x, y), written(3)[1]
    days = "two other sessions, between which nothing was learned. Fix: name two such files"
    refused = (
        ((at_x, at_y), f"evaluation.null_pairs[0]: got the two days of this run, expected {days}"),
        ((at_y, at_x), f"evaluation.null_pairs[0]: got the two days of this run, expected {days}"),
        ((other, other), f"evaluation.null_pairs[0]: got the same traces in both files, expected {days}"),
    )
    for pair, message in refused:
        with pytest.raises(PairingError, match=f"^{re.escape(message)}$"):
            read([pair], prepared)
    read([(at_x, other)], prepared)  # one of the days may be in it
    slow = [own.model_copy(update={"frame_rate_hz": 4.0}) for own in (at_x, other)]
    with pytest.raises(PairingError, match=r"null_pairs\[1\], frame_rate_hz: got 4 Hz, expected 8 Hz, as the days of"):
        read([(at_x, other), slow], prepared)
    strangers = make_session(fields, 9, name="strangers")
    strangers = type(strangers)(strangers.dff, 8.0, roi_ids=tuple(f"m{i}" for i in range(30)))
    write_recording(strangers, tmp_path / "strangers.h5")
    with pytest.raises(PairingError, match=r"^evaluation.null_pairs\[0\], roi_ids: got no id in common"):
        read([(other, RecordingSection(path=str(tmp_path / "strangers.h5")))], prepared)
