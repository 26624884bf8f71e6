"""Did the mapping work: signal metrics beside baselines, traces, the whole population."""

from __future__ import annotations

from collections.abc import Collection

from cyclegan_neuro.evaluation.contents import Block, Picture, Table, significant
from cyclegan_neuro.evaluation.days.measurements import Measurements
from cyclegan_neuro.evaluation.days.names import METRICS
from cyclegan_neuro.evaluation.days.pictures import choose_neurons, cycle_traces, place_maps, population_maps
from cyclegan_neuro.evaluation.days.sections import DaysConfig
from cyclegan_neuro.evaluation.days.story.rivals import counted, lost_to_places
from cyclegan_neuro.evaluation.days.story.wording import (
    ALIGNMENTS,
    TRANSLATOR_LABELS,
    mean_sd,
    row_label,
    tell,
)
from cyclegan_neuro.evaluation.wording import percent
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["cycle_sentence", "mapping_block", "moved_sentence"]

_ORDER = ("model", "identity", *ALIGNMENTS, "best_possible")
_DIRECT = ("direct_y", "direct_x", "direct_changed_y", "direct_changed_x")


def mapping_block(
    config: DaysConfig, prepared: PreparedPair, found: Measurements, *, places: Collection[str] = ()
) -> Block:
    """Tell how well G and F translate; ``places`` are those that the networks know."""
    tables = (
        (
            "Mean absolute differences over test windows (ΔF/F, mean ± standard deviation over windows), as Tables 1 "
            "and G.1 of the paper. A dash: not known.",
            _overview(found.signals, found.model),
        ),
        ("The same numbers, one per line.", _details(found.signals, found.model)),
        (
            "Distance of the moments of translated validation windows from recorded ones (doing nothing: 1; the "
            "smaller, the better). It needs neither the truth nor test windows: by it a checkpoint is chosen, and "
            "models with other settings can be compared. Penalties of some alignments were chosen on these windows.",
            _validation(found.validation, found.model),
        ),
    )
    errors = {
        METRICS[metric].label: {name: entry["mean"] for name, entry in found.signals[metric].items()}
        for metric in _DIRECT
        if metric in found.signals
    }
    told = tell(
        "mapping",
        phi=prepared.is_paired,
        wins=errors and counted(found.model, errors),
        lost=lost_to_places(errors, told=places),
        cycles=cycle_sentence(found.signals),
        moved=moved_sentence(found),
        shrinkages=[(TRANSLATOR_LABELS[name], f"{value:g}") for name, value in found.shrinkages.items()],
    )
    return Block("Did the mapping work?", tables=tables, pictures=_pictures(config, prepared, found), **told)


def _overview(signals: dict, model: str) -> Table:
    metrics = [metric for metric in METRICS if metric in signals and metric != "x_minus_y"]
    names = [name for name in _ORDER if any(name in signals[metric] for metric in metrics)]
    rows = tuple(
        (row_label(name, model), *(mean_sd(signals[metric].get(name)) for metric in metrics)) for name in names
    )
    return Table("signals", ("", *(f"{METRICS[metric].label} (ΔF/F)" for metric in metrics)), rows)


def _details(signals: dict, model: str) -> Table:
    with_gap = any("gap_closed" in e for by_translator in signals.values() for e in by_translator.values())
    width = 6 if with_gap else 5
    rows = tuple(
        (METRICS[metric].label, row_label(name, model), e["mean"], e["std"], e["n"], e.get("gap_closed"))[:width]
        for metric in METRICS if metric in signals
        for name, e in signals[metric].items()
    )  # fmt: skip
    columns = ("metric", "translator", "mean (ΔF/F)", "standard deviation (ΔF/F)", "test windows", "gap closed")
    return Table("signals_long", columns[:width], rows)


def _validation(distances: dict[str, float], model: str) -> Table:
    rows = tuple((row_label(name, model), distances[name]) for name in _ORDER if name in distances)
    return Table("validation_distance", ("translator", "distance of moments"), rows)


def cycle_sentence(signals: dict) -> str:
    """Compare the model's cycle errors with the difference between the days."""
    apart = signals["x_minus_y"]["recorded"]["mean"]
    shares = [signals[metric]["model"]["mean"] / apart if apart else float("nan") for metric in ("cycle_x", "cycle_y")]
    return (
        f"The cycles bring windows back to within {significant(shares[0], digits=2)} (|X − F(G(X))|) and "
        f"{significant(shares[1], digits=2)} (|Y − G(F(Y))|) of the mean difference |X − Y| between test windows "
        f"of the two days, {significant(apart)} ΔF/F."
    )


def moved_sentence(found: Measurements) -> str:
    """Say how far the generators move windows."""
    apart = found.signals["x_minus_y"]["recorded"]["mean"]
    shares = [found.change[day]["mean"] / apart if apart else float("nan") for day in ("x", "y")]
    return (
        f"G moves windows of X by {percent(shares[0])} (|X − G(X)|) and F windows of Y by {percent(shares[1])} "
        "(|Y − F(Y)|) of |X − Y|."
    )


def _pictures(config: DaysConfig, prepared: PreparedPair, found: Measurements):
    neurons = choose_neurons(prepared, found.example, config.report.n_traces)
    if prepared.is_paired:
        marked = "Shaded: the frames in which Φ removes the signal"
        chosen = "Neurons from the top to the bottom of the masked corner"
    else:
        marked = "Shaded: the two stretches in which G (left) and F (right) change the trace most"
        known = found.example.truth_y is not None
        chosen = "The neurons that learning changed most" if known else "The most active neurons"
    truth = "; dotted: what G(X) and F(Y) should be" if found.example.truth_y is not None else ""
    pictures = [
        Picture(
            "cycle_traces",
            f"Traces through both cycles in one test window of each day. {chosen}. "
            f"{marked}{truth}; grey behind F(G(X)) and G(F(Y)): the trace they should return to.",
            cycle_traces(found.example, prepared, neurons),
            counterpart="Figures 2 and F.1" if prepared.is_paired else "Figures 4 and G.1",
        ),
        Picture(
            "population",
            "The whole population in the same windows, neurons downward in the order of the networks. One colour scale "
            "for all panels, from the 1st to the 99.5th percentile of X and Y.",
            population_maps(found.example, prepared),
            counterpart="Figure F.2" if prepared.is_paired else "Figure G.2",
        ),
    ]
    if found.place_maps is not None:
        variability, error = place_maps(found.place_maps, prepared)
        pictures.append(Picture(
            "phi_variability",
            "How much ΔF/F varies over the test windows at each place, neurons in the order of the networks. Φ blanks "
            "the lower left corner, where only the noise 0.5 η is left: a G that learned Φ is still there, and an F "
            "that learned its inverse is not.",
            variability,
            counterpart="",
        ))  # fmt: skip
        pictures.append(Picture(
            "phi_errors",
            "Where the errors lie: mean absolute difference over all test windows, for identity (left) and the model.",
            error,
            counterpart="",
        ))  # fmt: skip
    return tuple(pictures)
