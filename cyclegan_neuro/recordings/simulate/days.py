"""Two days of one mouse, before and after learning, with everything known about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from cyclegan_neuro.configuration.sections import IndicatorName, LearningKind, share_contradiction
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.recordings.calcium import (
    INDICATORS,
    Indicator,
    convolve_spikes,
    gcamp6_kernel,
    saturate,
    shot_noise,
    slow_fluctuations,
)
from cyclegan_neuro.recordings.recording import Behaviour, Recording, Truth
from cyclegan_neuro.recordings.simulate.anatomy import MAX_NEURONS, Imaging, draw_imaging, place_somata
from cyclegan_neuro.recordings.simulate.corridor import run_laps
from cyclegan_neuro.recordings.simulate.hidden import OCCUPANCY, Hidden, delayed_spikes, draw_hidden, driven_rate_hz
from cyclegan_neuro.recordings.simulate.presets import FRAME_RATE_HZ, PRESETS, RunningStyle
from cyclegan_neuro.recordings.simulate.regimes import HAS_STATE, Brain, brains, drifted
from cyclegan_neuro.recordings.simulate.streams import neuron_generators, poisson_counts, purpose_streams
from cyclegan_neuro.recordings.simulate.tuning import Context, draw_tuning, firing_rate_hz

__all__ = ["simulate_days"]

STATE_TIME_CONSTANT_S = 15.0
PRIVATE_TIME_CONSTANT_S = 4.0
NEUROPIL_TIME_CONSTANT_S = 0.6
LAP_GAIN_SPREAD = 0.55
LAP_SHIFT_CM = 3.0
_BLOCK_NEURONS = 64  # neurons simulated at once: bounds the memory
_MIN_NEURONS = 8


@dataclass(frozen=True, eq=False)
class _Session:
    """What both brains meet alike on one day."""

    behaviour: Behaviour
    state: np.ndarray  # (time,)
    neuropil: np.ndarray  # (time, source)
    hidden: Hidden
    spikes: np.random.SeedSequence
    noise: np.random.SeedSequence
    frame_rate_hz: float
    indicator: Indicator


def simulate_days(
    *,
    preset: str = "mouse_1",
    seed: int = 1,
    duration_s: float | None = None,
    frame_rate_hz: float = FRAME_RATE_HZ,
    n_neurons: int | None = None,
    indicator: IndicatorName = "gcamp6f",
    learning: LearningKind = "tuning",
    share: float | None = None,
    drift: float = 0.0,
) -> tuple[Recording, Recording]:
    """Simulate a novice and an expert day of one mouse in the virtual corridor.

    Parameters
    ----------
    preset : {"mouse_1", "mouse_2", "mouse_3", "mouse_4"}
        Mouse of the paper, see :mod:`cyclegan_neuro.recordings.simulate.presets`.
    seed : int
        One seed gives one pair of recordings, bit for bit.
    duration_s : float, optional
        Length of each day in seconds; the preset's (895 s) if absent.
    frame_rate_hz : float
    n_neurons : int, optional
        Instead of the preset's; 8 to 1,500.
    indicator : {"gcamp6f", "gcamp6s", "gcamp7f", "gcamp8f", "gcamp8m", "gcamp8s"}
        Whose kernel answers the spikes, see :mod:`cyclegan_neuro.recordings.calcium`; spikes and noise are the same.
    learning : {"tuning", "remapping", "correlations", "gain", "timing", "mixed", "behaviour"}
        What learning changes, see docs/simulator.md; ``"behaviour"`` leaves every neuron alone.
    share : float, optional
        Of neurons that learning changes, 0.4 if absent; at most 0.75 with ``"gain"`` and ``"mixed"``, none with
        ``"behaviour"``.
    drift : float
        Standard deviation of the change of the logarithm of every response's strength from day to day, and, in units
        of 20 cm, of the shift of every place field. It makes no neuron a changed one.

    Returns
    -------
    novice, expert : Recording
        The same neurons in the same columns, each with its :class:`~cyclegan_neuro.recordings.recording.Truth`.
        In ``truth.other_day_dff`` the other day's brain answers the same laps
        with the same random numbers; neurons that learning left alone have
        exactly the trace of ``dff`` there, unless they drift.

    Raises
    ------
    ConfigurationError
        If the preset, the indicator or the kind of learning is unknown, or a number is out of range.

    Examples
    --------
    >>> novice, expert = simulate_days(preset="mouse_3", seed=1, duration_s=20.0)
    >>> novice.dff.shape, expert.session
    ((480, 21), 'expert')
    """
    _check(preset, seed, duration_s, frame_rate_hz, n_neurons, indicator)
    _check_learning(learning, share, drift)
    mouse = PRESETS[preset]
    n_neurons = mouse.n_neurons if n_neurons is None else n_neurons
    duration_s = mouse.duration_s if duration_s is None else duration_s
    streams = purpose_streams(seed, mouse.number)
    xy_um = place_somata(n_neurons, rng=np.random.default_rng(streams["anatomy"]))
    answering = INDICATORS[indicator]
    rng = np.random.default_rng(streams["imaging"])
    imaging = draw_imaging(xy_um, rng=rng, median_amplitude=answering.median)
    before, after, change = brains(
        draw_tuning(n_neurons, rng=np.random.default_rng(streams["tuning"])),
        learning,
        share,
        learning=np.random.default_rng(streams["learning"]),
        regime=np.random.default_rng(streams["regime"]),
    )
    if drift:
        after = replace(after, tuning=drifted(after.tuning, drift, rng=np.random.default_rng(streams["drift"])))

    n_frames = round(duration_s * frame_rate_hz)
    n_assemblies = 1 + max(brain.drive.assembly.max() for brain in (before, after))
    source = f"simulated {preset}, seed {seed}, {{}} day, {duration_s:g} s at {frame_rate_hz:g} Hz"

    def record(name: str, style: RunningStyle, own: Brain, other: Brain) -> Recording:
        session = _session(name, style, streams, imaging, n_frames, frame_rate_hz, n_assemblies, answering)
        spikes, dff = _image(session, own, imaging)
        other_spikes, other_dff = _image(session, other, imaging)
        fields = before.tuning.field_cm.astype(np.float32), after.tuning.field_cm.astype(np.float32)
        state = session.hidden.engaged if learning in HAS_STATE else None
        return Recording(
            dff=dff,
            frame_rate_hz=frame_rate_hz,
            roi_ids=tuple(f"roi_{i:04d}" for i in range(n_neurons)),
            roi_xy_um=xy_um,
            behaviour=session.behaviour,
            subject=preset,
            session=name,
            source=source.format(name),
            data_origin="simulated",
            indicator=indicator.replace("gcamp", "GCaMP"),
            truth=Truth(spikes, change != "none", change, *fields, other_dff, other_spikes, state=state),
        )

    return record("novice", mouse.novice, before, after), record("expert", mouse.expert, after, before)


def _session(
    name: str,
    style: RunningStyle,
    streams: dict[str, np.random.SeedSequence],
    imaging: Imaging,
    n_frames: int,
    frame_rate_hz: float,
    n_assemblies: int,
    indicator: Indicator,
) -> _Session:
    """Run the laps of one day and draw what all its neurons share."""
    behaviour = run_laps(
        style, n_frames=n_frames, frame_rate_hz=frame_rate_hz, rng=np.random.default_rng(streams[f"{name}_behaviour"])
    )
    state_rng, neuropil_rng = np.random.default_rng(streams[f"{name}_shared"]).spawn(2)
    return _Session(
        behaviour=behaviour,
        state=slow_fluctuations(n_frames, frame_rate_hz, time_constant_s=STATE_TIME_CONSTANT_S, rng=state_rng)[:, 0],
        neuropil=slow_fluctuations(
            n_frames,
            frame_rate_hz,
            time_constant_s=NEUROPIL_TIME_CONSTANT_S,
            rng=neuropil_rng,
            n_series=len(imaging.neuropil),
        ),
        hidden=draw_hidden(
            streams[f"{name}_hidden"],
            n_frames=n_frames,
            frame_rate_hz=frame_rate_hz,
            occupancy=OCCUPANCY[name],
            n_assemblies=n_assemblies,
        ),
        spikes=streams[f"{name}_spikes"],
        noise=streams[f"{name}_noise"],
        frame_rate_hz=frame_rate_hz,
        indicator=indicator,
    )


def _image(session: _Session, brain: Brain, imaging: Imaging) -> tuple[np.ndarray, np.ndarray]:
    """Spikes (uint8) and ΔF/F (float32), each (time, neuron), of this brain in this session."""
    n_frames, n_neurons = session.state.size, brain.tuning.field_cm.size
    spikes = np.empty((n_frames, n_neurons), np.uint8)
    dff = np.empty((n_frames, n_neurons), np.float32)
    for first in range(0, n_neurons, _BLOCK_NEURONS):
        columns = range(first, min(first + _BLOCK_NEURONS, n_neurons))
        block = slice(columns.start, columns.stop)
        spikes[:, block] = _spikes(session, brain.select(block), columns)
        dff[:, block] = _fluorescence(session, spikes[:, block], imaging, columns)
    return spikes, dff


def _spikes(session: _Session, brain: Brain, columns: range) -> np.ndarray:
    """Spike counts per frame of a block of neurons, from random numbers that do not depend on the brain."""
    n_frames = session.state.size
    n_laps = int(session.behaviour.trial[-1]) + 1
    private, uniform = np.empty((2, n_frames, len(columns)))
    gain, shift = np.empty((2, n_laps, len(columns)))
    for i, rng in enumerate(neuron_generators(session.spikes, columns)):
        private_rng, lap_rng, spike_rng = rng.spawn(3)
        private[:, i] = slow_fluctuations(
            n_frames, session.frame_rate_hz, time_constant_s=PRIVATE_TIME_CONSTANT_S, rng=private_rng
        )[:, 0]
        gain[:, i], shift[:, i] = lap_rng.standard_normal((n_laps, 2)).T
        uniform[:, i] = spike_rng.random(n_frames)
    context = Context(
        behaviour=session.behaviour,
        state=session.state,
        private=private,
        lap_gain=np.exp(LAP_GAIN_SPREAD * gain - LAP_GAIN_SPREAD**2 / 2),
        lap_shift_cm=LAP_SHIFT_CM * shift,
    )
    rate_hz = driven_rate_hz(
        firing_rate_hz(brain.tuning, context),
        brain.drive,
        session.hidden,
        speed_cm_s=session.behaviour.speed_cm_s,
        frame_rate_hz=session.frame_rate_hz,
        columns=columns,
    )
    spikes = poisson_counts(rate_hz / session.frame_rate_hz, uniform=uniform)
    return delayed_spikes(spikes, brain.drive, session.hidden, frame_rate_hz=session.frame_rate_hz, columns=columns)


def _fluorescence(session: _Session, spikes: np.ndarray, imaging: Imaging, columns: range) -> np.ndarray:
    """ΔF/F of a block of neurons: calcium, saturation, neuropil, photon noise."""
    block = slice(columns.start, columns.stop)
    own = session.indicator
    kernel = gcamp6_kernel(session.frame_rate_hz, rise_s=own.rise_s, decay_s=own.decay_s, amplitude=1.0)
    clean = saturate(imaging.amplitude[block] * convolve_spikes(spikes, kernel), own.maximum)
    clean = clean + session.neuropil @ imaging.neuropil[:, block]
    normal = np.stack(
        [rng.standard_normal(spikes.shape[0]) for rng in neuron_generators(session.noise, columns)], axis=1
    )
    return clean + shot_noise(clean, session.frame_rate_hz, level=imaging.noise_level[block], normal=normal)


def _check(preset, seed, duration_s, frame_rate_hz, n_neurons, indicator) -> None:
    """Refuse what cannot be simulated."""
    for name, value, known in (("preset", preset, PRESETS), ("indicator", indicator, INDICATORS)):
        if value not in known:
            raise ConfigurationError(
                f"simulator, {name}", got=f"{value!r}", expected=f"one of {', '.join(known)}",
                fix="choose one of these",
            )  # fmt: skip
    _check_range(
        ("seed", seed, 0, np.inf),
        ("frame_rate_hz", frame_rate_hz, 1.0, 200.0),
        ("duration_s", duration_s, 2.0 / frame_rate_hz if frame_rate_hz > 0 else 0.0, 1e5),
        ("n_neurons", n_neurons, _MIN_NEURONS, MAX_NEURONS),
    )


def _check_learning(learning, share, drift) -> None:
    """Refuse what nothing can learn."""
    kinds = get_args(LearningKind)
    if learning not in kinds:
        raise ConfigurationError(
            "simulator, learning", got=f"{learning!r}", expected=f"one of {', '.join(kinds)}", fix="choose one of these"
        )
    _check_range(("share", share, 0.01, 1.0), ("drift", drift, 0.0, 1.0))
    if wrong := share_contradiction(learning, share):
        raise ConfigurationError("simulator, share", got=wrong.got, expected=wrong.expected, fix=wrong.fix)


def _check_range(*limits) -> None:
    for name, value, low, high in limits:
        if value is not None and not low <= value <= high:
            expected = f"at least {low:g}" if high == np.inf else f"{low:g} to {high:g}"
            raise ConfigurationError(
                f"simulator, {name}", got=f"{value}", expected=expected, fix=f"give a {name} in this range"
            )
