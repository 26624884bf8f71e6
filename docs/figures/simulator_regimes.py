"""Print how far identity is from the truth for every kind of learning: the table of docs/simulator.md.

    python docs/figures/simulator_regimes.py [--seed 1] [--share 0.4]

Changed neurons of mouse_1 at 8 Hz on the novice's laps: the novice's brain against the expert's. Beside each number
stands what odd and even laps of the expert's brain differ by.
"""

import argparse
from dataclasses import dataclass
from typing import get_args

import numpy as np

from cyclegan_neuro.configuration.sections import LearningKind
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.resampling import resample
from cyclegan_neuro.recordings.simulate import simulate_days

BIN_CM = 5.0
RATE_HZ = 8.0


@dataclass(frozen=True)
class Part:
    """Frames of changed neurons, with the place of each frame."""

    dff: np.ndarray  # (time, neuron)
    place: np.ndarray  # (time,)
    state: np.ndarray | None

    def select(self, frames: np.ndarray) -> "Part":
        return Part(self.dff[frames], self.place[frames], None if self.state is None else self.state[frames])

    @property
    def tuning(self) -> np.ndarray:
        """Mean per place, (place, neuron)."""
        return np.stack([self.dff[self.place == p].mean(axis=0) for p in np.unique(self.place)])

    @property
    def noise_correlations(self) -> np.ndarray:
        """Of residuals from the tuning, a number per pair."""
        residual = self.dff - self.tuning[self.place]
        return np.corrcoef(residual.T)[np.triu_indices(residual.shape[1], 1)]

    @property
    def state_effect(self) -> np.ndarray:
        """Tuning while engaged less tuning while not, (place, neuron)."""
        engaged, idle = (self.select(self.state == s).tuning for s in (1, 0))
        return engaged - idle


def tuning_correlation(a: Part, b: Part) -> float:
    """Median over neurons."""
    return float(np.median([np.corrcoef(u, v)[0, 1] for u, v in zip(a.tuning.T, b.tuning.T, strict=True)]))


def compare(a: Part, b: Part) -> list[float]:
    """Tuning correlation, mean absolute difference of noise correlations, slope of a's state effect on b's."""
    row = [tuning_correlation(a, b), float(np.abs(a.noise_correlations - b.noise_correlations).mean())]
    if a.state is not None:
        effects = a.state_effect, b.state_effect
        row.append(float((effects[0] * effects[1]).sum() / (effects[1] ** 2).sum()))
    return row


def day_row(day: Recording) -> tuple[list[float], list[float]]:
    """Identity against the other day's brain, and the floor."""
    changed = day.truth.changed if day.truth.changed.any() else np.ones(day.n_neurons, bool)
    place = np.minimum(day.behaviour.position_cm / BIN_CM, 160 / BIN_CM - 1).astype(int)
    own = Part(day.dff[:, changed], place, day.truth.state)
    other = Part(day.truth.other_day_dff[:, changed], place, day.truth.state)
    odd = day.behaviour.trial % 2 == 1
    return compare(own, other), compare(other.select(odd), other.select(~odd))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float)
    options = parser.parse_args()
    print("| kind | changed | tuning correlation | noise-correlation difference | state slope |\n" + "| --- " * 5 + "|")
    for kind in get_args(LearningKind):
        share = None if kind == "behaviour" else options.share
        novice, _ = simulate_days(preset="mouse_1", seed=options.seed, learning=kind, share=share)
        cells = [f"{i:.2f} ({f:.2f})" for i, f in zip(*day_row(resample(novice, RATE_HZ)), strict=True)]
        print(f"| {kind} | {novice.truth.changed.sum()} | " + " | ".join([*cells, *["-"] * (3 - len(cells))]) + " |")


if __name__ == "__main__":
    main()
