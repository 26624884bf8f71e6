"""Kinds of learning that mean tuning shows in another way than ``tuning`` does, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cyclegan_neuro.recordings.simulate.hidden import Drive
from cyclegan_neuro.recordings.simulate.learning import learn
from cyclegan_neuro.recordings.simulate.presets import CORRIDOR_CM
from cyclegan_neuro.recordings.simulate.tuning import Tuning

__all__ = ["HAS_STATE", "Brain", "brains", "drifted"]

HAS_STATE = ("gain", "mixed")
"""Kinds with a hidden state."""

TUNING_SHARE = 0.4  # of the kind "tuning", and of the others where no share is given
DRIFT_CM = 20.0
_REPORTERS = 0.25  # of all neurons: unchanged, follow the hidden state on both days
_STATE_LOG_GAIN = float(np.log(2.5))
_MOST_IN_ASSEMBLY = 12
_FEWEST_IN_ASSEMBLIES = 6  # two neurons in each of three


@dataclass(frozen=True, eq=False)
class Brain:
    """Tuning of a population on one day, and what drives it besides."""

    tuning: Tuning
    drive: Drive

    def select(self, columns: slice) -> Brain:
        """Return the brain that has only some of the neurons."""
        return Brain(self.tuning.select(columns), self.drive.select(columns))


def brains(
    novice: Tuning, kind: str, share: float | None, *, learning: np.random.Generator, regime: np.random.Generator
) -> tuple[Brain, Brain, np.ndarray]:
    """Return the brain before and after learning, and the kind of change of each neuron.

    Parameters
    ----------
    novice : Tuning
        As drawn. Kinds other than ``tuning`` and ``behaviour`` give neurons without a response a place field on both
        days, so that every neuron has something to change.
    kind : str
        Of ``data.simulation.learning``.
    share : float, optional
        Of all neurons; 0.4 if absent.
    learning, regime : numpy.random.Generator
        The first is for ``tuning`` alone, whose numbers do not depend on the other kinds.

    Returns
    -------
    before, after : Brain
    change : ndarray of str, shape (neuron,)
    """
    n = novice.field_cm.size
    share = TUNING_SHARE if share is None else share
    blank = Drive.none(n)
    if kind == "behaviour":
        return Brain(novice, blank), Brain(novice, blank), np.full(n, "none", dtype="<U12")
    if kind == "tuning":
        expert, change = learn(novice, rng=learning, relative_share=share / TUNING_SHARE)
        return Brain(novice, blank), Brain(expert, blank), change
    order, before = regime.permutation(n), Brain(_all_respond(novice, regime), blank)
    if kind in HAS_STATE:
        n_reporters = round(_REPORTERS * n)
        reporters, order = order[:n_reporters], order[n_reporters:]
        before = replace(
            before, drive=replace(blank, engaged=_put(np.zeros(n), reporters, _log_gains(regime, reporters)))
        )
    fewest = _FEWEST_IN_ASSEMBLIES if kind == "correlations" else 1
    changed = np.sort(order[: max(fewest, round(share * n))])
    before, after, names = _KINDS[kind](before, changed, regime)
    change = np.full(n, "none", dtype="<U12")
    change[changed] = names
    return before, after, change


def drifted(tuning: Tuning, drift: float, *, rng: np.random.Generator) -> Tuning:
    """Return a tuning of which every response has another strength and every place field another place.

    Parameters
    ----------
    tuning : Tuning
    drift : float
        Standard deviation of the logarithm of the strength, and of the shift of fields in units of 20 cm.
    rng : numpy.random.Generator
    """
    shift, gain = rng.standard_normal((2, tuning.field_cm.size))
    factor = np.exp(drift * gain)
    return replace(
        tuning,
        field_cm=np.clip(tuning.field_cm + DRIFT_CM * drift * shift, 0.0, CORRIDOR_CM),
        field_gain_hz=factor * tuning.field_gain_hz,
        zone_gain_hz=factor * tuning.zone_gain_hz,
        running_gain_hz=factor * tuning.running_gain_hz,
    )


def _all_respond(tuning: Tuning, rng: np.random.Generator) -> Tuning:
    """Give a place field to neurons that fire at their background rate only."""
    quiet = (tuning.field_gain_hz == 0) & (tuning.zone_gain_hz == 0) & (tuning.running_gain_hz == 0)
    return _with_fields(tuning, np.flatnonzero(quiet), rng)


def _with_fields(tuning: Tuning, neurons: np.ndarray, rng: np.random.Generator) -> Tuning:
    """Give neurons a place field at a random place; the strength is that of a field they have already."""
    centre = rng.uniform(0.0, CORRIDOR_CM, neurons.size)
    new_gain = 9.0 * np.exp(0.5 * rng.standard_normal(neurons.size))
    had = tuning.field_gain_hz[neurons]
    return replace(
        tuning,
        field_cm=_put(tuning.field_cm, neurons, centre),
        field_gain_hz=_put(tuning.field_gain_hz, neurons, np.where(had > 0, had, new_gain)),
        zone_gain_hz=_put(tuning.zone_gain_hz, neurons, 0.0),
        running_gain_hz=_put(tuning.running_gain_hz, neurons, 0.0),
    )


def _put(values: np.ndarray, neurons: np.ndarray, new: np.ndarray | float) -> np.ndarray:
    values = values.copy()
    values[neurons] = new
    return values


def _log_gains(rng: np.random.Generator, neurons: np.ndarray) -> np.ndarray:
    """Of 10 neurons 7 fire more while the animal is engaged, the others less."""
    return np.where(rng.random(neurons.size) < 0.7, 1.0, -1.0) * _STATE_LOG_GAIN


Change = tuple[Brain, Brain, np.ndarray | str]


def _remapping(before: Brain, changed: np.ndarray, rng: np.random.Generator) -> Change:
    """Fields go to random new places; neurons of the reward zone and of running get a field instead."""
    return before, replace(before, tuning=_with_fields(before.tuning, changed, rng)), "remapped"


def _correlations(before: Brain, changed: np.ndarray, rng: np.random.Generator) -> Change:
    """Assemblies dissolve, form, and turn: half of a turned one's neurons change their sign."""
    names = np.array(["dissolved", "formed", "turned"])[rng.permutation(changed.size) % 3]
    of_before = of_after = before.drive.assembly
    sign_before = _put(before.drive.sign, changed, np.where(rng.random(changed.size) < 0.3, -1.0, 1.0))
    sign_after, first = sign_before, 0
    for name in ("dissolved", "formed", "turned"):
        members = changed[names == name]
        n_assemblies = -(-members.size // _MOST_IN_ASSEMBLY)
        which = first + np.arange(members.size) % n_assemblies
        of_before = of_before if name == "formed" else _put(of_before, members, which)
        if name == "turned":  # so that the trace of each of them changes
            which = which + n_assemblies
        of_after = of_after if name == "dissolved" else _put(of_after, members, which)
        first += 2 * n_assemblies
        if name == "turned":
            half = members[: members.size // 2]
            sign_after = _put(sign_before, half, -sign_before[half])
    # tonic, so that neurons with fields apart are active together
    background = 3.0 * np.exp(0.3 * rng.standard_normal(changed.size))
    tuning = replace(before.tuning, background_hz=_put(before.tuning.background_hz, changed, background))
    drive = replace(before.drive, fluctuates=_put(before.drive.fluctuates, changed, True))
    return (
        Brain(tuning, replace(drive, assembly=of_before, sign=sign_before)),
        Brain(tuning, replace(drive, assembly=of_after, sign=sign_after)),
        names,
    )


def _gain(before: Brain, changed: np.ndarray, rng: np.random.Generator) -> Change:
    """Neurons begin to follow the hidden state."""
    engaged = _put(before.drive.engaged, changed, _log_gains(rng, changed))
    return before, replace(before, drive=replace(before.drive, engaged=engaged)), "gated"


def _timing(before: Brain, changed: np.ndarray, rng: np.random.Generator) -> Change:
    """Spikes come 0.3 to 0.8 s later, or are spread by an exponential of 0.3 to 0.8 s, or both."""
    names = np.array(["late", "broad", "late_broad"])[rng.permutation(changed.size) % 3]
    delay_s, decay_s = rng.uniform(0.3, 0.8, (2, changed.size))
    drive = replace(
        before.drive,
        delay_s=_put(before.drive.delay_s, changed, np.where(names == "broad", 0.0, delay_s)),
        decay_s=_put(before.drive.decay_s, changed, np.where(names == "late", 0.0, decay_s)),
    )
    return before, replace(before, drive=drive), names


def _mixed(before: Brain, changed: np.ndarray, rng: np.random.Generator) -> Change:
    """Neurons begin to follow the product of speed and hidden state, on top of their place."""
    sign = np.where(rng.random((2, changed.size)) < 0.5, -1.0, 1.0)
    drive = replace(
        before.drive,
        engaged=_put(before.drive.engaged, changed, 0.5 * sign[0]),
        engaged_by_speed=_put(before.drive.engaged_by_speed, changed, 0.8 * sign[1]),
    )
    return before, replace(before, drive=drive), "mixed"


_KINDS: dict[str, Callable[[Brain, np.ndarray, np.random.Generator], Change]] = {
    "remapping": _remapping,
    "correlations": _correlations,
    "gain": _gain,
    "timing": _timing,
    "mixed": _mixed,
}
