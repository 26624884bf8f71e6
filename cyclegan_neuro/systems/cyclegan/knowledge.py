"""What networks know of frames beside activity: z-scores of a simple translator to stand on, and behaviour.

The backbone of the generators is an alignment of :mod:`cyclegan_neuro.evaluation.days.baselines`, taken apart: z-scores
in, its transport of them, the other day's moments out. Scaling and its inversion stay where they are for every model.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import ConfigurationError, RecordingError
from cyclegan_neuro.evaluation.days.baselines import find_places, fit_baselines
from cyclegan_neuro.evaluation.days.baselines.alignments import Alignment, Table, Which
from cyclegan_neuro.evaluation.days.baselines.filters import PlaceFilter
from cyclegan_neuro.evaluation.days.baselines.places import (
    Places,
    PlaceShift,
    place_of,
    statistics_per_place,
)
from cyclegan_neuro.evaluation.days.baselines.states import PlaceMomentsState
from cyclegan_neuro.evaluation.days.baselines.training_frames import chunks, moments_of_days
from cyclegan_neuro.evaluation.days.baselines.transports import GaussianOT, shrunk_moments
from cyclegan_neuro.evaluation.days.validation import nearness
from cyclegan_neuro.interpret.coordinates import Coordinate, choose_coordinate
from cyclegan_neuro.recordings.events import time_since_event_s
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.systems.cyclegan.config import Backbone, Condition, Config
from cyclegan_neuro.windows.memory import aligned_empty
from cyclegan_neuro.windows.prepared import Day, PreparedPair
from cyclegan_neuro.windows.scaling import Scaling, apply, gain, invert, scale_transform
from cyclegan_neuro.windows.storage import read_json, write_json

__all__ = ["KnowingPair", "Transport", "choose_backbone", "seen_by_networks", "transports", "with_recording"]

_HARMONICS = 3
_AT_PLACES = ("tuning_shift", "moments_per_position", "moments_per_position_ot", "moments_per_position_state")
_ONE_UNIT = ("identity", "tuning_shift")  # z-scores that are passed on keep their size in ΔF/F
_FIELDS = {"position": "position_cm", "speed": "speed_cm_s", "time_since_event": "events"}

_log = logging.getLogger(__name__)
BACKBONE_FILE = "backbone.json"
_SHORT_S = 60.0  # of validation frames of a day
_WORTH = 0.9  # of the distance that doing nothing has
#: What the alignments of an evaluation are called as backbones, without the place that they know.
_BACKBONES: dict[str, Backbone] = {
    "identity": "identity",
    "moment_matching": "moments",
    "gaussian_ot": "gaussian_ot",
    "shift": "tuning_shift",
    "moments": "moments_per_position",
    "moments_ot": "moments_per_position_ot",
    "moments_state": "moments_per_position_state",
}


@dataclass(frozen=True, eq=False)
class KnowingPair(PreparedPair):
    """Two days as the networks see them.

    Attributes
    ----------
    backbone : str, optional
        What generators stand on; never ``auto``.
    """

    backbone: Backbone | None = None


def choose_backbone(config: Config, prepared: PreparedPair) -> Backbone:
    """Return the backbone that is nearest to the other day on validation frames, without truth.

    Compared are the alignments of an evaluation by :func:`~cyclegan_neuro.evaluation.days.validation.nearness`. The
    identity is kept unless another one
    is at least 10 % nearer than doing nothing: a few minutes differ by chance.
    """
    known: dict[Backbone, Alignment] = {}
    for alignment in fit_baselines(config.evaluation, prepared, around_frames=False):
        name = alignment.name.removeprefix("position_").removeprefix("event_")
        if name in _BACKBONES:
            known[_BACKBONES[name]] = alignment
    found = nearness(prepared, find_places(config.evaluation, prepared), known.values())
    distances = {backbone: found[alignment.name] for backbone, alignment in known.items()}
    seen = [sum(at.index.size for _, at in chunks(prepared, day, which="validation")) for day in ("x", "y")]
    if min(seen) < _SHORT_S * prepared.frame_rate_hz:
        _log.warning(
            "model.backbone auto: validation has %.0f s of the shorter day, too little to choose by; "
            "name a backbone, or raise windows.validation_fraction and windows.n_validation",
            min(seen) / prepared.frame_rate_hz,
        )
    best = min(distances, key=distances.__getitem__)
    chosen = best if distances[best] < _WORTH else "identity"
    _log.info("backbone %s: nearest is %s with a distance of %.2f (doing nothing: 1)", chosen, best, distances[best])
    return chosen


def begins_as(prepared: PreparedPair) -> str | None:
    """Return the alignment that the backbone is, as an evaluation calls it; None where it moves nothing."""
    if not isinstance(prepared, KnowingPair):
        return None
    names = {backbone: alignment for alignment, backbone in _BACKBONES.items() if alignment != "identity"}
    name = names.get(prepared.backbone)  # type: ignore[call-overload]
    if prepared.backbone not in _AT_PLACES:
        return name
    return f"{'event' if prepared.x.recording.behaviour.position_cm is None else 'position'}_{name}"


def seen_by_networks(config: Config, prepared: PreparedPair, *, run_directory: Path | None = None) -> KnowingPair:
    """Return the days with the z-scores of ``model.backbone`` in place of scaled values, and ``model.condition``.

    Parameters
    ----------
    config : Config
    prepared : PreparedPair
    run_directory : Path, optional
        Keeps what ``auto`` chose: on another machine sums round otherwise.

    Raises
    ------
    ConfigurationError
        If the backbone or the condition needs what the recordings do not have.
    """
    name = config.model.backbone
    if name == "auto":
        name = _kept_choice(config, prepared, run_directory)
    prepared = KnowingPair(**{one.name: getattr(prepared, one.name) for one in fields(PreparedPair)}, backbone=name)
    if name:
        prepared = _standardised(config, prepared)
    shown = config.model.condition
    days = {
        day: replace(prepared[day], **_known(config, prepared, prepared[day].recording, shown)) for day in ("x", "y")
    }
    return replace(prepared, **days)


def _kept_choice(config: Config, prepared: PreparedPair, run_directory: Path | None) -> Backbone:
    if run_directory is None:
        return choose_backbone(config, prepared)
    file = run_directory / BACKBONE_FILE
    if not file.exists():
        write_json(file, {"backbone": choose_backbone(config, prepared)})
    return read_json(file, lambda content: _known_backbone(content["backbone"]), what="the backbone of a run")


def _known_backbone(name: str) -> Backbone:
    if name not in _BACKBONES.values():
        raise ValueError(f"{name!r} is no backbone that auto chooses")
    return name  # type: ignore[return-value]


def with_recording(config: Config, prepared: KnowingPair, day: str, recording: Recording) -> KnowingPair:
    """Return the days with what is known of the frames of another recording in place of a day's own.

    Parameters
    ----------
    config : Config
    prepared : KnowingPair
        As :func:`seen_by_networks` made it.
    day : {"x", "y"}
        Whose brain the recording shows.
    recording : Recording

    Raises
    ------
    RecordingError
        If it lacks behaviour that the networks were trained with.
    """
    for name in _fields_needed(config, prepared):
        if getattr(recording.behaviour, name) is None:
            raise RecordingError(
                recording.label, got=f"no behaviour.{name}", expected="it, since the networks were trained with it",
                fix=f"add behaviour.{name} to the recording, frame by frame",
            )  # fmt: skip
    known = {"condition": None} | _known(config, prepared, recording, _shown_to_generators(config))
    return replace(prepared, **{day: replace(prepared[day], **known)})


def _shown_to_generators(config: Config) -> list[Condition]:
    return config.model.condition if config.model.condition_generators else []


def _known(config: Config, prepared: KnowingPair, recording: Recording, shown: list[Condition]) -> dict:
    """Places, where scalings depend on them, and behaviour that is ``shown`` of the frames of a recording."""
    known = {}
    if prepared.backbone in _AT_PLACES:
        coordinate = _coordinate(config, prepared)
        known["places"] = place_of(_values(config, coordinate.kind, recording), coordinate.edges)
    if shown:
        channels = [_CHANNELS[name](config, prepared, recording) for name in shown]
        known["condition"] = np.concatenate(channels, axis=1, dtype=np.float32)
    return known


def _standardised(config: Config, prepared: KnowingPair) -> KnowingPair:
    name = prepared.backbone
    if name == "temporal_filter":
        _coordinate(config, prepared)  # refused now, not when networks are built
    if name in _AT_PLACES:
        along = Places.along(_coordinate(config, prepared))
        days, places = statistics_per_place(prepared, along), along.bins
    else:
        days, places = moments_of_days(prepared), {"x": None, "y": None}  # type: ignore[assignment]
    means, stds = ({"x": of_x, "y": of_y} for of_x, of_y in zip(*((day.mean, day.std) for day in days), strict=True))
    if name in _ONE_UNIT:
        whole = [std if std.ndim == 1 else std[-1] for std in stds.values()]
        stds = dict.fromkeys(stds, np.broadcast_to(np.hypot(*whole) / np.sqrt(2), stds["x"].shape))
    if name == "tuning_shift":
        half = PlaceShift.fit(along, *days).change / 2
        middle = (means["x"] + means["y"]) / 2
        means = {"x": middle - half, "y": middle + half}
    if name == "identity":
        means = dict.fromkeys(means, (means["x"] + means["y"]) / 2)
    scalings = {day: Scaling.of_moments(means[day], stds[day]) for day in ("x", "y")}
    return replace(prepared, **{day: _rescaled(prepared, day, scalings[day], places[day]) for day in ("x", "y")})


def _coordinate(config: Config, prepared: KnowingPair) -> Coordinate:
    section, days = config.evaluation, (prepared.x.recording, prepared.y.recording)
    found = None
    if not prepared.is_paired:
        found = choose_coordinate(section.interpretation, *days, bin_cm=section.position_bin_cm)
    if found is None:
        raise ConfigurationError(
            "model.backbone", got=f"{prepared.backbone} on days without position or events",
            expected="behaviour.position_cm or behaviour.events on both days, and y that is not Φ(X)",
            fix="choose moments or gaussian_ot, or add the position to both recordings",
        )  # fmt: skip
    return found


def _values(config: Config, kind: str, recording: Recording) -> np.ndarray:
    """Position in cm, or time since the event in s, of each frame; NaN where it has none."""
    if kind == "position":
        return recording.behaviour.position_cm
    section = config.evaluation.interpretation
    return time_since_event_s(
        recording.behaviour.events, recording.frame_rate_hz, recording.gaps,
        before_s=section.before_event_s, after_s=section.after_event_s,
    )  # fmt: skip


def _rescaled(prepared: PreparedPair, name: str, scaling: Scaling, places: np.ndarray | None) -> Day:
    """The day as ``scaling`` shows it to the networks, in their order."""
    day, columns = prepared[name], prepared.order.columns
    values, transform = aligned_empty(day.values.shape), day.transform
    if transform is None:
        whole = apply(day.recording.dff, scaling.at(places))
    else:
        offset = invert(transform.offset[:, prepared.order.inverse], day.scaling)
        plain = replace(transform, mask=transform.mask[:, prepared.order.inverse], offset=offset)
        scaled = scale_transform(plain, scaling)
        transform = replace(scaled, mask=transform.mask, offset=scaled.offset[:, columns])
        whole = day.recording.dff * gain(scaling)
    np.take(whole, columns, axis=1, out=values, mode="clip")
    return replace(day, values=values, scaling=scaling, transform=transform, places=places)


@dataclass(frozen=True, eq=False)
class Transport:
    """What a backbone does to z-scores, in the order of the networks.

    Attributes
    ----------
    weights : ndarray of float32
        A matrix (neuron, neuron) that frames are multiplied by; with ``step``, the taps (tap, neuron) of a filter; with
        ``state``, gains (2, neuron) in two states.
    shift : ndarray of float32, shape (neuron,) or (2, neuron)
        That is added.
    step : int, optional
        Frames between the taps of a filter.
    state : dict, optional
        How :class:`~cyclegan_neuro.networks.layers.StateTable` finds the state.
    """

    weights: np.ndarray
    shift: np.ndarray
    step: int | None = None
    state: dict | None = None


def transports(config: Config, prepared: PreparedPair) -> tuple[Transport | None, Transport | None]:
    """Return what the backbone does to z-scores, to day y and to day x; None where it passes them on.

    Parameters
    ----------
    config : Config
    prepared : KnowingPair
        As :func:`seen_by_networks` made it.

    Returns
    -------
    tuple of Transport
        Fitted to training frames.
    """
    if not isinstance(prepared, KnowingPair):
        return None, None
    name, shrinkage = prepared.backbone, config.evaluation.ot_shrinkage
    if name == "temporal_filter":
        filters = PlaceFilter.fit(prepared, Places.along(_coordinate(config, prepared)))
        to_y, to_x = (_filter_of_z_scores(prepared, filters, day) for day in ("y", "x"))
        return to_y, to_x
    if name == "moments_per_position_state":
        along = Places.along(_coordinate(config, prepared))
        states = PlaceMomentsState.fit(prepared, along, *statistics_per_place(prepared, along))
        to_y, to_x = (_states_of_z_scores(prepared, states, day) for day in ("y", "x"))
        return to_y, to_x
    if name not in ("gaussian_ot", "moments_per_position_ot"):
        return None, None
    seen = None if name == "gaussian_ot" else lambda dff, frames: _z_scores(prepared, dff, frames)
    *fitted, chosen = shrunk_moments(prepared, shrinkage, seen=seen)
    transport = GaussianOT.fit(*fitted, shrinkage=chosen)
    to_y, to_x = (_between_z_scores(prepared, transport.to[day], day, in_dff=seen is None) for day in ("y", "x"))
    return to_y, to_x


def _filter_of_z_scores(prepared: PreparedPair, filters: PlaceFilter, to: Which) -> Transport:
    """A filter of ΔF/F as one of z-scores: every frame, tuning and residuals alike, takes the same taps."""
    own, columns = filters.to[to], prepared.order.columns
    source, target = _scalings(prepared, to)
    shift = own.taps.sum(axis=0) * source.minimum + own.shift - target.minimum
    taps = own.taps * (source.maximum - source.minimum) * gain(target)
    return Transport(taps[:, columns], (shift * gain(target))[columns], filters.step)


def _states_of_z_scores(prepared: PreparedPair, states: PlaceMomentsState, to: Which) -> Transport:
    columns, (gains, shift) = prepared.order.columns, states.within[to]
    state = {
        "component": states.component[columns],
        "threshold": states.threshold["x" if to == "y" else "y"],
        "n_frames": states.smoothed_frames,
    }
    return Transport(gains[:, columns], shift[:, columns], state=state)


def _scalings(prepared: PreparedPair, to: Which) -> tuple[Scaling, Scaling]:
    """Of the day that is translated and of the day that is made."""
    x, y = prepared.x.scaling, prepared.y.scaling
    return (x, y) if to == "y" else (y, x)


def _between_z_scores(prepared: PreparedPair, table: Table, to: Which, *, in_dff: bool) -> Transport:
    """A transport of ΔF/F, or of z-scores already, as one of z-scores in the order of the networks."""
    matrix, shift = table
    if in_dff:
        source, target = _scalings(prepared, to)
        shift = (source.minimum @ matrix + shift - target.minimum) * gain(target)
        matrix = (source.maximum - source.minimum)[:, None] * matrix * gain(target)
    columns = prepared.order.columns
    return Transport(matrix[np.ix_(columns, columns)], shift[columns])


def _z_scores(prepared: PreparedPair, dff: np.ndarray, frames) -> np.ndarray:
    day = prepared[frames.day]
    return apply(dff, day.scaling.at(None if day.places is None else day.places[frames.index]))


# -- behaviour --------------------------------------------------------------------------------------


def _fields_needed(config: Config, prepared: KnowingPair) -> set[str]:
    needed = {_FIELDS[name] for name in _shown_to_generators(config)}
    if prepared.backbone in _AT_PLACES:
        needed.add({"position": "position_cm", "event": "events"}[_coordinate(config, prepared).kind])
    return needed


def _of_both_days(prepared: PreparedPair, condition: Condition) -> list[np.ndarray]:
    days = [getattr(prepared[day].recording.behaviour, _FIELDS[condition]) for day in ("x", "y")]
    for name, values in zip(("x", "y"), days, strict=True):
        if values is None or not np.nan_to_num(values).any():
            raise ConfigurationError(
                "model.condition", got=f"{condition}, and day {name} has no behaviour.{_FIELDS[condition]}",
                expected="behaviour that both recordings hold",
                fix=f"remove {condition} from model.condition, or add it to the recording",
            )  # fmt: skip
    return days


def _position(config: Config, prepared: PreparedPair, recording: Recording) -> np.ndarray:
    """Cosines and sines of the way round a track whose end is its beginning, cosines of half of it elsewhere."""
    both = [values[np.isfinite(values)] for values in _of_both_days(prepared, "position")]
    low, high = min(v.min() for v in both), max(v.max() for v in both)
    share = (recording.behaviour.position_cm - low) / max(high - low, 1e-9)
    wraps = sum(np.count_nonzero(np.abs(np.diff(v)) > (high - low) / 2) for v in both)
    return _waves(share, closed=wraps > 1)


def _time_since_event(config: Config, prepared: PreparedPair, recording: Recording) -> np.ndarray:
    """Cosines over the time around an event; 0 where no event is near."""
    _of_both_days(prepared, "time_since_event")
    section = config.evaluation.interpretation
    since = _values(config, "event", recording)
    return _waves((since + section.before_event_s) / (section.before_event_s + section.after_event_s), closed=False)


def _waves(share: np.ndarray, *, closed: bool) -> np.ndarray:
    """Waves of a share of a way, (time, channel); 0 where it is NaN."""
    angle = np.pi * share[:, None] * np.arange(1, _HARMONICS + 1)
    waves = np.concatenate([np.cos(2 * angle), np.sin(2 * angle)], axis=1) if closed else np.cos(angle)
    return np.nan_to_num(waves, nan=0.0)


def _speed(config: Config, prepared: PreparedPair, recording: Recording) -> np.ndarray:
    """Speed in standard deviations of both days together; the mean where it is NaN."""
    both = np.concatenate(_of_both_days(prepared, "speed"))
    scaled = (recording.behaviour.speed_cm_s - np.nanmean(both)) / max(np.nanstd(both), 1e-9)
    return np.nan_to_num(scaled, nan=0.0)[:, None]


_CHANNELS = {"position": _position, "speed": _speed, "time_since_event": _time_since_event}
