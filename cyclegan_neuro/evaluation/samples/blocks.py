"""What went in, the six statistics, whole packets, copies, and the whole distribution."""

from __future__ import annotations

from typing import Any

from cyclegan_neuro.evaluation.contents import Block, Picture, Table, significant
from cyclegan_neuro.evaluation.samples import pictures
from cyclegan_neuro.evaluation.samples.measurements import FLOOR, LABELS, MODEL, Measurements
from cyclegan_neuro.evaluation.samples.sections import SamplesConfig
from cyclegan_neuro.evaluation.wording import findings_table, percent, plural
from cyclegan_neuro.populations.packet_counts import Share
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.populations.simulate.truth import PairsTruth
from cyclegan_neuro.populations.statistics import PopulationStatistics, StatisticError, nearer
from cyclegan_neuro.recordings.recording import Origin

__all__ = [
    "STATISTICS_TITLE", "inputs_block", "memorisation_block", "origin", "packets_block", "share_text",
    "statistics_block", "whole_block",
]  # fmt: skip

STATISTICS_TITLE = "Do generated samples have the statistics of recorded ones?"
_MODELS = (MODEL, "dichotomized_gaussian", "stimulus_gaussian", "k_pairwise", "independent", FLOOR)
_SHOWN = 4
_WHAT: dict[Origin, str] = {
    "recorded": "Recorded activity",
    "simulated": "Simulated activity, not recorded in an animal",
    "semi-synthetic": "Semi-synthetic activity, part of which was not recorded in an animal",
    "translated": "Translated activity, made by a network and not recorded in an animal",
}


def inputs_block(config: SamplesConfig, found: Measurements) -> Block:
    """Tell what the networks were given."""
    prepared = found.prepared
    paragraphs, how = [origin(prepared), _split(config, prepared)], [*prepared.notes]
    tables = [("The activity.", _data_table(prepared, found.recorded))]
    if isinstance(prepared.truth, PairsTruth):
        how.append(
            "Rates and correlations of the simulated groups were solved for, so that the samples reach what was asked "
            "for in spite of refractoriness; the table says what they reached."
        )
        tables.append(("Correlated groups: what was asked for and what the samples reached.", _pairs(prepared.truth)))
    if prepared.findings:
        tables.append(("What the checks had to say about the data.", findings_table(prepared.findings)))
    else:
        paragraphs.append("The checks found nothing to report.")
    return Block("What went in", tuple(paragraphs), tuple(tables), how=tuple(how))


def origin(prepared: PreparedSamples) -> str:
    """Say in one sentence what kind of data this is."""
    what = _WHAT[prepared.data_origin]
    activity = "spikes" if prepared.spikes else "ΔF/F traces"
    return (
        f"{what} ({prepared.inputs['activity']['source']}): {activity} of {plural(prepared.n_neurons, 'neuron')} in "
        f"bins of {1000 * prepared.bin_s:g} ms, cut into samples of {prepared.n_bins} bins."
    )


def _split(config: SamplesConfig, prepared: PreparedSamples) -> str:
    overlap = f", which overlap (stride {config.data.stride_bins} bins)" if config.data.stride_bins else ""
    return (
        f"The networks saw {plural(len(prepared.train), 'sample')}{overlap}; "
        f"{plural(len(prepared.held_out), 'sample')} at the end of the data were held out. Statistics are compared "
        f"with those of all {len(prepared.every):,} samples."
    )


def _data_table(prepared: PreparedSamples, recorded: PopulationStatistics) -> Table:
    rows: list[tuple[str, Any]] = [
        ("neurons", prepared.n_neurons),
        ("bin (ms)", 1000 * prepared.bin_s),
        ("bins of a sample", prepared.n_bins),
        ("training samples", len(prepared.train)),
        ("held-out samples", len(prepared.held_out)),
    ]
    if prepared.spikes:
        rate_hz = float(recorded.time_course_hz.mean())
        rows += [
            ("probability of a spike in a bin", rate_hz * prepared.bin_s),
            ("mean rate (spikes/s)", rate_hz),
            ("bins without any spike", percent(float(recorded.k_statistic[0]))),
        ]
    return Table("activity", ("", "value"), tuple(rows))


def _pairs(truth: PairsTruth) -> Table:
    columns = ("group", "columns", "rate asked for", "rate reached", "correlation asked for", "correlation reached")
    values = (truth.nominal_rate, truth.reached_rate, truth.nominal_correlation, truth.reached_correlation)
    rows = tuple(
        (group, ", ".join(map(str, members)), *map(float, numbers))
        for group, (members, *numbers) in enumerate(zip(truth.groups, *values, strict=True), start=1)
    )
    return Table("groups", columns, rows)


def _statistics_table(found: Measurements) -> Table:
    """Return RMSE and, in brackets, R² of every model and statistic, and the floor."""
    models = [name for name in _MODELS if name in found.errors]
    columns = ("statistic: RMSE (R²)", *(found.label(model) for model in models))
    rows = tuple(
        (found.statistic(name), *(_rmse_and_r2(found.errors[model][name]) for model in models))
        for name in found.errors[FLOOR]
    )
    return Table("statistics", columns, rows)


def _rmse_and_r2(error: StatisticError) -> str:
    r2 = f"{error.r2:.4f}" if error.r2 == error.r2 else "–"
    return f"{significant(error.rmse)} ({r2})"


def statistics_block(found: Measurements) -> Block:
    """Compare the six statistics of the generator and of the baselines with the recorded ones."""
    prepared = found.prepared
    drawn = (
        "Generated probabilities were drawn once as spikes (1 where the probability exceeds a uniform number). "
        if prepared.spikes
        else ""
    )
    paragraphs = (
        f"{len(found.generated):,} generated samples are compared with all {len(prepared.every):,} recorded "
        "ones. R² is 1 where a statistic is matched exactly and 0 where the mean of the recorded values would "
        "do as well. The last column compares random halves of the recorded samples with each other: no model needs to "
        "come closer (samples of a perfect one, as many as recorded, would by a factor of √2).",
    )
    how = (
        f"{drawn}Covariances are those of single bins, over all pairs of neurons; lag-covariances those of one "
        "neuron's bin with the next bin of another, or of its own; the autocorrelogram is the sum over neurons, "
        "relative to its peak at lag 0.",
    )
    tables = (
        ("Distance of the statistics from the recorded ones.", _statistics_table(found)),
        ("Who is nearer, in how many statistics.", _standing_table(found)),
    )
    recorded = prepared.in_unit(prepared.samples(prepared.held_out[:_SHOWN]))
    n_shown = min(len(recorded), len(found.generated))
    return Block(
        STATISTICS_TITLE,
        paragraphs,
        tables,
        (
            Picture(
                "examples",
                "Held-out recorded samples and generated ones, not chosen.",
                pictures.examples(recorded, found.generated, prepared, n=n_shown),
                "Figure 2A",
            ),
        ),
        how,
    )


def _standing_table(found: Measurements) -> Table:
    """Return how many statistics of each model are as near as halves are, and in which the generator is nearer."""
    rows = []
    for name in (name for name in _MODELS if name in found.errors and name != FLOOR):
        errors = found.errors[name]
        at_floor = len(errors) - len(nearer(found.errors[FLOOR], errors))
        ours = nearer(found.errors[MODEL], errors)
        named = ", ".join(found.statistic(one, unit=False) for one in ours) or "none"
        rows.append((found.label(name), at_floor, *((None, None) if name == MODEL else (len(ours), named))))
    n = len(found.errors[MODEL])
    columns = ("", f"no further than halves are, of {n}", f"{found.name} is nearer, of {n}", "in")
    return Table("standing", columns, tuple(rows))


def packets_block(found: Measurements) -> Block | None:
    """Tell how often each model makes a whole packet; None where packets are not known."""
    one = found.packets
    if one is None:
        return None
    place = f"within {one.slack_bins} bins of their places" if one.slack_bins else "in place"
    paragraph = (
        f"The packets are known here. Bins after which all {one.spikes} spikes of a packet are {place} were counted: "
        "correlations of pairs alone do not make them. Intervals (95 %) are those of the counts in these samples; "
        "networks of other seeds may differ by more."
    )
    columns = ("", *(f"packet {number}" for number in range(1, len(one.recorded) + 1)), "all packets")
    recorded = ("recorded, number", *map(int, one.recorded), int(one.recorded.sum()))
    shares = [(found.label(name), *map(share_text, shares)) for name, shares in one.shares.items()]
    table = Table("whole_packets", columns, (*shares, recorded))
    caption = "Whole packets, relative to how often they were recorded."
    return Block("Do generated samples hold whole packets?", (paragraph,), ((caption, table),))


def share_text(share: Share) -> str:
    """Return a share with its interval, in per cent; a dash where nothing was recorded."""
    if share.value != share.value:
        return "–"
    value, low, high = (f"{100 * number:.1f}" for number in (share.value, share.low, share.high))
    return f"{value} % ({low} to {high})"


def memorisation_block(found: Measurements) -> Block | None:
    """Tell whether the generator copies its training samples."""
    one = found.memorisation
    if one is None:
        return None
    generated, held_out = one.nearest["generated"], one.nearest["held_out"]
    places = found.prepared.n_bins * found.prepared.n_neurons
    paragraph = (
        f"For each generated sample the training sample that differs in the fewest of its {places:,} places (bins "
        f"times neurons) was looked for: {generated.median:g} places in the median. Recorded samples that were "
        f"held out lie {held_out.median:g} places from the nearest training sample; a network that copies would "
        f"come nearer than these. {generated.copies:,} of {len(generated.index):,} generated and "
        f"{held_out.copies:,} of {len(held_out.index):,} held-out samples equal a training sample (silent samples "
        "among them). The largest distance between the two cumulative distributions (Kolmogorov-Smirnov) is "
        f"{one.ks_statistic:.2f}."
    )
    table = Table(
        "nearest",
        ("", "samples", "median distance (places)", "equal to a training sample"),
        tuple(
            (LABELS[name], len(nearest.index), nearest.median, nearest.copies) for name, nearest in one.nearest.items()
        ),
    )
    return Block(
        "Are they copies?",
        (paragraph,),
        (("Distance to the nearest training sample.", table),),
        (
            Picture("nearest", "Distance to the nearest training sample.", pictures.distances(one), ""),
            Picture(
                "nearest_samples",
                "The first samples of each model, and of the training samples, over the training samples nearest to "
                "them (other ones than themselves). A nearest sample may be silent: spikes that do not match count "
                "twice.",
                pictures.nearest_examples(found),
                "Figure S5",
            ),
        ),
    )


def whole_block(found: Measurements) -> Block | None:
    """Compare the probabilities of whole samples with the true ones; None where they were not computed."""
    one = found.whole
    if one is None:
        return None
    sides = one.sides["generated"], one.sides["surrogate"]
    paragraph = (
        "Samples this short can be counted whole. The population was simulated again, with another seed: once for the "
        "true probability of every sample, once as a surrogate, which is what a perfect generator would give. "
        f"Entropies are estimated from {sides[0].entropy.n_samples:,} samples of either, so that their bias is "
        "the same; the Miller-Madow correction adds the first-order bias."
    )
    table = Table(
        "whole_distribution",
        ("", "generated", "surrogate"),
        (
            ("entropy, plug-in (bits)", *(side.entropy.plug_in for side in sides)),
            ("entropy, Miller-Madow (bits)", *(side.entropy.miller_madow for side in sides)),
            ("different samples", *(side.entropy.n_words for side in sides)),
            ("share that occurs in training", *(side.seen for side in sides)),
            ("share that never occurs in truth", *(side.impossible for side in sides)),
        ),
    )
    picture = Picture(
        "whole_distribution",
        "Probability of every sample that occurs in both sets, when generated and in truth.",
        pictures.whole_distribution(one),
        "Figure S1",
    )
    return Block(
        "Is the whole distribution right?", (paragraph,), (("Generated and true samples.", table),), (picture,)
    )
