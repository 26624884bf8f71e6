"""What numbers amount to: decided here once, put into words at the last step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum

__all__ = ["Claim", "MapVerdict", "PairedVerdict", "Standing", "Verdict", "answer"]

_ALIKE = 0.01  # relative differences below this are called none
_LEVEL = 0.05  # of a test, after correction for how many there are


class Verdict(Enum):
    """How an error compares with another one; the value is what tables say.

    Examples
    --------
    >>> [Verdict.of(v, 1.0).than for v in (0.5, 0.995, 1.2, math.nan)]
    ['better than', 'no better than', 'worse than', 'not comparable with']
    """

    BETTER = "better"
    NO_BETTER = "no better"
    WORSE = "worse"
    UNKNOWN = "not comparable"

    @classmethod
    def of(cls, error: float, other: float) -> Verdict:
        """Compare two errors: a difference below 1 % is none."""
        if math.isnan(error) or math.isnan(other):
            return cls.UNKNOWN
        if error < other * (1 - _ALIKE):
            return cls.BETTER
        return cls.NO_BETTER if error <= other * (1 + _ALIKE) else cls.WORSE

    @property
    def than(self) -> str:
        """The words between the two that are compared."""
        return f"{self.value} {'with' if self is Verdict.UNKNOWN else 'than'}"


class Standing(Enum):
    """Where a divergence lies against the noise floor; the value is what tables say."""

    BELOW = "below"
    AT = "at"
    ABOVE = "above"
    UNKNOWN = "not comparable with"

    @classmethod
    def of(cls, value: float, interval: tuple[float, float]) -> Standing:
        """Compare with the interval of the floor."""
        low, high = interval
        if math.isnan(value) or math.isnan(low):
            return cls.UNKNOWN
        return cls.BELOW if value < low else cls.AT if value <= high else cls.ABOVE


class MapVerdict(Enum):
    """What one score of a map amounts to; the value is what tables say."""

    POINTS = "points at it"
    AS_UNTRAINED = "no more than untrained networks"
    AS_MIXED = "no more than networks trained on mixed days"
    CHANCE = "at chance"
    AWAY = "points away from it"
    UNDEFINED = "not defined"

    @property
    def pointing(self) -> str:
        """The words within a sentence on networks, for example ``D_X 0.87 pointing at it``."""
        if self in (MapVerdict.AS_UNTRAINED, MapVerdict.AS_MIXED):
            return f"above chance, but {self.value}"
        return self.value.replace("points", "pointing")


class PairedVerdict(Enum):
    """What a paired difference of two scores amounts to; the value is what tables say."""

    BETTER = "better"
    NOISE = "within noise"
    WORSE = "worse"
    UNKNOWN = "not known"

    @classmethod
    def of(cls, difference: float, p: float) -> PairedVerdict:
        """Judge a difference of scores, of which larger is better, at 5 %.

        Examples
        --------
        >>> [PairedVerdict.of(*found).value for found in ((0.1, 0.01), (-0.1, 0.01), (0.1, 0.2), (0.1, math.nan))]
        ['better', 'worse', 'within noise', 'not known']
        """
        if math.isnan(difference) or math.isnan(p):
            return cls.UNKNOWN
        if p > _LEVEL:
            return cls.NOISE
        return cls.BETTER if difference > 0 else cls.WORSE

    @property
    def turned(self) -> PairedVerdict:
        """The same of the difference the other way round."""
        return {PairedVerdict.BETTER: PairedVerdict.WORSE, PairedVerdict.WORSE: PairedVerdict.BETTER}.get(self, self)


class Claim(Enum):
    """Whether a part of a representation carries a label that another part does not; the value is what tables say."""

    HOLDS = "holds"
    IN_PART = "holds in part"
    FAILS = "does not hold"

    @classmethod
    def of(
        cls, carrier: tuple[float, float], other: tuple[float, float], carrier_to_other: PairedVerdict, chance: float
    ) -> Claim:
        """Judge by intervals of both parts' scores, their paired difference, and chance.

        It holds where the carrier is above chance, is better than the other part, and the other is not above chance;
        in part where only the last fails.

        Examples
        --------
        >>> Claim.of((0.4, 0.5), (0.1, 0.2), PairedVerdict.BETTER, 0.11).value
        'holds'
        >>> Claim.of((0.4, 0.5), (0.2, 0.3), PairedVerdict.BETTER, 0.11).value
        'holds in part'
        >>> Claim.of((0.4, 0.5), (0.4, 0.5), PairedVerdict.NOISE, 0.11).value
        'does not hold'
        """
        if carrier[0] <= chance or carrier_to_other is not PairedVerdict.BETTER:
            return cls.FAILS
        return cls.IN_PART if other[0] > chance else cls.HOLDS


def answer(verdicts: Iterable[Verdict]) -> str:
    """Say in a word whether errors are better: all, most, half, some or none of them; of no error it is not known.

    Examples
    --------
    >>> [answer(Verdict.of(e, 1.0) for e in errors) for errors in ((0.5, 2.0), (0.5, 2.0, 2.0), (1.0,), ())]
    ['In part', 'Mostly not', 'No', 'Not known']
    """
    better = [verdict is Verdict.BETTER for verdict in verdicts if verdict is not Verdict.UNKNOWN]
    if not better:
        return "Not known"
    n_wins, n = sum(better), len(better)
    if n_wins in (0, n):
        return "Yes" if n_wins else "No"
    return "In part" if 2 * n_wins == n else "Mostly" if 2 * n_wins > n else "Mostly not"
