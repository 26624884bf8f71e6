"""Draw two simulated days for ``docs/simulator.md``: behaviour, traces and position tuning.

    python docs/figures/draw_simulator.py

writes ``simulator_days.png`` and ``simulator_tuning.png`` beside this script; no data needed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cyclegan_neuro.figures.drawing import png_bytes
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, HEAT, MUTED, REGION, TRUTH, new_figure, styled
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate import simulate_days
from cyclegan_neuro.recordings.simulate.presets import CORRIDOR_CM, REWARD_ZONE_CM

KINDS = ("none", "moved", "strengthened", "silenced", "recruited")
SECONDS = 45.0
BIN_CM = 4.0


def position_tuning(dff: np.ndarray, position_cm: np.ndarray) -> np.ndarray:
    """Mean ΔF/F per neuron and position bin, (neuron, bin)."""
    n_bins = int(CORRIDOR_CM / BIN_CM)
    index = np.minimum((position_cm / BIN_CM).astype(int), n_bins - 1)
    return np.stack([dff[index == i].mean(axis=0) for i in range(n_bins)], axis=1)


def draw_behaviour(axes, day: Recording, colour: str) -> None:
    """Position, licks and rewards of the first laps."""
    frames = slice(0, round(SECONDS * day.frame_rate_hz))
    time_s = np.arange(frames.stop) / day.frame_rate_hz
    axes.axhspan(*REWARD_ZONE_CM, color=REGION, alpha=0.35, lw=0)
    position = np.where(np.diff(day.behaviour.trial[frames], prepend=0) > 0, np.nan, day.behaviour.position_cm[frames])
    axes.plot(time_s, position, color=colour)
    licks, rewards = day.behaviour.licks[frames] > 0, day.behaviour.rewards[frames] > 0
    axes.plot(time_s[licks], np.full(licks.sum(), 170.0), "|", color=MUTED, ms=6)
    axes.plot(time_s[rewards], np.full(rewards.sum(), 182.0), "v", color=TRUTH, ms=5)
    axes.set(xlim=(0, SECONDS), ylim=(0, 190), ylabel="position (cm)", title=f"{day.session} day")


def draw_traces(axes, day: Recording, neurons: list[int], colour: str) -> None:
    """ΔF/F with spikes; the other brain's answer to the same laps behind it."""
    frames = slice(0, round(SECONDS * day.frame_rate_hz))
    time_s = np.arange(frames.stop) / day.frame_rate_hz
    for row, neuron in enumerate(neurons):
        base = -1.6 * row
        axes.plot(time_s, day.truth.other_day_dff[frames, neuron] + base, color=MUTED, lw=0.8)
        axes.plot(time_s, day.dff[frames, neuron] + base, color=colour, lw=0.8)
        spikes = day.truth.spikes[frames, neuron] > 0
        axes.plot(time_s[spikes], np.full(spikes.sum(), base - 0.35), "|", color=TRUTH, ms=3, mew=0.6)
    names = ["unchanged" if k == "none" else k for k in day.truth.change[neurons]]
    axes.set_yticks([-1.6 * row for row in range(len(neurons))], names)
    axes.set(xlim=(0, SECONDS), xlabel="time (s)")


def typical_neurons(day: Recording) -> list[int]:
    """One neuron of each kind, the one of median variance among those with a place field."""
    chosen = []
    for kind in KINDS:
        has_field = ~np.isnan(np.where(day.truth.change == "recruited", 0.0, day.truth.field_before_cm))
        candidates = np.flatnonzero((day.truth.change == kind) & has_field)
        deviation = np.maximum(day.dff.std(axis=0), day.truth.other_day_dff.std(axis=0))[candidates]
        chosen.append(int(candidates[np.argsort(deviation)[candidates.size // 2]]))
    return chosen


def draw_days(days: tuple[Recording, Recording]):
    """Behaviour above, traces below, novice left and expert right."""
    with styled():
        figure = new_figure(13.0, 7.5)
        axes = figure.subplots(2, 2, height_ratios=(1, 2.4))
        neurons = typical_neurons(days[0])
        for column, (day, colour) in enumerate(zip(days, (DAY_X, DAY_Y), strict=True)):
            draw_behaviour(axes[0, column], day, colour)
            draw_traces(axes[1, column], day, neurons, colour)
            axes[1, column].set_ylim(-1.6 * len(neurons) + 0.8, 1.3)
    return figure


def draw_tuning(days: tuple[Recording, Recording]):
    """Position tuning of all neurons: each day's laps with its own and with the other brain."""
    truth = days[0].truth
    field = np.where(np.isnan(truth.field_before_cm), 1e3, truth.field_before_cm)
    order = np.lexsort((field, [KINDS.index(kind) for kind in truth.change]))
    borders = np.cumsum([(truth.change == kind).sum() for kind in KINDS])
    with styled():
        figure = new_figure(13.0, 6.5)
        axes = figure.subplots(1, 4, sharey=True)
        panels = [
            (days[0].dff, days[0], "novice laps,\nnovice brain (x)"),
            (days[0].truth.other_day_dff, days[0], "novice laps,\nexpert brain (truth of G(x))"),
            (days[1].dff, days[1], "expert laps,\nexpert brain (y)"),
            (days[1].truth.other_day_dff, days[1], "expert laps,\nnovice brain (truth of F(y))"),
        ]
        for axis, (dff, day, title) in zip(axes, panels, strict=True):
            image = axis.imshow(
                position_tuning(dff, day.behaviour.position_cm)[order],
                aspect="auto",
                cmap=HEAT,
                vmin=0,
                vmax=0.6,
                extent=(0, CORRIDOR_CM, len(order), 0),
            )
            axis.hlines(borders[:-1], 0, CORRIDOR_CM, color="white", lw=0.8)
            axis.vlines(REWARD_ZONE_CM, 0, len(order), color=REGION, lw=0.8)
            axis.set(title=title, xlabel="position (cm)")
        names = ["unchanged" if kind == "none" else kind for kind in KINDS]
        axes[0].set_yticks((borders + np.concatenate([[0], borders[:-1]])) / 2, names)
        figure.colorbar(image, ax=axes, label="mean ΔF/F", shrink=0.6)
    return figure


def main() -> None:
    days = simulate_days(preset="mouse_1", seed=1)
    here = Path(__file__).parent
    (here / "simulator_days.png").write_bytes(png_bytes(draw_days(days)))
    (here / "simulator_tuning.png").write_bytes(png_bytes(draw_tuning(days)))


if __name__ == "__main__":
    main()
