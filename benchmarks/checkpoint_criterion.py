"""Which criterion, without truth and without pairs, finds the epoch whose generators are nearest to the truth?

    python benchmarks/checkpoint_criterion.py --output_dir runs/criterion [--recordings recordings] [--only NAME ...]
        [--json FILE]

Trains the runs of docs/appendix/checkpoint_criterion.md, most of them without decay and without averaging of weights,
so that epochs differ and the last is not the best by construction. After every epoch the translated validation windows
are kept, and what the truth says of the test windows. Runs that were trained before are not repeated. ``--record``
stops there. ``--recordings`` adds recorded days: the folder that the command in configs/cyclegan/ca1_map_change.yaml
fills.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from _common import ROOT, print_table, write_json
from _criteria import CANDIDATES, Target

from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.evaluation.days.signals import SignalErrors, phi_bounds
from cyclegan_neuro.evaluation.days.translation import ModelTranslator, translate
from cyclegan_neuro.evaluation.days.tuning import TuningCurves, training_curves, tuning_is_known, tuning_metrics
from cyclegan_neuro.systems.base import get
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.training.devices import deterministic_ops
from cyclegan_neuro.windows.segmentation import spaced, window_frame_indices

CONFIGURATIONS = ROOT / "configs" / "cyclegan"
WITHOUT_DECAY = ("training.decay=none", "training.weight_averaging=0")


@dataclass(frozen=True)
class Case:
    """A training: where it stands in the protocol, the configuration, what differs from it."""

    part: str
    configuration: str
    overrides: tuple[str, ...]


def _mouse(preset: str, seed: int) -> tuple[str, ...]:
    return (f"data.simulation.preset={preset}", f"data.simulation.seed={seed}", f"training.seed={seed}")


CASES = {
    "days_mouse_1": Case("choosing", "activity_alone", ("training.epochs=8", *WITHOUT_DECAY)),
    "phi_mouse_1": Case("choosing", "synthetic_cpu", ("training.epochs=8", *WITHOUT_DECAY)),
    "days_mouse_1_seed_2": Case("test", "activity_alone", ("training.epochs=8", *WITHOUT_DECAY, *_mouse("mouse_1", 2))),
    "days_mouse_2": Case("test", "activity_alone", ("training.epochs=8", *WITHOUT_DECAY, *_mouse("mouse_2", 1))),
    "days_mouse_4": Case("test", "activity_alone", ("training.epochs=8", *WITHOUT_DECAY, *_mouse("mouse_4", 1))),
    "phi_mouse_2": Case(
        "test", "synthetic_cpu", ("training.epochs=8", *WITHOUT_DECAY, *_mouse("mouse_2", 2), "data.phi_seed=2")
    ),
    "days_mouse_2_as_shipped": Case("test", "activity_alone", _mouse("mouse_2", 1)),
    "phi_mouse_2_as_shipped": Case("test", "synthetic_cpu", (*_mouse("mouse_2", 2), "data.phi_seed=2")),
    "ca1_map_kept": Case("test", "ca1_map_change", ("training.epochs=8", *WITHOUT_DECAY)),
    "ca1_map_change": Case("test", "ca1_map_change", ("training.epochs=8", *WITHOUT_DECAY)),
}
#: What the truth is, by the first word of the case's name: means of these logs.
TRUTH = {
    "days": ("tuning_changed_y_correlation", "tuning_changed_x_correlation"),
    "phi": ("gap_closed_y",),
    "ca1": ("tuning_all_y_correlation", "tuning_all_x_correlation"),
}


class Record(keras.callbacks.Callback):
    """Keep the translated validation windows and the truth of every epoch."""

    def __init__(self, folder: Path, config: Config, prepared):
        super().__init__()
        self.folder, self.config, self.prepared, self.epochs = folder, config, prepared, []
        self.recorded = _recorded(prepared)

    def on_epoch_end(self, epoch, logs=None):
        size = self.config.training.batch_size
        with self.model.average_weights():
            g_x, f_y = (
                network.predict(self.recorded[day][..., None], batch_size=size, verbose=0)[..., 0]
                for network, day in ((self.model.generator_g, "x"), (self.model.generator_f, "y"))
            )
            truth = _truth(self.config, self.prepared, self.model)
        np.savez(self.folder / f"epoch_{epoch + 1:02d}.npz", g_x=g_x, f_y=f_y)
        self.epochs.append({**{name: float(value) for name, value in logs.items()}, **truth})


def _recorded(prepared) -> dict[str, np.ndarray]:
    """Return recorded windows of both days, as networks see them, with the positions where they are known.

    Validation windows, and as many training windows, evenly spread.
    """
    n = min(len(day.starts.validation) for day in (prepared.x, prepared.y))
    kept = {}
    for name, day in (("x", prepared.x), ("y", prepared.y)):
        parts = {"": day.starts.validation[:n], "_train": spaced(day.starts.train, n)}
        for suffix, starts in parts.items():
            kept[f"{name}{suffix}"] = day.windows(starts, prepared.window_frames)
            if tuning_is_known(prepared):
                frames = window_frame_indices(starts, prepared.window_frames)
                kept[f"position_{name}{suffix}"] = day.recording.behaviour.position_cm[frames]
    return kept


def _truth(config: Config, prepared, model) -> dict[str, float]:
    """Return what is known of the test windows: gap closed, error, tuning of (changed) neurons."""
    translator = ModelTranslator(model.generator_g, model.generator_f, prepared)
    errors = SignalErrors()
    tuned = TuningCurves(prepared, bin_cm=config.evaluation.position_bin_cm) if tuning_is_known(prepared) else None
    for translation in translate(translator, prepared, batch_size=config.evaluation.batch_size):
        errors.add(translation)
        if tuned:
            tuned.add(translation)
    found = {name: entry["mean"] for name, entry in errors.summary().items()}
    if tuned:
        curves, truth = tuned.curves(), prepared.x.recording.truth
        changed = None if truth is None else truth.changed
        reference = curves | training_curves(prepared, tuned.edges_cm)
        nothing = {"g_x": curves["x"], "f_y": curves["y"]}
        for group, entry in tuning_metrics(reference, {"model": curves, "nothing": nothing}, changed).items():
            for name in ("correlation", "mae"):
                found[f"tuning_{group}_{name}"] = entry["model"][name]
                found[f"nothing_tuning_{group}_{name}"] = entry["nothing"][name]
    for name, bound in phi_bounds(prepared).items():
        doing_nothing = found["x_minus_y"]
        found[f"gap_closed_{name[-1]}"] = (doing_nothing - found[name]) / (doing_nothing - bound["mean"])
    return found


def record(folder: Path, case: Case, recordings: Path | None) -> None:
    """Train one case unless that was done."""
    if (folder / "epochs.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    system = get("cyclegan")
    overrides = list(case.overrides)
    if case.configuration == "ca1_map_change":
        sessions = {"x": 2 if folder.name == "ca1_map_kept" else 1, "y": 8}
        overrides += [f"data.{day}.path={recordings / f'C12_M4_B_session_{n}_runs.h5'}" for day, n in sessions.items()]
    config = load_config(CONFIGURATIONS / f"{case.configuration}.yaml", Config, overrides=overrides)
    with deterministic_ops(config.training.deterministic):
        prepared = system.prepare(config)
        trainer = system.build(config, prepared)
        callback = Record(folder, config, prepared)
        np.savez(folder / "recorded.npz", **callback.recorded)
        trainer.fit(
            system.training_stream(config, prepared, start_step=0),
            epochs=config.training.epochs,
            steps_per_epoch=system.steps_per_epoch(config, prepared),
            validation_data=system.validation_dataset(config, prepared),
            shuffle=False, callbacks=[callback], verbose=0,
        )  # fmt: skip
    (folder / "epochs.json").write_text(json.dumps(callback.epochs, indent=1) + "\n", encoding="utf-8")


def evaluate(folder: Path) -> tuple[np.ndarray, float, dict[str, np.ndarray]]:
    """Return the truth of every epoch and of doing nothing, and every criterion of every epoch (less is better)."""
    epochs = json.loads((folder / "epochs.json").read_text(encoding="utf-8"))
    names = TRUTH[folder.name.split("_")[0]]
    truth = np.array([np.mean([epoch[name] for name in names]) for epoch in epochs])
    nothing = 0.0 if "gap_closed_y" in names else float(np.mean([epochs[0][f"nothing_{name}"] for name in names]))
    recorded = dict(np.load(folder / "recorded.npz"))
    targets = {
        day: Target(recorded[day], recorded[f"{day}_train"], recorded.get(f"position_{day}_train")) for day in "xy"
    }
    apart = float(np.abs(recorded["x"] - recorded["y"]).mean())
    cycle = np.array([(epoch["val_cycle_x"] + epoch["val_cycle_y"]) / (2 * apart) for epoch in epochs])
    terms = ("cycle_x", "cycle_y", "identity_x", "identity_y")
    values = {"cycle_identity": np.array([sum(epoch[f"val_{term}"] for term in terms) for epoch in epochs])}
    moved = [np.load(folder / f"epoch_{number:02d}.npz") for number in range(1, len(epochs) + 1)]
    for name, distance in CANDIDATES.items():
        worst = {day: distance(targets[day], recorded[other]) for day, other in ("yx", "xy")}
        if all(value is not None and value > 0 for value in worst.values()):  # what cannot tell the days apart is out
            relative = [[distance(targets[day], one[field]) / worst[day] for day, field in (("y", "g_x"), ("x", "f_y"))]
                        for one in moved]  # fmt: skip
            values[name] = np.mean(relative, axis=1)
            values[f"{name} + cycle"] = values[name] + cycle
    return truth, nothing, values


def regret(truth: np.ndarray, nothing: float, values: np.ndarray | None) -> tuple[float, float, int]:
    """Return the mean over all lengths of training, the value at full length, and the epoch chosen there (from 1).

    ``values`` None stands for the last epoch.
    """
    lengths = range(2, len(truth) + 1)
    chosen = [k - 1 if values is None else int(np.argmin(values[:k])) for k in lengths]
    lost = [truth[:k].max() - truth[epoch] for k, epoch in zip(lengths, chosen, strict=True)]
    gain = truth.max() - nothing
    return float(np.mean(lost) / gain), float(lost[-1] / gain), chosen[-1] + 1


def compare(folder: Path, names: list[str]) -> list[dict]:
    """Return a row per criterion: regret in every training, mean over lengths and (at full length)."""
    rows: dict[str, dict] = {}
    for case in names:
        truth, nothing, values = evaluate(folder / case)
        print(f"{case}: truth {np.round(truth, 3).tolist()}, doing nothing {nothing:.3f}")
        for name, value in {"last": None, **values}.items():
            mean, full, epoch = regret(truth, nothing, value)
            rows.setdefault(name, {"criterion": name})[case] = f"{mean:.3f} ({full:.3f}, {epoch})"
            rows[name].setdefault("scores", []).append(mean)
    for row in rows.values():
        scores = row.pop("scores")
        row["mean"] = float(np.mean(scores)) if len(scores) == len(names) else None
    return list(rows.values())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--output_dir", type=Path, required=True, help="folder for the trainings")
    options.add_argument("--recordings", type=Path, help="folder with the recordings of ca1_map_change.yaml")
    options.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), help="some of the trainings")
    options.add_argument("--record", action="store_true", help="train, and compare nothing")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the tables to FILE")
    arguments = options.parse_args()
    names = [name for name in arguments.only if arguments.recordings or not name.startswith("ca1")]
    for name in names:
        record(arguments.output_dir / name, CASES[name], arguments.recordings)
    if arguments.record:
        return
    tables = {}
    for part in ("choosing", "test"):
        chosen = [name for name in names if CASES[name].part == part]
        if chosen:
            print(f"\n{part}: regret, mean over lengths (at full length, epoch chosen there)")
            tables[part] = compare(arguments.output_dir, chosen)
            print_table(tables[part])
    write_json(arguments.json, tables)


if __name__ == "__main__":
    main()
