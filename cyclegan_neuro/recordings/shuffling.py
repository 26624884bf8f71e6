"""Two days mixed into two that nothing distinguishes: the control for networks, and for maps of what they learned.

References
----------
Adebayo et al., "Sanity checks for saliency maps" (2018), data randomisation test: an explanation of networks
trained on shuffled labels must differ from that of networks trained on the true ones. The labels here are the days.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.layout import FIELDS
from cyclegan_neuro.recordings.pairing import Pair
from cyclegan_neuro.recordings.recording import Behaviour, Recording

__all__ = ["MIXED", "shuffle_days"]

#: What both mixed days are called in place of their session.
MIXED = "days mixed (control)"
_STREAM = 2018  # apart from what else is drawn from the seed


def shuffle_days(pair: Pair, *, block_frames: int, seed: int) -> Pair:
    """Cut both days into blocks at equal frames and swap half of the blocks between the days.

    Of every two neighbouring blocks one is swapped, and a coin says which: each stretch of either mixed day
    is then half novice and half expert, also the stretches for training, validation and test.

    Parameters
    ----------
    pair : Pair
        Column ``i`` is the same neuron on both days.
    block_frames : int
        Length of a block; the last one may be shorter.
    seed : int
        One seed gives one mixture.

    Returns
    -------
    Pair
        Both days as long as the shorter one. Traces, behaviour, gaps and the truth of each frame move with
        their block; ROI ids, coordinates and the truth of each neuron stay. Both days have a gap at every
        border between blocks, swapped or not. What only one day has of behaviour or truth is left out.

    Raises
    ------
    WindowError
        If there are fewer than two blocks.
    """
    n_frames = min(pair.x.n_frames, pair.y.n_frames)
    n_blocks = -(-n_frames // block_frames)
    if n_blocks < 2:
        raise WindowError(
            "data.shuffle_days",
            got=f"{n_frames:,} frames on the shorter day, which are {n_blocks} block of {block_frames:,} frames",
            expected="at least 2 blocks, one of which is swapped between the days",
            fix="set a smaller windows.window_frames, or take longer recordings",
        )
    swapped = _coins(n_blocks, seed)
    here = np.repeat(~swapped, block_frames)[:n_frames]
    source = f"{MIXED[:-1]}, blocks of {block_frames} frames, seed {seed}): {pair.x.source} | {pair.y.source}"
    x, y = (_mix(*days, here, block_frames, source) for days in ((pair.x, pair.y), (pair.y, pair.x)))
    note = (
        "Control, not an experiment: the two days are mixed, so that nothing distinguishes x from y "
        f"(data.shuffle_days). {swapped.sum()} of {n_blocks} blocks of {block_frames:,} frames "
        f"({block_frames / pair.x.frame_rate_hz:.1f} s) are swapped between the days."
    )
    if x.truth is not None:
        note += " The truth is swapped with them: there G(X) is compared with the novice and F(Y) with the expert day."
    return replace(pair, x=x, y=y, notes=(*pair.notes, note, *_left_out(pair, n_frames)))


def _coins(n_blocks: int, seed: int) -> np.ndarray:
    """Which blocks are swapped: one of every two neighbours, bool (block,)."""
    first = np.random.default_rng([seed, _STREAM]).random(-(-n_blocks // 2)) < 0.5
    return np.stack([first, ~first], axis=1).ravel()[:n_blocks]


def _mix(day: Recording, other: Recording, here: np.ndarray, block_frames: int, source: str) -> Recording:
    """Return ``day`` with the frames of ``other`` where ``here``, bool (time,), is false."""
    n_frames = len(here)

    def choose(own: np.ndarray, others: np.ndarray) -> np.ndarray:
        mask = here.reshape(-1, *[1] * (own.ndim - 1))
        return np.where(mask, own[:n_frames], others[:n_frames])

    gaps = choose(_gap_after(day), _gap_after(other))
    gaps[block_frames - 1 :: block_frames] = True
    behaviours = day.behaviour.available(), other.behaviour.available()
    truth = None
    if day.truth is not None and other.truth is not None:
        known = day.truth.available().keys() & other.truth.available().keys()
        in_time = [name for name in known if "time" in FIELDS[f"truth/{name}"].axes]
        truth = replace(
            day.truth,
            **{"state": None} | {n: choose(getattr(day.truth, n), getattr(other.truth, n)) for n in in_time},
        )
    return replace(
        day,
        dff=choose(day.dff, other.dff),
        behaviour=Behaviour(**{n: choose(v, behaviours[1][n]) for n, v in behaviours[0].items() if n in behaviours[1]}),
        gaps=np.flatnonzero(gaps[:-1]).astype(np.int64),
        session=MIXED,
        source=source,
        data_origin=day.data_origin if day.data_origin == other.data_origin else "semi-synthetic",
        days_mixed=True,
        truth=truth,
    )


def _gap_after(recording: Recording) -> np.ndarray:
    """Whether time is not continuous after a frame, bool (time,)."""
    after = np.zeros(recording.n_frames, bool)
    after[recording.gaps] = True
    return after


def _left_out(pair: Pair, n_frames: int) -> list[str]:
    """Sentences on what the mixed days lack."""
    notes = []
    for day in (pair.x, pair.y):
        if day.n_frames > n_frames:
            surplus = day.n_frames - n_frames
            last = "the last frame" if surplus == 1 else f"the last {surplus:,} frames"
            verb = "is" if surplus == 1 else "are"
            notes.append(f"{day.label}: {last}, which the other day does not have, {verb} left out.")
    one_sided = sorted(pair.x.behaviour.available().keys() ^ pair.y.behaviour.available().keys())
    if (pair.x.truth is None) != (pair.y.truth is None):
        one_sided.append("truth of the simulation")
    if one_sided:
        notes.append(f"Known for one day only and left out of the mixture: {', '.join(one_sided)}.")
    return notes
