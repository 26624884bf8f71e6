"""Do generated spikes have the statistics of recorded ones: sections 2.3 and 3.2, Table G.2 and Figures H.1 to H.4.

Tables I.2, J.2 and K.2 are Table G.2 for the other mice.
"""

from __future__ import annotations

from cyclegan_neuro.evaluation.contents import Block, Picture, significant
from cyclegan_neuro.evaluation.days.names import STATISTICS
from cyclegan_neuro.evaluation.days.spiking.measure import SpikeMeasurements
from cyclegan_neuro.evaluation.days.spiking.noise import TOLERANCE
from cyclegan_neuro.evaluation.days.spiking.pictures import (
    correlation_figure,
    firing_rate_figure,
    inference_figure,
    van_rossum_figure,
)
from cyclegan_neuro.evaluation.days.spiking.statistics import MOST_WINDOWS
from cyclegan_neuro.evaluation.days.story.spikes_tables import (
    IN_SENTENCE,
    floor_text,
    mean_kl,
    spike_tables,
    translators,
)
from cyclegan_neuro.evaluation.days.story.wording import TRANSLATOR_LABELS, tell
from cyclegan_neuro.evaluation.verdicts import Standing, Verdict
from cyclegan_neuro.evaluation.wording import percent, plural
from cyclegan_neuro.recordings.checks.indicator import NETWORKS_ARE_FOR
from cyclegan_neuro.spikes.comparison import Floor
from cyclegan_neuro.spikes.statistics.correlation import bins_of
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["no_spikes_block", "spikes_block", "spikes_sentence"]

_TITLE = "Spikes"


def no_spikes_block(reason: str) -> Block:
    """Say why there are no spikes in this report."""
    return Block(_TITLE, (f"Spikes were not inferred, so their statistics are not compared. {reason}",))


def spikes_block(prepared: PreparedPair, found: SpikeMeasurements) -> Block:
    """Tell how the statistics of generated spikes compare with those of recorded ones."""
    pictures = _pictures(prepared, found)
    return Block(_TITLE, tables=spike_tables(found), pictures=pictures, **_told(prepared, found))


def spikes_sentence(found: SpikeMeasurements) -> str:
    """Say in one sentence how close generated spikes are, beside doing nothing, the best alignment and the floor."""
    parts = []
    for statistic in IN_SENTENCE:
        value = {name: mean_kl(found, "y_from_x", statistic, name) for name in translators(found)}
        best = min((name for name in value if name not in ("model", "identity")), key=value.get)
        floor, model = found.floors["y"][statistic], value["model"]
        parts.append(
            f"{_lower(STATISTICS[statistic].label)} {_short(model)}, {_standing(model, floor)} the noise floor of "
            f"{floor_text(floor, 'kl', digits=2)}, {Verdict.of(model, value['identity']).than} identity "
            f"({_short(value['identity'])}), {Verdict.of(model, value[best]).than} {TRANSLATOR_LABELS[best]} "
            f"({_short(value[best])}, {_standing(value[best], floor)} the floor)"
        )
    return f"Mean KL divergence of spike statistics between Y and G(X), in nats: {'; '.join(parts)}."


def _noise(found: SpikeMeasurements) -> dict[str, str]:
    """Say whether the days differ in noise, and what that does to how different their spikes are."""
    noise = found.recorder.noise
    if noise is None:
        return {"noise": "", "differ": "", "moved": ""}
    levels = " and ".join(f"{_short(level)} ({day.upper()})" for day, level in noise.medians.items())
    moved = ""
    if found.matched is not None:
        equal = {of: mean_kl(found, "y_from_x", of, "identity", matched=True) for of in IN_SENTENCE}
        moved = ", ".join(f"{_lower(STATISTICS[of].label)} {_short(value)}" for of, value in equal.items())
    return {"noise": levels, "differ": "yes" if noise.differ else "", "moved": moved}


def _standing(value: float, floor: Floor) -> str:
    return Standing.of(value, floor.interval_kl).value


def _short(value: float) -> str:
    return significant(value, digits=2)


def _lower(label: str) -> str:
    """Return a label within a sentence; names keep their capitals."""
    return label[0].lower() + label[1:]


def _told(prepared: PreparedPair, found: SpikeMeasurements) -> dict[str, tuple[str, ...]]:
    recorder, section, about = found.recorder, found.recorder.section, found.recorder.inference.about
    rate, height = recorder.frame_rate_hz, prepared.window_frames
    n_left = height - recorder.n_masked
    layout = bins_of(n_left, rate, section.correlation_bin_s)
    days = (("X", prepared.x.recording.indicator), ("Y", prepared.y.recording.indicator))
    return tell(
        "spikes",
        told=spikes_sentence(found), model=found.model,
        n_x=len(recorder.starts["x"]), n_y=len(recorder.starts["y"]),
        rate=f"{rate:g}", about=about,
        resampled=abs(about["frame_rate_hz"] - rate) > 0.05 * about["frame_rate_hz"],
        folder=section.models, trained_for=NETWORKS_ARE_FOR,
        indicators=" and ".join(f"{day} is of {indicator}" for day, indicator in days if indicator),
        alone=recorder.alone, phi=prepared.is_paired,
        height=f"{height:,}", height_s=significant(height / rate),
        n_masked=recorder.n_masked, n_left=f"{n_left:,}", left_s=significant(n_left / rate),
        layout=layout, bin_s=significant(layout.frames_per_bin / rate),
        time_constant=f"{section.time_constant_s:g}", van_rossum=section.van_rossum, sample=found.sample,
        most_windows=MOST_WINDOWS if max(map(len, recorder.starts.values())) > MOST_WINDOWS else 0,
        parts=list(_parts(found)), tolerance=percent(TOLERANCE), seed=section.seed, **_noise(found),
    )  # fmt: skip


def _parts(found: SpikeMeasurements):
    """What the noise floor compares."""
    for day, pairs in found.recorder.parts.items():
        sizes = sorted({n for pair in pairs for n in map(len, pair)})
        windows = "-".join(map(str, sizes))
        told = f"{plural(len(pairs), 'pair')} of parts of {day.upper()}, {windows} windows each"
        yield told if pairs else f"{day.upper()} is too short for one"


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
            f"Firing rates over windows of three neurons, recorded (filled) and generated by the {found.model} (line); "
            f"right: KL divergence of all neurons, its mean and the noise floor. {pairs}",
            firing_rate_figure(found),
            counterpart="Figures H.1 to H.4, top (one figure per pair there)",
        ),
        Picture(
            "spikes_correlation",
            f"Correlations of pairs of neurons in three windows; right: KL divergence of all windows. {pairs}",
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
