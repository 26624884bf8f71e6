"""Null pairs as the configuration names them: read, matched, and refused where they are no null."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.sections import DataSection
from cyclegan_neuro.errors import PairingError, UserError
from cyclegan_neuro.evaluation.days.null.compare import DayPair
from cyclegan_neuro.evaluation.days.sections import NullPairSection
from cyclegan_neuro.recordings.digest import content_sha256
from cyclegan_neuro.recordings.pairing import RATE_TOLERANCE, Pair, read_pair
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["LEAST_OWN", "read_null_pairs"]

LEAST_OWN = 19
"""Null pairs from which on a neuron is compared with itself: with fewer, no p-value of its own reaches 5 %."""


def read_null_pairs(
    sections: Sequence[NullPairSection], prepared: PreparedPair, data: DataSection
) -> tuple[list[DayPair], bool]:
    """Read pairs of sessions between which nothing was learned.

    Parameters
    ----------
    sections : sequence of NullPairSection
    prepared : PreparedPair
        The pair that is asked about.
    data : DataSection
        Says how neurons are matched, and the frame rate.

    Returns
    -------
    pairs : list of tuple of Recording
    own : bool
        Whether there are 19 or more, each with all neurons of ``prepared``: these then, in its order.

    Raises
    ------
    RecordingError, PairingError
        On files that cannot be used; a pair without neurons in common, at another frame rate, of one session, or of the
        days that are asked about.
    """
    pairs = []
    for number, section in enumerate(sections):
        where = f"evaluation.null_pairs[{number}]"
        try:
            own = read_pair(
                section.x,
                section.y,
                base_directory=Path.cwd(),
                assume_same_order=data.assume_same_order,
                matching=section.matching,
                resample_hz=data.resample_hz,
            )
        except UserError as error:
            raise type(error)(
                f"{where}, {error.where}", got=error.got, expected=error.expected, fix=error.fix
            ) from None
        _require_null(own, prepared, where)
        pairs.append((own.x, own.y))
    ids = prepared.x.recording.roi_ids
    if (
        len(pairs) < LEAST_OWN
        or ids is None
        or any(set(ids) - set(day.roi_ids or ()) for pair in pairs for day in pair)
    ):
        return pairs, False
    return [tuple(_in_order(day, ids) for day in pair) for pair in pairs], True


def _in_order(day, ids: Sequence[str]):
    column = {name: number for number, name in enumerate(day.roi_ids)}
    return day.select_neurons(np.array([column[name] for name in ids]))


def _require_null(pair: Pair, prepared: PreparedPair, where: str) -> None:
    rate, own_rate = prepared.frame_rate_hz, pair.x.frame_rate_hz
    if not np.isclose(rate, own_rate, rtol=RATE_TOLERANCE):
        raise PairingError(
            f"{where}, frame_rate_hz", got=f"{own_rate:g} Hz", expected=f"{rate:g} Hz, as the days of this run",
            fix="name files at this rate, or train with data.resample_hz, which holds for null pairs too",
        )  # fmt: skip
    asked = {content_sha256(prepared[day].recording.dff) for day in "xy"}
    own = {content_sha256(day.dff) for day in (pair.x, pair.y)}
    if len(own) == 1 or own == asked:
        raise PairingError(
            where, got="the same traces in both files" if len(own) == 1 else "the two days of this run",
            expected="two other sessions, between which nothing was learned", fix="name two such files",
        )  # fmt: skip
