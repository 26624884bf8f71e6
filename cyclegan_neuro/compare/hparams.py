"""The same runs in TensorBoard's HParams tab: their settings and scores as event files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cyclegan_neuro.compare.story import Comparison
from cyclegan_neuro.configuration.strict_yaml import one_line
from cyclegan_neuro.errors import RunDirectoryError

__all__ = ["write_hparams"]

_MARK = "cyclegan_neuro_hparams"


def write_hparams(comparison: Comparison, folder: Path) -> None:
    """Write an event file per run, with the settings that differ and the model's scores, and one for the whole.

    ``tensorboard --logdir FOLDER`` shows them. Files of an earlier call are replaced.

    Parameters
    ----------
    comparison : Comparison
    folder : Path

    Raises
    ------
    RunDirectoryError
        If the system refuses to write.
    """
    import tensorflow as tf
    from tensorboard.plugins.hparams import api

    grouping = comparison.grouping
    measured = [each for _, measured in comparison.measured for each in measured]
    settings = {key: _alike([run.settings.get(key) for run in grouping.runs]) for key in (*grouping.by, *grouping.over)}
    titles = [(f"scores/{each.score.path}", f"{group.title}: {each.score.label}")
              for group, of_group in comparison.measured for each in of_group]  # fmt: skip
    try:
        for old in folder.rglob(f"*{_MARK}"):
            old.unlink()
        with tf.summary.create_file_writer(str(folder), filename_suffix=f".{_MARK}").as_default():
            api.hparams_config(
                hparams=[api.HParam(key, api.Discrete(dict.fromkeys(values))) for key, values in settings.items()],
                metrics=[api.Metric(tag, display_name=title) for tag, title in titles],
            )
        for number, run in enumerate(grouping.runs):
            with tf.summary.create_file_writer(str(folder / run.name), filename_suffix=f".{_MARK}").as_default():
                api.hparams({key: values[number] for key, values in settings.items()}, trial_id=run.name)
                for each in measured:
                    value = each.of_runs[run.name].get("model")
                    if value is not None:
                        tf.summary.scalar(f"scores/{each.score.path}", value, step=run.status.get("step") or 0)
    except (OSError, tf.errors.OpError) as error:
        raise RunDirectoryError(
            f"--tensorboard {folder}",
            got=str(error),
            expected="a folder that may be written to",
            fix="choose another one",
        ) from error


def _alike(values: list[Any]) -> list[Any]:
    """Return values of one type, as a column of the tab has: text where there are several, or none.

    Examples
    --------
    >>> _alike([1, 0.5]), _alike([8, None])
    ([1.0, 0.5], ['8', 'null'])
    """
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        return [float(value) for value in values]
    if len(kinds) == 1 and kinds <= {bool, int, float, str}:
        return values
    return [value if isinstance(value, str) else one_line(value) for value in values]
