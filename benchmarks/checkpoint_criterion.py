"""Which criterion, without truth and without pairs, finds the epoch whose generators are nearest to the truth?

    python benchmarks/checkpoint_criterion.py --output_dir runs/criterion [--only NAME ...] [--json FILE]

Trains the runs of docs/appendix/checkpoint_criterion.md without decay and without averaging of weights, so that
epochs differ and the last is not the best by construction. After every epoch the translated validation windows are
kept, and what the truth says of the test windows. Runs that were trained before are not repeated. ``--record`` stops
there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from _common import ROOT, parser

from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.systems.base import get
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.signals import SignalErrors, phi_bounds
from cyclegan_neuro.systems.cyclegan.translation import ModelTranslator, translate
from cyclegan_neuro.systems.cyclegan.tuning import TuningCurves, tuning_is_known, tuning_metrics
from cyclegan_neuro.training.seeds import deterministic_ops
from cyclegan_neuro.windows.cutting import window_frame_indices, windows_of
from cyclegan_neuro.windows.segmentation import spaced

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
    "days_mouse_1": Case("choosing", "quickstart", ("training.epochs=10", *WITHOUT_DECAY)),
    "phi_mouse_1": Case("choosing", "synthetic_cpu", ("training.epochs=12", *WITHOUT_DECAY)),
    "days_mouse_1_seed_2": Case("test", "quickstart", ("training.epochs=10", *WITHOUT_DECAY, *_mouse("mouse_1", 2))),
    "days_mouse_2": Case("test", "quickstart", ("training.epochs=10", *WITHOUT_DECAY, *_mouse("mouse_2", 1))),
    "days_mouse_4": Case("test", "quickstart", ("training.epochs=10", *WITHOUT_DECAY, *_mouse("mouse_4", 1))),
    "phi_mouse_2": Case(
        "test", "synthetic_cpu", ("training.epochs=12", *WITHOUT_DECAY, *_mouse("mouse_2", 2), "data.phi_seed=2")
    ),
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
            kept[f"{name}{suffix}"] = windows_of(day, starts, prepared.window_frames)
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
        for group, entry in tuning_metrics(curves, {"model": curves}, changed).items():
            found |= {f"tuning_{group}_{name}": entry["model"][name] for name in ("correlation", "mae")}
    for name, bound in phi_bounds(prepared).items():
        doing_nothing = found["x_minus_y"]
        found[f"gap_closed_{name[-1]}"] = (doing_nothing - found[name]) / (doing_nothing - bound["mean"])
    return found


def record(folder: Path, case: Case) -> None:
    """Train one case unless that was done."""
    if (folder / "epochs.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    system = get("cyclegan")
    config = load_config(CONFIGURATIONS / f"{case.configuration}.yaml", Config, overrides=case.overrides)
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


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=1)
    options.add_argument("--output_dir", type=Path, required=True, help="folder for the trainings")
    options.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), help="some of the trainings")
    options.add_argument("--record", action="store_true", help="train, and compare nothing")
    arguments = options.parse_args()
    for name in arguments.only:
        record(arguments.output_dir / name, CASES[name])


if __name__ == "__main__":
    main()
