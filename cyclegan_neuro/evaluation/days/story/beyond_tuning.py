"""Beyond mean tuning: correlations, time courses, states, and whether a classifier tells the translation."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.contents import Block, Picture, Table, significant
from cyclegan_neuro.evaluation.days.beyond.comparisons import NO_TRANSLATORS
from cyclegan_neuro.evaluation.days.beyond.parts import FIELDS
from cyclegan_neuro.evaluation.days.beyond.scores import SCORES, Beyond, too_short
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.names import SIGNALS
from cyclegan_neuro.evaluation.days.story.wording import label_of, row_label, tell
from cyclegan_neuro.figures.agreement import AgreementRow, agreement_grid
from cyclegan_neuro.figures.curves import Curve
from cyclegan_neuro.figures.style import DAY_COLOURS, MUTED, TRUTH
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["beyond_tuning_block", "beyond_tuning_sentence"]

_TITLE = "Beyond mean tuning"
_REMOVED = {"position": "mean at each position", "event": "mean at each time since the event"}
_PLACES = {"position": "position", "event": "time since the event"}
_ROWS = {"floor": "floor: parts of the recorded day", "truth": "the right translation"}


def beyond_tuning_block(prepared: PreparedPair, found: Measurements) -> Block | None:
    """Tell what mean tuning does not show, or why it is not known; None where y is Φ(X).

    Parameters
    ----------
    prepared : PreparedPair
    found : Measurements
    """
    if prepared.is_paired:
        return None
    beyond = found.beyond
    if beyond is None:
        return Block(_TITLE, (f"Not computed: {too_short(prepared)}.",))
    kind = "" if beyond.places is None else beyond.places.kind
    told = tell(
        "beyond_tuning",
        directions=[_direction(beyond, day, found.model) for day in FIELDS],
        removed=_REMOVED.get(kind, "mean over all frames"),
        places=_PLACES.get(kind, "part of the time"),
        known=bool(kind),
        truth_known="noise_correlation_error_truth" in beyond.scores["y"],
        sample=beyond.sample,
    )
    pictures = (Picture("noise_correlations", _caption(beyond), _figure(beyond, found.model), counterpart=""),)
    return Block(_TITLE, tables=tuple(_tables(beyond, found.model)), pictures=pictures, **told)


def beyond_tuning_sentence(found: Measurements) -> str:
    """Say that a classifier tells G(X) less well than all others, if that is more than chance; else nothing."""
    if found.beyond is None:
        return ""
    comparison, own = found.beyond.comparisons["y"]["two_sample_auc"], found.beyond.scores["y"]["two_sample_auc"]
    if not comparison.beats_all:
        return ""
    best = f"{label_of(comparison.best, found.model)} {significant(own[comparison.best], digits=2)}"
    return (
        f"Beyond tuning, a classifier tells G(X) from day y less well than any of them "
        f"(AUC {significant(own['model'], digits=2)}, {best})."
    )


def _direction(beyond: Beyond, day: str, model: str) -> dict:
    compared, auc = beyond.comparisons[day], beyond.scores[day]["two_sample_auc"]
    decided = [score for score, one in compared.items() if one.beats_all]
    others = dict.fromkeys(("identity", compared["two_sample_auc"].best, "floor"))
    beside = {"floor": "parts of the recorded day", "identity": "doing nothing"}
    return {
        "made": SIGNALS[FIELDS[day]].label,
        "day": day,
        "n": len(compared),
        "nearer": sum(one.difference < 0 for one in compared.values()),
        "decided": len(decided),
        "families": list(dict.fromkeys(SCORES[score].label.split(":")[0].split(" (")[0] for score in decided)),
        "auc": "" if math.isnan(auc["model"]) else significant(auc["model"], digits=2),
        "beside": [
            f"{beside.get(name) or label_of(name, model)} {significant(auc[name], digits=2)}"
            for name in others
            if name in auc
        ],
    }


def _tables(beyond: Beyond, model: str):
    for day, field in FIELDS.items():
        scores, label = beyond.scores[day], SIGNALS[field].label
        columns = ("", *(f"{SCORES[score].label} (ideal {SCORES[score].ideal:g})" for score in scores))
        names = dict.fromkeys(name for own in scores.values() for name in own if name not in NO_TRANSLATORS)
        order = sorted(names, key=lambda name: name != "model") + [name for name in _ROWS if _is_row(scores, name)]
        rows = tuple(
            (_ROWS.get(name) or row_label(name, model), *(_cell(own, name, score) for score, own in scores.items()))
            for name in order
        )
        caption = f"{label} against day {day}, residuals of the test frames; the nearest to the ideal value has a star."
        yield caption, Table(f"beyond_tuning_{day}", columns, rows)


def _is_row(scores: dict, name: str) -> bool:
    return any(name in own for own in scores.values())


def _cell(own: dict[str, float], name: str, score: str) -> str | None:
    value = own.get(name, math.nan)
    if math.isnan(value):
        return None
    apart = {key: abs(each - SCORES[score].ideal) for key, each in own.items() if key not in NO_TRANSLATORS}
    best = min(apart, key=lambda key: (math.isnan(apart[key]), apart[key]))
    return f"{significant(value)}\u00a0*" if name == best else significant(value)


def _shown(beyond: Beyond, day: str) -> str:
    """The baseline whose noise correlations are nearest."""
    return beyond.comparisons[day]["noise_correlation_error"].best


def _caption(beyond: Beyond) -> str:
    truth = "; the truth dotted" if "truth" in beyond.autocorrelations["y"] else ""
    return (
        "Noise correlations of pairs of neurons, recorded against made: by the model and by the baseline that is "
        f"nearest. Right: autocorrelation of residuals, mean over neurons{truth}."
    )


def _figure(beyond: Beyond, model: str) -> Figure:
    rows = []
    for day, field in FIELDS.items():
        best, pairs, courses = _shown(beyond, day), beyond.correlations[day], beyond.autocorrelations[day]
        label, colour = label_of(best, model), DAY_COLOURS[day]
        made = SIGNALS[field].label
        curves = [
            Curve(f"{day.upper()}, recorded", courses["recorded"][1], TRUTH),
            Curve(made, courses["model"][1], colour),
            Curve("best baseline", courses[best][1], MUTED),
            *([Curve("truth", courses["truth"][1], TRUTH, ":")] if "truth" in courses else []),
        ]
        rows.append(AgreementRow(
            f"{made} against day {day}", pairs["recorded"],
            [(f"{made}, {model}", pairs["model"], colour), (label, pairs[best], MUTED)],
            courses["recorded"][0], curves,
        ))  # fmt: skip
    return agreement_grid(rows, values="noise correlation", curves="autocorrelation")
