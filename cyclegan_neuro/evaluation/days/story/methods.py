"""A methods section with every parameter of the run, and the works that it cites."""

from __future__ import annotations

from collections.abc import Sequence

from cyclegan_neuro.evaluation.contents import Reference, significant
from cyclegan_neuro.evaluation.days.baselines import find_places
from cyclegan_neuro.evaluation.days.baselines.lagged_ot import MOST_NEURONS
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.sections import DaysConfig
from cyclegan_neuro.evaluation.days.spiking.measure import SpikeMeasurements
from cyclegan_neuro.evaluation.days.story.methods_maps import map_keys, maps_paragraph
from cyclegan_neuro.evaluation.days.tuning import tuning_is_known
from cyclegan_neuro.evaluation.references import references_for
from cyclegan_neuro.evaluation.wording import percent, plural, software
from cyclegan_neuro.recordings.checks.indicator import NETWORKS_ARE_FOR
from cyclegan_neuro.windows.prepared import Day, PreparedPair

__all__ = ["methods"]

_ORDERS = {
    "original": "in the order of the recording",
    "firing_rate": "in descending order of estimated activity",
    "correlation": "in descending order of their mean pairwise correlation",
    "autoencoder": "in ascending order of the error with which an autoencoder reconstructs them in validation windows "
    "(Li et al. 2021",
    "spatial": "along a path through their coordinates in the field of view",
}
_SPLIT_NOTES = ("day x (", "day y (")  # notes of the split: the sentence on windows says the same
_SWEEPS = {
    "elephant": " (of the alignments and noise floors from counts and with a sweep, which agree with it to 1e-10)",
    "fast": " (van Rossum distances with a sweep, and all of the alignments and noise floors from counts, which agree "
    "with it to 1e-10)",
}
_SPIKE_KEYS = ("rupprecht2021", "denker2018", "garcia2014", "vanrossum2001")


def methods(
    config: DaysConfig,
    prepared: PreparedPair,
    *,
    training: str,
    training_keys: Sequence[str],
    spikes: SpikeMeasurements | None = None,
    explained: Interpretation | None = None,
) -> tuple[tuple[str, ...], tuple[Reference, ...]]:
    """Return the paragraphs of a methods section and the works that they cite.

    Parameters
    ----------
    config : DaysConfig
        Resolved.
    prepared : PreparedPair
    training : str
        The paragraph that tells what was trained, and how.
    training_keys : sequence of str
        What it cites.
    spikes : SpikeMeasurements, optional
        Absent where no spikes were inferred.
    explained : Interpretation, optional
        Absent where the networks were not explained.

    Returns
    -------
    paragraphs : tuple of str
    references : tuple of Reference
    """
    paragraphs = [
        f"{_recordings(config, prepared)} {_windows(config, prepared)}",
        training,
        _comparison(config, prepared),
    ]
    keys = ["cyclegan_neuro", *training_keys]
    if spikes is not None:
        paragraphs.append(_spikes(prepared, spikes))
        keys += _SPIKE_KEYS
    if explained is not None:
        paragraphs.append(maps_paragraph(prepared, explained))
        keys += map_keys(explained)
    libraries = [] if spikes is None else ["Elephant", "Neo"]
    libraries += [] if explained is None else ["tf-keras-vis"]
    paragraphs.append(software(*libraries))
    return tuple(paragraphs), references_for(keys)


def _recordings(config: DaysConfig, prepared: PreparedPair) -> str:
    x, y = prepared.x.recording, prepared.y.recording
    what, neurons = x.data_origin, plural(prepared.n_neurons, "neuron")
    if prepared.y.transform is None and y.data_origin != what:
        what = f"x {what}, y {y.data_origin}"
    if prepared.y.transform is not None:
        sentence = (
            f"ΔF/F of {neurons} ({what}; {x.label}; {_size(prepared.x)}) was taken as day x; y is its synthetic "
            f"transformation Φ (Li et al. 2021, Eq. 6) with noise weight {config.data.phi_noise:g} and seed "
            f"{config.data.phi_seed}, its mask along the neurons in the order of the networks."
        )
    else:
        sentence = (
            f"ΔF/F of {neurons} ({what}) on two days went in: x, before learning ({x.label}; {_size(prepared.x)}), and "
            f"y, after learning ({y.label}; {_size(prepared.y)})."
        )
    if config.data.source == "simulated" or (config.data.source == "phi" and config.data.x is None):
        section = config.data.simulation
        sentence += f" The simulator's preset was {section.preset}, its seed {section.seed}."
    notes = (note for note in prepared.notes if not note.startswith(_SPLIT_NOTES))
    return " ".join([sentence, *(note if note.endswith(".") else f"{note}." for note in notes)])


def _size(day: Day) -> str:
    recording = day.recording
    return f"{recording.n_frames:,} frames at {recording.frame_rate_hz:g} Hz, {significant(recording.duration_s)} s"


def _windows(config: DaysConfig, prepared: PreparedPair) -> str:
    section, height = config.windows, prepared.window_frames
    seconds = significant(height / prepared.x.recording.frame_rate_hz)
    if section.split == "blocked":
        split = (
            f"from separate stretches of each day with no frame in common ({percent(section.validation_fraction)} of a "
            f"day for validation, {percent(section.test_fraction)} for testing)"
        )
    else:
        split = "drawn at random, so that windows of different parts share frames"
    per = "over all neurons" if section.scaling == "day" else "of each neuron"
    days = "both days together" if section.share_scaling else "each day"
    return (
        f"Windows of {height:,} frames ({seconds} s) were cut, {_counts(prepared.x, prepared.y)} for training, "
        f"validation and testing, {split}{_excluded(config)}. ΔF/F was scaled to [0, 1] by its minimum and maximum "
        f"{per} in the training part of {days}; scaling was undone before any measure was computed. The networks saw "
        f"the neurons {_order(config, prepared)}."
    )


def _counts(x: Day, y: Day) -> str:
    numbers = [
        " / ".join(f"{len(getattr(day.starts, part)):,}" for part in ("train", "validation", "test")) for day in (x, y)
    ]
    return f"{numbers[0]} of each day" if numbers[0] == numbers[1] else f"{numbers[0]} of x and {numbers[1]} of y"


def _excluded(config: DaysConfig) -> str:
    parts = [
        f"frames {', '.join(f'{first}-{last}' for first, last in stretches)} of {day}"
        for day, stretches in (("x", config.windows.exclude_x), ("y", config.windows.exclude_y))
        if stretches
    ]
    return f", without {' and '.join(parts)}" if parts else ""


def _order(config: DaysConfig, prepared: PreparedPair) -> str:
    method, section = prepared.order.method, config.ordering.autoencoder
    text = _ORDERS.get(method, f"in the order '{method}'")
    if method != "autoencoder":
        return text
    return (
        f"{text}; {section.filters} filters, {plural(section.epochs, 'epoch')}, batches of {section.batch_size}, Adam "
        f"with a learning rate of {section.learning_rate:g})"
    )


_PLACES = {
    kind: f"; and, knowing {words} of each frame, a shift by the difference of the two mean curves, and matching of "
    "mean and variance, without and with optimal transport of the z-scores"
    for kind, words in (
        ("position", "the position"), ("event", "the time since an event"), ("window", "the time in the window")
    )
}  # fmt: skip


def _comparison(config: DaysConfig, prepared: PreparedPair) -> str:
    section = config.evaluation
    if section.ot_shrinkage is None:
        shrinkage = "shrinkage chosen by the likelihood of the validation frames of each day"
    else:
        shrinkage = f"shrinkage {section.ot_shrinkage:g}"
    places = find_places(section, prepared)
    lags = " and of five frames 0.25 s apart" if prepared.n_neurons <= MOST_NEURONS else ""
    text = (
        "Translations of the test windows were compared by mean absolute differences of ΔF/F, beside doing nothing "
        "(identity) and alignments fitted to the training windows: matching of each neuron's mean and variance, of its "
        f"quantiles, and Gaussian optimal transport ({shrinkage}) of single frames{lags}"
        f"{'' if places is None else _PLACES[places.kind]}."
    )
    if not tuning_is_known(prepared):
        return text
    return f"{text} Position tuning is the mean ΔF/F in bins of {section.position_bin_cm:g} cm over the test frames."


def _spikes(prepared: PreparedPair, found: SpikeMeasurements) -> str:
    recorder, section, models = found.recorder, found.recorder.section, found.recorder.models
    levels = sorted(models.noise_levels)
    differs = abs(models.frame_rate_hz - recorder.frame_rate_hz) > 0.05 * models.frame_rate_hz
    resampled = " (ΔF/F was resampled to that rate, and the rates back)" if differs else ""
    return (
        "Spike rates were inferred alike from recorded and generated ΔF/F with convolutional networks in the manner of "
        f"CASCADE (Rupprecht et al. 2021) for {models.frame_rate_hz:g} Hz{resampled} and noise levels {levels[0]} to "
        f"{levels[-1]} %/√Hz, {plural(len(models.noise_levels[levels[0]]), 'network')} per level{_trained_on(found)}; "
        f"{_continuity(prepared, found)}. Rates became whole spikes by systematic sampling "
        f"(seed {section.seed}). Firing rates, correlations of trains in bins of {section.correlation_bin_s:g} s and "
        f"van Rossum distances (van Rossum 2001; time constant {section.time_constant_s:g} s) of "
        f"{len(recorder.starts['x'])} windows of x and {len(recorder.starts['y'])} of y were computed with Elephant "
        f"(Denker et al. 2018) and Neo (Garcia et al. 2014){_SWEEPS[section.van_rossum]} and compared by "
        "Kullback-Leibler divergence (Freedman-Diaconis bins, one added to every count) and Wasserstein distance, "
        f"beside parts of the recorded day that share no frame ({_floor(found)})."
    )


def _trained_on(found: SpikeMeasurements) -> str:
    return f", trained on {NETWORKS_ARE_FOR}" if found.recorder.section.models is None else ""


def _continuity(prepared: PreparedPair, found: SpikeMeasurements) -> str:
    recorder = found.recorder
    if recorder.alone:
        return (
            f"each window was inferred by itself, and the {plural(recorder.n_masked, 'frame')} at its ends that they "
            f"cannot reach were left out, which leaves {prepared.window_frames - recorder.n_masked:,}"
        )
    return (
        "recorded days were inferred as a whole, the test part of generated days was translated by windows that "
        "overlap by half and fade into each other, and inferred, and windows were cut from both"
    )


def _floor(found: SpikeMeasurements) -> str:
    parts = found.recorder.parts
    n_windows = sorted({len(side) for pairs in parts.values() for pair in pairs for side in pair})
    return (
        f"{plural(len(parts['x']), 'pair')} of x, {len(parts['y'])} of y"
        + (f", of {' to '.join(map(str, n_windows))} windows each" if n_windows else "")
    )  # fmt: skip
