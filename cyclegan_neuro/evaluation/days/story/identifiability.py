"""How sure is the mapping: symmetries of the data, other seeds, the match across days, and what cannot be known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Picture, Table, significant
from cyclegan_neuro.evaluation.days.beyond.scores import too_short
from cyclegan_neuro.evaluation.days.identifiability.agreement import MEASURES, Agreement, Match
from cyclegan_neuro.evaluation.days.identifiability.measure import Identifiability
from cyclegan_neuro.evaluation.days.identifiability.symmetry import Symmetry
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.story.wording import label_of, tell
from cyclegan_neuro.evaluation.wording import percent
from cyclegan_neuro.figures.curves import Curve
from cyclegan_neuro.figures.style import DAY_Y, MUTED, TRUTH
from cyclegan_neuro.figures.turns import certainty_figure
from cyclegan_neuro.invocation import command
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["identifiability_block"]

_TITLE = "How sure is the mapping?"
_BESIDE = {"identity": "X as recorded", "training_laps": "training laps of y"}
_PLACES = {"position": "at each place", "event": "at each time since the event", "none": "of each neuron"}
_WITHIN = {"position": "within places, frame by frame", "event": "within times since the event, frame by frame",
           "none": "frame by frame"}  # fmt: skip
Row = tuple[str, str, float, str | None, str]


def identifiability_block(
    prepared: PreparedPair, found: Measurements, sure: Identifiability | None, *, condition: Sequence[str]
) -> Block | None:
    """Tell whether the data single this mapping out; None where y is Φ(X).

    Parameters
    ----------
    prepared : PreparedPair
    found : Measurements
    sure : Identifiability, optional
    condition : sequence of str
        Behaviour that networks saw.
    """
    if prepared.is_paired:
        return None
    if sure is None:
        return Block(_TITLE, (f"Not computed: {too_short(prepared)}.",))
    agreement, names = sure.agreement, _names(sure)
    told = tell(
        "identifiability",
        symmetry=_symmetry_sentence(sure),
        seeds=_seeds_sentence(agreement, names, found.model),
        truth=_truth_sentence(agreement),
        match=[_match_sentence(match, names) for match in agreement.matches],
        condition=[name.replace("_", " ") for name in condition],
        places=sure.places,
        tested="model" in sure.symmetry,
        n_laps=sure.n_laps,
        near_cm=sure.symmetry["model"].near * sure.bin_cm if "model" in sure.symmetry else 0,
        evaluate=command("evaluate"),
    )
    caption = (
        "What speaks for this mapping, and what against. r: correlation of tuning with that of day y, or of changes "
        "G(x) − x between runs; in brackets 95 % from a jackknife over laps, or the range over pairs of runs."
    )
    columns = ("test", "measure", found.model, "interval or range", "beside it")
    rows = (*_symmetry_rows(sure), *_seed_rows(agreement, names, found.model), *_match_rows(agreement, names))
    tables = ((caption, Table("identifiability", columns, rows)),) if rows else ()
    return Block(_TITLE, tables=tables, pictures=_pictures(sure, names, found.model), **told)


def _names(sure: Identifiability) -> dict[str, str]:
    places = f"mean change {_PLACES[sure.places]}"
    return dict(zip(MEASURES, (places, f"change {_WITHIN[sure.places]}", "size of change per neuron"), strict=True))


def _symmetry_sentence(sure: Identifiability) -> str:
    if "model" not in sure.symmetry:
        return ""
    test = sure.symmetry["model"]
    r, best = (significant(value, digits=2) for value in (test.correlation, test.correlations[test.best]))
    turn = _turn(test, sure.bin_cm)
    if test.turned:
        told = (
            f"The map is turned: tuning of G(X) agrees with day y's better {turn} (r = {best}) than as it stands ({r})."
        )
    elif test.n_open:
        told = (
            f"Tuning of G(X) agrees with day y's (r = {r}), but {test.n_open} of {test.n_turns} shifts and reflections "
            f"of the track cannot be told from none (best, {turn}: {best})."
        )
    else:
        told = (
            f"Tuning of G(X) agrees with day y's (r = {r}) better than after any shift or reflection of the track "
            f"(best, {turn}: {best})."
        )
    return f"{told} Which cell is which makes no difference." if test.p_cells > 0.05 else told


def _turn(test: Symmetry, bin_cm: float) -> str:
    (backwards, shift), n = test.best, test.correlations.shape[1]
    way = f"{shift * bin_cm:g} cm on" if shift <= n / 2 else f"{(n - shift) * bin_cm:g} cm back"
    return f"{'read backwards and ' if backwards else ''}shifted {way}"


def _seeds_sentence(agreement: Agreement, names: dict[str, str], model: str) -> str:
    if len(agreement.runs) < 2:
        return ""
    places, rest, within = map(
        _mean, (agreement.between["places"], agreement.rest["places"], agreement.between["within"])
    )
    return (
        f"Between {len(agreement.runs)} seeds the {names['places']} correlates {places}, beyond the "
        f"{label_of(agreement.aligned, model)} {rest}; the {names['within']} {within}."
    )


def _truth_sentence(agreement: Agreement) -> str:
    errors = agreement.errors.get("places")
    if errors is None or not np.isfinite(errors["mean"]):
        return ""
    return f"Its error is {_mean(errors['runs'])} of the true change (doing nothing: 1)."


def _match_sentence(match: Match, names: dict[str, str]) -> str:
    who = f"With {percent(match.share)} of identities permuted"
    if not match.n:
        return f"{who} no neuron is left to compare."
    means = {name: float(np.mean(values)) for name, values in match.with_runs.items()}
    if len(match.between["places"]) < 2 or not np.isfinite([*means.values(), *match.between["places"]]).all():
        alike = f"that of the {match.n} others correlates {_mean(match.with_runs['places'])} with this run's"
        return f"{who} {alike}; how far seeds differ takes three."
    moved = [name for name in MEASURES if means[name] < min(match.between[name])]
    shown = "; ".join(
        f"{names[name]} {_mean(match.with_runs[name])} against {_mean(match.between[name])}"
        for name in moved or ("places",)
    )
    return f"{who} the {match.n} others change otherwise {'' if moved else 'no '}more than with another seed ({shown})."


def _mean(values: Sequence[float]) -> str:
    return significant(float(np.mean(values)), digits=2)


def _mean_range(values: Sequence[float]) -> str:
    mean, low, high = (significant(float(of(values)), digits=2) for of in (np.mean, np.min, np.max))
    return mean if len(values) == 1 or not np.isfinite(values).all() else f"{mean} ({low} to {high})"


def _symmetry_rows(sure: Identifiability) -> Iterator[Row]:
    if "model" not in sure.symmetry:
        return
    test, n = sure.symmetry["model"], sure.symmetry["model"].n_turns
    turn = _turn(test, sure.bin_cm)

    def beside(value) -> str:
        others = {name: value(sure.symmetry[name]) for name in _BESIDE if name in sure.symmetry}
        return "; ".join(f"{_BESIDE[name]} {own}" for name, own in others.items())

    def short(value: float) -> str:
        return significant(value, digits=2)

    asked = "shift, reflection"
    yield asked, "r as it stands", test.correlation, _brackets(test.interval), beside(lambda t: short(t.correlation))
    difference, *interval = test.advantage
    yield (
        asked,
        f"less r when {turn}",
        difference,
        _brackets(interval),
        beside(lambda t: f"{short(t.advantage[0])} {_brackets(t.advantage[1:])}"),
    )
    yield asked, f"turns of {n} that cannot be told from none", test.n_open, None, beside(lambda t: str(t.n_open))
    cells = f"permuted {short(float(test.cells.mean()))}, p = {short(test.p_cells)}"
    yield "cells permuted", "r less with cells permuted", float(test.correlation - test.cells.mean()), None, cells


def _seed_rows(agreement: Agreement, names: dict[str, str], model: str) -> Iterator[Row]:
    n, simple = len(agreement.runs), label_of(agreement.aligned, model)
    for name in MEASURES if n > 1 else ():
        between = agreement.between[name]
        beside = f"with the {simple} {_mean_range(agreement.with_alignment[name])}"
        beside += f"; beyond it {_mean_range(agreement.rest[name])}"
        yield f"{n} seeds", f"{names[name]}: r", float(np.mean(between)), _range(between), beside
    for name, errors in agreement.errors.items():
        beside = f"mean over runs {significant(errors['mean'], digits=2)}; " if n > 1 else ""
        beside += f"{simple} {significant(errors['alignment'], digits=2)}; doing nothing 1"
        label = f"{names[name]}: error, share of the true change"
        yield "truth", label, float(np.mean(errors["runs"])), _range(errors["runs"]), beside


def _match_rows(agreement: Agreement, names: dict[str, str]) -> Iterator[Row]:
    for match in agreement.matches:
        for name in MEASURES if match.n else ():
            values, between = match.with_runs[name], match.between[name]
            beside = f"between seeds, same {match.n} neurons {_mean_range(between)}" if between else ""
            test = f"{percent(match.share)} of identities permuted"
            yield test, f"{names[name]}: r", float(np.mean(values)), _range(values), beside


def _brackets(interval: Sequence[float]) -> str:
    return f"[{', '.join(significant(value, digits=2) for value in interval)}]"


def _range(values: Sequence[float]) -> str | None:
    return _brackets((min(values), max(values))) if len(values) > 1 else None


def _pictures(sure: Identifiability, names: dict[str, str], model: str) -> tuple[Picture, ...]:
    curves, null, shifts = [], None, np.zeros(0)
    if "model" in sure.symmetry:
        test, n = sure.symmetry["model"], sure.symmetry["model"].correlations.shape[1]
        shift = np.arange(n) - n // 2
        styles = {"model": DAY_Y, "identity": MUTED, "training_laps": TRUTH}
        labels = {"model": "G(X)"} | _BESIDE
        for name, own in sure.symmetry.items():
            if own.correlations.shape[1] == n:  # else fewer places were visited
                curves.append(Curve(labels[name], own.correlations[0][shift], styles[name]))
        curves.append(Curve("G(X), backwards", test.correlations[1][shift], DAY_Y, ":"))
        low, high = np.percentile(test.cells, (2.5, 97.5))
        shifts, null = shift * sure.bin_cm, (float(low), float(high))
    groups = _groups(sure.agreement, names, model)
    if not curves and not groups:
        return ()
    caption = (
        "Correlation of tuning with that of day y at every shift around the track, mean over neurons. " * bool(curves)
        + "Correlations of the change between runs: a dot for each pair, the bar is their mean." * bool(groups)
    ).strip()
    return (Picture("identifiability", caption, certainty_figure(shifts, curves, null, groups), counterpart=""),)


def _groups(agreement: Agreement, names: dict[str, str], model: str) -> list[tuple[str, list[float]]]:
    groups = []
    if len(agreement.runs) > 1:
        groups += [(names[name], agreement.between[name]) for name in MEASURES]
        groups.append((f"places, beyond the {label_of(agreement.aligned, model)}", agreement.rest["places"]))
        groups.append((f"places, with the {label_of(agreement.aligned, model)}", agreement.with_alignment["places"]))
    for match in agreement.matches:
        if match.n:
            groups.append((f"places, {percent(match.share)} of identities permuted", match.with_runs["places"]))
    return [(name, values) for name, values in groups if np.isfinite(values).all()]
