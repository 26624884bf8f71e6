"""Run directories without a training: what compare reads, with numbers that are known."""

import json
from pathlib import Path

from cyclegan_neuro.configuration import strict_yaml

VERSIONS = {"cyclegan_neuro": "0.1.0", "numpy": "2.4"}


def nested(values):
    """From dotted keys to sections."""
    found = {}
    for key, value in values.items():
        *way, last = key.split(".")
        place = found
        for name in way:
            place = place.setdefault(name, {})
        place[last] = value
    return found


def write_run(
    folder, *, g_x, f_y=None, system="cyclegan", settings=None, metrics=None, inputs="day", identity=0.6, epochs=3,
    state="finished", commit="0123456789abcdef",
):  # fmt: skip
    """An evaluated run whose |Y − G(X)| is ``g_x`` and |X − F(Y)| ``f_y``."""
    folder = Path(folder)
    (folder / "report").mkdir(parents=True)
    config = nested({
        "objective.name": "gan", "training.seed": 1, "data.simulation.preset": "mouse_1", "evaluation.weights": "last",
        **(settings or {}),
    })  # fmt: skip
    (folder / "config.yaml").write_text(strict_yaml.dump({"system": system, **config}), encoding="utf-8")
    scores = {"direct_y": g_x, "direct_x": g_x if f_y is None else f_y}
    signals = {
        name: {
            "model": {"mean": value, "std": 9.0, "n": 5}, "identity": {"mean": identity, "std": 9.0, "n": 5},
            "gaussian_ot": {"mean": 0.4, "std": 9.0, "n": 5}, "best_possible": {"mean": 0.1, "std": 9.0, "n": 5},
        }
        for name, value in scores.items()
    }  # fmt: skip
    content = {
        "system": system, "signals": signals, "timing": {"training_s": 60.0, "evaluation_s": 20.0},
        "weights": {"asked_for": "last", "epoch": epochs, "step": 9, "monitor": "val_loss"}, "versions": VERSIONS,
    }  # fmt: skip
    (folder / "report" / "metrics.json").write_text(json.dumps(content if metrics is None else content | metrics))
    rows = [f"{epoch},{g_x / epoch},{2.0 / epoch}," for epoch in range(1, epochs + 1)]
    (folder / "history.csv").write_text("\n".join(["epoch,val_loss,loss,gradient_norm", *rows, ""]))
    (folder / "inputs.json").write_text(json.dumps({"x": {"sha256": inputs, "path": str(folder)}}))
    (folder / "status.json").write_text(json.dumps({"state": state, "epoch": epochs, "step": 9}))
    (folder / "environment.json").write_text(json.dumps({"git_commit": commit, "versions": VERSIONS}))
    return folder


def write_grid(folder, cells, *, named=None):
    """A grid's summary; ``cells``: name to (labels, state, last lines of the log); ``named``: axes of names."""
    named = named or {}
    axes = {}
    for settings, _, _ in cells.values():
        for key, value in settings.items():
            axes.setdefault(key, [])
            axes[key] += [value] * (value not in axes[key])
    content = {
        "format": "cyclegan_neuro grid 1", "grid": {"axes": named}, "axes": axes,
        "cells": [
            {
                "name": name, "labels": labels, "settings": _settings(labels, named), "state": state, "attempts": 1,
                "seconds": 1.0, "log_tail": log,
            }
            for name, (labels, state, log) in cells.items()
        ],
    }  # fmt: skip
    (Path(folder) / "grid.json").write_text(json.dumps(content))


def _settings(labels, named):
    found = {}
    for axis, label in labels.items():
        found |= named[axis][label] if axis in named else {axis: label}
    return found


#: Objective → |Y − G(X)| of seeds 1 to 3: paired, lsgan is lower by 0.01, 0.02 and 0.03.
ERRORS = {"gan": (0.30, 0.40, 0.50), "lsgan": (0.29, 0.38, 0.47)}
