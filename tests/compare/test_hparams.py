from pathlib import Path

import pytest
from compare_fakes import write_run

from cyclegan_neuro.compare.hparams import write_hparams
from cyclegan_neuro.compare.write import compare_runs


def summaries(folder: Path):
    """Tag to plugin data or value, of all event files right in a folder."""
    import tensorflow as tf
    from tensorboard.plugins.hparams import plugin_data_pb2

    found = {}
    for file in folder.glob("events.*"):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            for value in tf.compat.v1.Event.FromString(record).summary.value:
                if value.metadata.plugin_data.plugin_name == "hparams":
                    content = plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)
                    found[value.tag] = content
                else:
                    found[value.tag] = float(tf.make_ndarray(value.tensor))
    return found


def test_tensorboard_gets_settings_and_scores(runs, tmp_path):
    write_run(runs / "other", g_x=0.2, settings={"objective.name": "lsgan", "training.seed": 4, "model.filters": 8})
    comparison = compare_runs([runs])
    for _ in range(2):  # the second replaces the first
        write_hparams(comparison, tmp_path / "hparams")
    whole = summaries(tmp_path / "hparams")["_hparams_/experiment"].experiment
    assert {one.name for one in whole.hparam_infos} == {"objective.name", "training.seed", "model.filters"}
    assert "scores/signals.direct_y.*.mean" in {one.name.tag for one in whole.metric_infos}
    run = summaries(tmp_path / "hparams" / "lsgan-2")
    told = run["_hparams_/session_start_info"].session_start_info.hparams
    assert (told["objective.name"].string_value, told["training.seed"].number_value) == ("lsgan", 2)
    assert told["model.filters"].string_value == "null"
    assert run["scores/signals.direct_y.*.mean"] == pytest.approx(0.38)
    assert len(list((tmp_path / "hparams").rglob("events.*"))) == 8
