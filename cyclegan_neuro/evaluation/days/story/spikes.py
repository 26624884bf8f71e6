"""Do generated spikes have the statistics of recorded ones: sections 2.3 and 3.2, Table G.2 and Figures H.1 to H.4.

Tables I.2, J.2 and K.2 are Table G.2 for the other mice.
"""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import Block, Picture, significant
from cyclegan_neuro.evaluation.days.names import STATISTICS
from cyclegan_neuro.evaluation.days.spiking.measure import SpikeMeasurements
from cyclegan_neuro.evaluation.days.spiking.pictures import (
    correlation_figure,
    firing_rate_figure,
    inference_figure,
    van_rossum_figure,
)
from cyclegan_neuro.evaluation.days.story.spikes_tables import (
    IN_SENTENCE,
    against_floor,
    floor_text,
    mean_kl,
    spike_tables,
    translators,
)
from cyclegan_neuro.evaluation.days.story.wording import TRANSLATOR_LABELS, compared
from cyclegan_neuro.evaluation.wording import plural
from cyclegan_neuro.recordings.checks.indicator import NETWORKS_ARE_FOR
from cyclegan_neuro.spikes.statistics.correlation import bins_of
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["no_spikes_block", "spikes_block", "spikes_sentence"]

_TITLE = "Spikes"
_METHODS = {
    "elephant": "Elephant computed those of the CycleGAN and of identity, a single sweep that agrees with it to 1e-10 "
    "those of the alignments and of true spikes.",
    "fast": "a single sweep that agrees with Elephant to 1e-10 computed them.",
}


def no_spikes_block(reason: str) -> Block:
    """Say why there are no spikes in this report."""
    return Block(_TITLE, (f"Spikes were not inferred, so their statistics are not compared. {reason}",))


def spikes_block(prepared: PreparedPair, found: SpikeMeasurements) -> Block:
    """Tell how the statistics of generated spikes compare with those of recorded ones."""
    return Block(_TITLE, _paragraphs(prepared, found), spike_tables(found), _pictures(prepared, found))


def spikes_sentence(found: SpikeMeasurements) -> str:
    """Say in one sentence how close generated spikes are, beside doing nothing, the best alignment and the floor."""
    parts = []
    for statistic in IN_SENTENCE:
        value = {name: mean_kl(found, "y_from_x", statistic, name) for name in translators(found)}
        best = min((name for name in value if name not in ("model", "identity")), key=value.get)
        floor = found.floors["y"][statistic]
        parts.append(
            f"{_lower(STATISTICS[statistic].label)} {_short(value['model'])}, {against_floor(value['model'], floor)} "
            f"the noise floor of {floor_text(floor, 'kl', digits=2)}, {compared(value['model'], value['identity'])} "
            f"identity ({_short(value['identity'])}), {compared(value['model'], value[best])} "
            f"{TRANSLATOR_LABELS[best]} ({_short(value[best])}, {against_floor(value[best], floor)} the floor)"
        )
    return f"Mean KL divergence of spike statistics between Y and G(X), in nats: {'; '.join(parts)}."


def _short(value: float) -> str:
    return significant(value, digits=2)


def _lower(label: str) -> str:
    """Return a label within a sentence; names keep their capitals."""
    return label[0].lower() + label[1:]


def _paragraphs(prepared: PreparedPair, found: SpikeMeasurements) -> tuple[str, ...]:
    recorder, section = found.recorder, found.recorder.section
    models, rate = recorder.models, recorder.frame_rate_hz
    layout = bins_of(prepared.window_frames - recorder.n_masked, rate, section.correlation_bin_s)
    levels = sorted(models.noise_levels)
    resampled = (
        f" ΔF/F at {rate:g} Hz was resampled for networks of {models.frame_rate_hz:g} Hz, and the rates back."
        if abs(models.frame_rate_hz - rate) > 0.05 * models.frame_rate_hz
        else ""
    )
    first = (
        "Spikes were inferred alike from recorded and generated ΔF/F (as a fraction, scaling undone) with networks for "
        f"{models.frame_rate_hz:g} Hz and noise levels {levels[0]} to {levels[-1]} (Rupprecht et al. 2021).{resampled} "
        f"{_networks_text(prepared, found)} {_continuous_text(prepared, found)} Rates become "
        "whole spikes by systematic sampling: the count of any stretch differs from the inferred one by less than 1, "
        "with the same random phase for recorded and generated windows. "
        f"{len(recorder.starts['x'])} windows of X and {len(recorder.starts['y'])} of Y are compared."
    )
    second = (
        f"Correlations are those of spike trains in bins of {layout.frames_per_bin} frames "
        f"({significant(layout.frames_per_bin / rate)} s; {plural(layout.dropped_frames, 'frame')} at its end fill "
        f"no bin). Van Rossum distances have a time constant of {section.time_constant_s:g} s and Elephant's "
        f"normalisation; {_METHODS[section.van_rossum]} KL compares histograms with the bins of the recorded values "
        f"(Freedman and Diaconis), one added to every count. {_parts_text(found)}"
    )
    return (spikes_sentence(found), first, second)


def _networks_text(prepared: PreparedPair, found: SpikeMeasurements) -> str:
    if found.recorder.section.models is not None:
        return f"The networks are those of {found.recorder.section.models}."
    days = (("X", prepared.x.recording.indicator), ("Y", prepared.y.recording.indicator))
    stated = [f"{day} was recorded with {indicator}" for day, indicator in days if indicator]
    unknown = "the recordings do not name theirs (data.x.indicator, data.y.indicator)"
    return f"They are for {NETWORKS_ARE_FOR}; {' and '.join(stated) or unknown}."


def _continuous_text(prepared: PreparedPair, found: SpikeMeasurements) -> str:
    """Which frames of a window have a rate, and why."""
    recorder, height = found.recorder, prepared.window_frames
    if not recorder.alone:
        return (
            "Recorded days were inferred as a whole; the test part of each was translated as a whole, by windows that "
            "overlap by half and fade into each other, and inferred. Windows were then cut from both, so that each of "
            f"their {height:,} frames ({significant(height / recorder.frame_rate_hz)} s) has a rate."
        )
    why = (
        "depends on the place in the window" if prepared.is_paired
        else "has no stretch in the test part that is long enough"
    )  # fmt: skip
    n_frames = height - recorder.n_masked
    return (
        f"Each window was inferred by itself, because Y {why}: of its {height:,} frames, {recorder.n_masked} at its "
        f"ends are out of the networks' reach and left out everywhere, which leaves {n_frames:,} "
        f"({significant(n_frames / recorder.frame_rate_hz)} s)."
    )


def _parts_text(found: SpikeMeasurements) -> str:
    """What the noise floor compares."""
    texts = []
    for day, pairs in found.recorder.parts.items():
        if not pairs:
            texts.append(f"{day.upper()} is too short for one")
            continue
        sizes = sorted({n for pair in pairs for n in map(len, pair)})
        windows = "-".join(map(str, sizes))
        texts.append(f"{plural(len(pairs), 'pair')} of parts of {day.upper()}, {windows} windows each")
    return (
        "The noise floor is the same comparison between parts of the recorded day that share no frame (where the split "
        "has a test part, that part and others as long; else halves of the day, dealt out in blocks): "
        f"{'; '.join(texts)}. A translator at the floor is as near to the recorded test part as another part of the "
        "same day is. Cycles start from the very frames that they are compared with and may lie below it."
    )


def _pictures(prepared: PreparedPair, found: SpikeMeasurements):
    known = " Black: true spikes." if found.true is not None else ""
    pairs = "Rows: X | F(Y), X | F(G(X)), Y | G(X), Y | G(F(Y))."
    return (
        Picture(
            "spike_inference",
            f"ΔF/F, inferred rate and spikes in one test window, recorded and generated.{known}",
            inference_figure(found),
            counterpart="",
        ),
        Picture(
            "spikes_firing_rate",
            "Firing rates over windows of three neurons, recorded (filled) and generated by the CycleGAN (line); "
            f"right: KL divergence of all neurons, its mean and the noise floor. {pairs}",
            firing_rate_figure(found),
            counterpart="Figures H.1 to H.4, top (one figure per pair there)",
        ),
        Picture(
            "spikes_correlation",
            f"Correlations of all pairs of neurons in three windows; right: KL divergence of all windows. {pairs}",
            correlation_figure(found),
            counterpart="Figures H.1 to H.4, middle",
        ),
        Picture(
            "spikes_van_rossum",
            "Van Rossum distances between recorded and generated windows of three neurons; right: KL divergence of all "
            f"neurons. {pairs}",
            van_rossum_figure(found),
            counterpart="Figures H.1 to H.4, bottom",
        ),
    )
