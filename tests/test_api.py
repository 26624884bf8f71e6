"""The front door: what a notebook does, from arrays to a report."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

import cyclegan_neuro as cn
from cyclegan_neuro import api
from cyclegan_neuro.spikes.inference.recording_spikes import masked_frames
from cyclegan_neuro.training import run as training
from cyclegan_neuro.windows.segmentation import window_frame_indices

ROOT = Path(__file__).resolve().parents[1]
HEIGHT = 64
SMALL = {
    "windows.window_frames": HEIGHT, "windows.n_train": 16, "windows.n_validation": 8, "windows.n_test": 8,
    "model.filters": 4, "model.residual_blocks": 1, "training.epochs": 1, "ordering.method": "firing_rate",
    "evaluation.spikes.enabled": False, "evaluation.interpretation.enabled": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def days():
    return cn.simulate_days(preset="mouse_2", seed=1, duration_s=60)


@pytest.fixture(scope="module")
def run(days, tmp_path_factory):
    return cn.train("cyclegan", *days, output_dir=tmp_path_factory.mktemp("runs") / "mine", settings=SMALL)


def test_importing_is_cheap_and_lists_what_there_is():
    code = (
        "import sys, cyclegan_neuro as cn\n"
        "assert not {'tensorflow', 'keras', 'scipy', 'pydantic', 'h5py'} & sys.modules.keys()\n"
        "assert {'train', 'load_run', 'read_recording', 'infer_spikes', 'Recording'} <= set(dir(cn))\n"
        "from cyclegan_neuro import simulate_days, UserError\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    assert all(getattr(cn, name) for name in cn.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        cn.trian  # noqa: B018


def test_a_run_keeps_the_days_that_were_in_memory_and_may_move(run, days, tmp_path):
    config = yaml.safe_load((run.output_dir / "config.yaml").read_text())
    assert config["data"]["x"]["path"] == "recordings/x.h5"
    np.testing.assert_array_equal(cn.read_recording(run.output_dir / "recordings" / "y.h5").dff, days[1].dff)
    shutil.copytree(run.output_dir, tmp_path / "elsewhere")
    again = cn.load_run(tmp_path / "elsewhere")
    np.testing.assert_array_equal(again.translate(days[0]).dff, run.translate(days[0]).dff)
    cn.train(output_dir=tmp_path / "elsewhere", resume=True, settings={"training.epochs": 2})
    assert cn.load_run(tmp_path / "elsewhere").run.status.epoch == 2


def test_a_file_of_a_translated_day_says_that_a_network_made_it(run, days, tmp_path):
    file = cn.write_recording(run.translate(replace(days[0], source="rig 2")), tmp_path / "day.h5")
    read = cn.read_recording(file)
    assert (read.data_origin, read.source) == ("translated", "rig 2, translated to day y by cyclegan")


@pytest.mark.parametrize("to", ["y", "x"])
def test_where_one_window_lies_alone_a_day_is_translated_as_windows_are(run, days, to):
    recording = days[0] if to == "y" else days[1]
    whole = run.translate(recording, to=to)
    assert whole.dff.dtype == np.float32
    assert np.isfinite(whole.dff).all()
    model = run.run.trainer.generator_g if to == "y" else run.run.trainer.generator_f
    prepared = run.run.prepared
    source, target = (prepared.x, prepared.y) if to == "y" else (prepared.y, prepared.x)
    columns, ends = prepared.order.columns, np.array([0, recording.n_frames - HEIGHT])
    windows = recording.dff[window_frame_indices(ends, HEIGHT)][..., columns]
    extent = source.scaling.maximum - source.scaling.minimum
    scaled = (windows - source.scaling.minimum[columns]) / extent[columns]
    out = np.asarray(model(scaled[..., None], training=False))[..., 0]
    gain = (target.scaling.maximum - target.scaling.minimum)[columns]
    by_hand = out * gain + target.scaling.minimum[columns]
    half = HEIGHT // 2
    np.testing.assert_allclose(whole.dff[:half][:, columns], by_hand[0, :half], atol=1e-5)
    last = half - 1 - (recording.n_frames - HEIGHT) % half
    np.testing.assert_allclose(whole.dff[-last:][:, columns], by_hand[1, -last:], atol=1e-5)


def test_order_gaps_and_missing_values_are_those_of_the_recording(run, days, caplog):
    x = days[0]
    shuffled = np.random.default_rng(0).permutation(x.n_neurons)
    whole, other = run.translate(x), run.translate(x.select_neurons(shuffled))
    assert other.roi_ids == tuple(x.roi_ids[i] for i in shuffled)
    np.testing.assert_allclose(other.dff, whole.dff[:, shuffled], atol=1e-6)
    broken = replace(x, dff=x.dff.copy(), gaps=np.array([99, 149]))  # between the gaps 50 frames: shorter than a window
    broken.dff[200, 3] = np.nan
    translated = run.translate(broken)
    missing = np.isnan(translated.dff).all(axis=1)
    assert (missing == np.isnan(translated.dff).any(axis=1)).all()
    assert np.flatnonzero(missing).tolist() == [*range(100, 201)]
    assert "101 of 1440 frames lie in stretches shorter than a window" in caplog.text
    np.testing.assert_array_equal(translated.gaps, broken.gaps)
    np.testing.assert_array_equal(translated.behaviour.position_cm, broken.behaviour.position_cm)


def test_evaluate_and_report(run):
    again = cn.load_run(run.output_dir, weights="last")
    assert again.weights["asked_for"] == "last"
    evaluation = again.evaluate()
    assert evaluation is again.evaluate()
    page = again.write_report()
    assert page == run.output_dir / "report" / "index.html"
    assert evaluation.metrics["signals"]["direct_y"]["model"]["mean"] > 0


def test_paths_in_place_of_recordings(tmp_path, monkeypatch):
    kept = {}
    monkeypatch.setattr(training, "train", lambda system, config, **options: kept.update(options, config=config))
    monkeypatch.setattr(api, "load_run", lambda output_dir: output_dir)
    monkeypatch.chdir(tmp_path)
    config = "cyclegan/paper_recorded.yaml"
    assert cn.train("cyclegan", "x.h5", tmp_path / "y.h5", output_dir="run", config=config) == Path("run")
    assert [getattr(kept["config"].data, day).path for day in "xy"] == [str(tmp_path / f"{day}.h5") for day in "xy"]
    assert kept["recordings"] == {}


def test_spikes(days):
    spikes = cn.infer_spikes(days[0])
    assert spikes.rates_hz.shape == spikes.counts.shape == days[0].dff.shape
    assert 0 < spikes.valid.sum() < days[0].n_frames


def test_spikes_of_a_translated_day_leave_out_what_was_not_translated(run, days, caplog):
    x = days[0]
    whole = cn.infer_spikes(x)
    holed = replace(x, dff=x.dff.copy())
    holed.dff[600:640, 3] = np.nan
    spikes = cn.infer_spikes(holed)
    assert not spikes.valid[600:640].any()
    assert spikes.valid[700:].sum() == whole.valid[700:].sum()
    # not equal: 40 frames less move the noise level that the networks are told
    np.testing.assert_allclose(spikes.rates_hz[700:], whole.rates_hz[700:], atol=0.2)
    assert "novice: 40 of 1440 frames hold values that are not finite" in caplog.text
    reached = masked_frames(spikes.valid, spikes.gaps)
    assert sum(reached.values()) == np.count_nonzero(~spikes.valid)
    assert reached["at missing values"] > 40
    translated = run.translate(replace(x, dff=holed.dff, gaps=np.array([99, 149])))
    assert not cn.infer_spikes(translated).valid[100:150].any()
    with pytest.raises(cn.UserError, match=r"got no frame in which all neurons are finite.*: 3 lacks 1,440 frames"):
        cn.infer_spikes(replace(x, dff=np.where(np.arange(x.n_neurons) == 3, np.nan, x.dff)))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("dff", np.zeros(9), r"field dff: got shape \(9,\), expected a matrix \(time, neuron\)"),
        ("dff", [["a", "b"]], "field dff: got <U1 values, expected numbers"),
        ("dff", [[1.0], [1.0, 2.0]], "field dff: got values that make no array"),
        ("frame_rate_hz", 0, "field frame_rate_hz: got 0.0, expected frames per second, above 0"),
        ("frame_rate_hz", None, "field frame_rate_hz: got object values, expected numbers"),
        ("roi_ids", ("a", "b"), r"field roi_ids: got shape \(2,\), expected shape \(59,\): neuron of the matrix"),
        ("roi_ids", ("a",) * 59, "field roi_ids: got 'a' in columns .*expected every id once"),
        ("roi_xy_um", np.zeros((59, 3)), r"field roi_xy_um: got shape \(59, 3\), expected shape \(59, 2\)"),
        ("behaviour", {"licks": 1}, "field behaviour: got dict, expected a Behaviour"),
        ("gaps", [5000], "field gaps: got frames 5000 to 5000, expected 0 to 1438"),
        ("session", 3.5, "field session: got float64 values, expected text"),
        ("data_origin", "made up", "field data_origin: got 'made up', expected one of recorded, simulated"),
    ],
)  # fmt: skip
def test_fields_that_a_day_in_memory_cannot_have(run, days, tmp_path, field, value, message):
    bad = replace(days[0], **{field: value}, **({"truth": None} if field == "dff" else {}))
    calls = {
        "y, in memory, ": lambda: cn.train("cyclegan", days[0], bad, output_dir=tmp_path / "a"),
        "infer_spikes, ": lambda: cn.infer_spikes(bad),
        "translate, ": lambda: run.translate(bad),
        f"recording for {tmp_path}.*, ": lambda: cn.write_recording(bad, tmp_path / "b.h5"),
    }
    for where, call in calls.items():
        with pytest.raises(cn.UserError, match=f"^{where}{message}.* Fix: "):
            call()
    assert not any(tmp_path.iterdir())


def test_what_is_wrong_with_a_day_in_memory_names_the_day(days, tmp_path, caplog):
    for change, message in (
        (lambda dff: np.full_like(dff, np.nan), "got .* NaN in frames 0-1439, expected a number in every frame"),
        (lambda dff: dff * 100, "field dff: got .*what is the unit"),
    ):
        bad = replace(days[0], dff=change(days[0].dff))
        with pytest.raises(cn.UserError, match=f"^x, in memory, .*{message}"):
            cn.train("cyclegan", bad, days[1], output_dir=tmp_path / "a", settings=SMALL)
    with pytest.raises(cn.UserError, match=r"^infer_spikes, mouse_2 novice, field dff: got .*what is the unit"):
        cn.infer_spikes(bad)
    x, y = (replace(day, roi_ids=None, session="", subject="") for day in days)
    with pytest.raises(cn.UserError, match=r"no ROI ids on .* set assume_same_order"):
        cn.train("cyclegan", x, y, output_dir=tmp_path / "a", settings=SMALL)
    assert not (tmp_path / "a").exists()


def test_a_day_of_lists_and_whole_numbers_is_taken_as_it_is_meant(days):
    x = days[0]
    loose = replace(
        x, dff=x.dff.astype(float), frame_rate_hz=24, roi_ids=list(range(x.n_neurons)), gaps=[9], truth=None
    )
    spikes = cn.infer_spikes(loose)
    assert spikes.roi_ids[:2] == ("0", "1")
    assert spikes.gaps.tolist() == [9]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.select_neurons(np.arange(3)), r"got no neuron .* expected all 59 neurons"),
        (
            lambda x: replace(x, roi_ids=None).select_neurons(np.arange(3)),
            r"has 3 neurons, .* 59, expected the same neurons",
        ),
        (lambda x: replace(x, roi_ids=(x.roi_ids[0], *x.roi_ids[:-1])), r"\(1 ids repeat\), expected every id once"),
        (lambda x: replace(x, dff=x.dff * 100), r"what is the unit\?"),
        (lambda x: replace(x, frame_rate_hz=30.0), r"got 30 Hz, expected 24 Hz"),
        (lambda x: replace(x, dff=x.dff[:50]), r"got no 64 frames of continuous, finite time in 50"),
    ],
)
def test_days_that_cannot_be_translated(run, days, change, message):
    with pytest.raises(cn.UserError, match=message):
        run.translate(change(replace(days[0], behaviour=type(days[0].behaviour)(), truth=None)))


def test_other_things_that_are_refused(run, days, tmp_path):
    with pytest.raises(cn.UserError, match="translate, to: got 'z'"):
        run.translate(days[0], to="z")
    with pytest.raises(cn.UserError, match="resume with x or y"):
        cn.train("cyclegan", *days, output_dir=run.output_dir, resume=True)
    with pytest.raises(cn.UserError, match=r"expected 'spike_gan'. Fix: name the system of this file"):
        cn.train("spike_gan", output_dir=tmp_path / "a", config="cyclegan/quickstart.yaml")
    with pytest.raises(cn.UserError, match=r"training\.epochz"):
        cn.train("cyclegan", *days, output_dir=tmp_path / "a", settings={"training.epochz": 5})
    with pytest.raises(cn.UserError, match="unknown key 'unitt'"):
        cn.read_recording(tmp_path / "a.h5", unitt="percent")
    assert not (tmp_path / "a").exists()


def test_wrong_types_are_told(run, days, tmp_path):
    x, out = days[0], tmp_path / "a"
    calls = {
        "train: got one day, expected two days, x and y. Fix: give y": lambda: cn.train("cyclegan", x, output_dir=out),
        "this system takes no two days. Fix: leave x and y": lambda: cn.train("spike_gan", *days, output_dir=out),
        "x or y with the system 'swap_vae', expected no day": lambda: cn.train("swap_vae", *days, output_dir=out),
        "translate: got 'day.h5', expected a Recording": lambda: run.translate("day.h5"),
        "infer_spikes: got ndarray": lambda: cn.infer_spikes(x.dff),
        "train, x: got ndarray, expected a Recording, or the path": lambda: cn.train("cyclegan", x.dff, output_dir=out),
        "train, system: got Recording": lambda: cn.train(*days, output_dir=out),
        "settings: got 'a=b', expected a dictionary": lambda: cn.load_run(run.output_dir, settings="a=b"),
        "settings: got list, expected a dictionary": lambda: cn.train("cyclegan", *days, output_dir=out, settings=[1]),
        "train, output_dir: got NoneType, expected a path": lambda: cn.train("cyclegan", *days, output_dir=None),
        "train, config: got dict, expected a path": lambda: cn.train("cyclegan", *days, output_dir=out, config={}),
        "load_run, output_dir: got int, expected a path": lambda: cn.load_run(3),
        "recording for a.h5: got ndarray, expected a Recording": lambda: cn.write_recording(x.dff, "a.h5"),
        "write_recording, path: got NoneType, expected a path": lambda: cn.write_recording(x, None),
        "seed: got 'a', expected a whole number from 0": lambda: cn.infer_spikes(x, seed="a"),
        "seed: got -1, expected a whole number from 0": lambda: cn.infer_spikes(x, seed=-1),
        "models: got int, expected networks, or the path": lambda: cn.infer_spikes(x, models=3),
        "read_recording: got Recording": lambda: cn.read_recording(x),
        "train, settings, data.x.path: got a file beside a day": lambda: cn.train(
            "cyclegan", *days, output_dir=out, settings={"data.x.path": "/other.h5"}
        ),
    }
    for message, call in calls.items():
        with pytest.raises(cn.UserError, match=re.escape(message)):
            call()
    with pytest.raises(cn.UserError, match=r"got the key 'training.epochs', which is part of how the run was trained"):
        cn.load_run(run.output_dir, settings={"training.epochs": 4})
    assert repr(x) == "Recording(mouse_2 novice: 1,440 frames x 59 neurons, 24.0 Hz, simulated)"
    assert repr(run).startswith("TrainedRun('")
    assert len(repr(run)) < 300


def test_numbers_of_numpy_and_paths_are_settings_too():
    settings = {"training.epochs": np.int64(3), "model.dropout": np.float64(0.5), "data.x.path": Path("a b.h5")}
    assert api._overrides(settings) == ["training.epochs=3", "model.dropout=0.5", "data.x.path=a b.h5"]


def test_overwriting_never_deletes_the_days_that_it_needs(run, tmp_path):
    shutil.copytree(run.output_dir, tmp_path / "run")
    kept = {file: file.read_bytes() for file in (tmp_path / "run").rglob("*") if file.is_file()}
    for days in ((tmp_path / "run" / "recordings" / "x.h5", tmp_path / "run" / "recordings" / "y.h5"), ()):
        config = None if days else tmp_path / "run" / "config.yaml"
        with pytest.raises(cn.UserError, match="within the run that would be replaced"):
            cn.train("cyclegan", *days, output_dir=tmp_path / "run", config=config, overwrite=True)
    assert all(file.read_bytes() == content for file, content in kept.items())


def test_the_tutorial_runs_as_it_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, "docs/python.md", "exec"), names)
    assert names["x"].dff.shape == (2880, 59)
    assert (tmp_path / "runs" / "mine" / "report" / "index.html").exists()
    assert "5 neurons, " in capsys.readouterr().out
