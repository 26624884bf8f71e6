"""Tables of the report's section on spikes: Table G.2 of the paper for the user's days, beside the noise floor."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.contents import Table, significant
from cyclegan_neuro.evaluation.days.names import PAIRS, SIGNALS, STATISTICS
from cyclegan_neuro.evaluation.days.spiking.measure import SpikeMeasurements
from cyclegan_neuro.evaluation.days.story.wording import label_of, row_label
from cyclegan_neuro.evaluation.verdicts import Standing
from cyclegan_neuro.evaluation.wording import percent, plural
from cyclegan_neuro.spikes.comparison import DESCRIPTIONS, Comparison, Floor
from cyclegan_neuro.spikes.divergence import kl_ceiling

__all__ = ["IN_SENTENCE", "floor_text", "mean_kl", "spike_tables", "translators"]

IN_SENTENCE = ("firing_rate", "correlation", "van_rossum")
"""Statistics of the paper; those that sentences speak of."""

_FLOOR = "noise floor (the recorded day against itself)"
_DIRECT = ("y_from_x", "x_from_y")
_NOISE = ("as recorded", "equal noise")


def spike_tables(found: SpikeMeasurements) -> tuple[tuple[str, Table], ...]:
    """Return all tables with their captions."""
    tables = [table for statistic in STATISTICS for table in _tables_of(statistic, found)]
    tables += [_floor_table(found), _inference_table(found)]
    if found.matched is not None:
        tables.append(_noise_table(found))
    if found.true is not None:
        tables += [_accuracy_table(found), _true_table(found)]
    return (*tables, _long_table(found))


def mean_kl(found: SpikeMeasurements, pair: str, statistic: str, name: str, *, matched: bool = False) -> float:
    """Return the mean KL divergence of a translator, or of the ``"floor"``; NaN where no value is known.

    ``matched`` asks for that after noise was made equal.
    """
    if name == "floor":
        return found.floors[PAIRS[pair][0]][statistic].mean_kl
    pairs = found.matched if matched and found.matched is not None else found.pairs
    return _mean(pairs[pair][name].comparisons[statistic].kl)


def translators(found: SpikeMeasurements) -> tuple[str, ...]:
    """Return the rows of the tables: the model, doing nothing, and whatever else was measured."""
    first = ("model", "identity")
    return (*first, *(name for name in found.pairs["y_from_x"] if name not in first))


def floor_text(floor: Floor, measure: str, *, digits: int = 3) -> str:
    """Return mean over pairs of parts and interval of another; ``measure`` is ``"kl"`` or ``"wasserstein"``."""
    entry = floor.to_json()[measure]
    if entry["mean"] is None:
        return "–"
    mean, *ends = (significant(value, digits=digits) for value in (entry["mean"], *(entry["interval95"] or ())))
    return f"{mean} [{', '.join(ends)}]" if ends else mean


def _tables_of(statistic: str, found: SpikeMeasurements) -> tuple[tuple[str, Table], ...]:
    """The divergences and the distances of one statistic."""
    headings = {"kl": "KL divergence (nats)", "wasserstein": f"Wasserstein distance ({STATISTICS[statistic].unit})"}
    notes = {
        "kl": f"{DESCRIPTIONS[statistic]} ± standard deviation, in brackets the 95 % bootstrap interval of the mean. A "
        "dash: identity and alignments that can be inverted exactly return what went in. "
        "Floor: mean over pairs of parts, 95 % interval of another pair. "
        f"{_silent(found, statistic)}{_ceiling(found, statistic)}",
        "wasserstein": "Of the same distributions.",
    }
    tables = []
    for measure, heading in headings.items():
        rows = [
            (row_label(name, found.model), *(_cell(_entry(found, pair, name, statistic), measure) for pair in PAIRS))
            for name in translators(found)
        ]
        floors = (found.floors[day][statistic] for day, _ in PAIRS.values())
        rows.append((_FLOOR, *(floor_text(floor, measure) for floor in floors)))
        caption = f"{STATISTICS[statistic].label}: {heading}. {notes[measure]}"
        tables.append(
            (
                caption,
                Table(f"spikes_{statistic}_{measure}", ("", *(pair.label for pair in PAIRS.values())), tuple(rows)),
            )
        )
    return tuple(tables)


def _long_table(found: SpikeMeasurements) -> tuple[str, Table]:
    rows = []
    for statistic, (label, _) in STATISTICS.items():
        for pair, (day, _) in PAIRS.items():
            for name in translators(found):
                entry = _entry(found, pair, name, statistic)
                if entry is not None:
                    numbers = (n for summary in entry.to_json().values() for n in _numbers(summary, "ci95"))
                    rows.append((label, PAIRS[pair].label, row_label(name, found.model), *numbers))
            floor = found.floors[day][statistic].to_json().values()
            numbers = (n for summary in floor for n in _numbers(summary, "interval95"))
            rows.append((label, PAIRS[pair].label, _FLOOR, *numbers))
    columns = ("statistic", "pair", "translator", *(
        f"{measure} {name}" for measure in ("KL", "Wasserstein")
        for name in ("mean", "standard deviation", "n", "from", "to")
    ))  # fmt: skip
    caption = (
        "The same numbers, one comparison per line: n neurons or windows, and the 95 % bootstrap interval of their "
        "mean; for the floor, n pairs of parts, and the 95 % prediction interval of another pair."
    )
    return caption, Table("spikes_long", columns, tuple(rows))


def _numbers(summary: dict, interval: str) -> tuple:
    low, high = summary[interval] or (None, None)
    return summary["mean"], summary["std"], summary["n"], low, high


def _floor_table(found: SpikeMeasurements) -> tuple[str, Table]:
    """Every translator against the floor."""
    wanted = [(statistic, pair) for statistic in IN_SENTENCE for pair in _DIRECT]
    rows = tuple(
        (
            row_label(name, found.model),
            *(
                Standing.of(
                    mean_kl(found, pair, statistic, name), found.floors[PAIRS[pair][0]][statistic].interval_kl
                ).value
                for statistic, pair in wanted
            ),
        )
        for name in translators(found)
    )
    columns = ("", *(f"{STATISTICS[statistic].label}, {PAIRS[pair].label}" for statistic, pair in wanted))
    caption = (
        "Mean KL divergence against the noise floor: at, within the 95 % interval in which another stretch of the same "
        "recorded day would lie; above, further than that; below, nearer."
    )
    return caption, Table("spikes_floor", columns, rows)


def _entry(found: SpikeMeasurements, pair: str, name: str, statistic: str) -> Comparison | None:
    by_translator = found.pairs[pair]
    return by_translator[name].comparisons[statistic] if name in by_translator else None


def _cell(comparison: Comparison | None, measure: str) -> str | None:
    if comparison is None:
        return None
    entry = comparison.to_json()[measure]
    if entry["mean"] is None:
        return None
    text = f"{significant(entry['mean'])}\u00a0±\u00a0{significant(entry['std'], digits=2)}"
    if entry["ci95"] is not None:
        text += " [" + ",\u00a0".join(significant(value) for value in entry["ci95"]) + "]"
    return text


def _silent(found: SpikeMeasurements, statistic: str) -> str:
    if statistic in ("correlation", "van_rossum_pairs"):
        share = max(s.comparisons[statistic].undefined_pairs for s in (p["model"] for p in found.pairs.values()))
        left_out = f": up to {percent(share)} of those of a signal are left out" if share else ", and there is none"
        return f"Pairs with a silent neuron have no value{left_out}."
    recorded = {day: found.signals["recorded"][day].counts.silent.sum() for day in ("x", "y")}
    return (
        f"Silent in all windows, and therefore left out: {plural(int(recorded['x']), 'neuron')} of X, "
        f"{plural(int(recorded['y']), 'neuron')} of Y (listed in metrics.json)."
    )


def _ceiling(found: SpikeMeasurements, statistic: str) -> str:
    """What the KL divergence of firing rates cannot exceed; that of the others holds far more values."""
    if statistic != "firing_rate":
        return ""
    largest = []
    for day, other in (("x", "y"), ("y", "x")):
        rates, n_windows = found.rates[day], len(found.recorder.starts[other])
        values = np.array([kl_ceiling(of_neuron, n_windows) for of_neuron in rates.T if of_neuron.any()])
        largest.append(f"{significant(_mean(values), digits=2)} ({day.upper()})")
    return (
        " With so few windows and one added to every count, windows whose rates all lie beyond the recorded ones "
        f"would have {' and '.join(largest)} nats in the mean: larger numbers cannot appear."
    )


def _inference_table(found: SpikeMeasurements) -> tuple[str, Table]:
    entry = found.to_json()["inference"]
    rows = tuple(
        (_signal_label(name, found.model), levels["median"], levels["min"], levels["max"],
         entry["neurons_noisier_than_networks"][name],
         entry["mean_rate_hz"][name], len(entry["silent_neurons"][name]))
        for name, levels in entry["noise_level"].items()
    )  # fmt: skip
    columns = ("signal", "noise level: median (%/√Hz)", "lowest", "highest", "neurons noisier than any network",
               "mean inferred rate (Hz)", "silent neurons")  # fmt: skip
    caption = (
        "What inference was based on. Networks are told each neuron's noise level; a generator that smooths or "
        "invents noise shows in the first column."
    )
    return caption, Table("spike_inference", columns, rows)


def _noise_table(found: SpikeMeasurements) -> tuple[str, Table]:
    """How far every statistic moves when noise is made equal."""
    rows = []
    for statistic, (label, _) in STATISTICS.items():
        for pair in _DIRECT:
            for name, matched in found.matched[pair].items():
                day, made = PAIRS[pair][0].upper(), SIGNALS[PAIRS[pair][1]].label
                other = ("Y" if day == "X" else "X") if name == "identity" else made
                both = (found.pairs[pair][name], matched)
                comparisons = [one.comparisons[statistic] for one in both]
                distances = [_mean(getattr(one, measure)) for measure in ("kl", "wasserstein") for one in comparisons]
                rows.append((f"{label}, {day} | {other}", *distances))
    columns = ("", *(f"{measure}, {noise}" for measure in ("KL (nats)", "Wasserstein") for noise in _NOISE))
    caption = (
        "Mean divergences and distances between the recorded days, and between a day and what the "
        f"{found.model} made to look like it, as inferred and after noise was added, neuron by neuron, until both days "
        "had the higher of their two levels; generated signals got the noise of the day that they stand for. What "
        "vanishes was a difference in noise."
    )
    return caption, Table("spikes_noise_matched", columns, tuple(rows))


def _signal_label(name: str, model: str) -> str:
    """Return ``G(X), moment matching`` for ``moment_matching_g_x``."""
    signal = max((key for key in SIGNALS if f"_{name}".endswith(f"_{key}")), key=len)
    translator = name.removesuffix(signal).rstrip("_")
    return f"{SIGNALS[signal].label}, {label_of(translator, model)}" if translator else SIGNALS[signal].label


def _accuracy_table(found: SpikeMeasurements) -> tuple[str, Table]:
    rows = tuple(
        (day.upper(), sigma, values["correlation"], values["error"], values["bias"])
        for day, accuracy in found.true.accuracy.items()
        for sigma, values in accuracy.by_sigma.items()
    )
    caption = (
        "How well spikes were inferred, where the simulator knows them: medians over neurons, true and inferred spikes "
        "smoothed alike. Error is the sum of absolute differences over the sum of true rates, bias that of differences."
    )
    return caption, Table("spikes_accuracy", ("day", "smoothing (s)", "correlation", "error", "bias"), rows)


def _true_table(found: SpikeMeasurements) -> tuple[str, Table]:
    rows = []
    for pair, true in found.true.pairs.items():
        inferred, day = found.pairs[pair]["identity"], PAIRS[pair][0]
        days = "X | Y" if day == "x" else "Y | X"
        for statistic, (label, _) in STATISTICS.items():
            true_floor, floor = (of.floors[day][statistic] for of in (found.true, found))
            rows.append((
                f"{label}, {days}", _mean(true.comparisons[statistic].kl), true_floor.mean_kl,
                _mean(inferred.comparisons[statistic].kl), floor.mean_kl,
            ))  # fmt: skip
    caption = (
        "What inference itself contributes: how different the two recorded days are by the same statistics of true and "
        "of inferred spikes (mean KL divergence, nats)."
    )
    columns = ("", "true spikes", "their floor", "inferred spikes", "their floor")
    return caption, Table("spikes_true", columns, tuple(rows))


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
