"""One window has many translations: what the model's samples say, beside a sceptic's."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.contents import Block, Picture, Table, significant
from cyclegan_neuro.evaluation.days.beyond.parts import FIELDS
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.names import SIGNALS
from cyclegan_neuro.evaluation.days.one_to_many import N_SAMPLES, Samples
from cyclegan_neuro.evaluation.days.story.wording import label_of, row_label, tell
from cyclegan_neuro.figures.bands import BandRow, band_rows
from cyclegan_neuro.figures.curves import Curve
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, TRUTH
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["one_to_many_block"]

_COVERAGE = (0.80, 0.97)
_COLUMNS = {
    "coverage": "truth within the band", "band_width": "width of 5-95 % (ΔF/F)", "crps": "CRPS (ΔF/F)",
    "variance_ratio": "variance of residuals, ratio", "spread": "spread (ΔF/F)",
}  # fmt: skip


def one_to_many_block(prepared: PreparedPair, found: Measurements) -> Block | None:
    """Tell how translations spread and whether that is right; None of a model that gives one.

    Parameters
    ----------
    prepared : PreparedPair
    found : Measurements
    """
    samples = found.samples
    if samples is None:
        return None
    labels = _labels(samples, found.model)
    told = tell(
        "one_to_many",
        n_samples=N_SAMPLES,
        directions=[_direction(day, own, labels) for day, own in samples.scores.items()],
        changed=samples.neurons == "changed",
        known=samples.example.truth is not None,
        best=label_of(samples.best, found.model),
    )
    caption = (
        f"5 to 95 % band of {N_SAMPLES} samples of G(X)"
        f"{', and what the same frames would have been' if samples.example.truth is not None else ''}: the "
        f"{'changed ' if samples.neurons == 'changed' else ''}neurons that G moves most."
    )
    picture = Picture("samples", caption, _figure(prepared, samples), counterpart="")
    return Block("One window, many translations", tables=tuple(_tables(samples, labels)), pictures=(picture,), **told)


def _labels(samples: Samples, model: str) -> dict[str, str]:
    best = row_label(samples.best, model)
    return {
        "model": f"{model}, {N_SAMPLES} samples",
        "alignment_alone": f"{best}, one translation",
        "alignment_residuals": f"{best} and drawn residuals",
        "place_residuals": "mean of the day at the place and drawn residuals",
    }


def _direction(day: str, own: dict[str, dict[str, float]], labels: dict[str, str]) -> dict:
    model, (low, high) = own["model"], _COVERAGE
    told = {"made": SIGNALS[FIELDS[day]].label, "spread": significant(model["spread"], digits=2)}
    if "coverage" not in model:
        return told
    covered = model["coverage"]
    ahead = [labels[name] for name, scores in own.items() if scores["crps"] < model["crps"]]
    last = len(ahead) == len(own) - 1
    return told | {
        "coverage": f"{covered:.0%}".replace("%", "\u00a0%"),
        "verdict": "too narrow" if covered < low else "too wide" if covered > high else "about as wide as it should be",
        "ratio": significant(model["variance_ratio"], digits=2),
        "crps": significant(model["crps"], digits=2),
        "standing": "worse than all others" if last else f"worse than {' and '.join(ahead)}" if ahead else "the best",
    }


def _tables(samples: Samples, labels: dict[str, str]):
    for day, own in samples.scores.items():
        columns = [name for name in _COLUMNS if name in own["model"]]
        rows = tuple((labels[name], *(significant(scores[one]) for one in columns)) for name, scores in own.items())
        neurons = "changed neurons" if samples.neurons == "changed" else "all neurons"
        caption = f"Samples of {SIGNALS[FIELDS[day]].label} on the test frames, {neurons}."
        yield caption, Table(f"samples_{day}", ("", *(_COLUMNS[one] for one in columns)), rows)


def _figure(prepared: PreparedPair, samples: Samples) -> Figure:
    shown, names, rows = samples.example, prepared.neuron_names, []
    for column, neuron in enumerate(shown.neurons):
        curves = [Curve("X, recorded", shown.recorded[:, column], DAY_X)]
        if shown.truth is not None:
            curves.append(Curve("truth: the same laps after learning", shown.truth[:, column], TRUTH))
        rows.append(BandRow(names[neuron], shown.low[:, column], shown.high[:, column], curves))
    time_s = shown.start_s + np.arange(len(shown.recorded)) / prepared.frame_rate_hz
    return band_rows(rows, time_s=time_s, label="G(X), samples", colour=DAY_Y)
