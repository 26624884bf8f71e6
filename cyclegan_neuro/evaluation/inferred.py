"""What inferring the spikes of a recording assumed and gave, as blocks of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cyclegan_neuro.evaluation.contents import Block, Evaluation, Picture, Sentence, Table, significant
from cyclegan_neuro.evaluation.wording import findings_table, plural
from cyclegan_neuro.figures.inferred import InferredTrace, inferred_traces, noise_histogram, rate_figure
from cyclegan_neuro.recordings.checks.indicator import NETWORKS_ARE_FOR, NOT_STATED, usual_decay_s
from cyclegan_neuro.recordings.decay import decay_time
from cyclegan_neuro.recordings.fields import neuron_names
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.indicators import cell_type_of, generation_of, indicator_of
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.spikes.trains import spike_times

if TYPE_CHECKING:
    from cyclegan_neuro.spikes.inference.recording_spikes import RecordingSpikes

__all__ = ["Inferred", "evaluate_inferred"]

_SHOWN = 3  # neurons, the most and the least active
_SHOWN_S = 60.0
_ASSUMED, _TRACES, _NOISE, _RATES, _NEURONS = (
    "What was assumed", "Traces of the least active neurons", "Noise levels", "Mean rates", "Neurons"
)  # fmt: skip
_ELSEWHERE = (  # of the networks: in the last section, or told in words
    "frame_rate_hz", "citation", "training", "created_with", "every_rate", "frame_rates_hz", "calibration",
    "indicator", "cell_type", "family",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Inferred:
    """A recording and its inferred spikes.

    Attributes
    ----------
    recording : Recording
        Of which spikes were inferred.
    spikes : RecordingSpikes
    notes : tuple of str
        How it was read.
    findings : tuple of Finding
    shipped : bool
        Whether the networks are those of this package.
    """

    recording: Recording
    spikes: RecordingSpikes
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    shipped: bool = True

    @cached_property
    def rates_hz(self) -> np.ndarray:
        """Mean rates over the valid frames, (neuron,)."""
        return self.spikes.rates_hz[self.spikes.valid].mean(axis=0, dtype=np.float64)

    @property
    def intervals_hz(self) -> np.ndarray | None:
        """Intervals of the mean rates, (neuron, 2), where the inference gives some."""
        return self.spikes.rate_intervals_hz

    def stretch(self, neuron: int) -> slice:
        """Return the 60 s in which most spikes were inferred."""
        length = min(self.recording.n_frames, round(_SHOWN_S * self.recording.frame_rate_hz))
        before = np.concatenate([[0.0], np.cumsum(self.spikes.rates_hz[:, neuron], dtype=np.float64)])
        start = int(np.argmax(before[length:] - before[:-length]))
        middle = start + length // 2
        inside = before[start : start + length + 1]
        if inside[-1] > inside[0]:  # the busiest part in the middle
            middle = start + int(np.searchsorted(inside, (inside[0] + inside[-1]) / 2))
        start = min(max(0, middle - length // 2), self.recording.n_frames - length)
        return slice(start, start + length)


def evaluate_inferred(inferred: Inferred, *, dpi: int) -> Evaluation:
    """Return the page's blocks.

    Parameters
    ----------
    inferred : Inferred
    dpi : int
        Of the bitmaps, in dots per inch.
    """
    order = np.argsort(-inferred.rates_hz, kind="stable")
    most, least = order[:_SHOWN], order[_SHOWN:][-_SHOWN:]
    opening = _traces(inferred, most, "most_active", f"The {plural(len(most), 'most active neuron')}")
    blocks = [_assumed(inferred)]
    if least.size:
        pictures = (_traces(inferred, least, "least_active", f"The {plural(len(least), 'least active neuron')}"),)
        blocks.append(Block(_TRACES, pictures=pictures))
    blocks += [_noise(inferred), _rates(inferred), _neurons(inferred)]
    for picture in (opening, *(picture for block in blocks for picture in block.pictures)):
        picture.figure.set_dpi(dpi)
    return Evaluation(summary=_summary(inferred), blocks=tuple(blocks), opening=opening)


def _summary(inferred: Inferred) -> tuple[Sentence, ...]:
    recording, levels = inferred.recording, inferred.spikes.inferred.noise_levels
    low, middle, high = np.percentile(inferred.rates_hz, (5, 50, 95))
    serious = [finding for finding in inferred.findings if finding.severity != "info"]
    went_in = (
        f"{plural(recording.n_neurons, 'neuron')}, {recording.duration_s:,.0f} s at {recording.frame_rate_hz:g} Hz; "
        f"indicator {recording.indicator or 'not stated'}, cells {recording.cell_type or 'not stated'}."
    )
    active = (
        f"{significant(middle)} Hz is the median of the mean rates, 90 % of the neurons lie between "
        f"{significant(low)} and {significant(high)} Hz."
    )
    if inferred.intervals_hz is not None:
        at_median = int(np.argsort(inferred.rates_hz)[inferred.rates_hz.size // 2])
        least, most = inferred.intervals_hz[at_median]
        active += (
            f" Their size is uncertain: the neuron in the middle fires {significant(least)} to {significant(most)} Hz."
        )
    noise = f"{significant(float(np.median(levels)))} % per √Hz is the median noise level."
    wrong = "; ".join(
        f"{finding.where.rpartition(', ')[2]}: got {finding.got}, expected {finding.expected}" for finding in serious
    )
    wrong = f"{wrong}." if wrong else "No check has a warning."
    return (
        Sentence("What went in?", went_in, _ASSUMED),
        Sentence("How active?", active, _RATES),
        Sentence("How noisy?", noise, _NOISE),
        Sentence("Anything wrong?", wrong, _ASSUMED),
    )


def _assumed(inferred: Inferred) -> Block:
    tables = [
        ("What the inference rests on.", Table("assumed", ("what", "value"), tuple(_facts(inferred)), folds=False))
    ]
    if inferred.findings:
        tables.append(("What the checks have to say.", findings_table(inferred.findings)))
    return Block(_ASSUMED, tables=tuple(tables))


def _facts(inferred: Inferred) -> list[tuple[str, str]]:
    """Return what was assumed, by name."""
    # Here and not above: it loads TensorFlow, which has been loaded where there are spikes.
    from cyclegan_neuro.spikes.inference.recording_spikes import masked_frames

    recording, spikes = inferred.recording, inferred.spikes
    networks = spikes.networks
    masked = masked_frames(spikes.valid, spikes.gaps)
    facts = [
        ("indicator", _indicator(inferred)),
        ("cell type", _stated(recording.cell_type, cell_type_of(recording.cell_type))),
        *([("networks are told", _told(recording))] if networks["every_rate"] else []),
        ("decay", str(decay_time(recording))),
        ("usual decay", _usual(recording)),
        ("frame rate", _frame_rate(recording, networks)),
        ("frames without a rate", ", ".join(f"{count:,} {why}" for why, count in masked.items()) or "none"),
        ("seed of the spikes", str(spikes.seed)),
    ]
    if inferred.shipped:
        facts.append(("networks are for", NETWORKS_ARE_FOR))
    if (size := _size(inferred)) is not None:
        facts.append(("size of rates", size))
    facts += [
        (f"networks: {name.replace('_', ' ')}", _short(networks[name])) for name in networks if name not in _ELSEWHERE
    ]
    return facts + [("reading", note) for note in inferred.notes or ("as it stands in the file",)]


def _indicator(inferred: Inferred) -> str:
    written = inferred.recording.indicator
    if inferred.shipped and not indicator_of(written):
        return NOT_STATED
    meant = indicator_of(written)
    return _stated(written, generation_of(written) or meant if meant == "other" else meant)


def _told(recording: Recording) -> str:
    from cyclegan_neuro.spikes.inference.codes import told_of  # the room of networks, as above

    return f"frame rate, noise levels, {told_of(recording.indicator, recording.cell_type) or 'no indicator'}"


def _size(inferred: Inferred) -> str | None:
    """What the intervals of the mean rates rest on."""
    networks = inferred.spikes.networks
    calibration = networks.get("calibration", {})
    measured = calibration.get(networks.get("family", ""), calibration.get(""))
    if measured is None or inferred.intervals_hz is None:
        return None
    low, _, high = np.exp(measured["log_ratio"])
    return (
        f"the true mean rate is {low:.2f} to {high:.1f} times the inferred one in 90 % of {measured['n_cells']} cells "
        f"of {plural(measured['n_data_sets'], 'data set')} that the networks had not seen, if indicator and cell type "
        "are what the networks are told"
    )


def _frame_rate(recording: Recording, networks: dict[str, Any]) -> str:
    low, high = networks["frame_rates_hz"] if networks["every_rate"] else [networks["frame_rate_hz"]] * 2
    served = f"every rate from {low:g} to {high:g} Hz" if low < high else f"{low:g} Hz"
    return f"{recording.frame_rate_hz:g} Hz; networks for {served}"


def _stated(written: str, meant: str) -> str:
    if not written:
        return "not stated"
    return written if written.lower() == meant else f"{written} (taken as {meant})"


def _usual(recording: Recording) -> str:
    stated, cells = indicator_of(recording.indicator), cell_type_of(recording.cell_type)
    usual = usual_decay_s(stated, cells, recording.frame_rate_hz)
    return f"{usual[0]:.2f} to {usual[1]:.2f} s with {stated} at this frame rate" if usual else "not known"


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(one)}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _traces(inferred: Inferred, neurons: np.ndarray, slug: str, which: str) -> Picture:
    recording, spikes = inferred.recording, inferred.spikes
    rate_hz, names = recording.frame_rate_hz, neuron_names(recording)
    drawn = []
    for neuron in neurons:
        part = inferred.stretch(neuron)
        times_s = spike_times(spikes.counts[part, neuron, None], frame_rate_hz=rate_hz)[0] + part.start / rate_hz
        gaps = spikes.gaps[(spikes.gaps >= part.start) & (spikes.gaps < part.stop - 1)]
        drawn.append(
            InferredTrace(
                f"neuron {names[neuron]}: {significant(inferred.rates_hz[neuron])} Hz, noise level "
                f"{spikes.inferred.noise_levels[neuron]:.1f}",
                part.start / rate_hz, rate_hz, recording.dff[part, neuron],
                np.where(spikes.valid[part], spikes.rates_hz[part, neuron], np.nan), times_s, (gaps + 1) / rate_hz,
            )
        )  # fmt: skip
    caption = (
        f"{which}, {_SHOWN_S:g} s around their busiest part: ΔF/F above, the rate below with a tick per spike. "
        "Dotted: time is not continuous. No rate: no window of the networks reaches."
    )
    return Picture(slug, caption, inferred_traces(drawn), "")


def _noise(inferred: Inferred) -> Block:
    levels = inferred.spikes.networks["noise_levels"]
    figure = noise_histogram(inferred.spikes.inferred.noise_levels, levels)
    caption = "Noise levels of the neurons" + (
        ", which the networks are told; dashed: the lowest and highest of their training."
        if inferred.spikes.networks["every_rate"]
        else "; each is inferred by the networks of the nearest level."
    )
    return Block(_NOISE, pictures=(Picture("noise_levels", caption, figure, ""),))


def _rates(inferred: Inferred) -> Block:
    known = inferred.intervals_hz is not None
    caption = "Mean inferred rates over the frames that have one" + (
        ", and the same with their intervals." if known else ". The networks give no intervals."
    )
    figure = rate_figure(inferred.rates_hz, inferred.intervals_hz)
    return Block(_RATES, pictures=(Picture("mean_rates", caption, figure, ""),))


def _neurons(inferred: Inferred) -> Block:
    rates, found = inferred.spikes.inferred, inferred.intervals_hz
    columns: dict[str, Sequence] = {
        "neuron": neuron_names(inferred.recording),
        "noise level (% per √Hz)": rates.noise_levels.tolist(),
        "level told to the networks": rates.network_levels.tolist(),
        "mean rate (Hz)": inferred.rates_hz.tolist(),
    }
    if found is not None:
        columns |= {"at least (Hz)": found[:, 0].tolist(), "at most (Hz)": found[:, 1].tolist()}
    columns["spikes"] = inferred.spikes.counts.sum(axis=0, dtype=np.int64).tolist()
    table = Table("neurons", tuple(columns), tuple(zip(*columns.values(), strict=True)))
    return Block(_NEURONS, tables=(("Every neuron.", table),))
