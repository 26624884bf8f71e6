"""The section of the report on decoding across days."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.contents import Block, Picture, Table
from cyclegan_neuro.evaluation.decoding.across_days import AcrossDays, Score
from cyclegan_neuro.evaluation.wording import tell
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, MUTED, TRUTH, new_figure, styled

__all__ = ["TITLE", "across_days_block", "compared", "draw_bars"]

TITLE = "Does a decoder of one day work on the other?"

_TEMPLATE = Path(__file__).parent / "across_days.j2"
_SCORES = {
    "day_0": "day 0, held out",
    "as_is": "day 1 as it is",
    "moments": "moments matched",
    "gaussian_ot": "Gaussian OT",
    "moments_before": "moments matched before the network",
    "gaussian_ot_before": "Gaussian OT before the network",
    "retrained": "trained on day 1",
}
_COLOURS = {
    "day_0": DAY_X, "as_is": MUTED, "moments": "#56B4E9", "gaussian_ot": "#009E73", "moments_before": "#E69F00",
    "gaussian_ot_before": "#CC79A7", "retrained": DAY_Y,
}  # fmt: skip
_SHOWN = {"raw": ("as_is", "moments", "gaussian_ot"), "own": ("as_is", "moments_before", "gaussian_ot_before")}
_LOWEST = -0.5  # of the axis: a decoder can be wrong without limit


def across_days_block(found: AcrossDays) -> Block:
    """Tell how well decoders of day 0 read day 1, from raw activity and from the model."""
    raw, own = found.features["raw"].scores, found.features[found.main].scores
    told = tell(
        _TEMPLATE,
        found=found,
        raw={key: f"{score.r2:.2f}" for key, score in raw.items()},
        own={key: f"{score.r2:.2f}" for key, score in own.items()},
        unaided=compared(own["as_is"], raw["moments"]),
        moments=compared(own["moments_before"], raw["moments"]),
        transported=compared(own["gaussian_ot_before"], raw["gaussian_ot"]),
    )
    caption = (
        f"R² over {len(found.target_names)} targets, in units of each day, and 95 % intervals over held-out trials "
        f"({found.n_held_out[0]} of day 0, {found.n_held_out[1]} of day 1). As recorded: R² of the targets as the file "
        "has them."
    )
    picture = Picture(
        "across_days",
        "Decoding across days. Above: R² on held-out trials, 95 % intervals; bars that end at the axis go on. "
        f"Below: {found.target} on day 1, recorded (black) and as decoders of day 0 read it.",
        _figure(found),
        counterpart="",
    )
    return Block(TITLE, tables=((caption, _table(found)),), pictures=(picture,), **told)


def compared(one: Score, other: Score) -> str:
    """Say whether one is better than another, by the interval of the paired difference."""
    difference, low, high = one.minus(other)
    verdict = "better than" if low > 0 else "worse than" if high < 0 else "not told apart from"
    return f"{verdict} raw activity ({difference:+.2f} [{low:+.2f}, {high:+.2f}])"


def _label(name: str, found: AcrossDays) -> str:
    return "raw activity" if name == "raw" else f"{found.model}, {name}"


def _table(found: AcrossDays) -> Table:
    rows = tuple(
        (_label(name, found), _SCORES[key], score.r2, score.low, score.high, score.as_recorded)
        for name, one in found.features.items()
        for key, score in one.scores.items()
    )
    return Table("across_days", ("features", "decoder and day", "R²", "low", "high", "R² as recorded"), rows)


def _figure(found: AcrossDays) -> Figure:
    with styled():
        figure = new_figure(11.0, 7.6)
        bars, *traces = figure.subplots(3, 1, height_ratios=(2.2, 1, 1))
        draw_bars(bars, found)
        time_s = np.arange(len(found.recorded)) * found.bin_s
        for axis, name in zip(traces, ("raw", found.main), strict=True):
            axis.plot(time_s, found.recorded, color=TRUTH, linewidth=1.0)
            for key in _SHOWN["raw" if name == "raw" else "own"]:
                axis.plot(time_s, found.features[name].shown[key], color=_COLOURS[key])
            room = 0.4 * np.ptp(found.recorded)
            axis.set(title=_label(name, found), xlim=(0, time_s[-1]),
                     ylim=(found.recorded.min() - room, found.recorded.max() + room))  # fmt: skip
            axis.set_ylabel(f"{found.target} (SD)")
        traces[-1].set_xlabel("time on day 1, held-out trials one after the other (s)")
        figure.legend(*bars.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def draw_bars(axis: Axes, found: AcrossDays) -> None:
    """Draw R² of every decoder as bars with intervals."""
    width = 0.8 / len(_SCORES)
    for key, label in _SCORES.items():
        bars = [
            (place + (list(one.scores).index(key) - (len(one.scores) - 1) / 2) * width, one.scores[key])
            for place, one in enumerate(found.features.values())
            if key in one.scores
        ]
        place, r2, low, high = np.array([(x, score.r2, score.low, score.high) for x, score in bars]).T
        axis.bar(place, r2, width, color=_COLOURS[key], label=label)
        axis.errorbar(
            place, r2, np.maximum([r2 - low, high - r2], 0), fmt="none", ecolor=TRUTH, elinewidth=1.0, capsize=2
        )
    axis.axhline(0, color=TRUTH, linewidth=0.8)
    axis.set_xticks(
        np.arange(len(found.features)), [_label(name, found).replace(", ", "\n") for name in found.features]
    )
    lowest = min(s.low for one in found.features.values() for s in one.scores.values())
    axis.set(ylabel="R²", ylim=(max(lowest - 0.05, _LOWEST) if lowest < 0 else 0, 1))
